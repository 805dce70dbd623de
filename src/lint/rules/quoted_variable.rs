//! `quoted-variable`: a variable's name between quotes, which makes it a text.

use crate::diag::{Applicability, Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::catalog;
use crate::policy::ast::ValueKind;

use super::values::values_of;

/// Flags quoted values that are the name of a condition variable.
pub static RULE: Rule = Rule {
    name: "quoted-variable",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    category: Category::Names,
    persona: Persona::Default,
    fix: FixAvailability::Always,
    docs: include_str!("../../../docs/rules/quoted-variable.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    for test in context.tests() {
        for value in values_of(test).into_iter().filter(|value| value.kind == ValueKind::Literal) {
            let Some(text) = value.atom.known(context.text) else { continue };
            let prefixed = text.starts_with("request.") || text.starts_with("target.");
            if !prefixed || catalog::variable(text).is_none() {
                continue;
            }
            sink.report(context.locate(value.atom.span), format!("`'{text}'` is a text, not the variable"))
                .note("by the documented rules a variable on the right stands without quotes; one documentation page quotes it, so the service may read it either way")
                .help(format!("write `{text}` without quotes"))
                .fix(context.fix("take the quotes away", Applicability::Unsafe, value.atom.span, text));
        }
    }
}
