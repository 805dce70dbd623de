//! The JSON contract of `lint`. Each type is an object of it, its fields in the contract's order.

use std::io::{self, Write};

use rayon::prelude::*;
use serde::Serialize;

use crate::diag::{self, Label};
use crate::text::{Files, Place, Position};

use super::{Report, Summary};

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    findings: Vec<Finding<'a>>,
    summary: Counts,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed: Option<Vec<Suppressed<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    known: Option<Vec<Finding<'a>>>,
}

#[derive(Serialize)]
struct Counts {
    files: usize,
    policies: usize,
    statements: usize,
    unresolved: usize,
    errors: usize,
    warnings: usize,
    infos: usize,
    suppressed: usize,
    known: usize,
}

#[derive(Serialize)]
struct Suppressed<'a> {
    reason: Option<&'a str>,
    finding: Finding<'a>,
}

/// A finding as the contract has it.
#[derive(Serialize)]
pub(super) struct Finding<'a> {
    rule: &'a str,
    severity: &'static str,
    confidence: &'static str,
    message: &'a str,
    note: Option<&'a str>,
    help: Option<&'a str>,
    file: &'a str,
    range: Range,
    statement: Option<Statement<'a>>,
    related: Vec<Related<'a>>,
    fix: Option<Fix<'a>>,
}

#[derive(Serialize)]
struct Statement<'a> {
    policy: Option<&'a str>,
    index: Option<usize>,
    text: &'a str,
}

#[derive(Serialize)]
struct Related<'a> {
    message: &'a str,
    file: &'a str,
    range: Range,
}

#[derive(Serialize)]
struct Fix<'a> {
    title: &'a str,
    applicability: &'static str,
    edits: Vec<Edit<'a>>,
}

#[derive(Serialize)]
struct Edit<'a> {
    file: &'a str,
    range: Range,
    replacement: &'a str,
}

/// A place as the contract counts it: lines and columns from 1, columns in characters, offsets in bytes.
#[derive(Serialize)]
pub(super) struct Range {
    start: Point,
    end: Point,
}

#[derive(Serialize)]
struct Point {
    line: usize,
    column: usize,
    offset: usize,
}

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let of = |one| Finding::of(report.files, one);
    let suppressed = || {
        let all = report.suppressed.iter();
        all.map(|one| Suppressed { reason: one.reason.as_deref(), finding: of(&one.finding) }).collect()
    };
    let document = Document {
        schema_version: 1,
        findings: report.findings.par_iter().map(of).collect(),
        summary: Counts::of(&report.summary),
        suppressed: report.hidden.then(suppressed),
        known: report.hidden.then(|| report.known.iter().map(of).collect()),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

impl Counts {
    fn of(summary: &Summary) -> Self {
        let &Summary {
            files,
            policies,
            statements,
            unresolved,
            errors,
            warnings,
            infos,
            suppressed,
            known,
            ..
        } = summary;
        Self { files, policies, statements, unresolved, errors, warnings, infos, suppressed, known }
    }
}

impl<'a> Finding<'a> {
    pub(super) fn of(files: &'a Files, finding: &'a diag::Finding) -> Self {
        let related = |label: &'a Label| Related {
            message: &label.message,
            file: files.name(label.place.file),
            range: Range::of(files, label.place),
        };
        let edit = |edit: &'a diag::Edit| Edit {
            file: files.name(edit.place.file),
            range: Range::of(files, edit.place),
            replacement: &edit.replacement,
        };
        Self {
            rule: finding.rule,
            severity: finding.severity.as_str(),
            confidence: finding.confidence.as_str(),
            message: &finding.message,
            note: finding.note.as_deref(),
            help: finding.help.as_deref(),
            file: files.name(finding.place.file),
            range: Range::of(files, finding.place),
            statement: finding.statement.as_ref().map(|statement| Statement {
                policy: statement.policy.as_deref(),
                index: statement.index,
                text: &statement.text,
            }),
            related: finding.labels.iter().map(related).collect(),
            fix: finding.fix.as_ref().map(|fix| Fix {
                title: &fix.title,
                applicability: fix.applicability.as_str(),
                edits: fix.edits.iter().map(edit).collect(),
            }),
        }
    }
}

impl Range {
    pub(super) fn of(files: &Files, place: Place) -> Self {
        let point = |offset: usize| {
            let start = Position { line: 1, column: 1, offset };
            let Position { line, column, offset } =
                files.get(place.file).map_or(start, |file| file.position(offset));
            Point { line, column, offset }
        };
        Self { start: point(place.span.start()), end: point(place.span.end()) }
    }
}
