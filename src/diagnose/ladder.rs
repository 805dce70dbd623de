//! Which experiment to make next, and what an experiment's outcome does to the causes. Pure: sends nothing, keeps
//! nothing. Whoever sends requests holds a list of what was [`Seen`] and asks again after each:
//!
//! ```
//! use std::collections::BTreeSet;
//! use ociam::diagnose::{Case, ErrorSeen, diagnose_with};
//! use ociam::diagnose::ladder::{Need, Outcome, Seen, Step, belief, next};
//!
//! let message = "Entity with key cohere.embed-v4.0 not found".to_owned();
//! let error = ErrorSeen { status: Some(404), message: Some(message), ..ErrorSeen::default() };
//! let case = Case { error, ..Case::default() };
//! let at_hand = BTreeSet::from([Need::KnownGoodModel, Need::ModelCall]);
//! let mut seen = Vec::new();
//! let mut requests = 12;
//! while let Step::Try(choice) = next(&belief(&case, &seen), &seen, &at_hand, requests) {
//!     requests -= choice.experiment.requests;
//!     // Carry out `choice.experiment.asks`, then compare: `Outcome::of(failed, now)`.
//!     seen.push(Seen { experiment: choice.name, outcome: Outcome::Works });
//! }
//! let report = diagnose_with(&case, &seen);
//! assert!(!report.diagnoses.is_empty());
//! ```
//!
//! An experiment that turned out impossible is left out by listing it in `seen` with [`Outcome::Other`], or by
//! taking its [`Need`] away. Weights are updated by Bayes' rule with the bounded likelihoods of
//! `data/experiments.toml`; the choice is the experiment with the greatest expected loss of entropy for its cost.

use std::collections::{BTreeMap, BTreeSet};

use super::case::Case;
pub use super::experiments::{Answer, Experiment, Need, Outcome, experiments};
use super::facts::Facts;
use super::weights::{Evidence, Weights};

/// An experiment that was made, and what it showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The experiment's name.
    pub experiment: &'static str,
    /// What it showed.
    pub outcome: Outcome,
}

/// How likely each cause is; causes that are ruled out are not in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Belief(BTreeMap<&'static str, f64>);

impl Belief {
    /// Of weights that need not sum to one.
    pub fn of(weights: impl IntoIterator<Item = (&'static str, f64)>) -> Belief {
        let weights: BTreeMap<_, _> = weights.into_iter().filter(|(_, weight)| *weight > 0.0).collect();
        let total: f64 = weights.values().sum();
        Belief(weights.into_iter().map(|(name, weight)| (name, weight / total)).collect())
    }

    /// The share of a cause.
    pub fn share(&self, cause: &str) -> f64 {
        self.0.get(cause).copied().unwrap_or(0.0)
    }

    /// The causes, likeliest first.
    pub fn ranked(&self) -> Vec<(&'static str, f64)> {
        let mut ranked: Vec<_> = self.0.iter().map(|(name, share)| (*name, *share)).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
        ranked
    }

    /// What is believed once the experiment has shown the outcome.
    #[must_use]
    pub fn after(&self, experiment: &Experiment, outcome: Outcome) -> Belief {
        Belief::of(self.0.iter().map(|(name, share)| (*name, share * experiment.likelihood(name, outcome))))
    }

    /// How likely the outcome is, over all causes.
    fn expects(&self, experiment: &Experiment, outcome: Outcome) -> f64 {
        self.0.iter().map(|(name, share)| share * experiment.likelihood(name, outcome)).sum()
    }

    fn entropy(&self) -> f64 {
        self.0.values().map(|share| -share * share.log2()).sum()
    }

    /// The entropy in bits that the experiment is expected to take away.
    pub fn gain(&self, experiment: &Experiment) -> f64 {
        let outcomes: BTreeSet<Outcome> = experiment.outcomes().chain([Outcome::Other]).collect();
        let (mut left, mut total) = (0.0, 0.0);
        for outcome in outcomes {
            let expected = self.expects(experiment, outcome);
            left += expected * self.after(experiment, outcome).entropy();
            total += expected;
        }
        if total > 0.0 { (self.entropy() - left / total).max(0.0) } else { 0.0 }
    }
}

/// An experiment to make.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub experiment: &'static Experiment,
    /// The entropy in bits that it is expected to take away.
    pub gain: f64,
    /// For the likeliest causes, what each predicts.
    pub separates: Vec<(&'static str, Outcome)>,
}

/// Why there is nothing more to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// One cause stands out.
    Decided,
    /// Too few requests are left for what would help.
    Budget,
    /// Nothing that is at hand would tell the likeliest causes apart.
    NothingSeparates,
}

/// An experiment that would help, and what it lacks.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub experiment: &'static Experiment,
    /// What is not at hand; empty when only the budget is in the way.
    pub lacks: Vec<Need>,
}

/// Where to stop, and what would decide the rest.
#[derive(Clone, Debug)]
pub struct Stop {
    /// Why.
    pub reason: Reason,
    /// The likeliest causes that are still close together.
    pub open: Vec<&'static str>,
    /// What would decide between them, best first.
    pub would_decide: Vec<Wish>,
}

/// What to do next.
#[derive(Clone, Debug)]
pub enum Step {
    /// Make this experiment.
    Try(Choice),
    /// Make none.
    Stop(Stop),
}

/// From this share on a cause stands out.
const STANDS_OUT: f64 = 0.85;
/// A request that takes fewer bits away is not worth sending.
const WORTH_A_REQUEST: f64 = 0.03;
/// Of two equally likely causes, an experiment that takes fewer bits away tells neither from the other.
const TELLS_APART: f64 = 0.1;
/// A look that takes fewer bits away is not worth a line.
const WORTH_A_LOOK: f64 = 0.005;
/// A cause is open when its share is at least this part of the first one's.
const CLOSE: f64 = 0.15;
/// Causes below this share have no say in the choice.
const NEGLIGIBLE: f64 = 0.002;
/// How many open causes and wishes are named.
const NAMED: usize = 3;

/// What is believed of a case after what was seen.
pub fn belief(case: &Case, seen: &[Seen]) -> Belief {
    let facts = Facts::of(case);
    Belief::of(super::weigh(case, &facts, seen).odds())
}

/// The next experiment for what is believed, among those whose needs are at hand and that were not made yet, within
/// the requests that are left.
pub fn next(belief: &Belief, seen: &[Seen], at_hand: &BTreeSet<Need>, requests: u32) -> Step {
    let ranked = belief.ranked();
    let likely = Belief::of(ranked.iter().filter(|(_, share)| *share >= NEGLIGIBLE).copied());
    let first = ranked.first().map_or(0.0, |(_, share)| *share);
    let close = ranked.iter().filter(|(_, share)| *share >= first * CLOSE).take(NAMED);
    let open: Vec<&'static str> = close.map(|(name, _)| *name).collect();
    let stop = |reason, would_decide| Step::Stop(Stop { reason, open: open.clone(), would_decide });
    // What nothing tells from the first one stands out with it.
    let leader = ranked.first().map_or("", |(name, _)| *name);
    let alike =
        ranked.iter().skip(1).take(NAMED).filter(|(name, share)| {
            first + share >= STANDS_OUT && first < STANDS_OUT && is_alike(leader, name)
        });
    let stands_out = first + alike.map(|(_, share)| share).sum::<f64>();
    if stands_out >= STANDS_OUT || ranked.is_empty() {
        return stop(Reason::Decided, Vec::new());
    }
    let mut useful: Vec<Choice> = experiments()
        .iter()
        .filter(|(name, _)| !seen.iter().any(|seen| seen.experiment == name.as_str()))
        .map(|(name, experiment)| {
            let separates = open.iter().map(|cause| (*cause, likeliest(experiment, cause))).collect();
            Choice { name, experiment, gain: likely.gain(experiment), separates }
        })
        .filter(|choice| choice.gain >= worth(choice.experiment))
        .collect();
    useful.sort_by(|a, b| {
        (b.gain / cost(b.experiment)).total_cmp(&(a.gain / cost(a.experiment))).then(a.name.cmp(b.name))
    });
    let lacks = |choice: &Choice| -> Vec<Need> {
        choice.experiment.needs.iter().filter(|need| !at_hand.contains(need)).copied().collect()
    };
    if let Some(choice) =
        useful.iter().find(|choice| lacks(choice).is_empty() && choice.experiment.requests <= requests)
    {
        return Step::Try(choice.clone());
    }
    let reason = if useful.iter().any(|choice| lacks(choice).is_empty()) {
        Reason::Budget
    } else {
        Reason::NothingSeparates
    };
    let wishes = useful.iter().take(NAMED).map(|choice| Wish {
        name: choice.name,
        experiment: choice.experiment,
        lacks: lacks(choice),
    });
    stop(reason, wishes.collect())
}

/// Whether no experiment there is tells two causes apart.
pub fn is_alike(one: &'static str, other: &'static str) -> bool {
    let pair = Belief::of([(one, 0.5), (other, 0.5)]);
    one != other && experiments().values().all(|experiment| pair.gain(experiment) < TELLS_APART)
}

/// In words that two causes can't be told apart, and what is left to do.
pub fn says_alike(one: &str, other: &str) -> String {
    format!("no request tells {one} and {other} apart: the service gives both one answer")
}

/// What an experiment costs: a look little, a request one, more for tokens and waiting.
pub(super) fn cost(experiment: &Experiment) -> f64 {
    0.2 + f64::from(experiment.requests)
        + if experiment.paid { 0.5 } else { 0.0 }
        + f64::from(experiment.waits) / 120.0
}

fn worth(experiment: &Experiment) -> f64 {
    if experiment.requests == 0 { WORTH_A_LOOK } else { WORTH_A_REQUEST }
}

/// The outcome that the cause predicts most.
pub(super) fn likeliest(experiment: &Experiment, cause: &str) -> Outcome {
    let score = |outcome: &Outcome| experiment.likelihood(cause, *outcome);
    experiment.outcomes().max_by(|a, b| score(a).total_cmp(&score(b))).unwrap_or(Outcome::Same)
}

/// Adds what was seen to the weights, as evidence.
pub(super) fn apply(seen: &[Seen], weights: &mut Weights) {
    for seen in seen {
        let Some(experiment) = experiments().get(seen.experiment) else { continue };
        if !experiment.outcomes().any(|outcome| outcome == seen.outcome) {
            continue;
        }
        let belief = Belief::of(weights.odds());
        let expected = belief.expects(experiment, seen.outcome);
        let evidence = Evidence { kind: "observation", text: experiment.says(seen.outcome).clone() };
        for (name, _) in belief.ranked() {
            let weight = (experiment.likelihood(name, seen.outcome) / expected).ln();
            weights.add(name, weight, &evidence);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::ErrorSeen;

    fn case(status: u16, message: &str) -> Case {
        let error = ErrorSeen { status: Some(status), code: None, message: Some(message.to_owned()) };
        Case { error, ..Case::default() }
    }

    fn refused() -> Case {
        Case {
            auth_method: Some("resource-principal".to_owned()),
            plane: Some("inference".to_owned()),
            ..case(404, "Authorization failed or requested resource not found.")
        }
    }

    fn tried(step: Step) -> &'static str {
        match step {
            Step::Try(choice) => choice.name,
            Step::Stop(stop) => panic!("{:?}", stop.reason),
        }
    }

    #[test]
    fn bayes_moves_belief_towards_the_cause_that_predicted_the_outcome() {
        let before = Belief::of([("region-model-unavailable", 0.5), ("policy-missing", 0.5)]);
        let experiment = &experiments()["known-good-model"];
        let after = before.after(experiment, Outcome::Works);
        assert!(after.share("region-model-unavailable") > 0.9, "{after:?}");
        let after = before.after(experiment, Outcome::Same);
        assert!(after.share("policy-missing") > 0.9, "{after:?}");
        let sum: f64 = after.ranked().iter().map(|(_, share)| share).sum();
        assert!((sum - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_pair_of_key_and_region_is_separated_by_the_home_region() {
        let belief = Belief::of([("bad-fingerprint-or-key", 0.5), ("region-not-subscribed", 0.5)]);
        let at_hand =
            BTreeSet::from([Need::SigningCredential, Need::Tenancy, Need::HomeRegion, Need::KnownGoodModel]);
        assert_eq!(tried(next(&belief, &[], &at_hand, 12)), "home-region-subscriptions");
    }

    #[test]
    fn an_expired_token_is_looked_at_before_any_request() {
        let belief = Belief::of([("session-expired", 0.5), ("policy-missing", 0.5)]);
        let at_hand = BTreeSet::from([Need::Token, Need::SigningCredential, Need::Tenancy, Need::HomeRegion]);
        assert_eq!(tried(next(&belief, &[], &at_hand, 12)), "token-expiry");
    }

    #[test]
    fn without_anything_at_hand_it_says_what_would_decide() {
        let Step::Stop(stop) = next(&belief(&refused(), &[]), &[], &BTreeSet::new(), 12) else {
            panic!("there is nothing at hand")
        };
        assert_eq!(stop.reason, Reason::NothingSeparates);
        assert!(!stop.would_decide.is_empty() && stop.would_decide.iter().all(|wish| !wish.lacks.is_empty()));
        assert!(stop.open.len() > 1);
    }

    #[test]
    fn the_budget_stops_requests_but_no_looks() {
        let belief = Belief::of([("session-expired", 0.5), ("policy-missing", 0.5)]);
        let at_hand = BTreeSet::from([Need::Token, Need::OtherPrincipal]);
        assert_eq!(tried(next(&belief, &[], &at_hand, 0)), "token-expiry");
        let Step::Stop(stop) = next(&belief, &[], &BTreeSet::from([Need::OtherPrincipal]), 0) else {
            panic!("no request may be sent")
        };
        assert_eq!(stop.reason, Reason::Budget);
    }

    #[test]
    fn any_run_of_outcomes_ends_and_keeps_the_confidences_below_one() {
        let at_hand: BTreeSet<Need> =
            experiments().values().flat_map(|experiment| experiment.needs.iter().copied()).collect();
        for outcome in [Outcome::Works, Outcome::Same, Outcome::NotAuthorized, Outcome::No, Outcome::Other] {
            let (case, mut seen) = (refused(), Vec::new());
            while let Step::Try(choice) = next(&belief(&case, &seen), &seen, &at_hand, 12) {
                seen.push(Seen { experiment: choice.name, outcome });
                assert!(seen.len() <= experiments().len());
            }
            let report = crate::diagnose::diagnose_with(&case, &seen);
            let sum: f64 = report.diagnoses.iter().map(|each| each.confidence).sum();
            assert!(sum <= 1.0, "{sum}");
        }
    }

    #[test]
    fn what_was_seen_stands_among_the_evidence() {
        let case = case(404, "Entity with key cohere.embed-v4.0 not found");
        let seen = [Seen { experiment: "limits", outcome: Outcome::No }];
        let report = crate::diagnose::diagnose_with(&case, &seen);
        let first = &report.diagnoses[0];
        assert_eq!(first.cause, "tenancy-not-entitled");
        assert!(first.evidence.iter().any(|evidence| evidence.kind == "observation"), "{first:?}");
    }

    /// Plays the ladder in a world where the cause is the true one and every outcome is what it predicts most.
    fn played(start: &Belief, truth: &str, at_hand: &BTreeSet<Need>) -> (Belief, Vec<&'static str>) {
        let (mut belief, mut seen, mut requests) = (start.clone(), Vec::new(), 12);
        while let Step::Try(choice) = next(&belief, &seen, at_hand, requests) {
            requests -= choice.experiment.requests;
            let outcome = likeliest(choice.experiment, truth);
            belief = belief.after(choice.experiment, outcome);
            seen.push(Seen { experiment: choice.name, outcome });
        }
        (belief, seen.iter().map(|seen| seen.experiment).collect())
    }

    #[test]
    fn within_twelve_requests_most_true_causes_come_out_first() {
        let at_hand: BTreeSet<Need> =
            experiments().values().flat_map(|experiment| experiment.needs.iter().copied()).collect();
        let texts = [
            (404, "Authorization failed or requested resource not found."),
            (404, "Entity with key some.model not found"),
            (401, "The required information to complete authentication was not provided or was incorrect."),
        ];
        let (mut right, mut all, mut wrong) = (0, 0, Vec::new());
        for (status, message) in texts {
            let start = belief(&case(status, message), &[]);
            for (truth, _) in start.ranked().into_iter().take(10) {
                let (end, steps) = played(&start, truth, &at_hand);
                let first = end.ranked().first().map(|(name, _)| *name);
                all += 1;
                right += usize::from(first == Some(truth));
                if first != Some(truth) {
                    wrong.push(format!("{truth}: {first:?} after {steps:?}"));
                }
            }
        }
        assert!(right * 100 >= all * 60, "{right} of {all}\n{}", wrong.join("\n"));
        println!("{right} of {all}\n{}", wrong.join("\n"));
    }
}
