//! Functions over maps and objects.

use std::rc::Rc;

use super::{Call, known};
use crate::source::terraform::eval::access;
use crate::source::terraform::eval::convert::{Type, convert};
use crate::source::terraform::eval::expr::{key_text, undecided};
use crate::source::terraform::eval::value::{Entry, Eval, Fail, Item, List, ListKind, Object, Value};

/// Evaluates the call when it is one of this family.
pub fn run(call: &Call) -> Option<Eval> {
    Some(match call.name {
        "merge" => merge(call),
        "lookup" => lookup(call),
        "keys" => keys(call),
        "values" => values(call),
        "zipmap" => zipmap(call),
        "tomap" => match call.value(0) {
            Ok(Value::Null) => Ok(Value::Null),
            Ok(value) => convert(value, &Type::Map(Box::new(Type::Any)), call.place),
            Err(fail) => Err(fail),
        },
        "transpose" => transpose(call),
        _ => return None,
    })
}

fn merge(call: &Call) -> Eval {
    let maps = |argument: &super::Arg| match &argument.value {
        Value::Object(object) => object.map,
        value => matches!(value, Value::Null),
    };
    let map = !call.arguments.is_empty() && call.arguments.iter().all(maps);
    let mut merged = Object { map, ..Object::default() };
    for argument in &call.arguments {
        match &argument.value {
            Value::Null => {}
            Value::Object(object) => {
                merged.rest = merged.rest.or_else(|| object.rest.clone());
                for (key, entry) in &object.entries {
                    let over = match merged.entries.get(key) {
                        Some(known) if !entry.guard.is_always() => {
                            let variants = vec![
                                (known.guard.clone(), known.value.clone()),
                                (entry.guard.clone(), entry.value.clone()),
                            ];
                            Entry { value: Value::either(variants, call.place), ..known.clone() }
                        }
                        _ => entry.clone(),
                    };
                    merged.entries.insert(key.clone(), over);
                }
            }
            other => match other.first_unknown() {
                Some(unknown) => merged.rest = merged.rest.or(Some(unknown)),
                None if matches!(other, Value::Resource(_) | Value::Module(_)) => return Ok(call.unknown()),
                None => return Err(Fail::new(format!("`merge` needs maps, not a {}", other.type_name()))),
            },
        }
    }
    Ok(merged.value())
}

fn lookup(call: &Call) -> Eval {
    let object = known!(call, call.object(0)?);
    let default = call.arguments.get(2).map(|argument| argument.value.clone());
    let Some(key) = call.text(1)? else {
        return access::index(call.machine, call.value(0)?, call.value(1)?, call.place);
    };
    match (object.entries.get(key.as_str()), default, &object.rest) {
        (Some(entry), Some(default), _) if !entry.guard.is_always() => {
            let variants = vec![
                (entry.guard.clone(), entry.value.clone()),
                (crate::source::terraform::eval::guard::Guard::always(), default),
            ];
            Ok(Value::either(variants, call.place))
        }
        (Some(entry), ..) => Ok(entry.value.clone()),
        (None, _, Some(rest)) => Ok(Value::Unknown(rest.clone())),
        (None, Some(default), None) => Ok(default),
        (None, None, None) => Err(Fail::new(format!("the map has no element `{key}`"))),
    }
}

fn keys(call: &Call) -> Eval {
    let object = known!(call, call.object(0)?);
    Ok(entries(object, |entry| Value::Text(entry.key.clone())))
}

fn values(call: &Call) -> Eval {
    let object = known!(call, call.object(0)?);
    Ok(entries(object, |entry| entry.value.clone()))
}

fn entries(object: &Rc<Object>, take: impl Fn(&Entry) -> Value) -> Value {
    let item = |entry: &Entry| Item { guard: entry.guard.clone(), spread: entry.spread, value: take(entry) };
    let mut items: Vec<Item> = object.entries.values().map(item).collect();
    items.extend(object.rest.iter().map(|rest| Item {
        guard: Default::default(),
        spread: true,
        value: Value::Unknown(rest.clone()),
    }));
    if object.map { List::typed(items) } else { List::items(items) }
}

fn zipmap(call: &Call) -> Eval {
    let keys = known!(call, call.sure_list(0)?);
    let values = known!(call, call.sure_list(1)?);
    if keys.len() != values.len() {
        return Err(Fail::new("`zipmap` needs as many keys as values"));
    }
    let map = call.list(1)?.is_some_and(|list| list.kind != ListKind::Tuple);
    let mut object = Object { map, ..Object::default() };
    for (key, value) in keys.iter().zip(values) {
        let key = key_text(call.machine, key, call.place)?;
        object.entries.insert(key.as_str().into(), Entry::sure(key, value));
    }
    Ok(object.value())
}

fn transpose(call: &Call) -> Eval {
    let lists = Type::Map(Box::new(Type::List(Box::new(Type::Text))));
    let Value::Object(object) = convert(call.value(0)?, &lists, call.place)? else {
        return Ok(call.unknown());
    };
    let mut turned: std::collections::BTreeMap<String, (Rc<crate::text::MappedText>, Vec<Value>)> =
        Default::default();
    for entry in object.entries.values() {
        let Value::List(list) = &entry.value else { return Ok(undecided(&entry.value, call.place)) };
        for item in &list.items {
            let Value::Text(text) = &item.value else { return Ok(undecided(&item.value, call.place)) };
            let known = turned.entry(text.as_str().to_owned()).or_insert_with(|| (text.clone(), Vec::new()));
            known.1.push(Value::Text(entry.key.clone()));
        }
    }
    let mut result = Object { rest: object.rest.clone(), map: true, ..Object::default() };
    for (key, (text, values)) in turned {
        result
            .entries
            .insert(key.into(), Entry::sure(text, List::typed(values.into_iter().map(Item::sure).collect())));
    }
    Ok(result.value())
}
