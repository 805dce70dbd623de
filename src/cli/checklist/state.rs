//! What was done of a checklist at an earlier time.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::checklist::{Plan, Wish};

use super::{Failure, read};

/// The file: the wish that it belongs to, and the steps that are done.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    schema_version: u32,
    pub(super) wish: Option<Wish>,
    /// The auth method of the checklist: with another one the steps are others.
    #[serde(default)]
    method: Option<String>,
    #[serde(default)]
    done: BTreeMap<String, Done>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Done {
    on: String,
    found: String,
}

impl Default for State {
    fn default() -> Self {
        Self { schema_version: 1, wish: None, method: None, done: BTreeMap::new() }
    }
}

impl State {
    /// Reads the file; one that isn't there yet is empty.
    pub(super) fn load(path: &Path) -> Result<Self, Failure> {
        if !path.exists() {
            return Ok(Self::default());
        }
        serde_json::from_str(&read(path)?).map_err(|error| {
            Failure::with_help(
                format!("{}: {error}", path.display()),
                "give the file of an earlier `ociam checklist --state`, or another name",
            )
        })
    }

    /// Takes up the wish at hand. What was done for another auth method is forgotten, aloud.
    pub(super) fn begin(&mut self, wish: &Wish, plan: &Plan) -> Result<(), Failure> {
        let other = self.method.as_deref().is_some_and(|method| method != plan.method);
        if other && !self.done.is_empty() {
            writeln!(
                std::io::stderr().lock(),
                "note: what was done for `{}` is forgotten: the auth method is now `{}`",
                self.method.as_deref().unwrap_or_default(),
                plan.method
            )?;
            self.done.clear();
        }
        self.method = Some(plan.method.to_owned());
        self.wish = Some(wish.clone());
        Ok(())
    }

    /// Notes a step as done, unless it is noted already.
    pub(super) fn note(&mut self, step: &str, on: &str, found: &str) {
        self.done
            .entry(step.to_owned())
            .or_insert_with(|| Done { on: on.to_owned(), found: found.to_owned() });
    }

    /// The steps that are done, each with what is known of that.
    pub(super) fn remembered(&self) -> BTreeMap<String, String> {
        let line = |done: &Done| {
            if done.found.contains(&done.on) {
                done.found.clone()
            } else {
                format!("{}, on {}", done.found, done.on)
            }
        };
        self.done.iter().map(|(step, done)| (step.clone(), line(done))).collect()
    }

    /// Writes the file, whole or not at all.
    pub(super) fn save(&self, path: &Path) -> Result<(), Failure> {
        let cannot =
            |error: std::io::Error| Failure::usage(format!("can't write `{}`: {error}", path.display()));
        let text = serde_json::to_string_pretty(self).map_err(|error| cannot(error.into()))? + "\n";
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let beside = folder.join(format!(".{name}.{}", std::process::id()));
        std::fs::write(&beside, text).map_err(cannot)?;
        std::fs::rename(&beside, path).map_err(|error| {
            let _ = std::fs::remove_file(&beside);
            cannot(error)
        })
    }
}
