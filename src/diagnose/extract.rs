//! Pasted text to a [`Case`]: tracebacks, CLI error JSON, curl output, HAR files, ORA numbers, log lines.

use std::sync::OnceLock;

use regex::Regex;
use serde_json::Value;

use super::case::{Case, ErrorSeen};

/// Longest text that is looked at, in bytes; what follows is ignored.
const LONGEST: usize = 1 << 20;

/// Reads what can be read; never fails, an empty text gives an empty case.
pub fn extract(pasted: &str) -> Case {
    let mut end = pasted.len().min(LONGEST);
    while !pasted.is_char_boundary(end) {
        end -= 1;
    }
    let pasted = pasted.get(..end).unwrap_or("");
    let mut case = Case::default();
    for object in json_objects(pasted) {
        read_json(&object, &mut case);
    }
    let status = status_in(pasted);
    case.error.status = case.error.status.or(status);
    if case.error.code.is_none() {
        case.error.code = first(pasted, r"\bORA-\d{5}\b")
            .or_else(|| first(pasted, r#"(?i)\bcode['"]?\s*[:=]\s*['"]?([A-Za-z]{4,}|\d{3})\b"#));
    }
    if case.error.message.is_none() {
        case.error.message = Some(pasted.trim().to_owned()).filter(|text| !text.is_empty());
    }
    case.host = url_host(pasted);
    case.request = first(pasted, r"\b(?:GET|POST|PUT|DELETE|PATCH)\s+(?:https?://)?\S+")
        .or_else(|| first(pasted, r#"https://[^\s"'<>)]+"#));
    case.region = region_in(pasted);
    case.model =
        first(pasted, r"\b(?:cohere|meta|xai|openai|google|nvidia)\.[A-Za-z0-9][A-Za-z0-9.\-]+[A-Za-z0-9]");
    case.opc_request_id = first(pasted, r#"(?i)opc-request-id['"]?\s*[:=]\s*['"]?([A-Za-z0-9/_\-]{8,})"#);
    case
}

/// The first capture group of the first match, or the whole match.
fn first(text: &str, pattern: &str) -> Option<String> {
    let found = Regex::new(pattern).ok()?.captures(text)?;
    found.get(1).or_else(|| found.get(0)).map(|found| found.as_str().to_owned())
}

/// The HTTP status that a text names.
pub(super) fn status_in(text: &str) -> Option<u16> {
    static STATUS: OnceLock<Option<Regex>> = OnceLock::new();
    let pattern = STATUS.get_or_init(|| {
        Regex::new(
            r#"(?ix) (?: \bHTTP(?:/[\d.]+)?[-\s:(]*(?:status)?(?:\s*code)?[\s:=]* | \bstatus(?:[\s_-]*code)?['"]?[\s:=]+ | \berror\s+code[\s:=]+ | \bORA-20 | \berror:?\s+ | ^\s* )
               ([45]\d\d)\b"#,
        )
        .ok()
    });
    pattern.as_ref()?.captures(text)?.get(1)?.as_str().parse().ok()
}

/// The region identifier in a URL or text.
pub(super) fn region_in(text: &str) -> Option<String> {
    static REGION: OnceLock<Option<Regex>> = OnceLock::new();
    let pattern = REGION.get_or_init(|| Regex::new(r"\b([a-z]{2,3}(?:-[a-z]+)?-[a-z]{4,}-\d)\b").ok());
    pattern.as_ref()?.captures(text)?.get(1).map(|found| found.as_str().to_owned())
}

fn url_host(text: &str) -> Option<String> {
    first(text, r"https?://([A-Za-z0-9.\-]+)").or_else(|| first(text, r"(?im)^[<>*]?\s*host:\s*(\S+)"))
}

/// Every complete JSON object in a text, outermost only.
fn json_objects(text: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let tail = rest.get(at..).unwrap_or("");
        let mut stream = serde_json::Deserializer::from_str(tail).into_iter::<Value>();
        match stream.next() {
            Some(Ok(value)) => {
                found.push(value);
                rest = tail.get(stream.byte_offset()..).unwrap_or("");
            }
            _ => rest = tail.get(1..).unwrap_or(""),
        }
        if found.len() > 64 {
            break;
        }
    }
    found
}

/// Takes what an error body, a CLI error, or a HAR holds.
fn read_json(value: &Value, case: &mut Case) {
    if let Some(entries) = value.pointer("/log/entries").and_then(Value::as_array) {
        let failed = entries.iter().rfind(|entry| {
            entry.pointer("/response/status").and_then(Value::as_u64).is_some_and(|status| status >= 400)
        });
        if let Some(entry) = failed {
            case.error.status =
                entry.pointer("/response/status").and_then(Value::as_u64).and_then(|s| u16::try_from(s).ok());
            let text = |pointer: &str| entry.pointer(pointer).and_then(Value::as_str).unwrap_or("");
            case.request = Some(format!("{} {}", text("/request/method"), text("/request/url")));
            if let Ok(body) = serde_json::from_str(text("/response/content/text")) {
                read_json(&body, case);
            }
        }
        return;
    }
    let inner = value.get("error").filter(|inner| inner.is_object()).unwrap_or(value);
    let text = |name: &str| match inner.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let seen = ErrorSeen {
        status: text("status").and_then(|status| status.parse().ok()),
        code: text("code"),
        message: text("message"),
    };
    case.error.status = case.error.status.or(seen.status);
    case.error.code = case.error.code.take().or(seen.code);
    case.error.message = case.error.message.take().or(seen.message);
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
        assert_eq!(case.region.as_deref(), Some("us-chicago-1"));
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

    #[test]
    fn an_ora_number_carries_the_status() {
        assert_eq!(status_in("ORA-20404: Object not found"), Some(404));
        assert_eq!(status_in("openai.NotFoundError: Error code: 404 - {"), Some(404));
        assert_eq!(status_in("< HTTP/2 401"), Some(401));
        assert_eq!(status_in("port 8080"), None);
    }
}
