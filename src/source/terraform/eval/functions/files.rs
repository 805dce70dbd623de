//! Functions that read files of the configuration.

use super::{Call, known};
use crate::source::terraform::eval::access::file_path;
use crate::source::terraform::eval::convert::to_set;
use crate::source::terraform::eval::value::{Eval, Item, Value};
use crate::text::{HoleKind, MappedText};

/// Evaluates the call when it is one of this family.
pub fn run(call: &Call) -> Option<Eval> {
    Some(match call.name {
        "file" => file(call),
        "fileexists" => fileexists(call),
        "fileset" => fileset(call),
        _ => return None,
    })
}

fn file(call: &Call) -> Eval {
    let path = file_path(call.machine, call.scope, &known!(call, call.text(0)?))?;
    match call.machine.load(&path) {
        Ok((file, text)) => Ok(Value::text(MappedText::verbatim(&*text, file, 0))),
        Err(reason) => {
            Ok(Value::unknown(format!("`{path}` can't be read: {reason}"), HoleKind::Any, call.place))
        }
    }
}

fn fileexists(call: &Call) -> Eval {
    let path = file_path(call.machine, call.scope, &known!(call, call.text(0)?))?;
    Ok(match call.machine.load(&path) {
        Ok(_) => Value::Bool(true),
        Err(reason) => {
            Value::unknown(format!("`{path}` can't be read: {reason}"), HoleKind::Scalar, call.place)
        }
    })
}

fn fileset(call: &Call) -> Eval {
    let directory = file_path(call.machine, call.scope, &known!(call, call.text(0)?))?;
    let pattern = known!(call, call.text(1)?);
    let glob = globset::GlobBuilder::new(&pattern).literal_separator(true).build();
    let Ok(glob) = glob.map(|glob| glob.compile_matcher()) else { return Ok(call.unknown()) };
    let paths = call.machine.loader.list(&directory);
    let matching = paths.iter().filter(|path| glob.is_match(path));
    Ok(to_set(matching.map(|path| Item::sure(call.computed(path))).collect()))
}
