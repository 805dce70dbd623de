//! What was read from a case, in the names of the reports: for a person to see what the causes rest on.

use serde::Serialize;

use super::case::Case;
use super::facts::Facts;
use super::redact;

/// Longest message that is shown, in bytes.
const LONGEST: usize = 400;

/// What a case says of the call that failed; none where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// HTTP status of the answer.
    pub status: Option<u16>,
    /// Code of the answer, or an ORA number.
    pub code: Option<String>,
    /// What the answer says, where it is one short line.
    pub message: Option<String>,
    /// Host that was called.
    pub host: Option<String>,
    /// Plane that was called.
    pub plane: Option<String>,
    /// Region that was called.
    pub region: Option<String>,
    /// Model that was called.
    pub model: Option<String>,
    /// How the call was authenticated.
    pub auth_method: Option<String>,
    /// The `opc-request-id` of the answer.
    pub opc_request_id: Option<String>,
    /// Statements among the text.
    pub statements: Vec<String>,
    /// Matching rules among the text.
    pub matching_rules: Vec<String>,
}

impl Reading {
    /// What is known of a case; no secret is part of it.
    pub fn of(case: &Case) -> Reading {
        let case = &redact::case(case);
        let facts = Facts::of(case);
        let one_line = |text: &String| !text.contains(['\n', '{']) && text.len() <= LONGEST;
        Reading {
            status: facts.status,
            code: case.error.code.clone(),
            message: case.error.message.clone().filter(one_line),
            host: case.host.clone(),
            plane: facts.plane.map(|plane| plane.as_str().to_owned()),
            region: facts.region,
            model: facts.models.into_iter().next(),
            auth_method: facts.auth.map(|auth| auth.as_str().to_owned()),
            opc_request_id: case.opc_request_id.clone(),
            statements: case.policies.clone(),
            matching_rules: case.matching_rules.clone(),
        }
    }
}
