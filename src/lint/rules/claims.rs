//! Which tests of a condition exclude each other: what one variable is said to be, and not to be.
//!
//! A test that is not understood claims nothing; so what is found here holds whatever the rest says.

use std::collections::HashMap;

use crate::catalog;
use crate::policy::ast::{Comparison, Condition, Quantifier, Test, TestKind, Value, ValueKind};
use crate::text::Span;

/// How many claims on one variable are compared with one another.
const MOST: usize = 100;

/// What a test, or a group of tests, says of one variable.
pub(super) struct Claim {
    /// The variable, lower-cased.
    pub(super) variable: String,
    /// The value as written; the first where there are several.
    pub(super) value: String,
    /// The whole test or group.
    pub(super) span: Span,
    bound: Bound,
}

enum Bound {
    OneOf(Vec<Shape>),
    NoneOf(Vec<Shape>),
    Before(Moment),
    /// `strictly` where the moment itself does not count.
    After {
        moment: Moment,
        strictly: bool,
    },
}

/// Year, month, day, hour, minute, second.
type Moment = [u16; 6];

#[derive(PartialEq)]
enum Shape {
    Exactly(String),
    Prefix(String),
}

impl Shape {
    fn of(value: Value, text: &str) -> Option<Shape> {
        let written = value.atom.known(text)?.to_ascii_lowercase();
        // A star between quotes is one more that some variables take as a pattern.
        match (value.kind, written.split_once('*')) {
            (ValueKind::Literal | ValueKind::Pattern, None) => Some(Shape::Exactly(written)),
            (ValueKind::Pattern, Some((prefix, ""))) => Some(Shape::Prefix(prefix.to_owned())),
            _ => None,
        }
    }

    /// Whether no text fits both.
    fn excludes(&self, other: &Shape) -> bool {
        match (self, other) {
            (Shape::Exactly(a), Shape::Exactly(b)) => a != b,
            (Shape::Exactly(text), Shape::Prefix(prefix)) | (Shape::Prefix(prefix), Shape::Exactly(text)) => {
                !text.starts_with(prefix)
            }
            (Shape::Prefix(a), Shape::Prefix(b)) => !a.starts_with(b) && !b.starts_with(a),
        }
    }

    /// Whether every text that fits this one fits the other too.
    fn is_within(&self, other: &Shape) -> bool {
        match (self, other) {
            (Shape::Exactly(a), Shape::Exactly(b)) => a == b,
            (Shape::Exactly(text) | Shape::Prefix(text), Shape::Prefix(prefix)) => text.starts_with(prefix),
            (Shape::Prefix(_), Shape::Exactly(_)) => false,
        }
    }
}

impl Bound {
    fn excludes(&self, other: &Bound) -> bool {
        match (self, other) {
            (Bound::OneOf(a), Bound::OneOf(b)) => a.iter().all(|a| b.iter().all(|b| a.excludes(b))),
            (Bound::OneOf(a), Bound::NoneOf(b)) | (Bound::NoneOf(b), Bound::OneOf(a)) => {
                a.iter().all(|a| b.iter().any(|b| a.is_within(b)))
            }
            (Bound::Before(end), Bound::After { moment, strictly })
            | (Bound::After { moment, strictly }, Bound::Before(end)) => {
                moment > end || moment == end && *strictly
            }
            _ => false,
        }
    }

    fn says_the_same(&self, other: &Bound) -> bool {
        match (self, other) {
            (Bound::OneOf(a), Bound::OneOf(b)) | (Bound::NoneOf(a), Bound::NoneOf(b)) => a == b,
            _ => false,
        }
    }
}

/// The first two parts of a group of this kind that can't both hold, for `all`, or can't both fail, for `any`;
/// wherever in the condition the group stands.
pub(super) fn exclusive(condition: &Condition, text: &str, quantifier: Quantifier) -> Vec<(Claim, Claim)> {
    let mut found = Vec::new();
    let mut rest = vec![(condition, None)];
    while let Some((condition, around)) = rest.pop() {
        let Condition::Group { quantifier: own, items, .. } = condition else { continue };
        // A group of one is no group, and one within its like is a part of that.
        let own = if items.len() == 1 { around } else { Some(*own) };
        if own == Some(quantifier) && around != own {
            found.extend(pair(items, text, quantifier));
        }
        rest.extend(items.iter().rev().map(|item| (item, own)));
    }
    found
}

fn pair(items: &[Condition], text: &str, quantifier: Quantifier) -> Option<(Claim, Claim)> {
    let mut seen: HashMap<String, Vec<Claim>> = HashMap::new();
    for item in flat(items, quantifier) {
        let Some(claim) = claim(item, text, quantifier) else { continue };
        let earlier = seen.entry(claim.variable.clone()).or_default();
        if let Some(at) = earlier.iter().position(|other| other.bound.excludes(&claim.bound)) {
            return Some((earlier.swap_remove(at), claim));
        }
        // What says the same again excludes nothing more.
        if earlier.len() < MOST && !earlier.iter().any(|other| other.bound.says_the_same(&claim.bound)) {
            earlier.push(claim);
        }
    }
    None
}

/// The parts of a group, with those of groups of its kind within it.
fn flat(items: &[Condition], quantifier: Quantifier) -> Vec<&Condition> {
    let mut found = Vec::new();
    let mut rest: Vec<&Condition> = items.iter().rev().collect();
    while let Some(item) = rest.pop() {
        match item {
            Condition::Group { quantifier: own, items, .. } if *own == quantifier || items.len() == 1 => {
                rest.extend(items.iter().rev());
            }
            _ => found.push(item),
        }
    }
    found
}

/// What one part of a group says; for `any` what it says where it fails.
fn claim(part: &Condition, text: &str, quantifier: Quantifier) -> Option<Claim> {
    match part {
        Condition::Test(test) => of_test(test, text, quantifier == Quantifier::Any),
        // A group of the other kind is one claim where all of it is about one variable.
        Condition::Group { items, span, .. } => {
            let mut merged: Option<Claim> = None;
            for item in items {
                let Condition::Test(test) = item else { return None };
                let claim = of_test(test, text, quantifier == Quantifier::Any)?;
                let Bound::OneOf(shapes) = claim.bound else { return None };
                match &mut merged {
                    None => merged = Some(Claim { span: *span, bound: Bound::OneOf(shapes), ..claim }),
                    Some(Claim { variable, bound: Bound::OneOf(all), .. }) if *variable == claim.variable => {
                        all.extend(shapes);
                    }
                    Some(_) => return None,
                }
            }
            merged
        }
        Condition::Hole(_) | Condition::Error(_) => None,
    }
}

fn of_test(test: &Test, text: &str, fails: bool) -> Option<Claim> {
    let (variable, values, negative) = match &test.kind {
        TestKind::Compare { variable, operator, value, .. } => {
            (variable, std::slice::from_ref(value), *operator == Comparison::NotEqual)
        }
        TestKind::In { variable, values, negated } => (variable, values.as_slice(), *negated),
        TestKind::Time { variable, before, value } => {
            let moment = moment(value.atom.known(text)?)?;
            let bound = match *before == fails {
                true => Bound::After { moment, strictly: !fails },
                false => Bound::Before(moment),
            };
            let variable = variable.known(text)?.to_ascii_lowercase();
            return Some(Claim {
                variable,
                value: value.atom.span.of(text).to_owned(),
                span: test.span,
                bound,
            });
        }
        _ => return None,
    };
    let name = variable.known(text)?.to_ascii_lowercase();
    let single = catalog::variable(&name).is_some_and(|known| {
        use catalog::ValueType::{Boolean, Entity, Number, String};
        matches!(known.value, String | Entity | Boolean | Number)
    });
    let set = matches!(name.as_str(), "target.policy.type" | "request.groups.id");
    if !single || set {
        return None;
    }
    let shapes = values.iter().map(|value| Shape::of(*value, text));
    let bound = if negative == fails {
        Bound::OneOf(shapes.collect::<Option<Vec<_>>>()?)
    } else {
        Bound::NoneOf(shapes.flatten().collect())
    };
    let value = values.first()?.atom.span.of(text).to_owned();
    Some(Claim { variable: name, value, span: test.span, bound })
}

/// A time stamp in one of its documented forms.
fn moment(written: &str) -> Option<Moment> {
    let written = written.trim_end_matches(['Z', 'z']);
    let (date, time) = written.split_once(['T', 't', ' ']).unwrap_or((written, ""));
    let time = time.split_once(['.', '+']).map_or(time, |(time, _)| time);
    let numbers = date.split('-').chain(time.split(':').filter(|part| !part.is_empty()));
    let mut found = [0; 6];
    for (at, number) in numbers.enumerate() {
        *found.get_mut(at)? = number.parse().ok()?;
    }
    (found.get(2) != Some(&0)).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn times_of_all_forms_compare() {
        let times = ["2025-12-31Z", "2026-01-01T00:00Z", "2026-01-01T00:00:01.500Z", "2026-01-01T05:00:00Z"];
        let moments: Vec<_> = times.iter().map(|time| moment(time).unwrap()).collect();
        assert!(moments.is_sorted() && moments.windows(2).all(|pair| pair[0] != pair[1]));
        assert_eq!(moment("soon"), None);
    }
}
