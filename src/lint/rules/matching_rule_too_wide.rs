//! `matching-rule-too-wide`: a matching rule that takes in whole kinds of resources.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{MatchingRuleContext, Sink};
use crate::policy::ast::{Comparison, Condition, Quantifier, Test, TestKind};
use crate::text::Span;

use super::conditions::{is_open, reads};

/// Flags rules that name a type and no compartment, id or tag, and rules that exclude only.
pub static RULE: Rule = Rule {
    name: "matching-rule-too-wide",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    category: Category::Workloads,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/matching-rule-too-wide.md"),
    checks: &[Check::MatchingRule(check)],
};

fn check(context: &MatchingRuleContext<'_>, sink: &mut Sink<'_>) {
    if context.errors.iter().any(|error| error.severity == Severity::Error) {
        return;
    }
    for condition in &context.rule.conditions {
        for branch in branches(condition) {
            let tests: Vec<&Test> = branch.iter().flat_map(|part| part.tests()).collect();
            if tests.is_empty() || branch.iter().any(|part| is_open(part)) {
                continue;
            }
            let Some(span) = tests.iter().map(|test| test.span).reduce(Span::to) else { continue };
            let negative = |test: &&Test| matches!(&test.kind, TestKind::Compare { operator: Comparison::NotEqual, .. });
            let of_type = |test: &&Test| reads(test, context.text, "resource.type");
            if tests.iter().all(negative) {
                sink.report(context.locate(span), "this matches everything but what it names")
                    .note("every other resource of the tenancy becomes a member, whoever makes it")
                    .help("name what belongs in the group with `=`");
            } else if tests.iter().all(of_type) {
                sink.report(context.locate(span), "this matches every resource of the type in the tenancy")
                    .severity(Severity::Info)
                    .note("one made later, in any compartment, becomes a member and gets the group's rights")
                    .help("add `resource.compartment.id = '…'` inside `all {…}`");
            }
        }
    }
}

/// The alternatives of a rule: the items of an outer `any`, or the rule itself.
fn branches(condition: &Condition) -> Vec<Vec<&Condition>> {
    match condition {
        Condition::Group { quantifier: Quantifier::Any, items, .. } => items.iter().flat_map(branches).collect(),
        other => vec![vec![other]],
    }
}
