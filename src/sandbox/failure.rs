//! Words a failure as its plane would: native inference repeats the status as the code, the OpenAI-compatible plane has
//! three forms of its own, all others give OCI's code names.

use std::fmt::Display;

use serde_json::{Value, json};

use super::call::{Answer, Caller, Failure, Route};
use crate::catalog::{self, Plane, Trait};

/// Whether a plane lives on the inference host, which words wrong paths in its own way.
pub fn is_inference_host(plane: &Plane) -> bool {
    // A private endpoint has that host's answers under a name of its own.
    plane.host.is_empty() || catalog::plane("inference").is_some_and(|inference| plane.host == inference.host)
}

/// A failure after an error text of the catalogue, as it was recorded.
pub fn of(name: &str) -> Failure {
    with(name, &[])
}

/// A failure after an error text of the catalogue, the values of its recorded example replaced by those of this call.
pub fn with(name: &str, values: &[(&str, &str)]) -> Failure {
    let Some(text) = catalog::error_text(name) else {
        return Failure::new(500, "InternalServerError", "Internal Server Error");
    };
    let mut failure = Failure::of(text);
    for (example, value) in values {
        failure.message = failure.message.replace(example, value);
    }
    if failure.message.is_empty() {
        failure.message = match failure.status {
            401 => "The required information to complete authentication was not provided or was incorrect.",
            404 => "Authorization failed or requested resource not found.",
            500 => "Internal Server Error",
            _ => text.condition,
        }
        .to_owned();
    }
    failure
}

/// Neither there nor allowed: OCI does not tell the two apart.
pub fn not_found(because: impl Display) -> Failure {
    of("no-policy-management").because(because)
}

/// The same of what a body names.
pub fn related_not_found(because: impl Display) -> Failure {
    let code = "RelatedResourceNotAuthorizedOrNotFound";
    Failure::new(400, code, not_found("").message).because(because)
}

/// The refusal of a caller without the right, which looks as if there were nothing.
pub fn not_authorized(route: &Route, caller: &Caller, because: &str) -> Failure {
    let name = match route.plane.name {
        "inference-openai" | "private-endpoint" if caller.auth_method == "genai-api-key" => {
            "no-policy-apikey"
        }
        "inference" | "inference-openai" | "private-endpoint" => "no-policy-inference",
        "agent-runtime" | "agent-management" => "agent-no-policy",
        _ => "no-policy-management",
    };
    of(name).because(because)
}

/// A parameter or a body that the service does not take.
pub fn bad_request(message: impl Into<String>, because: impl Display) -> Failure {
    Failure::new(400, "InvalidParameter", message).because(because)
}

/// The answer that a failure becomes. Without a plane it is worded as most of OCI would.
pub fn answer(failure: &Failure, plane: Option<&Plane>) -> Answer {
    let name = plane.map_or("", |plane| plane.name);
    let body = match name {
        "inference-openai" | "private-endpoint" => openai(failure),
        name if Trait::StatusForCode.is_of(name) => by_status(failure),
        _ => json!({ "code": code_name(failure), "message": failure.message }),
    };
    Answer::json(body).with_status(failure.status)
}

fn by_status(failure: &Failure) -> Value {
    json!({ "code": failure.status.to_string(), "message": failure.message })
}

/// Gateway failures have OCI's form; what the vendor's server says of a body has OpenAI's or xAI's.
fn openai(failure: &Failure) -> Value {
    let code = failure.code.as_str();
    let gateway = code.starts_with(|first: char| first.is_ascii_uppercase() || first.is_ascii_digit());
    if gateway || ![400, 422].contains(&failure.status) {
        return by_status(failure);
    }
    if code.contains('-') {
        return json!({ "code": code, "error": failure.message });
    }
    let code = if code.is_empty() { Value::Null } else { code.into() };
    json!({ "error":
        { "message": failure.message, "type": "invalid_request_error", "param": null, "code": code } })
}

/// OCI's name for what went wrong, where the failure has only a status.
fn code_name(failure: &Failure) -> &str {
    if failure.code.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return &failure.code;
    }
    match failure.status {
        400 => "InvalidParameter",
        401 => "NotAuthenticated",
        403 => "NotAllowed",
        404 => "NotAuthorizedOrNotFound",
        405 => "MethodNotAllowed",
        409 => "IncorrectState",
        412 => "NoEtagMatch",
        413 => "PayloadTooLarge",
        422 => "UnprocessableEntity",
        429 => "TooManyRequests",
        501 => "MethodNotImplemented",
        502 => "InternalError",
        503 => "ServiceUnavailable",
        _ => "InternalServerError",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::Body;

    fn worded(failure: &Failure, plane: &str) -> String {
        let answer = answer(failure, catalog::plane(plane));
        let Body::Json(body) = answer.body else { panic!("a failure has a JSON body") };
        format!("{} {body}", answer.status)
    }

    #[test]
    fn each_plane_words_the_same_failure_in_its_own_form() {
        let absent = with("model-not-in-region", &[("cohere.embed-v4.0", "a.b")]);
        insta::assert_snapshot!(
            [
                worded(&absent, "inference"),
                worded(&absent, "inference-openai"),
                worded(&not_found(""), "management"),
                worded(&not_found(""), "inference-openai"),
                worded(&of("no-policy-inference"), "agent-runtime"),
                worded(&of("wrong-path"), "inference-openai"),
                worded(&of("multi-agent-tools"), "inference-openai"),
                worded(&of("clock-skew"), "inference-openai"),
                worded(&of("no-service-502"), "management"),
                worded(&of("app-create-no-auth"), "management"),
                worded(&of("new-project"), "inference-openai"),
                worded(&of("field-user"), "inference-openai"),
            ]
            .join("\n")
        );
    }
}
