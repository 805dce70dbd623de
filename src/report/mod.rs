//! Findings and trees as people and programs read them: one file a format. Writes to what it is given;
//! knows no rule by name and decides nothing.

pub mod checklist;
mod concise;
mod diagnosis;
mod github;
mod gitlab;
mod html;
mod human;
mod json;
mod junit;
mod markdown;
mod page;
mod parse_json;
#[cfg(feature = "live")]
pub mod probe;
mod sarif;
pub mod schema;
mod source_code;
mod statistics;

use std::borrow::Cow;
use std::io::{self, Write};

use crate::diag::{Finding, Severity};
use crate::text::{Files, mask, mask_shapes};

pub use diagnosis::diagnosis_json;
pub use page::page;
pub use parse_json::parse_document;
pub use statistics::statistics;

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
    /// One line a finding.
    Concise,
    /// One JSON document, described by `ociam schema lint`.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
    /// GitLab code quality.
    Gitlab,
    /// JUnit XML.
    Junit,
    /// A Markdown table, for summaries and comments.
    Markdown,
}

/// Writes a report in a format.
pub fn write(format: Format, report: &Report<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let findings = without_secrets(report.findings);
    let report = &Report { findings: &findings, ..*report };
    match format {
        Format::Human => human::write(report, style, out),
        Format::Concise => concise::write(report, style, out),
        Format::Json => json::write(report, out),
        Format::Sarif => sarif::write(report, out),
        Format::Github => github::write(report, out),
        Format::Gitlab => gitlab::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Markdown => markdown::write(report, out),
    }
}

/// Writes the findings for a person, without the line of counts.
pub fn write_findings(report: &Report<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let findings = without_secrets(report.findings);
    human::write_findings(&Report { findings: &findings, ..*report }, style, out)
}

/// The findings as they may be shown: they quote the user's text, in which a secret may stand. A fix that would
/// repeat one is left out; whoever applies it has the file.
fn without_secrets(findings: &[Finding]) -> Cow<'_, [Finding]> {
    let holds = |text: &str| matches!(mask(text), Cow::Owned(_));
    let of_statement = |finding: &Finding| {
        finding.statement.as_ref().is_some_and(|one| matches!(mask_shapes(&one.text), Cow::Owned(_)))
    };
    let of_fix = |finding: &Finding| {
        let fix = finding.fix.as_ref();
        fix.is_some_and(|fix| holds(&fix.title) || fix.edits.iter().any(|edit| holds(&edit.replacement)))
    };
    let words = |finding: &Finding| {
        let more = finding.note.iter().chain(&finding.help);
        let labels = finding.labels.iter().map(|label| &label.message);
        std::iter::once(&finding.message).chain(more).chain(labels).any(|text| holds(text))
    };
    if !findings.iter().any(|finding| words(finding) || of_statement(finding) || of_fix(finding)) {
        return Cow::Borrowed(findings);
    }
    let shown = |finding: &Finding| {
        let mut shown = finding.clone();
        let labels = shown.labels.iter_mut().map(|label| &mut label.message);
        let more = shown.note.iter_mut().chain(&mut shown.help);
        for text in std::iter::once(&mut shown.message).chain(more).chain(labels) {
            *text = mask(text).into_owned();
        }
        if let Some(statement) = &mut shown.statement {
            statement.text = mask_shapes(&statement.text).into();
        }
        shown.fix = shown.fix.filter(|_| !of_fix(finding));
        shown
    };
    findings.iter().map(shown).collect()
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// The page of a rule on the web, where the build knows the project's home.
fn rule_url(rule: &str) -> Option<String> {
    let home = env!("CARGO_PKG_REPOSITORY");
    (!home.is_empty()).then(|| format!("{home}/blob/main/docs/rules/{rule}.md"))
}
