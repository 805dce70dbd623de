//! Programs and libraries that make calls, and how each is set up for an auth method.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::{Basis, File, Stated, read};

/// A program or library that makes calls.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Client {
    /// In words.
    pub title: String,
    /// The order in which clients are proposed.
    pub rank: u8,
    /// The workloads that it is bound to; empty for none.
    #[serde(default)]
    pub workloads: Vec<String>,
    /// The ways it can be used.
    pub modes: Vec<Mode>,
    #[serde(flatten)]
    stated: Stated,
}

impl Client {
    /// Who says so.
    pub fn basis(&self) -> Basis {
        file().basis(&self.stated)
    }

    /// How it makes a call by a route with an auth method, for a model of a native format.
    pub fn mode(
        &self,
        call: &str,
        plane: &str,
        method: &str,
        native: Option<&str>,
        dedicated: bool,
    ) -> Option<&Mode> {
        self.modes.iter().find(|mode| mode.serves(call, plane, method) && mode.writes(native, dedicated))
    }
}

/// One way to use a client: what it takes to authenticate, and how each call looks.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Mode {
    /// The plane that it speaks to.
    pub plane: String,
    /// What to install.
    pub install: String,
    /// The language of the snippet.
    pub language: String,
    /// The environment variable that holds the endpoint; empty where none does.
    #[serde(default)]
    pub endpoint_variable: String,
    /// What the endpoint is made of: `base-url` with the base path, or `host-url` without.
    pub endpoint: String,
    /// Further environment variables, each with what goes in.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// The native formats that it writes; empty for all.
    #[serde(default)]
    pub formats: Vec<String>,
    /// Those for a dedicated AI cluster, where they are fewer.
    #[serde(default)]
    pub dedicated_formats: Vec<String>,
    /// How code names a model that is served on demand.
    #[serde(default)]
    pub on_demand: String,
    /// How it names the endpoint of a dedicated AI cluster.
    #[serde(default)]
    pub dedicated: String,
    /// How the auth methods are set up that `methods` leaves out: a name of `signers.toml`.
    #[serde(default)]
    pub signers: String,
    /// How each auth method is set up.
    #[serde(default)]
    pub methods: BTreeMap<String, Setup>,
    /// The whole snippet, by call; `{imports}`, `{setup}` and `{arguments}` are those of the auth method.
    pub calls: BTreeMap<String, String>,
}

impl Mode {
    fn serves(&self, call: &str, plane: &str, method: &str) -> bool {
        self.plane == plane && self.methods.contains_key(method) && self.calls.contains_key(call)
    }

    /// Whether it writes requests in the format of a model.
    fn writes(&self, native: Option<&str>, dedicated: bool) -> bool {
        let fits = |formats: &[String]| {
            formats.is_empty() || native.is_none_or(|native| formats.iter().any(|one| one == native))
        };
        fits(&self.formats) && (!dedicated || fits(&self.dedicated_formats))
    }

    /// The snippet of a call, for a model of a native format where it has one of its own.
    pub fn snippet(&self, call: &str, native: Option<&str>) -> Option<&str> {
        let special = native.and_then(|native| self.calls.get(&format!("{call}:{native}")));
        special.or_else(|| self.calls.get(call)).map(String::as_str)
    }
}

/// How a client is set up for an auth method.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Setup {
    /// Further packages to install.
    pub install: String,
    /// Lines that import.
    pub imports: String,
    /// Lines before the call.
    pub setup: String,
    /// Arguments of the client.
    pub arguments: String,
    /// Further environment variables.
    pub environment: BTreeMap<String, String>,
}

/// How a credential is taken up, by what it is taken as and by auth method.
pub(super) type Signers = BTreeMap<String, BTreeMap<String, Setup>>;

pub(super) const DATA: &str = include_str!("../data/clients.toml");
pub(super) const SIGNERS: &str = include_str!("../data/signers.toml");

fn file() -> &'static File<Client> {
    static FILE: OnceLock<File<Client>> = OnceLock::new();
    FILE.get_or_init(|| {
        let mut file: File<Client> = read(DATA);
        let signers: Signers = read(SIGNERS);
        for mode in file.rows.values_mut().flat_map(|client| &mut client.modes) {
            for (method, setup) in signers.get(&mode.signers).into_iter().flatten() {
                mode.methods.entry(method.clone()).or_insert_with(|| setup.clone());
            }
        }
        file
    })
}

/// The client of this name.
pub fn client(name: &str) -> Option<(&'static str, &'static Client)> {
    file().get(name)
}

/// All clients by name.
pub fn clients() -> &'static BTreeMap<String, Client> {
    &file().rows
}
