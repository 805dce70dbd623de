//! The static evaluator: what Terraform would resolve without a plan, and what stays unknown with the reason.
//!
//! Each root module is evaluated by itself, with the modules that it calls; a module that no root reaches is
//! evaluated alone. What stands in the files and looks like a statement, but is used by no policy, is found
//! afterwards. Reads files only through [`Loader`].

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
mod value;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rayon::prelude::*;

pub use machine::{Loader, NoFiles};

use super::module::{FileRole, Module, TerraformFile, directory_of, join_path, local_source};
use super::read;
use crate::source::Attachment;
use crate::source::parts::Parts;
use crate::text::{FileId, Files, Place, SourceFile};
use machine::Machine;

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
}

/// Evaluates Terraform files of any number of directories. Files that expressions name are read through the
/// loader and added to `files`.
pub fn evaluate(parsed: &[TerraformFile], files: &mut Files, loader: &dyn Loader) -> Parts {
    let mut known: Vec<TerraformFile> = Vec::new();
    read_called(parsed, &mut known, files, loader);
    let own: BTreeSet<String> = parsed.iter().map(|file| directory_of(&file.path)).collect();
    let parsed: Vec<&TerraformFile> = parsed.iter().chain(&known).collect();
    let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK).build();
    let parts = match &pool {
        Ok(pool) => pool.install(|| evaluate_parts(&parsed, &own, files, loader)),
        Err(_) => evaluate_parts(&parsed, &own, files, loader),
    };
    let mut all = Parts::default();
    let mut names: HashMap<String, FileId> = HashMap::new();
    let first = files.len();
    for part in parts {
        let ids: Vec<FileId> = part
            .loaded
            .into_iter()
            .map(|file| *names.entry(file.name.to_string()).or_insert_with(|| files.add(file)))
            .collect();
        let rename =
            |id: FileId| (id.0 as usize).checked_sub(first).and_then(|at| ids.get(at)).copied().unwrap_or(id);
        all.append(part.found.in_files(&rename));
    }
    all
}

/// Reads the modules that the given files call and that are not among them.
fn read_called(
    parsed: &[TerraformFile],
    known: &mut Vec<TerraformFile>,
    files: &mut Files,
    loader: &dyn Loader,
) {
    let mut directories: BTreeSet<String> = parsed.iter().map(|file| directory_of(&file.path)).collect();
    let mut pending = BTreeSet::new();
    for file in parsed {
        called_by(file, &mut pending);
    }
    while let Some(directory) = pending.pop_first() {
        if !directories.insert(directory.clone()) || known.len() > FOREIGN_FILES {
            continue;
        }
        for name in loader.list(&directory, false) {
            let path = join_path(&directory, &name);
            if !matches!(FileRole::of(&path), FileRole::Configuration | FileRole::Override) {
                continue;
            }
            let Ok(text) = loader.read(&path) else { continue };
            let file = files.add(SourceFile::new(path.as_str(), text.clone()));
            let read = if path.ends_with(".json") { read::json } else { read::native };
            let read = TerraformFile { path, file, body: read(file, &text).body };
            called_by(&read, &mut pending);
            known.push(read);
        }
    }
}

fn called_by(file: &TerraformFile, directories: &mut BTreeSet<String>) {
    let from = directory_of(&file.path);
    for block in file.body.blocks.iter().filter(|block| block.kind == "module") {
        directories.extend(local_source(&from, block));
    }
}

/// Whether a directory lies below another.
fn is_below(directory: &str, other: &str) -> bool {
    other.is_empty() && !directory.is_empty() && !directory.starts_with("..")
        || directory.strip_prefix(other).is_some_and(|rest| rest.starts_with('/'))
}

fn evaluate_parts(
    parsed: &[&TerraformFile],
    own: &BTreeSet<String>,
    files: &Files,
    loader: &dyn Loader,
) -> Vec<Part> {
    let mut directories: BTreeMap<String, Vec<&TerraformFile>> = BTreeMap::new();
    for &file in parsed {
        directories.entry(directory_of(&file.path)).or_default().push(file);
    }
    let modules: BTreeMap<String, Module> = directories
        .iter()
        .map(|(directory, files)| (directory.clone(), Module::new(directory, files)))
        .collect();
    // A module that only its own examples and tests call is a root as well.
    let called: BTreeSet<String> = modules
        .values()
        .flat_map(|module| {
            module.calls.values().filter_map(move |call| Some((module, module.local_source(call)?)))
        })
        .filter(|(caller, directory)| !is_below(&caller.directory, directory))
        .map(|(_, directory)| directory)
        .collect();
    let candidates: Vec<&Module> = modules
        .values()
        .filter(|module| module.is_configuration && own.contains(&module.directory))
        .collect();
    let roots: Vec<&&Module> =
        candidates.iter().filter(|module| !called.contains(&module.directory)).collect();
    let root = |module: &&&Module| evaluate_root(module, false, &modules, files, loader);
    let mut parts: Vec<Part> = roots.par_iter().map(root).collect();
    let mut reached: BTreeSet<String> = parts.iter().flat_map(|part| part.reached.iter().cloned()).collect();
    for module in candidates {
        if !reached.contains(&module.directory) {
            let part = evaluate_root(module, true, &modules, files, loader);
            reached.extend(part.reached.iter().cloned());
            parts.push(part);
        }
    }
    let used: BTreeSet<Place> = parts.iter().flat_map(|part| part.used.iter().copied()).collect();
    let directories: Vec<(&String, &Vec<&TerraformFile>)> =
        directories.iter().filter(|(directory, _)| own.contains(*directory)).collect();
    let rest: Vec<Part> = directories
        .par_iter()
        .filter_map(|(directory, parsed)| {
            let module = modules.get(*directory)?;
            let machine = Machine::new(&modules, files, loader);
            let found = candidates::find(&machine, module, parsed, &used);
            Some(Part { found, loaded: machine.reached().1, ..Part::default() })
        })
        .collect();
    parts.extend(rest);
    parts
}

fn evaluate_root(
    module: &Module,
    maybe: bool,
    modules: &BTreeMap<String, Module>,
    files: &Files,
    loader: &dyn Loader,
) -> Part {
    let machine = Machine::new(modules, files, loader);
    let (found, used) = resources::find(&machine, module, maybe);
    let (reached, loaded) = machine.reached();
    Part { found, used, reached, loaded }
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
