//! `identity-escalation`: a right by which one can give oneself any other.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{ActionKind, Atom, SubjectKind, Verb};

use super::root_compartment_by_id::is_whole_tenancy;

/// Flags `manage` on policies, groups and the like for others than users' groups of administrators.
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

/// Resource-types whose management lets one raise one's own rights.
const ESCALATING: [&str; 5] = ["policies", "groups", "dynamic-groups", "identity-providers", "domains"];
/// The permissions among theirs that do.
const PERMISSIONS: [&str; 5] =
    ["policy_create", "policy_update", "group_update", "dynamic_group_update", "identity_provider_update"];

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(rule) = context.rule().filter(|rule| !rule.kind.is_deny() && rule.condition.is_none()) else { return };
    let among = |atom: &&Atom, names: &[&str]| {
        atom.known(context.text).is_some_and(|name| names.iter().any(|each| each.eq_ignore_ascii_case(name)))
    };
    let (word, found) = match rule.action.as_ref().map(|action| &action.kind) {
        Some(ActionKind::Verb { verb: Verb::Manage, resource_type: Some(atom), .. }) => {
            ("manages", Some(atom).filter(|atom| among(atom, &ESCALATING)))
        }
        Some(ActionKind::Permissions { permissions, .. }) => {
            ("has", permissions.iter().find(|atom| among(atom, &PERMISSIONS)))
        }
        _ => return,
    };
    let Some(atom) = found else { return };
    let workload = rule.subject.as_ref().is_some_and(|subject| {
        matches!(subject.kind, SubjectKind::AnyUser | SubjectKind::AnyGroup | SubjectKind::DynamicGroup(_))
    });
    let tenancy = rule.location.as_ref().is_some_and(|location| is_whole_tenancy(location, context.text));
    if !tenancy {
        return;
    }
    let severity = if workload { Severity::Warning } else { Severity::Info };
    let name = atom.text(context.text);
    sink.report(context.locate(atom.span), format!("who {word} `{name}` in the tenancy can give itself any right"))
        .severity(severity)
        .note("a policy or group membership of one's own making is all it takes to become an administrator")
        .help("add a condition, such as `where target.group.name != 'Administrators'`, or grant it in one compartment");
}
