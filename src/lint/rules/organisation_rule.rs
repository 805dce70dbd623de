//! `organisation-rule`: what an organisation asks of its own statements in `ociam.toml`.

use crate::authz::Pattern;
use crate::catalog;
use crate::config::OrganisationRule;
use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{
    self, Action, ActionKind, Condition, LocationKind, MemberKind, Quantifier, RuleKind, SubjectKind,
    TestKind,
};
use crate::text::Span;

use super::conditions::{condition_of, known_verb};
use super::values::variable_of;

/// Flags statements that break a rule of the configuration file.
pub static RULE: Rule = Rule {
    name: "organisation-rule",
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Reach,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/organisation-rule.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    if context.organisation.is_empty() {
        return;
    }
    let grants = |kind| matches!(kind, RuleKind::Allow | RuleKind::Endorse | RuleKind::Admit);
    let Some(rule) = context.rule().filter(|rule| grants(rule.kind)) else { return };
    let principals = principals(context, rule);
    for own in context.organisation {
        let about = own.principals.is_empty()
            || principals.iter().any(|principal| principal.fits(&own.principals) == Some(true));
        if about && rule.action.as_ref().is_some_and(|action| concerns(own, action, context.text)) {
            hold(context, rule, own, &principals, sink);
        }
    }
}

/// Reports where a statement that the rule concerns breaks it.
fn hold(
    context: &StatementContext<'_>,
    rule: &ast::Rule,
    own: &OrganisationRule,
    principals: &[Principal],
    sink: &mut Sink<'_>,
) {
    let name = &own.name;
    let mut report = |span: Span, message: String, help: String| {
        sink.report(context.locate(span), message).severity(own.severity).note(own.reason.clone()).help(help);
    };
    for principal in principals {
        let label = principal.span.of(context.text);
        if principal.fits(&own.banned_principals) == Some(true) {
            let help = format!("name another principal than `{label}`");
            report(principal.span, format!("`{name}` bans this principal"), help);
        }
        if let Some(allowed) = &own.allowed_principals
            && principal.fits(allowed) == Some(false)
        {
            report(principal.span, format!("`{name}` does not allow this principal"), one_of(allowed));
        }
    }
    let condition = condition_of(context);
    for variable in &own.required_conditions {
        let pattern = Pattern::new(variable);
        let unread = rule.condition.is_some() && condition.is_none();
        if unread || condition.is_some_and(|condition| asks(condition, &pattern, context.text)) {
            continue;
        }
        let span = rule.condition.as_ref().map_or(rule.span, |clause| clause.span);
        let help = match rule.condition {
            Some(_) => format!("add `{variable} = '…'` to the condition, inside `all {{…}}`"),
            None => format!("add `where {variable} = '…'`"),
        };
        report(span, format!("`{name}` asks for a condition on `{variable}`"), help);
    }
    if let (Some(allowed), Some((span, place))) = (&own.allowed_compartments, place(context, rule))
        && !allowed.iter().any(|one| Pattern::new(one).matches(&place))
    {
        report(span, format!("`{name}` does not allow this location"), one_of(allowed));
    }
}

fn one_of(allowed: &[String]) -> String {
    if allowed.is_empty() {
        "delete the statement".to_owned()
    } else {
        format!("write one of `{}`", allowed.join("`, `"))
    }
}

/// A principal of a subject.
struct Principal {
    span: Span,
    /// Its keyword.
    kind: &'static str,
    /// Its name or OCID in lower case, with and without the domain; none where it isn't known.
    names: Vec<String>,
    known: bool,
}

impl Principal {
    /// Whether one of the patterns means it; `None` where that isn't known.
    fn fits(&self, patterns: &[String]) -> Option<bool> {
        let mut open = false;
        for pattern in patterns {
            let (kind, name) = pattern.split_once(' ').unwrap_or((pattern, "*"));
            if kind != self.kind {
                continue;
            }
            let wanted = Pattern::new(name);
            if wanted.is_everything() || self.names.iter().any(|own| wanted.matches(own)) {
                return Some(true);
            }
            open |= !self.known;
        }
        if open { None } else { Some(false) }
    }
}

fn principals(context: &StatementContext<'_>, rule: &ast::Rule) -> Vec<Principal> {
    let Some(subject) = &rule.subject else { return Vec::new() };
    let text = context.text;
    let whole = |kind| vec![Principal { span: subject.span, kind, names: Vec::new(), known: true }];
    let members = |kind, members: &ast::Members| {
        let one = |member: &ast::Member| {
            let names = match &member.kind {
                MemberKind::Name { domain: None, name } => {
                    name.known(text).map(|name| vec![name.to_lowercase()])
                }
                MemberKind::Name { domain: Some(domain), name } => {
                    let both = domain.known(text).zip(name.known(text));
                    both.map(|(domain, name)| {
                        vec![name.to_lowercase(), format!("{domain}/{name}").to_lowercase()]
                    })
                }
                MemberKind::Id(ocid) => ocid.known(text).map(|ocid| vec![ocid.to_lowercase()]),
                MemberKind::Hole => None,
            };
            Principal { span: member.span, kind, known: names.is_some(), names: names.unwrap_or_default() }
        };
        members.iter().map(one).collect()
    };
    match &subject.kind {
        SubjectKind::AnyUser => whole("any-user"),
        SubjectKind::AnyGroup => whole("any-group"),
        SubjectKind::Group(list) => members("group", list),
        SubjectKind::DynamicGroup(list) => members("dynamic-group", list),
        SubjectKind::Service(names) => names
            .iter()
            .map(|name| {
                let known = name.known(text).map(|name| vec![name.to_lowercase()]);
                let is_known = known.is_some();
                Principal {
                    span: name.span,
                    kind: "service",
                    names: known.unwrap_or_default(),
                    known: is_known,
                }
            })
            .collect(),
        SubjectKind::Resource(_) | SubjectKind::UnknownGroup(_) | SubjectKind::Hole | SubjectKind::Error => {
            Vec::new()
        }
    }
}

/// Whether the rule is about what a statement grants. Of what isn't known it is not.
fn concerns(own: &OrganisationRule, action: &Action, text: &str) -> bool {
    let types = || own.resource_types.iter().filter_map(|name| catalog::resource_type(name));
    match &action.kind {
        ActionKind::Verb { verb, resource_type, .. } => {
            let verb_fits =
                own.verbs.is_empty() || known_verb(*verb).is_some_and(|verb| own.verbs.contains(&verb));
            let granted = || {
                let name = resource_type.as_ref()?.known(text)?;
                catalog::resource_type(name)
            };
            let type_fits = own.resource_types.is_empty()
                || granted()
                    .is_some_and(|granted| types().any(|own| own.covers(granted) || granted.covers(own)));
            verb_fits && type_fits
        }
        ActionKind::Permissions { permissions, .. } => permissions.iter().any(|atom| {
            let Some(permission) = atom.known(text).and_then(catalog::permission) else { return false };
            let verb_fits = |verb: &catalog::Verb| own.verbs.is_empty() || own.verbs.contains(verb);
            permission.grants.iter().any(|(name, verb)| {
                let granted = catalog::resource_type(name);
                let covered = granted.is_some_and(|granted| types().any(|own| own.covers(granted)));
                verb_fits(verb) && (own.resource_types.is_empty() || covered)
            })
        }),
        ActionKind::Associate { .. } | ActionKind::Hole | ActionKind::Error => false,
    }
}

/// Whether the condition asks for the variable in every way to fulfil it; also where a part isn't known.
fn asks(condition: &Condition, variable: &Pattern, text: &str) -> bool {
    match condition {
        Condition::Group { quantifier: Quantifier::All, items, .. } => {
            items.iter().any(|item| asks(item, variable, text))
        }
        Condition::Group { quantifier: Quantifier::Any, items, .. } => {
            items.iter().all(|item| asks(item, variable, text))
        }
        Condition::Test(test) if matches!(test.kind, TestKind::Absent(_)) => false,
        Condition::Test(test) => variable_of(test)
            .is_some_and(|atom| atom.known(text).is_none_or(|name| variable.matches(&name.to_lowercase()))),
        Condition::Group { .. } | Condition::Hole(_) | Condition::Error(_) => true,
    }
}

/// The place that a statement is about, in lower case, where it is known.
fn place(context: &StatementContext<'_>, rule: &ast::Rule) -> Option<(Span, String)> {
    let location = rule.location.as_ref()?;
    let text = context.text;
    let words = match &location.kind {
        LocationKind::Tenancy(None) => "tenancy".to_owned(),
        LocationKind::Compartment { path, of: None } => {
            let names: Option<Vec<&str>> = path.iter().map(|atom| atom.known(text)).collect();
            names?.join(":")
        }
        LocationKind::CompartmentId { ocid, of: None } => ocid.known(text)?.to_owned(),
        _ => return None,
    };
    Some((location.span, words.to_lowercase()))
}
