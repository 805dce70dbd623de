//! A run of the probe as people and programs read it: one file a form. What an outcome holds is clean already; what
//! has the shape of a secret is covered once more before anything is written.

mod human;
mod json;
mod page;
mod tell;

use std::io::{self, Write};

use serde_json::Value;

use crate::probe::{Outcome, PlannedRequest};
use crate::text::mask_shapes;

use super::Style;

/// The JSON contract.
pub fn document(outcome: &Outcome) -> Value {
    covered(json::document(outcome))
}

/// What `--dry-run` prints, as JSON.
pub fn planned(outcome: &Outcome, requests: &[PlannedRequest]) -> Value {
    covered(json::planned(outcome, requests))
}

/// Writes it for a person.
pub fn write(outcome: &Outcome, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut text = Vec::new();
    human::write(outcome, style, &mut text)?;
    out.write_all(mask_shapes(&String::from_utf8_lossy(&text)).as_bytes())
}

/// Writes what `--dry-run` shows, for a person.
pub fn write_plan(
    outcome: &Outcome,
    requests: &[PlannedRequest],
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut text = Vec::new();
    human::write_plan(outcome, requests, style, &mut text)?;
    out.write_all(mask_shapes(&String::from_utf8_lossy(&text)).as_bytes())
}

/// One self-contained page.
pub fn html(outcome: &Outcome, when: &str) -> String {
    mask_shapes(&page::html(outcome, when)).into_owned()
}

/// The same for a ticket that takes Markdown.
pub fn markdown(outcome: &Outcome, when: &str) -> String {
    mask_shapes(&page::markdown(outcome, when)).into_owned()
}

fn covered(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(mask_shapes(&text).into_owned()),
        Value::Array(list) => list.into_iter().map(covered).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, covered(value))).collect(),
        other => other,
    }
}
