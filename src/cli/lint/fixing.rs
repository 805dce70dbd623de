//! Fixes, round by round in memory; then to the files, or shown as differences.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;

use crate::diag::{Finding, Severity};
use crate::lint::{self, FixedFile, Settings};
use crate::report::plural;
use crate::text::Files;

use super::super::input::Input;
use super::super::terminal::Terminal;
use super::super::write_back::{Change, write_all, write_diff};
use super::super::{Answer, Failure, Global, Status};
use super::{LintArgs, View};

/// How many rounds of fixes a run makes at most: each may make room for the next.
const ROUNDS: usize = 10;

/// A file as the fixes leave it.
pub(super) struct Fixed {
    pub text: String,
    pub fixes: usize,
}

/// Applies fixes to the texts in memory, round by round, until nothing changes; gives the changed files by
/// name. Where a round leaves a file with more errors than it had, the file keeps its former text. What is not
/// reported is not fixed.
pub(super) fn fix(
    args: &LintArgs,
    settings: &Settings,
    view: &View<'_>,
    input: &mut Input,
) -> BTreeMap<String, Fixed> {
    let mut done: BTreeMap<String, Fixed> = BTreeMap::new();
    let mut blocked: BTreeSet<String> = BTreeSet::new();
    // After the first round the lines that have changed are no longer those that git tells of.
    let rounds = if view.changed.is_some() { 1 } else { ROUNDS };
    let mut outcome = lint::lint(&input.configuration, settings);
    for _ in 0..rounds {
        let files = &input.configuration.files;
        let mut findings: Vec<Finding> = outcome.findings.clone();
        view.take_hidden(input, &mut findings);
        findings.retain(|finding| !blocked.contains(files.name(finding.place.file)));
        let round = lint::apply_fixes(files, &findings, args.unsafe_fixes);
        let round: Vec<(String, FixedFile)> = round
            .into_iter()
            .map(|file| (files.name(file.file).to_owned(), file))
            .filter(|(name, _)| !blocked.contains(name))
            .collect();
        if round.is_empty() {
            break;
        }
        let before = errors_by_file(files, &outcome.findings);
        let texts = |done: &BTreeMap<String, Fixed>| {
            done.iter().map(|(name, file)| (name.clone(), file.text.clone())).collect::<BTreeMap<_, _>>()
        };
        let mut overlay = texts(&done);
        overlay.extend(round.iter().map(|(name, file)| (name.clone(), file.text.clone())));
        input.reload(overlay);
        outcome = lint::lint(&input.configuration, settings);
        let after = errors_by_file(&input.configuration.files, &outcome.findings);
        let worse = |name: &String| after.get(name) > before.get(name);
        if round.iter().any(|(name, _)| worse(name)) {
            blocked.extend(round.into_iter().map(|(name, _)| name).filter(worse));
            input.reload(texts(&done));
            outcome = lint::lint(&input.configuration, settings);
            continue;
        }
        for (name, file) in round {
            let known = done.get(&name).map_or(0, |known| known.fixes);
            done.insert(name, Fixed { text: file.text, fixes: known + file.fixes });
        }
    }
    done
}

fn errors_by_file(files: &Files, findings: &[Finding]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.severity == Severity::Error) {
        *counts.entry(files.name(finding.place.file).to_owned()).or_default() += 1;
    }
    counts
}

/// Writes the fixed files; gives how many fixes that were. Standard input goes to standard output, whether
/// anything in it was fixed or not.
pub(super) fn write(
    input: &Input,
    before: &Files,
    fixed: &BTreeMap<String, Fixed>,
) -> Result<usize, Failure> {
    let mut changes = Vec::new();
    for (_, old) in before.iter() {
        let new = fixed.get(old.name.as_ref()).map(|file| file.text.as_str());
        if input.is_stdin(&old.name) {
            io::stdout().lock().write_all(new.unwrap_or(&old.text).as_bytes())?;
        } else if let Some(new) = new {
            changes.push(Change { path: Path::new(old.name.as_ref()), old: &old.text, new });
        }
    }
    write_all(&changes)?;
    Ok(fixed.values().map(|file| file.fixes).sum())
}

/// Shows what the fixes would change.
pub(super) fn show(
    before: &Files,
    fixed: &BTreeMap<String, Fixed>,
    terminal: &Terminal,
    global: &Global,
) -> Answer {
    let mut out = io::stdout().lock();
    for (_, old) in before.iter() {
        if let Some(file) = fixed.get(old.name.as_ref()) {
            write_diff(&old.name, &old.text, &file.text, terminal.out, &mut out)?;
        }
    }
    if !global.quiet {
        let mut err = io::stderr().lock();
        let fixes: usize = fixed.values().map(|file| file.fixes).sum();
        match fixes {
            0 => writeln!(err, "nothing to fix")?,
            _ => {
                writeln!(err, "{} in {} would be applied", plural(fixes, "fix"), plural(fixed.len(), "file"))?
            }
        }
    }
    Ok(if fixed.is_empty() { Status::Clean } else { Status::Findings })
}
