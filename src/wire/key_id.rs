//! The `keyId` of a signature: it says who signs, and all auth methods differ in it.

use std::fmt;

use super::secret::Secret;

/// Who signs. [`KeyId::to_text`] gives what stands in the header; `Display` is for people and redacts tokens.
#[derive(Clone, Debug)]
pub enum KeyId {
    /// A user with an API signing key.
    User {
        /// The tenancy's OCID.
        tenancy: String,
        /// The user's OCID.
        user: String,
        /// The fingerprint of the key.
        fingerprint: String,
    },
    /// The bearer of a security token: session, instance, resource, workload.
    Token(Secret),
    /// The holder of a certificate, at federation.
    Certificate {
        /// The tenancy's OCID.
        tenancy: String,
        /// Whether the fingerprint is SHA-256, as newer clients have it, and not SHA-1.
        sha256: bool,
        /// The fingerprint of the certificate, in either case.
        fingerprint: String,
    },
    /// A resource that asks for its own token.
    Resource {
        /// `2.1`, `2.1.1` or `2.1.2`.
        version: String,
        /// The tenancy's OCID; version 2.1 has none.
        tenancy: Option<String>,
        /// The resource's OCID.
        resource: String,
    },
}

/// Why a text is no key id. Never quotes it, since it may hold a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyIdError;

impl fmt::Display for KeyIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the `keyId` has none of the known forms")
    }
}

impl std::error::Error for KeyIdError {}

impl KeyId {
    /// Reads what stands in the header.
    pub fn parse(text: &str) -> Result<KeyId, KeyIdError> {
        if let Some(token) = text.strip_prefix("ST$") {
            return Ok(KeyId::Token(Secret::new(token)));
        }
        let parts: Vec<&str> = text.split('/').collect();
        if parts.iter().any(|part| part.is_empty()) {
            return Err(KeyIdError);
        }
        let owned = |part: &&str| (*part).to_owned();
        Ok(match parts.as_slice() {
            ["resource", version, resource] => KeyId::Resource {
                version: version.strip_prefix('v').ok_or(KeyIdError)?.to_owned(),
                tenancy: None,
                resource: owned(resource),
            },
            ["resource", version, tenancy, resource] => KeyId::Resource {
                version: version.strip_prefix('v').ok_or(KeyIdError)?.to_owned(),
                tenancy: Some(owned(tenancy)),
                resource: owned(resource),
            },
            [tenancy, kind @ ("fed-x509" | "fed-x509-sha256"), fingerprint] => KeyId::Certificate {
                tenancy: owned(tenancy),
                sha256: *kind == "fed-x509-sha256",
                fingerprint: owned(fingerprint),
            },
            [tenancy, user, fingerprint] => {
                KeyId::User { tenancy: owned(tenancy), user: owned(user), fingerprint: owned(fingerprint) }
            }
            _ => return Err(KeyIdError),
        })
    }

    /// What stands in the header, the token included.
    pub fn to_text(&self) -> Secret {
        match self {
            KeyId::Token(token) => Secret::new(format!("ST${}", token.expose())),
            other => Secret::new(other.to_string()),
        }
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyId::User { tenancy, user, fingerprint } => write!(f, "{tenancy}/{user}/{fingerprint}"),
            KeyId::Token(token) => write!(f, "ST${token}"),
            KeyId::Certificate { tenancy, sha256, fingerprint } => {
                let kind = if *sha256 { "fed-x509-sha256" } else { "fed-x509" };
                write!(f, "{tenancy}/{kind}/{fingerprint}")
            }
            KeyId::Resource { version, tenancy: None, resource } => {
                write!(f, "resource/v{version}/{resource}")
            }
            KeyId::Resource { version, tenancy: Some(tenancy), resource } => {
                write!(f, "resource/v{version}/{tenancy}/{resource}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_survives_the_round_trip() {
        for text in [
            "ocid1.tenancy.oc1..t/ocid1.user.oc1..u/aa:bb",
            "ST$a.b.c",
            "ocid1.tenancy.oc1..t/fed-x509/AA:BB",
            "ocid1.tenancy.oc1..t/fed-x509-sha256/aa:bb",
            "resource/v2.1/ocid1.x.oc1..r",
            "resource/v2.1.2/ocid1.tenancy.oc1..t/ocid1.x.oc1..r",
        ] {
            assert_eq!(KeyId::parse(text).unwrap().to_text().expose(), text);
        }
    }

    #[test]
    fn other_texts_are_refused_and_tokens_stay_hidden() {
        for text in ["", "a/b", "a//c", "a/b/c/d", "resource/2.1/x"] {
            assert!(KeyId::parse(text).is_err(), "{text}");
        }
        assert!(!KeyId::parse("ST$marked").unwrap().to_string().contains("marked"));
    }
}
