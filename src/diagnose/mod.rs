//! From what a user saw to ranked causes: evidence in, diagnoses out. Pure; sends nothing.
//!
//! ```text
//! pasted text ── extract ──► Case ──┬── signs (data) ──────┐
//!                                   └── reason (by family) ─┴──► weight per cause ── rank ──► Diagnosis
//! ```
//!
//! Weights are log-odds: what one sign adds, another may take away, and a cause that an observation
//! contradicts is ruled out with the reason. Signs, priors and remedies are data under `data/`.

mod case;
mod catalogue;
mod extract;
mod rank;
mod reason;
mod redact;
mod signs;

pub use case::{Auth, Case, ErrorSeen, Facts, Plane};
pub use catalogue::{Cause, cause, causes};
pub use extract::extract;
pub use rank::{Diagnosis, Evidence, Remedy, Report, RuledOut};

/// Ranks the causes of a case. Deterministic; an empty case gives no diagnoses.
pub fn diagnose(case: &Case) -> Report {
    let facts = Facts::of(case);
    let mut weights = rank::Weights::new();
    signs::apply(&facts, &mut weights);
    reason::apply(case, &facts, &mut weights);
    weights.report(case, &facts)
}
