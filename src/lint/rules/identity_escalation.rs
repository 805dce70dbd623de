//! `identity-escalation`: a right by which one can give oneself any other.

use crate::catalog::{self, ResourceType, Shape, Trait};
use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{ActionKind, Condition, SubjectKind, ValueKind, Verb};

use super::conditions::{condition_of, is_open, known_verb};
use super::manage_all_resources::is_administrators;
use super::root_compartment_by_id::is_whole_tenancy;
use super::values::{values_of, variable_of};

/// Flags `manage` on policies, groups and the like for others than the administrators.
pub static RULE: Rule = Rule {
    name: "identity-escalation",
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Reach,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/identity-escalation.md"),
    checks: &[Check::Statement(check)],
};

/// The permission to change a group, that of the administrators too.
const CHANGE_GROUP: &str = "GROUP_UPDATE";

/// What a request does, and not who makes it.
const OF_CALL: [&str; 2] = ["request.operation", "request.permission"];

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(rule) = context.rule().filter(|rule| !rule.kind.is_deny()) else { return };
    if rule.condition.is_some() && condition_of(context).is_none_or(|condition| is_narrow(condition, context.text)) {
        return;
    }
    let (word, found) = match rule.action.as_ref().map(|action| &action.kind) {
        Some(ActionKind::Verb { verb, resource_type: Some(atom), .. }) => {
            let found = atom.known(context.text).and_then(catalog::resource_type);
            let raising = found.zip(known_verb(*verb)).and_then(|(found, verb)| raising(found, verb));
            (if *verb == Verb::Manage { "manages" } else { "uses" }, raising.map(|raising| (atom, raising)))
        }
        Some(ActionKind::Permissions { permissions, .. }) => {
            let mut named = permissions.iter().filter_map(|atom| Some((atom, atom.known(context.text)?)));
            ("has", named.find(|(_, name)| Trait::RaisesRights.is_of(name)))
        }
        _ => return,
    };
    let Some((atom, raising)) = found else { return };
    let Some(subject) = rule.subject.as_ref().filter(|subject| !is_administrators(&subject.kind, context.text)) else { return };
    if !rule.location.as_ref().is_some_and(|location| is_whole_tenancy(location, context.text)) {
        return;
    }
    let name = atom.text(context.text);
    if raising.eq_ignore_ascii_case(CHANGE_GROUP) {
        sink.report(context.locate(atom.span), format!("who {word} `{name}` in the tenancy can change the group `Administrators` too"))
            .note("who may also update users can so become an administrator")
            .help("add `where target.group.name != 'Administrators'`, and a statement with `inspect groups` for lists");
        return;
    }
    let workload = matches!(subject.kind, SubjectKind::AnyUser | SubjectKind::AnyGroup | SubjectKind::DynamicGroup(_));
    sink.report(context.locate(atom.span), format!("who {word} `{name}` in the tenancy can give itself any right"))
        .severity(if workload { Severity::Warning } else { Severity::Info })
        .note("a policy of one's own making, a place in a group or a key of an administrator is all it takes")
        .help("add a condition on what it may change, or grant it in one compartment");
}

/// What of this very type lets one raise one's own rights; everything at once is another rule's.
fn raising(found: &'static ResourceType, verb: catalog::Verb) -> Option<&'static str> {
    if found.shape != Shape::Individual {
        return None;
    }
    let managed = verb == catalog::Verb::Manage && Trait::RaisesRightsOfManagers.is_of(found.name);
    managed.then_some(found.name).or_else(|| found.permissions(verb).find(|given| Trait::RaisesRights.is_of(given)))
}

/// Whether a condition says something of the policy, the group or the call, and not of the caller alone.
fn is_narrow(condition: &Condition, text: &str) -> bool {
    is_open(condition)
        || condition.tests().into_iter().any(|test| {
            let compared = values_of(test).into_iter().filter(|value| value.kind == ValueKind::Variable);
            let compared = compared.map(|value| value.atom);
            variable_of(test).copied().into_iter().chain(compared).any(|atom| {
                let name = atom.known(text).map(str::to_ascii_lowercase);
                name.is_none_or(|name| !name.starts_with("request.") || OF_CALL.contains(&&*name))
            })
        })
}
