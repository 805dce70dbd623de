//! A Markdown table, for job summaries and comments on pull requests.

use std::io::{self, Write};

use super::{Report, plural, rule_url};

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let summary = &report.summary;
    writeln!(
        out,
        "**ociam**: {}, {}, {} to know, in {}",
        plural(summary.errors, "error"),
        plural(summary.warnings, "warning"),
        summary.infos,
        plural(summary.statements, "statement")
    )?;
    if report.findings.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n| place | severity | rule | finding |\n| --- | --- | --- | --- |")?;
    for finding in report.findings {
        let Some(file) = report.files.get(finding.place.file) else { continue };
        let line = file.position(finding.place.span.start()).line;
        let mut text = cell(&finding.message);
        for more in [&finding.note, &finding.help].into_iter().flatten() {
            text.push_str("<br>");
            text.push_str(&cell(more));
        }
        let rule = finding.rule;
        let rule = rule_url(rule).map_or_else(|| format!("`{rule}`"), |url| format!("[{rule}]({url})"));
        let severity = finding.severity.as_str();
        writeln!(out, "| {}:{line} | {severity} | {rule} | {text} |", cell(&file.name))?;
    }
    Ok(())
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ").replace('<', "&lt;")
}
