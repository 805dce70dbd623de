//! `--changed-since`: which lines differ from a revision, asked of the `git` command.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Failure;

/// The lines that differ from a revision, by file.
pub(super) struct Changed {
    files: HashMap<PathBuf, Lines>,
}

enum Lines {
    All,
    Ranges(Vec<(usize, usize)>),
}

impl Changed {
    /// Asks git, in the folder of `near`, what differs from `revision`; files that git does not know yet
    /// count as changed.
    pub(super) fn since(revision: &str, near: &Path) -> Result<Self, Failure> {
        if revision.starts_with('-') {
            return Err(Failure::usage(format!("`{revision}` is no revision")));
        }
        let folder = if near.is_dir() { near } else { near.parent().unwrap_or(near) };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let top = PathBuf::from(git(folder, &["rev-parse", "--show-toplevel"])?.trim_end());
        let range = ["diff", "--no-ext-diff", "--no-color", "--no-prefix", "--no-renames", "--unified=0"];
        let diff = git(&top, &[&range[..], &[revision, "--"]].concat())?;
        let mut changed = Self { files: HashMap::new() };
        changed.read(&top, &diff);
        for name in git(&top, &["ls-files", "--others", "--exclude-standard", "-z"])?.split('\0') {
            if !name.is_empty() {
                changed.insert(&top.join(name), Lines::All);
            }
        }
        Ok(changed)
    }

    fn insert(&mut self, path: &Path, lines: Lines) {
        if let Ok(path) = path.canonicalize() {
            self.files.insert(path, lines);
        }
    }

    /// Reads a diff without context: file names and the new lines of each hunk.
    fn read(&mut self, top: &Path, diff: &str) {
        let mut current: Option<(PathBuf, Vec<(usize, usize)>)> = None;
        let mut in_header = true;
        for line in diff.lines() {
            if line.starts_with("diff --git ") {
                if let Some((path, ranges)) = current.take() {
                    self.insert(&path, Lines::Ranges(ranges));
                }
                in_header = true;
            } else if let Some(name) = line.strip_prefix("+++ ").filter(|_| in_header) {
                current = (name != "/dev/null").then(|| (top.join(unquoted(name)), Vec::new()));
            } else if let Some(hunk) = line.strip_prefix("@@ ") {
                in_header = false;
                let new = hunk.split(' ').find_map(|part| part.strip_prefix('+'));
                if let (Some(range), Some((_, ranges))) = (new.and_then(lines_of), current.as_mut()) {
                    ranges.push(range);
                }
            }
        }
        if let Some((path, ranges)) = current {
            self.insert(&path, Lines::Ranges(ranges));
        }
    }

    /// Whether one of the lines `first..=last` of a file differs.
    pub(super) fn touches(&self, path: &Path, first: usize, last: usize) -> bool {
        match path.canonicalize().ok().and_then(|path| self.files.get(&path)) {
            Some(Lines::All) => true,
            Some(Lines::Ranges(ranges)) => ranges.iter().any(|&(from, to)| from <= last && first <= to),
            None => false,
        }
    }
}

/// `12,3` as lines 12 to 14. Where lines were only taken out, the two around the gap count.
fn lines_of(range: &str) -> Option<(usize, usize)> {
    let (start, count) = range.split_once(',').unwrap_or((range, "1"));
    let (start, count): (usize, usize) = (start.parse().ok()?, count.parse().ok()?);
    Some(if count == 0 { (start, start + 1) } else { (start, start + count - 1) })
}

/// A file name as git quotes it when it holds quotes or control characters.
fn unquoted(name: &str) -> String {
    let name = name.trim_end_matches('\t');
    match name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        Some(inner) => inner.replace("\\\"", "\"").replace("\\\\", "\\"),
        None => name.to_owned(),
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let output = Command::new("git")
        .args(["-c", "core.quotePath=false"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .map_err(|error| Failure::usage(format!("can't run `git`: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().next().unwrap_or("no message").trim_start_matches("fatal: ").to_owned();
        return Err(Failure::usage(format!("git can't tell what has changed: {said}")));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
