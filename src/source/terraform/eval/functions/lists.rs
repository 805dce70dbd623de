//! Functions that put lists together and take them apart. They keep what is undecided or only partly known.

use super::{Call, known};
use crate::source::terraform::eval::access::element;
use crate::source::terraform::eval::convert::{Type, convert, equal, to_set, to_text, unified_items};
use crate::source::terraform::eval::guard::Guard;
use crate::source::terraform::eval::machine::ITEM_LIMIT;
use crate::source::terraform::eval::unify::unify;
use crate::source::terraform::eval::value::{Eval, Fail, Item, List, ListKind, Value};
use crate::text::HoleKind;

/// Evaluates the call when it is one of this family.
pub fn run(call: &Call) -> Option<Eval> {
    Some(match call.name {
        "concat" => concat(call),
        "flatten" => flatten(call),
        "compact" => compact(call),
        "distinct" => distinct(call),
        "reverse" => reverse(call),
        "sort" => sort(call),
        "slice" => slice(call),
        "element" => nth(call),
        "coalescelist" => coalescelist(call),
        "coalesce" => coalesce(call),
        "chunklist" => chunklist(call),
        "tolist" => list_of(call, false),
        "toset" => list_of(call, true),
        "one" => one(call),
        "setunion" => setunion(call),
        "setintersection" => setkeep(call, true),
        "setsubtract" => setkeep(call, false),
        "setproduct" => setproduct(call),
        "setsymmetricdifference" => symmetric(call),
        _ => return None,
    })
}

/// The elements of a list; an unknown one stands for any number.
fn items_of(value: &Value) -> Vec<Item> {
    match value {
        Value::List(list) => list.items.clone(),
        other => vec![Item { guard: Guard::always(), spread: true, value: other.clone() }],
    }
}

fn concat(call: &Call) -> Eval {
    let mut items = Vec::new();
    let mut typed = true;
    for at in 0..call.arguments.len() {
        typed &= call.list(at)?.is_none_or(|list| list.kind != ListKind::Tuple);
        items.extend(items_of(call.value(at)?));
        if items.len() > ITEM_LIMIT {
            return Err(too_long());
        }
    }
    Ok(if typed { List::typed(unified_items(items, &Type::Any, call.place)) } else { List::items(items) })
}

/// The elements of a list argument once they have one type; `None` when the argument is not sure.
pub fn unified(call: &Call, at: usize) -> Eval<Option<Vec<Item>>> {
    let items = call.list(at)?.filter(|list| list.is_sure()).map(|list| list.items.clone());
    Ok(items.map(|items| unified_items(items, &Type::Any, call.place)))
}

fn too_long() -> Fail {
    Fail::bound(format!("there are more than {ITEM_LIMIT} elements"))
}

fn flatten(call: &Call) -> Eval {
    known!(call, call.list(0)?);
    let mut flat = Vec::new();
    let mut rest: Vec<Item> = items_of(call.value(0)?);
    rest.reverse();
    while let Some(item) = rest.pop() {
        match item.opened() {
            Some(inner) => rest.extend(inner.into_iter().rev()),
            // An unknown element may be a list, of any length.
            None if matches!(item.value, Value::Unknown(_)) => flat.push(Item { spread: true, ..item }),
            None => flat.push(item),
        }
        if flat.len() > ITEM_LIMIT {
            return Err(too_long());
        }
    }
    Ok(List::items(flat))
}

fn compact(call: &Call) -> Eval {
    let list = known!(call, call.list(0)?);
    let list = &List { items: texts(&list.items, call)?, kind: ListKind::List };
    let mut items = Vec::new();
    for item in &list.items {
        for (guard, value) in item.value.variants() {
            let empty = match &value {
                Value::Null => true,
                Value::Text(text) => text.as_str().is_empty(),
                _ => false,
            };
            if !empty && let Some(guard) = item.guard.and(&guard) {
                items.push(Item { guard, spread: item.spread, value });
            }
        }
    }
    // An element with two non-empty variants is still one element, whichever holds.
    let split = items.len() > list.items.len();
    Ok(List::typed(if split { merge_back(list, items) } else { items }))
}

/// The elements as strings.
fn texts(items: &[Item], call: &Call) -> Eval<Vec<Item>> {
    let text =
        |item: &Item| Ok(Item { value: convert(&item.value, &Type::Text, call.place)?, ..item.clone() });
    items.iter().map(text).collect()
}

fn merge_back(list: &List, split: Vec<Item>) -> Vec<Item> {
    let never_empty = |value: &Value| match value {
        Value::Either(variants) => variants.iter().all(|(_, variant)| match variant {
            Value::Text(text) => !text.as_str().is_empty(),
            _ => false,
        }),
        _ => false,
    };
    if list.items.iter().all(|item| !matches!(item.value, Value::Either(_)) || never_empty(&item.value)) {
        let kept = |item: &&Item| match &item.value {
            Value::Null => false,
            Value::Text(text) => !text.as_str().is_empty(),
            _ => true,
        };
        return list.items.iter().filter(kept).cloned().collect();
    }
    split
}

fn distinct(call: &Call) -> Eval {
    let list = known!(call, call.list(0)?);
    let mut items: Vec<Item> = Vec::with_capacity(list.items.len());
    let mut seen = std::collections::HashSet::new();
    for item in &unified_items(list.items.clone(), &Type::Any, call.place) {
        let fresh = match &item.value {
            Value::Text(text) if item.is_sure() => seen.insert(text.as_str().to_owned()),
            value if item.is_sure() => !items.iter().any(|known| known.is_sure() && known.value.same(value)),
            _ => true,
        };
        if fresh {
            items.push(item.clone());
        }
    }
    Ok(List::typed(items))
}

fn reverse(call: &Call) -> Eval {
    let list = known!(call, call.list(0)?);
    Ok(list.like(list.items.iter().rev().cloned().collect()))
}

fn sort(call: &Call) -> Eval {
    let list = known!(call, call.list(0)?);
    let mut items = texts(&list.items, call)?;
    let text = |item: &Item| match &item.value {
        Value::Text(text) => text.as_str().to_owned(),
        other => to_text(other).ok().flatten().unwrap_or_default(),
    };
    items.sort_by_cached_key(text);
    Ok(List::typed(items))
}

fn slice(call: &Call) -> Eval {
    let list = known!(call, call.list(0)?);
    let (start, end) = (known!(call, call.number(1)?), known!(call, call.number(2)?));
    let (start, end) = (start as usize, end as usize);
    if start > end || (list.is_sure() && end > list.items.len()) {
        return Err(Fail::new("the slice reaches past the list"));
    }
    let decided = list.items.iter().take(end).all(Item::is_sure);
    match list.items.get(start..end.min(list.items.len())) {
        Some(items) if decided => Ok(list.like(items.to_vec())),
        // Which elements are meant is not known; each of them may be.
        _ => Ok(list.like(list.items.iter().map(|item| Item { spread: true, ..item.clone() }).collect())),
    }
}

fn nth(call: &Call) -> Eval {
    let list = known!(call, call.list(0)?);
    let index = known!(call, call.number(1)?);
    if !list.is_sure() {
        return element(list, index, call.place);
    }
    if list.items.is_empty() {
        return Err(Fail::new("`element` of an empty list"));
    }
    let at = index.rem_euclid(list.items.len() as f64);
    element(list, at, call.place)
}

fn coalescelist(call: &Call) -> Eval {
    for argument in &call.arguments {
        match &argument.value {
            Value::List(list) if list.items.is_empty() => {}
            Value::Null => {}
            Value::List(list) if !list.items.iter().any(Item::is_sure) => {
                // It may turn out empty, and then the next one counts.
                let rest: Vec<Item> =
                    call.arguments.iter().flat_map(|argument| items_of(&argument.value)).collect();
                return Ok(List::items(rest.into_iter().map(|item| Item { spread: true, ..item }).collect()));
            }
            value => return Ok(value.clone()),
        }
    }
    Err(Fail::new("`coalescelist` has no list with elements"))
}

fn coalesce(call: &Call) -> Eval {
    let mut arguments = call.arguments.clone();
    unify(
        &mut arguments.iter_mut().map(|argument| (&mut argument.value, argument.place)).collect::<Vec<_>>(),
    );
    for argument in &arguments {
        match &argument.value {
            Value::Null => {}
            Value::Text(text) if text.as_str().is_empty() => {}
            value => return Ok(value.clone()),
        }
    }
    Err(Fail::new("`coalesce` has no value that is neither null nor empty"))
}

fn chunklist(call: &Call) -> Eval {
    let values = known!(call, unified(call, 0)?);
    let size = known!(call, call.number(1)?) as usize;
    if size == 0 {
        return Ok(List::typed(vec![Item::sure(List::typed(values))]));
    }
    let chunks = values.chunks(size).map(|chunk| Item::sure(List::typed(chunk.to_vec())));
    Ok(List::typed(chunks.collect()))
}

fn list_of(call: &Call, set: bool) -> Eval {
    if matches!(call.value(0)?, Value::Null) {
        return Ok(Value::Null);
    }
    let list = known!(call, call.list(0)?);
    let items = unified_items(list.items.clone(), &Type::Any, call.place);
    Ok(if set { to_set(items) } else { List::typed(items) })
}

fn one(call: &Call) -> Eval {
    if matches!(call.value(0)?, Value::Null) {
        return Ok(Value::Null);
    }
    let list = known!(call, call.list(0)?);
    match list.items.as_slice() {
        [] => Ok(Value::Null),
        [item] if item.is_sure() => Ok(item.value.clone()),
        _ if list.is_sure() => Err(Fail::new("`one` needs a list of at most one element")),
        items => {
            let variants = items.iter().map(|item| (item.guard.clone(), item.value.clone())).collect();
            Ok(Value::either(variants, call.place))
        }
    }
}

fn setunion(call: &Call) -> Eval {
    let mut items = Vec::new();
    for at in 0..call.arguments.len() {
        call.list(at)?;
        items.extend(items_of(call.value(at)?));
    }
    Ok(to_set(unified_items(items, &Type::Any, call.place)))
}

fn setkeep(call: &Call, common: bool) -> Eval {
    let mut kept = known!(call, call.sure_list(0)?);
    for at in 1..call.arguments.len() {
        let other = known!(call, call.sure_list(at)?);
        let mut next = Vec::new();
        for value in kept {
            let outcomes: Vec<Option<bool>> = other.iter().map(|known| equal(known, &value)).collect();
            if outcomes.contains(&None) && !outcomes.contains(&Some(true)) {
                return Ok(call.unknown());
            }
            if outcomes.contains(&Some(true)) == common {
                next.push(value);
            }
        }
        kept = next;
    }
    Ok(to_set(kept.into_iter().map(Item::sure).collect()))
}

/// What stands in one of the two only.
fn symmetric(call: &Call) -> Eval {
    let (Some(a), Some(b)) = (call.sure_list(0)?, call.sure_list(1)?) else { return Ok(call.unknown()) };
    let mut kept = Vec::new();
    for (values, others) in [(&a, &b), (&b, &a)] {
        for value in values {
            let outcomes: Vec<Option<bool>> = others.iter().map(|other| equal(value, other)).collect();
            if outcomes.contains(&None) && !outcomes.contains(&Some(true)) {
                return Ok(call.unknown());
            }
            if !outcomes.contains(&Some(true)) {
                kept.push(Item::sure(value.clone()));
            }
        }
    }
    Ok(to_set(unified_items(kept, &Type::Any, call.place)))
}

fn setproduct(call: &Call) -> Eval {
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    let mut sets = true;
    for at in 0..call.arguments.len() {
        sets &= call.list(at)?.is_some_and(|list| list.is_set());
        let values: Vec<Value> =
            known!(call, unified(call, at)?).into_iter().map(|item| item.value).collect();
        if rows.len().saturating_mul(values.len()) > ITEM_LIMIT {
            return Ok(Value::unknown("the product is too large", HoleKind::Any, call.place));
        }
        let longer = |row: &Vec<Value>, value: &Value| row.iter().chain([value]).cloned().collect();
        rows = rows.iter().flat_map(|row| values.iter().map(move |value| longer(row, value))).collect();
    }
    let rows: Vec<Item> = rows.into_iter().map(|row| Item::sure(List::of(row))).collect();
    Ok(if sets { to_set(rows) } else { List::typed(rows) })
}
