//! Checking the signature of a received request, in the order in which a refusal says most.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::key::PublicKey;
use super::request::Request;
use super::signature::{Authorization, BODY_HEADERS, Scope, body_hash, parse_http_date, signing_string};

/// How far the date of a request may be off.
pub const ALLOWED_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Why a signed request is refused. OCI tells the caller [`Refusal::Skew`] only; the rest share one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Another algorithm or version than `rsa-sha256` and `1`.
    Algorithm(String),
    /// A header that must be signed is not; names it.
    NotSigned(&'static str),
    /// A signed header is not in the request; names it.
    NotSent(String),
    /// The date can't be read.
    BadDate,
    /// The date is off by more than [`ALLOWED_SKEW`].
    Skew {
        /// What the request says.
        date: Timestamp,
    },
    /// `content-length` is not the length of the body.
    ContentLength,
    /// `x-content-sha256` is not the hash of the body.
    BodyHash,
    /// The signature is of another text or by another key.
    Signature,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Algorithm(what) => write!(f, "`{what}` is not taken"),
            Refusal::NotSigned(name) => write!(f, "`{name}` is not signed"),
            Refusal::NotSent(name) => write!(f, "`{name}` is signed but not sent"),
            Refusal::BadDate => f.write_str("the date can't be read"),
            Refusal::Skew { date } => write!(f, "the date {date} is more than five minutes off"),
            Refusal::ContentLength => f.write_str("`content-length` is not the length of the body"),
            Refusal::BodyHash => f.write_str("`x-content-sha256` is not the hash of the body"),
            Refusal::Signature => f.write_str("the signature is of another request or by another key"),
        }
    }
}

impl std::error::Error for Refusal {}

/// Checks a received request against its header and the key that belongs to the key id. `scope` says which headers
/// must be signed at least.
pub fn verify(
    request: &Request,
    authorization: &Authorization,
    key: &PublicKey,
    scope: Scope,
    now: Timestamp,
) -> Result<(), Refusal> {
    for (given, known) in [(&authorization.algorithm, "rsa-sha256"), (&authorization.version, "1")] {
        if let Some(given) = given.as_ref().filter(|given| !given.eq_ignore_ascii_case(known)) {
            return Err(Refusal::Algorithm(given.clone()));
        }
    }
    let signed = |name: &str| authorization.headers.iter().any(|header| header == name);
    let body = request.body_is_signed() && scope != Scope::WithoutBody;
    let needed = ["(request-target)"]
        .into_iter()
        .chain((scope != Scope::Federation).then_some("host"))
        .chain(BODY_HEADERS.into_iter().filter(|_| body));
    for name in needed {
        if !signed(name) {
            return Err(Refusal::NotSigned(name));
        }
    }
    if let Some(absent) = authorization.headers.iter().find(|name| request.signed_value(name).is_none()) {
        return Err(Refusal::NotSent(absent.clone()));
    }
    let dated = ["x-date", "date"].into_iter().find(|name| signed(name)).ok_or(Refusal::NotSigned("date"))?;
    let date = request.headers.get(dated).and_then(parse_http_date).ok_or(Refusal::BadDate)?;
    if now.duration_since(date).abs() > ALLOWED_SKEW {
        return Err(Refusal::Skew { date });
    }
    if body {
        if request.headers.get("content-length") != Some(request.body.len().to_string().as_str()) {
            return Err(Refusal::ContentLength);
        }
        if request.headers.get("x-content-sha256") != Some(body_hash(&request.body).as_str()) {
            return Err(Refusal::BodyHash);
        }
    }
    let text = signing_string(request, &authorization.headers).map_err(|_| Refusal::Signature)?;
    if key.verify(text.as_bytes(), &authorization.signature) { Ok(()) } else { Err(Refusal::Signature) }
}
