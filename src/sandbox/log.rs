//! The log of requests: for each one how it was authenticated, what was decided and why, as a JSON line.

use std::fs::File;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::authorize::Ruling;
use super::call::{Answer, Body, Call, Caller, Failure, Route};
use crate::authz::{Compiled, NearMiss};
use crate::wire::Token;

/// Query parameters whose values are secret.
const SECRET_PARAMETERS: &[&str] = &["key", "api_key", "token"];

/// The log.
#[derive(Debug)]
pub struct Log(Mutex<File>);

impl Log {
    /// Adds to a file.
    pub fn new(file: File) -> Self {
        Self(Mutex::new(file))
    }

    /// Adds a line, in one write, so that lines never mix. A full disk stops no request.
    pub fn write(&self, entry: &Value) -> io::Result<()> {
        let mut line = entry.to_string();
        line.push('\n');
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes())
    }
}

/// What is known of a request so far.
#[derive(Debug, Default)]
pub struct Entry(Map<String, Value>);

impl Entry {
    /// A request that came in at a door.
    pub fn new(call: &Call, door: &str) -> Self {
        let mut entry = Self::default();
        entry.set("time", json!(call.now.to_string()));
        entry.set("request_id", json!(call.request_id));
        entry.set("door", json!(door));
        entry.set("region", json!(call.region));
        entry.set("method", json!(call.method));
        entry.set("target", json!(redacted(&call.target)));
        entry
    }

    /// Sets a field.
    pub fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    /// Where it leads.
    pub fn route(&mut self, route: &Route) {
        self.set("plane", json!(route.plane.name));
        self.set("operation", json!(route.operation.name));
    }

    /// Who is calling.
    pub fn caller(&mut self, caller: &Caller) {
        self.set(
            "caller",
            json!({
                "auth_method": caller.auth_method,
                "principal": caller.principal.label(),
                "ocid": caller.ocid,
                "tenancy": caller.tenancy,
                "compartment": caller.compartment,
            }),
        );
    }

    /// The token that was given out: whom it stands for and until when, never itself.
    pub fn issued(&mut self, answer: &Answer) {
        let Body::Json(body) = &answer.body else { return };
        let text = ["token", "access_token"].into_iter().find_map(|name| body.get(name)?.as_str());
        let Some(token) = text.and_then(|text| Token::parse(text).ok()) else { return };
        let claim = |name: &str| token.claims().get(name).cloned();
        self.set("issued", json!({ "sub": claim("sub"), "ttype": claim("ttype"), "exp": claim("exp") }));
    }

    /// What was decided.
    pub fn ruling(&mut self, compiled: &Compiled, ruling: &Ruling) {
        let statements = |list: &[usize]| list.iter().map(|at| statement(compiled, *at)).collect::<Vec<_>>();
        let mut decision = json!({
            "decision": if ruling.allowed { "allow" } else { "deny" },
            "asked": ruling.asked,
            "granted_by": statements(&ruling.decision.granted_by),
            "denied_by": statements(&ruling.decision.denied_by),
        });
        if let Some(fields) = decision.as_object_mut() {
            if let Some(reason) = &ruling.assumed {
                fields.insert("assumed".into(), json!(reason));
            }
            if !ruling.near_misses.is_empty() {
                let near: Vec<_> = ruling.near_misses.iter().map(|miss| near_miss(compiled, miss)).collect();
                fields.insert("near_misses".into(), json!(near));
            }
            if !ruling.decision.unknowns.is_empty() {
                let reasons: Vec<_> = ruling.decision.unknowns.iter().map(|open| &*open.reason).collect();
                fields.insert("unknowns".into(), json!(reasons));
            }
        }
        self.set("authorization", decision);
    }

    /// Why it was not answered as asked.
    pub fn failure(&mut self, failure: &Failure) {
        self.set("code", json!(failure.code));
        self.set("message", json!(failure.message));
        if let Some(text) = failure.text {
            self.set("error", json!(text));
        }
        if !failure.because.is_empty() {
            self.set("because", json!(failure.because));
        }
    }

    /// The whole entry.
    pub fn finish(mut self, status: u16, milliseconds: f64) -> Value {
        self.set("status", json!(status));
        self.set("duration_ms", json!((milliseconds * 1000.0).round() / 1000.0));
        Value::Object(self.0)
    }
}

fn statement(compiled: &Compiled, at: usize) -> Value {
    compiled.origins.get(at).map_or(Value::Null, |origin| {
        json!({ "policy": &*origin.policy, "index": origin.index, "text": &*origin.text, "place": origin.place.as_deref() })
    })
}

fn near_miss(compiled: &Compiled, miss: &NearMiss) -> Value {
    let failed: Vec<_> = miss
        .failed
        .iter()
        .map(|one| json!({ "clause": one.clause.as_str(), "expected": one.expected, "actual": one.actual }))
        .collect();
    json!({ "statement": statement(compiled, miss.origin), "failed": failed, "edit": miss.edit })
}

/// A target with the values of secret parameters taken out.
fn redacted(target: &str) -> String {
    let Some((path, query)) = target.split_once('?') else { return target.to_owned() };
    let pairs: Vec<_> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if SECRET_PARAMETERS.iter().any(|secret| name.eq_ignore_ascii_case(secret)) => {
                format!("{name}=<redacted>")
            }
            _ => pair.to_owned(),
        })
        .collect();
    format!("{path}?{}", pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_a_query_are_taken_out() {
        assert_eq!(redacted("/x?a=1&key=sk-marked&b=2"), "/x?a=1&key=<redacted>&b=2");
        assert_eq!(redacted("/x"), "/x");
    }
}
