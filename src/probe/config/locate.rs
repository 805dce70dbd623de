//! Which file, which profile and which environment variables each client would use.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::lines::{ConfigError, ConfigFile};
use super::readers::Reader;
use crate::probe::Surroundings;

/// A program that reads OCI's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Client {
    /// The Python SDK.
    Python,
    /// oci-cli.
    Cli,
    /// The Go SDK.
    Go,
    /// The Java SDK.
    Java,
}

impl Client {
    /// All of them.
    pub const ALL: [Client; 4] = [Client::Python, Client::Cli, Client::Go, Client::Java];

    /// What to call it in messages.
    pub fn name(self) -> &'static str {
        match self {
            Client::Python => "Python SDK",
            Client::Cli => "CLI",
            Client::Go => "Go SDK",
            Client::Java => "Java SDK",
        }
    }

    /// By whose rules it reads a file.
    pub fn reader(self) -> Reader {
        match self {
            Client::Python | Client::Cli => Reader::Python,
            Client::Go => Reader::Go,
            Client::Java => Reader::Java,
        }
    }
}

/// A config file that is there, or is pointed at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where.
    pub path: PathBuf,
    /// What points at it: a flag, a variable, or its being the default.
    pub pointed_at_by: &'static str,
    /// Who reads it, without being told to.
    pub read_by: Vec<Client>,
    /// Why nobody or not everybody reads it, where that surprises.
    pub remark: Option<String>,
}

/// The config files of this machine, the one most programs read first. `explicit` is what a flag names.
pub fn config_files(explicit: Option<&str>, around: &dyn Surroundings) -> Vec<Found> {
    if let Some(path) = explicit {
        let path = around.expand(path);
        return vec![Found { path, pointed_at_by: "--config-file", read_by: Vec::new(), remark: None }];
    }
    let cli = around.variable("OCI_CLI_CONFIG_FILE").map(|path| around.expand(&path));
    let default = around.expand("~/.oci/config");
    let variable = around.variable("OCI_CONFIG_FILE").map(|path| around.expand(&path));
    let old = around.expand("~/.oraclebmc/config");
    let mut found = Vec::new();
    let mut sdks = vec![Client::Python, Client::Go, Client::Java];
    if let Some(path) = &cli {
        let remark = "only the CLI heeds `OCI_CLI_CONFIG_FILE`; the SDKs read another file".to_owned();
        found.push(Found {
            path: path.clone(),
            pointed_at_by: "OCI_CLI_CONFIG_FILE",
            read_by: vec![Client::Cli],
            remark: Some(remark),
        });
    }
    if around.exists(&default) {
        let mut read_by = std::mem::take(&mut sdks);
        if cli.is_none() {
            read_by.insert(1, Client::Cli);
        }
        found.push(Found { path: default.clone(), pointed_at_by: "default", read_by, remark: None });
    }
    if let Some(path) = variable.filter(|path| *path != default) {
        let read_by = std::mem::take(&mut sdks);
        let remark = read_by.is_empty().then(|| {
            "`OCI_CONFIG_FILE` is heeded only when `~/.oci/config` does not exist, and it does".to_owned()
        });
        found.push(Found { path, pointed_at_by: "OCI_CONFIG_FILE", read_by, remark });
    }
    if !sdks.is_empty() && around.exists(&old) {
        found.push(Found { path: old, pointed_at_by: "default of old", read_by: sdks, remark: None });
    }
    found
}

/// The profile that the CLI would take, and what says so. The SDKs take `DEFAULT` unless their caller names another.
pub fn active_profile(explicit: Option<&str>, around: &dyn Surroundings) -> (String, &'static str) {
    if let Some(name) = explicit {
        return (name.to_owned(), "--profile");
    }
    for variable in ["OCI_CLI_PROFILE", "OCI_CONFIG_PROFILE"] {
        if let Some(name) = around.variable(variable) {
            return (name, variable);
        }
    }
    let rc = around.expand("~/.oci/oci_cli_rc");
    let stated = around.read_text(&rc).ok().and_then(|text| {
        let settings =
            ConfigFile::parse("oci_cli_rc", &text).read(Reader::Python, "OCI_CLI_SETTINGS").ok()?;
        settings.get("default_profile").map(str::to_owned)
    });
    match stated {
        Some(name) => (name, "oci_cli_rc"),
        None => ("DEFAULT".to_owned(), "default"),
    }
}

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A line of the config file.
    Line {
        /// The file.
        file: String,
        /// From 1.
        line: usize,
        /// Whether it stands under `DEFAULT`, not under the profile itself.
        inherited: bool,
    },
    /// An environment variable.
    Variable(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Line { file, line, inherited: false } => write!(f, "{file}:{line}"),
            Origin::Line { file, line, inherited: true } => write!(f, "{file}:{line} (DEFAULT)"),
            Origin::Variable(name) => write!(f, "{name}"),
        }
    }
}

/// A value with its origin.
#[derive(Clone, PartialEq, Eq)]
pub struct Setting {
    /// The text; `Debug` doesn't show it.
    pub text: String,
    /// Where it comes from.
    pub origin: Origin,
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Setting({})", self.origin)
    }
}

/// What a client ends up with: the profile of a file, with the environment over or under it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings(BTreeMap<&'static str, Setting>);

impl Settings {
    /// A value.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(|setting| setting.text.as_str())
    }

    /// A value with its origin.
    pub fn setting(&self, key: &str) -> Option<&Setting> {
        self.0.get(key)
    }

    /// The keys whose value comes from an environment variable.
    pub fn from_environment(&self) -> impl Iterator<Item = &'static str> {
        let variables = self.0.iter().filter(|(_, setting)| matches!(setting.origin, Origin::Variable(_)));
        variables.map(|(key, _)| *key)
    }
}

/// Keys, with the variable by which the CLI overrides and the one by which the Go SDK completes.
const VARIABLES: [(&str, Option<&str>, Option<&str>); 10] = [
    ("user", Some("OCI_CLI_USER"), Some("TF_VAR_user_ocid")),
    ("tenancy", Some("OCI_CLI_TENANCY"), Some("TF_VAR_tenancy_ocid")),
    ("fingerprint", Some("OCI_CLI_FINGERPRINT"), Some("TF_VAR_fingerprint")),
    ("key_file", Some("OCI_CLI_KEY_FILE"), Some("TF_VAR_private_key_path")),
    ("key_content", Some("OCI_CLI_KEY_CONTENT"), None),
    ("pass_phrase", Some("OCI_CLI_PASSPHRASE"), None),
    ("region", Some("OCI_CLI_REGION"), Some("TF_VAR_region")),
    ("security_token_file", Some("OCI_CLI_SECURITY_TOKEN_FILE"), None),
    ("authentication_type", None, None),
    ("delegation_token_file", Some("OCI_CLI_DELEGATION_TOKEN_FILE"), None),
];

/// What a client makes of a profile and of the environment. Without a file it is the environment alone.
pub fn settings(
    client: Client,
    file: Option<&ConfigFile>,
    profile: &str,
    around: &dyn Surroundings,
) -> Result<Settings, ConfigError> {
    let read = file.map(|file| file.read(client.reader(), profile)).transpose()?;
    let mut settings = BTreeMap::new();
    for (key, cli, terraform) in VARIABLES {
        let from = |name: Option<&'static str>| {
            let name = name?;
            around.variable(name).map(|text| Setting { text, origin: Origin::Variable(name) })
        };
        let stated = file.zip(read.as_ref()).and_then(|(file, profile)| {
            let value = profile.value(key)?;
            let origin =
                Origin::Line { file: file.name.to_string(), line: value.line, inherited: value.inherited };
            Some(Setting { text: value.text.clone(), origin })
        });
        let setting = match client {
            Client::Cli => from(cli).or(stated),
            Client::Go => stated.or_else(|| from(terraform)),
            Client::Python if key == "region" => stated.or_else(|| from(Some("OCI_REGION"))),
            Client::Python | Client::Java => stated,
        };
        if let Some(setting) = setting {
            settings.insert(key, setting);
        }
    }
    Ok(Settings(settings))
}
