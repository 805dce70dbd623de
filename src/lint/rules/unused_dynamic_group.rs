//! `unused-dynamic-group`: a dynamic group that no statement names.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{ConfigurationContext, Sink};
use crate::source::DeclaredKind;

use super::policies::named;

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
    let used: Vec<String> = context
        .statements
        .iter()
        .flat_map(|parsed| named(parsed, DeclaredKind::DynamicGroup).into_iter().map(move |atom| (parsed, atom)))
        .map(|(parsed, atom)| atom.text(parsed.source.text.as_str()).to_lowercase())
        .collect();
    let open = !context.configuration.unresolved.is_empty()
        || context.statements.iter().any(|parsed| !parsed.source.text.is_known());
    if used.is_empty() || open {
        return;
    }
    for group in context.configuration.declared.iter().filter(|each| each.kind == DeclaredKind::DynamicGroup) {
        let Some(name) = group.name.as_ref().filter(|name| name.is_known()) else { continue };
        if !used.contains(&name.as_str().to_lowercase()) {
            sink.report(group.place, format!("no statement grants anything to the dynamic group `{}`", name.as_str()))
                .note("the group alone gives its members no right")
                .help("add a statement for it, or delete it");
        }
    }
}
