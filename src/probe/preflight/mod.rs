//! What can be known before anything is sent: each check takes values and gives [`Evidence`] for a named cause.
//!
//! Pure: files are read, variables looked up and answers received elsewhere. A check says nothing when all is well,
//! and no more than the catalogue is sure of: a model or region that it doesn't list may just be newer.

mod credentials;
mod hidden;
mod ids;
mod models;
mod setup;
mod targets;

use serde::Serialize;

pub use credentials::{
    KeyRing, clock, fingerprint, genai_secret, key_strength, key_text, permissions, token_expiry, token_key,
    token_tenancy, user_and_tenancy,
};
pub use hidden::{hidden_characters, visible};
pub use ids::{Ocid, is_well_formed, ocid, ocid_region};
pub use models::{Api, model, service_in_region};
pub use setup::{Setup, Value, all};
pub use targets::{Address, auth_method_on_plane, host, key_region, metadata_through_proxy, regions_agree};

/// How far a piece of evidence carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// Worth knowing when a call fails.
    Possible,
    /// Calls will probably fail.
    Likely,
    /// Calls can't succeed so.
    Certain,
}

/// A fact that a diagnosis can rest on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// The check that found it, in kebab-case.
    pub check: &'static str,
    /// The cause that it speaks for; none when it is bad practice and no reason to fail.
    pub cause: Option<&'static str>,
    /// How far it carries.
    pub strength: Strength,
    /// The fact: one line, lower case, no full stop, never a secret.
    pub text: String,
    /// What to type or set instead.
    pub instead: Option<String>,
}

impl Evidence {
    fn new(
        check: &'static str,
        cause: &'static str,
        strength: Strength,
        text: impl Into<String>,
    ) -> Evidence {
        Evidence { check, cause: Some(cause), strength, text: text.into(), instead: None }
    }

    fn instead(self, instead: impl Into<String>) -> Evidence {
        Evidence { instead: Some(instead.into()), ..self }
    }
}
