//! What a credential consists of, for the checks that are made before anything is sent.

use super::discover::{Candidate, Discovery};
use crate::probe::Surroundings;
use crate::probe::config::{Origin, Settings};
use crate::probe::preflight::{self, Evidence, Setup};
use crate::wire::{KeyError, KeyFile, Secret, Token};

/// The parts of a credential, usable or not; those that its method doesn't have are absent.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// The user of the profile.
    pub user: Option<String>,
    /// The tenancy of the profile.
    pub tenancy: Option<String>,
    /// The configured fingerprint.
    pub fingerprint: Option<String>,
    /// The region as configured.
    pub region: Option<String>,
    /// The private key, or why it can't be read.
    pub key: Option<Result<KeyFile, KeyError>>,
    /// The token.
    pub token: Option<Token>,
    /// The file of the key, as configured.
    pub key_file: Option<String>,
    /// Files with secrets, and their permission bits.
    pub files: Vec<(String, u32)>,
    /// The secret of a GenAI API key.
    pub secret: Option<Secret>,
    /// Whether the same profile names a session token, whatever the method.
    pub session: bool,
    /// Which parts come from the environment where others come from a file.
    pub mixed: Option<String>,
}

/// The profile that an origin names.
fn profile_of(origin: &str) -> Option<&str> {
    origin.strip_prefix("profile `")?.split_once('`').map(|(name, _)| name)
}

impl Held {
    /// What a command of a remedy leaves open, with what this credential says of it.
    pub(crate) fn holes<'a>(&'a self, origin: &'a str) -> [(&'static str, Option<&'a str>); 3] {
        [
            ("<user-ocid>", self.user.as_deref()),
            ("<key.pem>", self.key_file.as_deref()),
            ("<profile>", profile_of(origin)),
        ]
    }

    /// The parts that settings name. `key` is the key where it has been read already, passphrase and all.
    pub(super) fn of_settings(settings: &Settings, key: Option<KeyFile>, around: &dyn Surroundings) -> Held {
        let text = |key: &str| settings.get(key).map(str::to_owned);
        let mut held = Held {
            user: text("user"),
            tenancy: text("tenancy"),
            fingerprint: text("fingerprint"),
            region: text("region"),
            key_file: text("key_file"),
            session: settings.get("security_token_file").is_some(),
            mixed: mixed(settings),
            ..Held::default()
        };
        held.key = key.map(Ok).or_else(|| {
            let text = match settings.get("key_content") {
                Some(text) => text.to_owned(),
                None => around.read_text(&around.expand(settings.get("key_file")?)).ok()?,
            };
            Some(KeyFile::read(&text, settings.get("pass_phrase").map(Secret::new).as_ref()))
        });
        let token =
            settings.get("security_token_file").and_then(|path| around.read_text(&around.expand(path)).ok());
        held.token = token.and_then(|text| Token::parse(&text).ok());
        for key in ["key_file", "security_token_file", "delegation_token_file"] {
            let Some(path) = settings.get(key) else { continue };
            held.add_file(path, around);
        }
        // A passphrase makes a secret of the config file itself.
        if let Some(Origin::Line { file, .. }) =
            settings.setting("pass_phrase").map(|setting| &setting.origin)
        {
            held.add_file(file, around);
        }
        held
    }

    fn add_file(&mut self, path: &str, around: &dyn Surroundings) {
        if let Some(mode) = around.mode(&around.expand(path)) {
            self.files.push((path.to_owned(), mode));
        }
    }
}

/// An identity of which the environment gives one part and a file another.
fn mixed(settings: &Settings) -> Option<String> {
    let parts = ["user", "tenancy", "fingerprint", "key_file", "key_content"];
    let stated: Vec<_> =
        parts.iter().filter_map(|key| Some((*key, &settings.setting(key)?.origin))).collect();
    let own = stated.iter().filter(|(_, origin)| matches!(origin, Origin::Variable(_)));
    let from: Vec<String> = own.map(|(key, origin)| format!("`{key}` from {origin}")).collect();
    let rest = stated.iter().find(|(_, origin)| matches!(origin, Origin::Line { .. }));
    let (key, origin) = rest.filter(|_| !from.is_empty())?;
    Some(format!("the identity is put together of two: {}, and `{key}` from {origin}", from.join(", ")))
}

impl Discovery {
    /// All that can be said of a credential of this discovery before anything is sent. `call` holds what is known of
    /// the call; what the credential holds is filled in.
    pub fn check(&self, candidate: &Candidate, call: &Setup<'_>) -> Vec<Evidence> {
        let held = &candidate.held;
        let others: Vec<(&str, &str)> = self
            .fingerprints
            .iter()
            .filter(|(origin, user, _)| *origin != candidate.origin && *user != held.user)
            .map(|(origin, _, print)| (origin.as_str(), print.as_str()))
            .collect();
        let files: Vec<(&str, u32)> = held.files.iter().map(|(path, mode)| (path.as_str(), *mode)).collect();
        preflight::all(&Setup {
            auth_method: Some(candidate.method),
            user: held.user.as_deref(),
            tenancy: held.tenancy.as_deref(),
            fingerprint: held.fingerprint.as_deref(),
            region: call.region.or(held.region.as_deref()),
            others: &others,
            key: held.key.as_ref().map(Result::as_ref),
            token: held.token.as_ref(),
            files: &files,
            secret: held.secret.as_ref(),
            mixed: held.mixed.as_deref(),
            ..*call
        })
    }
}
