//! `--staged`: the files as they will be committed. What git's index holds is written to a folder of its own and
//! read there, whatever the work tree looks like by now; findings go by the names that the files have in the work tree.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use crate::source::{Configuration, is_read_by_name};
use crate::text::{Files, SourceFile};

use super::Failure;
use super::changed::git;

/// The largest file that is written out, unless its name says that it is read.
const MAX_OTHER_BYTES: usize = 1 << 20;

/// The content of the index, in a folder that is removed when this is dropped.
pub(super) struct Staged {
    folder: PathBuf,
    /// The top of the work tree.
    top: PathBuf,
    /// Where the current folder is, in the copy.
    here: PathBuf,
}

impl Drop for Staged {
    fn drop(&mut self) {
        // Nothing is lost when it stays.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// An entry of the index.
struct Entry {
    link: bool,
    hash: String,
    path: String,
}

impl Staged {
    /// Writes out the index of the repository that the current folder is in.
    pub(super) fn take() -> Result<Self, Failure> {
        let here = Path::new(".");
        let top = PathBuf::from(git(here, &["rev-parse", "--show-toplevel"])?.trim_end_matches('\n'));
        let below = git(here, &["rev-parse", "--show-prefix"])?.trim_end_matches('\n').to_owned();
        let cannot = |error: io::Error| Failure::usage(format!("can't write a temporary folder: {error}"));
        let nonce = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| since.as_nanos());
        let folder = std::env::temp_dir().join(format!("ociam-staged-{}-{nonce}", std::process::id()));
        fs::create_dir(&folder).map_err(cannot)?;
        let folder = fs::canonicalize(folder).map_err(cannot)?;
        let staged = Self { here: plain(&folder.join(below)), folder, top };
        fs::create_dir_all(&staged.here).map_err(cannot)?;
        // Ignore files above a folder count inside of a repository only.
        fs::create_dir_all(staged.folder.join(".git")).map_err(cannot)?;
        let listed = git(&staged.top, &["ls-files", "--stage", "-z"])?;
        let entries: Vec<Entry> = listed.split('\0').filter_map(entry).collect();
        staged.write(&entries).map_err(cannot)?;
        Ok(staged)
    }

    /// Asks git for every content in turn and writes it where it belongs.
    fn write(&self, entries: &[Entry]) -> io::Result<()> {
        let mut child = Command::new("git")
            .args(["cat-file", "--batch"])
            .current_dir(&self.top)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (Some(mut questions), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("git can't be talked to"));
        };
        let mut answers = BufReader::new(answers);
        let mut links = Vec::new();
        for entry in entries {
            writeln!(questions, "{}", entry.hash)?;
            questions.flush()?;
            let mut head = String::new();
            answers.read_line(&mut head)?;
            let Some(size) = head.trim_end().rsplit(' ').next().and_then(|size| size.parse::<usize>().ok())
            else {
                // A content that git does not have, as in a partial clone.
                continue;
            };
            let mut content = Vec::new();
            answers.by_ref().take(size as u64 + 1).read_to_end(&mut content)?;
            content.truncate(size);
            let Some(path) = self.inside(Path::new(&entry.path)) else { continue };
            if entry.link {
                links.push((path, content));
            } else if size <= MAX_OTHER_BYTES || is_read_by_name(&entry.path) {
                if let Some(parent) = path.parent() {
                    fs::create_dir_all(parent)?;
                }
                fs::write(path, content)?;
            }
        }
        drop(questions);
        child.wait()?;
        for (path, target) in links {
            self.link(&path, &target)?;
        }
        Ok(())
    }

    /// Makes a link, where it leads to another place of the copy.
    fn link(&self, path: &Path, target: &[u8]) -> io::Result<()> {
        let Ok(target) = std::str::from_utf8(target) else { return Ok(()) };
        let Some(parent) = path.parent() else { return Ok(()) };
        let leads_to = plain(&parent.join(target));
        if Path::new(target).is_absolute() || !leads_to.starts_with(&self.folder) {
            return Ok(());
        }
        fs::create_dir_all(parent)?;
        #[cfg(unix)]
        std::os::unix::fs::symlink(target, path)?;
        Ok(())
    }

    /// Where a path of the index lies in the copy; `None` for one that leads out of it.
    fn inside(&self, path: &Path) -> Option<PathBuf> {
        let path = plain(&self.folder.join(path));
        path.starts_with(&self.folder).then_some(path)
    }

    /// Where something that the user names lies in the copy.
    pub(super) fn path(&self, named: &Path) -> Result<PathBuf, Failure> {
        let path = if named.is_absolute() {
            let real = fs::canonicalize(named).unwrap_or_else(|_| named.to_owned());
            real.strip_prefix(&self.top).ok().map(|rest| plain(&self.folder.join(rest)))
        } else {
            Some(plain(&self.here.join(named)))
        };
        path.filter(|path| path.starts_with(&self.folder))
            .ok_or_else(|| Failure::usage(format!("`{}` lies outside of the repository", named.display())))
    }

    /// Gives the files the names that they have in the work tree.
    pub(super) fn unname(&self, configuration: &mut Configuration) {
        let here = format!("{}/", self.here.display());
        let folder = self.folder.display().to_string();
        let top = self.top.display().to_string();
        let real = |text: &str| text.replace(&here, "").replace(&folder, &top);
        let mut files = Files::new();
        for (_, file) in configuration.files.iter() {
            files.add(SourceFile::new(real(&file.name), file.text.clone()));
        }
        configuration.files = files;
        for finding in &mut configuration.problems {
            finding.message = real(&finding.message);
        }
        for unresolved in &mut configuration.unresolved {
            unresolved.reason = real(&unresolved.reason).into();
        }
    }
}

/// `100644 <hash> 0\tpath`. Submodules have no content here, and of a conflict our side counts.
fn entry(line: &str) -> Option<Entry> {
    let (facts, path) = line.split_once('\t')?;
    let mut facts = facts.split(' ');
    let (mode, hash, stage) = (facts.next()?, facts.next()?, facts.next()?);
    let wanted = mode != "160000" && matches!(stage, "0" | "2");
    wanted.then(|| Entry { link: mode == "120000", hash: hash.to_owned(), path: path.to_owned() })
}

/// A path without `.` and `..`, as its words say.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}
