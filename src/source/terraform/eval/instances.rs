//! `count` and `for_each`: which instances of a resource or module call there are.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::access::get;
use super::convert::to_number;
use super::expr::{eval, undecided};
use super::guard::Guard;
use super::iterate::iterate;
use super::machine::{Key, Machine, Scope};
use super::value::{Entry, Eval, Fail, InstanceKey, Item, List, Object, ResourceHandle, Unknown, Value};
use crate::source::terraform::module::Resource;
use crate::source::terraform::syntax::{Block, Body, Expr, ExprKind};
use crate::text::{HoleKind, Place};

/// Instances of one block that are told apart.
const LIMIT: usize = 1_000;

/// One instance of a block.
pub struct Copy {
    /// Which.
    pub key: InstanceKey,
    /// When it is there.
    pub guard: Guard,
    /// Whether it stands for any number of instances, none included.
    pub spread: bool,
}

/// The instances of a block.
pub struct Copies {
    /// Each; none when there are certainly none.
    pub copies: Vec<Copy>,
    /// How they are addressed.
    pub by: By,
}

/// How a block's instances are addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// There is one.
    Nothing,
    /// By `count`.
    Index,
    /// By `for_each`.
    Key,
}

/// The instances of a block by its `count` or `for_each`.
pub fn copies(machine: &Machine, body: &Body, scope: &Scope) -> Eval<Copies> {
    if let Some(count) = body.attribute("count") {
        let value = machine.contain(eval(machine, &count.value, scope), count.place)?;
        return counted(&value, count.value.place);
    }
    if let Some(each) = body.attribute("for_each") {
        let value = machine.contain(eval(machine, &each.value, scope), each.place)?;
        let mut copies = Vec::new();
        for (guard, value) in value.variants() {
            let is_set = matches!(value, Value::List(_));
            for round in iterate(&value, each.value.place)?.into_iter().take(LIMIT) {
                let key = if is_set { round.value.clone() } else { round.key };
                if let Some(guard) = guard.and(&round.guard) {
                    let key = InstanceKey::Each(key, round.value);
                    copies.push(Copy { key, guard, spread: round.spread });
                }
            }
        }
        return Ok(Copies { copies, by: By::Key });
    }
    let one = Copy { key: InstanceKey::Single, guard: Guard::always(), spread: false };
    Ok(Copies { copies: vec![one], by: By::Nothing })
}

fn counted(value: &Value, place: Place) -> Eval<Copies> {
    let mut copies: Vec<Copy> = Vec::new();
    for (guard, value) in value.variants() {
        match to_number(&value)? {
            None => {
                copies.push(Copy { key: InstanceKey::Count(undecided(&value, place)), guard, spread: true })
            }
            Some(number) if number >= 0.0 => {
                for index in 0..(number as usize).min(LIMIT) {
                    match copies.get_mut(index) {
                        // There under both outcomes.
                        Some(known) => known.guard = Guard::always(),
                        None => copies.push(Copy {
                            key: InstanceKey::Count(Value::Number(index as f64)),
                            guard: guard.clone(),
                            spread: false,
                        }),
                    }
                }
            }
            Some(_) => return Err(Fail::new("`count` must not be negative").at(place)),
        }
    }
    Ok(Copies { copies, by: By::Index })
}

/// Puts the instances together as an expression sees them.
fn gathered(copies: Copies, mut make: impl FnMut(&Copy) -> Eval) -> Eval {
    match copies.by {
        By::Nothing => match copies.copies.first() {
            Some(copy) => make(copy),
            None => Ok(Value::Null),
        },
        By::Index => {
            let items: Eval<Vec<Item>> = copies
                .copies
                .iter()
                .map(|copy| Ok(Item { guard: copy.guard.clone(), spread: copy.spread, value: make(copy)? }))
                .collect();
            Ok(List::items(items?))
        }
        By::Key => {
            let mut object = Object::default();
            for copy in &copies.copies {
                let value = make(copy)?;
                match &copy.key {
                    InstanceKey::Each(Value::Text(key), _) => {
                        let entry =
                            Entry { key: key.clone(), guard: copy.guard.clone(), spread: copy.spread, value };
                        object.entries.insert(key.as_str().into(), entry);
                    }
                    InstanceKey::Each(key, _) => object.rest = key.first_unknown(),
                    _ => {}
                }
            }
            Ok(object.value())
        }
    }
}

/// A resource or data source as an expression sees it: one, or a list or map of instances.
pub fn resource(
    machine: &Machine,
    instance: usize,
    (data, kind, name): (bool, &str, &str),
    place: Place,
) -> Eval {
    let owner = machine.instance(instance)?;
    let prefix = if data { "data." } else { "" };
    let Some((number, resource)) = owner.module.resource(data, kind, name) else {
        let reason = format!("nothing declares `{prefix}{kind}.{name}` here");
        return if kind.contains('_') || data {
            Ok(Value::unknown(reason, HoleKind::Any, place))
        } else {
            Err(Fail::new(reason).at(place))
        };
    };
    let what = format_args!("`{prefix}{kind}.{name}`");
    Ok(machine.once(Key::Resource(instance, number), what, place, || {
        let copies = copies(machine, &resource.block.body, &Scope::new(instance))?;
        gathered(copies, |copy| {
            let key = copy.key.clone();
            Ok(Value::Resource(Rc::new(ResourceHandle { instance, resource: number, key })))
        })
    }))
}

/// `kind.name[0]` of a resource that has no instance here: the one it would have, so that a statement in a branch
/// that is not taken still reads as meant. `try` and `can` see that there is none.
pub fn hypothetical(
    machine: &Machine,
    base: &Expr,
    value: &Value,
    index: &Value,
    scope: &Scope,
) -> Option<Value> {
    let empty = match value {
        Value::List(list) => list.items.is_empty(),
        Value::Object(object) => object.entries.is_empty() && object.rest.is_none(),
        _ => false,
    };
    let ExprKind::Attr(inner, name) = &base.kind else { return None };
    let (data, kind) = match &inner.kind {
        ExprKind::Name(kind) => (false, kind),
        ExprKind::Attr(root, kind) if matches!(&root.kind, ExprKind::Name(root) if root == "data") => {
            (true, kind)
        }
        _ => return None,
    };
    if !empty || machine.is_strict() || scope.get(kind).is_some() {
        return None;
    }
    let module = machine.instance(scope.instance).ok()?.module;
    if kind == "module" {
        let reason = format!("module `{name}` has no instance here");
        return module.calls.contains_key(name).then(|| Value::unknown(reason, HoleKind::Any, base.place));
    }
    let (resource, _) = module.resource(data, kind, name)?;
    let key = match value {
        Value::List(_) => InstanceKey::Count(index.clone()),
        _ => {
            let reason = format!("`{kind}.{name}` has no instance here");
            InstanceKey::Each(index.clone(), Value::unknown(reason, HoleKind::Any, base.place))
        }
    };
    Some(Value::Resource(Rc::new(ResourceHandle { instance: scope.instance, resource, key })))
}

/// A module call as an expression sees it: one, or a list or map of instances.
pub fn module<'a>(machine: &Machine<'a>, instance: usize, name: &str, place: Place) -> Eval {
    let owner = machine.instance(instance)?;
    let calls: &'a BTreeMap<String, Arc<Block>> = &owner.module.calls;
    let Some((key, call)) = calls.get_key_value(name) else {
        return Err(Fail::new(format!("there is no module `{name}`")).at(place));
    };
    Ok(machine.once(Key::Call(instance, key), format_args!("module `{name}`"), place, || {
        let unknown = |reason: String| Ok(Value::unknown(reason, HoleKind::Any, place));
        let Some(directory) = owner.module.local_source(call) else {
            return unknown(format!("module `{name}` comes from {}", origin(call)));
        };
        let Some(module) = machine.module(&directory) else {
            return unknown(format!("the directory of module `{name}` was not read"));
        };
        if machine.is_within(instance, &directory) {
            return Err(Fail::new(format!("module `{name}` calls itself")));
        }
        let copies = copies(machine, &call.body, &Scope::new(instance))?;
        gathered(copies, |copy| {
            let scope = Scope::inside(instance, copy.key.clone());
            let presence = (copy.guard.clone(), copy.spread);
            Ok(Value::Module(machine.called(&owner, (call, scope), module, presence)?))
        })
    }))
}

/// Where a module that is not local comes from, in words.
fn origin(call: &Block) -> &'static str {
    let source =
        call.body.attribute("source").and_then(|a| crate::source::terraform::module::literal(&a.value));
    match source.as_deref() {
        None => "a source that is not a literal string",
        Some(source) if source.contains("git") || source.contains("::") || source.contains("://") => {
            "a remote source"
        }
        Some(_) => "a registry",
    }
}

/// Makes every module instance below this one, idle modules left out. Gives the calls of local modules that can't be
/// followed.
pub fn call_all(machine: &Machine, instance: usize) -> Vec<(Place, Arc<str>)> {
    let mut refused = Vec::new();
    let Ok(owner) = machine.instance(instance) else { return refused };
    for (name, call) in &owner.module.calls {
        let source = owner.module.local_source(call);
        let Some(source) = source.filter(|source| !machine.loader.is_idle(source)) else { continue };
        let known = machine.modules.known.contains_key(&source);
        match module(machine, instance, name, call.place) {
            Ok(Value::Unknown(unknown)) if known => refused.push((call.place, unknown.reason.clone())),
            Ok(_) => {}
            Err(fail) => refused.push((call.place, fail.reason)),
        }
    }
    refused
}

/// The value of an attribute of one instance of a resource.
pub fn attribute(machine: &Machine, handle: &ResourceHandle, name: &str, place: Place) -> Value {
    get(machine, &Value::Resource(Rc::new(handle.clone())), name, place)
        .unwrap_or_else(|fail| Value::Unknown(Rc::new(Unknown::plain(&fail.reason, place))))
}

impl Resource {
    /// `oci_identity_group.admins`, `data.oci_identity_group.admins`
    pub fn address(&self) -> String {
        format!("{}{}.{}", if self.data { "data." } else { "" }, self.kind(), self.name())
    }
}
