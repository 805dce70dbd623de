//! Speech: a text as sound. The sandbox is silent, but for as long as the text would take.

use serde_json::Value;

use super::super::model::{self, Api};
use super::super::{Asked, text};
use super::{body, bytes, refused};
use crate::sandbox::call::{Answer, Failure};
use crate::sandbox::failure;

/// Samples a second, one byte each.
const RATE: u32 = 8_000;
/// Samples for a token, and the most there are.
const PER_TOKEN: u32 = RATE / 4;
const MOST: u32 = RATE * 10;

pub fn answer(asked: Asked<'_>) -> Result<Answer, Failure> {
    if !asked.call.path().ends_with("/audio/speech") {
        return Err(failure::of("unsupported-operation").because("of audio only speech is served"));
    }
    let body = body(asked)?;
    let given = |key: &str| body.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let Some(id) = given("model") else {
        return Err(refused("you must provide a model parameter", "the body has no `model`"));
    };
    model::choose(asked.store, asked.call, id, Api::Speech)?;
    let Some(input) = given("input") else {
        return Err(refused("'input' is a required property", "the body has no `input`"));
    };
    let tokens = u32::try_from(text::tokens(input)).unwrap_or(u32::MAX);
    Ok(bytes("audio/wav", silence(tokens.saturating_mul(PER_TOKEN).min(MOST))))
}

/// A WAV file of so many samples of nothing.
fn silence(samples: u32) -> Vec<u8> {
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((36 + samples).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    for half in [1_u16, 1] {
        file.extend(half.to_le_bytes());
    }
    file.extend(RATE.to_le_bytes());
    file.extend(RATE.to_le_bytes());
    for half in [1_u16, 8] {
        file.extend(half.to_le_bytes());
    }
    file.extend(b"data");
    file.extend(samples.to_le_bytes());
    file.resize(file.len() + samples as usize, 0x80);
    file
}
