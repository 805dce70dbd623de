//! `variable-not-carried`: a condition variable that requests of this kind don't carry.

use crate::catalog::{self, Shape};
use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{ActionKind, SubjectKind, Test};

use super::conditions::{carried, condition_of, demanded_principal_type, equals};
use super::values::variable_of;

/// Flags required tests of variables that the documentation excludes for the resource-type, the permission or
/// the operation.
pub static RULE: Rule = Rule {
    name: "variable-not-carried",
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Names,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/variable-not-carried.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(rule) = context.rule().filter(|rule| !rule.kind.is_deny()) else { return };
    let Some(action) = rule.action.as_ref().map(|action| &action.kind) else { return };
    let Some(condition) = condition_of(context) else { return };
    let tests = carried(condition, context.text);
    let named = |test: &&Test| equals(test, context.text, "request.operation")?.known(context.text);
    let operation = tests.iter().find_map(named);
    for test in &tests {
        let Some(atom) = variable_of(test) else { continue };
        let Some(variable) = atom.known(context.text).and_then(catalog::variable) else { continue };
        let of_others = || not_a_user(context, variable).map(|of| (of, Confidence::Medium));
        let Some((of, confidence)) = excluded(context, action, operation, variable).or_else(of_others) else { continue };
        let help = if variable.name.starts_with("target.resource.tag.") {
            "test what the requests carry, such as the tag of the compartment: `target.resource.compartment.tag.…`"
        } else {
            "leave the test out, or test what the requests carry"
        };
        sink.report(context.locate(atom.span), format!("requests {of} carry no `{}`", variable.name))
            .confidence(confidence)
            .note("a test of an absent variable is false, so the statement grants nothing")
            .help(help);
    }
}

/// The requests of principals that are no users, when the variable is one of users alone.
fn not_a_user(context: &StatementContext<'_>, variable: &'static catalog::Variable) -> Option<String> {
    if !variable.name.starts_with("request.user.") {
        return None;
    }
    let other = demanded_principal_type(context).filter(|found| found != "user");
    if let Some(other) = other.as_deref().and_then(catalog::principal_type) {
        return Some(format!("of a principal of the type `{}`", other.name));
    }
    let subject = context.rule()?.subject.as_ref()?;
    matches!(subject.kind, SubjectKind::DynamicGroup(_)).then(|| "of a dynamic group's members".to_owned())
}

/// The requests that the statement is about, when the variable is on none of them.
fn excluded(
    context: &StatementContext<'_>,
    action: &ActionKind,
    operation: Option<&str>,
    variable: &'static catalog::Variable,
) -> Option<(String, Confidence)> {
    let listed = |list: &[&str], word: &str| list.iter().any(|each| each.eq_ignore_ascii_case(word));
    let known = |word: &str| catalog::operations_named(word).next().is_some();
    let operation = operation
        .filter(|word| !variable.operations.is_empty() && known(word) && !listed(variable.operations, word));
    if let Some(operation) = operation {
        return Some((format!("of `{operation}`"), Confidence::Medium));
    }
    match action {
        ActionKind::Verb { resource_type: Some(atom), .. } => {
            let word = atom.known(context.text)?;
            if listed(variable.not_on, word) {
                return Some((format!("on `{word}`"), Confidence::High));
            }
            let of_others = is_of_other_services(variable, catalog::resource_type(word)?);
            of_others.then(|| (format!("on `{word}`"), Confidence::Medium))
        }
        ActionKind::Permissions { permissions, resource_type: None } if !permissions.is_empty() => {
            let words: Option<Vec<&str>> = permissions.iter().map(|atom| atom.known(context.text)).collect();
            let words = words?;
            let all = words.iter().all(|word| listed(variable.not_with, word));
            all.then(|| (format!("that need `{}`", words.join("`, `")), Confidence::High))
        }
        _ => None,
    }
}

/// Whether the variable belongs to the resource-types of services that this one has nothing to do with.
fn is_of_other_services(variable: &catalog::Variable, on: &'static catalog::ResourceType) -> bool {
    let service = |name: &&str| catalog::resource_type(name).map(|row| row.service);
    let own: Vec<&str> = variable.resource_types.iter().filter_map(service).collect();
    // Members of families may be of several services.
    let related = || std::iter::once(on.service).chain(on.members.iter().filter_map(service));
    let families = on.families.iter().filter_map(service);
    !own.is_empty() && on.shape != Shape::All && !related().chain(families).any(|one| own.contains(&one))
}
