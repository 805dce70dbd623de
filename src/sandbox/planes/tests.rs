//! The planes without sockets and rights: what they answer to calls that are allowed.

mod every;
mod shapes;

use super::*;
use crate::catalog::{self, Plane};
use crate::sandbox::{Body, failure, route};
use crate::wire::Headers;
use serde_json::json;

pub fn call(method: &str, target: &str) -> Call {
    Call {
        region: "us-chicago-1",
        method: method.to_owned(),
        target: target.to_owned(),
        host: "127.0.0.1".to_owned(),
        headers: Headers::new(),
        body: Vec::new(),
        now: "2026-11-21T12:00:00Z".parse().unwrap(),
        request_id: "client/server/one".to_owned(),
    }
}

/// A sandbox without sockets and rights: what the planes alone answer.
pub struct Bench {
    pub store: Store,
    pub tenancy: Tenancy,
    pub headers: Headers,
}

pub const TENANCY: &str = include_str!("../../../fixtures/tenancies/acme.toml");

impl Bench {
    pub fn new() -> Self {
        let mut tenancy = Tenancy::from_text(TENANCY).unwrap();
        complete(&mut tenancy);
        let headers = [("opc-compartment-id", "ocid1.compartment.oc1..mlprod")].into_iter().collect();
        Self { store: Store::of(&tenancy), tenancy, headers }
    }

    pub fn ask(&mut self, method: &str, target: &str, body: Value) -> (Answer, String) {
        let mut call = call(method, target);
        call.headers = self.headers.clone();
        if !body.is_null() {
            call.body = body.to_string().into_bytes();
        }
        self.send(&call)
    }

    /// Sends a file as a form.
    pub fn upload(&mut self, target: &str, name: &str, content: &str) -> (Answer, String) {
        let mut call = call("POST", target);
        call.headers = self.headers.clone();
        call.headers.set("content-type", "multipart/form-data; boundary=XX");
        call.body = format!(
            "--XX\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\nassistants\r\n--XX\r\n\
             content-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\ncontent-type: text/plain\r\n\r\n\
             {content}\r\n--XX--\r\n"
        )
        .into_bytes();
        self.send(&call)
    }

    pub fn send(&mut self, call: &Call) -> (Answer, String) {
        let planes: Vec<&'static Plane> = catalog::planes().iter().collect();
        let Some(route) = route::find(&planes, &call.method, call.path()) else {
            let (failed, plane) = route::absent(&planes, &call.method, call.path());
            return (failure::answer(&failed, plane), failed.because);
        };
        let caller = Caller {
            auth_method: "user-api-key",
            principal: crate::authz::Principal::Anyone,
            ocid: "ocid1.user.oc1..ana".into(),
            tenancy: self.tenancy.ocid.clone().unwrap(),
            compartment: None,
        };
        let answered = target(&self.store, &self.tenancy, call, &route)
            .and_then(|target| answer(&self.store, &self.tenancy, call, &route, &caller, &target));
        match answered {
            Ok(mut answer) => {
                for change in answer.changes.drain(..) {
                    change.apply(&mut self.tenancy);
                }
                (answer, String::new())
            }
            Err(failed) => (failure::answer(&failed, Some(route.plane)), failed.because),
        }
    }

    /// Status and body of an answer, as one line of text.
    pub fn shown(&mut self, method: &str, target: &str, body: Value) -> String {
        let (answer, because) = self.ask(method, target, body);
        let because = if because.is_empty() { because } else { format!("  because {because}") };
        let shown = match answer.body {
            Body::Json(value) => value.to_string(),
            Body::Events(events) => events.join("\n"),
            Body::Bytes(kind, bytes) => format!("{kind}: {}", String::from_utf8_lossy(&bytes)),
            Body::Empty => "-".to_owned(),
        };
        format!("{} {shown}{because}", answer.status)
    }
}

pub fn chat(model: &str, request: Value) -> Value {
    json!({ "compartmentId": "ocid1.compartment.oc1..mlprod",
        "servingMode": { "servingType": "ON_DEMAND", "modelId": model }, "chatRequest": request })
}

pub fn generic(text: &str) -> Value {
    json!({ "apiFormat": "GENERIC",
        "messages": [{ "role": "USER", "content": [{ "type": "TEXT", "text": text }] }] })
}

#[test]
fn chat_answers_in_each_format() {
    let mut bench = Bench::new();
    let model = "meta.llama-3.3-70b-instruct";
    let mut limited = generic("one two three");
    limited["maxTokens"] = json!(4);
    let mut stream = generic("Hi");
    stream["isStream"] = json!(true);
    stream["maxTokens"] = json!(2);
    let path = "/20231130/actions/chat";
    insta::assert_snapshot!(
        [
            bench.shown("POST", path, chat(model, generic("Hello"))),
            bench.shown("POST", path, chat(model, limited)),
            bench.shown("POST", path, chat(model, stream)),
            bench.shown(
                "POST",
                path,
                chat("cohere.command-a-03-2025", json!({ "apiFormat": "COHERE", "message": "Hello" }))
            ),
            bench.shown("POST", path, chat(model, json!({ "apiFormat": "GENERIC", "messages": [] }))),
            bench.shown("POST", path, json!({})),
            bench.shown("POST", path, Value::Null),
        ]
        .join("\n")
    );
}

#[test]
fn chat_completions_answer_at_once_and_as_a_stream() {
    let mut bench = Bench::new();
    let path = "/openai/v1/chat/completions";
    let body = |more: Value| {
        let mut body =
            json!({ "model": "openai.gpt-oss-120b", "messages": [{ "role": "user", "content": "Hi" }] });
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        body
    };
    let stream = json!({ "stream": true, "stream_options": { "include_usage": true }, "max_tokens": 2 });
    let tools = json!({ "tools": [{ "type": "function", "function": { "name": "look", "parameters":
        { "type": "object", "properties": { "word": { "type": "string" } } } } }] });
    insta::assert_snapshot!(
        [
            bench.shown("POST", path, body(json!({}))),
            bench.shown("POST", "/20231130/actions/v1/chat/completions", body(stream)),
            bench.shown("POST", path, body(tools)),
            bench.shown("POST", path, body(json!({ "model": "no.such" }))),
            bench.shown("POST", path, json!({ "messages": [] })),
        ]
        .join("\n")
    );
}
