//! The diagnostic format of reviewdog: comments with suggestions on pull requests. It counts columns in bytes.

use std::borrow::Cow;
use std::io::{self, Write};

use serde_json::{Value, json};

use crate::diag::{Finding, Fix, Severity};
use crate::text::{Files, Place, SourceFile, Span, mask};

use super::{Report, rule_url};

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let diagnostics: Vec<Value> =
        report.findings.iter().map(|finding| diagnostic(report.files, finding)).collect();
    let document = json!({ "source": { "name": "ociam" }, "diagnostics": diagnostics });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn diagnostic(files: &Files, finding: &Finding) -> Value {
    let mut text = finding.message.clone();
    for more in [&finding.note, &finding.help].into_iter().flatten() {
        text.push('\n');
        text.push_str(more);
    }
    let mut code = json!({ "value": finding.rule });
    if let (Some(url), Some(fields)) = (rule_url(finding.rule), code.as_object_mut()) {
        fields.insert("url".to_owned(), json!(url));
    }
    let related = finding
        .labels
        .iter()
        .map(|label| json!({ "message": label.message, "location": location(files, label.place) }));
    json!({
        "message": text,
        "location": location(files, finding.place),
        "severity": match finding.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
            Severity::Info => "INFO",
        },
        "code": code,
        "suggestions": finding.fix.iter().filter_map(|fix| suggestion(files, finding.place, fix)).collect::<Vec<_>>(),
        "related_locations": related.collect::<Vec<_>>(),
    })
}

fn location(files: &Files, place: Place) -> Value {
    let path = files.name(place.file);
    let range = files.get(place.file).map_or_else(|| json!({}), |file| range(file, place));
    json!({ "path": path.strip_prefix("./").unwrap_or(path), "range": range })
}

fn range(file: &SourceFile, place: Place) -> Value {
    let point = |offset: usize| {
        let at = file.position(offset);
        json!({ "line": at.line, "column": at.offset - file.line_start(at.line) + 1 })
    };
    json!({ "start": point(place.span.start()), "end": point(place.span.end()) })
}

/// A fix as one replacement, since each suggestion is offered for itself: the text from the first edit to the last.
/// A suggestion can't change another file than the one that it is about.
fn suggestion(files: &Files, about: Place, fix: &Fix) -> Option<Value> {
    let file = files.get(about.file)?;
    let mut edits: Vec<_> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| edit.place.span);
    if edits.iter().any(|edit| edit.place.file != about.file) {
        return None;
    }
    let mut place = edits.first()?.place;
    let (mut text, mut at) = (String::new(), place.span.start());
    for edit in edits {
        text.push_str(file.text.get(at..edit.place.span.start())?);
        text.push_str(&edit.replacement);
        at = edit.place.span.end();
    }
    place.span = Span::new(place.span.start(), at);
    // What stands between the edits is the user's text.
    if matches!(mask(&text), Cow::Owned(_)) {
        return None;
    }
    Some(json!({ "range": range(file, place), "text": text }))
}
