//! The keys of a sandbox: made once, in parallel, and kept.

use std::collections::BTreeMap;
use std::thread;

use super::folder::Folder;
use crate::sandbox::principals::Profile;
use crate::wire::{KeyError, PrivateKey};

/// What OCI's clients use.
const BITS: usize = 2048;

/// The keys of a sandbox.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Signs tokens and certificates.
    pub issuer: PrivateKey,
    /// The user's API signing key.
    pub user: PrivateKey,
    /// The API signing keys of further users, by their OCID.
    pub others: BTreeMap<String, PrivateKey>,
    /// The key of the session token.
    pub session: PrivateKey,
    /// The key of the resource principal.
    pub resource: PrivateKey,
    /// The key of the instance's certificate.
    pub instance: PrivateKey,
    /// The key of the TLS door.
    pub server: PrivateKey,
}

impl Keys {
    /// Reads the keys; one that is missing or damaged is made anew.
    pub fn load(folder: &Folder, profiles: &[Profile]) -> Result<Self, String> {
        let mut names = vec![
            Folder::private("issuer_key.pem"),
            "user_key.pem".to_owned(),
            "session_key.pem".to_owned(),
            "rp_key.pem".to_owned(),
            Folder::private("instance_key.pem"),
            Folder::private("server_key.pem"),
        ];
        let fixed = names.len();
        names.extend(profiles.iter().map(Profile::key_file));
        let made: Vec<_> = thread::scope(|scope| {
            let tasks: Vec<_> = names.iter().map(|name| scope.spawn(|| key(folder, name))).collect();
            tasks.into_iter().map(|task| task.join().unwrap_or(Err(KeyError::Failed.to_string()))).collect()
        });
        let mut made: Vec<PrivateKey> = made.into_iter().collect::<Result<_, _>>()?;
        let others = made.split_off(fixed.min(made.len()));
        let others = profiles.iter().map(|profile| profile.user.clone()).zip(others).collect();
        match <[PrivateKey; 6]>::try_from(made) {
            Ok([issuer, user, session, resource, instance, server]) => {
                Ok(Self { issuer, user, others, session, resource, instance, server })
            }
            Err(_) => Err(KeyError::Failed.to_string()),
        }
    }
}

fn key(folder: &Folder, name: &str) -> Result<PrivateKey, String> {
    if let Some(kept) = folder.read(name).and_then(|text| PrivateKey::read(&text, None).ok()) {
        return Ok(kept);
    }
    let made = PrivateKey::generate(BITS).map_err(|error| error.to_string())?;
    let pem = made.to_pem().map_err(|error| error.to_string())?;
    let written = folder.write(name, pem.expose());
    written.map_err(|error| format!("can't write `{}`: {error}", folder.path(name).display()))?;
    Ok(made)
}
