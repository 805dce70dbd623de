//! The baseline file: reading it, and writing what is found now or what is left of it.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use crate::diag::Finding;
use crate::lint::{Baseline, BaselineEntry, Folder, Known, Settings, rules};
use crate::report::plural;
use crate::source::reason;
use crate::text::Files;

use super::super::{Failure, Global};

pub(super) fn read(path: &Path) -> Result<Baseline, Failure> {
    const WRITE: &str = "`--write-baseline` writes one, to a file of its own";
    let wrong = |error: String| {
        Failure::with_help(format!("can't read the baseline `{}`: {error}", path.display()), WRITE)
    };
    let text = fs::read_to_string(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => wrong("there is no such file".to_owned()),
        _ => wrong(reason(&error)),
    })?;
    let foreign = |what: String| Failure::with_help(format!("`{}` {what}", path.display()), WRITE);
    let document: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| foreign(format!("is no baseline: it is not JSON ({error})")))?;
    match document.get("version").and_then(serde_json::Value::as_u64) {
        Some(1) => {}
        Some(version) => return Err(foreign(format!("is a baseline of version {version}, not 1"))),
        None => return Err(foreign("is no baseline of ociam".to_owned())),
    }
    let baseline = serde_json::from_value(document);
    let baseline: Baseline =
        baseline.map_err(|error| foreign(format!("is no baseline of ociam: {error}")))?;
    Ok(Baseline { folder: folder_of(path), ..baseline })
}

/// Where the folder of a baseline lies; what can't be told leaves names as they are shown.
fn folder_of(path: &Path) -> Folder {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let own = std::env::current_dir().and_then(fs::canonicalize);
    let (Ok(own), Ok(folder)) = (own, fs::canonicalize(folder)) else { return Folder::default() };
    let text = |path: &Path| path.to_string_lossy().into_owned();
    Folder { here: text(&own), own: text(&folder) }
}

/// Writes what is found now.
pub(super) fn write(
    path: &Path,
    files: &Files,
    findings: &[Finding],
    global: &Global,
) -> Result<(), Failure> {
    // What another program keeps in a file of this name would be lost.
    if fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() > 0) {
        read(path)?;
    }
    let baseline = Baseline::of(files, findings, folder_of(path));
    store(path, &baseline)?;
    if !global.quiet {
        writeln!(io::stderr().lock(), "wrote {} to {}", plural(baseline.len(), "finding"), path.display())?;
    }
    Ok(())
}

/// Leaves out of what is gone whatever this run could not find: in files that it did not read, and by rules that
/// did not run.
pub(super) fn judge_gone(
    path: &Path,
    baseline: &Baseline,
    known: &mut Known,
    files: &Files,
    settings: &Settings,
) {
    let read: HashSet<String> = files.iter().map(|(_, file)| baseline.folder.name(&file.name)).collect();
    let folder = path.parent().unwrap_or(Path::new(""));
    let reads = |entry: &BaselineEntry| read.contains(&entry.file) || !folder.join(&entry.file).exists();
    let runs = |entry: &BaselineEntry| {
        let name = rules::renamed(&entry.rule).map_or(entry.rule.as_str(), |renamed| renamed.new);
        rules::find(name).is_none_or(|rule| settings.enabled(rule))
    };
    known.gone.retain(|entry| runs(entry) && reads(entry));
}

/// Takes what is gone out of the file, or tells of it.
pub(super) fn shrink(
    path: &Path,
    baseline: &Baseline,
    known: &Known,
    wanted: bool,
    global: &Global,
) -> Result<(), Failure> {
    let gone: usize = known.gone.iter().map(|entry| entry.count).sum();
    if gone == 0 {
        return Ok(());
    }
    let gone = plural(gone, "finding");
    let told = if wanted {
        store(path, &baseline.without(&known.gone))?;
        format!("taken out of {}: {gone}", path.display())
    } else {
        format!("no longer found: {gone} of {}; `--shrink-baseline` takes out what is gone", path.display())
    };
    if !global.quiet {
        writeln!(io::stderr().lock(), "{told}")?;
    }
    Ok(())
}

fn store(path: &Path, baseline: &Baseline) -> Result<(), Failure> {
    let mut text = serde_json::to_string_pretty(baseline).map_err(io::Error::from)?;
    text.push('\n');
    fs::write(path, text)
        .map_err(|error| Failure::usage(format!("can't write `{}`: {}", path.display(), reason(&error))))
}
