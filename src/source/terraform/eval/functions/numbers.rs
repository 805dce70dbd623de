//! Functions over numbers.

use super::{Call, known};
use crate::source::terraform::eval::convert::to_number;
use crate::source::terraform::eval::machine::ITEM_LIMIT;
use crate::source::terraform::eval::value::{Eval, Fail, Item, List, Value};

/// Evaluates the call when it is one of this family.
pub fn run(call: &Call) -> Option<Eval> {
    Some(match call.name {
        "abs" => one(call, f64::abs),
        "ceil" => one(call, f64::ceil),
        "floor" => one(call, f64::floor),
        "signum" => one(call, |number| if number == 0.0 { 0.0 } else { number.signum() }),
        "max" => fold(call, f64::max),
        "min" => fold(call, f64::min),
        "pow" => two(call, f64::powf),
        "log" => two(call, |number, base| number.ln() / base.ln()),
        "sum" => sum(call),
        "range" => range(call),
        "parseint" => parseint(call),
        _ => return None,
    })
}

fn one(call: &Call, apply: fn(f64) -> f64) -> Eval {
    Ok(Value::Number(apply(known!(call, call.number(0)?))))
}

fn two(call: &Call, apply: fn(f64, f64) -> f64) -> Eval {
    let (a, b) = (known!(call, call.number(0)?), known!(call, call.number(1)?));
    Ok(Value::Number(apply(a, b)))
}

fn fold(call: &Call, pick: fn(f64, f64) -> f64) -> Eval {
    let mut best = known!(call, call.number(0)?);
    for at in 1..call.arguments.len() {
        best = pick(best, known!(call, call.number(at)?));
    }
    Ok(Value::Number(best))
}

fn sum(call: &Call) -> Eval {
    let values = known!(call, call.sure_list(0)?);
    let mut total = 0.0;
    for value in &values {
        total += known!(call, to_number(value)?);
    }
    if values.is_empty() { Err(Fail::new("`sum` of an empty list")) } else { Ok(Value::Number(total)) }
}

fn range(call: &Call) -> Eval {
    let mut numbers = Vec::new();
    for at in 0..call.arguments.len() {
        numbers.push(known!(call, call.number(at)?));
    }
    let (start, end, step) = match *numbers.as_slice() {
        [end] => (0.0, end, if end < 0.0 { -1.0 } else { 1.0 }),
        [start, end] => (start, end, if end < start { -1.0 } else { 1.0 }),
        [start, end, step] => (start, end, step),
        _ => return Err(Fail::new("`range` takes one to three numbers")),
    };
    if step == 0.0 {
        return Err(Fail::new("the step of `range` must not be zero"));
    }
    let mut found = Vec::new();
    let mut at = start;
    while (step > 0.0 && at < end) || (step < 0.0 && at > end) {
        // Terraform's own bound is 1,024.
        if found.len() >= ITEM_LIMIT.min(1_024) {
            return Err(Fail::new("`range` gives more than 1,024 numbers"));
        }
        found.push(Value::Number(at));
        at += step;
    }
    Ok(List::typed(found.into_iter().map(Item::sure).collect()))
}

fn parseint(call: &Call) -> Eval {
    let text = known!(call, call.text(0)?);
    let base = known!(call, call.number(1)?);
    if !(2.0..=36.0).contains(&base) {
        return Err(Fail::new("the base of `parseint` must be from 2 to 36"));
    }
    match i64::from_str_radix(&text, base as u32) {
        Ok(number) => Ok(Value::Number(number as f64)),
        Err(_) => Err(Fail::new(format!("`{text}` is no number in base {base}"))),
    }
}
