//! For programs that read text and write code: one line a finding with the reason and what to write, the exact
//! replacement below it, and at the end what to run next. No drawings, no repeated source.

use std::io::{self, Write};

use crate::diag::{Applicability, Fix};
use crate::text::{Files, Position};

use super::{Report, human, quoted};

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.findings {
        let Some(file) = report.files.get(finding.place.file) else { continue };
        let at = file.position(finding.place.span.start());
        let why = finding.note.as_ref().map(|note| format!("; why: {note}")).unwrap_or_default();
        let todo = finding.help.as_ref().map(|help| format!("; do: {help}")).unwrap_or_default();
        let (line, column, severity) = (at.line, at.column, finding.severity.as_str());
        let head = format!("{}:{line}:{column} {severity} {}", file.name, finding.rule);
        writeln!(out, "{head}: {}{why}{todo}", finding.message)?;
        if let Some(fix) = &finding.fix {
            write_fix(report.files, fix, out)?;
        }
        for label in &finding.labels {
            let Some(file) = report.files.get(label.place.file) else { continue };
            let at = file.position(label.place.span.start());
            writeln!(out, "  see {}:{}:{}: {}", file.name, at.line, at.column, label.message)?;
        }
    }
    if report.is_empty_run() {
        return Ok(());
    }
    writeln!(out, "{}", human::summary_line(&report.summary, false))?;
    if !report.findings.is_empty() {
        writeln!(
            out,
            "`ociam explain RULE` says what a rule finds and why; after a change run `ociam lint` again"
        )?;
    }
    Ok(())
}

fn write_fix(files: &Files, fix: &Fix, out: &mut dyn Write) -> io::Result<()> {
    let with = match fix.applicability {
        Applicability::Safe => "--fix",
        Applicability::Unsafe => "--unsafe-fixes; may change what is granted",
    };
    for edit in &fix.edits {
        let Some(file) = files.get(edit.place.file) else { continue };
        let (start, end) = (file.position(edit.place.span.start()), file.position(edit.place.span.end()));
        let point = |at: Position| format!("{}:{}", at.line, at.column);
        let (old, new) = (quoted(files, edit.place), edit.replacement.as_str());
        writeln!(out, "  replace {}-{} {old:?} by {new:?} ({with})", point(start), point(end))?;
    }
    Ok(())
}
