//! Functions that read files of the configuration.

use std::sync::Arc;

use super::{Call, known};
use crate::source::terraform::eval::access::file_path;
use crate::source::terraform::eval::convert::to_set;
use crate::source::terraform::eval::expr::undecided;
use crate::source::terraform::eval::machine::Scope;
use crate::source::terraform::eval::template;
use crate::source::terraform::eval::value::{Eval, Fail, Item, Value};
use crate::source::terraform::module::{directory_of, join_path};
use crate::source::terraform::read;
use crate::text::{FileId, HoleKind, MappedText, Place, Span};

/// Evaluates the call when it is one of this family.
pub fn run(call: &Call) -> Option<Eval> {
    Some(match call.name {
        "file" => file(call),
        "fileexists" => fileexists(call),
        "fileset" => fileset(call),
        "templatefile" => templatefile(call),
        "templatestring" => templatestring(call),
        _ => return None,
    })
}

fn file(call: &Call) -> Eval {
    match open(call)? {
        Ok((file, text)) => Ok(Value::text(MappedText::verbatim(&*text, file, 0))),
        Err(unknown) => Ok(unknown),
    }
}

/// The file that the first argument names; an unknown value where it may be there but can't be read here.
fn open(call: &Call) -> Eval<Result<(FileId, Arc<str>), Value>> {
    let Some(path) = call.text(0)? else { return Ok(Err(call.unknown())) };
    let path = file_path(call.machine, call.scope, &path)?;
    match call.machine.load(&path) {
        Ok(found) => Ok(Ok(found)),
        Err(_) if is_there(call, &path) == Some(false) => {
            Err(Fail::new(format!("there is no file `{path}`")))
        }
        Err(reason) => {
            let reason = format!("`{path}` can't be read: {reason}");
            Ok(Err(Value::unknown(reason, HoleKind::Any, call.place)))
        }
    }
}

/// Whether there is such a file; `None` where nothing is known of its directory.
fn is_there(call: &Call, path: &str) -> Option<bool> {
    let directory = directory_of(path);
    let around = call.machine.loader.list(&directory, false);
    let named = |name: &String| join_path(&directory, name) == path;
    (!around.is_empty()).then(|| around.iter().any(named))
}

fn fileexists(call: &Call) -> Eval {
    let path = file_path(call.machine, call.scope, &known!(call, call.text(0)?))?;
    let there = if call.machine.load(&path).is_ok() { Some(true) } else { is_there(call, &path) };
    Ok(there.map_or_else(
        || Value::unknown(format!("it is not known whether there is `{path}`"), HoleKind::Scalar, call.place),
        Value::Bool,
    ))
}

fn fileset(call: &Call) -> Eval {
    let directory = file_path(call.machine, call.scope, &known!(call, call.text(0)?))?;
    let pattern = known!(call, call.text(1)?);
    let glob = globset::GlobBuilder::new(&pattern).literal_separator(true).build();
    let Ok(glob) = glob.map(|glob| glob.compile_matcher()) else { return Ok(call.unknown()) };
    let paths = call.machine.loader.list(&directory, true);
    let matching = paths.iter().filter(|path| glob.is_match(path));
    Ok(to_set(matching.map(|path| Item::sure(call.computed(path))).collect()))
}

fn templatefile(call: &Call) -> Eval {
    match open(call)? {
        Ok((file, text)) => filled(call, file, &text),
        Err(unknown) => Ok(unknown),
    }
}

/// The template's text stands in no file, so that only a text known as a whole can be shown: as the call's result.
fn templatestring(call: &Call) -> Eval {
    let text = known!(call, call.text(0)?);
    Ok(match filled(call, call.place.file, &text)? {
        Value::Text(text) if text.is_known() => call.computed(text.as_str()),
        other => undecided(&other, call.place),
    })
}

fn filled(call: &Call, file: FileId, text: &str) -> Eval {
    let parts = read::template(file, text).map_err(Fail::new)?;
    let mut scope = Scope::new(call.scope.instance);
    let variables = call.value(1)?;
    let Some(object) = call.object(1)? else { return Ok(undecided(variables, call.place)) };
    for (name, entry) in &object.entries {
        scope = scope.with(name, entry.value.clone());
    }
    let place = Place { file, span: Span::new(0, text.len()) };
    match template::eval(call.machine, &parts, place, &scope)? {
        value @ (Value::Text(_) | Value::Either(_) | Value::Unknown(_)) => Ok(value),
        other => Ok(Value::text(template::known_or_hole(call.machine, &other, place))),
    }
}
