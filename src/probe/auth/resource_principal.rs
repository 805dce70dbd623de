//! Resource principals: what Functions, Container Instances, notebooks, databases and the like authenticate as.
//!
//! `OCI_RESOURCE_PRINCIPAL_VERSION` says how: 2.2 finds token and key ready; 1.1 and 2.1 ask for a token; 3.0 climbs
//! from a resource to the one that holds it.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use serde_json::json;

use super::federation::{auth_url, parse, send_signed, token_of};
use super::keys::{fresh, read_private_key, session_key, token_in};
use super::{AuthError, AuthMethod, Edge, Held, InstancePrincipal, Pending, Session, Unusable};
use crate::probe::Surroundings;
use crate::probe::config::{Place, place};
use crate::probe::transport::{Answer, Call, Purpose};
use crate::text::redact;
use crate::wire::{KeyFile, KeyId, PrivateKey, Secret, Signer, Token};

const STEP: &str = "resource principal";
const TOKEN_STEP: &str = "token of the resource";
const SESSION_STEP: &str = "session token of the resource";
const PREFIX: &str = "OCI_RESOURCE_PRINCIPAL_";
/// How far 3.0 climbs, as the SDKs do.
const MOST_LEVELS: usize = 10;

/// A resource that the program runs in.
#[derive(Clone, Debug)]
pub struct ResourcePrincipal {
    version: String,
    kind: Kind,
    place: Option<Place>,
}

#[derive(Clone, Debug)]
enum Kind {
    /// 1.1: an instance asks for the resource.
    OfInstance {
        endpoint: String,
        session_endpoint: Option<String>,
        path: Option<String>,
        id: Option<String>,
    },
    /// 2.1, 2.1.1, 2.1.2: the resource has a key and asks for itself.
    OfKey {
        endpoint: String,
        session_endpoint: String,
        path: String,
        key: PrivateKey,
        key_id: KeyId,
        security_context: Option<Secret>,
    },
    /// 2.2: token and key are at hand, and replaced by the platform from time to time.
    AtHand { token: String, key: String, passphrase: Option<String> },
    /// 3.0: from a leaf to its parents.
    OfParent { leaf: Box<Kind>, leaf_version: String, parent: String, session_endpoint: String },
}

/// Reads variables of one prefix and suffix.
struct Variables<'a> {
    around: &'a dyn Surroundings,
    suffix: &'static str,
}

impl Variables<'_> {
    fn get(&self, name: &str) -> Option<String> {
        self.around.variable(&format!("{PREFIX}{name}{}", self.suffix))
    }

    fn need(&self, name: &str) -> Result<String, Unusable> {
        let why = || format!("`{PREFIX}{name}{}` is not set", self.suffix);
        self.get(name).ok_or_else(|| Unusable::new(why(), "config-env-missing"))
    }

    /// A value that may also be the absolute path of a file with it.
    fn value(&self, name: &str, given: &str) -> Result<String, Unusable> {
        if !Path::new(given).is_absolute() {
            return Ok(given.to_owned());
        }
        self.around.read_text(Path::new(given)).map_err(|why| {
            Unusable::new(
                redact(&format!("`{PREFIX}{name}{}` names `{given}`: {why}", self.suffix)),
                "credential-file-missing",
            )
        })
    }

    fn key(&self, given: &str, passphrase: Option<&str>) -> Result<KeyFile, Unusable> {
        let text = self.value("PRIVATE_PEM", given)?;
        let passphrase = passphrase.map(|given| self.value("PRIVATE_PEM_PASSPHRASE", given)).transpose()?;
        let passphrase = passphrase.map(|text| Secret::new(text).trimmed());
        let named = format!("`{PREFIX}PRIVATE_PEM{}`", self.suffix);
        read_private_key(&text, &named, passphrase.as_ref(), None, self.around)
    }
}

impl ResourcePrincipal {
    /// From the environment.
    pub fn from_environment(around: &dyn Surroundings) -> Result<Self, Unusable> {
        let variables = Variables { around, suffix: "" };
        let version = variables.need("VERSION")?;
        let kind = if version == "3.0" {
            let leaf = Variables { around, suffix: "_FOR_LEAF_RESOURCE" };
            let leaf_version = leaf.need("VERSION")?;
            let parent = Variables { around, suffix: "_FOR_PARENT_RESOURCE" };
            Kind::OfParent {
                leaf: Box::new(Kind::read(&leaf_version, &leaf)?),
                leaf_version,
                parent: parent.need("RPT_URL")?,
                session_endpoint: parent.need("RPST_ENDPOINT")?,
            }
        } else {
            Kind::read(&version, &variables)?
        };
        let region = variables
            .get("REGION")
            .or_else(|| around.variable("OCI_RESOURCE_PRINCIPAL_REGION_FOR_LEAF_RESOURCE"));
        if version == "2.2" && region.is_none() {
            variables.need("REGION")?;
        }
        let place = region.and_then(|text| place(&text, around).ok());
        Ok(Self { version, kind, place })
    }

    /// Token and key of a resource that has them at hand.
    pub(super) fn held(&self, around: &dyn Surroundings) -> Held {
        let (key, token) = self.kind.at_hand(around, "").ok().flatten().unzip();
        Held { key: key.map(Ok), token, ..Held::default() }
    }

    /// The version of the scheme.
    pub fn version(&self) -> &str {
        &self.version
    }
}

impl Kind {
    fn read(version: &str, variables: &Variables<'_>) -> Result<Kind, Unusable> {
        Ok(match version {
            "1.1" => Kind::OfInstance {
                endpoint: variables.need("RPT_ENDPOINT")?,
                session_endpoint: variables.get("RPST_ENDPOINT"),
                path: variables.get("RPT_PATH"),
                id: variables.get("RPT_ID"),
            },
            "2.1" | "2.1.1" | "2.1.2" => {
                let resource = variables.need("RESOURCE_ID")?;
                let tenancy = (version != "2.1").then(|| variables.need("TENANCY_ID")).transpose()?;
                let context = (version == "2.1.2").then(|| variables.need("SECURITY_CONTEXT")).transpose()?;
                let default = match version {
                    "2.1.2" => "/20180711/resourcePrincipalTokenV212/{}",
                    _ => "/20180711/resourcePrincipalTokenV2/{}",
                };
                let path = variables.get("RPT_PATH").unwrap_or_else(|| default.to_owned());
                let passphrase = variables.get("PRIVATE_PEM_PASSPHRASE");
                Kind::OfKey {
                    endpoint: variables.need("RPT_ENDPOINT")?,
                    session_endpoint: variables.need("RPST_ENDPOINT")?,
                    path: with_id(&path, "{}", &resource),
                    key: variables.key(&variables.need("PRIVATE_PEM")?, passphrase.as_deref())?.key,
                    key_id: KeyId::Resource { version: version.to_owned(), tenancy, resource },
                    security_context: context.map(Secret::new),
                }
            }
            "2.2" => {
                let token = variables.need("RPST")?;
                let key = variables.need("PRIVATE_PEM")?;
                let passphrase = variables.get("PRIVATE_PEM_PASSPHRASE");
                let kind = Kind::AtHand { token, key, passphrase };
                kind.at_hand(variables.around, variables.suffix)?;
                kind
            }
            other => {
                let why =
                    format!("`{PREFIX}VERSION{}` is `{other}`, which no client speaks", variables.suffix);
                return Err(Unusable::new(why, "config-attribute-invalid"));
            }
        })
    }

    /// Token and key of 2.2, read anew each time since the platform replaces them.
    fn at_hand(
        &self,
        around: &dyn Surroundings,
        suffix: &'static str,
    ) -> Result<Option<(KeyFile, Token)>, Unusable> {
        let Kind::AtHand { token, key, passphrase } = self else { return Ok(None) };
        let variables = Variables { around, suffix };
        let named = format!("`{PREFIX}RPST{suffix}`");
        let token = token_in(&variables.value("RPST", token)?, &named)?;
        fresh(&token, &named, around)?;
        Ok(Some((variables.key(key, passphrase.as_deref())?, token)))
    }

    /// The session of a resource that is no parent of another.
    async fn session(
        &self,
        edge: Edge<'_>,
        place: Option<&Place>,
        suffix: &'static str,
    ) -> Result<Session, AuthError> {
        match self {
            Kind::AtHand { .. } => {
                let read = self.at_hand(edge.around, suffix);
                let read = read.map_err(|error| AuthError::new(STEP, error.why, error.cause))?;
                let (key, token) =
                    read.ok_or_else(|| AuthError::new(STEP, "no token", "config-env-missing"))?;
                Ok(Session::of_token(key.key, token, place.cloned()))
            }
            Kind::OfInstance { endpoint, session_endpoint, path, id } => {
                let instance = InstancePrincipal::federate(edge).await?;
                let id = match id {
                    Some(id) => id.clone(),
                    None => InstancePrincipal::metadata(edge, "/instance/id").await?.trim().to_owned(),
                };
                let path = path.as_deref().unwrap_or("/20180711/resourcePrincipalToken/{id}");
                let url = join(endpoint, &with_id(path, "{id}", &id))?;
                let answer =
                    send_signed(edge, &instance, Call::new("GET", url, Purpose::Service), TOKEN_STEP).await?;
                let place = place.or(instance.place()).cloned();
                let url = match (session_endpoint, &place) {
                    (Some(endpoint), _) => join(endpoint, SESSION_PATH)?,
                    (None, Some(place)) => auth_url(edge.around, place, SESSION_PATH, SESSION_STEP)?,
                    (None, None) => {
                        return Err(AuthError::new(STEP, "no region is known", "config-env-missing"));
                    }
                };
                let key = session_key(SESSION_STEP).await?;
                let token = exchange(edge, &instance, &answer, url, &key).await?;
                Ok(Session::of_token(key, token, place))
            }
            Kind::OfKey { endpoint, session_endpoint, path, key, key_id, security_context } => {
                let resource = Session::signed(Signer::new(key.clone(), key_id.clone()), place.cloned());
                let mut call = Call::new("GET", join(endpoint, path)?, Purpose::Service);
                if let Some(context) = security_context {
                    call.request.headers.set("security-context", context.expose());
                }
                let answer = send_signed(edge, &resource, call, TOKEN_STEP).await?;
                let token =
                    exchange(edge, &resource, &answer, join(session_endpoint, SESSION_PATH)?, key).await?;
                Ok(Session::of_token(key.clone(), token, place.cloned()))
            }
            Kind::OfParent { .. } => {
                Err(AuthError::new(STEP, "a leaf can't be of version 3.0", "config-attribute-invalid"))
            }
        }
    }
}

const SESSION_PATH: &str = "/v1/resourcePrincipalSessionToken";

/// A path with the id in place of its mark, or at its end.
fn with_id(path: &str, mark: &str, id: &str) -> String {
    if path.contains(mark) { path.replace(mark, id) } else { format!("{}/{id}", path.trim_end_matches('/')) }
}

fn join(endpoint: &str, path: &str) -> Result<Url, AuthError> {
    parse(&format!("{}/{}", endpoint.trim_end_matches('/'), path.trim_start_matches('/')), STEP)
}

/// Exchanges the tokens of a resource for one that goes with a key.
async fn exchange(
    edge: Edge<'_>,
    session: &Session,
    tokens: &Answer,
    url: Url,
    key: &PrivateKey,
) -> Result<Token, AuthError> {
    let body = tokens.json();
    let field = |name: &str| {
        let text = body.as_ref().and_then(|body| body.get(name)?.as_str());
        text.ok_or_else(|| AuthError::answer(TOKEN_STEP, tokens, "proxy-or-wrong-url"))
    };
    let public =
        key.public().to_spki().map_err(|error| AuthError::new(STEP, error.to_string(), "key-format"))?;
    let call = Call::new("POST", url, Purpose::Service).json(&json!({
        "resourcePrincipalToken": field("resourcePrincipalToken")?,
        "servicePrincipalSessionToken": field("servicePrincipalSessionToken")?,
        "sessionPublicKey": STANDARD.encode(public),
    }));
    token_of(&send_signed(edge, session, call, SESSION_STEP).await?, SESSION_STEP, "rp-off-oci")
}

impl ResourcePrincipal {
    async fn climb(&self, edge: Edge<'_>) -> Result<Session, AuthError> {
        let place = self.place.as_ref();
        let Kind::OfParent { leaf, leaf_version, parent, session_endpoint } = &self.kind else {
            return self.kind.session(edge, place, "").await;
        };
        let mut session = leaf.session(edge, place, "_FOR_LEAF_RESOURCE").await?;
        let key = session.signer().map(|signer| signer.key().clone());
        let key =
            key.ok_or_else(|| AuthError::new(STEP, format!("no key of leaf {leaf_version}"), "key-format"))?;
        let mut seen: Vec<Url> = Vec::new();
        let mut next = Some(parse(parent, STEP)?);
        while let Some(url) = next.filter(|url| !seen.contains(url)) {
            if seen.len() == MOST_LEVELS {
                let message = format!("more than {MOST_LEVELS} resources stand one above the other");
                return Err(AuthError::new(STEP, message, "rp-off-oci"));
            }
            let call = Call::new("GET", url.clone(), Purpose::Service);
            seen.push(url);
            let answer = send_signed(edge, &session, call, TOKEN_STEP).await?;
            let token =
                exchange(edge, &session, &answer, join(session_endpoint, SESSION_PATH)?, &key).await?;
            session = Session::of_token(key.clone(), token, self.place.clone());
            next = answer.headers.get("opc-parent-rpt-url").map(|url| parse(url, STEP)).transpose()?;
        }
        Ok(session)
    }
}

impl AuthMethod for ResourcePrincipal {
    fn name(&self) -> &'static str {
        "resource-principal"
    }

    fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    fn session<'a>(&'a self, edge: Edge<'a>) -> Pending<'a> {
        Box::pin(self.climb(edge))
    }
}
