//! What several rules ask of a condition as a whole.

use std::collections::HashSet;

use crate::catalog;
use crate::lint::StatementContext;
use crate::policy::ast::{Atom, Comparison, Condition, Quantifier, Test, TestKind, Value, ValueKind, Verb};

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

/// The tests of which one for each variable must hold before the condition can, whichever of its ways is taken: those
/// of [`required`], and the variables that every entry of an `any` group tests. Absence needs no variable.
pub(super) fn carried<'c>(condition: &'c Condition, text: &str) -> Vec<&'c Test> {
    by_variable(condition, text).into_iter().map(|(_, test)| test).collect()
}

fn by_variable<'c>(condition: &'c Condition, text: &str) -> Vec<(String, &'c Test)> {
    match condition {
        Condition::Test(test) if matches!(test.kind, TestKind::Absent(_)) => Vec::new(),
        Condition::Test(test) => {
            let name = variable_of(test).and_then(|atom| atom.known(text));
            name.map(|name| (name.to_ascii_lowercase(), test)).into_iter().collect()
        }
        Condition::Group { quantifier: Quantifier::Any, items, .. } => {
            let mut ways = items.iter().map(|item| by_variable(item, text));
            let mut common = ways.next().unwrap_or_default();
            for way in ways {
                let names: HashSet<String> = way.into_iter().map(|(name, _)| name).collect();
                common.retain(|(name, _)| names.contains(name));
            }
            common
        }
        Condition::Group { quantifier, items, .. } if *quantifier == Quantifier::All || items.len() == 1 => {
            items.iter().flat_map(|item| by_variable(item, text)).collect()
        }
        _ => Vec::new(),
    }
}

/// The values of which the variable must have one for the condition to hold; none where it may have others.
pub(super) fn demanded(condition: &Condition, text: &str, name: &str) -> Option<Vec<Value>> {
    match condition {
        Condition::Test(test) if !reads(test, text, name) => None,
        Condition::Test(test) => match &test.kind {
            TestKind::Compare { operator: Comparison::Equal, value, .. } => Some(vec![*value]),
            TestKind::In { values, negated: false, .. } => Some(values.clone()),
            _ => None,
        },
        Condition::Group { quantifier: Quantifier::Any, items, .. } if !items.is_empty() => {
            let ways: Option<Vec<Vec<Value>>> = items.iter().map(|item| demanded(item, text, name)).collect();
            ways.map(|ways| ways.concat())
        }
        Condition::Group { quantifier, items, .. } if *quantifier == Quantifier::All || items.len() == 1 => {
            items.iter().find_map(|item| demanded(item, text, name))
        }
        _ => None,
    }
}

/// What a value stands for when it can be but one text, lower-cased: a literal, or a pattern without a star.
pub(super) fn only_text(value: &Value, text: &str) -> Option<String> {
    let written = value.atom.known(text)?;
    let exact = match value.kind {
        ValueKind::Literal => true,
        ValueKind::Pattern => !written.contains('*'),
        _ => false,
    };
    exact.then(|| written.to_ascii_lowercase())
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
    let values = demanded(condition_of(context)?, context.text, "request.principal.type")?;
    let mut types = values.iter().map(|value| only_text(value, context.text));
    let first = types.next()??;
    types.all(|other| other.as_ref() == Some(&first)).then_some(first)
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
