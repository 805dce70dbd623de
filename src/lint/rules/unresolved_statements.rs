//! `unresolved-statements`: a statement list or matching rule that only a plan would tell.

use crate::diag::{Confidence, Severity};
use crate::lint::Sink;
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::source::Unresolved;

/// Says what was not looked at, so that silence is never mistaken for approval.
pub static RULE: Rule = Rule {
    name: "unresolved-statements",
    severity: Severity::Info,
    confidence: Confidence::High,
    category: Category::Files,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/unresolved-statements.md"),
    checks: &[Check::Configuration(check)],
};

fn check(context: &crate::lint::ConfigurationContext<'_>, sink: &mut Sink<'_>) {
    for Unresolved { address, place, reason } in &context.configuration.unresolved {
        sink.report(*place, message(address))
            .note(reason.to_string())
            .help("lint the plan as well: `terraform show -json PLAN | ociam lint --input-format plan -`");
    }
}

/// The address of a resource holds its type.
fn message(address: &str) -> String {
    if address.contains("oci_identity_dynamic_group.") || address.contains("_dynamic_resource_group.") {
        format!("the matching rule of `{address}` is known only to a plan")
    } else {
        format!("the statements of `{address}` are known only to a plan")
    }
}
