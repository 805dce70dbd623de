//! Statements compiled once: who, what, where, on what condition, with every name resolved.

use std::sync::Arc;

use super::action::{Action, TypeName};
use super::condition::{self, Condition, Language, Text};
use super::subject::{Members, Names, SubjectMatch};
use super::tree::{Found, NodeId, ROOT, Tree, is_ocid};
use super::ways::{ConditionTruth, condition_truth};
use super::{Effect, Truth};
use crate::catalog::Verb;
use crate::policy::ast::{self, ActionKind, Atom, LocationKind, MemberKind, Rule, SubjectKind, TenancyRef};
use crate::policy::{self, ast::Statement};
use crate::text::{Hole, Span};

/// Where a statement comes from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The policy's name or address.
    pub policy: Arc<str>,
    /// Its place in the policy, from 0.
    pub index: usize,
    /// Its text.
    pub text: Arc<str>,
    /// Where it stands, as `file:line`.
    pub place: Option<Arc<str>>,
    /// Its place among the statements of the configuration that it was read from.
    pub source: Option<usize>,
    /// The compartment that the policy is attached to, where known.
    pub attached: Option<NodeId>,
    /// Its tree.
    pub tree: Statement,
    /// Why it is not in force: OCI rejects it.
    pub rejected: Option<String>,
}

/// What a statement comes to.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Allow, deny, endorse, admit.
    pub kind: ast::RuleKind,
    /// Who.
    pub subject: SubjectMatch,
    /// The tenancy of an admit's subject: its OCID in lower case; none inside for any tenancy.
    pub of: Option<Foreign>,
    /// What.
    pub action: Action,
    /// Where.
    pub scope: Scope,
    /// On what condition.
    pub condition: Option<Condition>,
    /// Whether no request at all fulfils the condition.
    pub never: bool,
    /// Whether it exists: unknown for a statement of one branch of an undecided conditional.
    pub exists: Truth,
    /// The statement, by its place in [`super::Compiled::origins`].
    pub origin: usize,
}

impl Grant {
    /// Whether the condition holds.
    pub fn holds(&self, attributes: &dyn condition::Attributes) -> Truth {
        if self.never {
            return Truth::False;
        }
        self.condition.as_ref().map_or(Truth::True, |condition| condition.holds(attributes))
    }

    /// Which way verbs add up.
    pub fn effect(&self) -> Effect {
        if self.kind.is_deny() { Effect::Deny } else { Effect::Allow }
    }
}

/// Where a grant holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Scope {
    /// This compartment and everything below.
    Node(NodeId),
    /// Another tenancy: which, and the path of a compartment there.
    Foreign(Foreign, Option<Arc<str>>),
    /// It isn't known: the text, in lower case, and the reason.
    Unknown(Arc<str>, Arc<str>),
    /// Nowhere: OCI rejects the statement, for this reason.
    Nowhere(Arc<str>),
}

/// Another tenancy.
#[derive(Clone, Debug, PartialEq)]
pub enum Foreign {
    /// Whichever.
    Any,
    /// The one with this OCID, in lower case.
    Ocid(Arc<str>),
    /// An alias or value that isn't known: its text and the reason.
    Unknown(Arc<str>, Arc<str>),
}

/// One statement on its way to be compiled.
pub struct Input<'s> {
    /// The policy's name or address.
    pub policy: &'s Arc<str>,
    /// Its place in the policy.
    pub index: usize,
    /// The statement.
    pub statement: &'s super::tenancy::StatementText,
    /// The compartment that the policy is attached to, where known.
    pub attached: Option<NodeId>,
}

/// An alias of a define: kind, alias and OCID, both in lower case.
pub type Alias = (ast::DefineKind, String, Arc<str>);

/// The define of a statement, if it is one that can be read.
pub fn alias(statement: &super::tenancy::StatementText) -> Option<Alias> {
    if !statement.text.trim_start().get(..6)?.eq_ignore_ascii_case("define") {
        return None;
    }
    let parsed = policy::parse(&statement.text, &spans(&statement.holes));
    let Statement::Define(define) = parsed.statement else { return None };
    let (kind, alias, ocid) = (define.kind?, define.alias?, define.ocid?);
    let text = &statement.text;
    Some((kind, alias.text(text).to_lowercase(), ocid.text(text).to_lowercase().into()))
}

fn spans(holes: &[Hole]) -> Vec<Span> {
    holes.iter().map(|hole| hole.span).collect()
}

/// Compiles one statement. Defines and what can't be read at all give no grant.
pub fn compile(
    input: &Input<'_>,
    aliases: &[Alias],
    tree: &mut Tree,
    names: &Names,
) -> (Origin, Option<Grant>) {
    let text = &input.statement.text;
    let parsed = policy::parse(text, &spans(&input.statement.holes));
    let rejected = parsed
        .errors
        .iter()
        .find(|error| error.severity == crate::diag::Severity::Error)
        .map(|error| error.message.clone());
    let mut origin = Origin {
        policy: input.policy.clone(),
        index: input.index,
        text: text.clone(),
        place: input.statement.place.clone(),
        source: input.statement.source,
        attached: input.attached,
        tree: parsed.statement,
        rejected,
    };
    let context = Context {
        text: Text { text, holes: &input.statement.holes, language: Language::Policy },
        aliases,
        names,
        attached: input.attached,
    };
    let grant = match &origin.tree {
        Statement::Rule(rule) => Some(context.rule(rule, tree, input.statement.maybe)),
        Statement::Hole(span) => {
            let (symbol, reason) = context.hole(*span);
            Some(Grant {
                kind: ast::RuleKind::Allow,
                subject: SubjectMatch::Unknown(symbol.clone(), reason.clone()),
                of: None,
                action: Action::Unknown(symbol.clone(), reason.clone()),
                scope: Scope::Unknown(symbol, reason),
                condition: None,
                never: false,
                exists: Truth::Unknown,
                origin: 0,
            })
        }
        Statement::Define(_) | Statement::Unknown(_) => None,
    };
    if let (None, Some(Scope::Nowhere(reason))) = (&origin.rejected, grant.as_ref().map(|grant| &grant.scope))
    {
        origin.rejected = Some(reason.to_string());
    }
    (origin, grant)
}

struct Context<'c> {
    text: Text<'c>,
    aliases: &'c [Alias],
    names: &'c Names,
    attached: Option<NodeId>,
}

impl Context<'_> {
    fn hole(&self, span: Span) -> (Arc<str>, Arc<str>) {
        (self.text.lower(span), self.text.reason(span))
    }

    fn rule(&self, rule: &Rule, tree: &mut Tree, maybe: bool) -> Grant {
        let subject = match &rule.subject {
            Some(subject) => self.subject(subject),
            None => self.unread_subject(rule.span),
        };
        let action = match &rule.action {
            Some(action) => self.action(action),
            None => {
                let (symbol, reason) = self.hole(rule.span);
                Action::Unknown(symbol, reason)
            }
        };
        let condition = rule.condition.as_ref().map(|clause| match &clause.condition {
            Some(condition) => condition::compile(condition, &self.text),
            None => {
                let (symbol, reason) = self.hole(clause.span);
                Condition::Unknown(symbol, reason, clause.span)
            }
        });
        Grant {
            kind: rule.kind,
            subject,
            of: rule.origin.as_ref().map(|origin| self.tenancy(&origin.tenancy)),
            action,
            scope: self.scope(rule, tree),
            never: condition.as_ref().is_some_and(|one| condition_truth(one) == ConditionTruth::Never),
            condition,
            exists: if maybe || rule.kind == ast::RuleKind::Hole { Truth::Unknown } else { Truth::True },
            origin: 0,
        }
    }

    fn unread_subject(&self, span: Span) -> SubjectMatch {
        let (symbol, reason) = self.hole(span);
        SubjectMatch::Unknown(symbol, reason)
    }

    fn subject(&self, subject: &ast::Subject) -> SubjectMatch {
        let words = |atoms: &[Atom]| -> Vec<Arc<str>> {
            atoms.iter().map(|atom| self.text.atom(atom).to_lowercase().into()).collect()
        };
        match &subject.kind {
            SubjectKind::AnyUser => SubjectMatch::AnyUser,
            SubjectKind::AnyGroup => SubjectMatch::AnyGroup,
            SubjectKind::Group(members) => SubjectMatch::Members(self.members(members, Some(false))),
            SubjectKind::DynamicGroup(members) => SubjectMatch::Members(self.members(members, Some(true))),
            SubjectKind::UnknownGroup(members) => SubjectMatch::Members(self.members(members, None)),
            SubjectKind::Service(atoms) => SubjectMatch::Service(words(atoms)),
            SubjectKind::Resource(atoms) => SubjectMatch::Resource(words(atoms).join(" ").into()),
            SubjectKind::Hole | SubjectKind::Error => self.unread_subject(subject.span),
        }
    }

    fn members(&self, members: &[ast::Member], dynamic: Option<bool>) -> Members {
        let mut found = Members { dynamic, keys: Vec::new(), unknown: Vec::new() };
        for member in members {
            match &member.kind {
                MemberKind::Name { domain, name } => {
                    let domain_hole = domain.as_ref().is_some_and(|domain| domain.has_hole);
                    let written = self.text.atom(name);
                    if (name.has_hole || domain_hole) && !self.names.is_known_text(&written) {
                        found.unknown.push(self.hole(member.span));
                        continue;
                    }
                    let alias =
                        self.alias(&written, &[ast::DefineKind::Group, ast::DefineKind::DynamicGroup]);
                    let key = match (alias, domain) {
                        (Some(ocid), None) => self.names.by_ocid(dynamic, &ocid),
                        _ => {
                            let domain = domain.as_ref().map(|domain| self.text.atom(domain));
                            self.names.by_name(dynamic, domain.as_deref(), &written)
                        }
                    };
                    found.keys.push(key);
                }
                MemberKind::Id(ocid) => {
                    let written = self.text.atom(ocid);
                    if ocid.has_hole && !self.names.is_known_text(&written) {
                        found.unknown.push(self.hole(member.span));
                    } else {
                        found.keys.push(self.names.by_ocid(dynamic, &written));
                    }
                }
                MemberKind::Hole => found.unknown.push(self.hole(member.span)),
            }
        }
        found
    }

    fn alias(&self, name: &str, kinds: &[ast::DefineKind]) -> Option<Arc<str>> {
        let name = name.to_lowercase();
        let found = self.aliases.iter().find(|(kind, alias, _)| kinds.contains(kind) && *alias == name);
        found.map(|(_, _, ocid)| ocid.clone())
    }

    fn action(&self, action: &ast::Action) -> Action {
        let unknown = || {
            let (symbol, reason) = self.hole(action.span);
            Action::Unknown(symbol, reason)
        };
        match &action.kind {
            ActionKind::Verb { verb, resource_type: Some(resource_type), .. } if !resource_type.has_hole => {
                let verb = match verb {
                    ast::Verb::Inspect => Verb::Inspect,
                    ast::Verb::Read => Verb::Read,
                    ast::Verb::Use => Verb::Use,
                    ast::Verb::Manage => Verb::Manage,
                    ast::Verb::Hole | ast::Verb::Unknown => return unknown(),
                };
                Action::Verb(verb, TypeName::new(&self.text.atom(resource_type)))
            }
            ActionKind::Permissions { permissions, .. } => {
                let holes = permissions.iter().find(|permission| permission.has_hole);
                let reason = holes.map(|atom| self.text.reason(atom.span));
                let mut list: Vec<Arc<str>> =
                    permissions.iter().map(|one| self.text.atom(one).to_lowercase().into()).collect();
                list.sort_unstable();
                list.dedup();
                Action::Permissions(list, reason)
            }
            ActionKind::Associate { .. } => {
                let words: Vec<_> = action.span.of(self.text.text).split_whitespace().collect();
                Action::Associate(words.join(" ").to_lowercase().into())
            }
            _ => unknown(),
        }
    }

    fn tenancy(&self, tenancy: &TenancyRef) -> Foreign {
        match tenancy {
            TenancyRef::Any => Foreign::Any,
            TenancyRef::Alias(alias) => self.foreign(alias),
            TenancyRef::Hole => Foreign::Unknown("?".into(), "the tenancy is not known".into()),
        }
    }

    fn foreign(&self, alias: &Atom) -> Foreign {
        let written = self.text.atom(alias);
        match self.alias(&written, &[ast::DefineKind::Tenancy]) {
            Some(ocid) => Foreign::Ocid(ocid),
            None if alias.has_hole => {
                let (symbol, reason) = self.hole(alias.span);
                Foreign::Unknown(symbol, reason)
            }
            None => {
                let reason = format!("no define in the policy says which tenancy `{written}` is");
                Foreign::Unknown(written.to_lowercase().into(), reason.into())
            }
        }
    }

    fn scope(&self, rule: &Rule, tree: &mut Tree) -> Scope {
        let unread = |span| {
            let (symbol, reason) = self.hole(span);
            Scope::Unknown(symbol, reason)
        };
        let Some(location) = &rule.location else {
            return if matches!(
                rule.action.as_ref().map(|action| &action.kind),
                Some(ActionKind::Associate { .. })
            ) {
                Scope::Foreign(Foreign::Any, None)
            } else {
                unread(rule.span)
            };
        };
        let endorse = matches!(rule.kind, ast::RuleKind::Endorse | ast::RuleKind::DenyEndorse);
        match &location.kind {
            LocationKind::AnyTenancy => Scope::Foreign(Foreign::Any, None),
            LocationKind::Tenancy(Some(alias)) if endorse => Scope::Foreign(self.foreign(alias), None),
            LocationKind::Tenancy(_) => match self.attached {
                None | Some(ROOT) => Scope::Node(ROOT),
                Some(below) => Scope::Unknown(
                    format!("tenancy@{}", tree.stable_key(below)).into(),
                    format!(
                        "`in tenancy` stands in a policy attached to `{}`, below the root compartment",
                        tree.label(below)
                    )
                    .into(),
                ),
            },
            LocationKind::Compartment { path, of: Some(alias) } if endorse => {
                let names: Vec<_> = path.iter().map(|atom| self.text.atom(atom)).collect();
                Scope::Foreign(self.foreign(alias), Some(names.join(":").to_lowercase().into()))
            }
            LocationKind::CompartmentId { ocid, of: Some(alias) } if endorse => {
                Scope::Foreign(self.foreign(alias), Some(self.text.atom(ocid).to_lowercase().into()))
            }
            LocationKind::Compartment { path, .. } => self.compartment(path, location.span, tree),
            LocationKind::CompartmentId { ocid, .. } => {
                let written = self.text.atom(ocid);
                if ocid.has_hole && tree.by_ocid(&written).is_none() {
                    return if is_ocid(&written) && !tree.is_complete() {
                        let found = tree.resolve_ocid(self.attached, &written);
                        self.found(found, location.span)
                    } else {
                        unread(location.span)
                    };
                }
                let found = tree.resolve_ocid(self.attached, &written);
                self.found(found, location.span)
            }
            LocationKind::Hole | LocationKind::Error => unread(location.span),
        }
    }

    /// The compartment that a path names, or an alias of the policy.
    fn compartment(&self, path: &[Atom], span: Span, tree: &mut Tree) -> Scope {
        let names: Vec<_> = path.iter().map(|atom| self.text.atom(atom)).collect();
        let alone = match names.as_slice() {
            [name] => Some(name),
            _ => None,
        };
        if path.iter().any(|atom| atom.has_hole) {
            if let Some(known) = alone.and_then(|name| tree.by_ocid(name)) {
                return Scope::Node(known);
            }
            // The same words mean another place in a policy attached elsewhere.
            let at = self.attached.map(|at| tree.stable_key(at)).unwrap_or_default();
            let (symbol, reason) = self.hole(span);
            return Scope::Unknown(format!("{symbol}@{at}").into(), reason);
        }
        let found = match alone.and_then(|name| self.alias(name, &[ast::DefineKind::Compartment])) {
            Some(ocid) => tree.resolve_ocid(self.attached, &ocid),
            None => {
                let names: Vec<_> = names.iter().map(String::as_str).collect();
                tree.resolve_path(self.attached, &names)
            }
        };
        self.found(found, span)
    }

    fn found(&self, found: Found, span: Span) -> Scope {
        match found {
            Found::Node(id) => Scope::Node(id),
            Found::Nowhere(reason) => Scope::Nowhere(reason.into()),
            Found::Unknown(reason) => Scope::Unknown(self.hole(span).0, reason.into()),
        }
    }
}

/// The known groups of a subject, each with how it is written.
pub fn written_members(rule: &Rule, text: &str, members: &Members) -> Vec<(Arc<str>, String)> {
    let listed: &[ast::Member] = match rule.subject.as_ref().map(|subject| &subject.kind) {
        Some(
            SubjectKind::Group(list) | SubjectKind::DynamicGroup(list) | SubjectKind::UnknownGroup(list),
        ) => list,
        _ => &[],
    };
    let written = listed.iter().map(|member| member.span.of(text));
    // Those that aren't known are listed apart, under their own text.
    let lower = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let known = written.filter(|text| !members.unknown.iter().any(|(unknown, _)| **unknown == *lower(text)));
    members.keys.iter().cloned().zip(known.map(str::to_owned)).collect()
}
