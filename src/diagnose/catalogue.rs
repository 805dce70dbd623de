//! The causes: names, what they mean, how to mend them. Data in, typed look-ups out.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

/// A named root cause.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// The family it belongs to: rights, principal, timing, credentials, region, request, masked.
    pub family: String,
    /// Log-odds before anything is seen.
    pub prior: f64,
    /// Whether the remedy includes the least statement for the call.
    #[serde(default)]
    pub grants: bool,
    /// What it is.
    pub what: String,
    /// What to do.
    pub fix: String,
    /// The cheapest thing that would tell it from the next cause.
    pub check: String,
    /// What to type.
    pub commands: Vec<String>,
    /// What to do and type instead, where the case is a narrower one.
    #[serde(default)]
    pub when: Vec<Narrower>,
    /// Why `ociam probe` can't show it, for causes that lie where no request of its own reaches.
    #[serde(default, rename = "probe-cannot-show")]
    pub probe_cannot_show: Option<String>,
}

/// A narrower case of a cause, with a remedy of its own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Narrower {
    /// Auth methods, one of which the call must have; any where empty.
    #[serde(default)]
    pub auth: Vec<String>,
    /// Parts of the error's text in lower case, one of which it must hold; any where empty.
    #[serde(default)]
    pub says: Vec<String>,
    /// What to do.
    pub fix: String,
    /// What to type.
    pub commands: Vec<String>,
}

impl Cause {
    /// What to do and what to type about an error with this auth method and text.
    pub(super) fn remedy(&self, auth: Option<&str>, error: &str) -> (&str, &[String]) {
        let error = error.to_ascii_lowercase();
        let holds = |narrower: &&Narrower| {
            (narrower.auth.is_empty() || auth.is_some_and(|auth| narrower.auth.iter().any(|own| own == auth)))
                && (narrower.says.is_empty() || narrower.says.iter().any(|part| error.contains(part)))
        };
        self.when
            .iter()
            .find(holds)
            .map_or((&self.fix, &self.commands), |narrower| (&narrower.fix, &narrower.commands))
    }
}

#[derive(Deserialize)]
struct File {
    #[allow(dead_code, reason = "kept so that an unknown key is an error")]
    as_of: String,
    #[serde(flatten)]
    causes: BTreeMap<String, Cause>,
}

/// All causes by name.
pub fn causes() -> &'static BTreeMap<String, Cause> {
    static CAUSES: OnceLock<BTreeMap<String, Cause>> = OnceLock::new();
    CAUSES.get_or_init(|| {
        toml::from_str::<File>(include_str!("data/causes.toml")).map(|file| file.causes).unwrap_or_default()
    })
}

/// The cause of this name.
pub fn cause(name: &str) -> Option<&'static Cause> {
    causes().get(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_file_reads() {
        let file: Result<File, _> = toml::from_str(include_str!("data/causes.toml"));
        assert_eq!(file.err().map(|error| error.to_string()), None);
        assert!(causes().len() > 60);
        for (name, cause) in causes() {
            assert!(!cause.what.is_empty() && !cause.fix.is_empty() && !cause.check.is_empty(), "{name}");
        }
    }
}
