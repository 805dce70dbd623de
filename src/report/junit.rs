//! JUnit XML: a suite for each file with findings, a failed case for each finding.

use std::io::{self, Write};

use crate::diag::{Finding, Severity};

use super::Report;
use super::xml::escape;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let count = report.findings.len();
    let failures = report.findings.iter().filter(|finding| fails(finding)).count();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"ociam\" tests=\"{}\" failures=\"{failures}\">", count.max(1))?;
    if count == 0 {
        writeln!(out, "  <testsuite name=\"ociam\" tests=\"1\" failures=\"0\">")?;
        writeln!(out, "    <testcase classname=\"ociam\" name=\"no findings\"/>")?;
        writeln!(out, "  </testsuite>")?;
    }
    for suite in report.findings.chunk_by(|a, b| a.place.file == b.place.file) {
        let Some(file) = suite.first().and_then(|finding| report.files.get(finding.place.file)) else {
            continue;
        };
        let failures = suite.iter().filter(|finding| fails(finding)).count();
        let name = escape(&file.name, true);
        writeln!(out, "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failures}\">", suite.len())?;
        for finding in suite {
            let at = file.position(finding.place.span.start());
            writeln!(
                out,
                "    <testcase classname=\"{name}\" name=\"{} {}:{}\" file=\"{name}\" line=\"{}\">",
                finding.rule, at.line, at.column, at.line
            )?;
            let body = text(finding, &file.name, at.line, at.column);
            if fails(finding) {
                let (message, kind) = (escape(&finding.message, true), finding.severity.as_str());
                writeln!(out, "      <failure type=\"{kind}\" message=\"{message}\">{body}</failure>")?;
            } else {
                writeln!(out, "      <system-out>{body}</system-out>")?;
            }
            writeln!(out, "    </testcase>")?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn fails(finding: &Finding) -> bool {
    finding.severity > Severity::Info
}

fn text(finding: &Finding, file: &str, line: usize, column: usize) -> String {
    let mut text = format!("{file}:{line}:{column}: {}", finding.message);
    for more in [&finding.note, &finding.help].into_iter().flatten() {
        text.push('\n');
        text.push_str(more);
    }
    escape(&text, false)
}
