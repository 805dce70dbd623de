//! `negation-on-absent-variable`: a negative test that still declines requests without the variable.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{Comparison, RuleKind, TestKind};

use super::conditions::{condition_of, required};
use super::values::variable_of;

/// Flags allow statements whose only condition is negative on a variable of single resources.
pub static RULE: Rule = Rule {
    name: "negation-on-absent-variable",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    category: Category::Names,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/negation-on-absent-variable.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(rule) = context.rule().filter(|rule| rule.kind == RuleKind::Allow) else { return };
    let Some(condition) = condition_of(context) else { return };
    for test in required(condition) {
        let negative = match &test.kind {
            TestKind::Compare { operator, .. } => *operator == Comparison::NotEqual,
            TestKind::In { negated, .. } => *negated,
            _ => false,
        };
        let Some(atom) = variable_of(test).filter(|_| negative) else { continue };
        let Some(name) = atom.known(context.text).map(str::to_ascii_lowercase) else { continue };
        let general = name.starts_with("target.compartment.") || name.starts_with("target.resource.") || name == "target.policy.type";
        if !name.starts_with("target.") || general || rule.action.is_none() {
            continue;
        }
        sink.report(context.locate(test.span), format!("requests that carry no `{name}` are declined too"))
            .note("a test of an absent variable is false, negative tests included; lists and many updates carry no such variable")
            .help("add a second statement without the condition for the operations that don't carry it, such as `inspect`");
    }
}
