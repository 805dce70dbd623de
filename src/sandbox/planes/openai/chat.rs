//! Chat Completions, at once or as a stream of chunks.

use serde_json::{Value, json};

use super::super::model::{self, Api};
use super::super::text;
use super::super::turn::{self, Choice, Form, From, Question, Tool, Turn};
use super::super::{Asked, set};
use super::refused;
use super::scope::Scope;
use crate::sandbox::call::{Answer, Body, Failure};
use crate::sandbox::failure;

/// How many answers to one question a call may ask for.
const MOST_CHOICES: u64 = 16;

pub fn answer(asked: Asked<'_>, scope: &Scope, body: &Value) -> Result<Answer, Failure> {
    let Some(id) = body.get("model").and_then(Value::as_str) else {
        return Err(refused("you must provide a model parameter", "the body has no `model`"));
    };
    let chosen = model::choose(asked.store, asked.call, id, Api::ChatCompletions)?;
    model::within_quota(asked, &chosen, scope.compartment.as_deref())?;
    let question = question(body, chosen.model.name, chosen.model.vendor)?;
    let turn = turn::take(&question);
    let chat = Chat {
        id: format!("chatcmpl-{}", text::letters(&[&asked.call.request_id], 29)),
        created: asked.call.now.as_second(),
        model: id,
        turn,
    };
    let stream = body.get("stream").and_then(Value::as_bool).unwrap_or(false);
    let answer = match stream {
        true => {
            let usage =
                body.pointer("/stream_options/include_usage").and_then(Value::as_bool).unwrap_or(false);
            Answer::with_body(Body::Events(chat.events(usage)))
        }
        false => {
            let count = body.get("n").and_then(Value::as_u64).unwrap_or(1);
            if count == 0 || count > MOST_CHOICES {
                let because = format!("`n` is {count}; the sandbox gives 1 to {MOST_CHOICES}");
                return Err(refused(format!("Invalid 'n': {count}"), because));
            }
            Answer::json(chat.completion(count))
        }
    };
    Ok(match chosen.ends {
        Some(end) => answer.with_header("model-retirement-info", format!("{id} will be retired on {end}")),
        None => answer,
    })
}

/// The text of a message: a string, or the texts of its parts.
pub fn content(content: Option<&Value>) -> String {
    match content {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            parts.iter().filter_map(|part| part.get("text")?.as_str()).collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

fn question(body: &Value, model: &str, vendor: &str) -> Result<Question, Failure> {
    let mut question = Question { model: model.to_owned(), ..Question::default() };
    let messages = body.get("messages").and_then(Value::as_array).filter(|messages| !messages.is_empty());
    let Some(messages) = messages else {
        return Err(refused("'messages' is a required property", "`messages` is missing or empty"));
    };
    for (at, message) in messages.iter().enumerate() {
        let said = content(message.get("content"));
        match message.get("role").and_then(Value::as_str) {
            Some("user") => question.hear(From::User, &said),
            Some("tool" | "function") => question.hear(From::Tool, &said),
            Some("system" | "developer") if vendor == "google" => {
                return Err(failure::of("gemini-system").because("Gemini models take no system message here"));
            }
            Some("assistant" | "system" | "developer") => question.hear(From::Other, &said),
            other => {
                let shown = other.unwrap_or("null");
                return Err(refused(
                    format!("Invalid value: '{shown}' for 'messages[{at}].role'"),
                    "a message has no role that exists",
                ));
            }
        }
    }
    question.limit =
        ["max_completion_tokens", "max_tokens"].iter().find_map(|key| body.get(key)).and_then(Value::as_u64);
    question.stop = match body.get("stop") {
        Some(Value::String(stop)) => vec![stop.clone()],
        Some(Value::Array(stops)) => stops.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    question.form = match body.pointer("/response_format/type").and_then(Value::as_str) {
        Some("json_object") => Form::Object,
        Some("json_schema") => body
            .pointer("/response_format/json_schema/schema")
            .map_or(Form::Object, |schema| Form::Schema(schema.clone())),
        _ => Form::Text,
    };
    question.tools = tools(body.get("tools"));
    question.choice = choice(body.get("tool_choice"));
    Ok(question)
}

/// The tools of Chat Completions (under `function`) and of Responses (flat).
pub fn tools(tools: Option<&Value>) -> Vec<Tool> {
    let tools = tools.and_then(Value::as_array);
    let of = |tool: &Value| {
        let function = tool.get("function").unwrap_or(tool);
        let name = function.get("name")?.as_str()?.to_owned();
        (tool.get("type").and_then(Value::as_str) == Some("function")).then(|| Tool {
            name,
            schema: function.get("parameters").cloned().unwrap_or_else(|| json!({ "type": "object" })),
        })
    };
    tools.into_iter().flatten().filter_map(of).collect()
}

/// What `tool_choice` says.
pub fn choice(choice: Option<&Value>) -> Choice {
    match choice {
        Some(Value::String(word)) if word == "none" => Choice::None,
        Some(Value::String(word)) if word == "required" => Choice::Required,
        Some(Value::Object(fields)) => {
            let named = fields
                .get("function")
                .and_then(|function| function.get("name"))
                .or_else(|| fields.get("name"));
            named.and_then(Value::as_str).map_or(Choice::Required, |name| Choice::Named(name.to_owned()))
        }
        _ => Choice::Auto,
    }
}

struct Chat<'a> {
    id: String,
    created: i64,
    model: &'a str,
    turn: Turn,
}

impl Chat<'_> {
    fn usage(&self) -> Value {
        json!({
            "prompt_tokens": self.turn.prompt_tokens,
            "completion_tokens": self.turn.completion_tokens,
            "total_tokens": self.turn.total(),
            "prompt_tokens_details": { "cached_tokens": 0, "audio_tokens": 0 },
            "completion_tokens_details": { "reasoning_tokens": 0, "audio_tokens": 0,
                "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0 },
        })
    }

    fn calls(&self, indexed: bool) -> Value {
        let calls = self.turn.calls.iter().enumerate().map(|(index, call)| {
            let mut shown = json!({ "id": call.id, "type": "function",
                "function": { "name": call.name, "arguments": call.arguments.to_string() } });
            if indexed {
                set(&mut shown, "index", index);
            }
            shown
        });
        calls.collect()
    }

    fn completion(&self, count: u64) -> Value {
        let mut message = json!({ "role": "assistant", "content": self.turn.reply.text, "refusal": null });
        if !self.turn.calls.is_empty() {
            set(&mut message, "content", Value::Null);
            set(&mut message, "tool_calls", self.calls(false));
        }
        let choices: Vec<_> = (0..count)
            .map(|index| {
                json!({ "index": index, "message": message, "logprobs": null, "finish_reason": self.turn.finish() })
            })
            .collect();
        json!({
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": choices,
            "usage": self.usage(),
            "system_fingerprint": null,
        })
    }

    fn events(&self, usage: bool) -> Vec<String> {
        let chunk = |choices: Value| {
            json!({ "id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": self.model,
                "choices": choices, "system_fingerprint": null })
        };
        let delta = |delta: Value, finish: Value| {
            chunk(json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish }]))
        };
        let mut events = vec![delta(json!({ "role": "assistant", "content": "" }), Value::Null)];
        let pieces = text::pieces(&self.turn.reply.text);
        events.extend(pieces.iter().map(|piece| delta(json!({ "content": piece }), Value::Null)));
        if !self.turn.calls.is_empty() {
            events.push(delta(json!({ "tool_calls": self.calls(true) }), Value::Null));
        }
        events.push(delta(json!({}), self.turn.finish().into()));
        if usage {
            let mut last = chunk(json!([]));
            set(&mut last, "usage", self.usage());
            events.push(last);
        }
        let mut lines: Vec<_> = events.into_iter().map(|event| format!("data: {event}")).collect();
        lines.push("data: [DONE]".to_owned());
        lines
    }
}
