//! Weights become ranked diagnoses, each with its evidence and a remedy that can be typed.

use std::collections::BTreeMap;

use super::case::Case;
use super::catalogue::{cause, causes};
use super::facts::Facts;
use super::ladder::{Belief, is_alike, says_alike};
use super::remedy;

/// Any fact that a diagnosis rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Where it comes from: `error-text`, `request`, `circumstance`, `policy`, `matching-rule`, `catalogue`, `token`, `observation`.
    pub kind: &'static str,
    /// The fact, in a sentence.
    pub text: String,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// In words.
    pub text: String,
    /// Statements to attach.
    pub statements: Vec<String>,
    /// Commands to type.
    pub commands: Vec<String>,
}

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

/// The sum of what speaks for and against each cause.
#[derive(Debug, Default)]
pub(super) struct Weights {
    sum: BTreeMap<&'static str, f64>,
    evidence: BTreeMap<&'static str, Vec<(f64, Evidence)>>,
    excluded: BTreeMap<&'static str, String>,
}

impl Weights {
    pub(super) fn new() -> Self {
        let sum = causes().iter().map(|(name, cause)| (name.as_str(), cause.prior)).collect();
        Self { sum, ..Self::default() }
    }

    /// Adds log-odds for a cause; unknown names are ignored (a test holds the data to the list).
    pub(super) fn add(&mut self, name: &str, weight: f64, evidence: &Evidence) {
        let Some((name, _)) = causes().get_key_value(name) else { return };
        *self.sum.entry(name).or_default() += weight;
        if weight > 0.0 {
            self.evidence.entry(name).or_default().push((weight, evidence.clone()));
        }
    }

    /// Rules a cause out.
    pub(super) fn exclude(&mut self, name: &str, because: &str) {
        if let Some((name, _)) = causes().get_key_value(name) {
            self.excluded.entry(name).or_insert_with(|| because.to_owned());
        }
    }

    /// The share of each cause that is not ruled out.
    pub(super) fn belief(&self) -> Belief {
        let open = self.sum.iter().filter(|(name, _)| !self.excluded.contains_key(*name));
        Belief::of(open.map(|(name, sum)| (*name, sum.exp())))
    }

    pub(super) fn report(self, case: &Case, facts: &Facts) -> Report {
        if facts.is_empty() && case.policies.is_empty() {
            return Report::default();
        }
        let mut diagnoses = Vec::new();
        let ranked = self.belief().ranked();
        for (rank, (name, share)) in ranked.iter().copied().enumerate().take(LISTED) {
            let confidence = (share * (1.0 - UNKNOWN) * 1000.0).floor() / 1000.0;
            let Some(entry) = cause(name) else { continue };
            if confidence < WORTH_NAMING && diagnoses.len() >= 3 {
                break;
            }
            // The first is told from the second, every other one from the first.
            let rival = ranked.get(usize::from(rank == 0)).filter(|(_, other)| *other >= share * RIVAL);
            let rival = rival.map(|(rival, _)| *rival);
            let mut evidence = self.evidence.get(name).cloned().unwrap_or_default();
            evidence.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.text.cmp(&b.1.text)));
            let mut evidence: Vec<Evidence> = evidence.into_iter().map(|(_, evidence)| evidence).collect();
            evidence.dedup();
            diagnoses.push(Diagnosis {
                cause: name,
                confidence,
                explanation: entry.what.clone(),
                evidence,
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
        let ruled_out =
            self.excluded.into_iter().map(|(cause, because)| RuledOut { cause, because }).collect();
        Report { diagnoses, ruled_out }
    }
}
