//! The token service of an OKE cluster: a pod shows the token of its service account and gets one of its workload.

use std::fmt::Display;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Outcome, issue as issue_token, object, public_key, text};
use crate::sandbox::authenticate::{Known, scheme};
use crate::sandbox::call::{Answer, Call, Failure};
use crate::sandbox::issue::{self, kind};
use crate::sandbox::settings::Workload;
use crate::wire::{PrivateKey, PublicKey, Token};

/// For a key that the pod has made.
pub fn for_key(known: Known<'_>, call: &Call) -> Outcome {
    let workload = pod(known, call)?;
    let key = public_key(text(&object(call)?, "podKey")?, "podKey")?;
    Ok(wrapped(&json!({ "token": format!("ST${}", token(known, call, &workload, &key)?) })))
}

/// With a key that the service makes.
pub fn with_key(known: Known<'_>, call: &Call) -> Outcome {
    let workload = pod(known, call)?;
    let unable = |error: crate::wire::KeyError| {
        Failure::new(500, "InternalServerError", "Internal Server Error").because(error)
    };
    let key = PrivateKey::generate(2048).map_err(unable)?;
    let public = key.public().to_pem().map_err(unable)?;
    let private = key.to_pem().map_err(unable)?;
    Ok(wrapped(&json!({
        "token": format!("ST${}", token(known, call, &workload, key.public())?),
        "publicKey": STANDARD.encode(public),
        "privateKey": STANDARD.encode(private.expose()),
    })))
}

/// The document as the service sends it: base64 inside a JSON string.
fn wrapped(document: &Value) -> Answer {
    Answer::json(Value::String(STANDARD.encode(document.to_string())))
}

fn token(known: Known<'_>, call: &Call, workload: &Workload, key: &PublicKey) -> Result<String, Failure> {
    let claims = issue::workload(known.world, workload);
    let lifetime = known.world.settings.lifetimes.workload_token;
    let token = issue_token(known, call, claims, Some(key), lifetime)?;
    Ok(token.raw().expose().to_owned())
}

/// The workload that the token of a service account speaks for.
fn pod(known: Known<'_>, call: &Call) -> Result<Workload, Failure> {
    let Some(("bearer", text)) = scheme(call) else {
        return Err(unauthorized("the request carries no token of a service account"));
    };
    let token = Token::parse(text).map_err(unauthorized)?;
    known.credentials.issuer.accepts(&token, call.now).map_err(unauthorized)?;
    let claim = |name: &str| token.claim(name).unwrap_or_default();
    let account = claim("sub").strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
    match account {
        Some((namespace, service_account)) if claim("ttype") == kind::SERVICE_ACCOUNT => Ok(Workload {
            namespace: namespace.to_owned(),
            service_account: service_account.to_owned(),
            cluster: token.claim("cluster_id").map(str::to_owned),
        }),
        _ => Err(unauthorized("the token is of no service account")),
    }
}

/// The refusal of a cluster: it knows nothing of the wording of OCI's services.
fn unauthorized(reason: impl Display) -> Failure {
    Failure::new(401, "NotAuthenticated", "Unauthorized").because(reason)
}
