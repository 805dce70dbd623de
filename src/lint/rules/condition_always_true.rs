//! `condition-always-true`: a condition that lets everything through.

use crate::catalog::Trait;
use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{Comparison, Quantifier, TestKind, ValueKind};

use super::claims::exclusive;
use super::conditions::{condition_of, reads};

/// Flags `any` groups with two tests of one variable that can't both fail, and patterns that match anything.
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
    for (first, second) in exclusive(condition, context.text, Quantifier::Any) {
        let variable = first.variable;
        sink.report(context.locate(first.span.to(second.span)), "this condition is always true")
            .note(format!(
                "in an `any` group one test is enough, and whatever `{variable}` is, that with {} or that with {} holds",
                first.value, second.value
            ))
            .help("write `all` in place of `any`: then none of the values may match");
    }
    for test in context.tests() {
        let TestKind::Compare { operator: Comparison::Equal, value, .. } = &test.kind else { continue };
        let anything = value.kind == ValueKind::Pattern && value.atom.known(context.text) == Some("*");
        if anything && Trait::InEveryRequest.names().iter().any(|name| reads(test, context.text, name)) {
            sink.report(context.locate(test.span), "this test always holds")
                .note("every request carries the variable, and `/*/` matches any value")
                .help("leave the test out, or write the values that are meant");
        }
    }
}
