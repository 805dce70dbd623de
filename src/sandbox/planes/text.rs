//! What the sandbox's models say: text, vectors and numbers of tokens made from the input alone, so that the same
//! question always has the same answer.

use serde_json::{Map, Value, json};

/// How deep a schema is followed when an instance of it is made up.
const DEPTH_LIMIT: usize = 16;

/// A number made of texts, the same for the same texts.
pub fn mark(parts: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    mixed(hash)
}

/// Spreads what differs in few bits over all of them.
fn mixed(mut number: u64) -> u64 {
    number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// Lower-case letters and digits as they stand at the end of OCIDs, made of texts.
pub fn letters(parts: &[&str], length: usize) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let seed = mark(parts);
    (0..length as u64)
        .map(|at| {
            let index = mixed(seed ^ at.wrapping_mul(0xa076_1d64_78bd_642f)) >> 59;
            usize::try_from(index)
                .ok()
                .and_then(|index| ALPHABET.get(index))
                .map_or('a', |byte| *byte as char)
        })
        .collect()
}

/// Cuts a text as a tokenizer might: words with the space before them, long ones in pieces, and each other sign.
pub fn pieces(text: &str) -> Vec<&str> {
    const LONGEST: usize = 6;
    let mut pieces = Vec::new();
    let (mut start, mut count) = (0, 0);
    let mut before = ' ';
    for (at, sign) in text.char_indices() {
        let goes_on =
            sign.is_alphanumeric() && (before.is_alphanumeric() || before == ' ') && count < LONGEST;
        if at > start && !goes_on {
            pieces.extend(text.get(start..at));
            (start, count) = (at, 0);
        }
        count += 1;
        before = sign;
    }
    if start < text.len() {
        pieces.extend(text.get(start..));
    }
    pieces
}

/// How many tokens a text is counted as.
pub fn tokens(text: &str) -> u64 {
    pieces(text).len() as u64
}

/// A text of a model, perhaps cut short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The text.
    pub text: String,
    /// Whether it was cut at the limit of tokens.
    pub cut: bool,
}

impl Reply {
    /// A text up to a limit of tokens.
    pub fn limited(text: String, limit: Option<u64>) -> Self {
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        let all = pieces(&text);
        if all.len() <= limit {
            return Reply { text, cut: false };
        }
        Reply { text: all.iter().take(limit).copied().collect(), cut: true }
    }
}

/// The longest part of a prompt that an answer repeats.
const REPEATED: usize = 400;

/// What a model answers to a prompt.
pub fn answer(model: &str, prompt: &str) -> String {
    let prompt = prompt.trim();
    let said: String = prompt.chars().take(REPEATED).collect();
    let more = if said.len() < prompt.len() { "…" } else { "" };
    match said.is_empty() {
        true => format!("This is {model} in the sandbox, and nothing was asked."),
        false => format!("This is {model} in the sandbox. You said: {said}{more}"),
    }
}

/// An instance of a JSON Schema, with the prompt where a text is wanted.
pub fn instance(schema: &Value, prompt: &str) -> Value {
    instance_at(schema, prompt, 0)
}

fn instance_at(schema: &Value, prompt: &str, depth: usize) -> Value {
    if depth > DEPTH_LIMIT {
        return Value::Null;
    }
    if let Some(value) = schema.get("const").or_else(|| schema.get("default")) {
        return value.clone();
    }
    if let Some(first) = schema.get("enum").and_then(|all| all.get(0)) {
        return first.clone();
    }
    for choice in ["anyOf", "oneOf", "allOf"] {
        if let Some(first) = schema.get(choice).and_then(|all| all.get(0)) {
            return instance_at(first, prompt, depth + 1);
        }
    }
    let kind = schema.get("type").and_then(|kind| kind.as_str().or_else(|| kind.get(0)?.as_str()));
    match kind {
        Some("object") | None if schema.get("properties").is_some() => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let filled: Map<_, _> = properties
                .into_iter()
                .flatten()
                .map(|(name, schema)| (name.clone(), instance_at(schema, prompt, depth + 1)))
                .collect();
            Value::Object(filled)
        }
        Some("object") => json!({}),
        Some("array") => match schema.get("items") {
            Some(items) => json!([instance_at(items, prompt, depth + 1)]),
            None => json!([]),
        },
        Some("integer") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("number") => schema.get("minimum").cloned().unwrap_or(json!(1.0)),
        Some("boolean") => json!(true),
        Some("null") => Value::Null,
        _ => prompt.trim().chars().take(REPEATED).collect::<String>().into(),
    }
}

/// A vector of unit length for a text. Texts that share words have vectors that are near.
pub fn embedding(text: &str, size: usize) -> Vec<f32> {
    let mut vector = vec![0_f32; size];
    let lower = text.to_lowercase();
    let words = lower.split(|sign: char| !sign.is_alphanumeric()).filter(|word| !word.is_empty());
    // The text itself, weakly, so that no two texts have the same vector.
    let all = std::iter::once((text, 0.25)).chain(words.map(|word| (word, 1.0)));
    for (part, weight) in all {
        let seed = mark(&[part]);
        for (at, value) in vector.iter_mut().enumerate() {
            let bits = mixed(seed ^ (at as u64).wrapping_mul(0xa076_1d64_78bd_642f)) >> 48;
            *value += weight * (bits as f32 / 32_768.0 - 1.0);
        }
    }
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value /= length);
    }
    vector
}

/// How near two texts are, from 0 to 1.
pub fn nearness(one: &str, other: &str) -> f64 {
    const SIZE: usize = 128;
    let (one, other) = (embedding(one, SIZE), embedding(other, SIZE));
    let cosine: f32 = one.iter().zip(&other).map(|(a, b)| a * b).sum();
    f64::from((cosine.clamp(-1.0, 1.0) + 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_spell_the_text() {
        for text in ["", "Hello, world!", "  a  b", "unbelievable été 東京 \n\t x"] {
            assert_eq!(pieces(text).concat(), text);
        }
        assert_eq!(pieces("Hello, big world"), ["Hello", ",", " big", " world"]);
    }

    #[test]
    fn a_reply_ends_at_its_limit() {
        let reply = Reply::limited("one two three".into(), Some(2));
        assert_eq!((reply.text.as_str(), reply.cut), ("one two", true));
        assert!(!Reply::limited("one two".into(), Some(2)).cut);
    }

    #[test]
    fn vectors_are_near_for_texts_that_share_words() {
        let near = nearness("the cat sat", "a cat sat down");
        assert!(near > nearness("the cat sat", "quarterly revenue"), "{near}");
        let length: f32 = embedding("a b", 64).iter().map(|value| value * value).sum();
        assert!((length - 1.0).abs() < 1e-4);
    }

    #[test]
    fn a_schema_is_filled_in() {
        let schema = json!({ "type": "object", "properties": {
            "city": { "type": "string" }, "days": { "type": "integer" }, "unit": { "enum": ["c", "f"] },
            "tags": { "type": "array", "items": { "type": "string" } } } });
        let filled = instance(&schema, "Oslo");
        assert_eq!(filled, json!({ "city": "Oslo", "days": 1, "unit": "c", "tags": ["Oslo"] }));
    }
}
