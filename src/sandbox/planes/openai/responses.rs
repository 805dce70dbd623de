//! Responses: created at once, as a stream or in the background, kept, read again and deleted.

use serde_json::{Value, json};

use super::super::model::{self, Api};
use super::super::turn::{self, Form, From, Question, Turn};
use super::super::{Asked, set, text};
use super::scope::Scope;
use super::{chat, conversations, gone, id, items, keep, kept, list, refused, region_key, stream};
use crate::sandbox::call::{Answer, Body, Caller, Failure};
use crate::sandbox::failure;

pub const KIND: &str = "openai/responses";
/// How far back a chain of responses is followed.
const CHAIN: usize = 16;

pub fn create(asked: Asked<'_>, scope: &Scope, caller: &Caller, body: &Value) -> Result<Answer, Failure> {
    let flag = |key: &str| body.get(key).and_then(Value::as_bool).unwrap_or(false);
    let Some(id) = body.get("model").and_then(Value::as_str) else {
        return Err(refused("you must provide a model parameter", "the body has no `model`"));
    };
    let chosen = model::choose(asked.store, asked.call, id, Api::Responses)?;
    model::within_quota(asked, &chosen, scope.compartment.as_deref())?;
    for (field, text) in [("max_tokens", "bad-field-responses"), ("user", "field-user")] {
        if body.get(field).is_some_and(|value| !value.is_null()) {
            return Err(failure::of(text).because(format!("the body has `{field}`")));
        }
    }
    let Some(input) = body.get("input").filter(|input| !input.is_null()) else {
        return Err(failure::of("bad-body-responses").because("the body has no `input`"));
    };
    let tools = chat::tools(body.get("tools"));
    if chosen.model.note.starts_with("Responses only") && !tools.is_empty() {
        return Err(failure::of("multi-agent-tools").because("the body has tools of the client"));
    }
    let input = items::taken(asked, input)?;
    let conversation = conversations::named(asked, scope, body.get("conversation"))?;
    let mut question = Question { model: chosen.model.name.to_owned(), tools, ..Question::default() };
    question.limit = body.get("max_output_tokens").and_then(Value::as_u64);
    question.choice = chat::choice(body.get("tool_choice"));
    question.form = match body.pointer("/text/format/type").and_then(Value::as_str) {
        Some("json_schema") => {
            body.pointer("/text/format/schema").map_or(Form::Object, |schema| Form::Schema(schema.clone()))
        }
        Some("json_object") => Form::Object,
        _ => Form::Text,
    };
    if let Some(instructions) = body.get("instructions").and_then(Value::as_str) {
        question.hear(From::Other, instructions);
    }
    for earlier in history(asked, scope, body, conversation.as_deref())? {
        items::hear(&mut question, &earlier);
    }
    items::hear(&mut question, &input);
    let turn = turn::take(&question);
    let response_id = asked.store.plain_id(&format!("resp_{}_", region_key(asked)), 44);
    let response = Made { asked, body, id: response_id, conversation: conversation.clone(), turn }.response();
    let stored = body.get("store").and_then(Value::as_bool).unwrap_or(true);
    let mut shown = response.clone();
    let mut lasting = response;
    if flag("background") {
        set(&mut shown, "status", "queued");
        set(&mut shown, "output", json!([]));
        // Nobody signs for what runs later, so it fails unless a key was given.
        if caller.auth_method != "genai-api-key" {
            let said = failure::of("background-signed").message;
            set(&mut lasting, "status", "failed");
            set(&mut lasting, "output", json!([]));
            set(&mut lasting, "error", json!({ "code": "server_error", "message": said }));
        }
    }
    if stored || flag("background") {
        let id = lasting.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        keep(asked, scope, KIND, &id, json!({ "response": lasting, "input": input }));
    }
    if let Some(conversation) = conversation {
        let output = lasting.get("output").and_then(Value::as_array).cloned().unwrap_or_default();
        conversations::append(asked, scope, &conversation, input.into_iter().chain(output));
    }
    let answer = match flag("stream") {
        true => Answer::with_body(Body::Events(stream::events(&shown))),
        false => Answer::json(shown),
    };
    Ok(match chosen.ends {
        Some(end) => {
            answer.with_header("model-retirement-info", format!("{} will be retired on {end}", chosen.id))
        }
        None => answer,
    })
}

/// What was said before: in the conversation, or in the responses before this one, oldest first.
fn history(
    asked: Asked<'_>,
    scope: &Scope,
    body: &Value,
    conversation: Option<&str>,
) -> Result<Vec<Vec<Value>>, Failure> {
    if let Some(conversation) = conversation {
        return Ok(vec![conversations::said(asked, conversation)]);
    }
    let mut earlier = Vec::new();
    let mut next = body.get("previous_response_id").and_then(Value::as_str).map(str::to_owned);
    for _ in 0..CHAIN {
        let Some(id) = next else { break };
        let held = match kept(asked, scope, "Response", KIND, &id) {
            Ok(held) => held,
            Err(failed) if earlier.is_empty() => {
                let message = format!("Previous response with id '{id}' not found.");
                return Err(Failure::new(400, "previous_response_not_found", message).because(failed.because));
            }
            Err(_) => break,
        };
        let of = |path: &str| held.value.pointer(path).and_then(Value::as_array).cloned().unwrap_or_default();
        earlier.push(of("/response/output"));
        earlier.push(of("/input"));
        next =
            held.value.pointer("/response/previous_response_id").and_then(Value::as_str).map(str::to_owned);
    }
    earlier.reverse();
    Ok(earlier)
}

struct Made<'a> {
    asked: Asked<'a>,
    body: &'a Value,
    id: String,
    conversation: Option<String>,
    turn: Turn,
}

impl Made<'_> {
    fn output(&self) -> Vec<Value> {
        if self.turn.calls.is_empty() {
            let status = if self.turn.reply.cut { "incomplete" } else { "completed" };
            let part = json!({ "type": "output_text", "text": self.turn.reply.text, "annotations": [], "logprobs": [] });
            let id = format!("msg_{}", text::letters(&[&self.id, "message"], 48));
            return vec![json!({ "id": id, "type": "message", "status": status, "role": "assistant",
                "content": [part] })];
        }
        let calls = self.turn.calls.iter().map(|call| {
            json!({ "id": format!("fc_{}", text::letters(&[&self.id, &call.id], 48)), "type": "function_call",
                "status": "completed", "call_id": call.id, "name": call.name,
                "arguments": call.arguments.to_string() })
        });
        calls.collect()
    }

    fn response(&self) -> Value {
        let given = |key: &str, usual: Value| {
            self.body.get(key).filter(|value| !value.is_null()).cloned().unwrap_or(usual)
        };
        let cut = self.turn.reply.cut;
        json!({
            "id": self.id,
            "object": "response",
            "created_at": self.asked.call.now.as_second(),
            "status": if cut { "incomplete" } else { "completed" },
            "background": given("background", json!(false)),
            "conversation": self.conversation.as_ref().map(|id| json!({ "id": id })),
            "error": null,
            "incomplete_details": cut.then(|| json!({ "reason": "max_output_tokens" })),
            "instructions": given("instructions", Value::Null),
            "max_output_tokens": given("max_output_tokens", Value::Null),
            "model": given("model", Value::Null),
            "output": self.output(),
            "parallel_tool_calls": given("parallel_tool_calls", json!(true)),
            "previous_response_id": given("previous_response_id", Value::Null),
            "reasoning": given("reasoning", json!({ "effort": null, "summary": null })),
            "store": given("store", json!(true)),
            "temperature": given("temperature", json!(1.0)),
            "text": given("text", json!({ "format": { "type": "text" } })),
            "tool_choice": given("tool_choice", json!("auto")),
            "tools": given("tools", json!([])),
            "top_p": given("top_p", json!(1.0)),
            "truncation": given("truncation", json!("disabled")),
            "usage": {
                "input_tokens": self.turn.prompt_tokens,
                "input_tokens_details": { "cached_tokens": 0 },
                "output_tokens": self.turn.completion_tokens,
                "output_tokens_details": { "reasoning_tokens": 0 },
                "total_tokens": self.turn.total(),
            },
            "metadata": given("metadata", json!({})),
        })
    }
}

pub fn retrieve(asked: Asked<'_>, scope: &Scope) -> Result<Answer, Failure> {
    let held = kept(asked, scope, "Response", KIND, id(asked))?;
    Ok(Answer::json(held.value.get("response").cloned().unwrap_or(Value::Null)))
}

pub fn delete(asked: Asked<'_>, scope: &Scope) -> Result<Answer, Failure> {
    let held = kept(asked, scope, "Response", KIND, id(asked))?;
    asked.store.remove(&held.id);
    Ok(gone(&held.id, "response.deleted"))
}

pub fn input_items(asked: Asked<'_>, scope: &Scope) -> Result<Answer, Failure> {
    let held = kept(asked, scope, "Response", KIND, id(asked))?;
    let input = held.value.get("input").and_then(Value::as_array).cloned().unwrap_or_default();
    list::page(asked, input, true)
}
