//! Functions over strings. They keep the map of the bytes and the holes that they do not touch.

use std::rc::Rc;

use super::{Call, known};
use crate::source::terraform::eval::expr::text_of;
use crate::source::terraform::eval::guard::Guard;
use crate::source::terraform::eval::machine::TEXT_LIMIT;
use crate::source::terraform::eval::template::{hole, known_or_hole};
use crate::source::terraform::eval::value::{Eval, Fail, Item, List, Value, map_pieces};
use crate::source::terraform::eval::variants::VARIANTS;
use crate::text::{MappedText, Origin, Span, TextBuilder};

/// Evaluates the call when it is one of this family.
pub fn run(call: &Call) -> Option<Eval> {
    Some(match call.name {
        // Terraform changes letter by letter: `ß` has no capital, and a final sigma is none.
        "lower" => {
            pieces(call, |piece| piece.chars().filter_map(|letter| letter.to_lowercase().next()).collect())
        }
        "upper" => pieces(call, |piece| piece.chars().map(capital).collect()),
        "title" => title(call),
        "trim" => trim(call, true, true),
        "trimspace" => trim(call, true, true),
        "trimprefix" => affix(call, true),
        "trimsuffix" => affix(call, false),
        "chomp" => chomp(call),
        "indent" => indent(call),
        "strrev" => strrev(call),
        "substr" => substr(call),
        "startswith" => starts(call),
        "endswith" => ends(call),
        "strcontains" => contains(call),
        "split" => split(call),
        "join" => join(call),
        "basename" | "dirname" | "abspath" | "pathexpand" => path(call),
        _ => return None,
    })
}

fn pieces(call: &Call, change: impl FnMut(&str) -> String) -> Eval {
    let text = known!(call, call.mapped(0)?);
    Ok(Value::text(map_pieces(&text, change)))
}

/// The capital of a letter, where that is one letter.
fn capital(letter: char) -> char {
    let mut capitals = letter.to_uppercase();
    match (capitals.next(), capitals.next()) {
        (Some(capital), None) => capital,
        _ => letter,
    }
}

fn title(call: &Call) -> Eval {
    let mut inside = false;
    pieces(call, |piece| {
        let mut titled = String::with_capacity(piece.len());
        for letter in piece.chars() {
            let part = if letter.is_ascii() {
                letter.is_ascii_alphanumeric() || letter == '_'
            } else {
                !letter.is_whitespace()
            };
            titled.push(if part && !inside { capital(letter) } else { letter });
            inside = part;
        }
        titled
    })
}

/// How many bytes at the start and at the end of a text lie outside its holes.
fn free_edges(text: &MappedText) -> (usize, usize) {
    let length = text.as_str().len();
    let start = text.holes().first().map_or(length, |hole| hole.span.start());
    let end = text.holes().last().map_or(0, |hole| hole.span.end());
    (start, end)
}

fn trim(call: &Call, front: bool, back: bool) -> Eval {
    let text = known!(call, call.mapped(0)?);
    let set: Option<Vec<char>> = match call.name {
        "trim" => Some(known!(call, call.text(1)?).chars().collect()),
        _ => None,
    };
    let cut = |letter: char| set.as_ref().map_or_else(|| letter.is_whitespace(), |set| set.contains(&letter));
    let (free_start, free_end) = free_edges(&text);
    let whole = text.as_str();
    let head = whole.get(..free_start).unwrap_or("");
    let start = if front { head.len() - head.trim_start_matches(cut).len() } else { 0 };
    let tail = whole.get(free_end.max(start)..).unwrap_or("");
    let end = if back { whole.len() - (tail.len() - tail.trim_end_matches(cut).len()) } else { whole.len() };
    Ok(Value::text(text.slice(Span::new(start, end))))
}

fn affix(call: &Call, front: bool) -> Eval {
    let text = known!(call, call.mapped(0)?);
    let affix = known!(call, call.text(1)?);
    let (free_start, free_end) = free_edges(&text);
    let whole = text.as_str();
    let span = if front {
        let cut = whole.get(..free_start).is_some_and(|head| head.starts_with(&affix));
        Span::new(if cut { affix.len() } else { 0 }, whole.len())
    } else {
        let cut = whole.get(free_end..).is_some_and(|tail| tail.ends_with(&affix));
        Span::new(0, whole.len() - if cut { affix.len() } else { 0 })
    };
    Ok(Value::text(text.slice(span)))
}

fn chomp(call: &Call) -> Eval {
    let text = known!(call, call.mapped(0)?);
    let kept = text.as_str().trim_end_matches(['\n', '\r']).len();
    Ok(Value::text(text.slice(Span::new(0, kept))))
}

fn indent(call: &Call) -> Eval {
    let spaces = known!(call, call.number(0)?);
    let text = known!(call, call.mapped(1)?);
    let filler = " ".repeat((spaces.max(0.0) as usize).min(1_000));
    let mut builder = TextBuilder::new();
    let lines = lines(&text);
    if filler.len().saturating_mul(lines.len()) > TEXT_LIMIT {
        return Err(Fail::bound("the text grows too long"));
    }
    for line in lines {
        builder.push_mapped(&line);
        if line.as_str().ends_with('\n') {
            builder.push(&filler, call.place, Origin::Computed, Some(call.place));
        }
    }
    Ok(Value::text(builder.finish()))
}

/// The lines of a text, line breaks included.
pub fn lines(text: &MappedText) -> Vec<MappedText> {
    let whole = text.as_str();
    let mut found = Vec::new();
    let mut start = 0;
    for line in whole.split_inclusive('\n') {
        found.push(text.slice(Span::new(start, start + line.len())));
        start += line.len();
    }
    found
}

/// Where the letters of a text begin, and its end. Terraform counts what a reader takes for one letter; `None` where
/// a letter may be made of several characters.
pub fn letters(text: &str) -> Option<Vec<usize>> {
    let combines = |letter: char| {
        !matches!(letter, '\0'..='\u{2ff}' | '\u{370}'..='\u{482}' | '\u{48a}'..='\u{590}' | '\u{1e00}'..='\u{200a}'
            | '\u{2010}'..='\u{2027}' | '\u{3041}'..='\u{3096}' | '\u{30a0}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7a3}')
    };
    if text.contains(combines) || text.contains("\r\n") {
        return None;
    }
    Some(text.char_indices().map(|(at, _)| at).chain([text.len()]).collect())
}

fn strrev(call: &Call) -> Eval {
    let text = known!(call, call.text(0)?);
    let bounds = known!(call, letters(&text));
    let pairs = bounds.iter().zip(bounds.iter().skip(1)).rev();
    let reversed: String = pairs.filter_map(|(start, end)| text.get(*start..*end)).collect();
    Ok(call.computed(&reversed))
}

fn substr(call: &Call) -> Eval {
    let text = known!(call, call.mapped(0)?);
    let (offset, length) = (known!(call, call.number(1)?), known!(call, call.number(2)?));
    if !text.is_known() {
        return Ok(call.unknown());
    }
    let bounds = known!(call, letters(text.as_str()));
    let count = bounds.len() - 1;
    let start = if offset < 0.0 { (count as f64 + offset).max(0.0) as usize } else { offset as usize };
    let start = start.min(count);
    // From the end, Terraform takes a length of zero for the whole rest.
    let rest = length < 0.0 || (offset < 0.0 && length == 0.0);
    let end = if rest { count } else { start.saturating_add(length as usize).min(count) };
    let at = |index: usize| bounds.get(index).copied().unwrap_or(0);
    Ok(Value::text(text.slice(Span::new(at(start), at(end)))))
}

fn starts(call: &Call) -> Eval {
    let text = known!(call, call.mapped(0)?);
    let prefix = known!(call, call.text(1)?);
    let (free, _) = free_edges(&text);
    let head = text.as_str().get(..free).unwrap_or("");
    if head.starts_with(&prefix) {
        return Ok(Value::Bool(true));
    }
    let open = !text.is_known() && prefix.starts_with(head);
    Ok(if open { call.unknown() } else { Value::Bool(false) })
}

fn ends(call: &Call) -> Eval {
    let text = known!(call, call.mapped(0)?);
    let suffix = known!(call, call.text(1)?);
    let (_, free) = free_edges(&text);
    let tail = text.as_str().get(free..).unwrap_or("");
    if tail.ends_with(&suffix) {
        return Ok(Value::Bool(true));
    }
    let open = !text.is_known() && suffix.ends_with(tail);
    Ok(if open { call.unknown() } else { Value::Bool(false) })
}

fn contains(call: &Call) -> Eval {
    let text = known!(call, call.mapped(0)?);
    let wanted = known!(call, call.text(1)?);
    let found = !outside_holes(&text, &wanted).is_empty() || wanted.is_empty();
    Ok(if found || text.is_known() { Value::Bool(found) } else { call.unknown() })
}

/// Where `wanted` stands in a text without touching a hole, not overlapping.
pub fn outside_holes(text: &MappedText, wanted: &str) -> Vec<Span> {
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut holes = text.holes().iter().peekable();
    let spans = text.as_str().match_indices(wanted).map(|(at, _)| Span::new(at, at + wanted.len()));
    spans
        .filter(|span| {
            while holes.next_if(|hole| hole.span.end() <= span.start()).is_some() {}
            holes.peek().is_none_or(|hole| !hole.span.overlaps(*span))
        })
        .collect()
}

fn split(call: &Call) -> Eval {
    let separator = known!(call, call.text(0)?);
    let text = known!(call, call.mapped(1)?);
    if separator.is_empty() {
        if !text.is_known() {
            return Ok(call.unknown());
        }
        let letters = text.as_str().char_indices();
        let letter =
            |(at, letter): (usize, char)| Value::text(text.slice(Span::new(at, at + letter.len_utf8())));
        return Ok(List::typed(letters.map(letter).map(Item::sure).collect()));
    }
    let mut start = 0;
    let mut parts = Vec::new();
    for span in outside_holes(&text, &separator) {
        parts.push(Value::text(text.slice(Span::new(start, span.start()))));
        start = span.end();
    }
    parts.push(Value::text(text.slice(Span::new(start, text.as_str().len()))));
    Ok(List::typed(parts.into_iter().map(Item::sure).collect()))
}

fn join(call: &Call) -> Eval {
    let separator = known!(call, call.mapped(0)?);
    let mut lists = Vec::new();
    for at in 1..call.arguments.len() {
        lists.push(known!(call, call.list(at)?).clone());
    }
    let mut variants: Vec<(Guard, Option<MappedText>)> = vec![(Guard::always(), None)];
    for (list, place) in lists.iter().zip(call.arguments.iter().skip(1).map(|argument| argument.place)) {
        for item in &list.items {
            if item.spread {
                return Ok(call.unknown());
            }
            if item.guard.is_always()
                && !matches!(item.value, Value::Either(_))
                && let [(_, so_far)] = variants.as_mut_slice()
            {
                // By far the most common case: appended in place, so that long lists stay linear.
                let text = element_text(call, &item.value, place)?;
                *so_far = Some(match so_far.take() {
                    None => text,
                    Some(text_so_far) if text_so_far.as_str().len() > TEXT_LIMIT => {
                        return Err(Fail::bound("the text grows too long"));
                    }
                    Some(text_so_far) => {
                        text_so_far.concat(&(*separator).clone().brought_in_by(call.place)).concat(&text)
                    }
                });
                continue;
            }
            let mut next = Vec::new();
            for (guard, so_far) in variants {
                let mut there = false;
                for (own, value) in item.value.variants() {
                    let Some(both) = guard.and(&item.guard).and_then(|guard| guard.and(&own)) else {
                        continue;
                    };
                    there = true;
                    let text = element_text(call, &value, place)?;
                    let joined = match &so_far {
                        None => text,
                        Some(so_far) => {
                            if so_far.as_str().len() > TEXT_LIMIT {
                                return Err(Fail::bound("the text grows too long"));
                            }
                            let separator = (*separator).clone().brought_in_by(call.place);
                            so_far.clone().concat(&separator).concat(&text)
                        }
                    };
                    next.push((both, Some(joined)));
                }
                if !there || !item.guard.is_always() {
                    next.extend(negated(&guard, &item.guard).map(|guard| (guard, so_far)));
                }
            }
            if next.len() > VARIANTS {
                return Ok(call.unknown());
            }
            variants = next;
        }
    }
    let texts = variants.into_iter().map(|(guard, text)| (guard, Value::text(text.unwrap_or_default())));
    Ok(Value::either(texts.collect(), call.place))
}

/// When an element under `guard` is absent, given that `base` holds. Of a conjunction only one condition can be
/// told; for more the guard stays as it is, which keeps the variant undecided.
fn negated(base: &Guard, guard: &Guard) -> Option<Guard> {
    base.and(&guard.negated()?)
}

fn element_text(call: &Call, value: &Value, place: crate::text::Place) -> Eval<MappedText> {
    match value {
        Value::Unknown(unknown) => Ok(hole(call.machine, unknown, unknown.place)),
        Value::Null => Err(Fail::new("`join` can't take null").at(place)),
        other => match text_of(other, place)? {
            Some(text) => Ok(Rc::unwrap_or_clone(text)),
            None => Ok(known_or_hole(call.machine, other, place)),
        },
    }
}

fn path(call: &Call) -> Eval {
    if call.name == "abspath" || call.name == "pathexpand" {
        return Ok(Value::unknown("it depends on the machine", crate::text::HoleKind::Any, call.place));
    }
    let text = known!(call, call.text(0)?);
    if call.name == "dirname" {
        return Ok(call.computed(&clean(text.rsplit_once('/').map_or("", |(parent, _)| parent), &text)));
    }
    let trimmed = text.trim_end_matches('/');
    Ok(call.computed(match trimmed.rsplit('/').next() {
        Some("") | None if text.is_empty() => ".",
        Some("") | None => "/",
        Some(name) => name,
    }))
}

/// The shortest path that leads to the same place as the `parent` of `whole`.
fn clean(parent: &str, whole: &str) -> String {
    let rooted = whole.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in parent.split('/') {
        match (part, parts.last()) {
            ("" | ".", _) => {}
            ("..", Some(last)) if *last != ".." => drop(parts.pop()),
            ("..", None) if rooted => {}
            (part, _) => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".into(),
        (false, false) => joined,
    }
}
