//! OAuth: an identity domain's token for hosted applications, and the exchanges that end in a token to sign with.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use serde_json::json;

use super::federation::{auth_url, parse, send, send_signed, token_of};
use super::keys::session_key;
use super::{AuthError, AuthMethod, Edge, Pending, Session};
use crate::probe::config::Place;
use crate::probe::transport::{Answer, Call, Purpose};
use crate::wire::{PrivateKey, Secret, Token};

const STEP: &str = "token of the identity domain";
const EXCHANGE_STEP: &str = "token exchange at the identity domain";
const SCOPED_STEP: &str = "scoped token of the auth service";

/// A client of an identity domain.
#[derive(Clone, Debug)]
struct DomainClient {
    domain: String,
    id: String,
    secret: Secret,
}

impl DomainClient {
    /// Posts a form to the token endpoint under the client's name.
    async fn ask(
        &self,
        edge: Edge<'_>,
        form: &[(&str, &str)],
        step: &'static str,
    ) -> Result<Answer, AuthError> {
        let url = parse(&format!("{}/oauth2/v1/token", self.domain.trim_end_matches('/')), step)?;
        let mut call = Call::new("POST", url, Purpose::Service);
        let basic = Secret::new(STANDARD.encode(format!("{}:{}", self.id, self.secret.expose())));
        call.request.headers.set("authorization", format!("Basic {}", basic.expose()));
        call.request.headers.set("content-type", "application/x-www-form-urlencoded");
        call.request.body = encoded(form).into_bytes();
        let answer = send(edge.http, &call, step).await?;
        if answer.is_success() {
            Ok(answer)
        } else {
            Err(AuthError::answer(step, &answer, "wrong-auth-mode"))
        }
    }
}

/// A form as it goes over the wire.
fn encoded(form: &[(&str, &str)]) -> String {
    let Ok(mut url) = Url::parse("form://x") else { return String::new() };
    url.query_pairs_mut().extend_pairs(form);
    url.query().unwrap_or_default().to_owned()
}

/// Client credentials: what callers of hosted applications use. The result is a bearer.
#[derive(Clone, Debug)]
pub struct ClientCredentials {
    client: DomainClient,
    scope: String,
}

impl ClientCredentials {
    /// A client of the domain at this URL; `scope` is the application's audience and scope in one.
    pub fn new(
        domain: impl Into<String>,
        id: impl Into<String>,
        secret: Secret,
        scope: impl Into<String>,
    ) -> Self {
        let client = DomainClient { domain: domain.into(), id: id.into(), secret };
        Self { client, scope: scope.into() }
    }

    async fn fetch(&self, edge: Edge<'_>) -> Result<Session, AuthError> {
        let form = [("grant_type", "client_credentials"), ("scope", self.scope.as_str())];
        let answer = self.client.ask(edge, &form, STEP).await?;
        let body = answer.json();
        let text = body.as_ref().and_then(|body| body.get("access_token")?.as_str());
        let text = text.ok_or_else(|| AuthError::answer(STEP, &answer, "proxy-or-wrong-url"))?;
        // Access tokens may be opaque; then there is nothing to read from them.
        Ok(Session::bearer(Secret::new(text), Token::parse(text).ok()))
    }
}

impl AuthMethod for ClientCredentials {
    fn name(&self) -> &'static str {
        "oauth"
    }

    fn session<'a>(&'a self, edge: Edge<'a>) -> Pending<'a> {
        Box::pin(self.fetch(edge))
    }
}

/// A third party's token exchanged for one of OCI, which signs like a user's session.
#[derive(Clone, Debug)]
pub struct TokenExchange {
    client: DomainClient,
    subject: Secret,
    place: Option<Place>,
}

impl TokenExchange {
    /// Exchanges `subject`, the third party's token, as a client of the domain at this URL.
    pub fn new(
        domain: impl Into<String>,
        id: impl Into<String>,
        secret: Secret,
        subject: Secret,
        place: Option<Place>,
    ) -> Self {
        let client = DomainClient { domain: domain.into(), id: id.into(), secret };
        Self { client, subject, place }
    }

    async fn exchange(&self, edge: Edge<'_>) -> Result<Session, AuthError> {
        let (key, public) = key_pair(EXCHANGE_STEP).await?;
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("requested_token_type", "urn:oci:token-type:oci-upst"),
            ("public_key", public.as_str()),
            ("subject_token", self.subject.expose()),
            ("subject_token_type", "jwt"),
        ];
        let answer = match self.client.ask(edge, &form, EXCHANGE_STEP).await {
            Err(refused) => return Err(self.explained(edge, refused).await),
            Ok(answer) => answer,
        };
        let token = token_of(&answer, EXCHANGE_STEP, "wrong-auth-mode")?;
        Ok(Session::of_token(key, token, self.place.clone()))
    }
}

/// What identity domains say of the client itself, not of the token that it brings.
const OF_THE_CLIENT: [&str; 3] = ["client", "scope", "grant type"];

impl TokenExchange {
    /// A refusal with what is known of the token that was brought: its expiry, and whether anybody may read what it
    /// is verified by, where this domain made it.
    async fn explained(&self, edge: Edge<'_>, refused: AuthError) -> AuthError {
        let said = refused.message.to_lowercase();
        let of_the_client = OF_THE_CLIENT.iter().any(|word| said.contains(word));
        if refused.status.is_none_or(|status| status >= 500) || of_the_client {
            return refused;
        }
        let subject = Token::parse(self.subject.expose()).ok();
        if subject.as_ref().and_then(Token::expires).is_some_and(|ends| ends <= edge.around.now()) {
            let message = format!("{}; the token that was brought is past its expiry", refused.message);
            return AuthError { message, cause: "session-expired", ..refused };
        }
        let path = "/admin/v1/SigningCert/jwk";
        let Ok(url) = parse(&format!("{}{path}", self.client.domain.trim_end_matches('/')), EXCHANGE_STEP)
        else {
            return refused;
        };
        // Nothing goes with it: the question is what those may read who bring nothing.
        let answer = edge.http.send(&Call::new("GET", url, Purpose::Service)).await;
        match answer.map(|answer| answer.status) {
            Ok(status @ (401 | 403)) => {
                let message = format!(
                    "{}; `{path}` of the domain answers {status} without a credential, so nobody else can verify its tokens",
                    refused.message
                );
                AuthError { message, cause: "jwks-not-public", ..refused }
            }
            _ => refused,
        }
    }
}

/// A session key with its public half as the services take it.
async fn key_pair(step: &'static str) -> Result<(PrivateKey, String), AuthError> {
    let key = session_key(step).await?;
    let public = key.public().to_spki();
    let public = public.map_err(|error| AuthError::new(step, error.to_string(), "key-format"))?;
    Ok((key, STANDARD.encode(public)))
}

impl AuthMethod for TokenExchange {
    fn name(&self) -> &'static str {
        "oauth"
    }

    fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    fn session<'a>(&'a self, edge: Edge<'a>) -> Pending<'a> {
        Box::pin(self.exchange(edge))
    }
}

/// Another method's session narrowed to a scope and a compartment by the auth service.
pub struct ScopedOauth {
    base: Arc<dyn AuthMethod>,
    scope: String,
    compartment: String,
    place: Place,
}

impl ScopedOauth {
    /// Narrows the sessions of `base`.
    pub fn new(
        base: Arc<dyn AuthMethod>,
        scope: impl Into<String>,
        compartment: impl Into<String>,
        place: Place,
    ) -> Self {
        Self { base, scope: scope.into(), compartment: compartment.into(), place }
    }

    async fn narrow(&self, edge: Edge<'_>) -> Result<Session, AuthError> {
        let base = self.base.session(edge).await?;
        let (key, public) = key_pair(SCOPED_STEP).await?;
        let url = auth_url(edge.around, &self.place, "/v1/oauth2/scoped", SCOPED_STEP)?;
        let body =
            json!({ "scope": self.scope, "public_key": public, "target_compartment": self.compartment });
        let call = Call::new("POST", url, Purpose::Service).json(&body);
        let token =
            token_of(&send_signed(edge, &base, call, SCOPED_STEP).await?, SCOPED_STEP, "wrong-auth-mode")?;
        Ok(Session::of_token(key, token, Some(self.place.clone())))
    }
}

impl AuthMethod for ScopedOauth {
    fn name(&self) -> &'static str {
        "oauth"
    }

    fn place(&self) -> Option<&Place> {
        Some(&self.place)
    }

    fn session<'a>(&'a self, edge: Edge<'a>) -> Pending<'a> {
        Box::pin(self.narrow(edge))
    }
}
