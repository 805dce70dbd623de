//! Private keys and tokens where the configuration says that they are.

use std::fmt;

use super::{AuthError, SecretSource};
use crate::probe::Surroundings;
use crate::probe::config::Settings;
use crate::text::redact;
use crate::wire::{KeyError, KeyFile, PrivateKey, Secret, Token};

/// Why a credential that was found can't be used, and the cause that this speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// What is wrong, with the place of it.
    pub why: String,
    /// The cause's name.
    pub cause: &'static str,
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Unusable {}

impl Unusable {
    pub(super) fn new(why: impl Into<String>, cause: &'static str) -> Unusable {
        Unusable { why: why.into(), cause }
    }
}

/// Reads a private key, asking for the passphrase where `passphrase` says, and only when the key needs one.
pub fn read_private_key(
    text: &str,
    named: &str,
    configured: Option<&Secret>,
    passphrase: Option<&SecretSource>,
    around: &dyn Surroundings,
) -> Result<KeyFile, Unusable> {
    let wrong = |error: KeyError| Unusable::new(format!("{named}: {error}"), "key-format");
    match (KeyFile::read(text, configured), passphrase) {
        (Err(KeyError::NeedsPassphrase | KeyError::WrongPassphrase), Some(source)) => {
            let secret = source
                .obtain(&format!("passphrase of {named}"), around)
                .map_err(|error| Unusable::new(format!("{named}: {error}"), "key-format"))?;
            KeyFile::read(text, Some(&secret)).map_err(wrong)
        }
        (read, _) => read.map_err(wrong),
    }
}

/// A value that the settings must have.
pub(super) fn need<'a>(settings: &'a Settings, key: &str) -> Result<&'a str, Unusable> {
    // A profile without a key of its own names no file; one without a user is meant for another method.
    let cause = if key == "key_file" { "credential-file-missing" } else { "wrong-auth-mode" };
    settings.get(key).ok_or_else(|| Unusable::new(format!("`{key}` is missing"), cause))
}

/// Text of a file that a setting names; `~` is the home folder.
pub(super) fn file_of(settings: &Settings, key: &str, around: &dyn Surroundings) -> Result<String, Unusable> {
    let path = need(settings, key)?;
    let from = settings.setting(key).map(|setting| setting.origin.to_string()).unwrap_or_default();
    around.read_text(&around.expand(path)).map_err(|why| {
        // What should be a path may be the secret itself.
        let text = redact(&format!("{from}: `{key}` names `{path}`: {why}"));
        Unusable::new(text, "credential-file-missing")
    })
}

/// The private key of settings: `key_content` before `key_file`.
pub(super) fn key_of(
    settings: &Settings,
    passphrase: Option<&SecretSource>,
    around: &dyn Surroundings,
) -> Result<KeyFile, Unusable> {
    let configured = settings.get("pass_phrase").map(Secret::new);
    let (text, named) = match settings.get("key_content") {
        Some(text) => (text.to_owned(), "key_content".to_owned()),
        None => (file_of(settings, "key_file", around)?, format!("`{}`", need(settings, "key_file")?)),
    };
    read_private_key(&text, &named, configured.as_ref(), passphrase, around)
}

/// A token in a text, or why it is none.
pub(super) fn token_in(text: &str, named: &str) -> Result<Token, Unusable> {
    Token::parse(text).map_err(|error| Unusable::new(format!("{named}: {error}"), "key-format"))
}

/// A token that is past its expiry can't be used; says since when.
pub(super) fn fresh(token: &Token, named: &str, around: &dyn Surroundings) -> Result<(), Unusable> {
    match token.expires().filter(|expires| *expires <= around.now()) {
        Some(expires) => Err(Unusable::new(
            format!("{named}: the token expired at {}", crate::wire::http_date(expires)),
            "session-expired",
        )),
        None => Ok(()),
    }
}

/// A new key for a session, made on a thread of its own since that takes some tenths of a second.
pub(super) async fn session_key(step: &'static str) -> Result<PrivateKey, AuthError> {
    /// What the SDKs use.
    const BITS: usize = 2048;
    let made = tokio::task::spawn_blocking(|| PrivateKey::generate(BITS)).await;
    let made = made.map_err(|_| AuthError::new(step, "no key could be made", "key-format"))?;
    made.map_err(|error| AuthError::new(step, error.to_string(), "key-format"))
}
