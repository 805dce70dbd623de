//! `format` and `formatlist`.

use std::iter::Peekable;
use std::str::CharIndices;

use super::digits::general;
use super::encoding::{json_text, quoted};
use super::text::letters;
use super::{Arg, Call, known};
use crate::source::terraform::eval::convert::{to_bool, to_number, to_text};
use crate::source::terraform::eval::guard::Guard;
use crate::source::terraform::eval::template::{filled_in_later, hole};
use crate::source::terraform::eval::value::{Eval, Fail, Item, List, Unknown, Value, number_text};
use crate::text::{MappedText, Origin, Place, Span, TextBuilder};

/// Evaluates the call when it is one of this family.
pub fn run(call: &Call) -> Option<Eval> {
    Some(match call.name {
        "format" => format(call),
        "formatlist" => formatlist(call),
        _ => return None,
    })
}

fn format(call: &Call) -> Eval {
    let pattern = known!(call, call.mapped(0)?);
    filled(call, &pattern, call.arguments.get(1..).unwrap_or(&[])).map(Value::text)
}

fn formatlist(call: &Call) -> Eval {
    let lists = |value: &Value| matches!(value, Value::List(_));
    let length = call.arguments.iter().filter_map(|argument| match &argument.value {
        Value::List(list) if list.is_sure() => Some(list.items.len()),
        _ => None,
    });
    let longest = length.clone().max();
    if length.clone().any(|one| Some(one) != longest) {
        return Err(Fail::new("the lists that `formatlist` takes differ in length"));
    }
    let partly = call.arguments.iter().find_map(|argument| match &argument.value {
        Value::List(list) if !list.is_sure() => Some(list.clone()),
        _ => None,
    });
    // A wholly unknown argument may be a list; with another list beside it, it is as long as that one.
    let unknown = call.arguments.iter().skip(1).any(|argument| matches!(argument.value, Value::Unknown(_)));
    let rounds: Vec<(Guard, bool)> = match (longest, &partly) {
        (Some(longest), _) => vec![(Guard::always(), false); longest],
        (None, Some(list)) => list.items.iter().map(|item| (item.guard.clone(), item.spread)).collect(),
        (None, None) => vec![(Guard::always(), unknown)],
    };
    let mut items = Vec::with_capacity(rounds.len());
    for (at, (guard, spread)) in rounds.into_iter().enumerate() {
        let arguments: Vec<Arg> = call
            .arguments
            .iter()
            .map(|argument| {
                let value = match &argument.value {
                    Value::List(list) => match list.items.get(at) {
                        Some(item) => item.value.clone(),
                        None => call.unknown(),
                    },
                    value => value.clone(),
                };
                // An unknown element is shown as what it is, not as the whole list.
                let place = match (&value, lists(&argument.value)) {
                    (Value::Unknown(unknown), true) => unknown.place,
                    _ => argument.place,
                };
                Arg { value, place }
            })
            .collect();
        let one = Call { arguments, ..*call };
        for (other, value) in super::distribute(&Call { name: "format", ..one })?.variants() {
            let Some(guard) = guard.and(&other) else { continue };
            items.push(Item { guard, spread, value });
        }
    }
    Ok(List::typed(items))
}

/// A verb of a format string: `%-05.2f`, `%[1]s`.
#[derive(Default)]
struct Verb {
    minus: bool,
    plus: bool,
    space: bool,
    zero: bool,
    sharp: bool,
    width: Option<usize>,
    precision: Option<usize>,
    argument: Option<usize>,
    mode: char,
}

/// The format string with its verbs filled in. What an argument gives is brought in through its verb.
fn filled(call: &Call, pattern: &MappedText, arguments: &[Arg]) -> Eval<MappedText> {
    let text = pattern.as_str();
    let mut builder = TextBuilder::new();
    let mut letters = text.char_indices().peekable();
    let (mut from, mut next, mut used) = (0, 0, 0);
    let mut holes = pattern.holes().iter().peekable();
    while let Some((at, letter)) = letters.next() {
        while holes.next_if(|hole| hole.span.end() <= at).is_some() {}
        if letter != '%' || holes.peek().is_some_and(|hole| hole.span.contains(at)) {
            continue;
        }
        builder.push_mapped(&pattern.slice(Span::new(from, at)));
        let verb = read_verb(&mut letters)?;
        from = letters.peek().map_or(text.len(), |(at, _)| *at);
        let span = Span::new(at, from);
        let place =
            pattern.segment_at(at).and_then(|s| pattern.locate(span, s.source.file)).unwrap_or(call.place);
        if verb.mode == '%' {
            builder.push("%", place, Origin::Escaped, None);
            continue;
        }
        let index = verb.argument.unwrap_or(next);
        next = index + 1;
        used = used.max(next);
        let Some(argument) = arguments.get(index) else {
            return Err(
                Fail::new("`format` has fewer arguments than its format string has verbs").at(call.place)
            );
        };
        let after = text.get(from..).unwrap_or("");
        let later = filled_in_later(&argument.value, builder.as_str(), after, argument.place);
        let argument = Arg { value: later.unwrap_or_else(|| argument.value.clone()), place: argument.place };
        builder.push_mapped(&shown(call, &verb, &argument)?.brought_in_by(place));
    }
    builder.push_mapped(&pattern.slice(Span::new(from, text.len())));
    if used < arguments.len() {
        return Err(Fail::new("`format` has more arguments than its format string has verbs").at(call.place));
    }
    Ok(builder.finish())
}

fn read_verb(letters: &mut Peekable<CharIndices>) -> Eval<Verb> {
    let mut verb = Verb::default();
    while let Some((_, letter)) = letters.peek().copied() {
        match letter {
            '-' => verb.minus = true,
            '+' => verb.plus = true,
            ' ' => verb.space = true,
            '0' => verb.zero = true,
            '#' => verb.sharp = true,
            _ => break,
        }
        letters.next();
    }
    verb.width = number(letters);
    if letters.next_if(|(_, letter)| *letter == '.').is_some() {
        verb.precision = Some(number(letters).unwrap_or(0));
    }
    if letters.next_if(|(_, letter)| *letter == '[').is_some() {
        verb.argument = number(letters).and_then(|position| position.checked_sub(1));
        letters.next_if(|(_, letter)| *letter == ']');
    }
    match letters.next() {
        Some((_, mode)) => verb.mode = mode,
        None => return Err(Fail::new("the format string ends inside a verb")),
    }
    Ok(verb)
}

fn number(letters: &mut Peekable<CharIndices>) -> Option<usize> {
    let mut found: Option<usize> = None;
    while let Some((_, digit)) = letters.next_if(|(_, letter)| letter.is_ascii_digit()) {
        let digit = digit.to_digit(10).unwrap_or(0) as usize;
        found = Some(found.unwrap_or(0).saturating_mul(10).saturating_add(digit).min(10_000));
    }
    found
}

/// One argument as its verb shows it.
fn shown(call: &Call, verb: &Verb, argument: &Arg) -> Eval<MappedText> {
    let place = argument.place;
    let plain = verb.width.is_none() && verb.precision.is_none() && !verb.sharp;
    match &argument.value {
        Value::Unknown(unknown) => return Ok(hole(call.machine, unknown, place)),
        Value::Text(text) if !text.is_known() || (plain && matches!(verb.mode, 's' | 'v')) => {
            return Ok((**text).clone());
        }
        Value::Resource(_) | Value::Module(_) | Value::Either(_) => {
            return Ok(hole(call.machine, &Unknown::plain("a whole resource is not a string", place), place));
        }
        _ => {}
    }
    let text = match verb.mode {
        's' => match &argument.value {
            Value::Null => return Err(Fail::new("`%s` can't show null").at(place)),
            value => match to_text(value).map_err(|fail| fail.at(place))? {
                Some(text) => text,
                None => return Ok(whole_hole(call, value, place)),
            },
        },
        'v' => match &argument.value {
            // Terraform writes `null`, which nobody means to stand in a statement.
            Value::Null => return Err(Fail::new("`%v` of null").at(place)),
            Value::Text(_) if verb.sharp => json_text(&argument.value).unwrap_or_default(),
            Value::Text(text) => text.as_str().to_owned(),
            Value::Number(number) if number_text(*number).is_none() => {
                return Ok(whole_hole(call, &argument.value, place));
            }
            Value::Number(number) if !verb.sharp => general(*number, None),
            Value::Bool(value) => value.to_string(),
            value => match json_text(value) {
                Some(text) => text,
                None => return Ok(whole_hole(call, &argument.value, place)),
            },
        },
        'q' => match &argument.value {
            Value::Null => "null".into(),
            value => {
                let text = to_text(value).map_err(|fail| fail.at(place))?;
                let Some(text) = text else { return Ok(whole_hole(call, value, place)) };
                let length = verb.precision.unwrap_or(usize::MAX);
                quoted(&text.chars().take(length).collect::<String>())
            }
        },
        't' => {
            let value = to_bool(&argument.value).map_err(|fail| fail.at(place))?.unwrap_or(false);
            return Ok(piece(if value { "true" } else { "false" }, place));
        }
        'd' | 'b' | 'o' | 'x' | 'X' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' => {
            let number = to_number(&argument.value).map_err(|fail| fail.at(place))?.unwrap_or(0.0);
            if number_text(number).is_none() {
                return Ok(whole_hole(call, &argument.value, place));
            }
            return Ok(piece(&padded(verb, &number_shown(verb, number)?), place));
        }
        mode => return Err(Fail::new(format!("`%{mode}` is no verb of a format string")).at(call.place)),
    };
    if (verb.precision.is_some() || verb.width.is_some()) && letters(&text).is_none() {
        return Ok(hole(call.machine, &Unknown::plain("its letters can't be counted here", place), place));
    }
    let cut = match verb.precision {
        Some(length) if verb.mode == 's' => text.chars().take(length).collect(),
        _ => text,
    };
    Ok(piece(&padded(verb, &cut), place))
}

fn whole_hole(call: &Call, value: &Value, place: Place) -> MappedText {
    hole(call.machine, &Unknown::plain(&value.why_open(), place), place)
}

fn piece(text: &str, place: Place) -> MappedText {
    let mut builder = TextBuilder::new();
    builder.push(text, place, Origin::Computed, None);
    builder.finish()
}

fn number_shown(verb: &Verb, number: f64) -> Eval<String> {
    let size = number.abs();
    let whole = size.trunc() as u64;
    let precision = verb.precision.unwrap_or(6).min(100);
    let digits = match verb.mode {
        'd' if number.fract() != 0.0 => return Err(Fail::new("`%d` needs a whole number")),
        'd' => format!("{whole}"),
        'b' => format!("{}{whole:b}", if verb.sharp { "0b" } else { "" }),
        'o' => format!("{}{whole:o}", if verb.sharp { "0" } else { "" }),
        'x' => format!("{}{whole:x}", if verb.sharp { "0x" } else { "" }),
        'X' => format!("{}{whole:X}", if verb.sharp { "0X" } else { "" }),
        'e' | 'E' => {
            let shown = format!("{size:.precision$e}");
            let (digits, exponent) = shown.split_once('e').unwrap_or((&shown, "0"));
            let (sign, exponent) = match exponent.strip_prefix('-') {
                Some(exponent) => ('-', exponent),
                None => ('+', exponent),
            };
            format!("{digits}{}{sign}{exponent:0>2}", verb.mode)
        }
        'g' => general(size, verb.precision),
        'G' => general(size, verb.precision).to_uppercase(),
        _ => format!("{size:.precision$}"),
    };
    let sign = match (number < 0.0, verb.plus, verb.space) {
        (true, ..) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    };
    let width = verb.width.unwrap_or(0).saturating_sub(sign.len());
    Ok(if verb.zero && !verb.minus { format!("{sign}{digits:0>width$}") } else { format!("{sign}{digits}") })
}

fn padded(verb: &Verb, text: &str) -> String {
    let width = verb.width.unwrap_or(0);
    let zero = verb.zero && !verb.minus;
    match (verb.minus, zero) {
        (true, _) => format!("{text:<width$}"),
        (_, true) => format!("{text:0>width$}"),
        _ => format!("{text:>width$}"),
    }
}
