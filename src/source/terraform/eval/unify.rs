//! The type that several values have in common: of the branches of a conditional, of the elements of a list.

use std::collections::BTreeMap;

use super::convert::{Member, Type, convert};
use super::value::{ListKind, Value};
use crate::text::Place;

/// Converts each value to the type that all have in common. They stay as they are where there is none, which
/// Terraform refuses, or where the type of one can't be told.
pub fn unify(values: &mut [(&mut Value, Place)]) {
    let Some(ty) = common(values.iter().map(|(value, _)| &**value)) else { return };
    let converted: Result<Vec<Value>, _> =
        values.iter().map(|(value, place)| convert(value, &ty, *place)).collect();
    for ((value, _), converted) in values.iter_mut().zip(converted.into_iter().flatten()) {
        **value = converted;
    }
}

/// The type that all have in common.
fn common<'v>(values: impl IntoIterator<Item = &'v Value>) -> Option<Type> {
    let mut found = Type::Any;
    for value in values {
        found = both(found, type_of(value)?)?;
    }
    Some(found)
}

/// The type of a value; any for what is unknown or null, none for an object whose attributes are not all known.
fn type_of(value: &Value) -> Option<Type> {
    Some(match value {
        Value::Bool(_) => Type::Bool,
        Value::Number(_) => Type::Number,
        Value::Text(_) => Type::Text,
        Value::List(list) => {
            let items = list.items.iter().map(|item| &item.value);
            match list.kind {
                ListKind::Tuple if list.is_sure() => Type::Tuple(items.map(type_of).collect::<Option<_>>()?),
                ListKind::Tuple | ListKind::List => Type::List(Box::new(common(items)?)),
                ListKind::Set => Type::Set(Box::new(common(items)?)),
            }
        }
        Value::Object(object) if object.map => {
            Type::Map(Box::new(common(object.entries.values().map(|entry| &entry.value))?))
        }
        Value::Object(object) if object.is_sure() => {
            let member = |(name, entry): (&std::sync::Arc<str>, &super::value::Entry)| {
                Some((name.to_string(), Member::required(type_of(&entry.value)?)))
            };
            Type::Object(object.entries.iter().map(member).collect::<Option<_>>()?)
        }
        Value::Object(_) => return None,
        Value::Unknown(_) | Value::Null | Value::Either(_) | Value::Resource(_) | Value::Module(_) => {
            Type::Any
        }
    })
}

/// The type that two types have in common.
fn both(a: Type, b: Type) -> Option<Type> {
    let boxed = |a: Type, b: Type| both(a, b).map(Box::new);
    Some(match (a, b) {
        (Type::Any, ty) | (ty, Type::Any) => ty,
        (Type::Text, Type::Text | Type::Number | Type::Bool) | (Type::Number | Type::Bool, Type::Text) => {
            Type::Text
        }
        (Type::Number, Type::Number) => Type::Number,
        (Type::Bool, Type::Bool) => Type::Bool,
        (Type::List(a), Type::List(b) | Type::Set(b)) | (Type::Set(a), Type::List(b)) => {
            Type::List(boxed(*a, *b)?)
        }
        (Type::Set(a), Type::Set(b)) => Type::Set(boxed(*a, *b)?),
        (Type::List(inner), Type::Tuple(types)) | (Type::Tuple(types), Type::List(inner)) => {
            Type::List(Box::new(all(*inner, types)?))
        }
        (Type::Set(inner), Type::Tuple(types)) | (Type::Tuple(types), Type::Set(inner)) => {
            Type::Set(Box::new(all(*inner, types)?))
        }
        (Type::Tuple(a), Type::Tuple(b)) if a.len() == b.len() => {
            Type::Tuple(a.into_iter().zip(b).map(|(a, b)| both(a, b)).collect::<Option<_>>()?)
        }
        (Type::Tuple(a), Type::Tuple(b)) => Type::List(Box::new(all(all(Type::Any, a)?, b)?)),
        (Type::Map(a), Type::Map(b)) => Type::Map(boxed(*a, *b)?),
        (Type::Map(inner), Type::Object(members)) | (Type::Object(members), Type::Map(inner)) => {
            Type::Map(Box::new(all(*inner, types(members))?))
        }
        (Type::Object(a), Type::Object(b)) if a.keys().eq(b.keys()) => {
            let pairs = a.into_iter().zip(b.into_values());
            let member = |((name, a), b): ((String, Member), Member)| {
                Some((name, Member::required(both(a.ty, b.ty)?)))
            };
            Type::Object(pairs.map(member).collect::<Option<_>>()?)
        }
        (Type::Object(a), Type::Object(b)) => Type::Map(Box::new(all(all(Type::Any, types(a))?, types(b))?)),
        _ => return None,
    })
}

fn all(first: Type, types: impl IntoIterator<Item = Type>) -> Option<Type> {
    types.into_iter().try_fold(first, both)
}

fn types(members: BTreeMap<String, Member>) -> impl Iterator<Item = Type> {
    members.into_values().map(|member| member.ty)
}
