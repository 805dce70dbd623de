//! The files of one directory as Terraform sees them: one module, with override files merged and the root's
//! variable files by precedence. Evaluates nothing.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use super::syntax::{Attribute, Block, Body, Expr, ExprKind, TemplatePart};
use crate::text::FileId;

/// One file, read.
#[derive(Clone, Debug)]
pub struct TerraformFile {
    /// Its path, `/` between parts, as the other files' paths are given.
    pub path: String,
    /// Its text.
    pub file: FileId,
    /// What stands in it.
    pub body: Body,
    /// Whether no string in it begins as a statement or a matching rule; it may be unknown.
    pub quiet: bool,
}

/// What a file is for, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileRole {
    /// `.tf`, `.tofu`, `.tf.json`
    Configuration,
    /// `override.tf`, `*_override.tf`
    Override,
    /// `terraform.tfvars`, `*.auto.tfvars`: read without being asked for.
    AutomaticValues,
    /// Another `.tfvars`: read only with `-var-file`.
    Values,
    /// `.tftest.hcl`
    Test,
    /// Something else.
    Other,
}

impl FileRole {
    /// What a file of this path is for.
    pub fn of(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let name = name.strip_suffix(".json").unwrap_or(name);
        if name.ends_with(".tftest.hcl") || name.ends_with(".tofutest.hcl") || name.ends_with(".tftest") {
            return FileRole::Test;
        }
        if let Some(stem) = name.strip_suffix(".tfvars") {
            let automatic = stem == "terraform" || stem.ends_with(".auto");
            return if automatic { FileRole::AutomaticValues } else { FileRole::Values };
        }
        match name.strip_suffix(".tf").or_else(|| name.strip_suffix(".tofu")) {
            Some(stem) if stem == "override" || stem.ends_with("_override") => FileRole::Override,
            Some(_) => FileRole::Configuration,
            None => FileRole::Other,
        }
    }
}

/// A resource or data block.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Whether it is a data source.
    pub data: bool,
    /// The block.
    pub block: Arc<Block>,
}

impl Resource {
    /// `oci_identity_policy`
    pub fn kind(&self) -> &str {
        self.block.labels.first().map_or("", String::as_str)
    }

    /// The name within its kind.
    pub fn name(&self) -> &str {
        self.block.labels.get(1).map_or("", String::as_str)
    }

    fn key(&self) -> (bool, &str, &str) {
        (self.data, self.kind(), self.name())
    }
}

/// The content of one directory.
#[derive(Clone, Debug, Default)]
pub struct Module {
    /// The directory, normalised; empty for the current one.
    pub directory: String,
    /// Variables by name.
    pub variables: BTreeMap<String, Arc<Block>>,
    locals: Vec<Arc<Block>>,
    /// The locals by name once a reference asks: the number of their block, and theirs in it.
    by_local_name: OnceLock<HashMap<String, (usize, usize)>>,
    /// Resources and data sources, in the order of files and text.
    pub resources: Vec<Resource>,
    /// Their numbers, sorted by kind and name, once a reference asks.
    by_name: OnceLock<Vec<usize>>,
    /// Module calls by name.
    pub calls: BTreeMap<String, Arc<Block>>,
    /// The configurations of the `oci` provider.
    pub providers: Vec<Arc<Block>>,
    /// Outputs by name.
    pub outputs: BTreeMap<String, Arc<Block>>,
    /// Values of the automatic variable files, later files over earlier ones.
    pub values: BTreeMap<String, Expr>,
    /// Whether there is any configuration, not only variable files or tests.
    pub is_configuration: bool,
}

impl Module {
    /// The module of these files, which are all of one directory.
    pub fn new(directory: &str, files: &[&TerraformFile]) -> Self {
        let mut module = Module { directory: directory.to_owned(), ..Module::default() };
        let mut ordered: Vec<&&TerraformFile> = files.iter().collect();
        ordered.sort_by_key(|file| file.path.as_str());
        for file in ordered.iter().filter(|file| FileRole::of(&file.path) == FileRole::Configuration) {
            module.is_configuration = true;
            file.body.blocks.iter().for_each(|block| module.add(block));
        }
        for file in ordered.iter().filter(|file| FileRole::of(&file.path) == FileRole::Override) {
            module.is_configuration = true;
            file.body.blocks.iter().for_each(|block| module.overridden_by(block));
        }
        let mut values: Vec<_> =
            ordered.iter().filter(|file| FileRole::of(&file.path) == FileRole::AutomaticValues).collect();
        values.sort_by_key(|file| value_rank(&file.path));
        for file in values {
            for attribute in &file.body.attributes {
                module.values.insert(attribute.name.clone(), attribute.value.clone());
            }
        }
        module
    }

    fn add(&mut self, block: &Arc<Block>) {
        let label = |at: usize| block.labels.get(at).cloned().unwrap_or_default();
        match block.kind.as_str() {
            "variable" => drop(self.variables.insert(label(0), block.clone())),
            "provider" if label(0) == "oci" => self.providers.push(Arc::clone(block)),
            "output" => drop(self.outputs.insert(label(0), block.clone())),
            "module" => drop(self.calls.insert(label(0), block.clone())),
            "locals" => self.locals.push(Arc::clone(block)),
            "resource" | "data" | "ephemeral" => {
                self.resources.push(Resource { data: block.kind != "resource", block: block.clone() });
            }
            // A check block may hold one data source of its own; nothing outside can refer to it.
            _ => {}
        }
    }

    fn overridden_by(&mut self, block: &Arc<Block>) {
        let label = |at: usize| block.labels.get(at).map_or("", String::as_str);
        let known = match block.kind.as_str() {
            "variable" => self.variables.get_mut(label(0)),
            "output" => self.outputs.get_mut(label(0)),
            "module" => self.calls.get_mut(label(0)),
            "resource" | "data" => {
                let data = block.kind == "data";
                self.resources
                    .iter_mut()
                    .find(|known| known.key() == (data, label(0), label(1)))
                    .map(|known| &mut known.block)
            }
            _ => None,
        };
        match known {
            Some(known) => {
                let mut body = Body::clone(&known.body);
                merge(&mut body, &block.body);
                Arc::make_mut(known).body = body.into();
            }
            None => self.add(block),
        }
    }

    /// The local of this name.
    pub fn local(&self, name: &str) -> Option<&Attribute> {
        let names = self.by_local_name.get_or_init(|| {
            let numbered = |(number, block): (usize, &Arc<Block>)| {
                let names = block.body.attributes.iter().map(|attribute| attribute.name.clone());
                names.enumerate().map(move |(at, name)| (name, (number, at))).collect::<Vec<_>>()
            };
            self.locals.iter().enumerate().flat_map(numbered).collect()
        });
        let &(block, at) = names.get(name)?;
        self.locals.get(block)?.body.attributes.get(at)
    }

    /// The resource or data source of this name and its number.
    pub fn resource(&self, data: bool, kind: &str, name: &str) -> Option<(usize, &Resource)> {
        let resource = |number: usize| Some((number, self.resources.get(number)?));
        let key = |number: usize| resource(number).map(|(_, resource)| resource.key());
        let sorted = self.by_name.get_or_init(|| {
            let mut numbers: Vec<usize> = (0..self.resources.len()).collect();
            // Of two that are called the same the first counts.
            numbers.sort_by_key(|&number| key(number));
            numbers
        });
        let wanted = Some((data, kind, name));
        let first = sorted.get(sorted.partition_point(|&number| key(number) < wanted))?;
        resource(*first).filter(|(_, resource)| Some(resource.key()) == wanted)
    }

    /// The directory that a call's source names, when it is a local one.
    pub fn local_source(&self, call: &Block) -> Option<String> {
        local_source(&self.directory, call)
    }
}

/// The directory that the source of a call in `directory` names, when it is a local one.
pub fn local_source(directory: &str, call: &Block) -> Option<String> {
    if !call.body.may_hold(&["\"./", "\"../", "\".\"", "\"..\""]) {
        return None;
    }
    let source = literal(&call.body.attribute("source")?.value)?;
    let local = source == "." || source == ".." || source.starts_with("./") || source.starts_with("../");
    local.then(|| join_path(directory, &source))
}

/// The order in which the root's variable files are read: a later one wins.
fn value_rank(path: &str) -> (u8, &str) {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name {
        "terraform.tfvars" => (0, name),
        "terraform.tfvars.json" => (1, name),
        _ => (2, name),
    }
}

/// An override block's attributes replace those of the same name, its nested blocks those of the same kind.
fn merge(body: &mut Body, over: &Body) {
    for attribute in &over.attributes {
        body.attributes.retain(|known| known.name != attribute.name);
        body.attributes.push(attribute.clone());
    }
    body.blocks.retain(|known| !over.blocks.iter().any(|block| block.kind == known.kind));
    body.blocks.extend(over.blocks.iter().cloned());
}

/// The directory part of a path; empty for a bare name.
pub fn directory_of(path: &str) -> String {
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    let parts = parent.strip_prefix('/').unwrap_or(parent).split('/');
    if parts.into_iter().all(|part| !matches!(part, "" | "." | "..")) {
        return parent.to_owned();
    }
    join_path(if path.starts_with('/') { "/" } else { "" }, parent)
}

/// `path` seen from `base`, without `.` and inner `..`.
pub fn join_path(base: &str, path: &str) -> String {
    let rooted = base.starts_with('/') || path.starts_with('/');
    let base = if path.starts_with('/') { "" } else { base };
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    format!("{}{}", if rooted { "/" } else { "" }, parts.join("/"))
}

/// The text of a string without interpolation.
pub fn literal(expr: &Expr) -> Option<String> {
    let ExprKind::Template(parts) = &expr.kind else { return None };
    let mut text = String::new();
    for part in parts {
        let TemplatePart::Literal(piece) = part else { return None };
        text.push_str(piece.as_str());
    }
    Some(text)
}

impl Body {
    /// The attribute of this name; the last one where it is repeated.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().rev().find(|attribute| attribute.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_without_dots() {
        assert_eq!(join_path("a/b", "../c/./d"), "a/c/d");
        assert_eq!(join_path("a", "../../c"), "../c");
        assert_eq!(join_path("", "./c"), "c");
        assert_eq!(join_path("/x", "../.."), "/");
        assert_eq!(directory_of("/a/b.tf"), "/a");
        assert_eq!(directory_of("b.tf"), "");
        assert_eq!(directory_of("./m/b.tf"), "m");
    }

    #[test]
    fn the_name_of_a_file_tells_its_role() {
        assert_eq!(FileRole::of("a/x.tf.json"), FileRole::Configuration);
        assert_eq!(FileRole::of("a/x_override.tf"), FileRole::Override);
        assert_eq!(FileRole::of("a/x.auto.tfvars.json"), FileRole::AutomaticValues);
        assert_eq!(FileRole::of("a/prod.tfvars"), FileRole::Values);
        assert_eq!(FileRole::of("a/x.tftest.hcl"), FileRole::Test);
        assert_eq!(FileRole::of("a/x.tftest.json"), FileRole::Test);
    }
}
