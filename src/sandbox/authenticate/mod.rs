//! Who is calling: one file a scheme. What OCI withholds, the reason of a refusal, goes to the log.

mod bearer;
mod delegation;
mod signature;

use std::fmt::Display;

use jiff::Timestamp;

use super::call::{Call, Caller, Failure};
use super::failure;
use super::state::Credentials;
use super::world::World;
use crate::catalog::Plane;
use crate::wire::Request;

pub use signature::{Proof, check, signed};

/// What callers are checked against.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// The served tenancy.
    pub world: &'a World,
    /// The sandbox's own keys.
    pub credentials: &'a Credentials,
}

/// Says who makes a call to a plane, or why it isn't taken.
pub fn authenticate(known: Known<'_>, call: &Call, plane: &Plane) -> Result<Caller, Failure> {
    let caller = match scheme(call) {
        Some(("signature", _)) => {
            let signed = signed(known, call)?;
            delegation::on_behalf(known, call, signed.caller)?
        }
        Some(("bearer", secret)) => bearer::caller(known, call, plane, secret)?,
        Some(_) => return Err(refused("the scheme of `authorization` is neither `Signature` nor `Bearer`")),
        None if plane.auth_methods.contains(&"genai-api-key") => {
            return Err(failure::of("key-missing").because("the request carries no credential"));
        }
        None => return Err(refused("the request carries no credential")),
    };
    // Of the planes that take access tokens, the first base path takes them and nothing else.
    let tokens_only = plane.auth_methods.contains(&"oauth")
        && plane
            .bases
            .first()
            .and_then(|base| call.path().strip_prefix(base))
            .is_some_and(|rest| rest.starts_with('/'));
    if tokens_only != (caller.auth_method == "oauth") {
        return Err(refused("this path takes another kind of credential"));
    }
    if !plane.auth_methods.contains(&caller.auth_method) {
        let reason = format!("{} is not taken on the plane {}", caller.auth_method, plane.name);
        return Err(refused(reason));
    }
    Ok(caller)
}

/// The scheme of the authorization header in lower case, and what follows it.
pub fn scheme(call: &Call) -> Option<(&'static str, &str)> {
    let header = call.headers.get("authorization")?.trim();
    let (word, rest) = header.split_once(' ').unwrap_or((header, ""));
    let known = ["signature", "bearer", "basic"].into_iter().find(|known| word.eq_ignore_ascii_case(known));
    Some((known.unwrap_or(""), rest.trim()))
}

/// The call as a signature covers it.
pub fn as_signed(call: &Call) -> Request {
    Request {
        method: call.method.clone(),
        host: call.host.clone(),
        target: call.target.clone(),
        headers: call.headers.clone(),
        body: call.body.clone(),
    }
}

/// The refusal that says nothing, with its reason for the log.
pub fn refused(reason: impl Display) -> Failure {
    failure::of("wrong-fingerprint").because(reason)
}

/// The refusal of a clock that is off, in OCI's own form of dates.
pub fn skewed(date: Timestamp, now: Timestamp) -> Failure {
    let shown = |time: Timestamp| time.strftime("%a, %d %b %Y %H:%M:%S UTC").to_string();
    let off = |seconds: i64| now.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(now);
    let message = format!(
        "Date '{}' is not within allowed clock skew. Current '{}', valid datetime range: ['{}', '{}']",
        shown(date),
        shown(now),
        // One second more ahead than back, as it was seen.
        shown(off(-300)),
        shown(off(301)),
    );
    let because = "the date of the request is more than five minutes off";
    Failure { message, ..failure::of("clock-skew").because(because) }
}
