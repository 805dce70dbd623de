//! The JSON contract of `lint`.

use std::io::{self, Write};

use rayon::prelude::*;
use serde_json::{Value, json};

use crate::diag::{Finding, Fix};
use crate::text::{Files, Place, Position};

use super::Report;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let summary = &report.summary;
    let mut document = json!({
        "schema_version": 1,
        "findings": report.findings.par_iter().map(|f| finding(report.files, f)).collect::<Vec<_>>(),
        "summary": {
            "files": summary.files,
            "policies": summary.policies,
            "statements": summary.statements,
            "unresolved": summary.unresolved,
            "errors": summary.errors,
            "warnings": summary.warnings,
            "infos": summary.infos,
            "suppressed": summary.suppressed,
            "known": summary.known,
        },
    });
    if let Some(fields) = document.as_object_mut().filter(|_| report.hidden) {
        let suppressed = report.suppressed.iter().map(|suppressed| {
            json!({ "reason": suppressed.reason, "finding": finding(report.files, &suppressed.finding) })
        });
        fields.insert("suppressed".to_owned(), suppressed.collect());
        let known = report.known.iter().map(|known| finding(report.files, known));
        fields.insert("known".to_owned(), known.collect());
    }
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// A finding as the contract has it.
pub(super) fn finding(files: &Files, finding: &Finding) -> Value {
    let statement = finding.statement.as_ref().map(|statement| {
        json!({
            "policy": statement.policy.as_deref(),
            "index": statement.index,
            "text": statement.text.as_ref(),
        })
    });
    let related = finding.labels.iter().map(|label| {
        json!({
            "message": label.message,
            "file": files.name(label.place.file),
            "range": range(files, label.place),
        })
    });
    json!({
        "rule": finding.rule,
        "severity": finding.severity.as_str(),
        "confidence": finding.confidence.as_str(),
        "message": finding.message,
        "note": finding.note,
        "help": finding.help,
        "file": files.name(finding.place.file),
        "range": range(files, finding.place),
        "statement": statement,
        "related": related.collect::<Vec<_>>(),
        "fix": finding.fix.as_ref().map(|fix| fix_value(files, fix)),
    })
}

fn fix_value(files: &Files, fix: &Fix) -> Value {
    let edits = fix.edits.iter().map(|edit| {
        json!({
            "file": files.name(edit.place.file),
            "range": range(files, edit.place),
            "replacement": edit.replacement,
        })
    });
    json!({
        "title": fix.title,
        "applicability": fix.applicability.as_str(),
        "edits": edits.collect::<Vec<_>>(),
    })
}

/// A place as the contract counts it: lines and columns from 1, columns in characters, offsets in bytes.
pub(super) fn range(files: &Files, place: Place) -> Value {
    let point = |offset: usize| {
        let start = Position { line: 1, column: 1, offset };
        let Position { line, column, offset } =
            files.get(place.file).map_or(start, |file| file.position(offset));
        json!({ "line": line, "column": column, "offset": offset })
    };
    json!({ "start": point(place.span.start()), "end": point(place.span.end()) })
}
