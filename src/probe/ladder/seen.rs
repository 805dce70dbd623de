//! What other cells of the matrix show of a failure: experiments that cost nothing.

use super::bench::Bench;
use crate::diagnose::ladder::Outcome;
use crate::probe::matrix::{Row, reason};
use crate::probe::observe::{Observation, Shown};
use crate::probe::plan::Cell;

impl Bench<'_> {
    /// The experiments that the matrix has made already, each with its outcome and the answer in a few words.
    pub(super) fn already_seen(&self, rows: &[Row]) -> Vec<(&'static str, Outcome, String)> {
        let lab = self.explainer.lab;
        let mut found: Vec<(&'static str, Outcome, String)> = Vec::new();
        for row in rows {
            let Some(cell) = self.explainer.plan.cells.get(row.cell) else { continue };
            let here = row.region.as_deref() == Some(self.place.region.as_str());
            for seen in row.seen.iter().filter_map(|at| lab.observation(*at)) {
                let Some((name, outcome)) = self.shown_by(cell, here, &seen) else { continue };
                if !found.iter().any(|(other, ..)| *other == name) {
                    let words = format!("{} as {}: {}", seen.operation, seen.auth_method, reason(&seen));
                    found.push((name, outcome, words));
                }
            }
        }
        found
    }

    /// The experiment that a cell's answer is as good as.
    fn shown_by(&self, cell: &Cell, here: bool, seen: &Observation) -> Option<(&'static str, Outcome)> {
        let own = cell.credential == self.credential;
        let is = |other: Option<usize>| !own && other == Some(cell.credential);
        if cell.plane.name != self.plane() {
            return match (cell.plane.name, seen.authenticated) {
                _ if !own || !here => None,
                ("management", _) => Some(("list-models", self.compare(seen))),
                ("identity", Shown::Yes) => Some(("list-regions", Outcome::Works)),
                ("identity", Shown::No) => Some(("list-regions", Outcome::NotAuthenticated)),
                _ => None,
            };
        }
        if own && !here {
            // A key's own region is where it is known; what it may do there is another question.
            let works = !self.signed() || seen.answered == Shown::Yes;
            let outcome = if works { Outcome::Works } else { self.compare(seen) };
            return (seen.authenticated == Shown::Yes).then_some(("other-region", outcome));
        }
        let name = match here {
            false => return None,
            true if own && seen.url != self.failed.url => "other-base-path",
            true if is(self.standby()) => "other-secret",
            true if is(self.other_method()) => "other-method",
            true if is(self.other_principal()) && seen.operation == self.failed.operation => {
                "other-principal"
            }
            true => return None,
        };
        Some((name, self.compare(seen)))
    }
}
