//! Weights become ranked diagnoses, each with its evidence and a remedy that can be typed.

use super::case::Case;
use super::catalogue::cause;
use super::facts::Facts;
use super::ladder::{Belief, is_alike, says_alike};
use super::remedy::{self, Remedy};
use super::weights::{Evidence, Weights};

/// One ranked cause.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnosis {
    /// The cause's name.
    pub cause: &'static str,
    /// Share of all that could be the cause, 0 to 1; all together at most 1.
    pub confidence: f64,
    /// What it is.
    pub explanation: String,
    /// Why we believe it, strongest first.
    pub evidence: Vec<Evidence>,
    /// What to do.
    pub remedy: Remedy,
    /// The cheapest thing that would tell this cause from the next.
    pub next_check: String,
    /// Why `ociam probe` can't show this cause; none where it can.
    pub probe_cannot_show: Option<&'static str>,
}

/// A cause that an observation contradicts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuledOut {
    /// The cause's name.
    pub cause: &'static str,
    /// Why it can't be.
    pub because: String,
}

/// All that can be said of a case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Best first.
    pub diagnoses: Vec<Diagnosis>,
    /// What it is not.
    pub ruled_out: Vec<RuledOut>,
}

/// How many causes a report names.
const LISTED: usize = 5;
/// Below this share a cause is not worth a line.
const WORTH_NAMING: f64 = 0.01;
/// A cause whose share is a smaller part of another's is no rival that a check need tell it from.
const RIVAL: f64 = 0.05;
/// What is left for causes that have no name here.
const UNKNOWN: f64 = 0.03;

/// The causes by their weights, best first.
pub(super) fn rank(weights: Weights, case: &Case, facts: &Facts) -> Report {
    if facts.is_empty() && case.policies.is_empty() {
        return Report::default();
    }
    let mut diagnoses = Vec::new();
    let ranked = Belief::of(weights.odds()).ranked();
    for (rank, (name, share)) in ranked.iter().copied().enumerate().take(LISTED) {
        let confidence = (share * (1.0 - UNKNOWN) * 1000.0).floor() / 1000.0;
        let Some(entry) = cause(name) else { continue };
        if confidence < WORTH_NAMING && diagnoses.len() >= 3 {
            break;
        }
        // The first is told from the second, every other one from the first.
        let rival = ranked.get(usize::from(rank == 0)).filter(|(_, other)| *other >= share * RIVAL);
        let rival = rival.map(|(rival, _)| *rival);
        diagnoses.push(Diagnosis {
            cause: name,
            confidence,
            explanation: entry.what.clone(),
            evidence: weights.evidence_for(name),
            remedy: remedy::remedy(name, entry, case, facts),
            next_check: match rival {
                Some(rival) if is_alike(name, rival) => {
                    format!("{}; what is left is to {}", says_alike(name, rival), entry.check)
                }
                Some(rival) => remedy::check(name, rival, facts).unwrap_or_else(|| entry.check.clone()),
                None => entry.check.clone(),
            },
            probe_cannot_show: entry.probe_cannot_show.as_deref(),
        });
    }
    let ruled_out = weights.ruled_out().map(|(cause, because)| RuledOut { cause, because }).collect();
    Report { diagnoses, ruled_out }
}
