//! `dynamic-group-never-matches`: a matching rule that no resource fits, or not the ones that a statement means.

use std::collections::{BTreeSet, HashMap};

use crate::catalog::{self, Trait};
use crate::diag::{Applicability, Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{ConfigurationContext, MatchingRuleContext, ParsedRule, ParsedStatement, Sink};
use crate::policy::ast::{
    Comparison, Condition, MatchingRule, Quantifier, Statement, Test, TestKind, ValueKind,
};
use crate::source::{DeclaredKind, Root};
use crate::text::Span;

use super::conditions::{equals, required};
use super::policies::{named, unprefixed};

/// Flags contradictions in matching rules, and statements for callers that the group can't hold.
pub static RULE: Rule = Rule {
    name: "dynamic-group-never-matches",
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Workloads,
    persona: Persona::Default,
    fix: FixAvailability::Sometimes,
    docs: include_str!("../../../docs/rules/dynamic-group-never-matches.md"),
    checks: &[Check::MatchingRule(contradiction), Check::Configuration(other_callers)],
};

const INSTANCE: &str = "instance";

/// A `variable = 'value'` of a matching rule, in lower case.
struct Claim {
    variable: String,
    /// None where it isn't known.
    value: Option<String>,
    span: Span,
}

fn claim(test: &Test, text: &str) -> Option<Claim> {
    let TestKind::Compare { variable, operator: Comparison::Equal, value, .. } = &test.kind else {
        return None;
    };
    matches!(value.kind, ValueKind::Literal | ValueKind::Hole).then_some(())?;
    Some(Claim {
        variable: variable.known(text)?.to_ascii_lowercase(),
        value: value.atom.known(text).map(|value| value.trim().to_lowercase()),
        span: test.span,
    })
}

fn contradiction(context: &MatchingRuleContext<'_>, sink: &mut Sink<'_>) {
    for outer in &context.rule.conditions {
        for group in outermost_alls(outer) {
            let tests = required(group);
            let claims: Vec<Claim> = tests.iter().filter_map(|test| claim(test, context.text)).collect();
            let mut first: HashMap<&str, &Claim> = HashMap::new();
            let twice = claims.iter().filter(|claim| claim.value.is_some()).find_map(|claim| {
                let earlier = *first.entry(&claim.variable).or_insert(claim);
                (earlier.value != claim.value && is_single(&claim.variable)).then_some((earlier, claim))
            });
            if let Some((one, other)) = twice {
                let variable = &one.variable;
                let alone =
                    claims.len() == tests.len() && claims.iter().all(|claim| &claim.variable == variable);
                let quantifier = Span::new(group.span().start(), group.span().start() + 3);
                let any = alone && quantifier.of(context.text).eq_ignore_ascii_case("all");
                sink.report(
                    context.locate(one.span.to(other.span)),
                    "no resource fits this part of the rule",
                )
                .note(format!("in an `all` group every test must hold, and a resource has one `{variable}`"))
                .help("write `any` in place of `all`")
                .fix(if any {
                    context.fix("write `any`", Applicability::Unsafe, quantifier, "any")
                } else {
                    None
                });
                continue;
            }
            if let Some((kind, id, of)) = id_of_another_type(&claims) {
                sink.report(context.locate(kind.span.to(id.span)), "no resource fits this part of the rule")
                    .severity(Severity::Warning)
                    .confidence(Confidence::Medium)
                    .note(format!("the OCID is that of a resource of the type `{of}`"))
                    .help(format!("write `resource.type = '{of}'`, or leave the type out: the OCID says it all"));
                continue;
            }
            let of_instances = claims.iter().find(|claim| Trait::OfInstances.is_of(&claim.variable));
            let other_type = claims
                .iter()
                .filter(|claim| claim.variable == "resource.type")
                .find_map(|claim| Some((claim, claim.value.as_deref().filter(|kind| *kind != INSTANCE)?)));
            if let Some((instance, (kind, kind_value))) = of_instances.zip(other_type) {
                let instead = instance.variable.replace("instance", "resource").replace('_', ".");
                let instead = if instead.starts_with("resource") {
                    instead
                } else {
                    "resource.compartment.id".to_owned()
                };
                let variable =
                    Span::new(instance.span.start(), instance.span.start() + instance.variable.len());
                let title = format!("write `{instead}`");
                sink.report(
                    context.locate(instance.span.to(kind.span)),
                    "no resource fits this part of the rule",
                )
                .severity(Severity::Warning)
                .note(format!(
                    "only compute instances have `{}`, and `resource.type = '{}'` excludes them",
                    instance.variable, kind_value
                ))
                .help(format!("write `{instead}` in place of `{}`", instance.variable))
                .fix(context.fix(title, Applicability::Unsafe, variable, &instead));
            }
        }
    }
}

/// A type, the OCID of a resource of another type, and that type.
fn id_of_another_type(claims: &[Claim]) -> Option<(&Claim, &Claim, &'static str)> {
    let of = |variable: &str| claims.iter().find(|claim| claim.variable == variable && claim.value.is_some());
    let (kind, id) = (of("resource.type")?, of("resource.id")?);
    let word = id.value.as_deref()?.strip_prefix("ocid1.")?.split('.').next()?;
    // Not every type is called as the OCIDs of its resources are.
    let known = |word: &str| catalog::principal_type(word).filter(|known| known.in_rule);
    let (own, other) = (known(kind.value.as_deref()?)?, known(word)?);
    (own.name != other.name).then_some((kind, id, other.name))
}

/// The conditions that hold a resource to all of their tests, none inside another.
fn outermost_alls(condition: &Condition) -> Vec<&Condition> {
    let mut found = Vec::new();
    let mut rest = vec![condition];
    while let Some(condition) = rest.pop() {
        match condition {
            Condition::Group { quantifier: Quantifier::Any, items, .. } if items.len() > 1 => {
                rest.extend(items.iter().rev());
            }
            Condition::Group { quantifier: Quantifier::Unknown, .. } => {}
            Condition::Group { items, .. } => {
                found.push(condition);
                // An any inside an all has parts of its own.
                let inner = items.iter().rev();
                rest.extend(
                    inner.filter(|item| matches!(item, Condition::Group { quantifier: Quantifier::Any, .. })),
                );
            }
            _ => {}
        }
    }
    found
}

/// Whether a resource has one value of this variable.
fn is_single(variable: &str) -> bool {
    catalog::rule_variable(variable).is_some()
}

fn other_callers(context: &ConfigurationContext<'_>, sink: &mut Sink<'_>) {
    let mut rules: HashMap<(Root, String), Vec<&ParsedRule<'_>>> = HashMap::new();
    for parsed in context.matching_rules {
        let Some(name) = parsed.source.name.as_ref().filter(|name| name.is_known()) else { continue };
        let key = (parsed.source.root.clone(), name.as_str().to_lowercase());
        rules.entry(key).or_default().push(parsed);
    }
    if rules.is_empty() {
        return;
    }
    for parsed in context.statements {
        let Some((test, wanted)) = demanded_type(parsed) else { continue };
        let text = parsed.source.text.as_str();
        let groups = named(parsed, DeclaredKind::DynamicGroup);
        if groups.is_empty() || unprefixed(parsed, DeclaredKind::DynamicGroup).len() != groups.len() {
            continue;
        }
        let root = context.configuration.root_of(parsed.source);
        let held: Option<Vec<BTreeSet<String>>> = groups
            .iter()
            .map(|group| {
                let key = (root.clone(), group.known(text)?.to_lowercase());
                let [rule] = rules.get(&key)?.as_slice() else { return None };
                if rule.source.maybe {
                    return None;
                }
                held(&rule.rule, rule.source.text.as_str())
            })
            .collect();
        let Some(held) =
            held.filter(|held| held.iter().all(|types| !types.is_empty() && !types.contains(&wanted)))
        else {
            continue;
        };
        let types: BTreeSet<&str> = held.iter().flatten().map(String::as_str).collect();
        let list = types.into_iter().collect::<Vec<_>>().join("`, `");
        sink.report(
            context.located(parsed.source).locate(test.span),
            format!("the dynamic group holds no `{wanted}`"),
        )
        .severity(Severity::Warning)
        .confidence(Confidence::Medium)
        .note(format!("its matching rule takes in `{list}` only, so the statement grants nothing"))
        .help(format!("write `{list}` here, or add `resource.type = '{wanted}'` to the matching rule"))
        .statement(context.reference(parsed.source));
    }
}

/// The principal type that the condition of a statement demands, as far as the catalogue knows it in both languages.
fn demanded_type<'p>(parsed: &'p ParsedStatement<'_>) -> Option<(&'p Test, String)> {
    let Statement::Rule(rule) = &*parsed.statement else { return None };
    let condition = rule.condition.as_ref()?.condition.as_ref()?;
    let text = parsed.source.text.as_str();
    required(condition).into_iter().find_map(|test| {
        let value = equals(test, text, "request.principal.type")?.known(text)?.to_lowercase();
        catalog::principal_type(&value).filter(|known| known.in_request && known.in_rule)?;
        Some((test, value))
    })
}

/// The types of the resources that a matching rule takes in; `None` where it says nothing of them.
pub(super) fn held(rule: &MatchingRule, text: &str) -> Option<BTreeSet<String>> {
    let [condition] = rule.conditions.as_slice() else { return None };
    types(condition, text)
}

fn types(condition: &Condition, text: &str) -> Option<BTreeSet<String>> {
    match condition {
        Condition::Test(test) => {
            let claim = claim(test, text)?;
            if Trait::OfInstances.is_of(&claim.variable) {
                return Some(BTreeSet::from([INSTANCE.to_owned()]));
            }
            let value = claim.value.filter(|_| claim.variable == "resource.type")?;
            catalog::principal_type(&value).is_some().then(|| BTreeSet::from([value]))
        }
        Condition::Group { quantifier: Quantifier::Any, items, .. } => {
            let each: Option<Vec<_>> = items.iter().map(|item| types(item, text)).collect();
            Some(each?.into_iter().flatten().collect())
        }
        Condition::Group { quantifier: Quantifier::All, items, .. } => {
            let known = items.iter().filter_map(|item| types(item, text));
            known.reduce(|one, other| one.intersection(&other).cloned().collect())
        }
        _ => None,
    }
}
