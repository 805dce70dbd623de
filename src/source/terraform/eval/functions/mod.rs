//! Terraform's functions, one file a family. A function that needs more than is known gives an unknown value
//! with the reason; one that is not evaluated here likewise.

mod collections;
mod csv;
mod digits;
mod encoding;
mod files;
mod format;
mod lists;
mod maps;
mod numbers;
mod patterns;
mod text;
mod yaml;

use std::rc::Rc;

pub use digits::general;

use super::convert::{to_number, to_text};
use super::expr::{eval, undecided};
use super::guard::Guard;
use super::machine::{Machine, Scope};
use super::value::{Eval, Fail, Item, List, Object, Value};
use super::variants::VARIANTS;
use crate::source::terraform::syntax::Expr;
use crate::text::{HoleKind, MappedText, Place};

/// An evaluated argument.
#[derive(Clone)]
pub struct Arg {
    pub value: Value,
    /// Where it is written.
    pub place: Place,
}

/// A call whose arguments are evaluated.
pub struct Call<'m, 'a> {
    pub machine: &'m Machine<'a>,
    pub name: &'m str,
    pub arguments: Vec<Arg>,
    /// The whole call.
    pub place: Place,
    pub scope: &'m Scope,
}

/// Evaluates a call.
pub fn call(
    machine: &Machine,
    name: &str,
    arguments: &[Expr],
    expand: bool,
    place: Place,
    scope: &Scope,
) -> Eval {
    let name = name.strip_prefix("core::").unwrap_or(name);
    match name {
        "try" => return first_without_error(machine, arguments, place, scope),
        "can" => {
            let [argument] = arguments else { return Err(Fail::new("`can` takes one argument")) };
            return match machine.strictly(|| eval(machine, argument, scope)) {
                Ok(Value::Unknown(_) | Value::Either(_)) => Ok(Value::unknown(
                    "it is not known whether this can be evaluated",
                    HoleKind::Scalar,
                    place,
                )),
                Ok(_) => Ok(Value::Bool(true)),
                Err(fail) if fail.bound => Err(fail),
                Err(_) => Ok(Value::Bool(false)),
            };
        }
        _ => {}
    }
    let mut evaluated = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let value = machine.contain(eval(machine, argument, scope), argument.place)?;
        evaluated.push(Arg { value, place: argument.place });
    }
    if expand && let Some(last) = evaluated.pop() {
        match &last.value {
            Value::List(list) => {
                for item in &list.items {
                    let value = under(&item.guard, item.spread, &item.value);
                    let Some(value) = value else { return Ok(undecided(&last.value, place)) };
                    evaluated.push(Arg { value, place: last.place });
                }
            }
            Value::Unknown(_) | Value::Either(_) => evaluated.push(last),
            other => return Err(Fail::new(format!("`...` needs a list, not a {}", other.type_name()))),
        }
    }
    distribute(&Call { machine, name, arguments: evaluated, place, scope })
}

/// A list or object whose parts are there under a guard only; `None` for what can't be absent.
fn under(guard: &Guard, spread: bool, value: &Value) -> Option<Value> {
    if guard.is_always() && !spread {
        return Some(value.clone());
    }
    match value {
        Value::List(list) => {
            let items = list.items.iter().filter_map(|item| {
                let guard = guard.and(&item.guard)?;
                Some(Item { guard, spread: spread || item.spread, value: item.value.clone() })
            });
            Some(Value::List(Rc::new(List { items: items.collect(), kind: list.kind })))
        }
        Value::Object(object) => {
            let mut object = (**object).clone();
            for entry in object.entries.values_mut() {
                entry.guard = guard.and(&entry.guard)?;
                entry.spread |= spread;
            }
            Some(object.value())
        }
        Value::Unknown(_) => Some(value.clone()),
        _ => None,
    }
}

/// The first argument that evaluates. One that is unknown may still fail, so that what follows it counts too
/// where it is more than a single value.
fn first_without_error(machine: &Machine, arguments: &[Expr], place: Place, scope: &Scope) -> Eval {
    let mut unknown: Option<Value> = None;
    let mut fail = Fail::new("`try` takes at least one argument");
    for argument in arguments {
        match machine.strictly(|| eval(machine, argument, scope)) {
            Ok(value @ Value::Unknown(_)) => drop(unknown.get_or_insert(value)),
            Ok(value) => {
                return Ok(match (unknown, &value) {
                    (Some(unknown), Value::List(list)) if !list.items.is_empty() => {
                        either_known(machine, unknown, value, place)
                    }
                    (Some(unknown), Value::Object(object)) if !object.entries.is_empty() => {
                        either_known(machine, unknown, value, place)
                    }
                    (Some(unknown), _) => unknown,
                    (None, _) => value,
                });
            }
            Err(error) if error.bound => return Err(error),
            Err(error) => fail = error,
        }
    }
    unknown.ok_or(fail)
}

/// One that is unknown or, under an undecided condition of its own, one that is known.
fn either_known(machine: &Machine, unknown: Value, known: Value, place: Place) -> Value {
    let number = machine.condition(None);
    Value::either(vec![(Guard::when(number, true), unknown), (Guard::when(number, false), known)], place)
}

/// Calls once for each combination of undecided arguments.
fn distribute(call: &Call) -> Eval {
    let undecided_at = call.arguments.iter().position(|argument| matches!(argument.value, Value::Either(_)));
    let Some(at) = undecided_at else { return run(call) };
    let mut combinations: Vec<(Guard, Vec<Arg>)> = vec![(Guard::always(), Vec::new())];
    for argument in &call.arguments {
        let mut next = Vec::new();
        for (guard, arguments) in &combinations {
            for (other, value) in argument.value.variants() {
                let Some(both) = guard.and(&other) else { continue };
                let mut arguments = arguments.clone();
                arguments.push(Arg { value, place: argument.place });
                next.push((both, arguments));
            }
        }
        if next.len() > VARIANTS {
            let first = call.arguments.get(at).map_or(Value::Null, |argument| argument.value.clone());
            return Ok(undecided(&first, call.place));
        }
        combinations = next;
    }
    let mut variants = Vec::new();
    let mut fail = None;
    for (guard, arguments) in combinations {
        match run(&Call { arguments, ..*call }) {
            Ok(value) => variants.push((guard, value)),
            Err(error) => fail = Some(error),
        }
    }
    match fail {
        Some(fail) if variants.is_empty() => Err(fail),
        _ => Ok(Value::either(variants, call.place)),
    }
}

fn run(call: &Call) -> Eval {
    let families = [
        lists::run,
        maps::run,
        collections::run,
        text::run,
        format::run,
        patterns::run,
        numbers::run,
        encoding::run,
        csv::run,
        yaml::run,
        files::run,
    ];
    for family in families {
        if let Some(result) = family(call) {
            return result;
        }
    }
    Ok(Value::unknown(
        format!("`{}()` is not evaluated without a plan", call.name),
        HoleKind::Any,
        call.place,
    ))
}

impl Call<'_, '_> {
    /// The argument at this position.
    pub fn arg(&self, at: usize) -> Eval<&Arg> {
        self.arguments
            .get(at)
            .ok_or_else(|| Fail::new(format!("`{}` needs more arguments", self.name)).at(self.place))
    }

    /// The value of the argument at this position.
    pub fn value(&self, at: usize) -> Eval<&Value> {
        self.arg(at).map(|argument| &argument.value)
    }

    /// The result when an argument is unknown.
    pub fn unknown(&self) -> Value {
        let open = self.arguments.iter().find(|argument| !argument.value.is_whole());
        let reason = open.map_or("it depends on an undecided condition".into(), |open| open.value.why_open());
        Value::unknown(reason, HoleKind::Any, self.place)
    }

    /// The argument as a string, holes and all; `None` when it is wholly unknown.
    pub fn mapped(&self, at: usize) -> Eval<Option<Rc<MappedText>>> {
        let argument = self.arg(at)?;
        super::expr::text_of(&argument.value, argument.place).map_err(|fail| fail.at(argument.place))
    }

    /// The argument as a known string.
    pub fn text(&self, at: usize) -> Eval<Option<String>> {
        let argument = self.arg(at)?;
        to_text(&argument.value).map_err(|fail| fail.at(argument.place))
    }

    /// The argument as a known number.
    pub fn number(&self, at: usize) -> Eval<Option<f64>> {
        let argument = self.arg(at)?;
        to_number(&argument.value).map_err(|fail| fail.at(argument.place))
    }

    /// The argument as a list or set; `None` when it is unknown.
    pub fn list(&self, at: usize) -> Eval<Option<&Rc<List>>> {
        let argument = self.arg(at)?;
        match &argument.value {
            Value::List(list) => Ok(Some(list)),
            Value::Unknown(_) | Value::Either(_) => Ok(None),
            other => Err(Fail::new(format!("`{}` needs a list, not a {}", self.name, other.type_name()))
                .at(argument.place)),
        }
    }

    /// The argument as a list whose elements are all there for certain.
    pub fn sure_list(&self, at: usize) -> Eval<Option<Vec<Value>>> {
        Ok(self
            .list(at)?
            .filter(|list| list.is_sure())
            .map(|list| list.items.iter().map(|item| item.value.clone()).collect()))
    }

    /// The argument as a map or object; `None` when it is unknown.
    pub fn object(&self, at: usize) -> Eval<Option<&Rc<Object>>> {
        let argument = self.arg(at)?;
        match &argument.value {
            Value::Object(object) => Ok(Some(object)),
            Value::Unknown(_) | Value::Either(_) | Value::Resource(_) | Value::Module(_) => Ok(None),
            other => Err(Fail::new(format!("`{}` needs a map, not a {}", self.name, other.type_name()))
                .at(argument.place)),
        }
    }

    /// A computed string.
    pub fn computed(&self, text: &str) -> Value {
        Value::computed(text, self.place)
    }
}

/// The value, or the unknown result of the call when there is none.
macro_rules! known {
    ($call:expr, $value:expr) => {
        match $value {
            Some(value) => value,
            None => return Ok($call.unknown()),
        }
    };
}
pub(crate) use known;
