//! What goes wrong on purpose: the faults in force, and the moments in the way of a request at which they bite.
//!
//! A fault is written `NAME[=VALUE][@WHERE[,WHERE…]]` ([`Spec`]): given on the command line, in the tenancy file, or at
//! the control endpoint of a running sandbox. Every error text of the catalogue is a fault of its name, which ends
//! that long after its first bite where its value is a time; the others are the troubles of clocks, networks and proxies.

mod spec;

use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::call::{Answer, Body, Call, Caller, Failure, Route};
use super::failure;
use crate::catalog;
use spec::Effect;
pub use spec::{Spec, SpecError};

/// A moment in the way of a request.
#[derive(Clone, Copy, Debug)]
pub enum Moment<'a> {
    /// It is known what it asks for, not yet who asks.
    Routed(&'a Route),
    /// It is known who asks for what.
    Authenticated(&'a Route, &'a Caller),
    /// The answer is ready.
    Answered(Option<&'a Route>, Option<&'a Caller>),
}

/// What happens to a request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It is refused.
    Refuse(Failure),
    /// Something else answers.
    Instead(Answer),
    /// Nothing happens for a while, then it goes on.
    Wait(Duration),
    /// The connection ends without an answer.
    HangUp,
    /// The connection ends after so many bytes of the body.
    CutAfter(usize),
    /// An error is answered with another one of this status, without the marks of OCI.
    Mask(u16),
}

/// The faults in force. They may change while the sandbox serves.
#[derive(Debug, Default)]
pub struct Faults(RwLock<Vec<Active>>);

/// A fault with the moment from which it is in force.
#[derive(Clone, Debug)]
struct Active {
    spec: Spec,
    since: Instant,
    /// When it bit for the first time.
    bit: Arc<OnceLock<Instant>>,
}

impl Active {
    fn new(spec: Spec, since: Instant) -> Self {
        Self { spec, since, bit: Arc::default() }
    }
}

impl Faults {
    /// These faults, from now on.
    pub fn new(specs: Vec<Spec>) -> Self {
        let faults = Self::default();
        faults.set(specs);
        faults
    }

    /// Puts these faults in place of all others, from now on.
    pub fn set(&self, specs: Vec<Spec>) {
        let since = Instant::now();
        let active = specs.into_iter().map(|spec| Active::new(spec, since)).collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = active;
    }

    fn active(&self) -> Vec<Active> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How far the clock of the sandbox is ahead of that of its clients.
    pub fn clock(&self) -> SignedDuration {
        let offsets = self.active().into_iter().filter_map(|one| match one.spec.effect {
            Effect::Skew(offset) => Some(offset),
            _ => None,
        });
        offsets.fold(SignedDuration::ZERO, SignedDuration::saturating_add)
    }

    /// Whether something between client and service answers TLS with a certificate of its own.
    pub fn intercepts_tls(&self) -> bool {
        self.active().iter().any(|one| matches!(one.spec.effect, Effect::TlsInterception))
    }

    /// The call as it arrives after all that rewrites it on the way; none where nothing does.
    pub fn rewritten(&self, route: &Route, call: &Call) -> Option<Call> {
        let active = self.active();
        let kind = active.iter().find_map(|one| match &one.spec.effect {
            Effect::ContentType(kind) if one.spec.is_about(call, Some(route), None) => Some(kind),
            _ => None,
        });
        let kind = kind.filter(|_| call.headers.get("content-type").is_some())?;
        let mut rewritten = call.clone();
        rewritten.headers.set("content-type", kind);
        Some(rewritten)
    }

    /// What happens to a call at a moment; nothing, as a rule.
    pub fn at(&self, moment: Moment<'_>, call: &Call) -> Vec<Fault> {
        let (route, caller) = match moment {
            Moment::Routed(route) => (Some(route), None),
            Moment::Authenticated(route, caller) => (Some(route), Some(caller)),
            Moment::Answered(route, caller) => (route, caller),
        };
        let bites = |one: &Active| one.spec.is_about(call, route, caller);
        self.active()
            .iter()
            .filter(|one| one.spec.moment().is(moment) && bites(one))
            .filter_map(|one| happens(one, call, route, caller))
            .collect()
    }

    /// The control endpoint: `GET /sandbox/faults` lists, `PUT` replaces, `POST` adds, `DELETE` ends all; bodies are
    /// JSON arrays of faults as they are written on the command line.
    pub fn control(&self, call: &Call) -> Option<Answer> {
        if call.path() != "/sandbox/faults" {
            return None;
        }
        let listed = |faults: &Self| {
            Answer::json(json!(faults.active().iter().map(|one| one.spec.text()).collect::<Vec<_>>()))
        };
        let refused = |message: String| {
            Answer::json(json!({ "code": "InvalidParameter", "message": message })).with_status(400)
        };
        let given = || -> Result<Vec<Spec>, String> {
            let body = call.json().ok_or("the body is no JSON")?;
            let Value::Array(texts) = body else {
                return Err("the body is no JSON array of faults".to_owned());
            };
            let texts = texts.iter().map(|text| text.as_str().ok_or("a fault is a JSON string"));
            texts.map(|text| Spec::parse(text?).map_err(|error| error.to_string())).collect()
        };
        Some(match call.method.as_str() {
            "GET" => listed(self),
            "DELETE" => {
                self.set(Vec::new());
                listed(self)
            }
            "PUT" | "POST" => match given() {
                Err(message) => refused(message),
                Ok(specs) => {
                    if call.method == "PUT" {
                        self.set(specs);
                    } else {
                        let since = Instant::now();
                        let more = specs.into_iter().map(|spec| Active::new(spec, since));
                        self.0.write().unwrap_or_else(PoisonError::into_inner).extend(more);
                    }
                    listed(self)
                }
            },
            _ => refused("use GET, PUT, POST or DELETE".to_owned()).with_status(405),
        })
    }
}

fn happens(active: &Active, call: &Call, route: Option<&Route>, caller: Option<&Caller>) -> Option<Fault> {
    Some(match &active.spec.effect {
        Effect::Text(_, Some(time)) if active.bit.get_or_init(Instant::now).elapsed() >= *time => {
            return None;
        }
        Effect::Text(name, _) => {
            let failure = failure::of(name).because(format!("the fault `{}`", active.spec.text()));
            Fault::Refuse(worded(failure, call))
        }
        Effect::Propagation(time) => {
            if active.since.elapsed() >= *time {
                return None;
            }
            let because = "the fault `propagation`: what was changed is not in force yet";
            Fault::Refuse(failure::not_authorized(route?, caller?, because))
        }
        Effect::Status(status) => {
            let (code, message) = match status {
                429 => ("TooManyRequests", "Too many requests for the user"),
                502 => ("InternalError", "Bad Gateway"),
                405 => ("MethodNotAllowed", "The method is not allowed for this resource."),
                409 => ("IncorrectState", "The resource is in a state that does not allow this operation."),
                501 => ("MethodNotImplemented", "The method is not implemented."),
                503 => ("ServiceUnavailable", "The service is currently unavailable."),
                504 => ("ServiceUnavailable", "Gateway Timeout"),
                _ => ("InternalServerError", "Internal Server Error"),
            };
            let because = format!("the fault `{}`", active.spec.text());
            Fault::Refuse(Failure::new(*status, code, message).because(because))
        }
        Effect::Slow(time) => Fault::Wait(*time),
        Effect::HangUp => Fault::HangUp,
        Effect::Truncate(bytes) => Fault::CutAfter(*bytes),
        Effect::Html(status) => Fault::Instead(page(*status)),
        Effect::Redirect(to) => Fault::Instead(
            Answer { body: Body::Empty, ..Answer::json(Value::Null) }
                .with_status(307)
                .with_header("location", to.clone()),
        ),
        Effect::CompartmentOnlyIn(name) => {
            if call.headers.get(name).is_some_and(|value| !value.is_empty()) {
                return None;
            }
            let because = format!("the fault `{}`: the header is not there", active.spec.text());
            Fault::Refuse(failure::of("missing-compartment-native").because(because))
        }
        Effect::Masked(status) => Fault::Mask(*status),
        Effect::OtherVendor => Fault::Instead(vendors_refusal()),
        Effect::Skew(_) | Effect::TlsInterception | Effect::ContentType(_) => return None,
    })
}

/// The failure with the model of the call in place of the one in the recorded example.
fn worded(mut failure: Failure, call: &Call) -> Failure {
    let Some(model) = spec::model_of(call) else { return failure };
    let recorded = catalog::models().iter().map(|model| model.name);
    if let Some(example) = recorded.filter(|name| failure.message.contains(name)).max_by_key(|n| n.len()) {
        failure.message = failure.message.replace(example, &model);
    }
    failure
}

/// What another vendor's API says of a credential of OCI.
fn vendors_refusal() -> Answer {
    let error = json!({ "message": "Incorrect API key provided. You can find your API key in your account settings.",
        "type": "invalid_request_error", "param": null, "code": "invalid_api_key" });
    Answer::json(json!({ "error": error })).with_status(401).without_marks()
}

/// The error of a gateway that hides another one.
pub fn masked(answer: Answer, status: u16) -> Answer {
    if answer.status < 400 {
        return answer;
    }
    let inner = match &answer.body {
        Body::Json(value) => value.to_string(),
        _ => answer.status.to_string(),
    };
    let error = json!({ "message": format!("gateway: the provider raised OciException: {inner}"),
        "type": null, "param": null, "code": status.to_string() });
    Answer::json(json!({ "error": error })).with_status(status).without_marks()
}

/// What a proxy says when it does not let a request through.
fn page(status: u16) -> Answer {
    let text = format!(
        "<!DOCTYPE html>\n<html><head><title>{status} Proxy</title></head>\n\
         <body><h1>Your organisation's web gateway</h1><p>This page can't be shown.</p></body></html>\n"
    );
    let body = Body::Bytes("text/html; charset=utf-8".to_owned(), text.into_bytes());
    let page = Answer::with_body(body).with_status(status).with_header("server", "web-gateway");
    page.without_marks()
}
