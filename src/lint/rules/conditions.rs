//! What several rules ask of a condition as a whole.

use crate::catalog;
use crate::lint::StatementContext;
use crate::policy::ast::{Atom, Comparison, Condition, Quantifier, Test, TestKind, ValueKind, Verb};

use super::values::{values_of, variable_of};

/// The condition of a statement.
pub(super) fn condition_of<'a>(context: &StatementContext<'a>) -> Option<&'a Condition> {
    context.rule()?.condition.as_ref()?.condition.as_ref()
}

/// The tests without which the condition can't hold: a single test, and the items of `all` groups, nested too.
pub(super) fn required(condition: &Condition) -> Vec<&Test> {
    let mut found = Vec::new();
    let mut rest = vec![condition];
    while let Some(condition) = rest.pop() {
        match condition {
            Condition::Test(test) => found.push(test),
            Condition::Group { quantifier, items, .. }
                if *quantifier == Quantifier::All || items.len() == 1 =>
            {
                rest.extend(items.iter().rev());
            }
            _ => {}
        }
    }
    found
}

/// Every group of the condition, outermost first.
pub(super) fn groups(condition: &Condition) -> Vec<(Quantifier, &[Condition])> {
    let mut found = Vec::new();
    let mut rest = vec![condition];
    while let Some(condition) = rest.pop() {
        if let Condition::Group { quantifier, items, .. } = condition {
            found.push((*quantifier, items.as_slice()));
            rest.extend(items.iter().rev());
        }
    }
    found
}

/// Whether a part of the condition is unknown, so that nothing can be said of the whole.
pub(super) fn is_open(condition: &Condition) -> bool {
    match condition {
        Condition::Hole(_) | Condition::Error(_) => true,
        Condition::Group { quantifier, items, .. } => {
            *quantifier == Quantifier::Unknown || items.iter().any(is_open)
        }
        Condition::Test(_) => false,
    }
}

/// Whether the condition can hold only for some principals. What is unknown is taken to say so.
pub(super) fn says_who(condition: &Condition, text: &str) -> bool {
    match condition {
        Condition::Hole(_) | Condition::Error(_) => true,
        Condition::Group { quantifier: Quantifier::Any, items, .. } => {
            items.iter().all(|item| says_who(item, text))
        }
        Condition::Group { quantifier: Quantifier::All, items, .. } => {
            items.iter().any(|item| says_who(item, text))
        }
        Condition::Group { .. } => true,
        Condition::Test(test) if is_negative(test) => false,
        Condition::Test(test) => {
            let Some(name) = variable_of(test).and_then(|atom| atom.known(text)) else { return true };
            let compared = values_of(test).iter().any(|value| value.kind == ValueKind::Variable);
            compared || !tells_nothing_of_principal(&name.to_ascii_lowercase())
        }
    }
}

/// Whether the test holds for everything but what it names.
pub(super) fn is_negative(test: &Test) -> bool {
    matches!(
        &test.kind,
        TestKind::Compare { operator: Comparison::NotEqual, .. }
            | TestKind::In { negated: true, .. }
            | TestKind::Absent(_)
    )
}

/// Whether a known variable is of the target or of the call, so that any principal's request can have the value.
fn tells_nothing_of_principal(name: &str) -> bool {
    let of_call =
        matches!(name, "request.operation" | "request.permission" | "request.region" | "request.ad")
            || name.starts_with("request.utc-timestamp");
    catalog::variable(name).is_some() && (of_call || name.starts_with("target."))
}

/// Whether the test reads this variable.
pub(super) fn reads(test: &Test, text: &str, name: &str) -> bool {
    variable_of(test).and_then(|atom| atom.known(text)).is_some_and(|found| found.eq_ignore_ascii_case(name))
}

/// The literal that a `variable = 'literal'` test demands, when the test reads this variable.
pub(super) fn equals(test: &Test, text: &str, name: &str) -> Option<Atom> {
    match &test.kind {
        TestKind::Compare { operator: Comparison::Equal, value, .. }
            if value.kind == ValueKind::Literal && reads(test, text, name) =>
        {
            Some(value.atom)
        }
        _ => None,
    }
}

/// The principal type that the condition demands, lower-cased, where it demands exactly one.
pub(super) fn demanded_principal_type(context: &StatementContext<'_>) -> Option<String> {
    let condition = condition_of(context)?;
    let mut types = required(condition)
        .into_iter()
        .filter_map(|test| equals(test, context.text, "request.principal.type"))
        .filter_map(|atom| atom.known(context.text).map(str::to_ascii_lowercase));
    types.next()
}

/// Whether a name is that of a resource-type of Generative AI or its agents.
pub(super) fn is_genai(resource_type: &str) -> bool {
    resource_type.starts_with("generative-ai") || resource_type.starts_with("genai-agent")
}

/// The catalogue's verb for the tree's; `None` where it is unknown.
pub(super) fn known_verb(verb: Verb) -> Option<catalog::Verb> {
    match verb {
        Verb::Inspect => Some(catalog::Verb::Inspect),
        Verb::Read => Some(catalog::Verb::Read),
        Verb::Use => Some(catalog::Verb::Use),
        Verb::Manage => Some(catalog::Verb::Manage),
        Verb::Hole | Verb::Unknown => None,
    }
}
