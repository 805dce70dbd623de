//! Pasted text to a [`Case`]: tracebacks, CLI error JSON, curl output, HAR files, ORA numbers, log lines.
//!
//! ```text
//! pasted ── unfold ──► plain text ──┬── loose (objects) ── errors ──► the error that counts
//!                                   ├── mentions ──► host, plane, model
//!                                   └── statements ──► what is in force
//! ```

mod errors;
mod loose;
mod statements;
mod unfold;

use serde_json::Value;

use super::case::Case;
use super::mentions::{self, Url, first, pattern};

/// Longest text that is looked at, in bytes; what follows is ignored.
const LONGEST: usize = 1 << 20;

/// Reads what can be read; never fails, an empty text gives an empty case.
pub fn extract(pasted: &str) -> Case {
    let mut end = pasted.len().min(LONGEST);
    while !pasted.is_char_boundary(end) {
        end -= 1;
    }
    let pasted = unfold::unfold(pasted.get(..end).unwrap_or(""));
    // What was asked of a model says nothing of why it gave no answer.
    let prompt = pattern!(r"(?i)(\bselect\s+ai\b)[^;\r\n]*");
    let without = prompt.as_ref().map(|prompt| prompt.replace_all(&pasted, "$1"));
    let pasted = without.as_deref().unwrap_or(&pasted);
    let objects = loose::objects(pasted);
    let mut case = Case::default();
    if let Some(entries) = objects.iter().find_map(|object| object.value.pointer("/log/entries")?.as_array())
    {
        let failed = entries.iter().rfind(|entry| {
            entry.pointer("/response/status").and_then(Value::as_u64).is_some_and(|status| status >= 400)
        });
        if let Some(entry) = failed.or_else(|| entries.last()) {
            read_har_entry(entry, &mut case);
        }
    }
    let found = errors::last(pasted, &objects).filter(|_| case.error.status.is_none());
    let at = found.as_ref().map_or(0, |found| found.at);
    if let Some(found) = found {
        case.error = found.seen;
        case.opc_request_id = found.request_id;
    }
    read_around(pasted, at, &mut case);
    case
}

/// What the text around the error tells of the call.
fn read_around(pasted: &str, at: usize, case: &mut Case) {
    let error = &mut case.error;
    error.status = error.status.or_else(|| mentions::status_in(pasted));
    if error.code.is_none() {
        error.code =
            first(pasted, pattern!(r#"(?i)\b(?:service)?code['"]?\s*[:=]\s*['"]?([A-Za-z]{4,}|\d{3})\b"#));
    }
    let spaces = pattern!(r"\s+");
    error.message = error.message.take().map(|message| match spaces {
        Some(spaces) => spaces.replace_all(message.trim(), " ").into_owned(),
        None => message,
    });
    // What stands around the error body tells how the call was made. Of a HAR file the one call is all that is
    // looked at: it holds many more, with their cookies.
    if case.request.is_none() {
        let whole = Some(pasted.trim().to_owned()).filter(|text| !text.is_empty());
        let into = if error.message.is_none() { &mut error.message } else { &mut case.request };
        *into = whole;
    }
    let urls = mentions::urls(case.request.as_deref().unwrap_or(pasted));
    let called = called(&urls, at);
    case.host = called
        .and_then(|url| url.host.clone())
        .or_else(|| first(pasted, pattern!(r"(?im)^[<>*]?\s*host:\s*(\S+)")))
        .or_else(|| first(pasted, pattern!(r"(?i)\b((?:[a-z0-9\-]+\.)*generativeai\.[a-z0-9.\-]*[a-z])")))
        .map(|host| host.to_ascii_lowercase());
    case.plane = called.and_then(super::facts::plane_of_call).or_else(|| {
        let path = urls.iter().find(|url| url.host.is_none() && url.path.len() > 1).cloned();
        super::facts::plane_of_call(&Url { host: case.host.clone(), ..path.unwrap_or_default() })
    });
    if case.request.is_none() {
        case.request = called.or(urls.first()).filter(|url| url.path.len() > 1).map(|url| {
            let method = url.method.as_deref().map(|method| format!("{method} ")).unwrap_or_default();
            let host = url.host.as_deref().map(|host| format!("https://{host}")).unwrap_or_default();
            format!("{method}{host}{}", url.path)
        });
    }
    let named = case.error.message.as_deref().map(mentions::models).unwrap_or_default();
    case.model = named.into_iter().next().or_else(|| mentions::models(pasted).into_iter().next());
    if case.opc_request_id.is_none() {
        case.opc_request_id = request_id(pasted, at);
    }
    let sent = pattern!(r"(?im)^>\s*(?:x-)?date:\s*(.+)$");
    case.local_time = case.local_time.take().or_else(|| first(pasted, sent));
    let answered = pattern!(r"(?im)^<\s*date:\s*(.+)$");
    case.server_time = case.server_time.take().or_else(|| first(pasted, answered));
    case.policies = statements::statements(pasted);
    case.matching_rules = statements::matching_rules(pasted);
}

/// The URL that was called: of those that name a plane the nearest to the error, else the first that is no page of
/// documentation.
fn called(urls: &[Url], at: usize) -> Option<&Url> {
    let host = |url: &&Url| url.host.is_some();
    let of_plane = |url: &&Url| url.host.as_deref().and_then(mentions::plane_of_host).is_some();
    let page = |url: &&Url| {
        let host = url.host.as_deref().unwrap_or("");
        ["docs.", "registry.", "github.com", "www."].iter().any(|front| host.starts_with(front))
    };
    let nearest = urls.iter().filter(of_plane).min_by_key(|url| url.at.abs_diff(at));
    nearest.or_else(|| urls.iter().filter(host).find(|url| !page(url)))
}

/// The request id nearest to the error.
fn request_id(text: &str, at: usize) -> Option<String> {
    let shape = pattern!(
        r#"(?i)\bopc[-_ ]?request[-_ ]?id['"]?\s*[:=]?\s*['"]?([A-Za-z0-9_\-]{4,}[A-Za-z0-9/_\-]*)"#
    );
    let hits = shape.as_ref()?.captures_iter(text).take(200).filter_map(|hit| hit.get(1));
    hits.min_by_key(|hit| hit.start().abs_diff(at)).map(|hit| hit.as_str().to_owned())
}

/// Takes what one request of a HAR file shows; the secrets of its headers stay where they are.
fn read_har_entry(entry: &Value, case: &mut Case) {
    let text = |pointer: &str| entry.pointer(pointer).and_then(Value::as_str).unwrap_or("");
    let status = entry.pointer("/response/status").and_then(Value::as_u64);
    case.error.status = status.and_then(|status| u16::try_from(status).ok()).filter(|status| *status > 0);
    let header = |side: &str, name: &str| {
        let headers = entry.pointer(&format!("/{side}/headers")).and_then(Value::as_array)?;
        let is = |header: &&Value| {
            header.get("name").and_then(Value::as_str).is_some_and(|own| own.eq_ignore_ascii_case(name))
        };
        Some(headers.iter().find(is)?.get("value")?.as_str()?.to_owned())
    };
    case.request = Some(format!(
        "{} {} {}",
        text("/request/method"),
        text("/request/url"),
        text("/request/postData/text")
    ));
    for name in ["opc-compartment-id", "CompartmentId", "OpenAI-Project", "content-type"] {
        if let Some(value) = header("request", name) {
            case.headers.insert(name.to_ascii_lowercase(), value);
        }
    }
    case.auth_method = header("request", "authorization").and_then(|value| {
        let value = value.to_ascii_lowercase();
        if value.starts_with("bearer sk-") {
            Some("genai-api-key".to_owned())
        } else if value.contains("st$") {
            Some("session-token".to_owned())
        } else if value.starts_with("signature") && value.contains("ocid1.user.") {
            Some("user-api-key".to_owned())
        } else {
            None
        }
    });
    case.server_time = header("response", "date");
    let started = Some(text("/startedDateTime").to_owned()).filter(|time| !time.is_empty());
    case.local_time = header("request", "date").or(started);
    case.opc_request_id = header("response", "opc-request-id");
    let body = text("/response/content/text");
    match errors::last("", &loose::objects(body)) {
        Some(found) => {
            case.error.code = found.seen.code;
            case.error.message = found.seen.message;
        }
        None => case.error.message = Some(body.to_owned()).filter(|body| !body.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_python_traceback_gives_status_code_and_message() {
        let case = extract(
            "oci.exceptions.ServiceError: {'target_service': 'generative_ai_inference', 'status': 404, 'code': '404', \
             'opc-request-id': 'AAAABBBB/CCCC', 'message': 'Authorization failed or requested resource not found.', \
             'request_endpoint': 'POST https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/20231130/actions/chat'}",
        );
        assert_eq!(case.error.status, Some(404));
        assert_eq!(case.opc_request_id.as_deref(), Some("AAAABBBB/CCCC"));
        assert_eq!(case.host.as_deref(), Some("inference.generativeai.us-chicago-1.oci.oraclecloud.com"));
    }

    #[test]
    fn the_cli_error_is_read_as_json() {
        let case = extract(
            "ServiceError:\n{\n  \"code\": \"NotAuthenticated\",\n  \"message\": \"Failed to verify the HTTP(S) Signature\",\n  \"status\": 401\n}",
        );
        assert_eq!(case.error.code.as_deref(), Some("NotAuthenticated"));
        assert_eq!(case.error.status, Some(401));
    }
}
