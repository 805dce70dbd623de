//! The words that all forms share.

use crate::diagnose::Diagnosis;
use crate::probe::{Finding, Outcome, Row, Shown, Verdict};

/// A verdict for people.
pub(super) fn words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Works => "works",
        Verdict::NotAuthorized => "not authorized",
        Verdict::NotAuthenticated => "not authenticated",
        Verdict::NotSupported => "not supported",
        Verdict::Unreachable => "unreachable",
        Verdict::Skipped => "skipped",
    }
}

/// A mark for what a request shows.
pub(super) fn mark(shown: Shown) -> &'static str {
    match shown {
        Shown::Yes => "✔",
        Shown::No => "✘",
        Shown::Unknown => "·",
    }
}

/// Rows that say the same of one plane under one credential.
pub(super) struct Line<'a> {
    /// The first of them.
    pub(super) row: &'a Row,
    /// The plane.
    pub(super) plane: &'static str,
    /// The region, or how many there are.
    pub(super) region: String,
    /// The verdict's reason.
    pub(super) reason: &'a str,
}

/// A credential with its lines.
pub(super) struct Block<'a> {
    /// The auth method.
    pub(super) method: &'static str,
    /// Where it comes from.
    pub(super) origin: &'a str,
    /// Whether it is the standby secret.
    pub(super) standby: bool,
    /// What was tried.
    pub(super) lines: Vec<Line<'a>>,
}

/// From this many on, rows that say the same become one line.
const MANY: usize = 3;

/// The matrix by credential.
pub(super) fn blocks(outcome: &Outcome) -> Vec<Block<'_>> {
    let mut blocks: Vec<(usize, Block<'_>)> = Vec::new();
    let mut seen_same: Vec<usize> = Vec::new();
    for (index, row) in outcome.rows.iter().enumerate() {
        let Some((credential, cell)) = outcome.labels(row) else { continue };
        if seen_same.contains(&index) {
            continue;
        }
        let same = |other: &Row| {
            let other_cell = outcome.plan.cells.get(other.cell);
            other_cell.is_some_and(|other| {
                other.credential == cell.credential && other.plane.name == cell.plane.name
            }) && other.verdict == row.verdict
                && other.verdict != Verdict::Works
                && other.reason == row.reason
        };
        let alike: Vec<usize> =
            outcome.rows.iter().enumerate().filter(|(_, other)| same(other)).map(|(at, _)| at).collect();
        let own = row.region.clone().unwrap_or_else(|| "–".to_owned());
        let region = if alike.len() > MANY {
            seen_same.extend(alike.iter().copied());
            format!("{own} +{}", alike.len() - 1)
        } else {
            own
        };
        let line = Line { row, plane: cell.plane.name, region, reason: &row.reason };
        match blocks.iter_mut().find(|(at, _)| *at == cell.credential) {
            Some((_, block)) => block.lines.push(line),
            None => blocks.push((
                cell.credential,
                Block {
                    method: credential.method,
                    origin: &credential.origin,
                    standby: credential.standby,
                    lines: vec![line],
                },
            )),
        }
    }
    blocks.into_iter().map(|(_, block)| block).collect()
}

/// The heading of a failure.
pub(super) fn heading(finding: &Finding) -> String {
    format!("{} ({}) {}", finding.auth_method, finding.credential, finding.what)
}

/// A share for people.
pub(super) fn percent(diagnosis: &Diagnosis) -> String {
    format!("{:.0} %", diagnosis.confidence * 100.0)
}

/// What a run was about, in a line.
pub(super) fn about(outcome: &Outcome) -> String {
    let target = &outcome.target;
    let mut parts = Vec::new();
    parts.extend(target.model.as_ref().map(|model| format!("model {model}")));
    parts.extend(target.compartment.as_ref().map(|compartment| format!("compartment {compartment}")));
    parts.extend(target.project.as_ref().map(|project| format!("project {project}")));
    parts.extend(target.agent_endpoint.as_ref().map(|endpoint| format!("agent endpoint {endpoint}")));
    let requests = outcome.observations.len();
    parts.push(super::super::plural(requests, "request"));
    parts.join(", ")
}
