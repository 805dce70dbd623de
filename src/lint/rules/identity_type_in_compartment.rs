//! `identity-type-in-compartment`: users, groups or tenancies granted in a compartment.

use crate::catalog::Trait;
use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{self, ActionKind, LocationKind, RuleKind};

/// Flags grants on resource-types that live in the tenancy alone, below it.
pub static RULE: Rule = Rule {
    name: "identity-type-in-compartment",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    category: Category::References,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/identity-type-in-compartment.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(rule) = context.rule().filter(|rule| rule.kind == RuleKind::Allow) else { return };
    let Some(ActionKind::Verb { resource_type: Some(atom), .. }) = rule.action.as_ref().map(|action| &action.kind) else { return };
    let compartment = rule.location.as_ref().is_some_and(|location| {
        matches!(location.kind, LocationKind::Compartment { of: None, .. } | LocationKind::CompartmentId { of: None, .. })
    });
    let Some(name) = atom.known(context.text).filter(|name| Trait::LiesInRoot.is_of(name)) else {
        return;
    };
    if compartment && !root_ocid(context, rule) {
        sink.report(context.locate(atom.span), format!("`{name}` lie in the tenancy, not in a compartment"))
            .severity(Severity::Info)
            .note("a grant on a compartment does not reach them, so it has little or no effect")
            .help("write `in tenancy`, with a condition that narrows it");
    }
}

fn root_ocid(context: &StatementContext<'_>, rule: &ast::Rule) -> bool {
    match rule.location.as_ref().map(|location| &location.kind) {
        Some(LocationKind::CompartmentId { ocid, .. }) => ocid.has_hole || ocid.text(context.text).starts_with("ocid1.tenancy."),
        Some(LocationKind::Compartment { path, .. }) => path.iter().any(|name| name.has_hole),
        _ => false,
    }
}
