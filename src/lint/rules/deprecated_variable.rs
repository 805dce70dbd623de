//! `deprecated-variable`: a condition variable that Oracle has withdrawn.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::catalog;

use super::values::variable_of;

/// Flags variables that the catalogue marks as deprecated.
pub static RULE: Rule = Rule {
    name: "deprecated-variable",
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Names,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/deprecated-variable.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    for test in context.tests() {
        let Some(atom) = variable_of(test) else { continue };
        let Some(variable) = atom.known(context.text).and_then(catalog::variable).filter(|variable| variable.deprecated) else {
            continue;
        };
        let report = sink.report(context.locate(atom.span), format!("`{}` is deprecated", variable.name));
        let report = if variable.note.is_empty() { report } else { report.note(variable.note) };
        report.help("use a network source for addresses and networks, and sign-on policies for MFA");
    }
}
