//! Hands the Terraform files of a run to the evaluator: reads their syntax, adds the files of the same
//! folders that named files need beside them, and gives it the disk to read from.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use crate::text::{FileId, Place, SourceFile};

use super::comments::{self, Comments};
use super::configuration::{Configuration, PolicySource};
use super::detect::{self, Kind};
use super::load;
use super::parts::{Parts, keep_policies};
use super::terraform::eval::{self, Loader};
use super::terraform::module::{TerraformFile, directory_of, join_path};
use super::terraform::read;

/// Files that a folder may have for `fileset` and the like.
const MAX_LISTED: usize = 20_000;

/// A Terraform file to evaluate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    /// Its text.
    pub(super) id: FileId,
    /// Whether the user named it; a walk met it otherwise.
    pub(super) named: bool,
    /// Whether it was looked through, and nothing of interest begins in it.
    pub(super) quiet: bool,
}

/// Evaluates the Terraform files into the configuration. `idle` are the folders that were looked through and found to
/// hold and call nothing of interest.
pub(super) fn evaluate(
    configuration: &mut Configuration,
    asked: &[Asked],
    mut idle: HashSet<String>,
    overlay: &BTreeMap<String, String>,
) {
    if asked.is_empty() {
        return;
    }
    for file in asked {
        idle.remove(&directory_of(configuration.files.name(file.id)));
    }
    let disk = Disk { overlay, idle };
    let neighbours = neighbours(configuration, asked, &disk);
    let neighbour = |&id| Asked { id, named: false, quiet: false };
    let all: Vec<Asked> = asked.iter().copied().chain(neighbours.iter().map(neighbour)).collect();
    let files = &configuration.files;
    let read: Vec<(TerraformFile, Parts)> =
        all.par_iter().filter_map(|file| Some(read_one(file, files.get(file.id)?))).collect();
    let foreign: HashSet<FileId> = neighbours.into_iter().collect();
    let mut parsed = Vec::new();
    for (file, parts) in read {
        if !foreign.contains(&file.file) {
            configuration.absorb(parts);
        }
        parsed.push(file);
    }
    let mut parts = eval::evaluate(&parsed, &mut configuration.files, &disk);
    for file in parsed.iter().filter(|file| !foreign.contains(&file.file)) {
        let late = file.body.blocks.iter().flat_map(|block| block.body.problems());
        parts.problems.extend(late.cloned());
    }
    // The trees of a large tree of folders take a while to go.
    parsed.into_par_iter().for_each(drop);
    if !foreign.is_empty() {
        parts.leave_out(&foreign);
    }
    configuration.absorb(parts);
}

/// Reads one file: its tree for the evaluator, and the problems and comments of the file.
fn read_one(asked: &Asked, file: &SourceFile) -> (TerraformFile, Parts) {
    let id = asked.id;
    let name = file.name.to_ascii_lowercase();
    let read = if name.ends_with(".tfvars.json") {
        read::json_values(id, &file.text)
    } else if name.ends_with(".json") {
        read::json(id, &file.text)
    } else if asked.quiet {
        read::outline(id, &file.text)
    } else {
        read::shared(id, &file.text)
    };
    let told = detect::by_name(&file.name) == Some(Kind::Terraform);
    let path = if detect::is_terragrunt(&file.name) {
        // Its locals are its own, and not those of a module in the same folder.
        format!("{}/main.tf", file.name)
    } else if told {
        file.name.to_string()
    } else {
        format!("{}.tf", file.name)
    };
    let mut comments: Vec<Place> = read.comments.into_iter().map(|comment| comment.place).collect();
    if name.ends_with(".json") {
        comments.extend(comments::collect(id, &file.text, Comments::JsonKey));
    }
    let parts = Parts { problems: read.problems, comments, ..Parts::default() };
    (TerraformFile { path, file: id, body: read.body, quiet: asked.quiet }, parts)
}

/// Adds the Terraform files that stand beside those named by the user: without them locals and variables
/// would seem to be missing.
fn neighbours(configuration: &mut Configuration, asked: &[Asked], disk: &Disk<'_>) -> Vec<FileId> {
    let files = &configuration.files;
    let known: HashSet<String> = asked.iter().map(|file| files.name(file.id).to_owned()).collect();
    let named = asked.iter().filter(|file| file.named).map(|file| files.name(file.id));
    let folders: BTreeSet<String> = named
        .filter(|name| Path::new(name).is_file() && detect::by_name(name) == Some(Kind::Terraform))
        .map(directory_of)
        .collect();
    let mut added = Vec::new();
    for folder in folders {
        for name in disk.files(&folder, false) {
            let path = join_path(&folder, &name);
            if detect::by_name(&name) == Some(Kind::Terraform)
                && !known.contains(&path)
                && let Ok(text) = disk.read(&path)
            {
                added.push(configuration.files.add(SourceFile::new(path, text)));
            }
        }
    }
    added
}

/// The disk as the evaluator sees it.
struct Disk<'a> {
    overlay: &'a BTreeMap<String, String>,
    idle: HashSet<String>,
}

impl Disk<'_> {
    /// The files in a folder, and in all below it when `deep`, relative to it and sorted.
    fn files(&self, directory: &str, deep: bool) -> Vec<String> {
        let root = Path::new(if directory.is_empty() { "." } else { directory });
        let mut found = Vec::new();
        let mut pending = vec![String::new()];
        while let Some(below) = pending.pop() {
            let Ok(entries) = fs::read_dir(root.join(&below)) else { continue };
            for entry in entries.flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                let path = if below.is_empty() { name } else { format!("{below}/{name}") };
                match entry.file_type() {
                    // A link may lead back up.
                    Ok(kind) if kind.is_dir() && deep => pending.push(path),
                    Ok(kind) if kind.is_file() || kind.is_symlink() => found.push(path),
                    _ => {}
                }
            }
            if found.len() > MAX_LISTED {
                break;
            }
        }
        found.sort();
        found
    }
}

impl Loader for Disk<'_> {
    fn read(&self, path: &str) -> Result<Arc<str>, String> {
        if let Some(text) = self.overlay.get(path) {
            return Ok(text.as_str().into());
        }
        // A pipe would block, a device never end.
        if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
            return Err(format!("`{path}` is not a file"));
        }
        load::text(Path::new(path)).map_err(|trouble| format!("`{path}`: {}", trouble.message))
    }

    fn list(&self, directory: &str, deep: bool) -> Vec<String> {
        self.files(directory, deep)
    }

    fn is_idle(&self, directory: &str) -> bool {
        self.idle.contains(directory)
    }
}

impl Parts {
    /// Drops what stands in these files, which were read only for the others' sake.
    fn leave_out(&mut self, foreign: &HashSet<FileId>) {
        let own = |place: &Place| !foreign.contains(&place.file);
        self.statements.retain(|statement| own(&statement.place));
        self.matching_rules.retain(|rule| own(&rule.place));
        self.unresolved.retain(|unresolved| own(&unresolved.place));
        let used: HashSet<usize> = self.statements.iter().filter_map(|statement| statement.policy).collect();
        let kept = |index: usize, policy: &PolicySource| used.contains(&index) || own(&policy.place);
        keep_policies(&mut self.policies, &mut self.statements, kept);
    }
}
