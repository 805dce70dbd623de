//! The rounds of an iteration over a collection that may be known only in part.

use std::rc::Rc;

use super::guard::Guard;
use super::value::{Eval, Fail, Unknown, Value};
use crate::text::Place;

/// One round.
pub struct Round {
    /// The key or index.
    pub key: Value,
    /// The element.
    pub value: Value,
    /// When there is this round.
    pub guard: Guard,
    /// Whether it stands for any number of rounds.
    pub spread: bool,
}

/// The rounds over a list, set, map or object; one that stands for all where nothing is known.
pub fn iterate(collection: &Value, place: Place) -> Eval<Vec<Round>> {
    match collection {
        Value::List(list) => {
            let mut sure = true;
            let round = |(index, item): (usize, &super::value::Item)| {
                sure &= item.is_sure();
                let key = match &item.value {
                    value if list.is_set() => value.clone(),
                    _ if sure => Value::Number(index as f64),
                    value => super::expr::undecided(value, place),
                };
                Round { key, value: item.value.clone(), guard: item.guard.clone(), spread: item.spread }
            };
            Ok(list.items.iter().enumerate().map(round).collect())
        }
        Value::Object(object) => {
            let known = object.entries.values().map(|entry| Round {
                key: Value::Text(entry.key.clone()),
                value: entry.value.clone(),
                guard: entry.guard.clone(),
                spread: entry.spread,
            });
            Ok(known.chain(object.rest.as_ref().map(all)).collect())
        }
        Value::Unknown(unknown) => Ok(vec![all(unknown)]),
        Value::Resource(_) | Value::Module(_) => {
            let reason = "the attributes of a whole resource or module can't be listed";
            Ok(vec![all(&Rc::new(Unknown {
                reason: reason.into(),
                kind: crate::text::HoleKind::Any,
                place,
                address: None,
            }))])
        }
        other => Err(Fail::new(format!("a {} can't be iterated", other.type_name())).at(place)),
    }
}

fn all(unknown: &Rc<Unknown>) -> Round {
    let value = Value::Unknown(unknown.clone());
    Round { key: value.clone(), value, guard: Guard::always(), spread: true }
}
