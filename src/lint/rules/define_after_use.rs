//! `define-after-use`: a define that comes after another statement.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{ConfigurationContext, Sink};
use crate::policy::ast::Statement;

use super::policies::{lists, severity_in};

/// Flags defines that do not stand at the top of their policy.
pub static RULE: Rule = Rule {
    name: "define-after-use",
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::References,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/define-after-use.md"),
    checks: &[Check::Configuration(check)],
};

fn check(context: &ConfigurationContext<'_>, sink: &mut Sink<'_>) {
    for list in lists(context) {
        let mut begun = false;
        for parsed in list {
            match *parsed.statement {
                Statement::Define(_) if begun => {
                    sink.report(parsed.source.place, "defines come before all other statements of a policy")
                        .help("move it to the top")
                        .severity(severity_in(parsed))
.statement(context.reference(parsed.source));
                }
                Statement::Rule(_) => begun = true,
                _ => {}
            }
        }
    }
}
