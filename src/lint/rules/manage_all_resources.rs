//! `manage-all-resources`: every right on everything.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{ActionKind, MemberKind, SubjectKind, Verb};

use super::root_compartment_by_id::is_whole_tenancy;

/// Flags `manage all-resources` for others than administrators.
pub static RULE: Rule = Rule {
    name: "manage-all-resources",
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Reach,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/manage-all-resources.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(rule) = context.rule().filter(|rule| !rule.kind.is_deny()) else { return };
    let Some(ActionKind::Verb { verb: Verb::Manage, resource_type: Some(atom), .. }) = rule.action.as_ref().map(|action| &action.kind)
    else {
        return;
    };
    let tenancy = rule.location.as_ref().is_some_and(|location| is_whole_tenancy(location, context.text));
    let administrators = rule.subject.as_ref().is_some_and(|subject| is_administrators(&subject.kind, context.text));
    let all = atom.known(context.text).is_some_and(|name| name.eq_ignore_ascii_case("all-resources"));
    if !all || !tenancy || rule.condition.is_some() || administrators {
        return;
    }
    sink.report(context.locate(atom.span), "this makes the subject an administrator of the tenancy")
        .note("it may change every policy, read every secret and delete everything")
        .help("name the families that are needed, or the compartment: `in compartment …`");
}

/// Whether the subject is the administrators' group alone.
pub(super) fn is_administrators(subject: &SubjectKind, text: &str) -> bool {
    let SubjectKind::Group(members) = subject else { return false };
    members.iter().all(|member| match &member.kind {
        MemberKind::Name { name, .. } => name.known(text).is_some_and(|name| name.eq_ignore_ascii_case("Administrators")),
        _ => false,
    })
}
