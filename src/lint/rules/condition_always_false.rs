//! `condition-always-false`: a condition that can never hold.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{Comparison, Quantifier};

use super::conditions::{condition_of, groups, incompatible};

/// Flags `all` groups that demand two values of one single-valued variable.
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
    for (_, items) in groups(condition).into_iter().filter(|(quantifier, _)| *quantifier == Quantifier::All) {
        if let Some((first, second)) = incompatible(context, items, Comparison::Equal) {
            let variable = first.variable;
            sink.report(context.locate(first.span.to(second.span)), "this condition can never hold")
                .note(format!(
                    "in an `all` group every test must hold, and one request carries one `{variable}`: not {} and {} at once",
                    first.value, second.value
                ))
                .help("write `any` in place of `all`, or list the values: `in ('…', '…')`");
        }
    }
}
