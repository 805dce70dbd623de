//! What follows from facts rather than from words: catalogue, statements, clocks, OCIDs. One file a family.
//!
//! A reason adds log-odds like a sign does. What the catalogue or a comparison settles weighs 4 to 6; what it
//! only makes likelier weighs 1 to 3.

mod contrast;
mod entitlement;
mod key;
mod model;
mod place;
mod principal;
mod rights;
mod shape;
mod time;

pub use time::CHANGES;

use super::case::Case;
use super::facts::Facts;
use super::weights::{Evidence, Weights};

/// Adds what every family concludes.
pub(super) fn apply(case: &Case, facts: &Facts, weights: &mut Weights) {
    model::apply(facts, weights);
    key::apply(case, facts, weights);
    place::apply(case, facts, weights);
    shape::apply(case, facts, weights);
    time::apply(case, facts, weights);
    contrast::apply(facts, weights);
    entitlement::apply(case, facts, weights);
    rights::apply(case, facts, weights);
    principal::apply(case, facts, weights);
    super::witness::apply(&case.witnesses, weights);
}

/// Evidence from the catalogue.
fn listed(text: String) -> Evidence {
    Evidence { kind: "catalogue", text }
}

/// Evidence from comparing parts of the request.
fn compared(text: String) -> Evidence {
    Evidence { kind: "request", text }
}

/// Adds to several causes for one reason.
fn add(weights: &mut Weights, evidence: &Evidence, causes: &[(&str, f64)]) {
    for (cause, weight) in causes {
        weights.add(cause, *weight, evidence);
    }
}
