//! What gives out certificates and tokens: the metadata service, the token service, the cluster's proxymux, the
//! identity domain. One file a service or exchange.

mod identity_domain;
mod metadata;
mod proxymux;
mod resource_principal;
mod scoped;
mod session;
mod x509;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::authenticate::Known;
use super::call::{Answer, Body, Call, Failure};
use super::failure;
use super::settings::Lifetime;
use crate::wire::{PublicKey, Token};

/// What an exchange comes to.
type Outcome = Result<Answer, Failure>;

/// The answer of the metadata service; none for a path that isn't its own.
pub fn metadata(known: Known<'_>, call: &Call, strict: bool) -> Option<Outcome> {
    metadata::answer(known, call, strict)
}

/// The answer of the token service; none for a path that isn't its own.
pub fn token_service(known: Known<'_>, call: &Call) -> Option<Outcome> {
    let outcome = match (call.method.as_str(), call.path()) {
        ("POST", "/v1/x509") => x509::exchange(known, call),
        ("POST", "/v1/authentication/refresh") => session::refresh(known, call),
        ("POST", "/v1/token/upst/actions/GenerateUpst") => session::generate(known, call),
        ("POST", "/v1/resourcePrincipalSessionToken") => resource_principal::session_token(known, call),
        ("POST", "/v1/oauth2/scoped") => scoped::exchange(known, call, "public_key"),
        ("POST", "/v1/actions/generateScopedAccessToken") => scoped::exchange(known, call, "publicKey"),
        ("GET", path) => return resource_principal::proof(known, call, path),
        _ => return None,
    };
    Some(outcome)
}

/// The answer of the cluster's token service; none for a path that isn't its own.
pub fn proxymux(known: Known<'_>, call: &Call) -> Option<Outcome> {
    match (call.method.as_str(), call.path()) {
        ("POST", "/resourcePrincipalSessionTokens") => Some(proxymux::for_key(known, call)),
        ("POST", "/resourcePrincipalSessionTokensWithCaching") => Some(proxymux::with_key(known, call)),
        _ => None,
    }
}

/// The answer of the identity domain; none for a path that isn't its own.
pub fn identity_domain(known: Known<'_>, call: &Call) -> Option<Outcome> {
    match (call.method.as_str(), call.path()) {
        ("POST", "/oauth2/v1/token") => Some(identity_domain::token(known, call)),
        ("GET", "/admin/v1/SigningCert/jwk") => Some(Ok(identity_domain::keys(known))),
        _ => None,
    }
}

/// A body that must be a JSON object.
fn object(call: &Call) -> Result<Map<String, Value>, Failure> {
    match call.json() {
        Some(Value::Object(fields)) => Ok(fields),
        _ => Err(Failure::new(
            400,
            "CannotParseRequest",
            "Incorrectly formatted request. The body is no JSON object.",
        )),
    }
}

/// A field that must be text.
fn text<'f>(fields: &'f Map<String, Value>, name: &str) -> Result<&'f str, Failure> {
    fields
        .get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .ok_or_else(|| Failure::new(400, "MissingParameter", format!("Missing {name}")))
}

/// A public key as clients send it: base64 of the DER, or PEM.
fn public_key(text: &str, name: &str) -> Result<PublicKey, Failure> {
    let key = if text.contains("-----BEGIN") {
        PublicKey::read(text)
    } else {
        let compact: String = text.split_whitespace().collect();
        PublicKey::from_spki(&STANDARD.decode(compact).unwrap_or_default())
    };
    let key =
        key.map_err(|error| Failure::new(400, "InvalidParameter", format!("Invalid {name}")).because(error))?;
    if key.bits() < 2048 {
        return Err(Failure::new(400, "InvalidParameter", format!("Invalid {name}"))
            .because("the key is shorter than 2048 bits"));
    }
    Ok(key)
}

/// Issues a token for the holder of a key.
fn issue(
    known: Known<'_>,
    call: &Call,
    claims: Value,
    key: Option<&PublicKey>,
    lifetime: Lifetime,
) -> Result<Token, Failure> {
    known
        .credentials
        .issuer
        .issue(claims, key, call.now, lifetime)
        .map_err(|error| Failure::new(500, "InternalServerError", "Internal Server Error").because(error))
}

/// The usual form of an answer with a token.
fn with_token(token: &Token) -> Answer {
    Answer::json(json!({ "token": token.raw().expose() }))
}

/// A token that this sandbox issued for one purpose.
fn genuine(known: Known<'_>, call: &Call, text: &str, kind: &str) -> Result<Token, Failure> {
    let token = Token::parse(text).map_err(|error| failure::of("expired-session").because(error))?;
    known
        .credentials
        .issuer
        .accepts(&token, call.now)
        .map_err(|reason| failure::of("expired-session").because(reason))?;
    if token.claim("ttype") != Some(kind) {
        return Err(failure::of("wrong-fingerprint").because("the token is for something else"));
    }
    Ok(token)
}

/// Plain text.
fn plain(text: impl Into<String>) -> Answer {
    let text: String = text.into();
    Answer::with_body(Body::Bytes("text/plain".to_owned(), text.into_bytes()))
}
