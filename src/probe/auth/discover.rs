//! Every credential on the machine: what it is, where it comes from, and why one can't be used.
//!
//! OCI's SDKs have no common order of their own; this one goes from what is named to what is assumed.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use reqwest::Url;

use super::environment::{CLI_AUTH, cli_auth, environment, is_instance};
use super::{
    AuthMethod, DelegationToken, GenaiApiKey, Held, InstancePrincipal, OkeWorkload, ResourcePrincipal,
    SecretSource, SessionToken, Unusable, UserApiKey,
};
use crate::probe::Surroundings;
use crate::probe::config::{
    Client, ConfigFile, Found, Origin, Settings, active_profile, config_files, divergences, settings,
};
use crate::probe::preflight::{self, Strength};
use crate::probe::transport::{Purpose, admit, is_loopback};
use crate::wire::Secret;

/// What a person asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Only this config file.
    pub config_file: Option<String>,
    /// Only this profile.
    pub profile: Option<String>,
    /// Where the passphrase of the active profile's key is.
    pub passphrase: Option<SecretSource>,
    /// Where the secrets of a GenAI API key are, the one in use first.
    pub api_keys: Vec<SecretSource>,
    /// Whether to try the instance though nothing says that this is one.
    pub instance: bool,
}

/// Whether a credential can be used.
#[derive(Clone)]
pub enum State {
    /// It can, as far as this machine can tell.
    Usable(Arc<dyn AuthMethod>),
    /// It can't.
    NotUsable(Unusable),
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            State::Usable(method) => write!(f, "Usable({})", method.name()),
            State::NotUsable(unusable) => write!(f, "NotUsable({})", unusable.why),
        }
    }
}

/// A credential that is there, or that would have to be there.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The auth method's name in the catalogue.
    pub method: &'static str,
    /// Where it comes from.
    pub origin: String,
    /// Whether it can be used.
    pub state: State,
    /// What else there is to know, such as that another client would read something else.
    pub notes: Vec<String>,
    /// What it consists of, as far as that could be read.
    pub held: Held,
}

/// All that was found, in the order in which to try it. Each auth method but OAuth, which no machine is set up for,
/// stands there at least once.
#[derive(Clone, Debug, Default)]
pub struct Discovery {
    /// The credentials.
    pub candidates: Vec<Candidate>,
    /// What concerns none of them alone.
    pub notes: Vec<String>,
    /// The fingerprints of all profiles that were seen, tried or not: what to call the profile, its user, the text.
    pub fingerprints: Vec<(String, Option<String>, String)>,
}

impl Discovery {
    /// Those that can be used.
    pub fn usable(&self) -> impl Iterator<Item = &Arc<dyn AuthMethod>> {
        self.candidates.iter().filter_map(|candidate| match &candidate.state {
            State::Usable(method) => Some(method),
            State::NotUsable(_) => None,
        })
    }

    fn add<M: AuthMethod + 'static>(
        &mut self,
        method: &'static str,
        origin: impl Into<String>,
        made: Result<M, Unusable>,
        notes: Vec<String>,
    ) {
        let state = match made {
            Ok(made) => State::Usable(Arc::new(made)),
            Err(unusable) => State::NotUsable(unusable),
        };
        let (origin, held) = (origin.into(), Held::default());
        self.candidates.push(Candidate { method, origin, state, notes, held });
    }

    /// Lists a credential that can't be used.
    fn refuse(
        &mut self,
        method: &'static str,
        origin: impl Into<String>,
        unusable: Unusable,
        notes: Vec<String>,
    ) {
        let (origin, state, held) = (origin.into(), State::NotUsable(unusable), Held::default());
        self.candidates.push(Candidate { method, origin, state, notes, held });
    }

    /// Says what the credential added last consists of.
    fn hold(&mut self, held: Held) {
        if let Some(last) = self.candidates.last_mut() {
            last.held = held;
        }
    }

    fn absent(&mut self, method: &'static str, why: &str, cause: &'static str) {
        if self.candidates.iter().all(|candidate| candidate.method != method) {
            self.refuse(method, "not set up", Unusable::new(why, cause), Vec::new());
        }
    }
}

/// Looks everywhere that OCI's clients look. Sends nothing; a passphrase is asked for only where the active profile's
/// key needs one.
pub fn discover(wanted: &Wanted, around: &dyn Surroundings) -> Discovery {
    let mut found = Discovery::default();
    api_keys(wanted, around, &mut found);
    if around.variable("OCI_RESOURCE_PRINCIPAL_VERSION").is_some() {
        let made = ResourcePrincipal::from_environment(around).map_err(|unusable| {
            // The SDKs want the version set in a pod too, where nothing else of a resource principal is there.
            match environment(around).and_then(|here| here.against("resource-principal")) {
                Some(why) if unusable.cause == "config-env-missing" => {
                    Unusable::new(format!("{}: {why}", unusable.why), "wrong-signer")
                }
                _ => unusable,
            }
        });
        let held = made.as_ref().map(|made| made.held(around)).unwrap_or_default();
        found.add("resource-principal", "environment", made, Vec::new());
        found.hold(held);
    }
    if around.variable("KUBERNETES_SERVICE_HOST").is_some() || around.endpoint("proxymux").is_some() {
        let made = OkeWorkload::from_environment(around);
        let token = made.as_ref().ok().map(|made| made.account().clone());
        found.add("oke-workload", "environment of the pod", made, Vec::new());
        found.hold(Held { token, ..Held::default() });
    }
    profiles(wanted, around, &mut found);
    if let Some(path) = around.variable("OCI_DELEGATION_TOKEN_FILE") {
        let text = around.read_text(Path::new(&path));
        let text = text.map_err(|why| Unusable::new(format!("`{path}`: {why}"), "credential-file-missing"));
        let made = text.and_then(|text| DelegationToken::new(&text, None));
        found.add("delegation-token", "OCI_DELEGATION_TOKEN_FILE", made, Vec::new());
    }
    instance(wanted, around, &mut found);
    told_mode(wanted, around, &mut found);
    other_kind(wanted, &mut found);
    let here = environment(around);
    for (method, why, cause) in [
        ("genai-api-key", "`OCI_GENAI_API_KEY` is not set and no `--api-key` is given", "config-env-missing"),
        ("user-api-key", "no profile with `user` and no `OCI_CLI_USER`", "config-profile-missing"),
        (
            "session-token",
            "no profile with `security_token_file`; `oci session authenticate` makes one",
            "config-profile-missing",
        ),
        (
            "resource-principal",
            "`OCI_RESOURCE_PRINCIPAL_VERSION` is not set: only some services of OCI set it",
            "rp-off-oci",
        ),
        ("oke-workload", "`KUBERNETES_SERVICE_HOST` is not set: this is no pod", "rp-off-oci"),
        ("delegation-token", "no delegation token: this is no Cloud Shell", "rp-off-oci"),
    ] {
        match here.and_then(|here| here.against(method)) {
            Some(instead) => found.absent(method, &format!("{why}; {instead}"), "wrong-signer"),
            None => found.absent(method, why, cause),
        }
    }
    if let Some(auth) = around.variable("OCI_CLI_AUTH") {
        found.notes.push(format!(
            "`OCI_CLI_AUTH={auth}` chooses the auth method of the CLI; the SDKs do not heed it"
        ));
    }
    found
}

/// A profile that was named and holds another kind of credential than one that may be asked for.
fn other_kind(wanted: &Wanted, found: &mut Discovery) {
    let Some(profile) = &wanted.profile else { return };
    let kinds = [("user-api-key", "the key of a user"), ("session-token", "a session token")];
    let has = |method: &str| {
        found.candidates.iter().any(|one| one.method == method && one.origin.starts_with("profile `"))
    };
    let absent: Vec<(&str, String)> = kinds
        .iter()
        .zip(kinds.iter().rev())
        .filter(|((method, _), (other, _))| !has(method) && has(other))
        .map(|((method, lacks), (other, holds))| {
            let why = format!("profile `{profile}` holds {holds}, not {lacks}: use {other}");
            (*method, why)
        })
        .collect();
    for (method, why) in absent {
        found.absent(method, &why, "wrong-auth-mode");
    }
}

/// What `OCI_CLI_AUTH` asks of a profile that can't give it.
fn told_mode(wanted: &Wanted, around: &dyn Surroundings, found: &mut Discovery) {
    let Some(value) = around.variable("OCI_CLI_AUTH") else { return };
    let told = value.trim().to_ascii_lowercase();
    let (active, _) = active_profile(wanted.profile.as_deref(), around);
    let holds = |method: &str| {
        let start = format!("profile `{active}` of ");
        found.candidates.iter().any(|one| one.method == method && one.origin.starts_with(&start))
    };
    let (method, why, cause) = match cli_auth(&told) {
        None if CLI_AUTH.contains(&told.as_str()) => return,
        None => {
            let why = format!(
                "`OCI_CLI_AUTH={value}` is no auth method of the command line: it takes {}",
                CLI_AUTH.join(", ")
            );
            ("user-api-key", why, "unsupported-auth-type")
        }
        Some(method @ "session-token") if !holds(method) && holds("user-api-key") => {
            let why = format!(
                "`OCI_CLI_AUTH={value}`, and profile `{active}` holds the key of a user, no `security_token_file`"
            );
            (method, why, "wrong-auth-mode")
        }
        Some(method @ "user-api-key") if !holds(method) && holds("session-token") => {
            let why = format!("`OCI_CLI_AUTH={value}`, and profile `{active}` holds a session, no `user`");
            (method, why, "wrong-auth-mode")
        }
        Some(_) => return,
    };
    found.refuse(method, "OCI_CLI_AUTH", Unusable::new(why, cause), Vec::new());
}

/// A secret that can't be one of OCI's is not sent there.
fn genai_secret(secret: &Secret) -> Result<(), Unusable> {
    match preflight::genai_secret(secret) {
        Some(evidence) if evidence.strength == Strength::Certain => {
            Err(Unusable::new(evidence.text, evidence.cause.unwrap_or("wrong-credential-kind")))
        }
        _ => Ok(()),
    }
}

fn api_keys(wanted: &Wanted, around: &dyn Surroundings, found: &mut Discovery) {
    let mut add = |source: &SecretSource, notes: Vec<String>| {
        let secret = source
            .obtain("secret of the GenAI API key", around)
            .map_err(|error| Unusable::new(error.to_string(), "config-env-missing"));
        let held = Held { secret: secret.as_ref().ok().cloned(), ..Held::default() };
        let made = secret.and_then(|secret| {
            genai_secret(&secret)?;
            Ok(GenaiApiKey::new(secret))
        });
        found.add("genai-api-key", source.to_string(), made, notes);
        found.hold(held);
    };
    if !wanted.api_keys.is_empty() {
        for source in &wanted.api_keys {
            add(source, Vec::new());
        }
        return;
    }
    if around.variable("OCI_GENAI_API_KEY").is_some() {
        return add(&SecretSource::Variable("OCI_GENAI_API_KEY".to_owned()), Vec::new());
    }
    if around.variable("OPENAI_API_KEY").is_some() {
        // It may be a key of OpenAI, which is nobody else's business.
        let base = around.variable("OPENAI_BASE_URL").and_then(|text| Url::parse(&text).ok());
        let ours = |base: &Url| {
            admit(base, Purpose::Service, &[]).is_ok()
                && base.host_str().is_some_and(|host| !is_loopback(host))
        };
        if base.as_ref().is_some_and(ours) {
            add(&SecretSource::Variable("OPENAI_API_KEY".to_owned()), Vec::new());
        } else {
            let why = "`OPENAI_API_KEY` is taken only when `OPENAI_BASE_URL` is a host of OCI, or with `--api-key env:OPENAI_API_KEY`";
            let unusable = Unusable::new(why, "wrong-credential-kind");
            found.refuse("genai-api-key", "OPENAI_API_KEY", unusable, Vec::new());
        }
    }
}

fn profiles(wanted: &Wanted, around: &dyn Surroundings, found: &mut Discovery) {
    let (active, _) = active_profile(wanted.profile.as_deref(), around);
    let files = config_files(wanted.config_file.as_deref(), around);
    let mut first: Option<ConfigFile> = None;
    for Found { path, pointed_at_by, remark, .. } in files {
        let name = path.display().to_string();
        found.notes.extend(remark);
        let text = match around.read_text(&path) {
            Ok(text) => text,
            Err(why) => {
                let unusable = Unusable::new(format!("{name}: {why}"), "config-profile-missing");
                found.refuse("user-api-key", format!("{pointed_at_by}: {name}"), unusable, Vec::new());
                continue;
            }
        };
        let file = ConfigFile::parse(&name, &text);
        let mut names: Vec<String> = file.profiles().into_iter().map(str::to_owned).collect();
        for profile in &names {
            let read = settings(Client::Python, Some(&file), profile, around).unwrap_or_default();
            if let Some(print) = read.get("fingerprint") {
                let origin = format!("profile `{profile}` of {name}");
                found.fingerprints.push((origin, read.get("user").map(str::to_owned), print.to_owned()));
            }
        }
        if let Some(only) = &wanted.profile {
            names = vec![only.clone()];
        }
        for profile in names {
            let origin = format!("profile `{profile}` of {name}");
            let read = settings(Client::Python, Some(&file), &profile, around)
                .map_err(|error| Unusable::new(error.to_string(), "config-profile-missing"));
            let notes = divergences(&file, &profile).into_iter().map(|found| found.message).collect();
            let passphrase = wanted.passphrase.as_ref().filter(|_| profile == active);
            by_settings(read, origin, passphrase, notes, around, found);
        }
        first.get_or_insert(file);
    }
    // What the environment makes of the active profile for those clients that heed it.
    for (client, said) in [(Client::Cli, "OCI_CLI_… variables"), (Client::Go, "TF_VAR_… variables")] {
        let has = |file: Option<&ConfigFile>| {
            let read =
                settings(client, file, &active, around).or_else(|_| settings(client, None, &active, around));
            read.ok().filter(|read| read.from_environment().any(|key| key != "region"))
        };
        if let Some(read) = has(first.as_ref()) {
            let notes = vec![format!("only the {} heeds these", client.name())];
            by_settings(Ok(read), said.to_owned(), wanted.passphrase.as_ref(), notes, around, found);
        }
    }
}

/// What a profile may say in `authentication_type`: what the Go SDK takes, with the name of Python's for Cloud Shell.
const AUTHENTICATION_TYPES: [&str; 4] = [
    "instance_principal",
    "user_principal",
    "instance_principal_delegation_token",
    "delegation_token_with_instance_principal",
];

/// The methods that settings are meant for: a session, a user, a delegation.
fn by_settings(
    read: Result<Settings, Unusable>,
    origin: String,
    passphrase: Option<&SecretSource>,
    mut notes: Vec<String>,
    around: &dyn Surroundings,
    found: &mut Discovery,
) {
    let read = match read {
        Ok(read) => read,
        Err(unusable) => return found.refuse("user-api-key", origin, unusable, notes),
    };
    if let Some(kind) = read.get("authentication_type").filter(|kind| !AUTHENTICATION_TYPES.contains(kind)) {
        let why = format!(
            "`authentication_type={kind}` is none that the SDKs support: they take {}",
            AUTHENTICATION_TYPES.join(", ")
        );
        return found.refuse("user-api-key", origin, Unusable::new(why, "unsupported-auth-type"), notes);
    }
    let session = read.get("security_token_file").is_some();
    let delegation = read.get("delegation_token_file").is_some();
    if session && read.get("user").is_some() {
        notes.push("the profile has both `user` and `security_token_file`: the Go SDK signs as the user, the CLI as the session only with `--auth security_token`".to_owned());
    }
    if session {
        let made = SessionToken::from_settings(&read, passphrase, around);
        let key = made.as_ref().ok().map(|made| made.key_file().clone());
        found.add("session-token", origin.clone(), made, notes.clone());
        // A session has no use for the fingerprint, and its user stands in the token.
        let held = Held::of_settings(&read, key, around);
        found.hold(Held { user: None, fingerprint: None, ..held });
    }
    if delegation {
        let made = DelegationToken::from_settings(&read, around);
        found.add("delegation-token", origin.clone(), made, notes.clone());
        // The instance signs with its own key.
        let held = Held::of_settings(&read, None, around);
        found.hold(Held { key: None, token: None, user: None, fingerprint: None, ..held });
    }
    // A session below a user's DEFAULT inherits the user, who is listed with DEFAULT already.
    let inherited = |key: &str| {
        read.setting(key).is_some_and(|found| matches!(found.origin, Origin::Line { inherited: true, .. }))
    };
    let own_user =
        read.get("user").is_some() && !(session && inherited("user") && !inherited("security_token_file"));
    if own_user || !(session || delegation) {
        let made = UserApiKey::from_settings(&read, passphrase, around);
        let key = made.as_ref().ok().map(|made| made.key_file().clone());
        found.add("user-api-key", origin, made, notes);
        let held = Held::of_settings(&read, key, around);
        found.hold(Held { token: None, ..held });
    }
}

fn instance(wanted: &Wanted, around: &dyn Surroundings, found: &mut Discovery) {
    let origin = if wanted.instance {
        "asked for"
    } else if around.variable("OCI_METADATA_BASE_URL").is_some() {
        "OCI_METADATA_BASE_URL"
    } else if around.endpoint("imds").is_some() {
        "the metadata service that the endpoints name"
    } else if is_instance(around) {
        "this machine is an instance of OCI"
    } else {
        return found.absent(
            "instance-principal",
            "nothing says that this machine is an instance of OCI",
            "rp-off-oci",
        );
    };
    found.add("instance-principal", origin, Ok(InstancePrincipal), Vec::new());
}
