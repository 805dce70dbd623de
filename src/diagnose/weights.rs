//! What speaks for and against each cause, summed up.

use std::collections::BTreeMap;

use super::catalogue::causes;

/// Any fact that a diagnosis rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Where it comes from: `error-text`, `request`, `circumstance`, `policy`, `matching-rule`, `catalogue`, `token`, `observation`.
    pub kind: &'static str,
    /// The fact, in a sentence.
    pub text: String,
}

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

    /// The odds of each cause that is not ruled out.
    pub(super) fn odds(&self) -> impl Iterator<Item = (&'static str, f64)> {
        let open = self.sum.iter().filter(|(name, _)| !self.excluded.contains_key(*name));
        open.map(|(name, sum)| (*name, sum.exp()))
    }

    /// What speaks for a cause, strongest first.
    pub(super) fn evidence_for(&self, name: &str) -> Vec<Evidence> {
        let mut evidence = self.evidence.get(name).cloned().unwrap_or_default();
        evidence.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.text.cmp(&b.1.text)));
        let mut evidence: Vec<Evidence> = evidence.into_iter().map(|(_, evidence)| evidence).collect();
        evidence.dedup();
        evidence
    }

    /// The causes that are ruled out, each with the reason.
    pub(super) fn ruled_out(self) -> impl Iterator<Item = (&'static str, String)> {
        self.excluded.into_iter()
    }
}
