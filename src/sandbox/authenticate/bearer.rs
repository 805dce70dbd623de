//! Bearers: the secrets of GenAI API keys, with their states, ends and regions, and access tokens of the identity
//! domain where a plane takes those.

use jiff::Timestamp;

use super::{Known, refused};
use crate::authz::{ApiKey, Principal};
use crate::catalog::{self, Plane};
use crate::sandbox::call::{Call, Caller, Failure};
use crate::sandbox::failure;
use crate::sandbox::issue::kind;
use crate::wire::Token;

/// Who carries this secret.
pub fn caller(known: Known<'_>, call: &Call, plane: &Plane, secret: &str) -> Result<Caller, Failure> {
    let takes = |method: &str| plane.auth_methods.contains(&method);
    if takes("oauth") && !secret.starts_with("sk-") {
        return of_domain(known, call, secret);
    }
    if !takes("genai-api-key") {
        // Some planes have an answer of their own to API keys.
        let own = format!("key-on-{}", plane.name);
        let reason = format!("the plane {} takes signed requests only, no bearer", plane.name);
        return Err(if catalog::error_text(&own).is_some() {
            failure::of(&own).because(reason)
        } else {
            refused(reason)
        });
    }
    if secret.is_empty() {
        return Err(failure::of("bearer-malformed").because("nothing follows `Bearer`"));
    }
    let Some(bearer) = known.world.bearers.find(secret) else {
        // What doesn't look like a secret is looked up as if it were the id of a key.
        return Err(if secret.starts_with("sk-") || secret.starts_with("ocid1.") {
            failure::of("key-inactive").because("no GenAI API key has this secret")
        } else {
            failure::of("key-missing").because(
                "the bearer is no secret of a GenAI API key: a placeholder, or the signer is not attached",
            )
        });
    };
    let key = known.world.compiled.api_key(&bearer.key);
    let key =
        key.ok_or_else(|| failure::of("key-inactive").because("the key of this secret has been deleted"))?;
    usable(key, bearer.index, call)?;
    Ok(Caller {
        auth_method: "genai-api-key",
        principal: Principal::ApiKey(key.ocid.clone()),
        ocid: key.ocid.clone(),
        tenancy: known.world.root().to_owned(),
        compartment: known.world.compartment(key.compartment.as_deref()),
    })
}

/// Whether the secret of a key may be used here and now.
fn usable(key: &ApiKey, index: usize, call: &Call) -> Result<(), Failure> {
    let active = |state: Option<&str>| state.is_none_or(|state| state.eq_ignore_ascii_case("ACTIVE"));
    if !active(key.state.as_deref()) {
        let state = key.state.as_deref().unwrap_or_default();
        return Err(failure::of("key-inactive").because(format!("the key is {state}")));
    }
    if let Some(secret) = key.secrets.get(index) {
        let name = secret.name.as_deref().unwrap_or("unnamed");
        if !active(secret.state.as_deref()) {
            let state = secret.state.as_deref().unwrap_or_default();
            return Err(failure::of("key-inactive").because(format!("the secret `{name}` is {state}")));
        }
        let ends = secret.expires.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
        if ends.is_some_and(|ends| ends <= call.now) {
            return Err(failure::of("key-inactive").because(format!("the secret `{name}` has expired")));
        }
    }
    match &key.region {
        Some(region) if !region.eq_ignore_ascii_case(call.region) => {
            Err(failure::of("key-wrong-region").because(format!("the key belongs to {region}")))
        }
        _ => Ok(()),
    }
}

/// The holder of an access token of the identity domain.
fn of_domain(known: Known<'_>, call: &Call, text: &str) -> Result<Caller, Failure> {
    let token = Token::parse(text).map_err(|error| failure::of("app-no-token").because(error))?;
    known
        .credentials
        .issuer
        .accepts(&token, call.now)
        .map_err(|reason| failure::of("app-no-token").because(reason))?;
    if token.claim("ttype") != Some(kind::ACCESS) {
        return Err(
            failure::of("app-no-token").because("the token is no access token of the identity domain")
        );
    }
    let client = token.claim("sub").unwrap_or_default().to_owned();
    Ok(Caller {
        auth_method: "oauth",
        principal: Principal::Anyone,
        ocid: client,
        tenancy: known.world.root().to_owned(),
        compartment: None,
    })
}
