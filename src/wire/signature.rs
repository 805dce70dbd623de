//! The HTTP signature: what is signed, in which order, and the `Authorization` header around it.
//!
//! draft-cavage-http-signatures-08 with RSA SHA-256, version 1, as all of OCI's services take it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use rsa::sha2::{Digest, Sha256};

use super::key::{KeyError, PrivateKey};
use super::key_id::{KeyId, KeyIdError};
use super::request::Request;
use super::secret::Secret;

/// The headers of a body, in the order in which they are signed.
pub(super) const BODY_HEADERS: [&str; 3] = ["content-length", "content-type", "x-content-sha256"];
const ALGORITHM: &str = "rsa-sha256";
/// The header that carries a delegation token.
const DELEGATION: &str = "opc-obo-token";

/// Which parts of a request a signature covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Date, target, host and, where the method has one, the body.
    Standard,
    /// As [`Scope::Standard`] but for the host: what federation has always been sent.
    Federation,
    /// As [`Scope::Standard`] but for the body: uploads to Object Storage.
    WithoutBody,
}

/// Why a request can't be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignError {
    /// A value to sign holds a line break or another control character; names the header.
    ControlCharacter(String),
    /// The key failed.
    Key(KeyError),
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SignError::ControlCharacter(name) => {
                write!(f, "the value of `{name}` holds a line break or control character")
            }
            SignError::Key(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SignError {}

/// Signs requests with one key under one key id.
#[derive(Clone, Debug)]
pub struct Signer {
    key: PrivateKey,
    key_id: KeyId,
    delegation: Option<Secret>,
}

impl Signer {
    /// A signer.
    pub fn new(key: PrivateKey, key_id: KeyId) -> Self {
        Self { key, key_id, delegation: None }
    }

    /// The same, on behalf of the user whose delegation token this is.
    pub fn on_behalf_of(self, delegation: Secret) -> Self {
        Self { delegation: Some(delegation), ..self }
    }

    /// Who signs.
    pub fn key_id(&self) -> &KeyId {
        &self.key_id
    }

    /// The key that it signs with.
    pub fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// Adds what is missing (`date`, `host`, the headers of the body, the delegation token) and `authorization`.
    /// What the caller has set stays as it is, even a date of old or a wrong hash.
    pub fn sign(&self, request: &mut Request, scope: Scope, now: Timestamp) -> Result<(), SignError> {
        let host = request.host.clone();
        request.headers.set_if_absent("host", || host);
        let mut names = Vec::with_capacity(7);
        if request.headers.get("x-date").is_some() {
            names.push("x-date");
        } else {
            request.headers.set_if_absent("date", || http_date(now));
            names.push("date");
        }
        names.push("(request-target)");
        if scope != Scope::Federation {
            names.push("host");
        }
        if let Some(token) = &self.delegation {
            request.headers.set(DELEGATION, token.expose());
            names.push(DELEGATION);
        }
        if request.body_is_signed() {
            request.headers.set_if_absent("content-type", || "application/json".to_owned());
            let length = request.body.len();
            request.headers.set_if_absent("content-length", || length.to_string());
        }
        if request.body_is_signed() && scope != Scope::WithoutBody {
            let hash = body_hash(&request.body);
            request.headers.set_if_absent("x-content-sha256", || hash);
            names.extend(BODY_HEADERS);
        }
        let text = signing_string(request, &names)?;
        let signature = self.key.sign(text.as_bytes()).map_err(SignError::Key)?;
        let key_id = self.key_id.to_text();
        if key_id.expose().contains(|c: char| c.is_control() || c == '"') {
            return Err(SignError::ControlCharacter("keyId".to_owned()));
        }
        request.headers.set(
            "authorization",
            format!(
                "Signature algorithm=\"{ALGORITHM}\",headers=\"{}\",keyId=\"{}\",signature=\"{}\",version=\"1\"",
                names.join(" "),
                key_id.expose(),
                STANDARD.encode(signature)
            ),
        );
        Ok(())
    }
}

/// The text that is signed: a line for each name. A header that the request lacks counts as empty; the verifier asks
/// for those that must be there.
pub(super) fn signing_string<N: AsRef<str>>(request: &Request, names: &[N]) -> Result<String, SignError> {
    let mut lines = Vec::with_capacity(names.len());
    for name in names {
        let name = name.as_ref();
        let value = request.signed_value(name).unwrap_or_default();
        if value.contains(|c: char| c.is_control() && c != '\t') {
            return Err(SignError::ControlCharacter(name.to_owned()));
        }
        lines.push(format!("{name}: {value}"));
    }
    Ok(lines.join("\n"))
}

/// The value of `x-content-sha256`.
pub(super) fn body_hash(body: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(body))
}

/// A date as HTTP writes it, such as `Sat, 21 Nov 2026 02:03:04 GMT`.
pub fn http_date(time: Timestamp) -> String {
    let printer = rfc2822::DateTimePrinter::new();
    // Years past 9999 have no such form; no clock that signs shows them.
    printer.timestamp_to_rfc9110_string(&time).unwrap_or_default()
}

/// Reads a date of HTTP; none when it is none.
pub fn parse_http_date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()
}

/// An `Authorization: Signature …` header, taken apart.
#[derive(Clone)]
pub struct Authorization {
    /// `1`, or nothing.
    pub version: Option<String>,
    /// `rsa-sha256`, or nothing.
    pub algorithm: Option<String>,
    /// Who signs.
    pub key_id: KeyId,
    /// What is signed, in lower case and in order.
    pub headers: Vec<String>,
    pub(super) signature: Vec<u8>,
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorization")
            .field("version", &self.version)
            .field("algorithm", &self.algorithm)
            .field("key_id", &self.key_id)
            .field("headers", &self.headers)
            .field("signature", &format_args!("<redacted>"))
            .finish()
    }
}

/// Why a header is no signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthorizationError {
    /// Another scheme than `Signature`.
    OtherScheme,
    /// Attributes are not `name="value"`, separated by commas.
    Malformed,
    /// An attribute is missing; names it.
    Missing(&'static str),
    /// An attribute stands twice; names it.
    Twice(String),
    /// The signature is no base64.
    NotBase64,
    /// The key id has no known form.
    KeyId(KeyIdError),
}

impl fmt::Display for AuthorizationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AuthorizationError::OtherScheme => f.write_str("the scheme is not `Signature`"),
            AuthorizationError::Malformed => {
                f.write_str("the attributes are not `name=\"value\"` with commas between")
            }
            AuthorizationError::Missing(name) => write!(f, "`{name}` is missing"),
            AuthorizationError::Twice(name) => write!(f, "`{name}` stands twice"),
            AuthorizationError::NotBase64 => f.write_str("the signature is no base64"),
            AuthorizationError::KeyId(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for AuthorizationError {}

impl Authorization {
    /// Reads the value of the header. The order of the attributes is free; unknown ones are passed over.
    pub fn parse(value: &str) -> Result<Authorization, AuthorizationError> {
        let (scheme, mut rest) = value.trim().split_once(' ').ok_or(AuthorizationError::OtherScheme)?;
        if !scheme.eq_ignore_ascii_case("signature") {
            return Err(AuthorizationError::OtherScheme);
        }
        let mut attributes: Vec<(String, &str)> = Vec::new();
        loop {
            let (name, after) = rest.split_once('=').ok_or(AuthorizationError::Malformed)?;
            let (value, after) = after
                .trim_start()
                .strip_prefix('"')
                .and_then(|after| after.split_once('"'))
                .ok_or(AuthorizationError::Malformed)?;
            let name = name.trim().to_ascii_lowercase();
            if attributes.iter().any(|(seen, _)| *seen == name) {
                return Err(AuthorizationError::Twice(name));
            }
            attributes.push((name, value));
            match after.trim_start().strip_prefix(',') {
                Some(after) => rest = after,
                None if after.trim().is_empty() => break,
                None => return Err(AuthorizationError::Malformed),
            }
        }
        let get = |name: &str| attributes.iter().find(|(key, _)| key == name).map(|(_, value)| *value);
        let need = |name: &'static str| {
            get(&name.to_ascii_lowercase())
                .filter(|value| !value.is_empty())
                .ok_or(AuthorizationError::Missing(name))
        };
        Ok(Authorization {
            version: get("version").map(str::to_owned),
            algorithm: get("algorithm").map(str::to_owned),
            key_id: KeyId::parse(need("keyId")?).map_err(AuthorizationError::KeyId)?,
            headers: need("headers")?.split_ascii_whitespace().map(str::to_ascii_lowercase).collect(),
            signature: STANDARD.decode(need("signature")?).map_err(|_| AuthorizationError::NotBase64)?,
        })
    }
}
