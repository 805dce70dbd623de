//! Statements at hand against the principal that called.

use crate::diagnose::case::{Auth, Case, Facts};
use crate::diagnose::rank::{Evidence, Weights};

pub(in crate::diagnose) fn apply(case: &Case, facts: &Facts, weights: &mut Weights) {
    let refused = matches!(facts.status, None | Some(400 | 404));
    if case.policies.is_empty() || !refused {
        return;
    }
    let lower: Vec<String> = case.policies.iter().map(|statement| statement.to_ascii_lowercase()).collect();
    let any = |part: &str| lower.iter().any(|statement| statement.contains(part));
    let seen = |text: String| Evidence { kind: "policy", text };
    weights.add("policy-missing", -1.6, &seen(String::new()));
    let is_resource = matches!(facts.auth, Some(Auth::ResourcePrincipal | Auth::InstancePrincipal));
    if is_resource && any("dynamic-group") {
        let text =
            "the statements at hand grant to a dynamic group; they help only if its rule matches the caller";
        weights.add("dynamic-group-not-matching", 1.2, &seen(text.to_owned()));
    }
    if is_resource && any("all-resources") && any("in tenancy") {
        let text = "the statements at hand are ample, so what is open is whether the caller is in the group";
        weights.add("dynamic-group-not-matching", 2.0, &seen(text.to_owned()));
    }
    if any("compartment") && !any("in tenancy") {
        let text = "every statement at hand names a compartment, so a target elsewhere is not covered";
        weights.add("policy-wrong-compartment", 1.8, &seen(text.to_owned()));
    }
    if any("generative-ai-family") && any("in tenancy") {
        let text =
            "the family is granted in the whole tenancy, so the right itself is less likely to be missing";
        let evidence = seen(text.to_owned());
        for cause in ["tenancy-not-entitled", "region-model-unavailable"] {
            weights.add(cause, 0.8, &evidence);
        }
        weights.add("resource-type-not-covered", 0.6, &evidence);
    }
    if facts.auth == Some(Auth::GenaiApiKey) && !any("any-user") && !any("generativeaiapikey") {
        let text =
            "no statement at hand speaks of a GenAI API key: groups and dynamic groups don't hold keys";
        weights.add("policy-subject-mismatch", 3.0, &seen(text.to_owned()));
    }
    if facts.auth == Some(Auth::OkeWorkload) && any("dynamic-group") && !any("workload") {
        let text = "the statements at hand grant to a dynamic group, which can't hold a workload";
        weights.add("principal-mismatch", 2.0, &seen(text.to_owned()));
    }
}
