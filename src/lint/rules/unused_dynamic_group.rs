//! `unused-dynamic-group`: a dynamic group that no statement names.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{ConfigurationContext, Sink};
use crate::source::DeclaredKind;

use super::policies::unnamed;

/// Flags declared dynamic groups that no statement of the configuration speaks of.
pub static RULE: Rule = Rule {
    name: "unused-dynamic-group",
    severity: Severity::Info,
    confidence: Confidence::Medium,
    category: Category::References,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/unused-dynamic-group.md"),
    checks: &[Check::Configuration(check)],
};

fn check(context: &ConfigurationContext<'_>, sink: &mut Sink<'_>) {
    for (group, name) in unnamed(context, DeclaredKind::DynamicGroup) {
        sink.report(group.place, format!("no statement grants anything to the dynamic group `{name}`"))
            .note("the group alone gives its members no right")
            .help("add a statement for it, or delete it");
    }
}
