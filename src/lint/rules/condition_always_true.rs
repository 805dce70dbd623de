//! `condition-always-true`: a condition that lets everything through.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{Comparison, Quantifier};

use super::conditions::{condition_of, groups, incompatible};

/// Flags `any` groups with two `!=` tests of one variable that can't both fail.
pub static RULE: Rule = Rule {
    name: "condition-always-true",
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Reach,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/condition-always-true.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(condition) = condition_of(context) else { return };
    for (_, items) in groups(condition).into_iter().filter(|(quantifier, _)| *quantifier == Quantifier::Any) {
        if let Some((first, second)) = incompatible(context, items, Comparison::NotEqual) {
            let variable = first.variable;
            sink.report(context.locate(first.span.to(second.span)), "this condition is always true")
                .note(format!(
                    "in an `any` group one test is enough, and `{variable}` always differs from {} or from {}",
                    first.value, second.value
                ))
                .help("write `all` in place of `any`: then none of the values may match");
        }
    }
}
