//! What a run comes to: all that the reports show. Holds no secret.

use super::ask::Target;
use super::explain::{Finding, Rotation};
use super::matrix::{Row, Verdict};
use super::observe::Observation;
use super::plan::Plan;

/// A credential that was found, or looked for, and not tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotTried {
    /// The auth method.
    pub method: &'static str,
    /// Where it comes from.
    pub origin: String,
    /// Why it was not tried.
    pub why: String,
}

/// A local check that found something, of a credential that is in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalCheck {
    /// Where the credential comes from.
    pub credential: String,
    /// The auth method.
    pub method: &'static str,
    /// What was found.
    pub evidence: super::preflight::Evidence,
}

/// A run.
#[derive(Clone, Default)]
pub struct Outcome {
    /// What the requests were about.
    pub target: Target,
    /// What was to be tried.
    pub plan: Plan,
    /// What came of it, a row a cell.
    pub rows: Vec<Row>,
    /// What every request showed, in the order of the answers.
    pub observations: Vec<Observation>,
    /// The failures with their diagnoses.
    pub findings: Vec<Finding>,
    /// What is known of both secrets of a key.
    pub rotation: Option<Rotation>,
    /// Credentials that were not tried.
    pub not_tried: Vec<NotTried>,
    /// What the local checks found.
    pub checks: Vec<LocalCheck>,
    /// What else there is to know.
    pub notes: Vec<String>,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
    /// Whether nothing was to be sent.
    pub offline: bool,
}

impl Outcome {
    /// Whether all that could work does: no failure, and something that works.
    pub fn is_good(&self) -> bool {
        let nothing_certain =
            self.checks.iter().all(|check| check.evidence.strength < super::preflight::Strength::Certain);
        let works = self.rows.iter().any(|row| row.verdict == Verdict::Works);
        self.findings.is_empty() && if self.offline { nothing_certain } else { works }
    }

    /// The row's cell with its credential, for reports.
    pub fn labels(&self, row: &Row) -> Option<(&super::Credential, &super::Cell)> {
        let cell = self.plan.cells.get(row.cell)?;
        Some((self.plan.credentials.get(cell.credential)?, cell))
    }
}
