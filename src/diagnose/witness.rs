//! Facts that others bring to a case: local checks, further requests, the evaluator.

use super::weights::{Evidence, Weights};

/// A fact from outside the case, with what it says of the causes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Witness {
    /// What kind of evidence it is, such as `local-check`, `request`, `policy`, `token`.
    pub kind: &'static str,
    /// The fact, in a sentence.
    pub text: String,
    /// Log-odds that it adds to causes; negative takes away.
    pub supports: Vec<(String, f64)>,
    /// Causes that it rules out, with the reason.
    pub excludes: Vec<(String, String)>,
}

impl Witness {
    /// A fact that speaks for one cause.
    pub fn of(kind: &'static str, text: impl Into<String>, cause: &str, weight: f64) -> Witness {
        Witness::with(kind, text, &[(cause, weight)])
    }

    /// A fact that speaks for some causes and against others.
    pub fn with(kind: &'static str, text: impl Into<String>, supports: &[(&str, f64)]) -> Witness {
        let supports = supports.iter().map(|(cause, weight)| ((*cause).to_owned(), *weight)).collect();
        Witness { kind, text: text.into(), supports, excludes: Vec::new() }
    }
}

/// Adds what every witness says.
pub(super) fn apply(witnesses: &[Witness], weights: &mut Weights) {
    for witness in witnesses {
        let evidence = Evidence { kind: witness.kind, text: witness.text.clone() };
        for (cause, weight) in &witness.supports {
            weights.add(cause, *weight, &evidence);
        }
        for (cause, because) in &witness.excludes {
            weights.exclude(cause, because);
        }
    }
}
