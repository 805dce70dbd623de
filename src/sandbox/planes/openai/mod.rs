//! The OpenAI-compatible API under all its base paths: Chat Completions, Responses, conversations, files, vector
//! stores, containers and speech. What is kept belongs to the project that the headers name.

mod chat;
mod containers;
mod conversations;
mod files;
mod items;
mod list;
mod responses;
mod scope;
mod speech;
mod stores;
mod stream;

use std::fmt::Display;

use serde_json::{Value, json};

use super::Asked;
use super::model;
use crate::sandbox::call::{Answer, Body, Caller, Failure, Target};
use crate::sandbox::failure;
use crate::sandbox::store::Stored;
use scope::Scope;
pub use stores::target as store_target;

/// A failure in the words of the vendor's server.
fn refused(message: impl Into<String>, because: impl Display) -> Failure {
    Failure::new(400, "", message).because(because)
}

/// Something that this project and region don't have.
fn absent(what: &str, id: &str) -> Failure {
    Failure::new(404, "", format!("{what} with id '{id}' not found."))
        .because(format!("`{id}` does not exist in this region and project"))
}

fn body(asked: Asked<'_>) -> Result<Value, Failure> {
    match asked.call.json() {
        Some(body @ Value::Object(_)) => Ok(body),
        _ => Err(failure::of("bad-body-native").because("the body is no JSON object")),
    }
}

/// The body where leaving it out is allowed.
fn body_or_empty(asked: Asked<'_>) -> Result<Value, Failure> {
    if asked.call.body.is_empty() { Ok(json!({})) } else { body(asked) }
}

/// The id in the path.
fn id<'a>(asked: Asked<'a>) -> &'a str {
    asked.part("id")
}

/// Something kept for this project, if the id in the path is its.
fn kept(
    asked: Asked<'_>,
    scope: &Scope,
    what: &'static str,
    kind: &str,
    id: &str,
) -> Result<Stored, Failure> {
    let held = asked.store.get(id).filter(|held| held.kind == kind && held.region == asked.call.region);
    let held = held.ok_or_else(|| absent(what, id))?;
    match scope.owns(&held) {
        true => Ok(held),
        false => Err(failure::of("foreign-conversation")
            .because(format!("`{id}` belongs to another project: {}", held.parent.unwrap_or_default()))),
    }
}

/// Makes something that this project keeps.
fn keep(asked: Asked<'_>, scope: &Scope, kind: &str, id: &str, value: Value) -> Stored {
    let stored = Stored {
        id: id.to_owned(),
        kind: kind.to_owned(),
        region: asked.call.region.to_owned(),
        compartment: scope.compartment.clone().unwrap_or_default(),
        parent: Some(scope.owner.clone()),
        version: 0,
        value,
    };
    asked.store.put(stored.clone());
    stored
}

/// The answer to a deletion.
fn gone(id: &str, object: &str) -> Answer {
    Answer::json(json!({ "id": id, "object": object, "deleted": true }))
}

/// Letters that stand for a region in ids.
fn region_key(asked: Asked<'_>) -> String {
    let key = crate::catalog::region(asked.call.region).and_then(|region| region.key);
    key.unwrap_or("reg").to_ascii_lowercase()
}

pub fn target(asked: Asked<'_>) -> Result<Target, Failure> {
    let body = asked.call.json();
    let named = body.as_ref().and_then(|body| body.get("model")).and_then(Value::as_str);
    let scope = scope::of(asked, named)?;
    let model = named.map(|id| {
        let model = model::named(asked.store, asked.call.region, id);
        model.map_or(id, |model| model.name).to_owned()
    });
    Ok(Target { compartment: scope.compartment, model, ..Target::default() })
}

pub fn answer(asked: Asked<'_>, caller: &Caller) -> Result<Answer, Failure> {
    let operation = asked.route.operation.name;
    let named = asked.call.json();
    let named = named.as_ref().and_then(|body| body.get("model")).and_then(Value::as_str);
    let scope = &scope::of(asked, named)?;
    match operation {
        "ChatCompletions" => chat::answer(asked, scope, &body(asked)?),
        "CreateResponse" => responses::create(asked, scope, caller, &body(asked)?),
        "RetrieveResponse" => responses::retrieve(asked, scope),
        "DeleteResponse" => responses::delete(asked, scope),
        "ListResponseInputItems" => responses::input_items(asked, scope),
        name if name.contains("Conversation") => conversations::answer(asked, scope),
        name if name.contains("VectorStore") => stores::answer(asked, scope),
        name if name.contains("Container") => containers::answer(asked, scope),
        "UploadFile" | "ListFiles" | "RetrieveFile" | "RetrieveFileContent" | "DeleteFile" => {
            files::answer(asked, scope)
        }
        "CreateSpeech" => speech::answer(asked),
        _ => {
            Err(failure::of("unsupported-operation")
                .because("the OpenAI-compatible API lacks this operation"))
        }
    }
}

/// Bytes with their type.
fn bytes(kind: &str, content: Vec<u8>) -> Answer {
    Answer::with_body(Body::Bytes(kind.to_owned(), content))
}
