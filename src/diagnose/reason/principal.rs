//! The caller against the matching rules at hand.

use crate::diagnose::case::{Auth, Case, Facts};
use crate::diagnose::rank::{Evidence, Weights};

pub(in crate::diagnose) fn apply(case: &Case, facts: &Facts, weights: &mut Weights) {
    if case.matching_rules.is_empty() {
        return;
    }
    let rules: Vec<String> = case.matching_rules.iter().map(|rule| rule.to_ascii_lowercase()).collect();
    let any = |part: &str| rules.iter().any(|rule| rule.contains(part));
    let only_instances = any("instance.") && !any("resource.");
    let only_resources = any("resource.type") && !any("instance.");
    let mismatch = match facts.auth {
        Some(Auth::ResourcePrincipal) if only_instances => {
            Some("the rules match compute instances, and the caller is another kind of resource")
        }
        Some(Auth::InstancePrincipal) if only_resources => {
            Some("the rules match other kinds of resource, and the caller is a compute instance")
        }
        Some(Auth::OkeWorkload) => Some("a workload can be in no dynamic group"),
        _ => None,
    };
    if let Some(text) = mismatch {
        let evidence = Evidence { kind: "matching-rule", text: text.to_owned() };
        weights.add("dynamic-group-not-matching", 2.5, &evidence);
    } else if facts.auth == Some(Auth::ResourcePrincipal) && any("resource.type") {
        let evidence = Evidence { kind: "matching-rule", text: String::new() };
        weights.add("dynamic-group-not-matching", -1.0, &evidence);
    }
}
