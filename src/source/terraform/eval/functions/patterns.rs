//! `replace`, `regex` and `regexall`.

use std::rc::Rc;

use regex::Regex;

use super::text::outside_holes;
use super::{Call, known};
use crate::source::terraform::eval::machine::TEXT_LIMIT;
use crate::source::terraform::eval::value::{Entry, Eval, Fail, Item, List, Object, Value, computed};
use crate::text::{MappedText, Span, TextBuilder};

/// Evaluates the call when it is one of this family.
pub fn run(call: &Call) -> Option<Eval> {
    Some(match call.name {
        "replace" => replace(call),
        "regex" => regex(call),
        "regexall" => regexall(call),
        _ => return None,
    })
}

fn compiled(call: &Call, pattern: &str) -> Eval<Regex> {
    let unreadable = || Fail::new(format!("`{pattern}` is not a pattern that can be read"));
    call.machine.pattern(pattern).ok_or_else(unreadable)
}

fn replace(call: &Call) -> Eval {
    let text = known!(call, call.mapped(0)?);
    let wanted = known!(call, call.text(1)?);
    let by = known!(call, call.mapped(2)?);
    let pattern = wanted.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    match pattern {
        Some(pattern) => {
            let pattern = compiled(call, pattern)?;
            // Matches that touch a hole are left: what stands there is not known.
            let holes = text.holes();
            let clear = |span: Span| !holes.iter().any(|hole| hole.span.overlaps(span));
            let found: Vec<(Span, MappedText)> = pattern
                .captures_iter(text.as_str())
                .filter_map(|captures| {
                    let whole = captures.get(0)?;
                    let span = Span::new(whole.start(), whole.end());
                    let mut expanded = String::new();
                    captures.expand(by.as_str(), &mut expanded);
                    let place = call.arguments.get(2).map_or(call.place, |argument| argument.place);
                    let same = expanded == by.as_str();
                    clear(span).then(|| (span, if same { (*by).clone() } else { computed(&expanded, place) }))
                })
                .collect();
            spliced(call, &text, found)
        }
        None if wanted.is_empty() => {
            if !text.is_known() || !by.is_known() {
                return Ok(call.unknown());
            }
            Ok(call.computed(&text.as_str().replace("", by.as_str())))
        }
        None => {
            let spans = outside_holes(&text, &wanted);
            spliced(call, &text, spans.into_iter().map(|span| (span, (*by).clone())).collect())
        }
    }
}

/// The text with some spans replaced. What comes in is brought in through the place of what goes.
fn spliced(call: &Call, text: &MappedText, changes: Vec<(Span, MappedText)>) -> Eval {
    let mut builder = TextBuilder::new();
    let (mut from, mut length) = (0, text.as_str().len());
    for (span, by) in changes {
        builder.push_mapped(&text.slice(Span::new(from, span.start())));
        let place = text.segment_at(span.start()).and_then(|segment| {
            let home = segment.via.map_or(segment.source.file, |via| via.file);
            text.locate(span, home)
        });
        length += by.as_str().len();
        if length > TEXT_LIMIT {
            return Err(Fail::bound("the text grows too long"));
        }
        builder.push_mapped(&by.brought_in_by(place.unwrap_or(call.place)));
        from = span.end();
    }
    builder.push_mapped(&text.slice(Span::new(from, text.as_str().len())));
    Ok(Value::text(builder.finish()))
}

fn regex(call: &Call) -> Eval {
    let pattern = compiled(call, &known!(call, call.text(0)?))?;
    let text = known!(call, call.mapped(1)?);
    if !text.is_known() {
        return Ok(call.unknown());
    }
    match pattern.captures(text.as_str()) {
        Some(captures) => Ok(captured(call, &pattern, &captures, &text)),
        None => Err(Fail::new("`regex` finds no match")),
    }
}

fn regexall(call: &Call) -> Eval {
    let pattern = compiled(call, &known!(call, call.text(0)?))?;
    let text = known!(call, call.mapped(1)?);
    if !text.is_known() {
        return Ok(call.unknown());
    }
    let found = pattern.captures_iter(text.as_str());
    let found = found.map(|captures| Item::sure(captured(call, &pattern, &captures, &text)));
    Ok(List::typed(found.collect()))
}

/// The whole match, the list of its groups, or the map of its named groups.
fn captured(call: &Call, pattern: &Regex, captures: &regex::Captures, text: &Rc<MappedText>) -> Value {
    let part = |found: Option<regex::Match>| match found {
        Some(found) => Value::text(text.slice(Span::new(found.start(), found.end()))),
        None => Value::Null,
    };
    let named: Vec<&str> = pattern.capture_names().flatten().collect();
    if !named.is_empty() {
        let mut object = Object::default();
        for name in named {
            let entry = Entry::sure(Rc::new(computed(name, call.place)), part(captures.name(name)));
            object.entries.insert(name.into(), entry);
        }
        return object.value();
    }
    if captures.len() == 1 {
        return part(captures.get(0));
    }
    List::of((1..captures.len()).map(|group| part(captures.get(group))))
}
