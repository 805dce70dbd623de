//! Functions that ask something of a collection, and conversions.

use super::lists::unified;
use super::text::letters;
use super::{Call, known};
use crate::source::terraform::eval::convert::{Type, convert, equal, to_bool};
use crate::source::terraform::eval::value::{Eval, Fail, Item, List, Value};
use crate::text::HoleKind;

/// Evaluates the call when it is one of this family.
pub fn run(call: &Call) -> Option<Eval> {
    Some(match call.name {
        "length" => length(call),
        "contains" => contains(call),
        "index" => index(call),
        "alltrue" => all(call, false),
        "anytrue" => all(call, true),
        "matchkeys" => matchkeys(call),
        "tostring" => call.arg(0).and_then(|arg| convert(&arg.value, &Type::Text, arg.place)),
        "tonumber" => call.arg(0).and_then(|arg| convert(&arg.value, &Type::Number, arg.place)),
        "tobool" => call.arg(0).and_then(|arg| convert(&arg.value, &Type::Bool, arg.place)),
        "sensitive" | "nonsensitive" | "ephemeralasnull" => call.value(0).cloned(),
        "issensitive" => Ok(Value::Bool(false)),
        "timestamp" | "plantimestamp" | "uuid" | "bcrypt" => {
            let reason = format!("`{}()` differs from run to run", call.name);
            Ok(Value::unknown(reason, HoleKind::Scalar, call.place))
        }
        _ => return None,
    })
}

fn length(call: &Call) -> Eval {
    match call.value(0)? {
        Value::Text(text) if text.is_known() => {
            let bounds = known!(call, letters(text.as_str()));
            Ok(Value::Number((bounds.len() - 1) as f64))
        }
        Value::List(list) if list.is_sure() => Ok(Value::Number(list.items.len() as f64)),
        Value::Object(object) if object.is_sure() => Ok(Value::Number(object.entries.len() as f64)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            Err(Fail::new(format!("a {} has no length", call.value(0)?.type_name())))
        }
        _ => Ok(call.unknown()),
    }
}

fn contains(call: &Call) -> Eval {
    let list = known!(call, call.list(0)?);
    let wanted = call.value(1)?;
    let found = list.items.iter().any(|item| item.is_sure() && equal(&item.value, wanted) == Some(true));
    if found {
        return Ok(Value::Bool(true));
    }
    let open = list.items.iter().any(|item| equal(&item.value, wanted) != Some(false));
    Ok(if open { call.unknown() } else { Value::Bool(false) })
}

fn index(call: &Call) -> Eval {
    let values = known!(call, call.sure_list(0)?);
    for (at, value) in values.iter().enumerate() {
        match equal(value, call.value(1)?) {
            Some(true) => return Ok(Value::Number(at as f64)),
            Some(false) => {}
            None => return Ok(call.unknown()),
        }
    }
    Err(Fail::new("`index` does not find the value in the list"))
}

fn all(call: &Call, decisive: bool) -> Eval {
    let list = known!(call, call.list(0)?);
    let mut open = !list.is_sure();
    for item in &list.items {
        match to_bool(&item.value) {
            Ok(Some(outcome)) if outcome == decisive && item.is_sure() => return Ok(Value::Bool(decisive)),
            Ok(Some(_)) => {}
            Ok(None) => open = true,
            Err(_) if matches!(item.value, Value::Null) && !decisive => return Ok(Value::Bool(false)),
            Err(_) if matches!(item.value, Value::Null) => {}
            Err(fail) => return Err(fail),
        }
    }
    Ok(if open { call.unknown() } else { Value::Bool(!decisive) })
}

fn matchkeys(call: &Call) -> Eval {
    let values: Vec<Value> = known!(call, unified(call, 0)?).into_iter().map(|item| item.value).collect();
    let keys = known!(call, call.sure_list(1)?);
    let wanted = known!(call, call.sure_list(2)?);
    let mut found: Vec<Item> = Vec::new();
    for (value, key) in values.into_iter().zip(&keys) {
        let outcomes: Vec<_> = wanted.iter().map(|wanted| equal(key, wanted)).collect();
        if outcomes.contains(&Some(true)) {
            found.push(Item::sure(value));
        } else if outcomes.contains(&None) {
            return Ok(call.unknown());
        }
    }
    Ok(List::typed(found))
}
