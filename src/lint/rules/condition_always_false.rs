//! `condition-always-false`: a condition that can never hold.

use crate::catalog::{self, ValueType};
use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{Quantifier, ValueKind};

use super::claims::exclusive;
use super::conditions::condition_of;
use super::values::{values_of, variable_of};

/// Flags `all` groups that leave one single-valued variable no value.
pub static RULE: Rule = Rule {
    name: "condition-always-false",
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Reach,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/condition-always-false.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(condition) = condition_of(context) else { return };
    for test in condition.tests() {
        let name = variable_of(test).and_then(|atom| atom.known(context.text));
        let boolean = name.and_then(catalog::variable).is_some_and(|known| known.value == ValueType::Boolean);
        for value in values_of(test).into_iter().filter(|value| boolean && value.kind == ValueKind::Literal) {
            let Some(written) = value.atom.known(context.text) else { continue };
            if !["true", "false", ""].iter().any(|word| written.eq_ignore_ascii_case(word)) {
                sink.report(context.locate(value.atom.inner(context.text)), format!("`{written}` is neither `true` nor `false`"))
                    .severity(Severity::Warning)
                    .confidence(Confidence::Medium)
                    .note("the variable holds one of the two, so the value never matches")
                    .help("write `'true'` or `'false'`");
            }
        }
    }
    for (first, second) in exclusive(condition, context.text, Quantifier::All) {
        let report = sink.report(context.locate(first.span.to(second.span)), "this condition can never hold");
        if first.variable == TIMESTAMP {
            report.note("in an `all` group every test must hold, and no time lies before the one and after the other")
                .help("set the two times the other way round, or write `any` in place of `all`");
        } else {
            report
                .note(format!(
                    "in an `all` group every test must hold, and one request carries one `{}`: {} and {} leave none",
                    first.variable, first.value, second.value
                ))
                .help("write `any` in place of `all`, or list the values: `in ('…', '…')`");
        }
    }
}

const TIMESTAMP: &str = "request.utc-timestamp";
