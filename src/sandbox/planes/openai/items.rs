//! Items of Responses and conversations: messages, calls of tools and their results.

use std::fmt::Display;

use serde_json::{Value, json};

use super::super::turn::{From, Question};
use super::super::{Asked, set};
use super::chat;
use crate::sandbox::call::Failure;
use crate::sandbox::failure;

/// Takes items of an input, each with an id and whole; a text is one message of the user.
pub fn taken(asked: Asked<'_>, input: &Value) -> Result<Vec<Value>, Failure> {
    match input {
        Value::String(text) => Ok(vec![message(asked, "user", text)]),
        Value::Array(items) => items.iter().map(|item| one(asked, item)).collect(),
        _ => Err(bad("`input` is neither a text nor a list")),
    }
}

fn bad(because: impl Display) -> Failure {
    failure::of("bad-input-responses").because(because)
}

fn message(asked: Asked<'_>, role: &str, text: &str) -> Value {
    json!({ "type": "message", "id": asked.store.plain_id("msg_", 48), "status": "completed", "role": role,
        "content": [{ "type": "input_text", "text": text }] })
}

fn one(asked: Asked<'_>, item: &Value) -> Result<Value, Failure> {
    let kind = item.get("type").and_then(Value::as_str);
    let kind = kind.ok_or_else(|| bad("an item of `input` has no `type`"))?;
    let mut taken = item.clone();
    if kind == "message" {
        let role = item.get("role").and_then(Value::as_str).unwrap_or_default();
        if !["user", "assistant", "system", "developer"].contains(&role) {
            return Err(bad(format!("`{role}` is no role of a message")));
        }
        if let Some(Value::String(text)) = item.get("content") {
            let part = if role == "assistant" { "output_text" } else { "input_text" };
            set(&mut taken, "content", json!([{ "type": part, "text": text }]));
        }
        if item.get("content").is_none() {
            return Err(bad("a message has no `content`"));
        }
        set(&mut taken, "status", "completed");
    }
    if item.get("id").and_then(Value::as_str).is_none() {
        let prefix = match kind {
            "message" => "msg_",
            "function_call" => "fc_",
            _ => "item_",
        };
        set(&mut taken, "id", asked.store.plain_id(prefix, 48));
    }
    Ok(taken)
}

/// Lets a question hear items.
pub fn hear(question: &mut Question, items: &[Value]) {
    for item in items {
        match item.get("type").and_then(Value::as_str) {
            Some("message") => {
                let from = match item.get("role").and_then(Value::as_str) {
                    Some("user") => From::User,
                    _ => From::Other,
                };
                question.hear(from, &chat::content(item.get("content")));
            }
            Some("function_call_output") => {
                let output = item.get("output");
                let text = output.and_then(Value::as_str).map(str::to_owned);
                question.hear(From::Tool, &text.unwrap_or_else(|| chat::content(output)));
            }
            _ => question.hear(From::Other, &item.to_string()),
        }
    }
}
