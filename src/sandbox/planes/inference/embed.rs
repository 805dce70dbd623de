//! Embeddings and rerank.

use std::fmt::Display;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};

use super::super::model::{self, Api, Chosen};
use super::super::{Asked, set, text};
use super::{announcing, bad_body, model_id};
use crate::sandbox::call::{Answer, Failure};
use crate::sandbox::failure;

/// The most inputs of one call.
const MOST_INPUTS: usize = 96;
/// The most documents of one call.
const MOST_DOCUMENTS: usize = 1_000;

fn refused(message: &str, because: impl Display) -> Failure {
    Failure::new(400, "400", message).because(because)
}

/// Texts of a list; none where one is no text.
fn texts(list: Option<&Value>) -> Option<Vec<&str>> {
    list?.as_array()?.iter().map(Value::as_str).collect()
}

/// The length of a model's vectors.
fn size(chosen: &Chosen, body: &Value) -> Result<usize, Failure> {
    let name = chosen.model.name;
    match body.get("outputDimensions").and_then(Value::as_u64) {
        Some(size @ (256 | 512 | 1024 | 1536)) if name.contains("v4") => {
            Ok(usize::try_from(size).unwrap_or(1536))
        }
        Some(size) => Err(refused(
            "Please provide a valid output dimension.",
            format!("`{name}` gives no vectors of length {size}"),
        )),
        None if name.contains("light") => Ok(384),
        None if name.contains("v4") => Ok(1536),
        None => Ok(1024),
    }
}

pub fn embed(asked: Asked<'_>, body: &Value) -> Result<Answer, Failure> {
    let chosen = model::choose(asked.store, asked.call, model_id(body)?, Api::Native("embedText"))?;
    let parts = body.get("embedContents").and_then(Value::as_array);
    let inputs = match (texts(body.get("inputs")), parts) {
        (Some(inputs), _) => inputs,
        (None, Some(parts)) => parts
            .iter()
            .map(|part| {
                let image = || part.pointer("/imageUrl/url").or_else(|| part.get("image"));
                part.get("text").or_else(image).and_then(Value::as_str)
            })
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| bad_body("a part of `embedContents` is neither text nor image"))?,
        (None, None) => return Err(bad_body("`inputs` is no list of texts")),
    };
    if inputs.is_empty() || inputs.iter().any(|input| input.trim().is_empty()) {
        return Err(failure::of("empty-input").because("an input is empty"));
    }
    if inputs.len() > MOST_INPUTS {
        let because = format!("there are {} inputs and at most {MOST_INPUTS} are taken", inputs.len());
        return Err(refused(&format!("Inputs must not exceed {MOST_INPUTS} in number."), because));
    }
    let size = size(&chosen, body)?;
    let vectors: Vec<_> = inputs.iter().map(|input| text::embedding(input, size)).collect();
    let tokens: u64 = inputs.iter().map(|input| text::tokens(input)).sum();
    let mut answer = json!({
        "id": text::letters(&[&asked.call.request_id, "embed"], 32),
        "modelId": chosen.id,
        "modelVersion": "1.0.0",
        "usage": { "promptTokens": tokens, "completionTokens": 0, "totalTokens": tokens },
    });
    match texts(body.get("embeddingTypes")).filter(|types| !types.is_empty()) {
        None => set(&mut answer, "embeddings", json!(vectors)),
        Some(types) => {
            let mut by_type = Map::new();
            for kind in types {
                by_type.insert(kind.to_owned(), quantized(kind, &vectors)?);
            }
            set(&mut answer, "embeddingsByType", Value::Object(by_type));
        }
    }
    if body.get("isEcho").and_then(Value::as_bool).unwrap_or(false) {
        set(&mut answer, "inputs", json!(inputs));
    }
    Ok(announcing(Answer::json(answer), &chosen))
}

/// Vectors in a type of number.
fn quantized(kind: &str, vectors: &[Vec<f32>]) -> Result<Value, Failure> {
    let each = |number: fn(f32) -> Value| {
        vectors.iter().map(|vector| vector.iter().map(|value| number(*value)).collect::<Value>()).collect()
    };
    /// A vector of unit length has small components.
    const SCALE: f32 = 1_000.0;
    Ok(match kind {
        "float" => json!(vectors),
        "int8" => each(|value| json!((value * SCALE).round().clamp(-128.0, 127.0) as i64)),
        "uint8" => each(|value| json!((value * SCALE + 128.0).round().clamp(0.0, 255.0) as i64)),
        "binary" | "ubinary" => {
            let signed = kind == "binary";
            let packed = |bits: &[f32]| {
                let byte = bits.iter().fold(0_i64, |byte, value| byte * 2 + i64::from(*value > 0.0));
                json!(if signed { byte - 128 } else { byte })
            };
            vectors.iter().map(|vector| vector.chunks(8).map(packed).collect::<Value>()).collect()
        }
        "base64" => vectors
            .iter()
            .map(|vector| {
                let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
                Value::from(BASE64.encode(bytes))
            })
            .collect(),
        other => return Err(bad_body(format!("`{other}` is no type of embedding"))),
    })
}

pub fn rerank(asked: Asked<'_>, body: &Value) -> Result<Answer, Failure> {
    let chosen = model::choose(asked.store, asked.call, model_id(body)?, Api::Native("rerankText"))?;
    let query = body.get("input").and_then(Value::as_str).filter(|input| !input.trim().is_empty());
    let query = query.ok_or_else(|| bad_body("`input` is missing or empty"))?;
    let documents = texts(body.get("documents")).filter(|all| !all.is_empty());
    let documents = documents.ok_or_else(|| bad_body("`documents` is no list of texts"))?;
    if documents.len() > MOST_DOCUMENTS {
        return Err(bad_body(format!(
            "there are {} documents and at most {MOST_DOCUMENTS} are taken",
            documents.len()
        )));
    }
    let mut ranked: Vec<_> = documents
        .iter()
        .enumerate()
        .map(|(at, document)| (at, *document, text::nearness(query, document)))
        .collect();
    ranked.sort_by(|one, other| other.2.total_cmp(&one.2).then(one.0.cmp(&other.0)));
    let most = body.get("topN").and_then(Value::as_u64).and_then(|most| usize::try_from(most).ok());
    let echo = body.get("isEcho").and_then(Value::as_bool).unwrap_or(false);
    let ranks: Vec<_> = ranked
        .into_iter()
        .take(most.unwrap_or(usize::MAX))
        .map(|(index, document, score)| {
            let document = if echo { json!({ "text": document }) } else { Value::Null };
            json!({ "index": index, "relevanceScore": (score * 1e6).round() / 1e6, "document": document })
        })
        .collect();
    let answer = json!({
        "id": text::letters(&[&asked.call.request_id, "rerank"], 32),
        "modelId": chosen.id,
        "modelVersion": "1.0.0",
        "documentRanks": ranks,
    });
    Ok(announcing(Answer::json(answer), &chosen))
}
