//! `undeclared-name`: a group or dynamic group that the configuration does not declare, though it declares others.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{ConfigurationContext, Sink};
use std::collections::HashSet;

use crate::source::DeclaredKind;
use crate::text::MappedText;

use super::policies::named;

/// Flags names that differ from every declared one.
pub static RULE: Rule = Rule {
    name: "undeclared-name",
    severity: Severity::Info,
    confidence: Confidence::Low,
    category: Category::References,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/undeclared-name.md"),
    checks: &[Check::Configuration(check)],
};

fn check(context: &ConfigurationContext<'_>, sink: &mut Sink<'_>) {
    for (kind, word) in [(DeclaredKind::Group, "group"), (DeclaredKind::DynamicGroup, "dynamic group")] {
        let declared: Vec<_> = context.configuration.declared.iter().filter(|each| each.kind == kind).collect();
        let names: Option<Vec<&str>> =
            declared.iter().map(|each| each.name.as_ref().filter(|name| name.is_known()).map(MappedText::as_str)).collect();
        // One unknown name may be any name.
        let Some(names) = names.filter(|names| !names.is_empty()) else { continue };
        let mut told = HashSet::new();
        for parsed in context.statements {
            let text = parsed.source.text.as_str();
            for atom in named(parsed, kind) {
                let Some(name) = atom.known(text) else { continue };
                if names.iter().any(|known| known.eq_ignore_ascii_case(name)) || BUILT_IN.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                    continue;
                }
                let near = names.iter().map(|known| (strsim::damerau_levenshtein(known, name), *known)).min();
                let Some((_, near)) = near.filter(|(distance, _)| *distance <= (name.len() / 3).max(1)) else { continue };
                let place = context.located(parsed.source).locate(atom.span);
                if !told.insert(place) {
                    continue;
                }
                sink.report(place, format!("this configuration declares no {word} `{name}`"))
                    .note(format!("it declares `{near}`; a statement for a {word} that does not exist grants nothing or is rejected"))
                    .help(format!("write `{near}`, if that is the one you mean"))
                    .statement(context.reference(parsed.source));
            }
        }
    }
}

/// Groups that every tenancy has.
const BUILT_IN: [&str; 4] = ["Administrators", "All Domain Users", "IDCS_Administrators", "Domain_Administrators"];
