//! Writing changed files: through a temporary file beside the old one, so that no crash leaves half a file;
//! and the differences, for those who only want to see.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use similar::{ChangeTag, TextDiff};

use crate::report::Style;
use crate::text::mask;

use crate::source::reason;

use super::Failure;

/// A file to rewrite.
pub(super) struct Change<'a> {
    /// Where it is.
    pub path: &'a Path,
    /// What was read from it.
    pub old: &'a str,
    /// What it is to hold.
    pub new: &'a str,
}

/// Rewrites files: all of them, or none where one of them can't be.
pub(super) fn write_all(changes: &[Change<'_>]) -> Result<(), Failure> {
    let cannot = |change: &Change<'_>, why: &str| {
        Failure::usage(format!("can't write `{}`: {why}; no file is changed", change.path.display()))
    };
    let mut ready: Vec<(&Change<'_>, Ready)> = Vec::with_capacity(changes.len());
    // A file may be found by its own name and by those of links.
    let mut by_path: HashMap<PathBuf, &str> = HashMap::new();
    for change in changes {
        let same = fs::canonicalize(change.path).ok().and_then(|path| by_path.insert(path, change.new));
        match same {
            Some(new) if new == change.new => continue,
            Some(_) => return Err(cannot(change, "another name of the same file changes it otherwise")),
            None => {}
        }
        let prepared = prepare(change).map_err(|error| match error.kind() {
            // Names are shown, and found again, as text.
            io::ErrorKind::NotFound if change.path.to_string_lossy().contains('\u{fffd}') => {
                cannot(change, "its name holds what can't be shown")
            }
            _ => cannot(change, &reason(&error)),
        });
        ready.push((change, prepared?));
    }
    for (change, ready) in &mut ready {
        ready.put().map_err(|error| {
            Failure::usage(format!("can't write `{}`: {}", change.path.display(), reason(&error)))
        })?;
    }
    Ok(())
}

/// A new content beside the file whose place it takes; removed unless it has.
struct Ready {
    temporary: PathBuf,
    path: PathBuf,
}

impl Ready {
    fn put(&mut self) -> io::Result<()> {
        fs::rename(&self.temporary, &self.path)
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        // Once it has taken the place there is nothing to remove.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// Writes the new content to a temporary file with the old one's permissions. A link is followed.
fn prepare(change: &Change<'_>) -> io::Result<Ready> {
    let path = fs::canonicalize(change.path)?;
    let permissions = fs::metadata(&path)?.permissions();
    if permissions.readonly() {
        return Err(io::Error::other("it is read-only"));
    }
    if fs::read(&path)? != change.old.as_bytes() {
        return Err(io::Error::other("it has changed since it was read"));
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let temporary = path.with_file_name(format!(".{name}.ociam-{}", std::process::id()));
    let ready = Ready { temporary, path };
    fs::write(&ready.temporary, change.new)?;
    fs::set_permissions(&ready.temporary, permissions)?;
    Ok(ready)
}

/// Writes a unified difference.
pub(super) fn write_diff(
    name: &str,
    old: &str,
    new: &str,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    // Lines beside a change may hold secrets.
    let (old, new) = (mask(old), mask(new));
    let diff = TextDiff::from_lines(&old, &new);
    let paint = |code: &str, text: &str| match style.color {
        true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        false => text.to_owned(),
    };
    writeln!(out, "{}", paint("1", &format!("--- {name}")))?;
    writeln!(out, "{}", paint("1", &format!("+++ {name}")))?;
    for hunk in diff.unified_diff().context_radius(2).iter_hunks() {
        writeln!(out, "{}", paint("36", &hunk.header().to_string()))?;
        for change in hunk.iter_changes() {
            let (sign, code) = match change.tag() {
                ChangeTag::Delete => ("-", "31"),
                ChangeTag::Insert => ("+", "32"),
                ChangeTag::Equal => (" ", "0"),
            };
            let line = change.value().trim_end_matches(['\r', '\n']);
            writeln!(
                out,
                "{}",
                if code == "0" { format!(" {line}") } else { paint(code, &format!("{sign}{line}")) }
            )?;
        }
    }
    out.flush()
}
