//! The ways to fulfil a condition: whether there are any, and whether whatever fulfils one fulfils another condition.
//! Sound, not complete: what can't be decided is said to be unknown.

use super::condition::{Condition, Operator, Test, Value};
use super::time;
use super::truth::Truth;
use crate::catalog::{self, ValueType};

/// How many ways to fulfil a condition are looked at one by one.
const WAYS: usize = 128;
/// Tests of one way that are looked at: each is held against each.
const TESTS: usize = 256;

/// Whether a condition says anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConditionTruth {
    /// It holds for every request that carries its variables.
    Always,
    /// No request fulfils it.
    Never,
    /// It depends on the request.
    Contingent,
}

/// One way to fulfil a condition: what must hold at once.
pub(super) type Way = Vec<Condition>;

/// The ways to fulfil a condition; none when there are too many. No condition is one way that asks nothing.
pub(super) fn ways(condition: Option<&Condition>) -> Option<Vec<Way>> {
    condition.map_or_else(|| Some(vec![Vec::new()]), ways_of)
}

fn ways_of(condition: &Condition) -> Option<Vec<Way>> {
    match condition {
        Condition::Any(items) => {
            let mut all = Vec::new();
            for item in items {
                all.extend(ways_of(item)?);
                if all.len() > WAYS {
                    return None;
                }
            }
            Some(all)
        }
        Condition::All(items) => {
            let mut all: Vec<Way> = vec![Vec::new()];
            for item in items {
                let further = ways_of(item)?;
                let longest = |ways: &[Way]| ways.iter().map(Vec::len).max().unwrap_or(0);
                if all.len().saturating_mul(further.len()) > WAYS || longest(&all) + longest(&further) > TESTS
                {
                    return None;
                }
                all = all
                    .iter()
                    .flat_map(|way| further.iter().map(move |more| way.iter().chain(more).cloned().collect()))
                    .collect();
            }
            Some(all)
        }
        // A list is an any of its values, a negated one an all.
        Condition::Test(test) if test.operator == Operator::In && test.values.len() > 1 => {
            (test.values.len() <= WAYS).then(|| one_each(test).into_iter().map(|one| vec![one]).collect())
        }
        Condition::Test(test) if test.operator == Operator::NotIn && test.values.len() > 1 => {
            (test.values.len() <= TESTS).then(|| vec![one_each(test)])
        }
        other => Some(vec![vec![other.clone()]]),
    }
}

fn one_each(test: &Test) -> Vec<Condition> {
    let single = |value: &Value| Condition::Test(Test { values: vec![value.clone()], ..test.clone() });
    test.values.iter().map(single).collect()
}

/// Whether whatever fulfils `way` fulfils `condition` too.
pub(super) fn implies(way: &Way, condition: Option<&Condition>) -> Truth {
    let Some(condition) = condition else { return Truth::True };
    if contradicts(way) {
        return Truth::True;
    }
    match condition {
        Condition::All(items) => Truth::all(items.iter().map(|item| implies(way, Some(item)))),
        Condition::Any(items) => {
            match Truth::any(items.iter().map(|item| implies(way, Some(item)))) {
                // None alone follows; together they may.
                Truth::False if items.len() > 1 && !way.is_empty() => Truth::Unknown,
                any => any,
            }
        }
        Condition::Test(wanted) => {
            let negated = wanted.operator == Operator::NotIn;
            let parts =
                if wanted.values.len() > 1 && matches!(wanted.operator, Operator::In | Operator::NotIn) {
                    one_each(wanted)
                } else {
                    vec![Condition::Test(wanted.clone())]
                };
            let follows = |part: &Condition| match part {
                Condition::Test(part) => way
                    .iter()
                    .any(|given| matches!(given, Condition::Test(given) if test_implies(given, part))),
                _ => false,
            };
            let holds = if negated { parts.iter().all(follows) } else { parts.iter().any(follows) };
            let related = way.iter().any(|given| match given {
                Condition::Test(given) => given.variable == wanted.variable && blurred(given),
                Condition::Unknown(..) => true,
                _ => false,
            });
            match (holds, related || blurred(wanted)) {
                (true, _) => Truth::True,
                (false, true) => Truth::Unknown,
                (false, false) => Truth::False,
            }
        }
        Condition::Unknown(text, ..) => {
            let same = |given: &Condition| matches!(given, Condition::Unknown(other, ..) if other == text);
            if way.iter().any(same) { Truth::True } else { Truth::Unknown }
        }
    }
}

/// Whether a test compares with something that isn't plain text or a pattern.
fn blurred(test: &Test) -> bool {
    test.values.iter().any(|value| !matches!(value, Value::Text(_) | Value::Pattern(_)))
}

fn test_implies(given: &Test, wanted: &Test) -> bool {
    if given.variable != wanted.variable {
        return false;
    }
    if given == wanted {
        return true;
    }
    let (one, other) = (given.values.first(), wanted.values.first());
    match (given.operator, wanted.operator) {
        (Operator::Absent, _) | (_, Operator::Absent) => false,
        // A test of a variable that isn't there is false.
        (_, Operator::Present) => true,
        (Operator::In, Operator::In) => one.zip(other).is_some_and(|(one, other)| within(one, other)),
        (Operator::NotIn, Operator::NotIn) => one.zip(other).is_some_and(|(one, other)| within(other, one)),
        (Operator::In, Operator::NotIn) => {
            single_valued(&given.variable) && one.zip(other).is_some_and(|(one, other)| apart(one, other))
        }
        (Operator::Before, Operator::Before) => earlier(one, other),
        (Operator::After, Operator::After) => earlier(other, one),
        _ => false,
    }
}

fn earlier(one: Option<&Value>, other: Option<&Value>) -> bool {
    match (one, other) {
        (Some(Value::Text(one)), Some(Value::Text(other))) => {
            time::instant(one).zip(time::instant(other)).is_some_and(|(one, other)| one <= other)
        }
        _ => false,
    }
}

/// Whether whatever equals `one` equals `other`.
fn within(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Pattern(one), Value::Pattern(other)) => other.covers(one),
        (Value::Text(text), Value::Pattern(pattern)) => !text.contains("${") && pattern.matches(text),
        (one, other) => one == other,
    }
}

/// Whether nothing equals both.
fn apart(one: &Value, other: &Value) -> bool {
    let known = |text: &str| !text.contains("${");
    match (one, other) {
        (Value::Text(one), Value::Text(other)) => known(one) && known(other) && one != other,
        (Value::Text(text), Value::Pattern(pattern)) | (Value::Pattern(pattern), Value::Text(text)) => {
            known(text) && !pattern.matches(text)
        }
        (Value::Pattern(one), Value::Pattern(other)) => one.excludes(other),
        _ => false,
    }
}

/// Whether a variable has at most one value.
fn single_valued(variable: &str) -> bool {
    if variable.contains(".group.tag.") || variable.contains(".compartment.tag.") {
        return false;
    }
    catalog::variable(variable).is_some_and(|row| {
        matches!(
            row.value,
            ValueType::String | ValueType::Entity | ValueType::Boolean | ValueType::Number | ValueType::Tag
        )
    })
}

/// Whether nothing fulfils all of a way's tests.
pub(super) fn contradicts(way: &Way) -> bool {
    let tests: Vec<&Test> = way
        .iter()
        .filter_map(|one| match one {
            Condition::Test(test) => Some(test),
            _ => None,
        })
        .collect();
    tests.iter().enumerate().any(|(at, one)| {
        tests.iter().skip(at + 1).any(|other| one.variable == other.variable && clash(one, other))
    })
}

fn clash(one: &Test, other: &Test) -> bool {
    let values = one.values.first().zip(other.values.first());
    match (one.operator, other.operator) {
        (Operator::Absent, Operator::Absent) => false,
        (Operator::Absent, _) | (_, Operator::Absent) => true,
        (Operator::In, Operator::In) => {
            single_valued(&one.variable) && values.is_some_and(|(one, other)| apart(one, other))
        }
        (Operator::In, Operator::NotIn) => values.is_some_and(|(one, other)| within(one, other)),
        (Operator::NotIn, Operator::In) => values.is_some_and(|(one, other)| within(other, one)),
        (Operator::Before, Operator::After) => {
            values.is_some_and(|(until, from)| earlier(Some(until), Some(from)))
        }
        (Operator::After, Operator::Before) => {
            values.is_some_and(|(from, until)| earlier(Some(until), Some(from)))
        }
        _ => false,
    }
}

/// Whether two alternatives leave nothing out.
fn exhausts(one: &Test, other: &Test) -> bool {
    let values = one.values.first().zip(other.values.first());
    match (one.operator, other.operator) {
        (Operator::NotIn, Operator::NotIn) => {
            single_valued(&one.variable) && values.is_some_and(|(one, other)| apart(one, other))
        }
        (Operator::In, Operator::NotIn) => values.is_some_and(|(one, other)| within(other, one)),
        (Operator::NotIn, Operator::In) => values.is_some_and(|(one, other)| within(one, other)),
        (Operator::Present, Operator::Absent) | (Operator::Absent, Operator::Present) => true,
        _ => false,
    }
}

/// Whether a condition always holds, never holds, or depends on the request.
pub fn condition_truth(condition: &Condition) -> ConditionTruth {
    let Some(ways) = ways_of(condition) else { return ConditionTruth::Contingent };
    if ways.iter().all(contradicts) {
        return ConditionTruth::Never;
    }
    let alone: Vec<&Test> = ways
        .iter()
        .filter_map(|way| match way.as_slice() {
            [Condition::Test(test)] => Some(test),
            _ => None,
        })
        .collect();
    let everything = |test: &&Test| {
        let whole = matches!(test.values.first(), Some(Value::Pattern(pattern)) if pattern.is_everything());
        test.operator == Operator::In && whole && !test.variable.contains(".tag.")
    };
    let pair = alone.iter().enumerate().any(|(at, one)| {
        alone.iter().skip(at + 1).any(|other| one.variable == other.variable && exhausts(one, other))
    });
    if pair || alone.iter().any(everything) { ConditionTruth::Always } else { ConditionTruth::Contingent }
}
