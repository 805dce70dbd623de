//! Experiments that try one after another: profiles, regions, compartments.

use serde_json::Value;

use super::bench::Bench;
use super::look;
use crate::diagnose::ladder::Outcome;
use crate::probe::ask::Ask;
use crate::probe::matrix::reason;
use crate::probe::observe::Shown;

/// Compartments that are tried when no statement says where rights are.
const MOST_COMPARTMENTS: usize = 3;

impl Bench<'_> {
    /// Makes the call with other profiles until one works.
    pub(super) async fn profiles(&self, name: &str) -> Option<(Outcome, String)> {
        let mut last = None;
        for credential in self.other_profiles() {
            let Some((seen, _)) = self.send(credential, name, &self.ask, &self.place).await else { continue };
            let words = format!("{}: {}", seen.credential, reason(&seen));
            match self.compare(&seen) {
                Outcome::Works => return Some((Outcome::Works, words)),
                other => last = Some((other, words)),
            }
        }
        last
    }

    /// Looks for the region where the key is known: that it may do nothing there doesn't matter.
    pub(super) async fn sweep(&self, name: &str) -> Option<(Outcome, String)> {
        let mut last = None;
        for place in self.other_regions() {
            let Some((seen, _)) = self.send(self.credential, name, &self.ask, &place).await else { break };
            if seen.authenticated == Shown::Yes {
                let text = format!("the key is known in {}: {}", place.region, reason(&seen));
                return Some((Outcome::Works, text));
            }
            last = Some((self.compare(&seen), format!("in {} too: {}", place.region, reason(&seen))));
        }
        last
    }

    /// Looks for a compartment in which the call works: one that a statement at hand names, else the first of those
    /// that the caller sees.
    pub(super) async fn sweep_compartments(&self, name: &str) -> Option<(Outcome, String)> {
        let mut candidates: Vec<String> = self.testimony.elsewhere.clone().into_iter().collect();
        if candidates.is_empty() {
            let ask = self.shaped("identity-all-compartments", self.target())?;
            let place = self.home().unwrap_or_else(|| self.place.clone());
            let (seen, body) = self.send(self.credential, name, &ask, &place).await?;
            if seen.answered != Shown::Yes {
                return None;
            }
            let ids = look::items(&body?).into_iter().filter(|row| {
                row.get("lifecycleState").and_then(Value::as_str).is_none_or(|state| state == "ACTIVE")
            });
            let ids = ids.filter_map(|row| row.get("id")?.as_str().map(str::to_owned));
            candidates = ids.filter(|id| Some(id.as_str()) != self.ask.compartment.as_deref()).collect();
        }
        let mut last = None;
        for compartment in candidates.into_iter().take(MOST_COMPARTMENTS) {
            let ask = Ask { compartment: Some(compartment.clone()), ..self.ask.clone() };
            let Some((seen, _)) = self.send(self.credential, name, &ask, &self.place).await else { break };
            let outcome = self.compare(&seen);
            let words = format!("in compartment {compartment}: {}", reason(&seen));
            if outcome != Outcome::Same {
                return Some((outcome, words));
            }
            last = Some((outcome, words));
        }
        last
    }
}
