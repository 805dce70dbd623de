//! Findings and trees as people and programs read them: one file a format. Writes to what it is given;
//! knows no rule by name and decides nothing.

mod agent;
pub mod checklist;
mod checkstyle;
mod concise;
mod diagnosis;
mod github;
mod gitlab;
mod html;
mod human;
mod json;
mod json_lines;
mod junit;
mod markdown;
mod masked;
mod page;
mod parse_json;
mod plain;
#[cfg(feature = "live")]
pub mod probe;
mod rdjson;
mod sarif;
pub mod schema;
mod source_code;
mod statistics;
mod xml;

use std::io::{self, Write};

use crate::diag::{Finding, Severity};
use crate::lint::Suppressed;
use crate::text::{Files, Place, mask_part};

use masked::Masked;

pub use diagnosis::diagnosis_json;
pub use page::page;
pub use parse_json::ParseDocument;
pub use statistics::{statistics, statistics_json};

/// How the terminal wants its text.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Whether to colour and link.
    pub color: bool,
    /// Columns to wrap at.
    pub width: usize,
}

/// What a run found, with what the formats say besides.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    /// The files that the findings point into.
    pub files: &'a Files,
    /// The findings in the order to show.
    pub findings: &'a [Finding],
    /// The counts.
    pub summary: Summary,
    /// Whether what comments and the baseline hide is to be shown too, marked as such.
    pub hidden: bool,
    /// What comments suppress; empty unless it is to be shown.
    pub suppressed: &'a [Suppressed],
    /// What the baseline knows; empty unless it is to be shown.
    pub known: &'a [Finding],
    /// Whether there is a baseline, so that every finding is a new one.
    pub baseline: bool,
}

impl<'a> Report<'a> {
    /// Findings alone, without counts.
    pub fn of(files: &'a Files, findings: &'a [Finding]) -> Self {
        let summary = Summary::default();
        Self { files, findings, summary, hidden: false, suppressed: &[], known: &[], baseline: false }
    }

    /// Whether there was nothing to look at, so that counts would say nothing.
    fn is_empty_run(&self) -> bool {
        self.findings.is_empty() && self.summary.statements == 0
    }
}

/// The counts of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files read.
    pub files: usize,
    /// Policies found.
    pub policies: usize,
    /// Statements found, each place once.
    pub statements: usize,
    /// Statement lists and rules that can't be resolved.
    pub unresolved: usize,
    /// Findings by severity.
    pub errors: usize,
    /// See `errors`.
    pub warnings: usize,
    /// See `errors`.
    pub infos: usize,
    /// Findings that comments suppressed.
    pub suppressed: usize,
    /// Findings that the baseline knows.
    pub known: usize,
    /// Findings with a safe fix.
    pub fixable: usize,
}

impl Summary {
    /// Sets the counts of findings.
    pub fn count(&mut self, findings: &[Finding]) {
        let of = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
        (self.errors, self.warnings, self.infos) =
            (of(Severity::Error), of(Severity::Warning), of(Severity::Info));
        let safe = |finding: &&Finding| {
            finding.fix.as_ref().is_some_and(|fix| fix.applicability == crate::diag::Applicability::Safe)
        };
        self.fixable = findings.iter().filter(safe).count();
    }
}

/// The formats of `lint`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Source lines with labels and help, for a terminal.
    Human,
    /// The same facts in words alone, for screen readers and logs.
    Plain,
    /// One line a finding.
    Concise,
    /// Few words, with the exact replacements, for coding agents.
    Agent,
    /// One JSON document, described by `ociam schema lint`.
    Json,
    /// One JSON document a finding, each on its line.
    #[value(alias = "jsonl")]
    JsonLines,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
    /// GitLab code quality.
    Gitlab,
    /// JUnit XML.
    Junit,
    /// Checkstyle XML.
    Checkstyle,
    /// The diagnostic format of reviewdog.
    Rdjson,
    /// A Markdown table, for summaries and comments.
    Markdown,
}

/// Writes a report in a format.
pub fn write(format: Format, report: &Report<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let masked = Masked::of(report);
    let report = &masked.report(report);
    match format {
        Format::Human => human::write(report, style, out),
        Format::Plain => plain::write(report, out),
        Format::Concise => concise::write(report, style, out),
        Format::Agent => agent::write(report, out),
        Format::Json => json::write(report, out),
        Format::JsonLines => json_lines::write(report, out),
        Format::Sarif => sarif::write(report, out),
        Format::Github => github::write(report, out),
        Format::Gitlab => gitlab::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Checkstyle => checkstyle::write(report, out),
        Format::Rdjson => rdjson::write(report, out),
        Format::Markdown => markdown::write(report, out),
    }
}

impl Format {
    /// Whether a person reads it as it is printed, so that a line of counts helps.
    pub fn is_for_people(self) -> bool {
        matches!(self, Format::Human | Format::Plain)
    }

    /// Whether it can tell what is hidden from what is not.
    pub fn shows_hidden(self) -> bool {
        matches!(self, Format::Human | Format::Plain | Format::Json | Format::Sarif)
    }
}

/// Writes the findings for a person, without the line of counts.
pub fn write_findings(report: &Report<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    write_findings_as(Format::Human, report, style, out)
}

/// Writes the findings in a format for people, without the line of counts.
pub fn write_findings_as(
    format: Format,
    report: &Report<'_>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let masked = Masked::of(report);
    let report = &masked.report(report);
    match format {
        Format::Plain => plain::write_findings(report, out),
        _ => human::write_findings(report, style, out),
    }
}

/// The user's own text at a place, without secrets.
fn quoted(files: &Files, place: Place) -> String {
    let Some(file) = files.get(place.file) else { return String::new() };
    mask_part(&file.text, place.span.start(), place.span.end())
}

/// A count with its word, which takes `s`, or `es` behind an x, for several.
pub fn plural(count: usize, word: &str) -> String {
    match count {
        1 => format!("1 {word}"),
        _ if word.ends_with('x') => format!("{count} {word}es"),
        _ => format!("{count} {word}s"),
    }
}

/// The page of a rule on the web, where the build knows the project's home.
fn rule_url(rule: &str) -> Option<String> {
    let home = env!("CARGO_PKG_REPOSITORY");
    (!home.is_empty()).then(|| format!("{home}/blob/main/docs/rules/{rule}.md"))
}
