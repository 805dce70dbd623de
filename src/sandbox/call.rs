//! What passes between the rooms of the sandbox: a request, where it leads, and what comes back.

use std::collections::BTreeMap;
use std::fmt::Display;

use jiff::Timestamp;
use serde_json::Value;

use super::change::Change;
use crate::authz::Principal;
use crate::catalog::{ErrorText, Operation, Plane};
use crate::wire::Headers;

/// One request as it came in, with the region whose door it knocked at.
#[derive(Debug, Clone)]
pub struct Call {
    /// The region that the listener stands for, by its public name.
    pub region: &'static str,
    /// Upper-case method.
    pub method: String,
    /// Path and query exactly as on the wire: what a signature covers.
    pub target: String,
    /// The host header as sent, with its port.
    pub host: String,
    /// All headers.
    pub headers: Headers,
    /// The whole body.
    pub body: Vec<u8>,
    /// When it arrived, by the clock that the sandbox shows to its clients.
    pub now: Timestamp,
    /// The `opc-request-id` of the answer.
    pub request_id: String,
}

impl Call {
    /// The path without the query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The query's pairs in order, percent-decoded.
    pub fn query(&self) -> Vec<(String, String)> {
        let query = self.target.split_once('?').map(|(_, query)| query).unwrap_or_default();
        form_pairs(query)
    }

    /// The first value of a query parameter.
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.query().into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The body as JSON, if it is that.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// The pairs of a query or of a form's body, percent-decoded.
pub fn form_pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(key, b' '), decoded(value, b' '))
        })
        .collect()
}

/// A piece of a path, percent-decoded; there a plus sign is itself.
pub(super) fn decoded_path(text: &str) -> String {
    decoded(text, b'+')
}

fn decoded(text: &str, plus: u8) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(plus),
            b'%' => {
                let mut ahead = rest.clone();
                let pair = ahead.next().and_then(hex).zip(ahead.next().and_then(hex));
                match pair {
                    Some((high, low)) => {
                        bytes.push(high * 16 + low);
                        rest = ahead;
                    }
                    None => bytes.push(byte),
                }
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Where a call leads: the plane that answers it and the operation that it asks for.
#[derive(Debug, Clone)]
pub struct Route {
    /// The plane, from the catalogue.
    pub plane: &'static Plane,
    /// The operation, from the catalogue.
    pub operation: &'static Operation,
    /// What stands in the braces of the operation's path, by name.
    pub parameters: BTreeMap<&'static str, String>,
}

/// Who is calling, once that is proven.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The auth method, by its name in the catalogue.
    pub auth_method: &'static str,
    /// The principal as the evaluator knows it.
    pub principal: Principal,
    /// The OCID of the user, instance, resource or key.
    pub ocid: String,
    /// The OCID of the caller's tenancy.
    pub tenancy: String,
    /// The compartment of the caller itself, where it has one: an API key's grants and usage belong to it.
    pub compartment: Option<String>,
}

/// What a call wants to reach: what the evaluator needs to decide it.
#[derive(Debug, Clone, Default)]
pub struct Target {
    /// OCID of the compartment that holds it.
    pub compartment: Option<String>,
    /// The model, by its name, for calls of a model.
    pub model: Option<String>,
    /// Further condition variables that the call carries, such as `target.apikey.id`.
    pub attributes: BTreeMap<String, Vec<String>>,
}

/// What goes back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Headers beside the ones that every answer has (`date`, `opc-request-id`, `content-type`, `content-length`).
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
    /// What it changes in the served tenancy: to be applied before the answer is sent.
    pub changes: Vec<Change>,
    /// Whether a server that is not OCI's wrote it.
    pub is_foreign: bool,
}

/// The body of an answer.
#[derive(Debug, Clone)]
pub enum Body {
    /// None.
    Empty,
    /// A JSON document.
    Json(Value),
    /// Server-sent events, each the text between its blank lines (`data: …` or `event: …\ndata: …`), sent one by one.
    Events(Vec<String>),
    /// Anything else, with its content type.
    Bytes(String, Vec<u8>),
}

impl Answer {
    /// A JSON answer with status 200.
    pub fn json(value: Value) -> Self {
        Self::with_body(Body::Json(value))
    }

    /// An answer with status 200.
    pub fn with_body(body: Body) -> Self {
        Self { status: 200, headers: Vec::new(), body, changes: Vec::new(), is_foreign: false }
    }

    /// An answer that says no more than that it is done.
    pub fn empty(status: u16) -> Self {
        Self::with_body(Body::Empty).with_status(status)
    }

    /// The same answer with another status.
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// The same answer without the headers that every service of OCI gives, as if another server wrote it.
    pub fn without_marks(self) -> Self {
        Self { is_foreign: true, ..self }
    }

    /// The same answer with one more change of the tenancy.
    pub fn with_change(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }

    /// The same answer with one more header.
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// Why a call was not answered as asked. The plane decides how it is worded: native inference repeats the status as the
/// code, the OpenAI-compatible plane wraps it in an `error` object, the others use OCI's code names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The HTTP status.
    pub status: u16,
    /// OCI's code name, such as `NotAuthorizedOrNotFound`, for the planes that give one.
    pub code: String,
    /// The message as OCI words it.
    pub message: String,
    /// The name of the catalogue's error text that it comes from, if any: says whether the words are verbatim.
    pub text: Option<&'static str>,
    /// What the log says beside it and the answer does not: the explanation that the service withholds.
    pub because: String,
}

impl Failure {
    /// A failure with words of its own.
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), text: None, because: String::new() }
    }

    /// The failure that an error text of the catalogue describes, with what it leaves open filled in by the caller.
    pub fn of(text: &'static ErrorText) -> Self {
        Self {
            status: text.status.unwrap_or(500),
            code: text.code.unwrap_or_default().to_owned(),
            message: text.message.unwrap_or_default().to_owned(),
            text: Some(text.name),
            because: String::new(),
        }
    }

    /// The same failure with the explanation that only the log gives.
    pub fn because(mut self, reason: impl Display) -> Self {
        self.because = reason.to_string();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(target: &str) -> Call {
        Call {
            region: "us-chicago-1",
            method: "GET".to_owned(),
            target: target.to_owned(),
            host: "127.0.0.1".to_owned(),
            headers: Headers::new(),
            body: Vec::new(),
            now: Timestamp::UNIX_EPOCH,
            request_id: String::new(),
        }
    }

    #[test]
    fn a_query_is_decoded_pair_by_pair() {
        let call = call("/20231130/models?compartmentId=ocid1.tenancy.oc1..a&name=a%2Fb+c&odd=%zz&flag");
        assert_eq!(call.path(), "/20231130/models");
        assert_eq!(call.parameter("name").as_deref(), Some("a/b c"));
        assert_eq!(call.parameter("odd").as_deref(), Some("%zz"));
        assert_eq!(call.parameter("flag").as_deref(), Some(""));
        assert_eq!(call.parameter("absent"), None);
    }
}
