//! Where code runs, and what each auth method is worth there.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::{Basis, File, Stated, read};

/// Where code runs.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Workload {
    /// In words, with its article.
    pub title: String,
    /// The principal types of its resource principal, the usual one first.
    #[serde(default)]
    pub principal_types: Vec<String>,
    /// The only clients that exist there; empty where every client does that isn't bound to another workload.
    #[serde(default)]
    pub clients: Vec<String>,
    /// The matching rule that holds it.
    pub rule: Option<String>,
    /// The matching rule that holds one resource alone.
    pub resource_rule: Option<String>,
    /// What each auth method is worth there.
    pub(in crate::checklist) methods: BTreeMap<String, Cell>,
}

/// What an auth method is worth for a workload.
#[derive(Debug, Deserialize)]
pub(in crate::checklist) struct Cell {
    pub(super) rank: Option<u8>,
    pub(super) why: Option<String>,
    pub(super) unfit: Option<String>,
    pub(super) never: Option<String>,
    pub(super) unknown: Option<String>,
    #[serde(flatten)]
    stated: Stated,
}

/// Whether an auth method works for a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    /// It does; the lower, the sooner it is proposed.
    Rank(u8),
    /// It does, but only for a while or with a person at hand.
    Unfit,
    /// It can't.
    Never,
    /// No source shows it.
    Unknown,
}

impl Worth {
    /// Whether it can be taken at all.
    pub fn works(self) -> bool {
        matches!(self, Worth::Rank(_) | Worth::Unfit)
    }
}

impl Workload {
    /// What the method is worth, why, and who says so; none for a method that the catalogue doesn't have.
    pub fn worth(&self, method: &str) -> Option<(Worth, &str, Basis)> {
        let cell = self.methods.get(method)?;
        let basis = file().basis(&cell.stated);
        let (worth, text) = match cell {
            Cell { rank: Some(rank), why: Some(why), .. } => (Worth::Rank(*rank), why),
            Cell { unfit: Some(text), .. } => (Worth::Unfit, text),
            Cell { never: Some(text), .. } => (Worth::Never, text),
            Cell { unknown: Some(text), .. } => (Worth::Unknown, text),
            _ => return None,
        };
        Some((worth, text, basis))
    }
}

pub(super) const DATA: &str = include_str!("../data/workloads.toml");

fn file() -> &'static File<Workload> {
    static FILE: OnceLock<File<Workload>> = OnceLock::new();
    FILE.get_or_init(|| read(DATA))
}

/// The workload of this name.
pub fn workload(name: &str) -> Option<(&'static str, &'static Workload)> {
    file().get(name)
}

/// All workloads by name.
pub fn workloads() -> &'static BTreeMap<String, Workload> {
    &file().rows
}
