//! The static evaluator: what Terraform would resolve without a plan, and what stays unknown with the reason.
//!
//! Each root module is evaluated by itself, with the modules that it calls; a module that no root reaches is
//! evaluated alone. What stands in the files and looks like a statement, but is used by no policy, is found
//! afterwards. Reads files only through [`Loader`]. A module of which the loader says that it is idle is read
//! when something asks for an output of it.

mod access;
mod candidates;
mod convert;
mod expr;
mod functions;
mod guard;
mod instances;
mod iterate;
mod machine;
mod resources;
mod template;
mod unify;
mod value;
mod variants;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

use rayon::prelude::*;

pub use machine::{Loader, NoFiles};
pub use resources::is_of_interest;

use super::module::{FileRole, Module, TerraformFile, directory_of, join_path};
use super::read;
use crate::source::Attachment;
use crate::source::parts::Parts;
use crate::text::{FileId, Files, Place, SourceFile};
use machine::{Machine, Modules};

/// Deep expressions need more stack than a thread has by default.
const STACK: usize = 64 << 20;
/// Files of modules outside the given directories that are read for their callers' sake.
const FOREIGN_FILES: usize = 2_000;

/// What one root or one directory gives, with the files read on the way: they count from the end of the
/// files known before.
#[derive(Default)]
struct Part {
    found: Parts,
    used: BTreeSet<Place>,
    reached: BTreeSet<String>,
    loaded: Vec<SourceFile>,
    /// Idle modules that an output was asked of and that are not read yet.
    wanted: BTreeSet<String>,
}

/// Evaluates Terraform files of any number of directories. Files that expressions name are read through the
/// loader and added to `files`.
pub fn evaluate(parsed: &[TerraformFile], files: &mut Files, loader: &dyn Loader) -> Parts {
    let mut directories: BTreeMap<String, Vec<&TerraformFile>> = BTreeMap::new();
    for file in parsed {
        directories.entry(directory_of(&file.path)).or_default().push(file);
    }
    let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK).build();
    let mut run = Run { files, loader, modules: Modules::default(), foreign: 0, names: HashMap::new() };
    let mut all = || run.evaluate(&directories);
    match &pool {
        Ok(pool) => pool.install(all),
        Err(_) => all(),
    }
}

/// One evaluation of everything, in rounds: what asks for the output of a module that is not read yet is evaluated
/// again once that is read.
struct Run<'r> {
    files: &'r mut Files,
    loader: &'r dyn Loader,
    modules: Modules,
    /// How many files were read for their callers' sake.
    foreign: usize,
    /// The files that expressions name, by name.
    names: HashMap<String, FileId>,
}

impl Run<'_> {
    fn evaluate(&mut self, directories: &BTreeMap<String, Vec<&TerraformFile>>) -> Parts {
        let known: Vec<(String, Module)> =
            directories.par_iter().map(|(name, files)| (name.clone(), Module::new(name, files))).collect();
        self.modules.known.extend(known);
        let called =
            |module: &Module| called_by(module).filter(|called| !self.loader.is_idle(called)).collect();
        let called: Vec<BTreeSet<String>> = self.modules.known.values().map(called).collect();
        self.read(called.into_iter().flatten().collect());
        // A module that only its own examples and tests call is a root as well.
        let modules = self.modules.known.values();
        let called: BTreeSet<String> = modules
            .flat_map(|caller| called_by(caller).filter(|called| !is_below(&caller.directory, called)))
            .collect();
        let candidates: Vec<&String> = directories
            .keys()
            .filter(|directory| {
                self.modules.known.get(*directory).is_some_and(|module| module.is_configuration)
            })
            .collect();
        let roots: Vec<&String> =
            candidates.iter().copied().filter(|directory| !called.contains(*directory)).collect();
        let mut parts = self.rounds(&roots, |machine, directory| resources::find(machine, directory, false));
        let mut reached: BTreeSet<String> =
            parts.iter().flat_map(|part| part.reached.iter().cloned()).collect();
        for directory in candidates {
            if !reached.contains(directory) {
                let part =
                    self.rounds(&[directory], |machine, directory| resources::find(machine, directory, true));
                reached.extend(part.iter().flat_map(|part| part.reached.iter().cloned()));
                parts.extend(part);
            }
        }
        let used: BTreeSet<Place> = parts.iter().flat_map(|part| part.used.iter().copied()).collect();
        let own: Vec<&String> = directories.keys().collect();
        parts.extend(self.rounds(&own, |machine, directory| {
            let files = directories.get(directory).map_or(&[][..], Vec::as_slice);
            (candidates::find(machine, directory, files, &used), BTreeSet::new())
        }));
        let mut all = Parts::default();
        for part in parts {
            all.append(part.found);
        }
        all
    }

    /// Evaluates each of these directories, in parallel; again where it wants modules that have to be read first.
    fn rounds(
        &mut self,
        directories: &[&String],
        find: impl Fn(&Machine, &str) -> (Parts, BTreeSet<Place>) + Sync,
    ) -> Vec<Part> {
        let mut done: Vec<Option<Part>> = directories.iter().map(|_| None).collect();
        let mut open: Vec<(usize, &String)> = directories.iter().copied().enumerate().collect();
        while !open.is_empty() {
            let names = OnceLock::new();
            let round: Vec<Part> = open
                .par_iter()
                .map(|(_, directory)| {
                    let machine = Machine::new(&self.modules, self.files, &names, self.loader);
                    let (found, used) = find(&machine, directory);
                    machine.finish(found, used)
                })
                .collect();
            let first = self.files.len();
            let mut again = Vec::new();
            let mut wanted = BTreeSet::new();
            for ((at, directory), part) in open.into_iter().zip(round) {
                if part.wanted.is_empty() {
                    let part = self.settle(part, first);
                    if let Some(slot) = done.get_mut(at) {
                        *slot = Some(part);
                    }
                } else {
                    wanted.extend(part.wanted);
                    again.push((at, directory));
                }
            }
            self.read(wanted);
            open = again;
        }
        done.into_iter().flatten().collect()
    }

    /// Gives the files that a part has read their place among all, those before `first` having theirs.
    fn settle(&mut self, mut part: Part, first: usize) -> Part {
        let mut ids = Vec::new();
        for file in std::mem::take(&mut part.loaded) {
            let name = file.name.to_string();
            ids.push(*self.names.entry(name).or_insert_with(|| self.files.add(file)));
        }
        if !ids.is_empty() {
            let rename = |id: FileId| {
                (id.0 as usize).checked_sub(first).and_then(|at| ids.get(at)).copied().unwrap_or(id)
            };
            part.found = part.found.in_files(&rename);
            part.used =
                part.used.into_iter().map(|place| Place { file: rename(place.file), ..place }).collect();
        }
        part
    }

    /// Reads modules, and all that they call but the idle ones.
    fn read(&mut self, mut pending: BTreeSet<String>) {
        while let Some(directory) = pending.pop_first() {
            if self.modules.known.contains_key(&directory) || !self.modules.tried.insert(directory.clone()) {
                continue;
            }
            let mut read = Vec::new();
            for name in self.loader.list(&directory, false) {
                let path = join_path(&directory, &name);
                let role = FileRole::of(&path);
                if !matches!(role, FileRole::Configuration | FileRole::Override)
                    || self.foreign > FOREIGN_FILES
                {
                    continue;
                }
                let Ok(text) = self.loader.read(&path) else { continue };
                self.foreign += 1;
                let file = self.files.add(SourceFile::new(path.as_str(), text.clone()));
                let json = path.ends_with(".json");
                let body = if json { read::json(file, &text) } else { read::outline(file, &text) }.body;
                read.push(TerraformFile { path, file, body, quiet: false });
            }
            if !read.is_empty() {
                let module = Module::new(&directory, &read.iter().collect::<Vec<_>>());
                pending.extend(called_by(&module).filter(|called| !self.loader.is_idle(called)));
                self.modules.known.insert(directory, module);
            }
        }
    }
}

/// The directories of the local modules that a module calls.
fn called_by(module: &Module) -> impl Iterator<Item = String> {
    module.calls.values().filter_map(|call| module.local_source(call))
}

/// Whether a directory lies below another.
fn is_below(directory: &str, other: &str) -> bool {
    other.is_empty() && !directory.is_empty() && !directory.starts_with("..")
        || directory.strip_prefix(other).is_some_and(|rest| rest.starts_with('/'))
}

impl Parts {
    /// The same in the files that `rename` gives.
    fn in_files(mut self, rename: &dyn Fn(FileId) -> FileId) -> Self {
        let place = |place: &mut Place| place.file = rename(place.file);
        for statement in &mut self.statements {
            statement.text = std::mem::take(&mut statement.text).in_files(rename);
            place(&mut statement.place);
        }
        for rule in &mut self.matching_rules {
            rule.text = std::mem::take(&mut rule.text).in_files(rename);
            rule.name = rule.name.take().map(|name| name.in_files(rename));
            place(&mut rule.place);
        }
        for policy in &mut self.policies {
            policy.name = policy.name.take().map(|name| name.in_files(rename));
        }
        for declared in &mut self.declared {
            declared.name = declared.name.take().map(|name| name.in_files(rename));
        }
        for unresolved in &mut self.unresolved {
            place(&mut unresolved.place);
        }
        self
    }
}

/// Where a policy or compartment hangs, from the value of its `compartment_id`.
fn attachment(value: &value::Value) -> Attachment {
    use crate::text::HoleKind;
    match value {
        value::Value::Text(text) if text.is_known() && text.as_str().starts_with("ocid1.tenancy.") => {
            Attachment::Root
        }
        value::Value::Text(text) if text.is_known() && text.as_str().starts_with("ocid1.") => {
            Attachment::Ocid(text.as_str().into())
        }
        value::Value::Unknown(unknown) => match (&unknown.address, unknown.kind) {
            (_, HoleKind::Ocid("tenancy")) => Attachment::Root,
            (Some(address), _)
                if address.contains("oci_identity_compartment.") && !address.contains("data.") =>
            {
                Attachment::Declared(address.clone())
            }
            _ => Attachment::Unknown,
        },
        _ => Attachment::Unknown,
    }
}
