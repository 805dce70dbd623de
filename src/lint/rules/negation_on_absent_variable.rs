//! `negation-on-absent-variable`: a negative test that still declines requests without the variable.

use std::collections::HashSet;

use crate::catalog;
use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{ConfigurationContext, ParsedStatement, Sink};
use crate::policy::ast::{self, ActionKind, Comparison, RuleKind, Statement, TestKind};
use crate::text::Span;

use super::conditions::required;
use super::policies::lists;
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
    checks: &[Check::Configuration(check)],
};

fn check(context: &ConfigurationContext<'_>, sink: &mut Sink<'_>) {
    let mut seen = HashSet::new();
    for list in lists(context) {
        for parsed in &list {
            let Some((rule, names)) = tested(parsed) else { continue };
            if list.iter().any(|other| gives_the_rest(other, parsed, rule)) {
                continue;
            }
            let located = context.located(parsed.source);
            for (name, span) in names {
                let place = located.locate(span);
                if !seen.insert(place) {
                    continue;
                }
                sink.report(place, format!("requests that carry no `{name}` are declined too"))
                    .note("a test of an absent variable is false, negative tests included; lists and many updates carry no such variable")
                    .help("add a second statement without the condition for the operations that don't carry it, such as `inspect`")
                    .statement(context.reference(parsed.source));
            }
        }
    }
}

/// The variables of single resources that an allow must find with another value, each where it is tested first.
fn tested<'p>(parsed: &'p ParsedStatement<'_>) -> Option<(&'p ast::Rule, Vec<(String, Span)>)> {
    let Statement::Rule(rule) = &*parsed.statement else { return None };
    let condition = rule.condition.as_ref()?.condition.as_ref()?;
    if rule.kind != RuleKind::Allow || rule.action.is_none() {
        return None;
    }
    let mut names: Vec<(String, Span)> = Vec::new();
    for test in required(condition) {
        let negative = match &test.kind {
            TestKind::Compare { operator, .. } => *operator == Comparison::NotEqual,
            TestKind::In { negated, .. } => *negated,
            _ => false,
        };
        let Some(atom) = variable_of(test).filter(|_| negative) else { continue };
        let Some(name) = atom.known(parsed.source.text.as_str()).map(str::to_ascii_lowercase) else { continue };
        let general = name.starts_with("target.compartment.")
            || name.starts_with("target.resource.")
            || name == "target.policy.type";
        if name.starts_with("target.") && !general && names.iter().all(|(known, _)| *known != name) {
            names.push((name, test.span));
        }
    }
    (!names.is_empty()).then_some((rule, names))
}

/// Whether the other statement gives the same subject, at the same location and without a condition, some of the
/// same resource-type.
fn gives_the_rest(other: &ParsedStatement<'_>, parsed: &ParsedStatement<'_>, rule: &ast::Rule) -> bool {
    let Statement::Rule(second) = &*other.statement else { return false };
    if second.kind != RuleKind::Allow || second.condition.is_some() {
        return false;
    }
    let (text, other_text) = (parsed.source.text.as_str(), other.source.text.as_str());
    let said = |span: Option<Span>, text: &str| {
        let words = span?.of(text).split_whitespace().map(str::to_lowercase);
        Some(words.collect::<Vec<_>>())
    };
    let subject = |rule: &ast::Rule| rule.subject.as_ref().map(|subject| subject.span);
    let place = |rule: &ast::Rule| rule.location.as_ref().map(|location| location.span);
    let type_of = |rule: &ast::Rule, text: &str| match &rule.action.as_ref()?.kind {
        ActionKind::Verb { resource_type: Some(atom), .. } => atom.known(text).map(str::to_ascii_lowercase),
        _ => None,
    };
    let (Some(wide), Some(narrow)) = (type_of(second, other_text), type_of(rule, text)) else { return false };
    let known = catalog::resource_type(&wide).zip(catalog::resource_type(&narrow));
    said(subject(rule), text) == said(subject(second), other_text)
        && said(place(rule), text) == said(place(second), other_text)
        && (wide == narrow || known.is_some_and(|(wide, narrow)| wide.covers(narrow)))
}
