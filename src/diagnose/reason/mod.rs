//! What follows from facts rather than from words: the statements at hand, the principal, the catalogue.
//! One file a family of causes.

mod principal;
mod rights;

use super::case::{Case, Facts};
use super::rank::Weights;

/// Adds what every family concludes.
pub(super) fn apply(case: &Case, facts: &Facts, weights: &mut Weights) {
    rights::apply(case, facts, weights);
    principal::apply(case, facts, weights);
    super::witness::apply(&case.witnesses, weights);
}
