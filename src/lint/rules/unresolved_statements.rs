//! `unresolved-statements`: a statement list or matching rule that only a plan would tell.

use crate::diag::{Confidence, Severity};
use crate::lint::fix::is_terraform;
use crate::lint::{ConfigurationContext, Sink};
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

fn check(context: &ConfigurationContext<'_>, sink: &mut Sink<'_>) {
    for Unresolved { address, place, reason } in &context.configuration.unresolved {
        let name = context.configuration.files.name(place.file);
        let (until, help) = if is_terraform(name) {
            let help = "lint the plan as well: `terraform show -json PLAN | ociam lint --input-format plan -`";
            ("only to a plan", help)
        } else {
            // It stands in a plan.
            ("only after the apply", "lint the state after the apply")
        };
        sink.report(*place, format!("{} known {until}", subject(address))).note(reason.to_string()).help(help);
    }
}

/// The address of a resource holds its type.
fn subject(address: &str) -> String {
    if address.contains("oci_identity_dynamic_group.") || address.contains("_dynamic_resource_group.") {
        format!("the matching rule of `{address}` is")
    } else {
        format!("the statements of `{address}` are")
    }
}
