//! Text generation and summaries: withdrawn, and answered only by a clock that stands before their end.

use serde_json::{Value, json};

use super::super::model::{self, Api};
use super::super::turn::{self, From, Question};
use super::super::{Asked, text};
use super::{announcing, bad_body, model_id};
use crate::sandbox::call::{Answer, Failure};
use crate::sandbox::failure;
use crate::sandbox::store;

/// Refuses what is gone. A model that is offered says that it doesn't do this; else nothing is found at all.
fn still_there(asked: Asked<'_>, id: &str, api: Api<'_>) -> Result<model::Chosen, Failure> {
    let today = asked.call.now.strftime("%Y-%m-%d").to_string();
    let operation = asked.route.operation;
    let end = operation.withdrawn.unwrap_or_default();
    let because = format!("`{}` was withdrawn on {end}; use chat", operation.name);
    match model::choose(asked.store, asked.call, id, api) {
        Err(failed) if failed.text == Some("model-wrong-operation") => Err(failed.because(because)),
        _ if today.as_str() >= end => Err(failure::of("no-policy-inference").because(because)),
        chosen => chosen,
    }
}

fn heard(model: &str, prompt: &str, limit: Option<u64>) -> turn::Turn {
    let mut question = Question { model: model.to_owned(), limit, ..Question::default() };
    question.hear(From::User, prompt);
    turn::take(&question)
}

pub fn generate(asked: Asked<'_>, body: &Value) -> Result<Answer, Failure> {
    let chosen = still_there(asked, model_id(body)?, Api::Native("generateText"))?;
    let request =
        body.get("inferenceRequest").ok_or_else(|| bad_body("the body has no `inferenceRequest`"))?;
    let prompt = request.get("prompt").and_then(Value::as_str);
    let prompt = prompt.ok_or_else(|| bad_body("`inferenceRequest` has no `prompt`"))?;
    let turn = heard(chosen.model.name, prompt, request.get("maxTokens").and_then(Value::as_u64));
    let generated = json!({ "id": text::letters(&[&asked.call.request_id], 32), "text": turn.reply.text,
        "likelihood": 0.0, "finishReason": if turn.reply.cut { "MAX_TOKENS" } else { "COMPLETE" } });
    Ok(announcing(
        Answer::json(json!({
            "modelId": chosen.id,
            "modelVersion": "15.6",
            "inferenceResponse": { "runtimeType": "COHERE", "generatedTexts": [generated],
                "timeCreated": store::time(asked.call.now), "prompt": prompt },
        })),
        &chosen,
    ))
}

pub fn summarize(asked: Asked<'_>, body: &Value) -> Result<Answer, Failure> {
    let chosen = still_there(asked, model_id(body)?, Api::Native("generateText"))?;
    let input =
        body.get("input").and_then(Value::as_str).ok_or_else(|| bad_body("the body has no `input`"))?;
    let first = input.split_inclusive(['.', '!', '?']).next().unwrap_or(input);
    Ok(announcing(
        Answer::json(json!({ "id": text::letters(&[&asked.call.request_id], 32), "modelId": chosen.id,
            "modelVersion": "15.6", "summary": first.trim() })),
        &chosen,
    ))
}
