//! Native inference: chat in every format, embeddings, rerank, guardrails, and the operations that were withdrawn.

mod chat;
mod embed;
mod guardrails;
mod withdrawn;

use std::fmt::Display;

use serde_json::Value;

use super::Asked;
use super::model::{self, Chosen};
use crate::sandbox::call::{Answer, Failure, Target};
use crate::sandbox::failure;

/// The body, or what the plane says of one that is none.
fn body(asked: Asked<'_>) -> Result<Value, Failure> {
    match asked.call.json() {
        Some(body @ Value::Object(_)) => Ok(body),
        _ => Err(bad_body("the body is no JSON object")),
    }
}

fn bad_body(because: impl Display) -> Failure {
    failure::of("bad-body-native").because(because)
}

/// The id of the model or endpoint that a body names.
fn model_id(body: &Value) -> Result<&str, Failure> {
    let mode = body.get("servingMode").ok_or_else(|| bad_body("the body has no `servingMode`"))?;
    let (field, kind) = match mode.get("servingType").and_then(Value::as_str) {
        Some("DEDICATED") => ("endpointId", "DEDICATED"),
        Some("ON_DEMAND") => ("modelId", "ON_DEMAND"),
        _ => return Err(bad_body("`servingMode.servingType` is neither ON_DEMAND nor DEDICATED")),
    };
    let id = mode.get(field).and_then(Value::as_str).filter(|id| !id.is_empty());
    id.ok_or_else(|| bad_body(format!("`servingMode` is {kind} and has no `{field}`")))
}

pub fn target(asked: Asked<'_>) -> Result<Target, Failure> {
    let missing = || failure::of("missing-compartment-native").because("the call names no compartment");
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    if asked.route.operation.method == "GET" {
        let compartment = asked.call.headers.get("opc-compartment-id").and_then(given).ok_or_else(missing)?;
        return Ok(Target { compartment: Some(compartment), ..Target::default() });
    }
    let body = body(asked)?;
    let compartment =
        body.get("compartmentId").and_then(Value::as_str).and_then(given).ok_or_else(missing)?;
    let mut target = Target { compartment: Some(compartment), ..Target::default() };
    if asked.route.operation.name != "ApplyGuardrails" {
        let id = model_id(&body)?;
        let model = model::named(asked.store, asked.call.region, id);
        target.model = Some(model.map_or(id, |model| model.name).to_owned());
    }
    Ok(target)
}

pub fn answer(asked: Asked<'_>, target: &Target) -> Result<Answer, Failure> {
    if asked.route.operation.name == "ListGuardrailVersions" {
        return guardrails::versions(asked);
    }
    let body = body(asked)?;
    match asked.route.operation.name {
        "Chat" => chat::answer(asked, target, &body),
        "EmbedText" => embed::embed(asked, &body),
        "RerankText" => embed::rerank(asked, &body),
        "ApplyGuardrails" => guardrails::apply(&body),
        "GenerateText" => withdrawn::generate(asked, &body),
        "SummarizeText" => withdrawn::summarize(asked, &body),
        name => Err(Failure::new(501, "MethodNotImplemented", format!("{name} is not implemented."))
            .because("the sandbox does not know this operation")),
    }
}

/// The header that announces the end of a model.
fn announcing(answer: Answer, chosen: &Chosen) -> Answer {
    match chosen.ends {
        Some(end) => answer.with_header(
            "model-retirement-info",
            format!("{} will be retired for on-demand use on {end}", chosen.model.name),
        ),
        None => answer,
    }
}
