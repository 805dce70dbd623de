//! Sentences instead of drawings, for screen readers, logs and terminals that show letters only: every fact of a
//! finding on a line of its own, behind the word that names it.

use std::io::{self, Write};

use crate::diag::{Applicability, Finding};
use crate::text::{Files, Place, visible};

use super::{Report, human, quoted, rule_url};

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    write_findings(report, out)?;
    if report.is_empty_run() {
        return Ok(());
    }
    writeln!(out, "{}", human::summary_line(&report.summary, false))
}

pub(super) fn write_findings(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.findings {
        writeln!(out, "{}: {}", finding.severity.as_str(), finding.message)?;
        facts(report.files, finding, out)?;
        writeln!(out)?;
    }
    for suppressed in report.suppressed {
        let finding = &suppressed.finding;
        writeln!(out, "suppressed {}: {}", finding.severity.as_str(), finding.message)?;
        writeln!(out, "  reason: {}", suppressed.reason.as_deref().unwrap_or("none given"))?;
        facts(report.files, finding, out)?;
        writeln!(out)?;
    }
    for finding in report.known {
        writeln!(out, "in the baseline, {}: {}", finding.severity.as_str(), finding.message)?;
        facts(report.files, finding, out)?;
        writeln!(out)?;
    }
    Ok(())
}

fn facts(files: &Files, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  place: {}", place(files, finding.place))?;
    if let Some(text) = shown(&quoted(files, finding.place)) {
        writeln!(out, "  text: {text}")?;
    }
    if let Some(text) = finding.statement.as_ref().and_then(|statement| shown(&statement.text)) {
        writeln!(out, "  statement: {text}")?;
    }
    if let Some(note) = &finding.note {
        writeln!(out, "  why: {note}")?;
    }
    let fix = finding.fix.as_ref();
    if let Some(help) = finding.help.as_ref().or(fix.map(|fix| &fix.title)) {
        let by = match fix.map(|fix| fix.applicability) {
            Some(Applicability::Safe) => ", --fix does it",
            Some(Applicability::Unsafe) => ", --unsafe-fixes does it",
            None => "",
        };
        writeln!(out, "  do: {help}{by}")?;
    }
    for label in &finding.labels {
        writeln!(out, "  see also: {}, {}", label.message, place(files, label.place))?;
    }
    writeln!(out, "  rule: {}", finding.rule)?;
    if let Some(url) = rule_url(finding.rule) {
        writeln!(out, "  page: {url}")?;
    }
    Ok(())
}

fn place(files: &Files, place: Place) -> String {
    let Some(file) = files.get(place.file) else { return String::new() };
    let at = file.position(place.span.start());
    format!("{}, line {}, column {}", file.name, at.line, at.column)
}

/// A text on one line, and not too much of it.
fn shown(text: &str) -> Option<String> {
    const LONGEST: usize = 300;
    let text = visible(text).split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LONGEST) {
        _ if text.is_empty() => None,
        Some((end, _)) => Some(format!("{} and so on", text.get(..end).unwrap_or(""))),
        None => Some(text),
    }
}
