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
    /// Why `ociam probe` can't show it, for causes that lie where no request of its own reaches.
    #[serde(default, rename = "probe-cannot-show")]
    pub probe_cannot_show: Option<String>,
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
