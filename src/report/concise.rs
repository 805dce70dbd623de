//! One line a finding, as compilers print it: editors and `grep` understand it.

use std::io::{self, Write};

use super::{Report, Style};

pub(super) fn write(report: &Report<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.findings {
        let Some(file) = report.files.get(finding.place.file) else { continue };
        let at = file.position(finding.place.span.start());
        let severity = finding.severity.as_str();
        let word = match (style.color, finding.severity) {
            (false, _) => severity.to_owned(),
            (true, crate::diag::Severity::Error) => format!("\u{1b}[1;31m{severity}\u{1b}[0m"),
            (true, crate::diag::Severity::Warning) => format!("\u{1b}[1;33m{severity}\u{1b}[0m"),
            (true, crate::diag::Severity::Info) => format!("\u{1b}[1;36m{severity}\u{1b}[0m"),
        };
        let help = finding.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        writeln!(
            out,
            "{}:{}:{}: {word}[{}] {}{help}",
            file.name, at.line, at.column, finding.rule, finding.message
        )?;
    }
    Ok(())
}
