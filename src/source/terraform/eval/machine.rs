//! The state of one evaluation: module instances, what was evaluated already, the bounds.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use regex::Regex;

use super::Part;
use super::guard::Guard;
use super::value::{Eval, Fail, InstanceKey, Unknown, Value};
use crate::source::parts::Parts;
use crate::source::terraform::module::Module;
use crate::source::terraform::syntax::{Block, Expr};
use crate::text::{FileId, Files, HoleKind, Place, SourceFile};

/// Expressions evaluated in one tree of modules before the evaluator gives up.
const STEPS: u64 = 1_000_000;
/// Expressions inside expressions, references followed included.
const DEPTH: u32 = 400;
/// Module calls inside module calls.
const MODULE_DEPTH: usize = 24;
/// Module instances in one tree.
const INSTANCES: usize = 2_000;
/// Bytes of one text.
pub const TEXT_LIMIT: usize = 1 << 20;
/// Elements of one collection.
pub const ITEM_LIMIT: usize = 20_000;

/// Reads files that expressions name.
pub trait Loader: Sync {
    /// The text of a file; `path` is given as the configuration's own paths are. The error is for a person.
    fn read(&self, path: &str) -> Result<Arc<str>, String>;
    /// Paths of the files in a directory, and in all below it when `deep`, relative to it; empty when there is no
    /// such directory.
    fn list(&self, directory: &str, deep: bool) -> Vec<String>;
    /// Whether a directory is known to declare nothing of interest and to call no module that does: only its outputs
    /// can matter.
    fn is_idle(&self, directory: &str) -> bool {
        let _ = directory;
        false
    }
}

/// The modules of a run by directory.
#[derive(Default)]
pub struct Modules {
    pub known: BTreeMap<String, Module>,
    /// The directories that were read, or not found, for their callers' sake.
    pub tried: BTreeSet<String>,
}

/// Reads nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl Loader for NoFiles {
    fn read(&self, _: &str) -> Result<Arc<str>, String> {
        Err("files are not read here".into())
    }

    fn list(&self, _: &str, _: bool) -> Vec<String> {
        Vec::new()
    }
}

/// A module as called from one place, for one `each` or `count`.
pub struct Instance<'a> {
    pub module: &'a Module,
    /// `module.iam["x"].` or nothing for a root.
    pub prefix: String,
    /// The directory of the root that it belongs to.
    pub root: &'a str,
    /// The call and the scope that its arguments are evaluated in.
    pub call: Option<(&'a Block, Scope)>,
    /// When the instance exists.
    pub guard: Guard,
    /// Whether the number of its instances is not known.
    pub maybe: bool,
    depth: usize,
}

/// What names mean where an expression stands.
#[derive(Clone)]
pub struct Scope {
    pub instance: usize,
    pub key: InstanceKey,
    bindings: Option<Rc<Binding>>,
}

struct Binding {
    name: String,
    value: Value,
    next: Option<Rc<Binding>>,
}

impl Scope {
    /// The scope of a module instance, outside any block with `count` or `for_each`.
    pub fn new(instance: usize) -> Self {
        Self { instance, key: InstanceKey::Single, bindings: None }
    }

    /// The scope inside one instance of a block.
    pub fn inside(instance: usize, key: InstanceKey) -> Self {
        Self { instance, key, bindings: None }
    }

    /// The same with one more name.
    pub fn with(&self, name: &str, value: Value) -> Self {
        let binding = Binding { name: name.to_owned(), value, next: self.bindings.clone() };
        Self { bindings: Some(Rc::new(binding)), ..self.clone() }
    }

    /// What an iterator or template variable of this name stands for.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let mut next = self.bindings.as_deref();
        while let Some(binding) = next {
            if binding.name == name {
                return Some(&binding.value);
            }
            next = binding.next.as_deref();
        }
        None
    }
}

/// What is evaluated once for each module instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key<'a> {
    Variable(usize, &'a str),
    Local(usize, &'a str),
    Output(usize, &'a str),
    Resource(usize, usize),
    Call(usize, &'a str),
}

/// One evaluation of one tree of modules.
pub struct Machine<'a> {
    pub modules: &'a Modules,
    pub loader: &'a dyn Loader,
    files: &'a Files,
    /// The files by name, made when the first machine asks for one.
    names: &'a OnceLock<HashMap<&'a str, FileId>>,
    loaded: RefCell<Vec<SourceFile>>,
    /// Those read here by name.
    ids: RefCell<HashMap<String, FileId>>,
    /// The patterns that expressions name; `None` for one that can't be read.
    patterns: RefCell<HashMap<String, Option<Regex>>>,
    instances: RefCell<Vec<Rc<Instance<'a>>>>,
    memo: RefCell<HashMap<Key<'a>, Option<Value>>>,
    conditions: RefCell<HashMap<String, u32>>,
    reached: RefCell<BTreeSet<String>>,
    wanted: RefCell<BTreeSet<String>>,
    strict: Cell<u32>,
    steps: Cell<u64>,
    depth: Cell<u32>,
}

impl<'a> Machine<'a> {
    pub fn new(
        modules: &'a Modules,
        files: &'a Files,
        names: &'a OnceLock<HashMap<&'a str, FileId>>,
        loader: &'a dyn Loader,
    ) -> Self {
        Self {
            modules,
            loader,
            files,
            names,
            loaded: RefCell::default(),
            ids: RefCell::default(),
            patterns: RefCell::default(),
            instances: RefCell::default(),
            memo: RefCell::default(),
            conditions: RefCell::default(),
            reached: RefCell::default(),
            wanted: RefCell::default(),
            strict: Cell::default(),
            steps: Cell::default(),
            depth: Cell::default(),
        }
    }

    /// The instance of a module that nothing calls; `maybe` when something may call it after all.
    pub fn root(&self, module: &'a Module, maybe: bool) -> usize {
        self.add(Instance {
            module,
            prefix: String::new(),
            root: &module.directory,
            call: None,
            guard: Guard::always(),
            maybe,
            depth: 0,
        })
    }

    /// The instance of a module called from `caller`.
    pub fn called(
        &self,
        caller: &Instance<'a>,
        (block, scope): (&'a Block, Scope),
        module: &'a Module,
        (guard, maybe): (Guard, bool),
    ) -> Eval<usize> {
        let name = block.labels.first().map_or("", String::as_str);
        let depth = caller.depth + 1;
        if depth > MODULE_DEPTH {
            return Err(Fail::bound(format!("modules call each other more than {MODULE_DEPTH} deep")));
        }
        if self.instances.borrow().len() >= INSTANCES {
            return Err(Fail::bound(format!("there are more than {INSTANCES} module instances")));
        }
        let prefix = format!("{}module.{name}{}.", caller.prefix, scope.key.suffix());
        let maybe = maybe || caller.maybe;
        let guard = caller.guard.and(&guard).unwrap_or_default();
        let root = caller.root;
        Ok(self.add(Instance { module, prefix, root, call: Some((block, scope)), guard, maybe, depth }))
    }

    fn add(&self, instance: Instance<'a>) -> usize {
        self.reached.borrow_mut().insert(instance.module.directory.clone());
        let mut instances = self.instances.borrow_mut();
        instances.push(Rc::new(instance));
        instances.len() - 1
    }

    /// The instance of this number.
    pub fn instance(&self, index: usize) -> Eval<Rc<Instance<'a>>> {
        self.instances.borrow().get(index).cloned().ok_or_else(|| Fail::new("no such module instance"))
    }

    /// Whether an instance or one that it is called from, however far up, is of this directory.
    pub fn is_within(&self, index: usize, directory: &str) -> bool {
        let mut next = self.instance(index).ok();
        while let Some(instance) = next {
            if instance.module.directory == directory {
                return true;
            }
            next = instance.call.as_ref().and_then(|(_, scope)| self.instance(scope.instance).ok());
        }
        false
    }

    /// How many instances there are by now.
    pub fn instance_count(&self) -> usize {
        self.instances.borrow().len()
    }

    /// The module of a directory; one that is not read yet is noted as wanted.
    pub fn module(&self, directory: &str) -> Option<&'a Module> {
        let module = self.modules.known.get(directory);
        if module.is_none() && self.loader.is_idle(directory) && !self.modules.tried.contains(directory) {
            self.wanted.borrow_mut().insert(directory.to_owned());
        }
        module
    }

    /// What was found with what it took.
    pub fn finish(self, found: Parts, used: BTreeSet<Place>) -> Part {
        let (reached, wanted) = (self.reached.into_inner(), self.wanted.into_inner());
        Part { found, used, reached, loaded: self.loaded.into_inner(), wanted }
    }

    /// Evaluates once, and finds references that lead back to themselves. An error becomes an unknown value.
    pub fn once(
        &self,
        key: Key<'a>,
        what: fmt::Arguments<'_>,
        place: Place,
        evaluate: impl FnOnce() -> Eval,
    ) -> Value {
        let known = self.memo.borrow().get(&key).cloned();
        match known {
            Some(Some(value)) => return value,
            Some(None) => {
                return Value::unknown(format!("{what} refers to itself"), HoleKind::Any, place);
            }
            None => {}
        }
        self.memo.borrow_mut().insert(key, None);
        let strict = self.strict.replace(0);
        let value = evaluate().unwrap_or_else(|fail| failed(&fail, place));
        self.strict.set(strict);
        self.memo.borrow_mut().insert(key, Some(value.clone()));
        value
    }

    /// Counts one step down; the guard it gives counts it up again.
    pub fn step(&self) -> Eval<Level<'_>> {
        let (steps, depth) = (self.steps.get() + 1, self.depth.get() + 1);
        self.steps.set(steps);
        if steps > STEPS {
            return Err(Fail::bound("evaluating this takes too many steps"));
        }
        if depth > DEPTH {
            return Err(Fail::bound(format!("expressions and references are nested more than {DEPTH} deep")));
        }
        self.depth.set(depth);
        Ok(Level(&self.depth))
    }

    /// Runs with errors kept as errors, as `try` and `can` need them.
    pub fn strictly<T>(&self, run: impl FnOnce() -> Eval<T>) -> Eval<T> {
        self.strict.set(self.strict.get() + 1);
        let result = run();
        self.strict.set(self.strict.get() - 1);
        result
    }

    /// An error inside a larger value costs only that part, unless `try` waits for it.
    pub fn contain(&self, result: Eval, place: Place) -> Eval {
        match result {
            Err(fail) if self.strict.get() == 0 && !(fail.bound && self.exhausted()) => {
                Ok(failed(&fail, place))
            }
            result => result,
        }
    }

    /// Whether errors are kept as errors.
    pub fn is_strict(&self) -> bool {
        self.strict.get() > 0
    }

    fn exhausted(&self) -> bool {
        self.steps.get() > STEPS
    }

    /// The number of an undecided condition; the same for the same `identity`, a new one for none.
    pub fn condition(&self, identity: Option<String>) -> u32 {
        let mut conditions = self.conditions.borrow_mut();
        let next = u32::try_from(conditions.len()).unwrap_or(u32::MAX);
        let identity = identity.unwrap_or_else(|| format!("#{next}"));
        *conditions.entry(identity).or_insert(next)
    }

    /// The text of a file that was given.
    pub fn text(&self, file: FileId) -> &str {
        self.files.get(file).map_or("", |file| &file.text)
    }

    /// The user's own text at a place.
    pub fn source(&self, place: Place) -> String {
        if (place.file.0 as usize) < self.files.len() {
            return self.files.text(place).to_owned();
        }
        let index = place.file.0 as usize - self.files.len();
        self.loaded.borrow().get(index).map_or(String::new(), |file| place.span.of(&file.text).to_owned())
    }

    /// A file that an expression names, with its number.
    pub fn load(&self, path: &str) -> Result<(FileId, Arc<str>), String> {
        let first = self.files.len();
        let names =
            self.names.get_or_init(|| self.files.iter().map(|(id, file)| (file.name.as_ref(), id)).collect());
        let mut ids = self.ids.borrow_mut();
        if let Some(&id) = names.get(path).or_else(|| ids.get(path)) {
            let loaded = self.loaded.borrow();
            let own = self.files.get(id);
            let file = own.or_else(|| loaded.get((id.0 as usize).checked_sub(first)?));
            return file.map(|file| (id, file.text.clone())).ok_or_else(|| "not read".into());
        }
        let text = self.loader.read(path)?;
        let mut loaded = self.loaded.borrow_mut();
        let id = FileId(u32::try_from(first + loaded.len()).unwrap_or(u32::MAX));
        loaded.push(SourceFile::new(path, text.clone()));
        ids.insert(path.to_owned(), id);
        Ok((id, text))
    }

    /// The pattern that an expression names, made once; `None` for one that can't be read.
    pub fn pattern(&self, pattern: &str) -> Option<Regex> {
        if let Some(known) = self.patterns.borrow().get(pattern) {
            return known.clone();
        }
        let made = Regex::new(pattern).ok();
        self.patterns.borrow_mut().insert(pattern.to_owned(), made.clone());
        made
    }

    /// The value of an argument of the call that made this instance.
    pub fn argument(&self, instance: &Instance<'a>, name: &str) -> Option<(&'a Expr, Scope)> {
        let (block, scope) = instance.call.as_ref()?;
        block.body.attribute(name).map(|attribute| (&attribute.value, scope.clone()))
    }
}

/// Counts one level of depth down again when it goes.
pub struct Level<'m>(&'m Cell<u32>);

impl Drop for Level<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// The unknown value that stands for an error.
pub fn failed(fail: &Fail, place: Place) -> Value {
    let place = fail.place.unwrap_or(place);
    Value::Unknown(Rc::new(Unknown {
        reason: fail.reason.clone(),
        kind: HoleKind::Any,
        place,
        address: None,
    }))
}
