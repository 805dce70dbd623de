//! A response as a stream: the events from `response.created` to the last, numbered.

use serde_json::{Value, json};

use super::super::{set, text};

/// The events of a finished response.
pub fn events(response: &Value) -> Vec<String> {
    let mut events = Events::default();
    let mut begun = response.clone();
    set(&mut begun, "status", "in_progress");
    set(&mut begun, "output", json!([]));
    set(&mut begun, "usage", Value::Null);
    set(&mut begun, "incomplete_details", Value::Null);
    events.add("response.created", json!({ "response": begun }));
    let status = response.get("status").and_then(Value::as_str).unwrap_or_default();
    if status == "queued" {
        events.add("response.queued", json!({ "response": response }));
        return events.lines;
    }
    events.add("response.in_progress", json!({ "response": begun }));
    let output = response.get("output").and_then(Value::as_array);
    for (index, item) in output.into_iter().flatten().enumerate() {
        let mut opened = item.clone();
        set(&mut opened, "status", "in_progress");
        let message = item.get("type").and_then(Value::as_str) == Some("message");
        match message {
            true => set(&mut opened, "content", json!([])),
            false => set(&mut opened, "arguments", ""),
        }
        events.add("response.output_item.added", json!({ "output_index": index, "item": opened }));
        match message {
            true => events.text(index, item),
            false => events.call(index, item),
        }
        events.add("response.output_item.done", json!({ "output_index": index, "item": item }));
    }
    let last = if status == "incomplete" { "response.incomplete" } else { "response.completed" };
    events.add(last, json!({ "response": response }));
    events.lines
}

#[derive(Default)]
struct Events {
    lines: Vec<String>,
}

impl Events {
    fn add(&mut self, kind: &str, fields: Value) {
        let mut event = json!({ "type": kind, "sequence_number": self.lines.len() });
        for (key, value) in fields.as_object().into_iter().flatten() {
            set(&mut event, key, value.clone());
        }
        self.lines.push(format!("event: {kind}\ndata: {event}"));
    }

    /// Adds an event about a part of an item.
    fn part(&mut self, kind: &str, index: usize, item: &Value, fields: Value) {
        let id = item.get("id").cloned().unwrap_or(Value::Null);
        let mut all = json!({ "item_id": id, "output_index": index });
        for (key, value) in fields.as_object().into_iter().flatten() {
            set(&mut all, key, value.clone());
        }
        self.add(kind, all);
    }

    fn text(&mut self, index: usize, item: &Value) {
        let part = item.pointer("/content/0").cloned().unwrap_or(Value::Null);
        let whole = part.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut opened = part.clone();
        set(&mut opened, "text", "");
        self.part("response.content_part.added", index, item, json!({ "content_index": 0, "part": opened }));
        for piece in text::pieces(&whole) {
            let delta = json!({ "content_index": 0, "delta": piece, "logprobs": [] });
            self.part("response.output_text.delta", index, item, delta);
        }
        let done = json!({ "content_index": 0, "text": whole, "logprobs": [] });
        self.part("response.output_text.done", index, item, done);
        self.part("response.content_part.done", index, item, json!({ "content_index": 0, "part": part }));
    }

    fn call(&mut self, index: usize, item: &Value) {
        let arguments = item.get("arguments").and_then(Value::as_str).unwrap_or_default();
        let name = item.get("name").cloned().unwrap_or(Value::Null);
        self.part("response.function_call_arguments.delta", index, item, json!({ "delta": arguments }));
        self.part(
            "response.function_call_arguments.done",
            index,
            item,
            json!({ "arguments": arguments, "name": name }),
        );
    }
}
