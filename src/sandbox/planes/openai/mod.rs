//! The OpenAI-compatible API under all its base paths.

mod chat;

use serde_json::Value;

use super::Asked;
use super::model;
use crate::sandbox::call::{Answer, Call, Caller, Failure, Target};
use crate::sandbox::failure;

/// A failure in the words of the vendor's server.
fn refused(message: impl Into<String>, because: impl Into<String>) -> Failure {
    Failure::new(400, "", message).because(because)
}

fn body(asked: Asked<'_>) -> Result<Value, Failure> {
    match asked.call.json() {
        Some(body @ Value::Object(_)) => Ok(body),
        _ => Err(failure::of("bad-body-native", &[]).because("the body is no JSON object")),
    }
}

/// Whether a call brings a GenAI API key: its compartment then is the key's own.
fn by_key(call: &Call) -> bool {
    call.headers
        .get("authorization")
        .is_some_and(|value| value.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer ")))
}

/// The compartment that the headers name.
fn compartment(call: &Call) -> Option<String> {
    ["opc-compartment-id", "compartmentid"]
        .iter()
        .find_map(|name| call.headers.get(name))
        .filter(|value| !value.is_empty())
        .map(str::to_owned)
}

pub fn target(asked: Asked<'_>) -> Result<Target, Failure> {
    let mut target = Target { compartment: compartment(asked.call), ..Target::default() };
    if target.compartment.is_none() && !by_key(asked.call) {
        return Err(failure::of("missing-compartment-native", &[])
            .because("a signed call needs the header `opc-compartment-id` or `CompartmentId`"));
    }
    let body = body(asked)?;
    if let Some(id) = body.get("model").and_then(Value::as_str) {
        let model = model::named(asked.store, asked.call.region, id);
        target.model = Some(model.map_or(id, |model| model.name).to_owned());
    }
    Ok(target)
}

pub fn answer(asked: Asked<'_>, _caller: &Caller, _target: &Target) -> Result<Answer, Failure> {
    match asked.route.operation.name {
        "ChatCompletions" => chat::answer(asked, &body(asked)?),
        _ => {
            Err(failure::of("unsupported-operation", &[]).because("the sandbox does not know this operation"))
        }
    }
}
