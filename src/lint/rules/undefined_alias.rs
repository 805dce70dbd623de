//! `undefined-alias`: a tenancy's or compartment's alias that the policy does not define.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{ConfigurationContext, Sink};
use super::policies::{severity_in, alias_of, lists, tenancies};

/// Flags aliases that no define of the same policy introduces, where it has defines.
pub static RULE: Rule = Rule {
    name: "undefined-alias",
    severity: Severity::Warning,
    confidence: Confidence::Low,
    category: Category::References,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/undefined-alias.md"),
    checks: &[Check::Configuration(check)],
};

fn check(context: &ConfigurationContext<'_>, sink: &mut Sink<'_>) {
    for list in lists(context) {
        let defined: Vec<String> = list.iter().filter_map(|parsed| alias_of(parsed)).collect();
        if defined.is_empty() {
            continue;
        }
        for parsed in list {
            let text = parsed.source.text.as_str();
            for alias in tenancies(parsed) {
                let Some(name) = alias.known(text) else { continue };
                if defined.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                    continue;
                }
                sink.report(context.located(parsed.source).locate(alias.span), format!("the policy defines no tenancy `{name}`"))
                    .note("an alias holds in the policy that defines it, and must be defined before it is used")
                    .help(format!("add `define tenancy {name} as ocid1.tenancy…` at the top of the policy"))
                    .severity(severity_in(parsed))
.statement(context.reference(parsed.source));
            }
        }
    }
}
