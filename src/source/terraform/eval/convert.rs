//! Type conversion and equality, as Terraform has them.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::expr::undecided;
use super::functions::general;
use super::unify::unify;
use super::value::{Entry, Eval, Fail, Item, List, ListKind, Object, Value, computed, number_text};
use crate::source::terraform::module::literal;
use crate::source::terraform::syntax::{Expr, ExprKind};
use crate::text::{MappedText, Place};

/// A type constraint.
#[derive(Clone, Debug)]
pub enum Type {
    /// Anything, as it is.
    Any,
    /// `string`
    Text,
    /// `number`
    Number,
    /// `bool`
    Bool,
    /// `list(…)`
    List(Box<Type>),
    /// `set(…)`
    Set(Box<Type>),
    /// `map(…)`
    Map(Box<Type>),
    /// `tuple([…])`
    Tuple(Vec<Type>),
    /// `object({…})`
    Object(BTreeMap<String, Member>),
}

/// An attribute of an object type.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its type.
    pub ty: Type,
    optional: bool,
    default: Option<Expr>,
}

impl Member {
    /// One that must be given.
    pub fn required(ty: Type) -> Self {
        Member { ty, optional: false, default: None }
    }
}

impl Type {
    /// Whether the type of some part is left open.
    fn is_open(&self) -> bool {
        match self {
            Type::Any => true,
            Type::Text | Type::Number | Type::Bool => false,
            Type::List(inner) | Type::Set(inner) | Type::Map(inner) => inner.is_open(),
            Type::Tuple(types) => types.iter().any(Type::is_open),
            Type::Object(members) => members.values().any(|member| member.ty.is_open()),
        }
    }

    /// Reads a type constraint; what is not understood is `any`.
    pub fn read(expr: &Expr) -> Type {
        match &expr.kind {
            ExprKind::Paren(inner) => Type::read(inner),
            ExprKind::Name(name) => Type::word(name),
            ExprKind::Template(_) => literal(expr).map_or(Type::Any, |text| Type::quoted(&text)),
            ExprKind::Call { name, arguments, .. } => {
                let inner = || Box::new(arguments.first().map_or(Type::Any, Type::read));
                match (name.as_str(), arguments.first().map(|argument| &argument.kind)) {
                    ("list", _) => Type::List(inner()),
                    ("set", _) => Type::Set(inner()),
                    ("map", _) => Type::Map(inner()),
                    ("optional", _) => *inner(),
                    ("tuple", Some(ExprKind::List(items))) => {
                        Type::Tuple(items.iter().map(Type::read).collect())
                    }
                    ("object", Some(ExprKind::Object(entries))) => {
                        Type::Object(entries.iter().filter_map(Type::attribute).collect())
                    }
                    _ => Type::Any,
                }
            }
            _ => Type::Any,
        }
    }

    fn attribute((key, value): &(Expr, Expr)) -> Option<(String, Member)> {
        let name = match &key.kind {
            ExprKind::Name(name) => name.clone(),
            _ => literal(key)?,
        };
        let (optional, default) = match &value.kind {
            ExprKind::Call { name, arguments, .. } if name == "optional" => (true, arguments.get(1).cloned()),
            _ => (false, None),
        };
        Some((name, Member { ty: Type::read(value), optional, default }))
    }

    fn word(name: &str) -> Type {
        match name {
            "string" => Type::Text,
            "number" => Type::Number,
            "bool" => Type::Bool,
            "list" => Type::List(Box::new(Type::Any)),
            "set" => Type::Set(Box::new(Type::Any)),
            "map" => Type::Map(Box::new(Type::Any)),
            _ => Type::Any,
        }
    }

    /// A type in quotes: the words of old versions, or JSON syntax.
    fn quoted(text: &str) -> Type {
        let text = text.trim();
        match text.strip_suffix(')').and_then(|text| text.split_once('(')) {
            Some((outer, inner)) => {
                let inner = Box::new(Type::quoted(inner));
                match outer.trim() {
                    "list" => Type::List(inner),
                    "set" => Type::Set(inner),
                    "map" => Type::Map(inner),
                    _ => Type::Any,
                }
            }
            None => Type::word(text),
        }
    }
}

/// Converts a value to a type.
pub fn convert(value: &Value, ty: &Type, place: Place) -> Eval {
    let wrong = |wanted: &str| Err(Fail::new(format!("a {} is not a {wanted}", value.type_name())).at(place));
    if let Value::Either(variants) = value {
        let converted: Eval<Vec<_>> =
            variants.iter().map(|(guard, value)| Ok((guard.clone(), convert(value, ty, place)?))).collect();
        return Ok(Value::either(converted?, place));
    }
    if matches!(value, Value::Unknown(_) | Value::Null | Value::Resource(_) | Value::Module(_)) {
        return Ok(value.clone());
    }
    match (ty, value) {
        (Type::Any, _) | (Type::Text, Value::Text(_)) => Ok(value.clone()),
        (Type::Text, _) => match to_text(value)? {
            Some(text) => Ok(Value::computed(&text, place)),
            None => Ok(undecided(value, place)),
        },
        (Type::Number, _) => Ok(to_number(value)?.map_or_else(|| undecided(value, place), Value::Number)),
        (Type::Bool, _) => Ok(to_bool(value)?.map_or_else(|| undecided(value, place), Value::Bool)),
        (Type::List(inner), Value::List(list)) => elements(list, inner, false, place),
        (Type::Set(inner), Value::List(list)) => elements(list, inner, true, place),
        (Type::Tuple(types), Value::List(list)) => {
            let mut items = list.items.clone();
            for (item, ty) in items.iter_mut().zip(types) {
                item.value = convert(&item.value, ty, place)?;
            }
            Ok(List::items(items))
        }
        (Type::Map(inner), Value::Object(object)) => {
            let mut converted = Object { rest: object.rest.clone(), map: true, ..Object::default() };
            for (key, entry) in &object.entries {
                let value = convert(&entry.value, inner, place)?;
                converted.entries.insert(key.clone(), Entry { value, ..entry.clone() });
            }
            if inner.is_open() {
                let entries = converted.entries.values_mut();
                unify(&mut entries.map(|entry| (&mut entry.value, place)).collect::<Vec<_>>());
            }
            Ok(converted.value())
        }
        (Type::Object(attributes), Value::Object(object)) => {
            let mut converted = Object::default();
            for (name, Member { ty, optional, default }) in attributes {
                let entry = object.entries.get(name.as_str());
                let given = entry.map(|entry| &entry.value).filter(|value| !matches!(value, Value::Null));
                let value = match (given, default, &object.rest) {
                    (Some(value), ..) => convert(value, ty, place)?,
                    (None, _, Some(rest)) if entry.is_none() => Value::Unknown(rest.clone()),
                    (None, Some(default), _) => convert(&constant(default)?, ty, place)?,
                    (None, None, _) if *optional || entry.is_some() => Value::Null,
                    (None, None, _) => {
                        return Err(Fail::new(format!("attribute `{name}` is required")).at(place));
                    }
                };
                let key = entry.map_or_else(|| Rc::new(computed(name, place)), |entry| entry.key.clone());
                converted.entries.insert(name.as_str().into(), Entry::sure(key, value));
            }
            Ok(converted.value())
        }
        (Type::List(_), _) => wrong("list"),
        (Type::Set(_), _) => wrong("set"),
        (Type::Tuple(_), _) => wrong("tuple"),
        (Type::Map(_) | Type::Object(_), _) => wrong("map"),
    }
}

/// A default inside a type holds constants only.
fn constant(expr: &Expr) -> Eval {
    Ok(match &expr.kind {
        ExprKind::Null => Value::Null,
        ExprKind::Bool(value) => Value::Bool(*value),
        ExprKind::Number(value) => Value::Number(*value),
        ExprKind::Paren(inner) => constant(inner)?,
        ExprKind::Unary(_, inner) => match constant(inner)? {
            Value::Number(number) => Value::Number(-number),
            other => other,
        },
        ExprKind::Template(parts) => {
            let mut text = MappedText::default();
            for part in parts {
                if let crate::source::terraform::syntax::TemplatePart::Literal(piece) = part {
                    text = text.concat(piece);
                }
            }
            Value::text(text)
        }
        ExprKind::List(items) => List::of(items.iter().map(constant).collect::<Eval<Vec<_>>>()?),
        ExprKind::Object(entries) => {
            let mut object = Object::default();
            for (key, value) in entries {
                let name = match &key.kind {
                    ExprKind::Name(name) => computed(name, key.place),
                    _ => computed(&literal(key).unwrap_or_default(), key.place),
                };
                object.entries.insert(name.as_str().into(), Entry::sure(Rc::new(name), constant(value)?));
            }
            object.value()
        }
        _ => return Err(Fail::new("a default inside a type must be a constant").at(expr.place)),
    })
}

fn elements(list: &List, inner: &Type, set: bool, place: Place) -> Eval {
    let items: Eval<Vec<Item>> = list
        .items
        .iter()
        .map(|item| Ok(Item { value: convert(&item.value, inner, place)?, ..item.clone() }))
        .collect();
    let items = unified_items(items?, inner, place);
    Ok(if set { to_set(items) } else { List::typed(items) })
}

/// The elements of a list have one type: next to a string, numbers and booleans become strings.
pub fn unified_items(mut items: Vec<Item>, inner: &Type, place: Place) -> Vec<Item> {
    if inner.is_open() {
        unify(&mut items.iter_mut().map(|item| (&mut item.value, place)).collect::<Vec<_>>());
    }
    items
}

/// A set: sorted as Terraform sorts, each element once.
pub fn to_set(items: Vec<Item>) -> Value {
    let mut sorted: Vec<Item> = Vec::with_capacity(items.len());
    let mut ordered: Vec<(SortKey, Item)> =
        items.into_iter().map(|item| (SortKey::of(&item.value), item)).collect();
    ordered.sort_by(|(a, _), (b, _)| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    for (_, item) in ordered {
        match sorted.last_mut() {
            Some(last) if last.value.same(&item.value) => {
                if item.is_sure() {
                    *last = item;
                }
            }
            _ => sorted.push(item),
        }
    }
    Value::List(Rc::new(List { items: sorted, kind: ListKind::Set }))
}

/// What sets are sorted by.
#[derive(Debug, PartialEq, PartialOrd)]
enum SortKey {
    Bool(bool),
    Number(f64),
    Text(Arc<str>),
    /// What Terraform tells other values apart by, written out.
    Other(String),
}

impl SortKey {
    fn of(value: &Value) -> Self {
        match value {
            Value::Bool(value) => SortKey::Bool(*value),
            Value::Number(value) => SortKey::Number(*value),
            Value::Text(text) => SortKey::Text(text.as_str().into()),
            _ => {
                let mut written = String::new();
                write_out(value, &mut written);
                SortKey::Other(written)
            }
        }
    }
}

fn write_out(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push('~'),
        Value::Bool(value) => out.push(if *value { '1' } else { '0' }),
        Value::Number(number) => out.push_str(&general(*number, Some(10))),
        Value::Text(text) => out.push_str(&format!("{:?}", text.as_str())),
        Value::List(list) => {
            out.push('[');
            for item in &list.items {
                write_out(&item.value, out);
                out.push(';');
            }
        }
        Value::Object(object) => {
            out.push('<');
            for (key, entry) in &object.entries {
                if object.map {
                    out.push_str(&format!("{key:?}:"));
                }
                write_out(&entry.value, out);
                out.push(';');
            }
        }
        Value::Unknown(_) | Value::Either(_) | Value::Resource(_) | Value::Module(_) => out.push('?'),
    }
}

/// The string form of a primitive; `None` when it is not known.
pub fn to_text(value: &Value) -> Eval<Option<String>> {
    match value {
        Value::Text(text) => Ok(text.is_known().then(|| text.as_str().to_owned())),
        Value::Number(number) => Ok(number_text(*number)),
        Value::Bool(value) => Ok(Some(value.to_string())),
        Value::Unknown(_) | Value::Either(_) => Ok(None),
        other => Err(Fail::new(format!("a {} is not a string", other.type_name()))),
    }
}

/// The number form of a primitive; `None` when it is not known.
pub fn to_number(value: &Value) -> Eval<Option<f64>> {
    match value {
        Value::Number(number) => Ok(Some(*number)),
        Value::Text(text) if !text.is_known() => Ok(None),
        Value::Text(text) => match text.as_str().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(number)),
            _ => Err(Fail::new("a number is required")),
        },
        Value::Unknown(_) | Value::Either(_) => Ok(None),
        other => Err(Fail::new(format!("a {} is not a number", other.type_name()))),
    }
}

/// The boolean form of a primitive; `None` when it is not known.
pub fn to_bool(value: &Value) -> Eval<Option<bool>> {
    match value {
        Value::Bool(value) => Ok(Some(*value)),
        Value::Text(text) if !text.is_known() => Ok(None),
        Value::Text(text) => match text.as_str() {
            "true" | "1" => Ok(Some(true)),
            "false" | "0" => Ok(Some(false)),
            _ => Err(Fail::new("true or false is required")),
        },
        Value::Unknown(_) | Value::Either(_) => Ok(None),
        other => Err(Fail::new(format!("a {} is not a bool", other.type_name()))),
    }
}

/// Whether two values are equal; `None` when that is not known.
pub fn equal(a: &Value, b: &Value) -> Option<bool> {
    match (a, b) {
        (Value::Unknown(_) | Value::Either(_), _) | (_, Value::Unknown(_) | Value::Either(_)) => None,
        (Value::Resource(_) | Value::Module(_), Value::Null)
        | (Value::Null, Value::Resource(_) | Value::Module(_)) => Some(false),
        (Value::Resource(_) | Value::Module(_), _) | (_, Value::Resource(_) | Value::Module(_)) => None,
        (Value::Text(a), Value::Text(b)) if a.is_known() && b.is_known() => Some(a.as_str() == b.as_str()),
        (Value::Text(a), Value::Text(b)) => {
            // A text with holes can't be empty when some of it is known.
            let (whole, holed) = if a.is_known() { (a, b) } else { (b, a) };
            let known: usize = holed.holes().iter().map(|hole| hole.span.len()).sum();
            (whole.is_known() && whole.as_str().len() < holed.as_str().len() - known).then_some(false)
        }
        // A list is no tuple, so that one never equals what stands in brackets.
        (Value::List(a), Value::List(b)) if a.kind != b.kind => Some(false),
        (Value::Object(a), Value::Object(b)) if a.map != b.map => Some(false),
        // Two that are empty differ where their elements would have different types.
        (Value::List(a), Value::List(b))
            if a.kind != ListKind::Tuple && a.items.is_empty() && b.items.is_empty() =>
        {
            None
        }
        (Value::Object(a), Value::Object(b)) if a.map && a.entries.is_empty() && b.entries.is_empty() => None,
        (Value::List(a), Value::List(b)) => {
            if !a.is_sure() || !b.is_sure() {
                return None;
            }
            if a.items.len() != b.items.len() {
                return Some(false);
            }
            all_equal(a.items.iter().zip(&b.items).map(|(a, b)| equal(&a.value, &b.value)))
        }
        (Value::Object(a), Value::Object(b)) => {
            if !a.is_sure() || !b.is_sure() {
                return None;
            }
            if !a.entries.keys().eq(b.entries.keys()) {
                return Some(false);
            }
            all_equal(a.entries.values().zip(b.entries.values()).map(|(a, b)| equal(&a.value, &b.value)))
        }
        (a, b) => Some(a.same(b)),
    }
}

fn all_equal(pairs: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut outcome = Some(true);
    for pair in pairs {
        match pair {
            Some(false) => return Some(false),
            None => outcome = None,
            Some(true) => {}
        }
    }
    outcome
}
