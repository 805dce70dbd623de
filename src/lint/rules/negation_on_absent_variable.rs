//! `negation-on-absent-variable`: a negative test that still declines requests without the variable.

use std::collections::{HashMap, HashSet};

use crate::catalog::{self, Verb};
use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{ConfigurationContext, ParsedStatement, Sink};
use crate::policy::ast::{self, ActionKind, RuleKind, Statement, Test, TestKind};
use crate::text::Span;

use super::conditions::{is_negative, reads, required};
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
        // The resource-types that a subject gets at a location without a condition.
        let mut rest: HashMap<_, HashSet<String>> = HashMap::new();
        for parsed in &list {
            if let Some((whom, resource_type)) = granted(parsed, false) {
                rest.entry(whom).or_default().insert(resource_type);
            }
        }
        for parsed in &list {
            let Some((rule, names)) = tested(parsed) else { continue };
            let gives_the_rest = granted(parsed, true)
                .is_some_and(|(whom, narrow)| rest.get(&whom).is_some_and(|all| all.iter().any(|wide| covers(wide, &narrow))));
            if gives_the_rest {
                continue;
            }
            let located = context.located(parsed.source);
            for (name, span) in names {
                let place = located.locate(span);
                if rule.action.is_none() || !seen.insert(place) {
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
    let text = parsed.source.text.as_str();
    let required = required(condition);
    // What must have one value is there anyhow.
    let demanded = |name: &str| required.iter().any(|test| !is_negative(test) && reads(test, text, name));
    for test in &required {
        let Some(atom) = variable_of(test).filter(|_| is_comparison(test) && is_negative(test)) else { continue };
        let Some(name) = atom.known(text).map(str::to_ascii_lowercase) else { continue };
        let general = name.starts_with("target.compartment.")
            || name.starts_with("target.resource.")
            || name == "target.policy.type";
        let told = names.iter().any(|(known, _)| *known == name);
        if name.starts_with("target.") && !general && !told && !demanded(&name) && !all_carry(rule, text, &name) {
            names.push((name, test.span));
        }
    }
    (!names.is_empty()).then_some((rule, names))
}

fn is_comparison(test: &Test) -> bool {
    matches!(test.kind, TestKind::Compare { .. } | TestKind::In { .. })
}

/// Whether every request that the statement allows carries the variable, as every call of a model names one.
fn all_carry(rule: &ast::Rule, text: &str, variable: &str) -> bool {
    let Some(ActionKind::Verb { resource_type: Some(atom), .. }) = rule.action.as_ref().map(|action| &action.kind) else {
        return false;
    };
    let found = atom.known(text).and_then(catalog::resource_type);
    found.is_some_and(|found| {
        let verbs = [Verb::Inspect, Verb::Read, Verb::Use, Verb::Manage];
        let permissions: usize = verbs.iter().map(|verb| found.added(*verb).len()).sum();
        permissions == 1 && found.variables.iter().any(|each| each.eq_ignore_ascii_case(variable))
    })
}

/// Whom an allow grants something and where, in words of lower case; and the resource-type.
type Granted = ((Vec<String>, Vec<String>), String);

/// What an allow grants, if it has a condition or none, as asked.
fn granted(parsed: &ParsedStatement<'_>, conditioned: bool) -> Option<Granted> {
    let Statement::Rule(rule) = &*parsed.statement else { return None };
    if rule.kind != RuleKind::Allow || rule.condition.is_some() != conditioned {
        return None;
    }
    let text = parsed.source.text.as_str();
    let words = |span: Span| span.of(text).split_whitespace().map(str::to_lowercase).collect();
    let ActionKind::Verb { resource_type: Some(atom), .. } = &rule.action.as_ref()?.kind else { return None };
    let resource_type = atom.known(text)?.to_ascii_lowercase();
    Some(((words(rule.subject.as_ref()?.span), words(rule.location.as_ref()?.span)), resource_type))
}

fn covers(wide: &str, narrow: &str) -> bool {
    let known = catalog::resource_type(wide).zip(catalog::resource_type(narrow));
    wide == narrow || known.is_some_and(|(wide, narrow)| wide.covers(narrow))
}
