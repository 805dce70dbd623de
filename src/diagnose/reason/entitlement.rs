//! Limits at hand, and answers that only a limit explains.

use super::{add, compared};
use crate::diagnose::case::Case;
use crate::diagnose::facts::Facts;
use crate::diagnose::weights::Weights;

pub(super) fn apply(case: &Case, facts: &Facts, weights: &mut Weights) {
    let on_demand = case.limits.iter().filter(|(name, _)| name.contains("on-demand"));
    let (mut zero, mut positive) = (None, None);
    for (name, value) in on_demand {
        if *value == 0 { zero = Some(name) } else { positive = Some(name) }
    }
    if let Some(name) = zero {
        let weight = if facts.is_entity_not_found() || facts.status == Some(429) { 6.0 } else { 3.5 };
        let text = format!("the limit `{name}` of this tenancy is 0");
        add(weights, &compared(text), &[("tenancy-not-entitled", weight)]);
    } else if let Some(name) = positive {
        let text = format!("the limit `{name}` of this tenancy is above 0");
        add(weights, &compared(text), &[("tenancy-not-entitled", -3.0)]);
    }
    if facts.models.len() > 1 && facts.is_entity_not_found() {
        let text = "several models are not found alike, so it may be none of them in particular".to_owned();
        add(weights, &compared(text), &[("tenancy-not-entitled", 0.6)]);
    }
}
