//! Which rules run, on which files, and how severe their findings are.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use globset::GlobMatcher;

use crate::config::OrganisationRule;
use crate::diag::Severity;

use super::rule::{Category, Persona, Rule};

/// What a run was asked to look for. The default runs every rule that is neither pedantic nor on trial.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Rule names, categories or `all`; `None` stands for every rule that is neither pedantic nor on trial.
    pub select: Option<Vec<String>>,
    /// Further rule names or categories, on top of the selection.
    pub extend_select: Vec<String>,
    /// Rule names or categories that never run.
    pub ignore: Vec<String>,
    /// Whether pedantic rules run too.
    pub pedantic: bool,
    /// Whether rules on trial run too.
    pub preview: bool,
    /// Severities that replace the rules' own.
    pub severity: BTreeMap<String, Severity>,
    /// Rules that are not reported in some files.
    pub per_path_ignores: Vec<PathIgnore>,
    /// The folder that names of files start from, seen from the one that the patterns are meant for: `x/y`, or nothing.
    pub folder: String,
    /// The organisation's own rules.
    pub organisation: Vec<OrganisationRule>,
    /// Rule names or categories that nothing turns off where they run: no comment, no list of ignored rules, no
    /// baseline.
    pub never_ignore: Vec<String>,
    /// Whether a suppression without a reason is reported.
    pub require_suppression_reason: bool,
}

/// Rules that are not reported in the files that a pattern matches.
#[derive(Clone, Debug)]
pub struct PathIgnore {
    /// Matched against the file's name, from [`Settings::folder`] on, and against each of its tails that begins at a folder.
    pub glob: GlobMatcher,
    /// Rule names or categories.
    pub rules: Vec<String>,
}

impl Settings {
    /// Whether a rule runs at all.
    pub fn enabled(&self, rule: &Rule) -> bool {
        let selected = match &self.select {
            Some(select) => names(select, rule),
            None => match rule.persona {
                Persona::Default => true,
                Persona::Pedantic => self.pedantic,
                Persona::Preview => self.preview,
            },
        };
        let ignored = names(&self.ignore, rule) && !self.is_never_ignored(rule);
        (selected || names(&self.extend_select, rule)) && !ignored
    }

    /// Whether nothing may turn a rule off.
    pub fn is_never_ignored(&self, rule: &Rule) -> bool {
        names(&self.never_ignore, rule)
    }

    /// The severity to report: the configured one, or the finding's own.
    pub fn severity(&self, rule: &Rule, own: Severity) -> Severity {
        self.severity
            .get(rule.name)
            .or_else(|| self.severity.get(rule.category.as_str()))
            .copied()
            .unwrap_or(own)
    }

    /// Whether a rule is ignored in the file of this name.
    pub fn ignored_in(&self, file: &str, rule: &Rule) -> bool {
        let mut ignores = self.per_path_ignores.iter().filter(|ignore| names(&ignore.rules, rule)).peekable();
        if ignores.peek().is_none() || self.is_never_ignored(rule) {
            return false;
        }
        let file = beneath(&self.folder, file);
        ignores.any(|ignore| tails(&file).any(|tail| ignore.glob.is_match(tail)))
    }
}

/// The name of a file from above the folder that it starts from.
pub(super) fn beneath<'f>(folder: &str, file: &'f str) -> Cow<'f, str> {
    if folder.is_empty() && !file.starts_with("./") || file.starts_with('/') {
        return file.into();
    }
    let mut parts: Vec<&str> = if folder.is_empty() { Vec::new() } else { folder.split('/').collect() };
    for part in file.split('/') {
        match part {
            "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/").into()
}

/// Every word that may stand where rules are selected.
pub(crate) fn selectors() -> BTreeSet<&'static str> {
    let rules = super::rules::all().iter().map(|rule| rule.name);
    rules.chain(Category::ALL.iter().map(|category| category.as_str())).chain(["all"]).collect()
}

fn names(list: &[String], rule: &Rule) -> bool {
    list.iter().any(|word| word == rule.name || word == rule.category.as_str() || word == "all")
}

/// `a/b/c`, `b/c`, `c`.
fn tails(file: &str) -> impl Iterator<Item = &str> {
    let rest = file.match_indices('/').filter_map(move |(at, _)| file.get(at + 1..));
    std::iter::once(file).chain(rest)
}
