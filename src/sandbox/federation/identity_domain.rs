//! The identity domain: access tokens for its clients, and OCI tokens in exchange for those of other issuers.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Outcome, issue as issue_token, public_key, with_token};
use crate::sandbox::authenticate::{Known, scheme, signed};
use crate::sandbox::call::{Answer, Call, Failure, form_pairs};
use crate::sandbox::issue::{self, kind};
use crate::sandbox::settings::Lifetime;
use crate::wire::{Secret, Token};

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const UPST: &str = "urn:oci:token-type:oci-upst";
const RPST: &str = "urn:oci:token-type:oci-rpst";

/// Who asks.
enum Client {
    /// A client of the domain, by its id.
    Registered(String),
    /// Someone of IAM, by OCID.
    Signer(String),
}

/// The OAuth form of a refusal.
fn refusal(status: u16, error: &str, description: &str) -> Answer {
    Answer::json(json!({ "error": error, "error_description": description })).with_status(status)
}

/// The keys that the domain's tokens are verified by, where its settings let anybody read them.
pub fn keys(known: Known<'_>) -> Answer {
    if !known.world.settings.oauth.public_certificate {
        return refusal(401, "invalid_token", "Unauthorized.");
    }
    let issuer = &known.credentials.issuer;
    Answer::json(json!({ "keys": [issuer.public().to_jwk(issuer.kid())] }))
}

/// Gives a token. Refusals are answers in OAuth's own form.
pub fn token(known: Known<'_>, call: &Call) -> Outcome {
    let body = String::from_utf8_lossy(&call.body);
    let form: BTreeMap<String, String> = form_pairs(&body).into_iter().collect();
    let client = match client(known, call, &form)? {
        Ok(client) => client,
        Err(answer) => return Ok(answer),
    };
    let field = |name: &str| form.get(name).map(String::as_str).filter(|value| !value.is_empty());
    match (field("grant_type"), field("requested_token_type")) {
        (Some("client_credentials"), _) => access(known, call, &client, field("scope")),
        (Some(EXCHANGE), Some(ACCESS_TOKEN)) => access(known, call, &client, field("scope")),
        (Some(EXCHANGE), Some(wanted @ (UPST | RPST))) => exchange(known, call, &form, wanted),
        (Some(EXCHANGE), _) => {
            Ok(refusal(400, "invalid_request", "The requested token type is not supported."))
        }
        (Some(_), _) => Ok(refusal(400, "unsupported_grant_type", "The grant type is not supported.")),
        (None, _) => Ok(refusal(400, "invalid_request", "The grant_type parameter is missing.")),
    }
}

fn client(
    known: Known<'_>,
    call: &Call,
    form: &BTreeMap<String, String>,
) -> Result<Result<Client, Answer>, Failure> {
    let settings = &known.world.settings.oauth;
    let wrong = || refusal(401, "invalid_client", "Client authentication failed.");
    let (id, secret) = match scheme(call) {
        Some(("signature", _)) => {
            let caller = signed(known, call)?.caller;
            return Ok(Ok(Client::Signer(caller.ocid)));
        }
        Some(("basic", text)) => {
            let text = STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let Some((id, secret)) = text.as_deref().and_then(|text| text.split_once(':')) else {
                return Ok(Err(wrong()));
            };
            (id.to_owned(), Secret::new(secret))
        }
        _ => {
            let field = |name: &str| form.get(name).cloned().unwrap_or_default();
            (field("client_id"), Secret::new(field("client_secret")))
        }
    };
    let right = id == settings.client_id && secret.same(&Secret::new(settings.client_secret.as_str()));
    Ok(if right { Ok(Client::Registered(id)) } else { Err(wrong()) })
}

/// An access token of the domain.
fn access(known: Known<'_>, call: &Call, client: &Client, scope: Option<&str>) -> Outcome {
    let settings = &known.world.settings.oauth;
    let Some(scope) = scope else {
        return Ok(refusal(400, "invalid_scope", "The scope parameter is missing."));
    };
    // A scope is written behind the audience that it belongs to.
    let bare = scope.strip_prefix(settings.audience.as_str()).unwrap_or(scope);
    if !settings.scopes.iter().any(|one| one == bare) {
        return Ok(refusal(400, "invalid_scope", "The requested scope is invalid, unknown, or malformed."));
    }
    let (Client::Registered(subject) | Client::Signer(subject)) = client;
    let claims = json!({
        "sub": subject, "client_id": subject, "ttype": kind::ACCESS, "aud": [settings.audience],
        "scope": bare, "iss": "https://identity.oraclecloud.com/", "tenant": known.world.root(),
    });
    let lifetime = known.world.settings.lifetimes.access_token;
    let token = issue_token(known, call, claims, None, lifetime)?;
    Ok(Answer::json(json!({
        "access_token": token.raw().expose(), "token_type": "Bearer", "expires_in": lifetime.0.as_secs(),
    })))
}

/// A token of OCI for one of another issuer. The trust that maps subjects to users takes any issuer here: a subject
/// that is the name or OCID of a user becomes that user, any other the user of the sample credentials.
fn exchange(known: Known<'_>, call: &Call, form: &BTreeMap<String, String>, wanted: &str) -> Outcome {
    let world = known.world;
    let field = |name: &str| form.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let Some(subject) = field("subject_token") else {
        return Ok(refusal(400, "invalid_request", "The subject_token parameter is missing."));
    };
    let Ok(subject) = Token::parse(subject) else {
        return Ok(refusal(400, "invalid_request", "The subject token is no JWT."));
    };
    if !world.settings.oauth.public_certificate {
        return Ok(refusal(401, "invalid_grant", "The subject token could not be verified."));
    }
    if subject.expires().is_none_or(|ends| ends <= call.now) {
        return Ok(refusal(401, "invalid_grant", "The subject token has expired."));
    }
    let Some(key) = field("public_key") else {
        return Ok(refusal(400, "invalid_request", "The public_key parameter is missing."));
    };
    let Ok(key) = public_key(key, "public_key") else {
        return Ok(refusal(400, "invalid_request", "The public key is invalid."));
    };
    let name = subject.claim("sub").unwrap_or_default();
    let default = &world.principals;
    let lifetime = world.settings.lifetimes.exchanged_token;
    let (claims, lifetime): (Value, Lifetime) = if wanted == RPST {
        let known = world.compiled.resource(name).map(|known| known.ocid.as_str());
        let minutes = field("rpst_exp").and_then(|text| text.parse::<i64>().ok());
        let asked =
            minutes.map(|minutes| Lifetime(jiff::SignedDuration::from_secs(minutes.saturating_mul(60))));
        (issue::resource(world, known.unwrap_or(&default.resource)), asked.unwrap_or(lifetime))
    } else {
        let known = world.compiled.user(name).and_then(|known| known.ocid.as_deref());
        (issue::session(world, known.unwrap_or(&default.user), call.now), lifetime)
    };
    Ok(with_token(&issue_token(known, call, claims, Some(&key), lifetime)?))
}
