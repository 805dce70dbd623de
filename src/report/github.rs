//! Workflow commands of GitHub Actions: an annotation for each finding.

use std::io::{self, Write};

use crate::diag::Severity;

use super::Report;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.findings {
        let Some(file) = report.files.get(finding.place.file) else { continue };
        let (start, end) =
            (file.position(finding.place.span.start()), file.position(finding.place.span.end()));
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let mut place = format!("file={},line={},col={}", property(&file.name), start.line, start.column);
        if end.line == start.line {
            place.push_str(&format!(",endColumn={}", end.column));
        } else {
            place.push_str(&format!(",endLine={}", end.line));
        }
        let mut text = finding.message.clone();
        for more in [&finding.note, &finding.help].into_iter().flatten() {
            text.push('\n');
            text.push_str(more);
        }
        writeln!(out, "::{command} {place},title={}::{}", property(finding.rule), data(&text))?;
    }
    Ok(())
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
