//! Auth methods: one file each. A method gets a [`Session`], over the network where it must; a session authorizes
//! requests. [`discover`] finds every credential on the machine and says why one is not usable.
//!
//! ```text
//! discover ─► AuthMethod ── session (metadata, federation, token exchange) ──► Session ── authorize ──► request
//! ```

mod delegation_token;
mod discover;
mod environment;
mod federation;
mod genai_api_key;
mod held;
mod instance_principal;
mod keys;
mod oauth;
mod oke_workload;
mod resource_principal;
mod secrets;
mod session_token;
mod user_api_key;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use jiff::Timestamp;

pub use delegation_token::DelegationToken;
pub use discover::{Candidate, Discovery, State, Wanted, discover};
pub use environment::{Environment, environment};
pub use genai_api_key::GenaiApiKey;
pub use held::Held;
pub use instance_principal::InstancePrincipal;
pub use keys::{Unusable, read_private_key};
pub use oauth::{ClientCredentials, ScopedOauth, TokenExchange};
pub use oke_workload::OkeWorkload;
pub use resource_principal::ResourcePrincipal;
pub use secrets::{SecretSource, SecretSourceError};
pub use session_token::SessionToken;
pub use user_api_key::UserApiKey;

use super::Surroundings;
use super::config::Place;
use super::transport::{Answer, Http, TransportError};
use crate::wire::{KeyId, Request, Scope, Secret, SignError, Signer, Token};

/// What a method may use to get its session.
#[derive(Clone, Copy)]
pub struct Edge<'a> {
    /// Environment, files and clock.
    pub around: &'a dyn Surroundings,
    /// The network.
    pub http: &'a Http,
}

/// A session in the making.
pub type Pending<'a> = Pin<Box<dyn Future<Output = Result<Session, AuthError>> + Send + 'a>>;

/// A way to authenticate, with the credential for it.
pub trait AuthMethod: Send + Sync {
    /// Its name in the catalogue.
    fn name(&self) -> &'static str;
    /// The region that comes with it; none when the credential names none or the machine must be asked.
    fn place(&self) -> Option<&Place> {
        None
    }
    /// Gets what requests are authorized with. A new session each time: callers keep it until it expires.
    fn session<'a>(&'a self, edge: Edge<'a>) -> Pending<'a>;
}

/// What requests are authorized with.
#[derive(Clone, Debug)]
pub struct Session {
    carrier: Carrier,
    token: Option<Token>,
    place: Option<Place>,
}

#[derive(Clone, Debug)]
enum Carrier {
    Signature(Box<Signer>),
    Bearer(Secret),
}

impl Session {
    /// Requests are signed by a key that needs no token.
    fn signed(signer: Signer, place: Option<Place>) -> Session {
        Session { carrier: Carrier::Signature(Box::new(signer)), token: None, place }
    }

    /// Requests are signed by the key that belongs to a token.
    fn of_token(key: crate::wire::PrivateKey, token: Token, place: Option<Place>) -> Session {
        let signer = Signer::new(key, KeyId::Token(token.raw().clone()));
        Session { carrier: Carrier::Signature(Box::new(signer)), token: Some(token), place }
    }

    /// Requests carry a secret.
    fn bearer(secret: Secret, token: Option<Token>) -> Session {
        Session { carrier: Carrier::Bearer(secret), token, place: None }
    }

    /// Adds what the service asks for: a signature over the whole request, or the secret. Nothing that a signature
    /// covers may change afterwards.
    pub fn authorize(&self, request: &mut Request, now: Timestamp) -> Result<(), SignError> {
        match &self.carrier {
            Carrier::Signature(signer) => signer.sign(request, Scope::Standard, now),
            Carrier::Bearer(secret) => {
                if secret.expose().contains(|c: char| c.is_control()) {
                    return Err(SignError::ControlCharacter("authorization".to_owned()));
                }
                request.headers.set("authorization", format!("Bearer {}", secret.expose()));
                if request.body_is_signed() {
                    let length = request.body.len();
                    request.headers.set_if_absent("content-length", || length.to_string());
                }
                Ok(())
            }
        }
    }

    /// The token behind it, whose claims say who the caller is; none for keys that need no token.
    pub fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// The signer; none for bearers.
    pub fn signer(&self) -> Option<&Signer> {
        match &self.carrier {
            Carrier::Signature(signer) => Some(signer),
            Carrier::Bearer(_) => None,
        }
    }

    /// The region that the credential or the machine named.
    pub fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// Until when it can be used; none when nothing says so.
    pub fn expires(&self) -> Option<Timestamp> {
        self.token.as_ref().and_then(Token::expires)
    }
}

/// Why there is no session: the step that failed, what was answered, and the cause that this speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthError {
    /// What was tried, such as `metadata service`.
    pub step: &'static str,
    /// What went wrong.
    pub message: String,
    /// The status of a refusal.
    pub status: Option<u16>,
    /// The id of a refused request.
    pub request_id: Option<String>,
    /// The cause that this speaks for, by its name.
    pub cause: &'static str,
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.step, self.message)?;
        self.status.map_or(Ok(()), |status| write!(f, " (HTTP {status})"))
    }
}

impl std::error::Error for AuthError {}

impl AuthError {
    fn new(step: &'static str, message: impl Into<String>, cause: &'static str) -> AuthError {
        AuthError { step, message: message.into(), status: None, request_id: None, cause }
    }

    /// Nothing came back.
    fn transport(step: &'static str, error: &TransportError, cause: &'static str) -> AuthError {
        AuthError::new(step, error.to_string(), cause)
    }

    /// Something else than success came back.
    fn answer(step: &'static str, answer: &Answer, cause: &'static str) -> AuthError {
        let message = answer.message().unwrap_or_else(|| match answer.json() {
            Some(_) => "the answer is not the expected one".to_owned(),
            None => "the answer is no JSON: something else than OCI may have answered".to_owned(),
        });
        let cause = match message.to_lowercase().contains("clock skew") {
            true => "clock-skew",
            false => cause,
        };
        AuthError {
            step,
            // What comes over the wire is not shown at any length.
            message: message.chars().filter(|c| !c.is_control()).take(300).collect(),
            status: Some(answer.status),
            request_id: answer.request_id(),
            cause: if answer.json().is_none() { "proxy-or-wrong-url" } else { cause },
        }
    }
}
