//! Delegation: an instance or resource acts for the user whose token it shows in `opc-obo-token`.

use super::signature::person;
use super::{Known, refused};
use crate::sandbox::call::{Call, Caller, Failure};
use crate::sandbox::issue::kind;
use crate::wire::{Authorization, Token};

/// The header that carries the delegation token.
const HEADER: &str = "opc-obo-token";
/// Who may act for a user.
const AGENTS: &[&str] = &["instance-principal", "resource-principal"];

/// The user on whose behalf a call is made, else the caller itself.
pub fn on_behalf(known: Known<'_>, call: &Call, caller: Caller) -> Result<Caller, Failure> {
    let Some(text) = call.headers.get(HEADER) else { return Ok(caller) };
    if !AGENTS.contains(&caller.auth_method) {
        return Err(refused("only an instance or resource acts on behalf of a user"));
    }
    let header = call.headers.get("authorization").unwrap_or_default();
    let signed = Authorization::parse(header)
        .is_ok_and(|authorization| authorization.headers.iter().any(|name| name == HEADER));
    if !signed {
        return Err(refused("`opc-obo-token` is not signed"));
    }
    let token = Token::parse(text).map_err(|error| refused(format!("delegation: {error}")))?;
    known
        .credentials
        .issuer
        .accepts(&token, call.now)
        .map_err(|reason| refused(format!("delegation: {reason}")))?;
    let user = token.claim("sub").unwrap_or_default();
    if token.claim("ttype") != Some(kind::DELEGATION) || known.world.compiled.user(user).is_none() {
        return Err(refused("delegation: the token is for no user of the tenancy"));
    }
    Ok(person("delegation-token", known.world.root(), user))
}
