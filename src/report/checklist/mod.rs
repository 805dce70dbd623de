//! A checklist as people and programs read it: one file a format.

mod html;
mod human;
mod json;
mod markdown;

use std::io::{self, Write};

use serde_json::Value;

use crate::checklist::{Checked, Decision, Plan, Status, Step};

use super::Style;

pub use human::write_decision;
pub use json::{decision_json, key_json};

/// The formats of `checklist`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ChecklistFormat {
    /// For a terminal.
    Human,
    /// For a ticket.
    Markdown,
    /// A page of its own.
    Html,
    /// One JSON document, described by `ociam schema checklist`.
    Json,
}

/// A checklist, and how far it is done where that was looked at.
pub struct Checklist<'a> {
    /// The checklist.
    pub plan: &'a Plan,
    /// A row for each step; none where nothing was looked at.
    pub checked: Option<&'a [Checked]>,
}

impl<'a> Checklist<'a> {
    /// The steps, each with what was found.
    fn steps(&self) -> impl Iterator<Item = (&'a Step, Option<&'a Checked>)> + use<'a> {
        let (plan, checked) = (self.plan, self.checked);
        plan.steps
            .iter()
            .map(move |step| (step, checked.and_then(|rows| rows.iter().find(|row| row.step == step.id))))
    }

    /// How many steps are in a state.
    pub fn count(&self, status: Status) -> usize {
        self.checked.unwrap_or_default().iter().filter(|row| row.status == status).count()
    }
}

/// Writes a checklist in a format.
pub fn write(
    format: ChecklistFormat,
    list: &Checklist<'_>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        ChecklistFormat::Human => human::write(list, style, out),
        ChecklistFormat::Markdown => markdown::write(list, out),
        ChecklistFormat::Html => html::write(list, out),
        ChecklistFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, &document(list)).map_err(io::Error::from)?;
            writeln!(out)
        }
    }
}

/// The JSON document of a checklist.
pub fn document(list: &Checklist<'_>) -> Value {
    json::document(list)
}

/// The mark of a state, for lists.
fn mark(checked: Option<&Checked>) -> &'static str {
    match checked.map(|row| row.status) {
        None => " ",
        Some(Status::Done) => "x",
        Some(Status::Missing) => " ",
        Some(Status::Wrong) => "!",
        Some(Status::NotCheckable) => "?",
    }
}

/// A line for each method: whether it can be taken, and why.
fn verdicts(decision: &Decision) -> impl Iterator<Item = (&'static str, &'static str, &str)> {
    decision.candidates.iter().enumerate().map(|(at, one)| {
        let word = match (at == 0 && decision.decided, one.possible) {
            (true, _) => "chosen",
            (_, true) => "possible",
            (_, false) => "cannot",
        };
        (word, one.method, one.because())
    })
}
