//! A case in the catalogue's words: what it says outright, and what its texts imply.

use super::case::Case;
use super::mentions::{self, Ocid, Url, pattern};
use super::redact::redact;
use crate::catalog::{self, Operation};

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
            "inference" | "generative-ai-inference" | "native" | "data" | "sandbox" => Plane::Inference,
            "inference-openai" | "openai-compatible" | "openai" | "management-openai" => {
                Plane::InferenceOpenai
            }
            "management" | "generative-ai" | "control" | "control-plane" => Plane::Management,
            "agent-runtime" | "generative-ai-agent-runtime" | "agents" => Plane::AgentRuntime,
            "agent-management" | "agent" | "generative-ai-agent" => Plane::AgentManagement,
            "identity" | "iam" | "auth" => Plane::Identity,
            "adb" | "select-ai" | "database" | "dbms-cloud" => Plane::Database,
            "other" | "limits" => Plane::Other,
            _ => return None,
        })
    }

    /// The plane of the catalogue's name.
    fn of_catalogue(name: &str) -> Option<Plane> {
        Some(match name {
            "inference" | "data" | "sandbox" | "hosted-app-invoke" => Plane::Inference,
            "inference-openai" => Plane::InferenceOpenai,
            "management" | "management-openai" => Plane::Management,
            "agent-runtime" => Plane::AgentRuntime,
            "agent-management" => Plane::AgentManagement,
            "identity" | "auth" => Plane::Identity,
            "limits" => Plane::Other,
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

/// A case in the catalogue's words.
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
    /// The operation that was called, where path or words tell.
    pub operation: Option<&'static Operation>,
    pub(super) urls: Vec<Url>,
    pub(super) ocids: Vec<Ocid>,
    /// Error and request in lower case.
    pub(super) all: String,
}

impl Facts {
    /// Reads what the case says outright and what its texts imply.
    pub fn of(case: &Case) -> Facts {
        let code = case.error.code.clone().unwrap_or_default();
        let message = case.error.message.clone().unwrap_or_default();
        let error = if message.contains(&code) { message } else { format!("{code}: {message}") };
        let mut request = case.request.clone().unwrap_or_default();
        let named = [&case.host, &case.model, &case.principal, &case.compartment, &case.project, &case.key];
        for extra in named.into_iter().flatten() {
            request.push(' ');
            request.push_str(extra);
        }
        for (name, value) in case.config.iter().chain(&case.headers) {
            request.push_str(&format!("\n{name}: {value}"));
        }
        let (error, request) = (redact(&error), redact(&request));
        let both = format!("{error}\n{request}");
        let all = both.to_ascii_lowercase();
        let status = case.error.status.or_else(|| status_in(&code, &error));
        let mut urls = mentions::urls(&both);
        // The call itself comes before what else is mentioned.
        urls.sort_by_key(|url| case.host.is_none() || url.host != case.host);
        let ocids = mentions::ocids(&both);
        let auth = case.auth_method.as_deref().and_then(Auth::named).or_else(|| auth_in(&all));
        let stated = case.plane.as_deref().and_then(Plane::named);
        let host = urls.iter().find_map(|url| mentions::plane_of_host(url.host.as_deref()?));
        let plane = match stated {
            Some(Plane::Other) | None => Plane::of_url(&all)
                .or_else(|| host.and_then(Plane::of_catalogue))
                .or(stated)
                .or_else(|| all.contains("ora-2").then_some(Plane::Database)),
            stated => stated,
        };
        let of_host = || {
            let hosts = case.host.iter().chain(urls.iter().filter_map(|url| url.host.as_ref()));
            hosts.into_iter().find_map(|host| mentions::region_of_host(host))
        };
        let region =
            case.region.clone().or_else(of_host).or_else(|| mentions::regions(&all).into_iter().next());
        let mut models = case.model.as_deref().map(mentions::models).unwrap_or_default();
        if models.is_empty() {
            models = mentions::models(&both);
        }
        let operation = operation_in(&urls, &all, plane);
        Facts { status, auth, plane, region, models, error, request, operation, urls, ocids, all }
    }

    /// Whether nothing at all is known.
    pub fn is_empty(&self) -> bool {
        self.status.is_none()
            && self.error.trim_matches([':', ' ']).is_empty()
            && self.request.trim().is_empty()
    }

    /// Whether the text that stands for a missing right and an absent object came back.
    pub(super) fn is_refused(&self) -> bool {
        let text = self.error.to_ascii_lowercase();
        let says = text.contains("authorization failed")
            || text.contains("notauthorizedornotfound")
            || text.contains("ora-20404");
        says || (self.status == Some(404)
            && !text.contains("entity with key")
            && !text.contains("map to a registered"))
    }

    /// Whether the answer says that an entity named like a model is not found.
    pub(super) fn is_entity_not_found(&self) -> bool {
        let text = self.error.to_ascii_lowercase();
        text.contains("entity with key") && !text.contains("entity with key apikey")
    }

    /// Whether authentication was refused.
    pub(super) fn is_unauthenticated(&self) -> bool {
        self.status == Some(401)
            || ["notauthenticated", "ora-20401", "ora-20955"].iter().any(|text| self.all.contains(text))
    }

    /// Whether the call was to Responses, Conversations, files or vector stores.
    pub(super) fn is_stateful(&self) -> bool {
        let named = self.operation.is_some_and(|operation| {
            let name = operation.name;
            operation.plane == Some("inference-openai") && name != "ChatCompletions" && name != "CreateSpeech"
        });
        let words = ["/responses", "/conversations", "/vector_stores", "/files", "responses.create"];
        named || (self.operation.is_none() && words.iter().any(|word| self.all.contains(word)))
    }
}

/// The plane that a call goes to, in the names of this file: that of the host; where several share it, by path.
pub(super) fn plane_of_call(url: &Url) -> Option<String> {
    let host = url.host.as_deref().unwrap_or_default();
    let of_host = mentions::plane_of_host(host).and_then(Plane::of_catalogue);
    let by_path = || Plane::of_url(&format!("//{host}{}", url.path.to_ascii_lowercase()));
    let plane = of_host.filter(|plane| *plane != Plane::Inference).or_else(by_path).or(of_host)?;
    Some(plane.as_str().to_owned())
}

/// The operation of the URL, else of the words that name one.
fn operation_in(urls: &[Url], all: &str, plane: Option<Plane>) -> Option<&'static Operation> {
    for url in urls {
        let found = mentions::operations_at(&url.path, url.method.as_deref().or(Some("POST")));
        let found = if found.is_empty() { mentions::operations_at(&url.path, None) } else { found };
        if let Some(operation) = found.into_iter().next() {
            return Some(operation);
        }
    }
    let has = |words: &[&str]| words.iter().any(|word| all.contains(word));
    let agents = matches!(plane, Some(Plane::AgentRuntime));
    let name = if has(&["chat/completions", "chat.completions", "chat completions", "chat_completions"]) {
        "chat-completions"
    } else if has(&["/responses", "responses.create", "responses api", "createresponse"]) {
        "responses"
    } else if has(&["conversations"]) && plane == Some(Plane::InferenceOpenai) {
        "CreateConversation"
    } else if has(&["embedtext", "embed_text", "embed text", "embedding"]) {
        "EmbedText"
    } else if has(&["reranktext", "rerank_text", "rerank text"]) {
        "RerankText"
    } else if has(&["list-models", "listmodels", "list_models", "model-collection"]) {
        "ListModels"
    } else if agents && has(&["session"]) {
        "CreateSession"
    } else if agents {
        "agent-chat"
    } else {
        match plane {
            Some(Plane::Inference | Plane::Database) => "chat",
            Some(Plane::InferenceOpenai) => "chat-completions",
            _ => return None,
        }
    };
    catalog::operation(name)
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
    mentions::status_in(error)
}

fn auth_in(all: &str) -> Option<Auth> {
    let has = |part: &str| all.contains(part);
    if has("workload identity") || has("oke_workload") || has("proxymux") {
        Some(Auth::OkeWorkload)
    } else if has("resource principal") || has("resource_principal") {
        Some(Auth::ResourcePrincipal)
    } else if has("instance principal") || has("instance_principal") || has("instanceprincipal") {
        Some(Auth::InstancePrincipal)
    } else if has("security_token")
        || has("securitytoken")
        || has("session token")
        || has("ocisessionauth")
        || has("st$")
    {
        Some(Auth::SessionToken)
    } else if has("bearer sk-") || has("generativeaiapikey") || has("api_key=sk-") || has("api_key=\"sk-") {
        Some(Auth::GenaiApiKey)
    } else if has("user api key")
        || has("user's api key")
        || has("api signing key")
        || mentions::first(all, pattern!(r#"keyid=\\?"?ocid1\.tenancy\.[^"]*/ocid1\.user\."#)).is_some()
    {
        Some(Auth::UserApiKey)
    } else {
        None
    }
}
