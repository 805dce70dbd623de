//! JSON and base64.

use std::rc::Rc;

use super::{Call, known};
use crate::source::json;
use crate::source::terraform::eval::value::{Entry, Eval, Fail, List, Object, Value, computed, number_text};
use crate::text::{MappedText, Place};

/// Evaluates the call when it is one of this family.
pub fn run(call: &Call) -> Option<Eval> {
    Some(match call.name {
        "jsonencode" => jsonencode(call),
        "jsondecode" => jsondecode(call),
        "base64encode" => base64encode(call),
        "base64decode" => base64decode(call),
        "urlencode" => urlencode(call),
        _ => return None,
    })
}

fn jsonencode(call: &Call) -> Eval {
    Ok(json_text(call.value(0)?).map_or_else(|| call.unknown(), |text| call.computed(&text)))
}

/// A whole value as Terraform writes JSON; `None` when part of it is unknown.
pub fn json_text(value: &Value) -> Option<String> {
    if !value.is_whole() {
        return None;
    }
    let mut text = String::new();
    write(value, &mut text);
    Some(text)
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Bool(value) => out.push_str(&value.to_string()),
        Value::Number(number) => out.push_str(&number_text(*number).unwrap_or_default()),
        Value::Text(text) => quote(text.as_str(), out),
        Value::List(list) => {
            out.push('[');
            for (at, item) in list.items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(&item.value, out);
            }
            out.push(']');
        }
        Value::Object(object) => {
            out.push('{');
            for (at, (key, entry)) in object.entries.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                quote(key, out);
                out.push(':');
                write(&entry.value, out);
            }
            out.push('}');
        }
        _ => out.push_str("null"),
    }
}

/// A string as Terraform writes it in JSON.
pub fn quoted(text: &str) -> String {
    let mut out = String::new();
    quote(text, &mut out);
    out
}

/// Terraform escapes `<`, `>` and `&` too.
fn quote(text: &str, out: &mut String) {
    let quoted = serde_json::to_string(text).unwrap_or_default();
    for letter in quoted.chars() {
        match letter {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            other => out.push(other),
        }
    }
}

fn jsondecode(call: &Call) -> Eval {
    let text = known!(call, call.mapped(0)?);
    if !text.is_known() {
        return Ok(call.unknown());
    }
    let document = json::read(call.place.file, text.as_str());
    if let (Some(root), true) = (&document.root, document.problems.is_empty()) {
        return Ok(from_node(root, &text, call.place));
    }
    let decoded: serde_json::Value =
        serde_json::from_str(text.as_str()).map_err(|error| Fail::new(format!("not JSON: {error}")))?;
    Ok(from_json(&decoded, call.place))
}

/// The value of a node whose places lie in `text`.
fn from_node(node: &json::Node, text: &MappedText, place: Place) -> Value {
    match &node.kind {
        json::Kind::Null => Value::Null,
        json::Kind::Bool(value) => Value::Bool(*value),
        json::Kind::Number(number) => Value::Number(*number),
        json::Kind::String(decoded) => Value::text(text.through(decoded, place)),
        json::Kind::Array(items) => List::of(items.iter().map(|item| from_node(item, text, place))),
        json::Kind::Object(members) => {
            let mut object = Object::default();
            for member in members {
                let at = text.locate(member.key_place.span, place.file).unwrap_or(place);
                let key = Rc::new(computed(&member.key, at));
                let value = from_node(&member.value, text, place);
                object.entries.insert(member.key.as_str().into(), Entry::sure(key, value));
            }
            object.value()
        }
    }
}

fn from_json(value: &serde_json::Value, place: Place) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => Value::Number(number.as_f64().unwrap_or(0.0)),
        serde_json::Value::String(text) => Value::computed(text, place),
        serde_json::Value::Array(items) => List::of(items.iter().map(|item| from_json(item, place))),
        serde_json::Value::Object(entries) => {
            let mut object = Object::default();
            for (key, value) in entries {
                let entry = Entry::sure(Rc::new(computed(key, place)), from_json(value, place));
                object.entries.insert(key.as_str().into(), entry);
            }
            object.value()
        }
    }
}

fn urlencode(call: &Call) -> Eval {
    let text = known!(call, call.text(0)?);
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => encoded.push('+'),
            b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => encoded.push(char::from(byte)),
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    Ok(call.computed(&encoded))
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64encode(call: &Call) -> Eval {
    let text = known!(call, call.text(0)?);
    let mut encoded = String::with_capacity(text.len() / 3 * 4 + 4);
    for chunk in text.as_bytes().chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let index = (bits >> (18 - 6 * at) & 63) as usize;
            let letter = ALPHABET.get(index).copied().unwrap_or(b'=');
            encoded.push(if at > chunk.len() { '=' } else { char::from(letter) });
        }
    }
    Ok(call.computed(&encoded))
}

fn base64decode(call: &Call) -> Eval {
    let text = known!(call, call.text(0)?);
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let Some(value) = ALPHABET.iter().position(|known| *known == letter) else {
            return Err(Fail::new("the text is not base64"));
        };
        bits = (bits << 6 | value as u32) & 0xff_ffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(call.computed(&text)),
        Err(_) => Err(Fail::new("the decoded bytes are not UTF-8")),
    }
}
