//! A failed call on the bench: what it was, and how another request is sent and held against it.

use serde_json::Value;

use crate::catalog;
use crate::diagnose::ladder::{Answer, Outcome};
use crate::probe::ask::{Ask, Target};
use crate::probe::config::{Place, place};
use crate::probe::evaluator::Testimony;
use crate::probe::explain::Explainer;
use crate::probe::lab::Sent;
use crate::probe::matrix::Row;
use crate::probe::observe::{Observation, Occasion};

/// A failed call and what may be tried about it.
pub(super) struct Bench<'a> {
    pub(super) explainer: &'a Explainer<'a>,
    pub(super) credential: usize,
    pub(super) ask: Ask,
    pub(super) place: Place,
    pub(super) failed: Observation,
    /// The failed cell.
    pub(super) row: Row,
    /// What the policies at hand say.
    pub(super) testimony: &'a Testimony,
    /// The region that the credential and the arguments mean, whatever address was named.
    pub(super) meant: Place,
    /// Whether may be waited, and for how many seconds if not as long as is usual.
    pub(super) wait: Option<Option<u64>>,
}

impl<'a> Bench<'a> {
    pub(super) fn new(
        explainer: &'a Explainer<'a>,
        rows: &[Row],
        group: &[usize],
        testimony: &'a Testimony,
        wait: Option<Option<u64>>,
    ) -> Option<Bench<'a>> {
        let row = rows.get(*group.first()?)?;
        let cell = explainer.plan.cells.get(row.cell)?;
        let failed = explainer.lab.observation(*row.seen.first()?)?;
        // The request among those of the cell that this answer is to.
        let ask = cell.asks.iter().find(|ask| failed.url.contains(ask.base)).or(cell.asks.first())?;
        let place = place(&failed.region, &*explainer.lab.around).ok().or_else(|| cell.place.clone())?;
        let meant = cell.place.clone().unwrap_or_else(|| place.clone());
        Some(Bench {
            explainer,
            credential: cell.credential,
            ask: ask.clone(),
            place,
            failed,
            row: row.clone(),
            testimony,
            meant,
            wait,
        })
    }

    pub(super) fn signed(&self) -> bool {
        self.explainer.lab.credentials.get(self.credential).is_some_and(|known| known.signed)
    }

    pub(super) fn target(&self) -> &Target {
        &self.explainer.lab.target
    }

    pub(super) fn plane(&self) -> &'static str {
        self.ask.plane.name
    }

    pub(super) fn inference(&self) -> bool {
        self.plane().starts_with("inference") && self.ask.names_model()
    }

    pub(super) fn responses(&self) -> bool {
        self.ask.probe.name == "oai-responses"
    }

    pub(super) fn compare(&self, now: &Observation) -> Outcome {
        Outcome::of(answer(&self.failed), answer(now))
    }

    pub(super) async fn send(
        &self,
        credential: usize,
        name: &str,
        ask: &Ask,
        place: &Place,
    ) -> Option<(Observation, Option<Value>)> {
        let lab = self.explainer.lab;
        match lab.send(credential, ask, Some(place), Occasion::Experiment(name.to_owned())).await {
            Sent::Seen(at) => Some((lab.observation(at)?, lab.body(at))),
            Sent::NoSession(_) | Sent::NotSent(_) => None,
        }
    }

    /// A request of another shape of the catalogue, under the base path of the failed one where it has the same plane.
    pub(super) fn shaped(&self, probe: &str, target: &Target) -> Option<Ask> {
        let probe = catalog::probe(probe)?;
        let plane = catalog::plane(probe.plane)?;
        let base = if plane.name == self.plane() { self.ask.base } else { plane.bases.first().copied()? };
        Some(Ask::new(probe, plane, base, target))
    }
}

fn answer(seen: &Observation) -> Answer<'_> {
    Answer { status: seen.status, message: seen.message.as_deref().unwrap_or_default() }
}

/// What an answer is by itself.
pub(super) fn kind(seen: &Observation) -> Outcome {
    Outcome::of(Answer::default(), answer(seen))
}
