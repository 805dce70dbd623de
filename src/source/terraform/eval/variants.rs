//! Values that undecided conditions leave open: how several become one, and which ones it may be.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::guard::Guard;
use super::value::{Entry, Item, List, ListKind, Object, Value};
use crate::text::{HoleKind, Place};

/// How many texts one undecided expression may stand for before it becomes a hole.
pub const VARIANTS: usize = 8;

impl Value {
    /// One of several values. Lists become one list with guarded elements, objects likewise; equal
    /// variants become one; too many become unknown.
    pub fn either(variants: Vec<(Guard, Value)>, place: Place) -> Value {
        let mut flat: Vec<(Guard, Value)> = Vec::new();
        for (guard, value) in variants {
            match value {
                Value::Either(inner) => flat
                    .extend(inner.iter().filter_map(|(own, value)| Some((guard.and(own)?, value.clone())))),
                value => flat.push((guard, value)),
            }
        }
        let holds = |test: fn(&Value) -> bool| {
            flat.iter().any(|(_, v)| test(v)) && flat.iter().all(|(_, v)| test(v) || matches!(v, Value::Null))
        };
        if flat.len() > 1 && holds(|value| matches!(value, Value::List(_))) {
            return merge_lists(&flat, place);
        }
        if flat.len() > 1 && holds(|value| matches!(value, Value::Object(_))) {
            return merge_objects(&flat, place);
        }
        let mut kept: Vec<(Guard, Value)> = Vec::new();
        for (guard, value) in flat {
            match kept.iter_mut().find(|(_, known)| known.same(&value)) {
                Some((known, _)) => *known = Guard::always(),
                None => kept.push((guard, value)),
            }
        }
        match kept.len() {
            0 => Value::unknown("no branch of the condition can hold", HoleKind::Any, place),
            1 => kept.swap_remove(0).1,
            2..=VARIANTS => Value::Either(Rc::new(kept)),
            _ => Value::unknown("too many undecided conditions", HoleKind::Any, place),
        }
    }

    /// Its variants, one for a decided value.
    pub fn variants(&self) -> Vec<(Guard, Value)> {
        match self {
            Value::Either(variants) => variants.to_vec(),
            value => vec![(Guard::always(), value.clone())],
        }
    }
}

fn merge_lists(variants: &[(Guard, Value)], place: Place) -> Value {
    let lists: Vec<(&Guard, &Rc<List>)> = variants
        .iter()
        .filter_map(|(guard, value)| match value {
            Value::List(list) => Some((guard, list)),
            _ => None,
        })
        .collect();
    let kind = lists.first().map_or(ListKind::List, |(_, list)| list.kind);
    let kind = if lists.iter().all(|(_, list)| list.kind == kind) { kind } else { ListKind::List };
    let length = lists.first().map_or(0, |(_, list)| list.items.len());
    let aligned = lists.len() == variants.len()
        && lists.iter().all(|(_, list)| list.is_sure() && !list.is_set() && list.items.len() == length);
    if aligned {
        let column = |at: usize| {
            let cells = lists
                .iter()
                .filter_map(|(guard, list)| Some(((*guard).clone(), list.items.get(at)?.value.clone())));
            Value::either(cells.collect(), place)
        };
        return Value::List(Rc::new(List { items: (0..length).map(column).map(Item::sure).collect(), kind }));
    }
    let mut items = Vec::new();
    for (guard, list) in lists {
        items.extend(list.items.iter().filter_map(|item| {
            Some(Item { guard: guard.and(&item.guard)?, spread: item.spread, value: item.value.clone() })
        }));
    }
    Value::List(Rc::new(List { items, kind }))
}

fn merge_objects(variants: &[(Guard, Value)], place: Place) -> Value {
    let mut merged = Object::default();
    let mut cells: BTreeMap<Arc<str>, Vec<(Guard, &Entry)>> = BTreeMap::new();
    for (guard, value) in variants {
        let Value::Object(object) = value else { continue };
        merged.rest = merged.rest.or_else(|| object.rest.clone());
        merged.map |= object.map;
        for (key, entry) in &object.entries {
            if let Some(guard) = guard.and(&entry.guard) {
                cells.entry(key.clone()).or_default().push((guard, entry));
            }
        }
    }
    for (key, found) in cells {
        let Some((first, entry)) = found.first() else { continue };
        let everywhere = found.len() == variants.len();
        let guard = if everywhere { Guard::always() } else { first.clone() };
        let spread = found.iter().any(|(_, entry)| entry.spread);
        let values = found.iter().map(|(guard, entry)| (guard.clone(), entry.value.clone())).collect();
        let entry = Entry { key: entry.key.clone(), guard, spread, value: Value::either(values, place) };
        merged.entries.insert(key, entry);
    }
    merged.value()
}
