//! `--changed-since` and `--staged`: which lines differ from a revision, asked of the `git` command.

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
    /// Asks git, in the folder of `near`, what differs from `revision`, or from where the branch left it; files that
    /// git does not know yet count as changed.
    pub(super) fn since(revision: &str, near: &Path) -> Result<Self, Failure> {
        if revision.starts_with('-') {
            return Err(Failure::usage(format!("`{revision}` is no revision")));
        }
        let folder = if near.is_dir() { near } else { near.parent().unwrap_or(near) };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let top = top(folder)?;
        let commit = ["rev-parse", "--verify", "--quiet", &format!("{revision}^{{commit}}")];
        let commit = git(&top, &commit).map_err(|_| {
            let help = match git(&top, &["rev-parse", "--is-shallow-repository"]) {
                Ok(word) if word.trim() == "true" => {
                    "this clone is shallow: fetch the revision, or clone with its history"
                }
                _ => "name a branch, a tag or a commit of this repository, such as `origin/main`",
            };
            Failure::with_help(format!("git knows no revision `{revision}`"), help)
        })?;
        let commit = commit.trim();
        // What the other branch has gained meanwhile is not this one's doing. Without a common past, as in a shallow
        // clone, the revision itself has to do.
        let base = git(&top, &["merge-base", commit, "HEAD"]).unwrap_or_default();
        let base = if base.trim().is_empty() { commit } else { base.trim() };
        let mut changed = Self { files: HashMap::new() };
        changed.read(&top, &git(&top, &[&DIFF[..], &[base, "--"]].concat())?);
        for name in git(&top, &["ls-files", "--others", "--exclude-standard", "-z"])?.split('\0') {
            if !name.is_empty() {
                changed.insert(&top.join(name), Lines::All);
            }
        }
        Ok(changed)
    }

    /// Asks git what is staged in the repository that the current folder is in.
    pub(super) fn staged() -> Result<Self, Failure> {
        let top = top(Path::new("."))?;
        let mut changed = Self { files: HashMap::new() };
        changed.read(&top, &git(&top, &[&DIFF[..], &["--cached", "--"]].concat())?);
        Ok(changed)
    }

    fn insert(&mut self, path: &Path, lines: Lines) {
        self.files.insert(real(path), lines);
    }

    /// Reads a diff: file names and the new lines of each hunk. Of submodules git gives context too, whatever it is
    /// asked for.
    fn read(&mut self, top: &Path, diff: &str) {
        let mut current: Option<(PathBuf, Hunks)> = None;
        let mut in_header = true;
        for line in diff.split('\n') {
            if line.starts_with("diff --git ") || line.starts_with("Submodule ") {
                if let Some((path, hunks)) = current.take() {
                    self.insert(&path, Lines::Ranges(hunks.ranges()));
                }
                in_header = true;
            } else if let Some(name) = line.strip_prefix("+++ ").filter(|_| in_header) {
                current = (name != "/dev/null").then(|| (top.join(unquoted(name)), Hunks::default()));
            } else if let Some((_, hunks)) = &mut current {
                in_header &= !line.starts_with("@@ ");
                hunks.read(line);
            }
        }
        if let Some((path, hunks)) = current {
            self.insert(&path, Lines::Ranges(hunks.ranges()));
        }
    }

    /// Whether one of the lines `first..=last` of a file differs.
    pub(super) fn touches(&self, path: &Path, first: usize, last: usize) -> bool {
        match self.files.get(&real(path)) {
            Some(Lines::All) => true,
            Some(Lines::Ranges(ranges)) => ranges.iter().any(|&(from, to)| from <= last && first <= to),
            None => false,
        }
    }
}

/// How to ask for a difference without context, whatever the user's own settings are. A file that only moved has no
/// changed lines.
const DIFF: [&str; 11] = [
    "diff",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--no-prefix",
    "--no-relative",
    "--find-renames",
    "--unified=0",
    "--inter-hunk-context=0",
    "--ignore-submodules=none",
    "--submodule=diff",
];

/// The top of the work tree that a folder is in.
fn top(folder: &Path) -> Result<PathBuf, Failure> {
    Ok(PathBuf::from(git(folder, &["rev-parse", "--show-toplevel"])?.trim_end_matches('\n')))
}

/// The one path of a file that may be reached by several; for a file that is gone, by its folder.
fn real(path: &Path) -> PathBuf {
    let of_folder = || {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let folder = parent.unwrap_or(Path::new(".")).canonicalize().ok()?;
        Some(folder.join(path.file_name()?))
    };
    path.canonicalize().ok().or_else(of_folder).unwrap_or_else(|| path.to_owned())
}

/// The changed lines of one file, as its hunks tell them.
#[derive(Default)]
struct Hunks {
    /// The number that the next line has in the new text.
    line: usize,
    /// Whether lines were taken out just before it.
    gap: bool,
    ranges: Vec<(usize, usize)>,
}

impl Hunks {
    fn read(&mut self, line: &str) {
        match line.bytes().next() {
            Some(b'@') => {
                self.close_gap();
                let new = line.split(' ').find_map(|part| part.strip_prefix('+')).unwrap_or("");
                let (start, count) = new.split_once(',').unwrap_or((new, "1"));
                // Where no line is left, the number is that of the line before.
                self.line = start.parse().unwrap_or(0) + usize::from(count == "0");
            }
            Some(b'+') => {
                self.gap = false;
                self.ranges.push((self.line, self.line));
                self.line += 1;
            }
            Some(b'-') => self.gap = true,
            Some(b' ') => {
                self.close_gap();
                self.line += 1;
            }
            _ => {}
        }
    }

    /// Where lines were only taken out, the two around the gap count.
    fn close_gap(&mut self) {
        if std::mem::take(&mut self.gap) {
            self.ranges.push((self.line.saturating_sub(1), self.line));
        }
    }

    fn ranges(mut self) -> Vec<(usize, usize)> {
        self.close_gap();
        self.ranges
    }
}

/// A file name as git quotes it when it holds quotes or control characters.
fn unquoted(name: &str) -> String {
    let name = name.trim_end_matches('\t');
    match name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        Some(inner) => inner.replace("\\\"", "\"").replace("\\\\", "\\"),
        None => name.to_owned(),
    }
}

/// What git answers in a folder.
pub(super) fn git(folder: &Path, arguments: &[&str]) -> Result<String, Failure> {
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
