//! The agent runtime: sessions of agent endpoints, chat with them, and metadata of knowledge bases.

use serde_json::{Value, json};

use super::resources::limit_exceeded;
use super::turn::{self, From, Question};
use super::{Asked, set, text};
use crate::catalog;
use crate::sandbox::call::{Answer, Body, Failure, Target};
use crate::sandbox::failure::{self, bad_request};
use crate::sandbox::store::{self, Stored};

const SESSIONS: &str = "agent-runtime/sessions";

fn absent(because: String) -> Failure {
    failure::of("agent-no-policy").because(because)
}

/// What the path's first id names: an agent endpoint or a knowledge base.
fn subject(asked: Asked<'_>) -> Result<Stored, Failure> {
    let (id, kind) = match asked.part("agentEndpointId") {
        "" => (asked.part("knowledgeBaseId"), "agent-management/knowledgeBases"),
        id => (id, "agent-management/agentEndpoints"),
    };
    match asked.store.get(id).filter(|held| held.kind == kind) {
        Some(held) if held.region != asked.call.region => {
            Err(absent(format!("`{id}` is in {} and the call went to {}", held.region, asked.call.region)))
        }
        Some(held) => Ok(held),
        None => Err(absent(format!("the sandbox has no `{id}`; make one on the agent plane"))),
    }
}

fn session(asked: Asked<'_>, endpoint: &Stored, id: &str) -> Result<Stored, Failure> {
    let held = asked
        .store
        .get(id)
        .filter(|held| held.kind == SESSIONS && held.parent.as_deref() == Some(&endpoint.id));
    held.ok_or_else(|| absent(format!("the agent endpoint has no session `{id}`")))
}

pub fn target(asked: Asked<'_>) -> Result<Target, Failure> {
    super::resources::offered(asked)?;
    let held = subject(asked)?;
    Ok(Target { compartment: Some(held.compartment), ..Target::default() })
}

fn body(asked: Asked<'_>) -> Result<Value, Failure> {
    match asked.call.json() {
        Some(body @ Value::Object(_)) => Ok(body),
        _ => Err(Failure::new(400, "CannotParseRequest", "Incorrectly formatted request.")
            .because("the body is no JSON object")),
    }
}

pub fn answer(asked: Asked<'_>) -> Result<Answer, Failure> {
    let held = subject(asked)?;
    match asked.route.operation.name {
        "CreateSession" => create(asked, &held),
        "GetSession" => session(asked, &held, asked.part("sessionId")).map(|held| shown(&held)),
        "UpdateSession" => {
            let held = session(asked, &held, asked.part("sessionId"))?;
            let body = body(asked)?;
            let changed = asked.store.change(&held.id, |held| {
                for key in ["displayName", "description"] {
                    if let Some(value) = body.get(key) {
                        set(&mut held.value, key, value.clone());
                    }
                }
                set(&mut held.value, "timeUpdated", store::time(asked.call.now));
            });
            Ok(shown(&changed.unwrap_or(held)))
        }
        "DeleteSession" => {
            let held = session(asked, &held, asked.part("sessionId"))?;
            asked.store.remove(&held.id);
            Ok(Answer::empty(204))
        }
        "RetrieveMetadata" => Ok(Answer::json(json!([]))),
        _ => chat(asked, &held),
    }
}

fn shown(held: &Stored) -> Answer {
    Answer::json(held.value.clone()).with_header("etag", held.etag())
}

fn create(asked: Asked<'_>, endpoint: &Stored) -> Result<Answer, Failure> {
    const LIMIT: &str = "session-per-agent-endpoint-count";
    super::model::active(endpoint)?;
    if endpoint.value.get("shouldEnableSession").and_then(Value::as_bool) == Some(false) {
        return Err(bad_request(
            "Session is not enabled for the agent endpoint",
            "`shouldEnableSession` is false",
        ));
    }
    let most = asked.tenancy.limits.get(LIMIT).copied().or_else(|| catalog::limit(LIMIT)?.value.parse().ok());
    let held = asked.store.list(SESSIONS, asked.call.region);
    let count = held.iter().filter(|held| held.parent.as_deref() == Some(&endpoint.id)).count();
    if let Some(most) = most.filter(|most| i64::try_from(count).is_ok_and(|count| count >= *most)) {
        return Err(limit_exceeded(LIMIT, most));
    }
    let body = body(asked)?;
    let id = asked.store.ocid("genaiagentsession", asked.call.region);
    let now = store::time(asked.call.now);
    let agent = endpoint.parent.as_deref().and_then(|id| asked.store.get(id));
    let welcome = agent.and_then(|agent| agent.value.get("welcomeMessage").cloned()).unwrap_or(Value::Null);
    let given = |key: &str| body.get(key).cloned().unwrap_or(Value::Null);
    let stored = Stored {
        id: id.clone(),
        kind: SESSIONS.to_owned(),
        region: asked.call.region.to_owned(),
        compartment: endpoint.compartment.clone(),
        parent: Some(endpoint.id.clone()),
        version: 0,
        value: json!({ "id": id, "displayName": given("displayName"), "description": given("description"),
            "welcomeMessage": welcome, "timeCreated": now, "timeUpdated": now }),
    };
    asked.store.put(stored.clone());
    Ok(shown(&stored))
}

fn chat(asked: Asked<'_>, endpoint: &Stored) -> Result<Answer, Failure> {
    let body = body(asked)?;
    let said = body.get("userMessage").and_then(Value::as_str).unwrap_or_default();
    match body.get("sessionId").and_then(Value::as_str).filter(|id| !id.is_empty()) {
        Some(id) => drop(session(asked, endpoint, id)?),
        None if endpoint.value.get("shouldEnableSession").and_then(Value::as_bool).unwrap_or(false) => {
            return Err(bad_request("sessionId must not be null", "the agent endpoint works with sessions"));
        }
        None => {}
    }
    if said.is_empty() && body.get("performedActions").is_none() {
        return Err(bad_request("userMessage must not be null", "the body has no `userMessage`"));
    }
    let name = endpoint.value.get("displayName").and_then(Value::as_str).unwrap_or("the agent");
    let mut question = Question { model: name.to_owned(), ..Question::default() };
    question.hear(From::User, said);
    let turn = turn::take(&question);
    let message = |text: &str| {
        json!({ "role": "AGENT", "content": { "text": text, "citations": [], "paragraphCitations": [] },
            "timeCreated": store::time(asked.call.now) })
    };
    let result = |text: &str| json!({ "message": message(text), "traces": [], "guardrailResult": null });
    if body.get("shouldStream").and_then(Value::as_bool).unwrap_or(false) {
        let pieces = text::pieces(&turn.reply.text);
        let events = pieces.iter().map(|piece| json!({ "message": message(piece) }));
        let last = result(&turn.reply.text);
        let lines = events.chain([last]).map(|event| format!("data: {event}")).collect();
        return Ok(Answer::with_body(Body::Events(lines)));
    }
    Ok(Answer::json(result(&turn.reply.text)))
}
