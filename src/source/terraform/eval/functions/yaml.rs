//! `yamldecode` and `yamlencode`. Not the reader of YAML files: it decodes any string, evaluated ones too, and
//! tells types as Terraform does (`yes` is true, `<<` merges).

use std::collections::HashMap;
use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError};

use super::{Call, known};
use crate::source::terraform::eval::convert::to_text;
use crate::source::terraform::eval::value::{Entry, Eval, Fail, List, Object, Value, computed, number_text};
use crate::source::yaml::align;
use crate::text::{MappedText, Origin, Place, Span, TextBuilder};

/// Nodes inside nodes.
const DEPTH: usize = 128;
/// Nodes that a document may have, aliases counted as what they stand for.
const NODES: usize = 100_000;

/// Evaluates the call when it is one of this family.
pub fn run(call: &Call) -> Option<Eval> {
    Some(match call.name {
        "yamldecode" => yamldecode(call),
        "yamlencode" => yamlencode(call),
        _ => return None,
    })
}

fn yamldecode(call: &Call) -> Eval {
    let text = known!(call, call.mapped(0)?);
    if !text.is_known() {
        return Ok(call.unknown());
    }
    let offsets = text.as_str().char_indices().map(|(at, _)| at).chain([text.as_str().len()]).collect();
    let mut reader = Reader {
        events: Parser::new_from_str(text.as_str()),
        text: &text,
        offsets,
        place: call.place,
        anchors: HashMap::new(),
        nodes: 0,
    };
    loop {
        match reader.next()? {
            (Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _) => {}
            (Event::StreamEnd | Event::DocumentEnd, _) => return Err(Fail::new("the YAML text is empty")),
            (event, span) => {
                let value = reader.node(event, span, 0)?;
                loop {
                    match reader.next()?.0 {
                        Event::StreamEnd => return Ok(value),
                        Event::DocumentStart(_) => {
                            return Err(Fail::new("the YAML text holds more than one document"));
                        }
                        _ => {}
                    }
                }
            }
        }
    }
}

struct Reader<'t, 'i> {
    events: Parser<'i, saphyr_parser::StrInput<'i>>,
    text: &'t MappedText,
    /// The byte offset of each character.
    offsets: Vec<usize>,
    place: Place,
    anchors: HashMap<usize, Value>,
    nodes: usize,
}

impl<'i> Reader<'_, 'i> {
    fn next(&mut self) -> Eval<(Event<'i>, Span)> {
        let refused = |error: ScanError| Fail::new(format!("not YAML: {error}"));
        let Some(event) = self.events.next() else { return Ok((Event::StreamEnd, Span::default())) };
        let (event, span) = event.map_err(refused)?;
        let byte = |index: usize| self.offsets.get(index).copied().unwrap_or(self.text.as_str().len());
        Ok((event, Span::new(byte(span.start.index()), byte(span.end.index()))))
    }

    fn node(&mut self, event: Event<'i>, span: Span, depth: usize) -> Eval {
        self.nodes += 1;
        if depth > DEPTH || self.nodes > NODES {
            return Err(Fail::bound("the YAML document is too large or too deep"));
        }
        let (anchor, value) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                // A tag can make a string of what looks like a number; Terraform heeds no other.
                let plain = style == ScalarStyle::Plain && tag.is_none_or(|tag| tag.suffix != "str");
                (anchor, if plain { self.plain(&text, span) } else { self.string(&text, span, style) })
            }
            Event::SequenceStart(anchor, _) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd | Event::StreamEnd, _) => break,
                        (event, span) => items.push(self.node(event, span, depth + 1)?),
                    }
                }
                (anchor, List::of(items))
            }
            Event::MappingStart(anchor, _) => (anchor, self.mapping(depth)?),
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor).cloned();
                return known.ok_or_else(|| Fail::new("a YAML alias has no anchor"));
            }
            _ => (0, Value::Null),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, value.clone());
        }
        Ok(value)
    }

    fn mapping(&mut self, depth: usize) -> Eval {
        let mut object = Object::default();
        let mut merged: Vec<Value> = Vec::new();
        loop {
            let (key, value) = match self.next()? {
                (Event::MappingEnd | Event::StreamEnd, _) => break,
                (event, span) => {
                    let key = self.node(event, span, depth + 1)?;
                    let (event, span) = self.next()?;
                    (key, self.node(event, span, depth + 1)?)
                }
            };
            let key = match key {
                Value::Text(text) => text,
                other => Rc::new(computed(&to_text(&other)?.unwrap_or_default(), self.place)),
            };
            if key.as_str() == "<<" {
                merged.push(value);
            } else {
                object.entries.insert(key.as_str().into(), Entry::sure(key, value));
            }
        }
        for value in merged {
            if let Value::Object(other) = value {
                for (key, entry) in &other.entries {
                    object.entries.entry(key.clone()).or_insert_with(|| entry.clone());
                }
            }
        }
        Ok(object.value())
    }

    /// A scalar without quotes: its type shows in its text, by the rules of YAML 1.1.
    fn plain(&self, text: &str, span: Span) -> Value {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
            "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
                return Value::Bool(true);
            }
            "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
                return Value::Bool(false);
            }
            _ => {}
        }
        let begins = text
            .trim_start_matches(['+', '-'])
            .starts_with(|letter: char| letter.is_ascii_digit() || letter == '.');
        let radix = |prefix: &str, base: u32| {
            text.strip_prefix(prefix).and_then(|digits| i64::from_str_radix(digits, base).ok())
        };
        match (radix("0x", 16).or_else(|| radix("0o", 8)), text.parse::<f64>()) {
            (Some(whole), _) => Value::Number(whole as f64),
            (None, Ok(number)) if begins && number.is_finite() => Value::Number(number),
            _ if begins => match time(text) {
                Some(time) => Value::computed(&time, self.place),
                None => self.string(text, span, ScalarStyle::Plain),
            },
            _ => self.string(text, span, ScalarStyle::Plain),
        }
    }

    /// A scalar that is text: each byte leads back to what the YAML text was made of.
    fn string(&self, text: &str, span: Span, style: ScalarStyle) -> Value {
        let raw = span.of(self.text.as_str());
        let aligned = align(self.place.file, raw, span.start(), text, style).unwrap_or_else(|| {
            let mut builder = TextBuilder::new();
            builder.push(text, Place { file: self.place.file, span }, Origin::Escaped, None);
            builder.finish()
        });
        Value::text(self.text.through(&aligned, self.place))
    }
}

/// A date, or a date and time with a space between, becomes a time in full.
fn time(text: &str) -> Option<String> {
    let (date, time) = text.split_once(' ').unwrap_or((text, "00:00:00"));
    let mut numbers = date.split('-').map(|part| part.parse().ok());
    let (year, month, day) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let date = jiff::civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let time: jiff::civil::Time = time.parse().ok()?;
    let whole = numbers.next().is_none() && year >= 1_000;
    whole.then(|| format!("{date}T{:02}:{:02}:{:02}Z", time.hour(), time.minute(), time.second()))
}

fn yamlencode(call: &Call) -> Eval {
    let value = call.value(0)?;
    if !value.is_whole() {
        return Ok(call.unknown());
    }
    let mut out = String::new();
    if !write(value, 0, false, &mut out) {
        let reason = "how `yamlencode()` breaks lines is not worked out without a plan";
        return Ok(Value::unknown(reason, crate::text::HoleKind::Any, call.place));
    }
    if matches!(value, Value::Null | Value::Bool(_) | Value::Number(_)) {
        out.push_str("...\n");
    }
    Ok(call.computed(&out))
}

/// Writes as Terraform does: strings quoted, blocks for what has elements. False for what has no such form here.
fn write(value: &Value, indent: usize, in_line: bool, out: &mut String) -> bool {
    let margin = " ".repeat(indent);
    match value {
        Value::List(list) if !list.items.is_empty() => list.items.iter().enumerate().all(|(at, item)| {
            if at > 0 || !in_line {
                out.push_str(&margin);
            }
            out.push_str("- ");
            write(&item.value, indent + 2, true, out)
        }),
        Value::Object(object) if !object.entries.is_empty() => {
            object.entries.iter().enumerate().all(|(at, (key, entry))| {
                if at > 0 || !in_line {
                    out.push_str(&margin);
                }
                out.push_str(&quoted(key));
                out.push(':');
                match &entry.value {
                    Value::List(list) if !list.items.is_empty() => {
                        out.push('\n');
                        write(&entry.value, indent, false, out)
                    }
                    Value::Object(inner) if !inner.entries.is_empty() => {
                        out.push('\n');
                        write(&entry.value, indent + 2, false, out)
                    }
                    other => {
                        out.push(' ');
                        write(other, indent, true, out)
                    }
                }
            })
        }
        scalar => {
            let text = match scalar {
                Value::Text(text) if text.as_str().contains('\n') => return false,
                Value::Text(text) => quoted(text.as_str()),
                Value::Number(number) => number_text(*number).unwrap_or_default(),
                Value::Bool(value) => value.to_string(),
                Value::List(_) => "[]".into(),
                Value::Object(_) => "{}".into(),
                _ => "null".into(),
            };
            out.push_str(&text);
            out.push('\n');
            true
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
