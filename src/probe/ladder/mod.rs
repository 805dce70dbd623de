//! Carries out the experiments that tell causes apart: `diagnose` chooses, this sends, compares and reports back.

mod at_hand;
mod bench;
mod experiment;
mod look;
mod seen;
mod sweep;

use super::evaluator::Testimony;
use super::explain::{Explainer, Finding};
use super::matrix::Row;
use crate::diagnose::Case;
use crate::diagnose::ladder::{
    Need, Outcome, Reason, Seen, Step, Stop, belief, experiments, is_alike, next, says_alike,
};
use bench::Bench;

/// Requests that one failure may cost beside those of the matrix.
pub const MOST_EXPERIMENTS: u32 = 8;
/// The experiment that waits.
const WAIT: &str = "wait-and-repeat";
/// A cause with a smaller part of the first one's share is no rival that has to be told from it.
const RIVAL: f64 = 0.05;

/// What the ladder found out.
#[derive(Debug, Default)]
pub struct Climbed {
    /// The experiments, in order.
    pub seen: Vec<Seen>,
    /// The same in words.
    pub tried: Vec<String>,
    /// What would decide what is still open, in words.
    pub open: Vec<String>,
}

/// Experiments until one cause stands out or nothing that is at hand helps. `rows` are evidence that costs nothing.
pub async fn climb(
    explainer: &Explainer<'_>,
    rows: &[Row],
    group: &[usize],
    (case, testimony): (&Case, &Testimony),
    wait: Option<Option<u64>>,
    budget: u32,
) -> Climbed {
    let mut climbed = Climbed::default();
    let Some(bench) = Bench::new(explainer, rows, group, testimony, wait) else { return climbed };
    for (name, outcome, words) in bench.already_seen(rows) {
        climbed.note(name, Some((outcome, words)));
    }
    let mut at_hand = bench.at_hand();
    // One is kept for the end, where it may be waited.
    let mut left = budget.saturating_sub(u32::from(wait.is_some()));
    loop {
        let requests = left.min(explainer.lab.left());
        match next(&belief(case, &climbed.seen), &climbed.seen, &at_hand, requests) {
            Step::Stop(stop) if bench.may_wait(&stop, &climbed) => {
                // A person who lets it wait wants to know, however little it seems to promise.
                let shown = match experiments().get(WAIT) {
                    Some(experiment) => bench.repeat_later(WAIT, experiment.waits).await,
                    None => None,
                };
                climbed.note(WAIT, shown);
            }
            Step::Stop(stop) => {
                climbed.open = would_decide(&stop, bench.failed.status.is_none());
                return climbed;
            }
            Step::Try(choice) => {
                let before = explainer.lab.left();
                climbed.note(choice.name, bench.carry_out(&choice).await);
                left = left.saturating_sub(before.saturating_sub(explainer.lab.left()));
                if explainer.lab.left() == 0 {
                    at_hand.retain(|need| matches!(need, Need::Answer | Need::Token | Need::SigningKey));
                }
            }
        }
    }
}

impl Climbed {
    /// Takes an experiment down. One that can't be made here counts as one whose needs aren't at hand.
    fn note(&mut self, experiment: &'static str, shown: Option<(Outcome, String)>) {
        let Some((outcome, words)) = shown else {
            self.seen.push(Seen { experiment, outcome: Outcome::Other });
            return;
        };
        let Some(known) = experiments().get(experiment) else { return };
        self.seen.push(Seen { experiment, outcome });
        let says = known.says(outcome);
        self.tried.push(if words.is_empty() { says } else { format!("{says} ({words})") });
    }
}

/// What would decide what the ladder left open; `silent` where nothing answered.
fn would_decide(stop: &Stop, silent: bool) -> Vec<String> {
    if stop.reason == Reason::Decided {
        return Vec::new();
    }
    let mut open: Vec<String> = stop
        .would_decide
        .iter()
        // Without an answer there is nothing to look at in it.
        .filter(|wish| !(silent && wish.lacks.contains(&Need::Answer)))
        .map(|wish| {
            let lacks: Vec<&str> = wish.lacks.iter().map(|need| need.words()).collect();
            match lacks.is_empty() {
                true => format!("{} (more requests: `--max-requests`)", wish.experiment.asks),
                false => format!("{} (needs {})", wish.experiment.asks, lacks.join(" and ")),
            }
        })
        .collect();
    if open.is_empty() && stop.open.len() > 1 {
        open.push(format!(
            "no request tells {} apart: the service gives them one answer",
            stop.open.join(" and ")
        ));
    }
    open
}

impl Bench<'_> {
    /// Whether minutes are to be waited at the end, where nothing has been decided.
    fn may_wait(&self, stop: &Stop, climbed: &Climbed) -> bool {
        let waited = climbed.seen.iter().any(|seen| seen.experiment == WAIT);
        self.wait.is_some() && stop.reason != Reason::Decided && !waited && self.explainer.lab.left() > 0
    }
}

/// Adds what the ladder found to a finding.
pub fn record(finding: &mut Finding, climbed: Climbed) {
    finding.tried = climbed.tried;
    finding.open = climbed.open;
    if let [first, second, ..] = finding.report.diagnoses.as_slice()
        && second.confidence >= first.confidence * RIVAL
        && is_alike(first.cause, second.cause)
    {
        finding.open.insert(0, says_alike(first.cause, second.cause));
        finding.open.dedup();
    }
}
