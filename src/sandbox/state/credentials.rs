//! The credentials that clients are given, and the files that they lie in.

use std::collections::BTreeMap;
use std::io;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::folder::Folder;
use super::keys::Keys;
use crate::authz::Tenancy;
use crate::sandbox::issue::{self, Issuer, unique};
use crate::sandbox::settings::Lifetime;
use crate::sandbox::world::World;
use crate::wire::{Authority, Certificate, Holder, KeyError, PublicKey, Secret, Token};

/// How long the sandbox's own authority and its TLS certificate live.
const AUTHORITY_LIFE: SignedDuration = SignedDuration::from_hours(24 * 365);
/// How far certificates reach back, for clients whose clock is behind.
const BACKDATED: SignedDuration = SignedDuration::from_mins(10);

/// Which secret a bearer key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The OCID of the GenAI API key.
    pub key: String,
    /// Which of its two secrets: 0 or 1.
    pub index: usize,
}

/// The secrets of GenAI API keys. A new key's secrets are added, a renewed one's replaced.
#[derive(Clone, Debug, Default)]
pub struct Bearers(BTreeMap<String, Vec<Secret>>);

impl Bearers {
    /// The secret's key.
    pub fn find(&self, secret: &str) -> Option<Bearer> {
        if secret.is_empty() {
            return None;
        }
        let wanted = Secret::new(secret);
        self.0.iter().find_map(|(key, secrets)| {
            let index = secrets.iter().position(|one| one.same(&wanted))?;
            Some(Bearer { key: key.clone(), index })
        })
    }

    /// A secret of a key.
    pub fn secret(&self, key: &str, index: usize) -> Option<&Secret> {
        self.0.get(key)?.get(index)
    }

    /// Gives every key of a tenancy its two secrets.
    pub fn complete(&mut self, tenancy: &Tenancy) {
        for key in &tenancy.api_keys {
            let secrets = self.0.entry(key.ocid.clone()).or_default();
            while secrets.len() < key.secrets.len().max(2) {
                secrets.push(Secret::new(format!("sk-{}", unique() + &unique())));
            }
        }
    }

    /// Sets a secret of a key.
    pub fn set(&mut self, key: &str, index: usize, secret: Secret) {
        let secrets = self.0.entry(key.to_owned()).or_default();
        // A key has two secrets; what is said of more is not kept.
        if index < 2 && secrets.len() <= index {
            secrets.resize(index + 1, Secret::default());
        }
        if let Some(place) = secrets.get_mut(index) {
            *place = secret;
        }
    }

    /// What a state directory holds.
    pub fn read(folder: &Folder) -> Self {
        let text = folder.read(&Folder::private("secrets.json")).unwrap_or_default();
        let kept: BTreeMap<String, Vec<String>> = serde_json::from_str(&text).unwrap_or_default();
        Self(kept.into_iter().map(|(key, list)| (key, list.into_iter().map(Secret::new).collect())).collect())
    }

    fn write(&self, folder: &Folder) -> io::Result<()> {
        let exposed: BTreeMap<&str, Vec<&str>> = self
            .0
            .iter()
            .map(|(key, list)| (key.as_str(), list.iter().map(Secret::expose).collect()))
            .collect();
        folder.write(&Folder::private("secrets.json"), &json!(exposed).to_string())
    }
}

/// What the sandbox holds to issue and to check.
#[derive(Debug)]
pub struct Credentials {
    /// Signs tokens.
    pub issuer: Issuer,
    /// Signs certificates.
    pub authority: Authority,
    /// All keys.
    pub keys: Keys,
}

impl Credentials {
    /// What the keys of a state directory make possible.
    pub fn new(keys: Keys, now: Timestamp) -> Result<Self, String> {
        let (from, until) = span(now, AUTHORITY_LIFE);
        let authority = Authority::new("ociam sandbox", keys.issuer.clone(), from, until);
        let authority = authority.map_err(|error| error.to_string())?;
        Ok(Self { issuer: Issuer::new(keys.issuer.clone()), authority, keys })
    }

    /// The certificate of the instance, as the metadata service gives it.
    pub fn instance_certificate(&self, world: &World, now: Timestamp) -> Result<Certificate, String> {
        let instance = &world.principals.instance;
        let known = world.compiled.resource(instance);
        let compartment = world.compartment(known.and_then(|known| known.compartment.as_deref()));
        let holder = Holder::Instance {
            instance: instance.clone(),
            compartment: compartment.unwrap_or_default(),
            tenancy: world.root().to_owned(),
        };
        let (from, until) = span(now, world.settings.lifetimes.instance_certificate.0);
        let issued = self.authority.issue(&holder, self.keys.instance.public(), from, until);
        issued.map_err(|error| error.to_string())
    }

    /// The certificate of the TLS door.
    pub fn server_certificate(&self, now: Timestamp) -> Result<Certificate, String> {
        let (from, until) = span(now, AUTHORITY_LIFE);
        let holder = Holder::Server(vec![[127, 0, 0, 1].into()], vec!["localhost".to_owned()]);
        let issued = self.authority.issue(&holder, self.keys.server.public(), from, until);
        issued.map_err(|error| error.to_string())
    }

    /// Writes everything that a client is given but addresses. Tokens that are still good are kept.
    pub fn write(&self, folder: &Folder, world: &World, now: Timestamp) -> Result<(), String> {
        let wrong = |error: io::Error| format!("can't write to the state directory: {error}");
        let public = self.keys.user.public();
        let text = public.to_pem().map_err(|error| error.to_string())?;
        folder.write("user_key_public.pem", &text).map_err(wrong)?;
        folder.write("k8s_ca.crt", &self.authority.certificate().to_pem()).map_err(wrong)?;
        folder.write("config", &config(folder, world, &self.keys)).map_err(wrong)?;
        let user = &world.principals.user;
        let lifetimes = &world.settings.lifetimes;
        self.keep(
            folder,
            "session_token",
            Some(self.keys.session.public()),
            lifetimes.session_token,
            now,
            || issue::session(world, user, now),
        )?;
        self.keep(folder, "delegation_token", None, lifetimes.delegation_token, now, || {
            issue::delegation(world, user)
        })?;
        self.renew(folder, world, now)?;
        for (file, index) in [("genai_api_key", 0), ("genai_api_key_two", 1)] {
            if let Some(secret) = world.bearers.secret(&world.principals.api_key, index) {
                folder.write(file, secret.expose()).map_err(wrong)?;
            }
        }
        write_world(folder, world).map_err(wrong)
    }

    /// Replaces the tokens that a platform replaces for its clients, once half of their life is over.
    pub fn renew(&self, folder: &Folder, world: &World, now: Timestamp) -> Result<(), String> {
        let lifetimes = &world.settings.lifetimes;
        let resource = self.keys.resource.public();
        self.keep(folder, "rpst", Some(resource), lifetimes.resource_token, now, || {
            issue::resource(world, &world.principals.resource)
        })?;
        self.keep(folder, "k8s_token", None, lifetimes.service_account_token, now, || {
            issue::service_account(&world.principals.workload)
        })
    }

    fn keep(
        &self,
        folder: &Folder,
        file: &str,
        bearer: Option<&PublicKey>,
        lifetime: Lifetime,
        now: Timestamp,
        claims: impl Fn() -> serde_json::Value,
    ) -> Result<(), String> {
        let fresh = claims();
        let same = |token: &Token| {
            let lasts = token.issued().zip(token.expires()).map(|(made, ends)| ends.duration_since(made));
            let bearer = bearer.is_none_or(|key| token.key().as_ref() == Some(key));
            // A session's end moves with its beginning; everything else must be as it would be now.
            let claims = fresh.as_object().into_iter().flatten();
            let mut claims = claims.filter(|(name, _)| *name != "sess_exp");
            token.verify(self.issuer.public())
                && issue::is_fresh(token, now)
                && lasts == Some(lifetime.0.max(SignedDuration::ZERO))
                && bearer
                && claims.all(|(name, value)| token.claims().get(name) == Some(value))
        };
        let kept = folder.read(file).and_then(|text| Token::parse(&text).ok());
        if kept.as_ref().is_some_and(same) {
            return Ok(());
        }
        let token = self.issuer.issue(fresh.clone(), bearer, now, lifetime);
        let token = token.map_err(|error: KeyError| error.to_string())?;
        // No line break at the end: some SDKs put the file's text into a header as it is.
        let written = folder.write(file, token.raw().expose());
        written.map_err(|error| format!("can't write to the state directory: {error}"))
    }
}

/// Writes what is served: the tenancy, for clients and for the next start, and the secrets of its keys.
pub fn write_world(folder: &Folder, world: &World) -> io::Result<()> {
    world.bearers.write(folder)?;
    let mut tenancy = world.tenancy().to_json();
    if let Some(fields) = tenancy.as_object_mut() {
        fields.insert("sandbox".to_owned(), json!(world.settings));
    }
    folder.write("tenancy.json", &format!("{tenancy:#}\n"))
}

fn span(now: Timestamp, life: SignedDuration) -> (Timestamp, Timestamp) {
    let from = now.checked_sub(BACKDATED).unwrap_or(Timestamp::MIN);
    let until = now.checked_add(life).unwrap_or(Timestamp::MAX);
    (from.min(until), until)
}

/// The OCI config file.
fn config(folder: &Folder, world: &World, keys: &Keys) -> String {
    let file = |name: &str| folder.path(name).display().to_string();
    let common = format!("tenancy={}\nregion={}\n", world.root(), world.home());
    let fingerprint = keys.user.public().fingerprint();
    let others = world.principals.profiles.iter().filter_map(|profile| {
        let fingerprint = keys.others.get(&profile.user)?.public().fingerprint();
        let key = file(&profile.key_file());
        Some(format!(
            "\n[{}]\nuser={}\nfingerprint={fingerprint}\n{common}key_file={key}\n",
            profile.name, profile.user
        ))
    });
    let others: String = others.collect();
    format!(
        "[DEFAULT]\nuser={}\nfingerprint={fingerprint}\n{common}key_file={}\n\n\
         [SESSION]\nfingerprint={fingerprint}\n{common}key_file={}\nsecurity_token_file={}\n\n\
         [DELEGATION]\n{common}authentication_type=instance_principal\ndelegation_token_file={}\n{others}",
        world.principals.user,
        file("user_key.pem"),
        file("session_key.pem"),
        file("session_token"),
        file("delegation_token"),
    )
}
