//! A case: what is known of a failed call, as given, and the same in the catalogue's words.

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
    /// What local checks, further requests or the evaluator have to say.
    #[serde(skip)]
    pub witnesses: Vec<super::Witness>,
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

/// The planes that a case may be about; `Database` is Select AI, which hides the plane behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Plane {
    /// Native inference.
    Inference,
    /// OpenAI-compatible inference.
    InferenceOpenai,
    /// Generative AI management.
    Management,
    /// Agent runtime.
    AgentRuntime,
    /// Agent management.
    AgentManagement,
    /// Identity.
    Identity,
    /// Select AI and DBMS_CLOUD in a database.
    Database,
    /// Another OCI service.
    Other,
}

impl Plane {
    /// The plane's name in data files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Plane::Inference => "inference",
            Plane::InferenceOpenai => "inference-openai",
            Plane::Management => "management",
            Plane::AgentRuntime => "agent-runtime",
            Plane::AgentManagement => "agent-management",
            Plane::Identity => "identity",
            Plane::Database => "adb",
            Plane::Other => "other",
        }
    }

    fn named(name: &str) -> Option<Plane> {
        let name = name.to_ascii_lowercase().replace('_', "-");
        Some(match name.as_str() {
            "inference" | "generative-ai-inference" | "native" => Plane::Inference,
            "inference-openai" | "openai-compatible" | "openai" | "management-openai" => {
                Plane::InferenceOpenai
            }
            "management" | "generative-ai" | "control" | "control-plane" => Plane::Management,
            "agent-runtime" | "generative-ai-agent-runtime" | "agents" => Plane::AgentRuntime,
            "agent-management" | "agent" | "generative-ai-agent" => Plane::AgentManagement,
            "identity" | "iam" | "auth" => Plane::Identity,
            "adb" | "select-ai" | "database" | "dbms-cloud" => Plane::Database,
            "other" => Plane::Other,
            _ => return None,
        })
    }

    /// The plane that a URL, host or path belongs to.
    fn of_url(text: &str) -> Option<Plane> {
        let has = |part: &str| text.contains(part);
        if has("agent-runtime.generativeai") || has("/agentendpoints/") {
            Some(Plane::AgentRuntime)
        } else if has("agent.generativeai") {
            Some(Plane::AgentManagement)
        } else if has("/openai/v1") || has("/actions/v1") {
            Some(Plane::InferenceOpenai)
        } else if has("inference.generativeai") || has("/20231130/actions/") {
            Some(Plane::Inference)
        } else if has("//generativeai.") {
            Some(Plane::Management)
        } else if has("//identity.") || has("//auth.") {
            Some(Plane::Identity)
        } else {
            None
        }
    }
}

/// Auth methods, in the catalogue's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Auth {
    /// `sk-…` as bearer.
    GenaiApiKey,
    /// A user's API signing key.
    UserApiKey,
    /// `oci session authenticate`.
    SessionToken,
    /// A compute instance.
    InstancePrincipal,
    /// A function, container instance, notebook, database, …
    ResourcePrincipal,
    /// A pod of an enhanced OKE cluster.
    OkeWorkload,
    /// On behalf of a user.
    DelegationToken,
    /// An identity domain's token.
    Oauth,
}

impl Auth {
    /// The method's name in data files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Auth::GenaiApiKey => "genai-api-key",
            Auth::UserApiKey => "user-api-key",
            Auth::SessionToken => "session-token",
            Auth::InstancePrincipal => "instance-principal",
            Auth::ResourcePrincipal => "resource-principal",
            Auth::OkeWorkload => "oke-workload",
            Auth::DelegationToken => "delegation-token",
            Auth::Oauth => "oauth",
        }
    }

    fn named(name: &str) -> Option<Auth> {
        let name = name.to_ascii_lowercase().replace(['_', ' '], "-");
        Some(match name.as_str() {
            "genai-api-key" | "generative-ai-api-key" | "bearer" | "openai-api-key" => Auth::GenaiApiKey,
            "user-api-key" | "api-key" | "user-principal" | "user" | "signing-key" => Auth::UserApiKey,
            "session-token" | "security-token" | "session" => Auth::SessionToken,
            "instance-principal" | "instance-principals" => Auth::InstancePrincipal,
            "resource-principal" | "resource-principals" => Auth::ResourcePrincipal,
            "oke-workload" | "oke-workload-identity" | "workload-identity" | "workload" => Auth::OkeWorkload,
            "delegation-token" | "obo" | "instance-obo-user" => Auth::DelegationToken,
            "oauth" | "token-exchange" => Auth::Oauth,
            _ => return None,
        })
    }
}

/// A case in the catalogue's words, lower-cased where only matching matters.
#[derive(Clone, Debug)]
pub struct Facts {
    /// HTTP status, given or read from the message.
    pub status: Option<u16>,
    /// Auth method, given or read from the text.
    pub auth: Option<Auth>,
    /// Plane, given or read from the text.
    pub plane: Option<Plane>,
    /// Region identifier, given or read from a URL.
    pub region: Option<String>,
    /// Models named.
    pub models: Vec<String>,
    /// Code and message, as given.
    pub error: String,
    /// What the user says of the request, with host and model.
    pub request: String,
}

impl Facts {
    /// Reads what the case says outright and what its texts imply.
    pub fn of(case: &Case) -> Facts {
        let code = case.error.code.clone().unwrap_or_default();
        let message = case.error.message.clone().unwrap_or_default();
        let error = if message.contains(&code) { message } else { format!("{code}: {message}") };
        let mut request = case.request.clone().unwrap_or_default();
        for extra in [&case.host, &case.model].into_iter().flatten() {
            request.push(' ');
            request.push_str(extra);
        }
        let (error, request) = (super::redact::redact(&error), super::redact::redact(&request));
        let all = format!("{error} {request}").to_ascii_lowercase();
        let status = case.error.status.or_else(|| status_in(&code, &error));
        let auth = case.auth_method.as_deref().and_then(Auth::named).or_else(|| auth_in(&all));
        let stated = case.plane.as_deref().and_then(Plane::named);
        let plane = match stated {
            Some(Plane::Other) | None => {
                Plane::of_url(&all).or(stated).or_else(|| all.contains("ora-2").then_some(Plane::Database))
            }
            stated => stated,
        };
        let region = case.region.clone().or_else(|| super::extract::region_in(&all));
        let models = case.model.as_deref().map(models_in).unwrap_or_default();
        Facts { status, auth, plane, region, models, error, request }
    }

    /// Whether nothing at all is known.
    pub fn is_empty(&self) -> bool {
        self.status.is_none()
            && self.error.trim_matches([':', ' ']).is_empty()
            && self.request.trim().is_empty()
    }
}

fn models_in(text: &str) -> Vec<String> {
    text.split([';', ',', '/', ' '])
        .map(|word| word.trim_matches(['\'', '"', '`', '(', ')']).to_owned())
        .filter(|word| word.contains('.') && !word.ends_with('*') && !word.starts_with("ocid1."))
        .collect()
}

fn status_in(code: &str, error: &str) -> Option<u16> {
    let plausible = |status: &u16| (400..600).contains(status);
    if let Some(status) = code.trim().parse().ok().filter(plausible) {
        return Some(status);
    }
    if let Some(status) =
        code.trim().strip_prefix("ORA-20").and_then(|rest| rest.get(..3)?.parse().ok()).filter(plausible)
    {
        return Some(status);
    }
    super::extract::status_in(error)
}

fn auth_in(all: &str) -> Option<Auth> {
    let has = |part: &str| all.contains(part);
    if has("workload identity") || has("oke_workload") || has("proxymux") {
        Some(Auth::OkeWorkload)
    } else if has("resource principal") || has("resource_principal") {
        Some(Auth::ResourcePrincipal)
    } else if has("instance principal") || has("instance_principal") {
        Some(Auth::InstancePrincipal)
    } else if has("security_token") || has("session token") || has("keyid=\"st$") {
        Some(Auth::SessionToken)
    } else if has("bearer sk-") || has("generativeaiapikey") {
        Some(Auth::GenaiApiKey)
    } else {
        None
    }
}
