//! `unquoted-value`: a value without its quotes. Words are the parser's; here are expressions that are known to
//! bring none along.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Located, MatchingRuleContext, Sink, StatementContext};
use crate::policy::ast::{Test, ValueKind};
use crate::text::HoleKind;

use super::values::values_of;

/// Flags values that OCI reads as the names of variables.
pub static RULE: Rule = Rule {
    name: "unquoted-value",
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Syntax,
    persona: Persona::Default,
    fix: FixAvailability::Sometimes,
    docs: include_str!("../../../docs/rules/unquoted-value.md"),
    checks: &[Check::Parser, Check::Statement(check_statement), Check::MatchingRule(check_matching_rule)],
};

fn check_statement(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    for test in context.tests() {
        in_test(context, test, Severity::Info, sink);
    }
}

fn check_matching_rule(context: &MatchingRuleContext<'_>, sink: &mut Sink<'_>) {
    for test in context.tests() {
        in_test(context, test, Severity::Warning, sink);
    }
}

/// A matching rule with a bare OCID is on record as refused; modules in wide use have policies with one.
fn in_test(at: &Located<'_>, test: &Test, severity: Severity, sink: &mut Sink<'_>) {
    for value in values_of(test).into_iter().filter(|value| value.kind == ValueKind::Hole) {
        let span = value.atom.span;
        let hole = at.mapped.holes().iter().find(|hole| hole.span == span);
        if hole.is_none_or(|hole| !matches!(hole.kind, HoleKind::Ocid(_))) {
            continue;
        }
        sink.report(at.locate(span), format!("`{}` stands without quotes", span.of(at.text)))
            .severity(severity)
            .confidence(Confidence::Medium)
            .note("the documentation asks for quotes, and a word without them is read as the name of a variable")
            .help("write single quotes around it");
    }
}
