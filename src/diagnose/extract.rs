//! Pasted text to a [`Case`]: tracebacks, CLI error JSON, curl output, HAR files, ORA numbers, log lines.

use serde_json::Value;

use super::case::{Case, ErrorSeen};
use super::mentions::{self, first, pattern};

/// Longest text that is looked at, in bytes; what follows is ignored.
const LONGEST: usize = 1 << 20;

/// Reads what can be read; never fails, an empty text gives an empty case.
pub fn extract(pasted: &str) -> Case {
    let mut end = pasted.len().min(LONGEST);
    while !pasted.is_char_boundary(end) {
        end -= 1;
    }
    let pasted = pasted.get(..end).unwrap_or("");
    // What was asked of a model says nothing of why it gave no answer.
    let prompt = pattern!(r"(?i)(\bselect\s+ai\b)[^;\r\n]*");
    let without = prompt.as_ref().map(|prompt| prompt.replace_all(pasted, "$1"));
    let pasted = without.as_deref().unwrap_or(pasted);
    let mut case = Case::default();
    for object in json_objects(pasted) {
        read_json(&object, &mut case);
    }
    let error = &mut case.error;
    error.status = error.status.or_else(|| status_in(pasted));
    if error.code.is_none() {
        error.code = first(pasted, pattern!(r"\bORA-\d{5}\b")).or_else(|| {
            first(pasted, pattern!(r#"(?i)\b(?:service)?code['"]?\s*[:=]\s*['"]?([A-Za-z]{4,}|\d{3})\b"#))
        });
    }
    if error.message.is_none() {
        error.message = Some(pasted.trim().to_owned()).filter(|text| !text.is_empty());
    } else if case.request.is_none() {
        // What stands around the error body tells how the call was made.
        case.request = Some(pasted.trim().to_owned());
    }
    let urls = mentions::urls(pasted);
    case.host = urls
        .iter()
        .find_map(|url| url.host.clone())
        .or_else(|| first(pasted, pattern!(r"(?im)^[<>*]?\s*host:\s*(\S+)")));
    if case.request.is_none() {
        case.request = urls.iter().find(|url| url.path.len() > 1).map(|url| {
            let method = url.method.as_deref().map(|method| format!("{method} ")).unwrap_or_default();
            let host = url.host.as_deref().map(|host| format!("https://{host}")).unwrap_or_default();
            format!("{method}{host}{}", url.path)
        });
    }
    case.model = mentions::models(pasted).into_iter().next();
    case.opc_request_id =
        first(pasted, pattern!(r#"(?i)opc-?request-?id['"]?\s*[:=]\s*['"]?([A-Za-z0-9/_\-]{8,})"#));
    let sent = pattern!(r"(?im)^>\s*(?:x-)?date:\s*(.+)$");
    case.local_time = case.local_time.or_else(|| first(pasted, sent));
    let answered = pattern!(r"(?im)^<\s*date:\s*(.+)$");
    case.server_time = case.server_time.or_else(|| first(pasted, answered));
    case
}

/// The HTTP status that a text names.
pub(super) fn status_in(text: &str) -> Option<u16> {
    let shape = pattern!(
        r#"(?ix) (?: \bHTTP(?:/[\d.]+)?[-\s:(]*(?:status)?(?:\s*code)?[\s:=]* | \bstatus(?:[\s_-]*code)?['"]?[\s:=]+ | \berror\s+code[\s:=]+ | \bORA-20 | \berror:?\s+ | service\.\((?:[A-Za-z]+,\s*)? | ":\s+ | ^\s* )
           ([45]\d\d)\b"#
    );
    first(text, shape)?.parse().ok()
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
        if let Some(entry) = failed.or_else(|| entries.last()) {
            read_har_entry(entry, case);
        }
        return;
    }
    // The OpenAI-compatible plane puts an error of its own, as text, into OCI's message.
    if let Some(inside) = value.get("message").and_then(Value::as_str)
        && let Ok(inner) = serde_json::from_str::<Value>(inside)
        && inner.is_object()
    {
        return read_json(&inner, case);
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
    let body = text("/response/content/text");
    match serde_json::from_str(body) {
        Ok(body) => read_json(&body, case),
        Err(_) => case.error.message = Some(body.to_owned()).filter(|body| !body.is_empty()),
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

    #[test]
    fn an_ora_number_carries_the_status() {
        assert_eq!(status_in("ORA-20404: Object not found"), Some(404));
        assert_eq!(status_in("openai.NotFoundError: Error code: 404 - {"), Some(404));
        assert_eq!(status_in("< HTTP/2 401"), Some(401));
        assert_eq!(status_in("port 8080"), None);
    }
}
