//! Checkstyle XML, which many build servers and editors read.

use std::io::{self, Write};

use super::Report;
use super::xml::escape;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<checkstyle version=\"{}\">", env!("CARGO_PKG_VERSION"))?;
    for group in report.findings.chunk_by(|a, b| a.place.file == b.place.file) {
        let Some(file) = group.first().and_then(|finding| report.files.get(finding.place.file)) else {
            continue;
        };
        writeln!(out, "  <file name=\"{}\">", escape(&file.name, true))?;
        for finding in group {
            let at = file.position(finding.place.span.start());
            let mut text = finding.message.clone();
            for more in [&finding.note, &finding.help].into_iter().flatten() {
                text.push_str("; ");
                text.push_str(more);
            }
            writeln!(
                out,
                "    <error line=\"{}\" column=\"{}\" severity=\"{}\" message=\"{}\" source=\"ociam.{}\"/>",
                at.line,
                at.column,
                finding.severity.as_str(),
                escape(&text, true),
                finding.rule
            )?;
        }
        writeln!(out, "  </file>")?;
    }
    writeln!(out, "</checkstyle>")
}
