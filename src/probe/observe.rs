//! What one request showed, and what that says of the caller: authenticated, authorized, answered.

use serde::Serialize;

use super::sends::Carried;
use super::transport::{Answer, Cleaner, TransportError};
use crate::catalog;

/// Something that a request shows, or leaves open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Shown {
    /// It is so.
    Yes,
    /// It isn't.
    No,
    /// The answer doesn't say.
    #[default]
    Unknown,
}

/// Why a request was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Occasion {
    /// A cell of the matrix.
    Matrix,
    /// An experiment of the ladder: its name.
    Experiment(String),
    /// The end of what the run itself opened.
    Closing,
}

/// What one request showed. Holds no secret: what the service said is cleaned when it comes in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Observation {
    /// The auth method.
    pub auth_method: String,
    /// Where the credential comes from.
    pub credential: String,
    /// The plane.
    pub plane: String,
    /// The operation.
    pub operation: String,
    /// The region.
    pub region: String,
    /// Method of the request.
    pub method: String,
    /// Where it went.
    pub url: String,
    /// The model that it named.
    pub model: Option<String>,
    /// The status; none when nothing came back.
    pub status: Option<u16>,
    /// The code in the body.
    pub code: Option<String>,
    /// The message in the body, or why nothing came back.
    pub message: Option<String>,
    /// The service's id of the request.
    pub opc_request_id: Option<String>,
    /// From sending to the end of the answer.
    pub duration_ms: u64,
    /// The clock of the service.
    pub date: Option<String>,
    /// Whether the answer is JSON.
    pub is_json: bool,
    /// Whether an error has the form of OpenAI's API, which many vendors' servers and gateways have.
    pub has_vendor_form: bool,
    /// What the request carried.
    pub carried: Carried,
    /// Why it was sent.
    pub occasion: Occasion,
    /// Whether the service knows the caller.
    pub authenticated: Shown,
    /// Whether the caller may do this.
    pub authorized: Shown,
    /// Whether the request was carried out.
    pub answered: Shown,
}

/// What a request is called by in its observation.
#[derive(Clone, Debug)]
pub struct Label {
    /// The auth method.
    pub auth_method: String,
    /// Where the credential comes from.
    pub credential: String,
    /// The plane.
    pub plane: String,
    /// The operation.
    pub operation: String,
    /// The region.
    pub region: String,
    /// The model that it names.
    pub model: Option<String>,
    /// Whether it was signed; else it carried a secret.
    pub signed: bool,
    /// What it carries.
    pub carried: Carried,
    /// Why it was sent.
    pub occasion: Occasion,
}

impl Observation {
    /// Of an answer, or of none.
    pub fn new(
        label: Label,
        method: &str,
        url: &str,
        outcome: &Result<Answer, TransportError>,
        cleaner: &Cleaner,
    ) -> Observation {
        let clean = |text: String| Some(cleaner.clean(&text)).filter(|text| !text.is_empty());
        let mut observation = Observation {
            auth_method: label.auth_method,
            credential: label.credential,
            plane: label.plane,
            operation: label.operation,
            region: label.region,
            method: method.to_owned(),
            url: cleaner.clean(url),
            model: label.model,
            status: None,
            code: None,
            message: None,
            opc_request_id: None,
            duration_ms: 0,
            date: None,
            is_json: false,
            has_vendor_form: false,
            carried: label.carried,
            occasion: label.occasion,
            authenticated: Shown::Unknown,
            authorized: Shown::Unknown,
            answered: Shown::Unknown,
        };
        match outcome {
            Ok(answer) => {
                let header =
                    |name: &str| answer.headers.get(name).map(|text| cleaner.clean(&answer.clean(text)));
                observation.status = Some(answer.status);
                observation.code = answer.code().and_then(clean);
                let body = answer.json();
                observation.is_json = body.is_some();
                let form = body.and_then(|body| body.get("error")?.get("message").map(|_| ()));
                observation.has_vendor_form = form.is_some();
                let text = || match answer.is_success() {
                    true => None,
                    false => Some(answer.clean(&String::from_utf8_lossy(&answer.body))),
                };
                observation.message = answer.message().or_else(text).and_then(clean);
                observation.opc_request_id = header("opc-request-id");
                observation.date = header("date");
                observation.duration_ms = u64::try_from(answer.took.as_millis()).unwrap_or(u64::MAX);
                observation.judge(label.signed, answer.is_success());
            }
            Err(error) => {
                observation.message = clean(error.to_string());
                observation.answered = Shown::No;
            }
        }
        observation
    }

    /// Whether this is no answer of a service of OCI.
    pub fn is_foreign(&self) -> bool {
        // Every answer of OCI has the id, also those in the form of OpenAI's API.
        let strange = !self.is_json || self.has_vendor_form;
        self.status.is_some() && strange && self.opc_request_id.is_none() && self.answered != Shown::Yes
    }

    fn lower(&self) -> String {
        self.message.as_deref().unwrap_or_default().to_ascii_lowercase()
    }

    fn judge(&mut self, signed: bool, success: bool) {
        use Shown::{No, Unknown, Yes};
        let text = self.lower();
        let words = catalog::error_text("no-policy-inference").and_then(|row| row.message);
        let words = words.map(|words| words.trim_end_matches('.').to_ascii_lowercase());
        let refused = words.is_some_and(|words| text.contains(&words))
            || self.code.as_deref() == Some("NotAuthorizedOrNotFound");
        let known = if signed { Yes } else { Unknown };
        let foreign = self.is_foreign();
        let status = self.status.unwrap_or_default();
        (self.authenticated, self.authorized, self.answered) = match status {
            _ if success && self.is_json => (Yes, Yes, Yes),
            // A page of somebody else may come with any status.
            _ if success && foreign => (Unknown, Unknown, No),
            _ if success => (Yes, Yes, Yes),
            _ if foreign => (Unknown, Unknown, No),
            401 => (No, Unknown, No),
            404 if text.contains("entity with key apikey") => (No, Unknown, No),
            404 if text.contains("entity with key") => (Yes, Unknown, No),
            404 if text.contains("map to a registered service") => (Unknown, Unknown, No),
            // A key that isn't known at all is told so by another text.
            404 if refused && self.plane.starts_with("inference") => (Yes, No, No),
            404 if refused => (known, No, No),
            404 => (known, Unknown, No),
            403 if self.code.as_deref() == Some("NotAuthorized") => (Yes, No, No),
            429 => (Yes, Yes, No),
            400..=499 => (if status == 407 || status == 408 { Unknown } else { Yes }, Unknown, No),
            _ => (Unknown, Unknown, No),
        };
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::wire::{Headers, Secret};

    fn of(status: u16, body: &str, signed: bool) -> Observation {
        let label = Label {
            auth_method: "user-api-key".into(),
            credential: "profile".into(),
            plane: "inference".into(),
            operation: "Chat".into(),
            region: "us-chicago-1".into(),
            model: None,
            signed,
            carried: Carried::default(),
            occasion: Occasion::Matrix,
        };
        let headers: Headers = [("opc-request-id", "A/B")].into_iter().collect();
        let answer = Answer {
            status,
            headers,
            body: body.as_bytes().to_vec(),
            took: Duration::from_millis(3),
            sent: Cleaner::default(),
        };
        Observation::new(
            label,
            "POST",
            "https://x/",
            &Ok(answer),
            &Cleaner::new([Secret::new("marked-secret")]),
        )
    }

    fn verdicts(status: u16, message: &str, signed: bool) -> [Shown; 3] {
        let body = serde_json::json!({ "code": status.to_string(), "message": message }).to_string();
        let seen = of(status, &body, signed);
        [seen.authenticated, seen.authorized, seen.answered]
    }

    #[test]
    fn errors_after_authentication_prove_it() {
        use Shown::{No, Unknown, Yes};
        for (status, message, expected) in [
            (200, "", [Yes, Yes, Yes]),
            (400, "Please pass in correct format of request.", [Yes, Unknown, No]),
            (404, "Entity with key cohere.x not found", [Yes, Unknown, No]),
            (404, "Authorization failed or requested resource not found.", [Yes, No, No]),
            (429, "Compartment quota is exceeded", [Yes, Yes, No]),
            (401, "NotAuthenticated", [No, Unknown, No]),
            (404, "Entity with key apikey not found", [No, Unknown, No]),
            (404, "Path doesn't map to a registered service!", [Unknown, Unknown, No]),
            (502, "Bad Gateway", [Unknown, Unknown, No]),
        ] {
            assert_eq!(verdicts(status, message, true), expected, "{status} {message}");
        }
    }

    #[test]
    fn what_a_service_echoes_is_cleaned() {
        let seen = of(400, r#"{"message": "bad token marked-secret and sk-abcdefgh12345678\u0007"}"#, false);
        let text = serde_json::to_string(&seen).unwrap();
        assert!(!text.contains("marked-secret") && !text.contains("abcdefgh1234"), "{text}");
    }

    #[test]
    fn a_page_without_request_id_is_nobodys_answer() {
        let mut seen = of(200, "<html>login</html>", true);
        assert_eq!(seen.answered, Shown::Yes);
        seen.opc_request_id = None;
        seen.answered = Shown::Unknown;
        seen.judge(true, true);
        assert_eq!(seen.answered, Shown::No);
    }
}
