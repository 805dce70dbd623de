//! `unused-alias`: a define that no statement of the policy uses.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{ConfigurationContext, Sink};
use std::collections::HashSet;

use super::policies::{alias_of, lists};

/// Flags defines whose alias occurs nowhere else in the policy.
pub static RULE: Rule = Rule {
    name: "unused-alias",
    severity: Severity::Info,
    confidence: Confidence::Medium,
    category: Category::References,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/unused-alias.md"),
    checks: &[Check::Configuration(check)],
};

fn check(context: &ConfigurationContext<'_>, sink: &mut Sink<'_>) {
    for list in lists(context) {
        let (defines, others): (Vec<_>, Vec<_>) =
            list.into_iter().map(|parsed| (parsed, alias_of(parsed))).partition(|(_, alias)| alias.is_some());
        if defines.is_empty() || others.is_empty() {
            continue;
        }
        if defines.iter().chain(&others).any(|(parsed, _)| !parsed.source.text.is_known()) {
            continue;
        }
        let part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        let words: HashSet<String> = others
            .iter()
            .flat_map(|(parsed, _)| parsed.source.text.as_str().split(|c: char| !part(c)))
            .map(str::to_lowercase)
            .collect();
        for (parsed, alias) in defines {
            let Some(alias) = alias.filter(|alias| !words.contains(&alias.to_lowercase())) else { continue };
            sink.report(parsed.source.place, format!("no statement of the policy uses `{alias}`"))
                .help("delete the define, or correct the name where it is used")
                .statement(context.reference(parsed.source));
        }
    }
}
