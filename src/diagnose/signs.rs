//! Signs: what an answer or a user's words show, and how strongly that speaks for each cause. All data.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};
use serde::Deserialize;

use super::facts::Facts;
use super::weights::{Evidence, Weights};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    #[serde(default)]
    text: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
    #[serde(default, rename = "in")]
    place: Where,
    #[serde(default)]
    unanswered: bool,
    #[serde(default)]
    status: Vec<u16>,
    #[serde(default)]
    plane: Vec<String>,
    #[serde(default)]
    auth: Vec<String>,
    says: String,
    #[serde(default)]
    supports: BTreeMap<String, f64>,
    #[serde(default)]
    excludes: BTreeMap<String, String>,
    #[allow(dead_code, reason = "for the reader of the data; checked to be there")]
    source: String,
    #[allow(dead_code, reason = "for the reader of the data; checked to be one of four words")]
    certainty: String,
}

/// The cause that a sign rules out when rights played no part in the answer.
const NO_RIGHTS: &str = "policy-missing";
/// Causes that have to do with rights too, though no statement mends them.
const GROUPED: [&str; 3] = ["dynamic-group-not-matching", "dynamic-group-nonexistent", "principal-mismatch"];
/// What such a sign takes from the other causes that a statement mends.
const OUT_OF_PLACE: f64 = -2.5;

#[derive(Clone, Copy, Default, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Where {
    #[default]
    Error,
    Request,
    Any,
}

#[derive(Deserialize)]
struct File {
    #[allow(dead_code, reason = "for the reader of the data")]
    as_of: String,
    sign: Vec<Row>,
}

struct Sign {
    row: Row,
    text: Option<Regex>,
    unless: Option<Regex>,
}

fn alternatives(patterns: &[String]) -> Result<Option<Regex>, regex::Error> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let joined = patterns.iter().map(|pattern| format!("(?:{pattern})")).collect::<Vec<_>>().join("|");
    RegexBuilder::new(&joined).case_insensitive(true).dot_matches_new_line(true).build().map(Some)
}

fn read() -> Result<Vec<Sign>, String> {
    let file: File = toml::from_str(include_str!("data/signs.toml")).map_err(|error| error.to_string())?;
    file.sign
        .into_iter()
        .map(|row| {
            let text = alternatives(&row.text).map_err(|error| format!("{}: {error}", row.id))?;
            let unless = alternatives(&row.unless).map_err(|error| format!("{}: {error}", row.id))?;
            Ok(Sign { row, text, unless })
        })
        .collect()
}

fn signs() -> &'static [Sign] {
    static SIGNS: OnceLock<Vec<Sign>> = OnceLock::new();
    SIGNS.get_or_init(|| read().unwrap_or_default())
}

/// Adds what every sign says that the facts show.
pub(super) fn apply(facts: &Facts, weights: &mut Weights) {
    let both = format!("{}\n{}", facts.error, facts.request);
    for sign in signs() {
        let row = &sign.row;
        let holds = |list: &[String], value: Option<&str>| {
            list.is_empty() || value.is_some_and(|value| list.iter().any(|item| item == value))
        };
        if row.unanswered && facts.status.is_some()
            || !row.status.is_empty() && !facts.status.is_some_and(|status| row.status.contains(&status))
            || !holds(&row.plane, facts.plane.map(super::Plane::as_str))
            || !holds(&row.auth, facts.auth.map(super::Auth::as_str))
        {
            continue;
        }
        let place = match row.place {
            Where::Error => &facts.error,
            Where::Request => &facts.request,
            Where::Any => &both,
        };
        let found = match &sign.text {
            None => None,
            Some(pattern) => match pattern.find(place) {
                None => continue,
                found => found,
            },
        };
        if sign.unless.as_ref().is_some_and(|pattern| pattern.is_match(&both)) {
            continue;
        }
        let text = match found {
            Some(words) => format!("`{}`: {}", words.as_str().trim(), row.says),
            None => match facts.status.filter(|_| !row.status.is_empty()) {
                Some(status) => format!("status {status}: {}", row.says),
                None => row.says.clone(),
            },
        };
        let kind = match row.place {
            _ if found.is_none() => "circumstance",
            Where::Error => "error-text",
            Where::Request | Where::Any => "request",
        };
        let evidence = Evidence { kind, text };
        for (cause, weight) in &row.supports {
            weights.add(cause, *weight, &evidence);
        }
        for (cause, because) in &row.excludes {
            weights.exclude(cause, because);
        }
        // An answer that was given before or after rights were looked at speaks against the whole family.
        if row.excludes.contains_key(NO_RIGHTS) {
            // A caller who isn't known may be another one than is meant.
            let known = facts.status != Some(401);
            let of_rights =
                |name: &str, cause: &super::Cause| cause.grants || (known && GROUPED.contains(&name));
            let rights = super::causes().iter().filter(|(name, cause)| of_rights(name, cause));
            rights.for_each(|(name, _)| weights.add(name, OUT_OF_PLACE, &evidence));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_reads_and_names_known_causes() {
        let signs = read().expect("the data file reads");
        let mut ids: Vec<_> = signs.iter().map(|sign| sign.row.id.as_str()).collect();
        ids.sort_unstable();
        ids.windows(2).for_each(|pair| assert_ne!(pair[0], pair[1]));
        for sign in &signs {
            let row = &sign.row;
            for cause in row.supports.keys().chain(row.excludes.keys()) {
                assert!(super::super::cause(cause).is_some(), "{}: {cause}", row.id);
            }
            assert!(
                ["documented", "observed", "seen-in-code", "inferred"].contains(&row.certainty.as_str()),
                "{}",
                row.id
            );
            assert!(!row.source.is_empty() && !row.says.is_empty(), "{}", row.id);
        }
    }
}
