//! A case: what is known of a failed call, as given. [`super::facts`] has the same in the catalogue's words.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A failed call as a person or program describes it. Everything is optional.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Case {
    /// What came back, or what the client said.
    pub error: ErrorSeen,
    /// The auth method, in any usual spelling.
    pub auth_method: Option<String>,
    /// The plane, in any usual spelling.
    pub plane: Option<String>,
    /// Region identifier.
    pub region: Option<String>,
    /// The model's name or OCID, or several.
    pub model: Option<String>,
    /// Statements in force, or believed to be.
    pub policies: Vec<String>,
    /// Matching rules of the dynamic groups.
    pub matching_rules: Vec<String>,
    /// What was called and what the user says of it.
    pub request: Option<String>,
    /// Host that was called.
    pub host: Option<String>,
    /// The `opc-request-id` of the answer.
    pub opc_request_id: Option<String>,
    /// Who called: OCID, or one of the forms of `ociam why --principal`.
    pub principal: Option<String>,
    /// Path or OCID of the compartment that the request names.
    pub compartment: Option<String>,
    /// OCID of the project that the request names.
    pub project: Option<String>,
    /// OCID of the GenAI API key.
    pub key: Option<String>,
    /// Region in which the GenAI API key was created.
    pub key_region: Option<String>,
    /// OCID of the tenancy.
    pub tenancy: Option<String>,
    /// Home region of the tenancy.
    pub home_region: Option<String>,
    /// Regions that the tenancy is subscribed to.
    pub subscribed_regions: Vec<String>,
    /// Limits of Generative AI by name.
    pub limits: BTreeMap<String, i64>,
    /// Time of the client when it called.
    pub local_time: Option<String>,
    /// Time of the service, from the Date header of the answer.
    pub server_time: Option<String>,
    /// When the session token or principal token expires.
    pub token_expires: Option<String>,
    /// What changed shortly before, and how many minutes before: `policy`, `group`, `matching-rule`, `signing-key`,
    /// `genai-key`, `project`, `region`.
    pub changed: BTreeMap<String, u32>,
    /// The profile of the configuration, secrets left out.
    pub config: BTreeMap<String, String>,
    /// Headers of the request, secrets left out.
    pub headers: BTreeMap<String, String>,
    /// What local checks, further requests or the evaluator have to say.
    #[serde(skip)]
    pub witnesses: Vec<super::Witness>,
}

impl Case {
    /// This case with what the other one says laid over it.
    #[must_use]
    pub fn with(mut self, over: Case) -> Case {
        let error = ErrorSeen {
            status: over.error.status.or(self.error.status),
            code: over.error.code.or(self.error.code.take()),
            message: over.error.message.or(self.error.message.take()),
        };
        let list = |over: Vec<String>, under: Vec<String>| if over.is_empty() { under } else { over };
        let request = match (self.request.take(), over.request) {
            (Some(under), Some(over)) => Some(format!("{under}\n{over}")),
            (under, over) => over.or(under),
        };
        let mut merged = self;
        merged.limits.extend(over.limits);
        merged.changed.extend(over.changed);
        merged.config.extend(over.config);
        merged.headers.extend(over.headers);
        merged.witnesses.extend(over.witnesses);
        Case {
            error,
            request,
            auth_method: over.auth_method.or(merged.auth_method),
            plane: over.plane.or(merged.plane),
            region: over.region.or(merged.region),
            model: over.model.or(merged.model),
            policies: list(over.policies, merged.policies),
            matching_rules: list(over.matching_rules, merged.matching_rules),
            host: over.host.or(merged.host),
            opc_request_id: over.opc_request_id.or(merged.opc_request_id),
            principal: over.principal.or(merged.principal),
            compartment: over.compartment.or(merged.compartment),
            project: over.project.or(merged.project),
            key: over.key.or(merged.key),
            key_region: over.key_region.or(merged.key_region),
            tenancy: over.tenancy.or(merged.tenancy),
            home_region: over.home_region.or(merged.home_region),
            subscribed_regions: list(over.subscribed_regions, merged.subscribed_regions),
            local_time: over.local_time.or(merged.local_time),
            server_time: over.server_time.or(merged.server_time),
            token_expires: over.token_expires.or(merged.token_expires),
            ..merged
        }
    }
}

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ErrorSeen {
    /// HTTP status.
    pub status: Option<u16>,
    /// The code of the body, an ORA number, or the exception's name.
    #[serde(deserialize_with = "text_or_number")]
    pub code: Option<String>,
    /// The message.
    pub message: Option<String>,
}

fn text_or_number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let value = Option::<serde_json::Value>::deserialize(deserializer)?;
    Ok(match value {
        None | Some(serde_json::Value::Null) => None,
        Some(serde_json::Value::String(text)) => Some(text),
        Some(other) => Some(other.to_string()),
    })
}
