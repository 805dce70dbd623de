//! JSON Web Tokens as OCI uses them: the bearer's rights, an expiry, and the public half of the key that signs.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::key::{KeyError, PrivateKey, PublicKey};
use super::secret::Secret;

/// Longer texts are no tokens of OCI.
const LONGEST: usize = 64 * 1024;

/// Why a text is no token. Never quotes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// Nothing but white space.
    Empty,
    /// Longer than any token.
    TooLong,
    /// Not three parts with dots between; says how many.
    Parts(usize),
    /// A part (from 1) is no base64url.
    NotBase64(usize),
    /// Header or claims are no JSON object.
    NotJson(usize),
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TokenError::Empty => f.write_str("the token is empty"),
            TokenError::TooLong => f.write_str("the text is too long for a token"),
            TokenError::Parts(found) => {
                write!(f, "a token has three parts with dots between, this has {found}")
            }
            TokenError::NotBase64(part) => write!(f, "part {part} of the token is no base64url"),
            TokenError::NotJson(part) => write!(f, "part {part} of the token is no JSON object"),
        }
    }
}

impl std::error::Error for TokenError {}

/// A token, read but not trusted: a client can't check the issuer's signature and needn't.
#[derive(Clone, Debug)]
pub struct Token {
    raw: Secret,
    claims: Map<String, Value>,
}

impl Token {
    /// Reads a token; white space at both ends is passed over.
    pub fn parse(text: &str) -> Result<Token, TokenError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TokenError::Empty);
        }
        if text.len() > LONGEST {
            return Err(TokenError::TooLong);
        }
        let parts: Vec<&str> = text.split('.').collect();
        let [header, claims, signature] = parts.as_slice() else {
            return Err(TokenError::Parts(parts.len()));
        };
        let decode = |part: &str, number| {
            URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).map_err(|_| TokenError::NotBase64(number))
        };
        let object = |part: &str, number| {
            serde_json::from_slice::<Map<String, Value>>(&decode(part, number)?)
                .map_err(|_| TokenError::NotJson(number))
        };
        object(header, 1)?;
        let claims = object(claims, 2)?;
        decode(signature, 3)?;
        Ok(Token { raw: Secret::new(text), claims })
    }

    /// Makes a token that an issuer signs.
    pub fn make(claims: Map<String, Value>, kid: &str, issuer: &PrivateKey) -> Result<Token, KeyError> {
        let header = json!({ "kid": kid, "alg": "RS256" });
        let part = |value: &dyn fmt::Display| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&Value::Object(claims.clone())));
        let signature = URL_SAFE_NO_PAD.encode(issuer.sign(signed.as_bytes())?);
        Ok(Token { raw: Secret::new(format!("{signed}.{signature}")), claims })
    }

    /// The token itself.
    pub fn raw(&self) -> &Secret {
        &self.raw
    }

    /// All claims.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// A claim that is text.
    pub fn claim(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    /// When it ends; none when it doesn't say.
    pub fn expires(&self) -> Option<Timestamp> {
        self.time("exp")
    }

    /// When it was made; none when it doesn't say.
    pub fn issued(&self) -> Option<Timestamp> {
        self.time("iat")
    }

    fn time(&self, name: &str) -> Option<Timestamp> {
        let seconds = self.claims.get(name)?;
        let seconds = seconds.as_i64().or_else(|| seconds.as_f64().map(|seconds| seconds as i64))?;
        Timestamp::from_second(seconds).ok()
    }

    /// The public half of the key that must sign beside it; none when it names none that can be read.
    pub fn key(&self) -> Option<PublicKey> {
        PublicKey::from_jwk(self.claims.get("jwk")?)
    }

    /// The tenancy that it is for, whatever kind of token it is.
    pub fn tenancy(&self) -> Option<&str> {
        ["tenant", "opc-tenant", "res_tenant"].into_iter().find_map(|name| self.claim(name))
    }

    /// Whether this issuer signed it.
    pub fn verify(&self, issuer: &PublicKey) -> bool {
        let Some((signed, signature)) = self.raw.expose().rsplit_once('.') else { return false };
        let signature = URL_SAFE_NO_PAD.decode(signature.trim_end_matches('='));
        signature.is_ok_and(|signature| issuer.verify(signed.as_bytes(), &signature))
    }
}
