//! Which files a run reads: those named, and below each folder named those that may hold policies.
//! Honours `.gitignore` and passes over hidden folders, `.terraform/` among them, and `node_modules/`.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ignore::{DirEntry, WalkBuilder, WalkState};

use crate::text::visible;

use super::detect::{self, Kind};

/// Folders of other people's code that are not hidden.
const SKIPPED: [&str; 1] = ["node_modules"];

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wanted {
    /// The name to show.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Whether the user named it.
    pub named: bool,
}

/// Something that could not be visited.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Missed {
    /// The name to show.
    pub name: String,
    /// Why, for a person.
    pub message: String,
    /// Whether the user named it.
    pub named: bool,
}

/// The files to read, sorted by name, and what could not be visited.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub files: Vec<Wanted>,
    pub missed: Vec<Missed>,
}

/// Finds the files of the given paths.
pub(super) fn find(paths: &[PathBuf]) -> Found {
    let mut found = Found::default();
    let mut linked = false;
    for path in paths {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => linked |= folder(path, &mut found),
            Ok(metadata) if waits(path, &metadata) => {
                let message =
                    "this is a named pipe, which may never end; give its text on stdin: `-`".to_owned();
                found.missed.push(Missed { name: shown(path), message, named: true });
            }
            Ok(_) => {
                found.files.push(Wanted { name: shown(path), path: path.clone(), named: true });
            }
            Err(error) => {
                let message = format!("can't read this path: {}", reason(&error));
                found.missed.push(Missed { name: shown(path), message, named: true });
            }
        }
    }
    // A file that is named and also lies in a folder that is named counts as named.
    found.files.sort_by(|a, b| (&a.name, !a.named).cmp(&(&b.name, !b.named)));
    found.files.dedup_by(|a, b| a.name == b.name);
    if linked || paths.len() > 1 {
        drop_repeated(&mut found.files);
    }
    found.missed.sort();
    found.missed.dedup();
    found
}

/// Whether opening the path would wait for somebody to write: a named pipe. Those that a shell opens stand below
/// `/dev` and `/proc`.
#[cfg(unix)]
fn waits(path: &Path, metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    metadata.file_type().is_fifo() && !path.starts_with("/dev") && !path.starts_with("/proc")
}

#[cfg(not(unix))]
fn waits(_: &Path, _: &fs::Metadata) -> bool {
    false
}

/// Adds the files below a folder; whether a symbolic link was met on the way.
fn folder(root: &Path, found: &mut Found) -> bool {
    let (files, missed, linked) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()), Mutex::new(false));
    let real = fs::canonicalize(root).unwrap_or_else(|_| root.to_path_buf());
    let in_repository = real.ancestors().any(|folder| folder.join(".git").exists());
    let walker = WalkBuilder::new(root)
        .follow_links(true)
        // Ignore files count outside of repositories too; those above the folder only inside of one.
        .require_git(false)
        .parents(in_repository)
        .git_global(false)
        .filter_entry(move |entry| entry.depth() == 0 || is_walked(entry, &real))
        .build_parallel();
    walker.run(|| {
        Box::new(|entry| {
            match entry {
                Ok(entry) => {
                    if entry.path_is_symlink()
                        && let Ok(mut linked) = linked.lock()
                    {
                        *linked = true;
                    }
                    let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
                    let name = entry.file_name().to_string_lossy();
                    if is_file
                        && detect::by_name(&name).is_some()
                        && let Ok(mut files) = files.lock()
                    {
                        files.push(Wanted {
                            name: shown(entry.path()),
                            path: entry.into_path(),
                            named: false,
                        });
                    }
                }
                Err(error) => {
                    if let Some(problem) = explain(&error, root)
                        && let Ok(mut missed) = missed.lock()
                    {
                        missed.push(problem);
                    }
                }
            }
            WalkState::Continue
        })
    });
    found.files.extend(files.into_inner().unwrap_or_default());
    found.missed.extend(missed.into_inner().unwrap_or_default());
    linked.into_inner().unwrap_or(true)
}

/// Whether a walk enters a folder: not those of other people's code, and no link to what it finds anyway.
fn is_walked(entry: &DirEntry, root: &Path) -> bool {
    if !entry.file_type().is_some_and(|kind| kind.is_dir()) {
        return true;
    }
    if SKIPPED.iter().any(|skipped| entry.file_name() == *skipped) {
        return false;
    }
    if !entry.path_is_symlink() {
        return true;
    }
    // Links between the same few folders could make more paths than there are files: one that leads into
    // the tree, or that stands outside of it, is left.
    let lies_in = |path: Option<&Path>| {
        path.and_then(|path| fs::canonicalize(path).ok()).is_some_and(|real| real.starts_with(root))
    };
    !lies_in(Some(entry.path())) && lies_in(entry.path().parent())
}

/// What a walker's error says, to a person.
fn explain(error: &ignore::Error, root: &Path) -> Option<Missed> {
    match error {
        ignore::Error::Loop { ancestor, child } => Some(Missed {
            name: shown(child),
            message: format!("this symbolic link leads back to `{}` and is not followed", shown(ancestor)),
            named: false,
        }),
        ignore::Error::WithPath { path, err } => {
            let io = err.io_error();
            // A link to nowhere matters only where a file was to be read.
            let dangling = io.is_some_and(|io| io.kind() == std::io::ErrorKind::NotFound);
            if dangling && detect::by_name(&path.to_string_lossy()).is_none() {
                return None;
            }
            let why = io.map_or_else(|| err.to_string(), reason);
            let what = if path.is_dir() { "folder" } else { "path" };
            let message = format!("can't read this {what}: {why}");
            Some(Missed { name: shown(path), message, named: path == root })
        }
        ignore::Error::WithDepth { err, .. } => explain(err, root),
        // A pattern of an ignore file that can't be read hides nothing.
        ignore::Error::Partial(_) | ignore::Error::Glob { .. } | ignore::Error::WithLineNumber { .. } => None,
        other => Some(Missed {
            name: shown(root),
            message: format!("can't read this folder: {other}"),
            named: true,
        }),
    }
}

/// An I/O error's reason in a few words.
pub fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string().to_lowercase(),
    }
}

/// The name to show for a path: as given, `/` between parts, without a leading `./` and without what a terminal would
/// act on.
pub(super) fn shown(path: &Path) -> String {
    let name = visible(&path.to_string_lossy()).into_owned();
    let name = if std::path::MAIN_SEPARATOR == '\\' { name.replace('\\', "/") } else { name };
    let short = name.trim_start_matches("./").trim_start_matches('/');
    if name.starts_with('/') || short.is_empty() { name } else { short.to_owned() }
}

/// Leaves one of the files that are the same file under several names: a named one, or else the shortest
/// name. Terraform reads a linked file as part of each folder that links it.
fn drop_repeated(files: &mut Vec<Wanted>) {
    let mut order: Vec<&Wanted> = files.iter().collect();
    order.sort_by_key(|file| (!file.named, file.name.len(), &file.name));
    let mut seen = HashSet::new();
    let mut kept = HashSet::new();
    for file in order {
        let real = match (detect::by_name(&file.name), file.path.parent(), file.path.file_name()) {
            (Some(Kind::Terraform), Some(folder), Some(name)) => {
                // The parent of a bare name is the empty path.
                fs::canonicalize(Path::new(".").join(folder)).map(|folder| folder.join(name))
            }
            _ => fs::canonicalize(&file.path),
        };
        if seen.insert(real.unwrap_or_else(|_| file.path.clone())) {
            kept.insert(file.name.clone());
        }
    }
    files.retain(|file| kept.contains(&file.name));
}
