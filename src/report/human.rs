//! For people at a terminal: the source line, a label, why it matters, what to do.

use std::fmt;
use std::io::{self, Write};

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeCharacters, ThemeStyles,
};

use colored::Color;

use crate::diag::{Applicability, Finding, Severity};
use crate::text::{Files, Place};

use super::source_code::Excerpt;
use super::{Report, Style, Summary, plural, rule_url};

/// Room that the renderer takes before the text of a line.
const GUTTER: usize = 8;

pub(super) fn write(report: &Report<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    write_findings(report, style, out)?;
    if report.is_empty_run() {
        return Ok(());
    }
    writeln!(out, "{}", summary_line(&report.summary, style.color))
}

pub(super) fn write_findings(report: &Report<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let handler = handler(style);
    for finding in report.findings {
        let mut text = String::new();
        let shown = Shown::new(report.files, finding, style);
        handler.render_report(&mut text, &shown).map_err(io::Error::other)?;
        writeln!(out, "{}", text.trim_end())?;
        for line in &shown.elsewhere {
            writeln!(out, "  {} {line}", if style.color { "\u{1b}[36mnote:\u{1b}[0m" } else { "note:" })?;
        }
        writeln!(out)?;
    }
    write_hidden(report, style, out)
}

/// What comments and the baseline hide: a line each.
fn write_hidden(report: &Report<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let word = |word: &str| match style.color {
        true => format!("\u{1b}[2m{word}\u{1b}[0m"),
        false => word.to_owned(),
    };
    let line = |finding: &Finding| {
        let place = position(report.files, finding.place);
        format!("{place}: {}[{}] {}", finding.severity.as_str(), finding.rule, finding.message)
    };
    for suppressed in report.suppressed {
        let reason = suppressed.reason.as_deref().unwrap_or("no reason given");
        writeln!(out, "{} {} ({reason})", word("suppressed:"), line(&suppressed.finding))?;
    }
    for finding in report.known {
        writeln!(out, "{} {}", word("in the baseline:"), line(finding))?;
    }
    if !report.suppressed.is_empty() || !report.known.is_empty() {
        writeln!(out)?;
    }
    Ok(())
}

fn handler(style: Style) -> GraphicalReportHandler {
    let styles = if style.color { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let theme = GraphicalTheme { characters: ThemeCharacters::unicode(), styles };
    GraphicalReportHandler::new_themed(theme)
        .with_width(style.width)
        .with_context_lines(1)
        .with_links(style.color)
        .with_break_words(false)
        .without_syntax_highlighting()
}

/// A finding as the renderer wants it.
#[derive(Debug)]
struct Shown<'a> {
    finding: &'a Finding,
    cause: Option<Cause>,
    excerpt: Option<Excerpt>,
    labels: Vec<LabeledSpan>,
    help: Option<String>,
    /// Places that the excerpt does not show.
    elsewhere: Vec<String>,
    linked: bool,
}

/// Why it matters, in the place where the renderer shows causes.
#[derive(Debug)]
struct Cause(String);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Cause {}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Excerpt")
    }
}

impl<'a> Shown<'a> {
    fn new(files: &Files, finding: &'a Finding, style: Style) -> Self {
        let width = style.width.saturating_sub(GUTTER).max(40);
        let excerpt = files.get(finding.place.file).map(|file| Excerpt::new(file, finding.place.span, width));
        let mut labels = Vec::new();
        let mut elsewhere = Vec::new();
        if let Some(excerpt) = &excerpt {
            let span = excerpt.clip(finding.place.span);
            labels.push(LabeledSpan::new(None, span.start(), span.len()));
            for label in &finding.labels {
                let near = label.place.file == finding.place.file && excerpt.holds(label.place.span);
                if near {
                    let span = excerpt.clip(label.place.span);
                    labels.push(LabeledSpan::new(Some(label.message.clone()), span.start(), span.len()));
                } else {
                    elsewhere.push(format!("{} ({})", label.message, position(files, label.place)));
                }
            }
        }
        let mut help: Vec<String> = finding.help.iter().cloned().collect();
        if let Some(fix) = finding.fix.as_ref().filter(|_| finding.help.is_none()) {
            help.push(fix.title.clone());
        }
        if let (Some(fix), Some(last)) = (&finding.fix, help.last_mut()) {
            last.push_str(match fix.applicability {
                Applicability::Safe => "  [--fix]",
                Applicability::Unsafe => "  [--unsafe-fixes]",
            });
        }
        let help = (!help.is_empty()).then(|| help.join("\n"));
        let cause = finding.note.clone().map(Cause);
        Self { finding, cause, excerpt, labels, help, elsewhere, linked: style.color }
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.finding.message)
    }
}

impl std::error::Error for Shown<'_> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_ref().map(|cause| cause as &(dyn std::error::Error + 'static))
    }
}

impl Diagnostic for Shown<'_> {
    fn code<'s>(&'s self) -> Option<Box<dyn fmt::Display + 's>> {
        let severity = self.finding.severity.as_str();
        Some(Box::new(format!("{severity}[{}]", self.finding.rule)))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Info => miette::Severity::Advice,
        })
    }

    fn help<'s>(&'s self) -> Option<Box<dyn fmt::Display + 's>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display + 's>)
    }

    fn url<'s>(&'s self) -> Option<Box<dyn fmt::Display + 's>> {
        let url = rule_url(self.finding.rule).filter(|_| self.linked)?;
        Some(Box::new(url))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

fn position(files: &Files, place: Place) -> String {
    match files.get(place.file) {
        Some(file) => format!("{}:{}", file.name, file.position(place.span.start()).line),
        None => String::new(),
    }
}

/// `3 errors and 1 warning in 40 statements of 6 policies (12 files); 2 can be fixed with --fix`
pub(super) fn summary_line(summary: &Summary, color: bool) -> String {
    let paint = |text: String, hue: Color| {
        // The library's own guess looks at standard output alone; the choice is made already.
        if color { format!("\u{1b}[1;{}m{text}\u{1b}[0m", hue.to_fg_str()) } else { text }
    };
    let mut parts = Vec::new();
    if summary.errors > 0 {
        parts.push(paint(plural(summary.errors, "error"), Color::Red));
    }
    if summary.warnings > 0 {
        parts.push(paint(plural(summary.warnings, "warning"), Color::Yellow));
    }
    if summary.infos > 0 {
        parts.push(paint(format!("{} to know", summary.infos), Color::Cyan));
    }
    let found = match parts.len() {
        0 => paint("no findings".to_owned(), Color::Green),
        _ => parts.join(", "),
    };
    let policies = match summary.policies {
        0 => String::new(),
        1 => " of 1 policy".to_owned(),
        count => format!(" of {count} policies"),
    };
    let statements = plural(summary.statements, "statement");
    let mut line = format!("{found} in {statements}{policies} ({})", plural(summary.files, "file"));
    let mut more = Vec::new();
    if summary.fixable > 0 {
        more.push(format!("{} fixable with --fix", summary.fixable));
    }
    if summary.suppressed > 0 {
        more.push(format!("{} suppressed", summary.suppressed));
    }
    if summary.known > 0 {
        more.push(format!("{} in the baseline", summary.known));
    }
    if !more.is_empty() {
        line.push_str("; ");
        line.push_str(&more.join(", "));
    }
    line
}
