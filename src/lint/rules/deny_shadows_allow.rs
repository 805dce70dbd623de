//! `deny-shadows-allow`: an allow all of which a deny takes away.

use crate::authz::{Compiled, Grant, Overlaps};
use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{ConfigurationContext, Sink};

use super::overlap::overlaps;

/// Flags allows that a deny of the configuration leaves without effect.
pub static RULE: Rule = Rule {
    name: "deny-shadows-allow",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    category: Category::Reach,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/deny-shadows-allow.md"),
    checks: &[Check::Configuration(check)],
};

fn check(context: &ConfigurationContext<'_>, sink: &mut Sink<'_>) {
    for overlap in overlaps(context, taken) {
        let listed = overlap.source.policy.is_some() && overlap.other_source.policy.is_some();
        sink.report(overlap.source.place, "a deny takes away all that this statement grants")
            .severity(if listed { Severity::Warning } else { Severity::Info })
            .note("a deny wins over every allow, except for the Administrators group of the Default domain")
            .label(overlap.other_source.place, "this deny, once deny policies are enabled")
            .help("narrow the deny by a condition or a compartment, or delete this statement")
            .statement(context.reference(overlap.source));
    }
}

fn taken<'c>(
    all: &Overlaps<'c>,
    _compiled: &'c Compiled,
    allow: &'c Grant,
    fits: &dyn Fn(&Grant) -> bool,
) -> Option<&'c Grant> {
    all.denying(allow, fits)
}
