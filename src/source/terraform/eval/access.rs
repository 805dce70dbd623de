//! What names, attributes and indices lead to: variables, locals, resources, modules, iterators.

use std::rc::Rc;
use std::sync::Arc;

use super::convert::{Type, convert, to_number};
use super::expr::{each_variant, eval, undecided};
use super::guard::Guard;
use super::instances;
use super::machine::{Instance, Key, Machine, Scope};
use super::template::known_or_hole;
use super::value::{Eval, Fail, InstanceKey, List, ResourceHandle, Unknown, Value};
use super::variants::VARIANTS;
use crate::source::terraform::module::{Module, join_path};
use crate::source::terraform::syntax::{Expr, ExprKind};
use crate::text::{HoleKind, Place};

/// A name that stands alone.
pub fn name(name: &str, place: Place, scope: &Scope) -> Eval {
    if let Some(value) = scope.get(name) {
        return Ok(value.clone());
    }
    Err(Fail::new(format!("nothing is called `{name}` here")).at(place))
}

/// `base.name`: a reference from a root name, or an attribute of a value.
pub fn attribute(machine: &Machine, base: &Expr, name: &str, place: Place, scope: &Scope) -> Eval {
    match &base.kind {
        ExprKind::Name(root) if scope.get(root).is_none() => match root.as_str() {
            "var" => variable(machine, scope.instance, name, place),
            "local" => local(machine, scope.instance, name, place),
            "module" => instances::module(machine, scope.instance, name, place),
            "each" | "count" => iterator(root, name, place, scope),
            "path" => path(machine, name, place, scope),
            "terraform" | "tofu" => {
                Ok(Value::unknown(format!("`{root}.{name}` depends on the run"), HoleKind::Name, place))
            }
            "data" => Err(Fail::new("a data source is named by its type and name")),
            "self" => Ok(Value::unknown("`self` is known after apply", HoleKind::Any, place)),
            kind => instances::resource(machine, scope.instance, (false, kind, name), place),
        },
        ExprKind::Attr(inner, kind) => match &inner.kind {
            ExprKind::Name(root) if root == "data" && scope.get(root).is_none() => {
                instances::resource(machine, scope.instance, (true, kind, name), place)
            }
            _ => get(machine, &eval(machine, base, scope)?, name, place),
        },
        _ => get(machine, &eval(machine, base, scope)?, name, place),
    }
}

fn iterator(root: &str, name: &str, place: Place, scope: &Scope) -> Eval {
    match (&scope.key, root, name) {
        (InstanceKey::Count(index), "count", "index") => Ok(index.clone()),
        (InstanceKey::Each(key, _), "each", "key") => Ok(key.clone()),
        (InstanceKey::Each(_, value), "each", "value") => Ok(value.clone()),
        _ => {
            let kind = if root == "count" { HoleKind::Scalar } else { HoleKind::Any };
            Ok(Value::unknown(format!("`{root}.{name}` has no value here"), kind, place))
        }
    }
}

fn path(machine: &Machine, name: &str, place: Place, scope: &Scope) -> Eval {
    let instance = machine.instance(scope.instance)?;
    match name {
        "root" => Ok(Value::computed(".", place)),
        "module" => Ok(Value::computed(&relative(instance.root, &instance.module.directory), place)),
        _ => Ok(Value::unknown(format!("`path.{name}` depends on the run"), HoleKind::Any, place)),
    }
}

/// `to` seen from `from`, as Terraform writes a module's path.
fn relative(from: &str, to: &str) -> String {
    let split = |path: &str| path.split('/').filter(|part| !part.is_empty()).map(String::from).collect();
    let (from, to): (Vec<String>, Vec<String>) = (split(from), split(to));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let mut parts = vec!["..".to_owned(); from.len() - common];
    parts.extend(to.into_iter().skip(common));
    if parts.is_empty() { ".".into() } else { parts.join("/") }
}

/// The path of a file that an expression names, as the configuration's own paths are given.
pub fn file_path(machine: &Machine, scope: &Scope, path: &str) -> Eval<String> {
    Ok(join_path(machine.instance(scope.instance)?.root, path))
}

fn local<'a>(machine: &Machine<'a>, instance: usize, name: &str, place: Place) -> Eval {
    let module: &'a Module = machine.instance(instance)?.module;
    let Some(local) = module.local(name) else {
        return Err(Fail::new(format!("there is no local `{name}`")).at(place));
    };
    Ok(machine.once(Key::Local(instance, &local.name), format_args!("local `{name}`"), place, || {
        eval(machine, &local.value, &Scope::new(instance))
    }))
}

fn variable<'a>(machine: &Machine<'a>, instance: usize, name: &str, place: Place) -> Eval {
    let owner = machine.instance(instance)?;
    let module: &'a Module = owner.module;
    let Some((key, block)) = module.variables.get_key_value(name) else {
        // OpenTofu and Terraform refuse it; files of another directory may declare it.
        let reason = format!("variable `{name}` is not declared");
        return Ok(Value::unknown(reason, kind_of_name(name), place));
    };
    let value = machine.once(Key::Variable(instance, key), format_args!("variable `{name}`"), place, || {
        let ty = block.body.attribute("type").map_or(Type::Any, |attribute| Type::read(&attribute.value));
        let given = given(machine, &owner, instance, name)?;
        let default = match block.body.attribute("default") {
            Some(attribute) => Some(eval(machine, &attribute.value, &Scope::new(instance))?),
            None => None,
        };
        let nullable = block
            .body
            .attribute("nullable")
            .is_none_or(|attribute| !matches!(attribute.value.kind, ExprKind::Bool(false)));
        let value = match (given, default) {
            (Some(Value::Null), Some(default)) if !nullable => default,
            (Some(value), _) | (None, Some(value)) => value,
            (None, None) => {
                let reason = format!("variable `{name}` has no default");
                return Ok(Value::unknown(reason, kind_of_name(name), place));
            }
        };
        // What Terraform would refuse as a whole still tells what it holds.
        Ok(convert(&value, &ty, place).unwrap_or(value))
    });
    Ok(match value {
        // The reason stays; the place is where the variable is used.
        Value::Unknown(unknown) if unknown.kind == HoleKind::Any => {
            let kind = kind_of_name(name);
            Value::Unknown(Rc::new(Unknown { kind, ..(*unknown).clone() }))
        }
        value => value,
    })
}

/// What the caller or the variable files give.
fn given<'a>(
    machine: &Machine<'a>,
    owner: &Instance<'a>,
    instance: usize,
    name: &str,
) -> Eval<Option<Value>> {
    if owner.call.is_some() {
        let Some((expr, scope)) = machine.argument(owner, name) else { return Ok(None) };
        return machine.contain(eval(machine, expr, &scope), expr.place).map(Some);
    }
    match owner.module.values.get(name) {
        Some(expr) => eval(machine, expr, &Scope::new(instance)).map(Some),
        None => Ok(None),
    }
}

/// What the name of a variable tells of its value.
fn kind_of_name(name: &str) -> HoleKind {
    let name = name.to_ascii_lowercase();
    let is_id = name.ends_with("ocid") || name.ends_with("_id") || name == "id";
    let words = ["compartment", "tenancy", "dynamic_group", "group", "user", "domain"];
    match words.iter().find(|word| name.contains(*word)) {
        Some(&"dynamic_group") if is_id => HoleKind::Ocid("dynamicgroup"),
        Some(word) if is_id => HoleKind::Ocid(word),
        None if is_id => HoleKind::Ocid(""),
        _ if name.ends_with("name") => HoleKind::Name,
        _ => HoleKind::Any,
    }
}

/// What an attribute of a resource of this type holds.
fn kind_of_attribute(resource: &str, attribute: &str) -> HoleKind {
    let is_id = attribute == "id" || attribute == "ocid";
    match attribute {
        "compartment_id" | "compartment_ocid" => HoleKind::Ocid("compartment"),
        "tenancy_id" | "tenancy_ocid" => HoleKind::Ocid("tenancy"),
        "name" | "display_name" => HoleKind::Name,
        _ if is_id => HoleKind::Ocid(match resource.trim_end_matches('s') {
            "oci_identity_group" | "oci_identity_domains_group" => "group",
            "oci_identity_dynamic_group" | "oci_identity_domains_dynamic_resource_group" => "dynamicgroup",
            "oci_identity_compartment" => "compartment",
            "oci_identity_tenancy" => "tenancy",
            "oci_identity_user" => "user",
            "oci_identity_domain" => "domain",
            _ => "",
        }),
        _ => HoleKind::Any,
    }
}

/// `value.name`
pub fn get(machine: &Machine, value: &Value, name: &str, place: Place) -> Eval {
    match value {
        Value::Object(object) => match (object.entries.get(name), &object.rest) {
            (Some(entry), _) => Ok(entry.value.clone()),
            (None, Some(rest)) => Ok(Value::Unknown(rest.clone())),
            (None, None) => Err(Fail::new(format!("this object has no attribute `{name}`")).at(place)),
        },
        Value::Unknown(unknown) => {
            let kind = match unknown.kind {
                HoleKind::Any if name == "id" || name.ends_with("_id") || name.ends_with("ocid") => {
                    kind_of_name(name)
                }
                HoleKind::Any if name == "name" || name == "display_name" => HoleKind::Name,
                _ => HoleKind::Any,
            };
            Ok(Value::Unknown(Rc::new(Unknown { kind, place, ..(**unknown).clone() })))
        }
        Value::Either(_) => each_variant(value, place, |value| get(machine, value, name, place)),
        Value::Resource(handle) => resource_attribute(machine, handle, name, place),
        Value::Module(instance) => output(machine, *instance, name, place),
        other => Err(Fail::new(format!("a {} has no attribute `{name}`", other.type_name())).at(place)),
    }
}

/// `value[index]`
pub fn index(machine: &Machine, value: &Value, index: &Value, place: Place) -> Eval {
    match (value, index) {
        (Value::Either(_), _) => {
            each_variant(value, place, |value| self::index(machine, value, index, place))
        }
        (_, Value::Either(_)) => {
            each_variant(index, place, |index| self::index(machine, value, index, place))
        }
        (Value::Unknown(unknown), _) => Ok(Value::Unknown(Rc::new(Unknown { place, ..(**unknown).clone() }))),
        (Value::List(list), _) => match to_number(index)? {
            Some(number) => element(list, number, place),
            None => any_of(machine, list.items.iter().map(|item| &item.value), index, place),
        },
        (Value::Object(object), Value::Unknown(_)) => {
            any_of(machine, object.entries.values().map(|entry| &entry.value), index, place)
        }
        (Value::Object(object), Value::Text(key))
            if !key.is_known() && !object.entries.contains_key(key.as_str()) =>
        {
            any_of(machine, object.entries.values().map(|entry| &entry.value), index, place)
        }
        (Value::Object(_) | Value::Resource(_) | Value::Module(_), _) => {
            let key = known_or_hole(machine, index, place);
            get(machine, value, key.as_str(), place)
        }
        (other, _) => Err(Fail::new(format!("a {} can't be indexed", other.type_name())).at(place)),
    }
}

/// The element at a known index of a list whose earlier elements may be undecided.
pub fn element(list: &List, number: f64, place: Place) -> Eval {
    if number < 0.0 || number.fract() != 0.0 {
        return Err(Fail::new("an index must be a whole number, not negative").at(place));
    }
    let at = number as usize;
    let sure = list.items.iter().take_while(|item| item.is_sure()).count();
    match list.items.get(at) {
        Some(item) if at < sure => Ok(item.value.clone()),
        None if sure == list.items.len() => {
            Err(Fail::new(format!("the list has {sure} elements, there is none at {at}")).at(place))
        }
        _ => {
            let rest: Vec<_> = list.items.iter().skip(sure.min(at)).collect();
            let until =
                rest.iter().position(|item| item.is_sure()).map_or(rest.len(), |found| found + 1 + at);
            let variants =
                rest.iter().take(until).map(|item| (item.guard.clone(), item.value.clone())).collect();
            Ok(Value::either(variants, place))
        }
    }
}

/// Some element, it is not known which: undecided where few can be meant, else unknown.
fn any_of<'v>(
    machine: &Machine,
    values: impl Iterator<Item = &'v Value>,
    index: &Value,
    place: Place,
) -> Eval {
    let values: Vec<_> = values.collect();
    let holds_more = |value: &&Value| matches!(value, Value::List(_) | Value::Object(_));
    if values.len() > VARIANTS || !values.iter().any(holds_more) {
        return Ok(undecided(index, place));
    }
    let guarded = |value: &Value| (Guard::when(machine.condition(None), true), value.clone());
    Ok(Value::either(values.into_iter().map(guarded).collect(), place))
}

fn output<'a>(machine: &Machine<'a>, instance: usize, name: &str, place: Place) -> Eval {
    let module: &'a Module = machine.instance(instance)?.module;
    let output = module.outputs.get_key_value(name);
    let Some((key, value)) = output.and_then(|(key, block)| Some((key, block.body.attribute("value")?)))
    else {
        return Err(Fail::new(format!("the module has no output `{name}`")).at(place));
    };
    Ok(machine.once(Key::Output(instance, key), format_args!("output `{name}`"), place, || {
        eval(machine, &value.value, &Scope::new(instance))
    }))
}

fn resource_attribute(machine: &Machine, handle: &ResourceHandle, name: &str, place: Place) -> Eval {
    let instance = machine.instance(handle.instance)?;
    let Some(resource) = instance.module.resources.get(handle.resource) else {
        return Err(Fail::new("no such resource"));
    };
    let scope = Scope::inside(handle.instance, handle.key.clone());
    let known = resource.block.body.attribute(name).map(|attribute| eval(machine, &attribute.value, &scope));
    let address: Arc<str> =
        format!("{}{}{}", instance.prefix, resource.address(), handle.key.suffix()).into();
    match known {
        Some(Ok(Value::Null)) | None => {
            let when = if resource.data { "read at plan time" } else { "known after apply" };
            Ok(Value::Unknown(Rc::new(Unknown {
                reason: format!("`{}.{name}` is {when}", resource.address()).into(),
                kind: kind_of_attribute(resource.kind(), name),
                place,
                address: Some(address),
            })))
        }
        Some(Ok(Value::Unknown(unknown))) => {
            let kind = match unknown.kind {
                HoleKind::Any => kind_of_attribute(resource.kind(), name),
                kind => kind,
            };
            Ok(Value::Unknown(Rc::new(Unknown { kind, ..(*unknown).clone() })))
        }
        Some(value) => value,
    }
}
