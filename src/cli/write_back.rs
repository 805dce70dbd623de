//! Writing changed files: through a temporary file beside the old one, so that no crash leaves half a file;
//! and the differences, for those who only want to see.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use similar::{ChangeTag, TextDiff};

use crate::report::Style;
use crate::text::mask;

/// Puts `text` in place of the file's content, keeping its permissions. A link is followed.
pub(super) fn write_file(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let temporary = path.with_file_name(format!(".{name}.ociam-{}", std::process::id()));
    let written = fs::write(&temporary, text)
        .and_then(|()| fs::set_permissions(&temporary, fs::metadata(&path)?.permissions()))
        .and_then(|()| fs::rename(&temporary, &path));
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    written
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
    Ok(())
}
