//! The steps of a checklist.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::{Basis, File, Stated, read};
use crate::checklist::plan::CheckKind;

/// A step of every checklist that its conditions let in.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(in crate::checklist) struct StepRow {
    pub(in crate::checklist) id: String,
    pub(in crate::checklist) title: String,
    /// All must hold: `key:one|another`, with `!key:…` for the contrary.
    #[serde(default)]
    pub(in crate::checklist) when: Vec<String>,
    pub(in crate::checklist) who: String,
    #[serde(rename = "do")]
    pub(in crate::checklist) text: String,
    #[serde(default)]
    pub(in crate::checklist) commands: Vec<String>,
    pub(in crate::checklist) check: CheckKind,
    pub(in crate::checklist) source: Option<String>,
    pub(in crate::checklist) date: Option<String>,
    pub(in crate::checklist) certainty: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct StepFile {
    source: String,
    date: String,
    certainty: String,
    steps: Vec<StepRow>,
}

pub(super) const DATA: &str = include_str!("../data/steps.toml");

fn file() -> &'static StepFile {
    static FILE: OnceLock<StepFile> = OnceLock::new();
    FILE.get_or_init(|| read(DATA))
}

/// The steps in their order.
pub(in crate::checklist) fn steps() -> impl Iterator<Item = (&'static StepRow, Basis)> {
    let file = file();
    file.steps.iter().map(|row| {
        let stated =
            Stated { source: row.source.clone(), date: row.date.clone(), certainty: row.certainty.clone() };
        let head = File::<()> {
            source: file.source.clone(),
            date: file.date.clone(),
            certainty: file.certainty.clone(),
            rows: BTreeMap::new(),
        };
        (row, head.basis(&stated))
    })
}
