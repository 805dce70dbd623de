//! Whether one grant gives all that another gives, and whether a condition can hold at all. Sound, not complete:
//! what can't be decided is said to be unknown.

use std::sync::Arc;

use super::action::{Action, Effect, Right};
use super::compile::{Foreign, Grant, Scope};
use super::compiled::Compiled;
use super::condition::{Condition, Operator, Test, Value};
use super::subject::SubjectMatch;
use super::{Truth, time};
use crate::catalog::{self, ValueType, Verb};

/// How many ways to fulfil a condition are looked at one by one.
const WAYS: usize = 128;
/// Tests of one way that are looked at: each is held against each.
const TESTS: usize = 256;

/// Whether one thing gives all that another gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cover {
    /// It does.
    Yes,
    /// It doesn't.
    No,
    /// It can't be decided.
    Unknown,
}

impl From<Truth> for Cover {
    fn from(truth: Truth) -> Self {
        match truth {
            Truth::True => Cover::Yes,
            Truth::False => Cover::No,
            Truth::Unknown => Cover::Unknown,
        }
    }
}

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
pub(super) fn implies(way: &Way, condition: Option<&Condition>) -> Cover {
    let Some(condition) = condition else { return Cover::Yes };
    if contradicts(way) {
        return Cover::Yes;
    }
    match condition {
        Condition::All(items) => {
            let mut all = Cover::Yes;
            for item in items {
                match implies(way, Some(item)) {
                    Cover::Yes => {}
                    Cover::No => return Cover::No,
                    Cover::Unknown => all = Cover::Unknown,
                }
            }
            all
        }
        Condition::Any(items) => {
            let each: Vec<_> = items.iter().map(|item| implies(way, Some(item))).collect();
            match (each.contains(&Cover::Yes), each.contains(&Cover::Unknown)) {
                (true, _) => Cover::Yes,
                (_, true) => Cover::Unknown,
                // None alone follows; together they may.
                _ if items.len() > 1 && !way.is_empty() => Cover::Unknown,
                _ => Cover::No,
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
                (true, _) => Cover::Yes,
                (false, true) => Cover::Unknown,
                (false, false) => Cover::No,
            }
        }
        Condition::Unknown(text, ..) => {
            let same = |given: &Condition| matches!(given, Condition::Unknown(other, ..) if other == text);
            if way.iter().any(same) { Cover::Yes } else { Cover::Unknown }
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

/// A grant in its tenancy.
#[derive(Clone, Copy)]
pub struct Of<'c> {
    /// The tenancy.
    pub compiled: &'c Compiled,
    /// The grant.
    pub grant: &'c Grant,
}

/// Whether grant `a` gives (or denies) everything that grant `b` of the same tenancy does.
pub fn covers(compiled: &Compiled, a: &Grant, b: &Grant) -> Cover {
    covers_across(Of { compiled, grant: a }, Of { compiled, grant: b })
}

/// As [`covers`], for grants of two states of a tenancy.
pub fn covers_across(a: Of<'_>, b: Of<'_>) -> Cover {
    let Some(ways) = ways(b.grant.condition.as_ref()) else {
        let same = a.grant.condition == b.grant.condition || a.grant.condition.is_none();
        let rest = covers_apart_from_condition(a, b, None, &b.grant.action);
        return match (same, rest) {
            (true, rest) => rest,
            (false, Cover::No) => Cover::No,
            (false, _) => Cover::Unknown,
        };
    };
    let conditions = ways.iter().map(|way| implies(way, a.grant.condition.as_ref()));
    worst(conditions.chain([covers_apart_from_condition(a, b, None, &b.grant.action)]))
}

/// The answer when all must be covered.
pub(super) fn worst(each: impl IntoIterator<Item = Cover>) -> Cover {
    let mut all = Cover::Yes;
    for one in each {
        match one {
            Cover::Yes => {}
            Cover::No => return Cover::No,
            Cover::Unknown => all = Cover::Unknown,
        }
    }
    all
}

/// As [`covers_across`] without the conditions; of the subject of `b` only one group, where given.
pub(super) fn covers_apart_from_condition(
    a: Of<'_>,
    b: Of<'_>,
    group: Option<&Arc<str>>,
    action: &Action,
) -> Cover {
    if a.grant.kind != b.grant.kind {
        return Cover::No;
    }
    let from = match (&a.grant.of, &b.grant.of) {
        (None, None) | (Some(Foreign::Any), Some(_)) => Cover::Yes,
        (Some(one), Some(other)) if one == other => Cover::Yes,
        _ => Cover::No,
    };
    let same_text = || {
        let text = |of: &Of<'_>| of.compiled.origin(of.grant).map(|origin| origin.text.clone());
        text(&a) == text(&b)
    };
    let exists = match a.grant.exists {
        Truth::True => Cover::Yes,
        _ if b.grant.exists != Truth::True && same_text() => Cover::Yes,
        _ => Cover::Unknown,
    };
    worst([
        from,
        subject_covers(&a.grant.subject, &b.grant.subject, group),
        action_covers(&a.grant.action, action, a.grant.effect()),
        scope_covers(a, b),
        exists,
    ])
}

pub(super) fn subject_covers(a: &SubjectMatch, b: &SubjectMatch, group: Option<&Arc<str>>) -> Cover {
    use SubjectMatch::{AnyGroup, AnyUser, Members, Resource, Service, Unknown};
    match (a, b) {
        (AnyUser, _) | (AnyGroup, AnyGroup | Members(_)) => Cover::Yes,
        (Members(a), Members(b)) => {
            if a.dynamic != b.dynamic {
                return if a.dynamic.is_none() || b.dynamic.is_none() { Cover::Unknown } else { Cover::No };
            }
            let has = |key: &Arc<str>| a.keys.contains(key);
            let has_text = |text: &Arc<str>| a.unknown.iter().any(|(known, _)| known == text);
            let all = match group {
                Some(key) => has(key) || has_text(key),
                None => b.keys.iter().all(has) && b.unknown.iter().all(|(text, _)| has_text(text)),
            };
            let ocids = |keys: &[Arc<str>]| keys.iter().any(|key| key.contains('#'));
            if all {
                Cover::Yes
            } else if !a.unknown.is_empty() || !b.unknown.is_empty() || ocids(&a.keys) != ocids(&b.keys) {
                Cover::Unknown
            } else {
                Cover::No
            }
        }
        (Service(a), Service(b)) => Truth::from(b.iter().all(|name| a.contains(name))).into(),
        (Resource(a), Resource(b)) => Truth::from(a == b).into(),
        (Unknown(a, _), Unknown(b, _)) if a == b => Cover::Yes,
        (Unknown(..), _) | (_, Unknown(..)) => Cover::Unknown,
        (AnyGroup, AnyUser | Service(_)) => Cover::No,
        _ => Cover::No,
    }
}

/// Whether one action gives (or takes) all that another does.
pub(super) fn action_covers(a: &Action, b: &Action, effect: Effect) -> Cover {
    match (a, b) {
        (Action::Verb(verb, name), Action::Verb(needed, wanted)) => {
            if name.doubt.is_some() != wanted.doubt.is_some() {
                return Cover::Unknown;
            }
            let covered = Cover::from(name.covers(wanted));
            let enough = match effect {
                Effect::Allow => verb >= needed,
                Effect::Deny => verb <= needed,
            };
            match (covered, enough) {
                (covered, true) => covered,
                (Cover::No, false) => Cover::No,
                // A weaker verb may give the same; only the day's catalogue says so.
                (_, false) => match wanted.row.filter(|row| row.permissions_known()) {
                    Some(row) if effect == Effect::Allow => {
                        let more =
                            row.permissions(*needed).any(|one| !row.permissions(*verb).any(|two| one == two));
                        if more { Cover::No } else { Cover::Unknown }
                    }
                    Some(_) => Cover::No,
                    None => Cover::Unknown,
                },
            }
        }
        (Action::Verb(..), Action::Permissions(list, reason)) => {
            let each = list.iter().map(|one| Cover::from(a.gives(&Right::permission(one), effect).0));
            worst(each.chain(reason.iter().map(|_| Cover::Unknown)))
        }
        (Action::Permissions(list, _), Action::Permissions(wanted, reason)) => {
            let each = wanted.iter().map(|one| Cover::from(Truth::from(list.contains(one))));
            worst(each.chain(reason.iter().map(|_| Cover::Unknown)))
        }
        // A verb gives what Oracle adds to it later, a list doesn't.
        (Action::Permissions(list, _), Action::Verb(verb, name)) => match name.row {
            Some(row) if row.permissions_known() && row.shape == catalog::Shape::Individual => {
                let all: Vec<_> = match effect {
                    Effect::Allow => row.permissions(*verb).collect(),
                    Effect::Deny => Verb::ALL
                        .iter()
                        .filter(|one| *one >= verb)
                        .flat_map(|one| row.added(*one))
                        .copied()
                        .collect(),
                };
                let has = |one: &&str| list.iter().any(|listed| listed.eq_ignore_ascii_case(one));
                if all.iter().all(has) { Cover::Unknown } else { Cover::No }
            }
            Some(_) => Cover::No,
            None => Cover::Unknown,
        },
        (Action::Associate(a), Action::Associate(b)) => Truth::from(a == b).into(),
        (Action::Unknown(a, _), Action::Unknown(b, _)) if a == b => Cover::Yes,
        (Action::Unknown(..), _) => Cover::Unknown,
        (Action::Verb(verb, name), Action::Unknown(..)) => {
            let all = name.row.is_some_and(|row| row.shape == catalog::Shape::All);
            if all && (*verb == Verb::Manage) == (effect == Effect::Allow) {
                Cover::Yes
            } else {
                Cover::Unknown
            }
        }
        (_, Action::Unknown(..)) => Cover::Unknown,
        _ => Cover::No,
    }
}

pub(super) fn scope_covers(a: Of<'_>, b: Of<'_>) -> Cover {
    match (&a.grant.scope, &b.grant.scope) {
        (Scope::Node(one), Scope::Node(other)) => {
            let (old, new) = (&a.compiled.tree, &b.compiled.tree);
            if std::ptr::eq(old, new) {
                if new.chain(*other).contains(one) || *one == super::tree::ROOT {
                    return Cover::Yes;
                }
                let unsure = new.is_orphan(*one) || new.is_orphan(*other);
                return if unsure { Cover::Unknown } else { Cover::No };
            }
            let key = old.stable_key(*one);
            if key == "/" {
                return Cover::Yes;
            }
            let above =
                |tree: &super::Tree, id| tree.chain(id).iter().any(|each| tree.stable_key(*each) == key);
            if above(new, *other) {
                // A compartment that was moved lay elsewhere before.
                let before = old.find(&new.stable_key(*other));
                return Truth::from(before.is_none_or(|id| above(old, id))).into();
            }
            if old.is_orphan(*one) || new.is_orphan(*other) { Cover::Unknown } else { Cover::No }
        }
        (Scope::Node(super::tree::ROOT), Scope::Unknown(..)) => Cover::Yes,
        (Scope::Unknown(one, _), Scope::Unknown(other, _)) if one == other => Cover::Yes,
        (Scope::Unknown(..), Scope::Node(_) | Scope::Unknown(..)) | (Scope::Node(_), Scope::Unknown(..)) => {
            Cover::Unknown
        }
        (Scope::Foreign(one, path), Scope::Foreign(other, below)) => {
            let tenancy = *one == Foreign::Any || one == other;
            Truth::from(tenancy && (path.is_none() || path == below)).into()
        }
        (_, Scope::Nowhere(_)) => Cover::Yes,
        _ => Cover::No,
    }
}
