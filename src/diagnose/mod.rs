//! From what a user saw to ranked causes: evidence in, diagnoses out. Pure; sends nothing.
//!
//! ```text
//! pasted text ── extract ──► Case ──┬── signs (data) ──────┐
//!                                   └── reason (by family) ─┴──► weight per cause ── rank ──► Diagnosis
//! ```
//!
//! Weights are log-odds: what one sign adds, another may take away, and a cause that an observation
//! contradicts is ruled out with the reason. Signs, priors and remedies are data under `data/`.

mod asked;
mod case;
mod catalogue;
mod experiments;
mod extract;
mod facts;
mod known;
pub mod ladder;
mod mentions;
mod rank;
mod reading;
mod reason;
mod redact;
mod remedy;
mod signs;
mod weights;
mod witness;

pub use case::{Case, ErrorSeen};
pub use catalogue::{Cause, cause, causes};
pub use extract::extract;
pub use facts::{Auth, Facts, Plane};
pub use known::{Answered, Known};
pub use rank::{Diagnosis, Report, RuledOut};
pub use reading::Reading;
pub use reason::CHANGES;
pub use redact::redact;
#[cfg(feature = "live")]
pub(crate) use remedy::ATTACH;
pub use remedy::Remedy;
pub use weights::Evidence;
pub use witness::Witness;

use weights::Weights;

/// Ranks the causes of a case. Deterministic; an empty case gives no diagnoses.
pub fn diagnose(case: &Case) -> Report {
    diagnose_with(case, &[])
}

/// Ranks the causes of a case after experiments were made (see [`ladder`]).
pub fn diagnose_with(case: &Case, seen: &[ladder::Seen]) -> Report {
    let case = &redact::case(case);
    let facts = Facts::of(case);
    rank::rank(weigh(case, &facts, seen), case, &facts)
}

fn weigh(case: &Case, facts: &Facts, seen: &[ladder::Seen]) -> Weights {
    let mut weights = Weights::new();
    signs::apply(facts, &mut weights);
    reason::apply(case, facts, &mut weights);
    ladder::apply(seen, &mut weights);
    weights
}
