//! Expressions to values.

use std::rc::Rc;

use super::access;
use super::convert::{equal, to_bool, to_number, to_text};
use super::functions;
use super::guard::Guard;
use super::instances;
use super::iterate::iterate;
use super::machine::{ITEM_LIMIT, Machine, Scope};
use super::template;
use super::unify::unify;
use super::value::{Entry, Eval, Fail, Item, List, Object, Value, computed};
use crate::source::terraform::syntax::{Binary, Expr, ExprKind, For, Step, Unary};
use crate::text::{HoleKind, MappedText, Place};

/// Evaluates an expression.
pub fn eval(machine: &Machine, expr: &Expr, scope: &Scope) -> Eval {
    let _level = machine.step()?;
    let place = expr.place;
    let result = match &expr.kind {
        ExprKind::Null => Ok(Value::Null),
        ExprKind::Bool(value) => Ok(Value::Bool(*value)),
        ExprKind::Number(value) => Ok(Value::Number(*value)),
        ExprKind::Template(parts) => template::eval(machine, parts, place, scope),
        ExprKind::List(items) => list(machine, items, scope),
        ExprKind::Object(entries) => object(machine, entries, scope),
        ExprKind::Name(name) => access::name(name, place, scope),
        ExprKind::Attr(base, name) => access::attribute(machine, base, name, place, scope),
        ExprKind::Index(base, index) => {
            let named = base;
            let base = eval(machine, base, scope)?;
            let index = eval(machine, index, scope)?;
            match instances::hypothetical(machine, named, &base, &index, scope) {
                Some(value) => Ok(value),
                None => access::index(machine, &base, &index, place),
            }
        }
        ExprKind::Splat { value, steps, .. } => splat(machine, value, steps, place, scope),
        ExprKind::Call { name, arguments, expand } => {
            functions::call(machine, name, arguments, *expand, place, scope)
        }
        ExprKind::Conditional(condition, yes, no) => conditional(machine, condition, (yes, no), place, scope),
        ExprKind::Unary(operator, value) => unary(*operator, &eval(machine, value, scope)?, place),
        ExprKind::Binary(left, operator, right) => binary(machine, left, *operator, right, place, scope),
        ExprKind::For(over) => for_expression(machine, over, place, scope),
        ExprKind::Paren(inner) => eval(machine, inner, scope),
        ExprKind::Error => Err(Fail::new("this expression could not be read")),
    };
    result.map_err(|fail| fail.at(place))
}

fn list(machine: &Machine, items: &[Expr], scope: &Scope) -> Eval {
    let values: Eval<Vec<Value>> =
        items.iter().map(|item| machine.contain(eval(machine, item, scope), item.place)).collect();
    Ok(List::of(values?))
}

fn object(machine: &Machine, entries: &[(Expr, Expr)], scope: &Scope) -> Eval {
    let mut object = Object::default();
    for (key, value) in entries {
        let key_value = machine.contain(eval(machine, key, scope), key.place)?;
        let key = key_text(machine, &key_value, key.place)?;
        let value = machine.contain(eval(machine, value, scope), value.place)?;
        object.entries.insert(key.as_str().into(), Entry::sure(key, value));
    }
    Ok(object.value())
}

/// The text of a key. An unknown key stands as its own source text.
pub fn key_text(machine: &Machine, key: &Value, place: Place) -> Eval<Rc<MappedText>> {
    match key {
        Value::Text(text) => Ok(text.clone()),
        Value::Null | Value::List(_) | Value::Object(_) => {
            Err(Fail::new(format!("a key must be a string, not a {}", key.type_name())).at(place))
        }
        other => Ok(Rc::new(template::known_or_hole(machine, other, place))),
    }
}

/// Whether a condition holds: under every guard its outcome, where it can be told.
pub fn outcomes(machine: &Machine, condition: &Expr, scope: &Scope) -> Eval<Vec<(Guard, bool)>> {
    let value = machine.contain(eval(machine, condition, scope), condition.place)?;
    let mut found: Vec<(Guard, bool)> = Vec::new();
    for (guard, value) in value.variants() {
        match to_bool(&value)? {
            Some(outcome) => found.push((guard, outcome)),
            None => {
                let (identity, negated) = identity(machine, condition, scope);
                let number = machine.condition(identity);
                for outcome in [true, false] {
                    found.extend(
                        guard.and(&Guard::when(number, outcome != negated)).map(|guard| (guard, outcome)),
                    );
                }
            }
        }
    }
    if let Some((_, first)) = found.first().cloned()
        && found.iter().all(|(_, outcome)| *outcome == first)
    {
        return Ok(vec![(Guard::always(), first)]);
    }
    Ok(found)
}

/// What makes two undecided conditions the same one, and whether this is its negation. Conditions on an
/// iterator differ from round to round and have no identity.
fn identity(machine: &Machine, condition: &Expr, scope: &Scope) -> (Option<String>, bool) {
    match &condition.kind {
        ExprKind::Paren(inner) => identity(machine, inner, scope),
        ExprKind::Unary(Unary::Not, inner) => {
            let (text, negated) = identity(machine, inner, scope);
            (text, !negated)
        }
        ExprKind::Binary(left, operator @ (Binary::Equal | Binary::NotEqual), right)
            if constant(left) && constant(right) =>
        {
            let side = |expr: &Expr| machine.source(expr.place);
            let text = format!("{} {} == {}", scope.instance, side(left), side(right));
            (Some(text), *operator == Binary::NotEqual)
        }
        _ if constant(condition) => {
            (Some(format!("{} {}", scope.instance, machine.source(condition.place))), false)
        }
        _ => (None, false),
    }
}

/// Whether an expression has the same value wherever it stands in a module.
fn constant(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) => true,
        ExprKind::Name(name) => {
            matches!(name.as_str(), "var" | "local" | "module" | "data" | "path") || name.contains('_')
        }
        ExprKind::Attr(base, _) | ExprKind::Paren(base) | ExprKind::Unary(_, base) => constant(base),
        ExprKind::Index(base, index) | ExprKind::Binary(base, _, index) => constant(base) && constant(index),
        ExprKind::Call { arguments, .. } => arguments.iter().all(constant),
        ExprKind::Template(_) => super::super::module::literal(expr).is_some(),
        _ => false,
    }
}

fn conditional(
    machine: &Machine,
    condition: &Expr,
    (yes, no): (&Expr, &Expr),
    place: Place,
    scope: &Scope,
) -> Eval {
    let outcomes = outcomes(machine, condition, scope)?;
    let may = |wanted: bool| outcomes.iter().any(|(_, outcome)| *outcome == wanted);
    let (mut first, mut second) = (None, None);
    if may(true) {
        first = Some(eval(machine, yes, scope));
    }
    if may(false) {
        second = Some(eval(machine, no, scope));
    }
    // The branch that is not taken still tells the type of the one that is.
    let tells = |taken: &Option<Eval>| {
        matches!(taken, Some(Ok(Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Object(_))))
    };
    if first.is_none() && tells(&second) {
        first = Some(eval(machine, yes, scope));
    } else if second.is_none() && tells(&first) {
        second = Some(eval(machine, no, scope));
    }
    if let (Some(Ok(first)), Some(Ok(second))) = (&mut first, &mut second) {
        unify(&mut [(first, yes.place), (second, no.place)]);
    }
    let mut variants = Vec::new();
    let mut fail = None;
    for (guard, outcome) in outcomes {
        match if outcome { &first } else { &second } {
            Some(Ok(value)) => variants.push((guard, value.clone())),
            Some(Err(found)) => fail = Some(found.clone()),
            None => {}
        }
    }
    match fail {
        Some(fail) if variants.is_empty() => Err(fail),
        _ => Ok(Value::either(variants, place)),
    }
}

fn unary(operator: Unary, value: &Value, place: Place) -> Eval {
    each_variant(value, place, |value| match operator {
        Unary::Not => Ok(to_bool(value)?.map_or_else(|| undecided(value, place), |b| Value::Bool(!b))),
        Unary::Negate => Ok(to_number(value)?.map_or_else(|| undecided(value, place), |n| Value::Number(-n))),
    })
}

/// Applies to each variant of an undecided value.
pub fn each_variant(value: &Value, place: Place, apply: impl Fn(&Value) -> Eval) -> Eval {
    let Value::Either(variants) = value else { return apply(value) };
    let mut found = Vec::new();
    let mut fail = None;
    for (guard, variant) in variants.iter() {
        match apply(variant) {
            Ok(result) => found.push((guard.clone(), result)),
            Err(error) => fail = Some(error),
        }
    }
    match fail {
        Some(fail) if found.is_empty() => Err(fail),
        _ => Ok(Value::either(found, place)),
    }
}

/// The unknown result of something that needed more than is known of `value`.
pub fn undecided(value: &Value, place: Place) -> Value {
    Value::unknown(value.why_open(), HoleKind::Any, place)
}

fn binary(
    machine: &Machine,
    left: &Expr,
    operator: Binary,
    right: &Expr,
    place: Place,
    scope: &Scope,
) -> Eval {
    let a = machine.contain(eval(machine, left, scope), left.place)?;
    if matches!(operator, Binary::And | Binary::Or) {
        let decisive = operator == Binary::Or;
        if to_bool(&a)? == Some(decisive) {
            return Ok(Value::Bool(decisive));
        }
    }
    let b = machine.contain(eval(machine, right, scope), right.place)?;
    each_variant(&a, place, |a| each_variant(&b, place, |b| operate(a, operator, b, place)))
}

fn operate(a: &Value, operator: Binary, b: &Value, place: Place) -> Eval {
    let unknown = || if a.first_unknown().is_some() { undecided(a, place) } else { undecided(b, place) };
    let boolean = |outcome: Option<bool>| Ok(outcome.map_or_else(unknown, Value::Bool));
    match operator {
        Binary::And | Binary::Or => {
            let decisive = operator == Binary::Or;
            boolean(match (to_bool(a)?, to_bool(b)?) {
                (Some(a), _) if a == decisive => Some(decisive),
                (_, Some(b)) if b == decisive => Some(decisive),
                (Some(_), Some(_)) => Some(!decisive),
                _ => None,
            })
        }
        Binary::Equal => boolean(equal(a, b)),
        Binary::NotEqual => boolean(equal(a, b).map(|same| !same)),
        _ => {
            let (Some(x), Some(y)) = (to_number(a)?, to_number(b)?) else { return Ok(unknown()) };
            Ok(match operator {
                Binary::Less => Value::Bool(x < y),
                Binary::LessEqual => Value::Bool(x <= y),
                Binary::Greater => Value::Bool(x > y),
                Binary::GreaterEqual => Value::Bool(x >= y),
                Binary::Add => Value::Number(x + y),
                Binary::Subtract => Value::Number(x - y),
                Binary::Multiply => Value::Number(x * y),
                Binary::Divide | Binary::Modulo if y == 0.0 => return Err(Fail::new("division by zero")),
                Binary::Divide => Value::Number(x / y),
                _ => Value::Number(x % y),
            })
        }
    }
}

fn splat(machine: &Machine, value: &Expr, steps: &[Step], place: Place, scope: &Scope) -> Eval {
    let value = eval(machine, value, scope)?;
    each_variant(&value, place, |value| {
        let items = match value {
            Value::Null => Vec::new(),
            Value::List(list) => list.items.clone(),
            // It may be a list or a single value; a list is what a splat is for.
            Value::Unknown(_) => vec![Item { guard: Guard::always(), spread: true, value: value.clone() }],
            single => vec![Item::sure(single.clone())],
        };
        let mut found = Vec::with_capacity(items.len());
        for item in items {
            let mut current = item.value.clone();
            for step in steps {
                current = match step {
                    Step::Attr(name) => access::get(machine, &current, name, place)?,
                    Step::Index(index) => {
                        let index = eval(machine, index, scope)?;
                        access::index(machine, &current, &index, place)?
                    }
                };
            }
            found.push(Item { value: current, ..item });
        }
        Ok(match value {
            Value::List(list) => list.like(found),
            _ => List::items(found),
        })
    })
}

fn for_expression(machine: &Machine, over: &For, place: Place, scope: &Scope) -> Eval {
    let collection = eval(machine, &over.collection, scope)?;
    each_variant(&collection, place, |collection| {
        let rounds = iterate(collection, over.collection.place)?;
        let mut items = Vec::new();
        let mut object = Object::default();
        for round in rounds {
            let mut inner = scope.with(&over.value, round.value);
            if let Some(key) = &over.key {
                inner = inner.with(key, round.key);
            }
            if let Some(guard) = included(machine, over.condition.as_ref(), &round.guard, &inner)? {
                if items.len() + object.entries.len() >= ITEM_LIMIT {
                    return Err(Fail::bound(format!("there are more than {ITEM_LIMIT} elements")));
                }
                let value = machine.contain(eval(machine, &over.result, &inner), over.result.place)?;
                let item = Item { guard, spread: round.spread, value };
                match &over.result_key {
                    None => items.push(item),
                    Some(key) => {
                        let key_value = machine.contain(eval(machine, key, &inner), key.place)?;
                        let key = key_text(machine, &key_value, key.place)?;
                        insert(&mut object, key, item, over.grouping, place)?;
                    }
                }
            }
        }
        Ok(if over.result_key.is_some() { object.value() } else { List::items(items) })
    })
}

/// The guard under which a round of an iteration counts; none when its condition is false.
fn included(
    machine: &Machine,
    condition: Option<&Expr>,
    round: &Guard,
    scope: &Scope,
) -> Eval<Option<Guard>> {
    let Some(condition) = condition else { return Ok(Some(round.clone())) };
    let outcomes = outcomes(machine, condition, scope)?;
    Ok(outcomes.into_iter().find(|(_, outcome)| *outcome).and_then(|(guard, _)| round.and(&guard)))
}

fn insert(object: &mut Object, key: Rc<MappedText>, item: Item, grouping: bool, place: Place) -> Eval<()> {
    let known = object.entries.get_mut(key.as_str());
    if grouping {
        let (guard, spread) = (item.guard.clone(), item.spread);
        match known {
            Some(entry) => {
                if let Value::List(list) = &mut entry.value {
                    Rc::make_mut(list).items.push(item);
                }
                if guard.is_always() {
                    entry.guard = Guard::always();
                }
                entry.spread &= spread;
            }
            None => {
                let entry = Entry { key: key.clone(), guard, spread, value: List::items(vec![item]) };
                object.entries.insert(key.as_str().into(), entry);
            }
        }
        return Ok(());
    }
    match known {
        Some(entry) if entry.guard.is_always() && item.guard.is_always() && key.is_known() => {
            return Err(Fail::new(format!(
                "two elements of the for expression have the key `{}`",
                key.as_str()
            ))
            .at(place));
        }
        Some(entry) => {
            let variants = vec![(entry.guard.clone(), entry.value.clone()), (item.guard.clone(), item.value)];
            entry.value = Value::either(variants, place);
            if item.guard.is_always() {
                entry.guard = Guard::always();
            }
        }
        None => {
            let entry = Entry { key: key.clone(), guard: item.guard, spread: item.spread, value: item.value };
            object.entries.insert(key.as_str().into(), entry);
        }
    }
    Ok(())
}

/// The text of a number, boolean or string, for a place where a string must stand.
pub fn text_of(value: &Value, place: Place) -> Eval<Option<Rc<MappedText>>> {
    match value {
        Value::Text(text) => Ok(Some(text.clone())),
        other => Ok(to_text(other)?.map(|text| Rc::new(computed(&text, place)))),
    }
}
