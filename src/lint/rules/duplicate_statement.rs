//! `duplicate-statement`: the same statement twice in one policy.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{ConfigurationContext, Sink};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::lint::ParsedStatement;

use super::overlap::is_settled;
use super::policies::lists;

/// Flags statements that say the same as an earlier one of their policy.
pub static RULE: Rule = Rule {
    name: "duplicate-statement",
    severity: Severity::Info,
    confidence: Confidence::High,
    category: Category::References,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/duplicate-statement.md"),
    checks: &[Check::Configuration(check)],
};

fn check(context: &ConfigurationContext<'_>, sink: &mut Sink<'_>) {
    for list in lists(context) {
        let mut seen: HashMap<String, &ParsedStatement<'_>> = HashMap::new();
        for parsed in list {
            let text = parsed.source.text.as_str();
            if parsed.source.maybe || !is_settled(parsed.source) {
                continue;
            }
            match seen.entry(normal(text)) {
                Entry::Vacant(entry) => {
                    entry.insert(parsed);
                }
                Entry::Occupied(first) => {
                    sink.report(parsed.source.place, "this statement is there already")
                        .label(first.get().source.place, "the first time")
                        .help("delete one of the two")
                        .statement(context.reference(parsed.source));
                }
            }
        }
    }
}

/// The text without what makes no difference: case, and space of any length.
fn normal(text: &str) -> String {
    let mut normal = String::with_capacity(text.len() + 8);
    let mut space = false;
    for c in text.chars() {
        let joins = matches!(c, '{' | '}' | '(' | ')' | ',' | '=');
        space |= joins || c.is_whitespace();
        if c.is_whitespace() {
            continue;
        }
        if space && !normal.is_empty() {
            normal.push(' ');
        }
        space = joins;
        match c {
            c if c.is_ascii() => normal.push(c.to_ascii_lowercase()),
            c => normal.extend(c.to_lowercase()),
        }
    }
    normal
}
