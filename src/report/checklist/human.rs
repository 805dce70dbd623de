//! For a terminal: the decision, then the steps, text wrapped to its width.

use std::io::{self, Write};

use crate::checklist::{Checked, Decision, Status};
use crate::report::Style;

use super::{Checklist, verdicts};

/// Text in a colour, where there are colours.
fn paint(text: &str, colour: &str, style: Style) -> String {
    if style.color { format!("\u{1b}[{colour}m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// The decision: a line for each method, and the questions that the chosen one passed.
pub fn write_decision(decision: &Decision, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let width = decision.candidates.iter().map(|one| one.method.len()).max().unwrap_or_default();
    for (word, method, because) in verdicts(decision) {
        let colour = match word {
            "chosen" => "1;32",
            "possible" => "33",
            _ => "31",
        };
        let lead = format!("  {} {method:width$}  ", paint(&format!("{word:8}"), colour, style));
        wrapped(out, &lead, 8 + width + 5, because, style.width)?;
    }
    if let Some(chosen) = decision.chosen() {
        writeln!(out, "\n  why {} can do it:", chosen.method)?;
        for answer in &chosen.trace {
            let source = answer.basis.document().map_or(answer.basis.source.as_str(), |source| source.title);
            let text = format!("{} [{}, {}]", answer.text, source, answer.basis.certainty);
            wrapped(out, &format!("    {:9} ", answer.question), 14, &text, style.width)?;
        }
    }
    Ok(())
}

pub(super) fn write(list: &Checklist<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let plan = list.plan;
    let call = plan.params.get("call-title").unwrap_or_default();
    let from = plan.params.get("workload-title").unwrap_or_default();
    let region = plan.wish.region.as_deref().unwrap_or_default();
    writeln!(out, "{}\n", paint(&format!("{call} from {from} in {region}"), "1", style))?;
    write_decision(&plan.decision, style, out)?;
    for (number, (step, row)) in list.steps().enumerate() {
        let status = row.map(|row| format!("  {}", status(row, style))).unwrap_or_default();
        // What stands in the way by the catalogue alone is told by the text.
        let colour = if step.blocked.is_some() { "1;31" } else { "1" };
        let title = paint(&format!("{}. {}", number + 1, step.title), colour, style);
        writeln!(out, "\n{title}  [{}]{status}", step.id)?;
        if let Some(row) = row {
            result(row, style, out)?;
            // What is done needs no instructions.
            if row.status == Status::Done {
                continue;
            }
        }
        wrapped(out, "   ", 3, &step.text, style.width)?;
        for block in &step.blocks {
            writeln!(out, "   {}:", block.title)?;
            block.lines.iter().try_for_each(|line| writeln!(out, "     {line}"))?;
        }
        step.commands.iter().try_for_each(|line| writeln!(out, "   $ {line}"))?;
        if let Some(snippet) = &step.snippet {
            if !snippet.install.is_empty() {
                writeln!(out, "   $ {}", snippet.install)?;
            }
            writeln!(out)?;
            snippet
                .code
                .lines()
                .try_for_each(|line| writeln!(out, "{}", format!("     {line}").trim_end()))?;
        }
        if !step.open.is_empty() {
            let names: Vec<String> = step.open.iter().map(|key| format!("--{key}")).collect();
            wrapped(out, "   give ", 8, &names.join(", "), style.width)?;
        }
    }
    if list.checked.is_some() {
        let count = |status| list.count(status);
        writeln!(
            out,
            "\n{} done, {} missing, {} wrong, {} not checkable from here",
            count(Status::Done),
            count(Status::Missing),
            count(Status::Wrong),
            count(Status::NotCheckable)
        )?;
    }
    Ok(())
}

fn status(row: &Checked, style: Style) -> String {
    let (word, colour) = match row.status {
        Status::Done => ("done", "32"),
        Status::Missing => ("missing", "33"),
        Status::Wrong => ("wrong", "31"),
        Status::NotCheckable => ("not checkable from here", "36"),
    };
    paint(word, colour, style)
}

fn result(row: &Checked, style: Style, out: &mut dyn Write) -> io::Result<()> {
    wrapped(out, "   ", 3, &row.found, style.width)?;
    for suspect in &row.suspects {
        wrapped(out, &format!("   {} ", suspect.cause), 5, &format!("({})", suspect.text), style.width)?;
        wrapped(out, "     do: ", 9, &suspect.remedy, style.width)?;
    }
    row.mend.iter().try_for_each(|line| writeln!(out, "     {line}"))
}

/// Writes text after a lead, wrapped; lines after the first are indented.
fn wrapped(out: &mut dyn Write, lead: &str, indent: usize, text: &str, width: usize) -> io::Result<()> {
    write!(out, "{lead}")?;
    let mut column = indent;
    for (at, word) in text.split(' ').enumerate() {
        let length = word.chars().count();
        if at > 0 && column + 1 + length > width {
            write!(out, "\n{:indent$}{word}", "")?;
            column = indent + length;
        } else {
            let space = if at > 0 { " " } else { "" };
            write!(out, "{space}{word}")?;
            column += space.len() + length;
        }
    }
    writeln!(out)
}
