//! What several rules ask of a condition's tests.

use crate::policy::ast::{Argument, Atom, Test, TestKind, Value, ValueKind};

/// The variable that a test reads first; for a function its first argument that is a variable.
pub(super) fn variable_of(test: &Test) -> Option<&Atom> {
    match &test.kind {
        TestKind::Compare { variable, .. }
        | TestKind::In { variable, .. }
        | TestKind::Time { variable, .. }
        | TestKind::Between { variable, .. }
        | TestKind::Present(variable)
        | TestKind::Absent(variable) => Some(variable),
        TestKind::Call { arguments, .. } => arguments.iter().find_map(|argument| match argument {
            Argument::Value(value) if value.kind == ValueKind::Variable => Some(&value.atom),
            _ => None,
        }),
    }
}

/// Every value that a test compares with.
pub(super) fn values_of(test: &Test) -> Vec<Value> {
    match &test.kind {
        TestKind::Compare { value, .. } | TestKind::Time { value, .. } => vec![*value],
        TestKind::In { values, .. } => values.clone(),
        TestKind::Between { from, until, .. } => vec![*from, *until],
        TestKind::Present(_) | TestKind::Absent(_) => Vec::new(),
        TestKind::Call { arguments, .. } => arguments
            .iter()
            .flat_map(|argument| match argument {
                Argument::Value(value) => vec![*value],
                Argument::List(values) => values.clone(),
            })
            .collect(),
    }
}

/// The quoted values that a test compares the variable `name` with.
pub(super) fn literals_of(test: &Test, text: &str, name: &str) -> Vec<Atom> {
    let reads = |variable: &Atom| variable.known(text).is_some_and(|found| found.eq_ignore_ascii_case(name));
    if !variable_of(test).is_some_and(reads) {
        return Vec::new();
    }
    values_of(test).iter().filter(|value| value.kind == ValueKind::Literal).map(|value| value.atom).collect()
}
