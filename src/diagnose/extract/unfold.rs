//! A text as it was before terminals, log collectors and programs wrapped, prefixed and escaped it.

use serde_json::Value;

use super::{errors, loose};
use crate::diagnose::mentions::pattern;

/// The narrowest terminal whose wrapping is undone.
const NARROWEST: usize = 60;
/// How often an escaped text may stand in another one.
const FOLDS: usize = 4;

pub(super) fn unfold(text: &str) -> String {
    let colours = pattern!("\u{1b}\\[[0-9;]*[A-Za-z]");
    let boxes = pattern!(r"(?m)^[ \t]*[│╷╵][ \t]?");
    let mut text = text.replace("\r\n", "\n");
    for (shape, instead) in [(colours, ""), (boxes, "")] {
        if let Some(shape) = shape {
            text = shape.replace_all(&text, instead).into_owned();
        }
    }
    text = unwrapped(&text);
    for _ in 0..FOLDS {
        let opened = opened(&text);
        if opened == text {
            break;
        }
        text = opened;
    }
    text
}

/// Lines that end where the terminal did go on in the next one.
fn unwrapped(text: &str) -> String {
    let width = |line: &str| line.chars().count();
    let widest = text.lines().map(width).max().unwrap_or(0);
    let full = text.lines().filter(|line| width(line) == widest).count();
    if widest < NARROWEST || full < 2 {
        return text.to_owned();
    }
    let mut joined = String::with_capacity(text.len());
    for line in text.lines() {
        joined.push_str(line);
        if width(line) != widest {
            joined.push('\n');
        }
    }
    joined
}

/// A document whose quotes are escaped, as within a field of a log that is no object itself.
fn unescaped(text: &str) -> String {
    if !text.contains(r#"{\""#) {
        return text.to_owned();
    }
    text.replace(r#"\\\""#, "\u{0}").replace(r#"\""#, "\"").replace('\u{0}', r#"\""#).replace(r"\n", "\n")
}

/// Puts the texts that stand in the envelopes of log collectors in their place.
fn opened(text: &str) -> String {
    let mut open = String::with_capacity(text.len());
    let mut from = 0;
    // What stands in an object was read with it; between objects the text is as it was written.
    for object in loose::objects(text) {
        let mut within = Vec::new();
        errors::documents(&object.value, 0, 0, &mut within);
        let mut lines = Vec::new();
        let telling = leaves("", &object.value, 0, &mut lines);
        if !telling || !within.is_empty() || object.value.pointer("/log/entries").is_some() {
            open.push_str(&unescaped(text.get(from..object.start).unwrap_or("")));
            open.push_str(text.get(object.start..object.end).unwrap_or(""));
            from = object.end;
            continue;
        }
        open.push_str(&unescaped(text.get(from..object.start).unwrap_or("")));
        for line in lines {
            open.push_str(line.trim_end());
            open.push('\n');
        }
        from = object.end;
    }
    open.push_str(&unescaped(text.get(from..).unwrap_or("")));
    open
}

/// Every string of a value on a line of its own: a text as it is, a word with its name. Whether one of them is a
/// text that may hold an error.
fn leaves(name: &str, value: &Value, depth: usize, lines: &mut Vec<String>) -> bool {
    const TELLING: [&str; 7] = ["rror", "ailed", "{", "http", "ORA-", "40", "xception"];
    if depth > FOLDS * 2 {
        return false;
    }
    match value {
        Value::String(text) if text.trim().contains(' ') => {
            lines.push(text.clone());
            text.contains('\n') || TELLING.iter().any(|part| text.contains(part))
        }
        Value::String(word) => {
            lines.push(format!("{name}: {word}"));
            false
        }
        Value::Array(items) => items.iter().filter(|item| leaves(name, item, depth + 1, lines)).count() > 0,
        Value::Object(fields) => {
            fields.iter().filter(|(name, item)| leaves(name, item, depth + 1, lines)).count() > 0
        }
        _ => false,
    }
}
