//! `unused-group`: a group that no statement names.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{ConfigurationContext, Sink};
use crate::source::DeclaredKind;

use super::policies::unnamed;

/// Flags declared groups that no statement of the configuration speaks of.
pub static RULE: Rule = Rule {
    name: "unused-group",
    severity: Severity::Info,
    confidence: Confidence::Low,
    category: Category::References,
    persona: Persona::Preview,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/unused-group.md"),
    checks: &[Check::Configuration(check)],
};

fn check(context: &ConfigurationContext<'_>, sink: &mut Sink<'_>) {
    for (group, name) in unnamed(context, DeclaredKind::Group) {
        sink.report(group.place, format!("no statement grants anything to the group `{name}`"))
            .note("the group alone gives its members no right, unless applications are assigned to it")
            .help("add a statement for it, or leave it where another configuration grants to it");
    }
}
