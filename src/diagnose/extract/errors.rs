//! The error that a text ends with: its status, code, message and request id, from documents and from prose.
//!
//! A log may hold several errors. Parts that don't contradict each other make one error; a part that contradicts
//! starts the next one, and the last one counts: what came before was retried or led up to it.

use serde_json::Value;

use super::loose::Object;
use crate::catalog;
use crate::diagnose::case::ErrorSeen;
use crate::diagnose::mentions::pattern;

/// How deep an error document may lie within others.
const DEEPEST: usize = 12;

/// One error, or a part of one, and where it stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub at: usize,
    pub seen: ErrorSeen,
    pub request_id: Option<String>,
    /// Whether it may only fill gaps: a service's own access log, an exception's first line.
    weak: bool,
}

/// The error that counts.
pub(super) fn last(text: &str, objects: &[Object]) -> Option<Found> {
    let mut parts = prose(text);
    for object in objects {
        documents(&object.value, object.start, 0, &mut parts);
    }
    parts.sort_by_key(|part| part.at);
    let mut current: Option<Found> = None;
    for part in parts {
        match &mut current {
            None => current = Some(part),
            Some(own) if !contradict(own, &part) => fill(own, part),
            Some(_) if part.weak => {}
            Some(_) => current = Some(part),
        }
    }
    current
}

/// The error documents of a value: itself, or those within it.
pub(super) fn documents(value: &Value, at: usize, depth: usize, found: &mut Vec<Found>) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Object(fields) => {
            if let Some(part) = document(value, at) {
                found.push(part);
                return;
            }
            fields.values().for_each(|inner| documents(inner, at, depth + 1, found));
        }
        Value::Array(items) => items.iter().for_each(|inner| documents(inner, at, depth + 1, found)),
        _ => {}
    }
}

/// The field whose name is one of these, whatever its case and dashes.
fn field<'a>(value: &'a Value, names: &[&str]) -> Option<&'a Value> {
    let plain = |name: &str| name.replace(['-', '_', ' '], "").to_ascii_lowercase();
    let fields = value.as_object()?;
    names.iter().find_map(|name| {
        fields.iter().find(|(own, value)| plain(own) == *name && !value.is_null()).map(|(_, value)| value)
    })
}

fn text_of(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn is_failure(status: &u16) -> bool {
    (400..600).contains(status)
}

/// What one object says, where it is an error.
fn document(value: &Value, at: usize) -> Option<Found> {
    let inner = field(value, &["error", "err"]).filter(|inner| inner.is_object());
    let named_so = inner.is_some();
    let inner = inner.unwrap_or(value);
    let outer = |names: &[&str]| text_of(field(inner, names)).or_else(|| text_of(field(value, names)));
    let status: Option<u16> = outer(&["status", "statuscode", "httpcode", "httpstatus", "httpstatuscode"])
        .and_then(|status| status.trim().parse().ok())
        .filter(is_failure);
    let code = outer(&["code", "servicecode", "errorcode"]);
    let status = status.or_else(|| code.as_ref()?.parse().ok().filter(is_failure));
    let message =
        text_of(field(inner, &["message", "errormessage", "detail", "description", "errordescription"]));
    let is_code =
        |code: &String| catalog::error_codes().iter().any(|known| known.code.eq_ignore_ascii_case(code));
    let short = value.as_object().is_some_and(|fields| fields.len() <= 3);
    let says = message.is_some() && (named_so || code.is_some() || short);
    if status.is_none() && !code.as_ref().is_some_and(is_code) && !says {
        return None;
    }
    let request_id = outer(&["opcrequestid"]);
    // The OpenAI-compatible plane puts an error of its own, as text, into OCI's message.
    if let Some(within) = message.as_deref().filter(|text| text.trim_start().starts_with('{'))
        && let Some(object) = super::loose::objects(within).first()
        && let Some(mut own) = document(&object.value, at)
    {
        own.seen.status = own.seen.status.or(status);
        own.request_id = own.request_id.or(request_id);
        return Some(own);
    }
    Some(Found { at, seen: ErrorSeen { status, code, message }, request_id, weak: false })
}

/// What the clients of OCI print of an error outside of any document.
fn prose(text: &str) -> Vec<Found> {
    // Each with the numbers of its groups for status, code, message and request id; 0 where it has none.
    let shapes = [
        // Go and C#.
        (
            pattern!(
                r"(?i)http status code:\s*(\w+)\.\s*(?:error |service)code:\s*(\S+?)\.\s*opc ?request ?id:\s*(\S+?)\.\s*message:\s*([^\n]*)"
            ),
            [1, 2, 4, 3],
            false,
        ),
        // Java.
        (
            pattern!(
                r"(?m)\((-?\d{1,3}),\s*(\w+),\s*(?:true|false)\)\s*([^\n]*?)\s*(?:\(opc-request-id:?\s*([^\s,)]+)[^\n]*)?$"
            ),
            [1, 2, 3, 4],
            false,
        ),
        // Terraform.
        (pattern!(r"\bError:\s+(\d{3})-([A-Za-z]\w+),\s*([^\n]*)"), [1, 2, 3, 0], false),
        // A status line; within quotes it is that of the service's own access log.
        (pattern!(r"(?m)^[<*\s]*HTTP/[\d.]+\s+(\d{3})\b"), [1, 0, 0, 0], false),
        (pattern!(r#""HTTP/[\d.]+\s+(\d{3})\b"#), [1, 0, 0, 0], false),
        (pattern!(r#"\sHTTP/[\d.]+"\s+(\d{3})\b"#), [1, 0, 0, 0], true),
        // The OpenAI clients.
        (pattern!(r"(?i)\berror code:\s*(\d{3})\b"), [1, 0, 0, 0], false),
        // A status, perhaps a code, and a sentence.
        (pattern!(r"\b([45]\d\d)\s+([A-Z][a-z]+(?:[A-Z][a-z]+)+)\b[:\s]*([^\n(]*)"), [1, 2, 3, 0], false),
        (
            pattern!(r"(?m)(?:^|\s)([45]\d\d) ([A-Z][a-z]+ (?:failed|not|error)\b[^\n(]*)"),
            [1, 0, 2, 0],
            false,
        ),
        // A status with what introduces or names it.
        (
            pattern!(r"(?i)(?:->|→|\breturned|\banswered|\bresponded with status|\bhttp-)\s*([45]\d\d)\b"),
            [1, 0, 0, 0],
            false,
        ),
        (
            pattern!(
                r"(?i)\b([45]\d\d)\s+(?:bad request|unauthorized|forbidden|not found|method not allowed|conflict|gone|unprocessable \w+|too many requests|internal server error|not implemented|bad gateway|service unavailable|gateway time-?out)\b"
            ),
            [1, 0, 0, 0],
            true,
        ),
        (pattern!(r"\b([45]\d\d)\s*(?:-\s*)?\{"), [1, 0, 0, 0], false),
        // The first line of a JavaScript error.
        (pattern!(r"(?m)^\s*\w*Error: ([^\n{]+)\n\s+at "), [0, 0, 1, 0], true),
    ];
    let mut found = Vec::new();
    for (shape, groups, weak) in shapes {
        let Some(shape) = shape else { continue };
        for hit in shape.captures_iter(text).take(200) {
            let part = |at: usize| {
                let text = hit.get(at).filter(|_| at > 0)?.as_str().trim();
                Some(text.to_owned()).filter(|text| !text.is_empty() && text != "null")
            };
            let [status, code, message, request_id] = groups.map(part);
            let status = status.and_then(|status| number(&status));
            let at = hit.get(0).map_or(0, |whole| whole.start());
            if status.is_some() || message.is_some() {
                found.push(Found { at, seen: ErrorSeen { status, code, message }, request_id, weak });
            }
        }
    }
    found.extend(of_database(text));
    found
}

/// A status by number, or by the name that .NET gives it.
fn number(status: &str) -> Option<u16> {
    let named = [
        ("BadRequest", 400),
        ("Unauthorized", 401),
        ("Forbidden", 403),
        ("NotFound", 404),
        ("Conflict", 409),
        ("TooManyRequests", 429),
        ("InternalServerError", 500),
        ("BadGateway", 502),
        ("ServiceUnavailable", 503),
    ];
    let by_name = || named.iter().find(|(name, _)| *name == status).map(|(_, number)| *number);
    status.parse().ok().filter(is_failure).or_else(by_name)
}

/// The first error of an ORA stack; the lines below it tell where it was raised.
fn of_database(text: &str) -> Option<Found> {
    let shape = pattern!(r"\b(ORA-\d{5})\b:?[ \t]*([^\n]*)");
    let hit = shape
        .as_ref()?
        .captures_iter(text)
        .find(|hit| hit.get(1).is_some_and(|code| code.as_str() != "ORA-06512"))?;
    let (whole, code) = (hit.get(0)?, hit.get(1)?.as_str());
    let status = code.strip_prefix("ORA-20").and_then(|rest| rest.parse().ok()).filter(is_failure);
    let message =
        hit.get(2).map(|message| message.as_str().trim().to_owned()).filter(|text| !text.is_empty());
    Some(Found {
        at: whole.start(),
        seen: ErrorSeen { status, code: Some(code.to_owned()), message },
        ..Found::default()
    })
}

fn contradict(one: &Found, other: &Found) -> bool {
    let differ = |one: Option<&str>, other: Option<&str>| {
        one.zip(other).is_some_and(|(one, other)| {
            let (one, other) = (one.trim_matches(TRIMMED), other.trim_matches(TRIMMED));
            !one.contains(other) && !other.contains(one)
        })
    };
    one.seen.status.zip(other.seen.status).is_some_and(|(one, other)| one != other)
        || differ(one.seen.message.as_deref(), other.seen.message.as_deref())
        || one.request_id.as_ref().zip(other.request_id.as_ref()).is_some_and(|(one, other)| one != other)
}

/// What clients put around a message.
const TRIMMED: [char; 6] = ['.', ' ', '"', '\'', ',', ';'];

fn fill(own: &mut Found, part: Found) {
    let of_message = own.seen.message.is_none() && part.seen.message.is_some();
    own.seen.status = own.seen.status.or(part.seen.status);
    own.seen.code = own.seen.code.take().or(part.seen.code);
    own.seen.message = own.seen.message.take().or(part.seen.message);
    own.request_id = own.request_id.take().or(part.request_id);
    own.weak &= part.weak;
    if of_message {
        own.at = part.at;
    }
}
