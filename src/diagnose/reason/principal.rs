//! The caller against the matching rules at hand, and against what its environment can be.

use crate::diagnose::asked;
use crate::diagnose::case::Case;
use crate::diagnose::facts::{Auth, Facts};
use crate::diagnose::mentions::{first, pattern};
use crate::diagnose::weights::{Evidence, Weights};

fn seen(text: impl Into<String>) -> Evidence {
    Evidence { kind: "matching-rule", text: text.into() }
}

pub(super) fn apply(case: &Case, facts: &Facts, weights: &mut Weights) {
    rules(case, facts, weights);
    another_works(facts, weights);
}

fn rules(case: &Case, facts: &Facts, weights: &mut Weights) {
    if case.matching_rules.is_empty() || facts.is_entity_not_found() {
        return;
    }
    let rules: Vec<String> = case.matching_rules.iter().map(|rule| rule.to_ascii_lowercase()).collect();
    let any = |part: &str| rules.iter().any(|rule| rule.contains(part));
    let only_instances = any("instance.") && !any("resource.");
    let own = asked::resource_type(facts);
    let types: Vec<String> = rules
        .iter()
        .flat_map(|rule| {
            crate::diagnose::mentions::every(rule, pattern!(r"resource\.type\s*!?=\s*['\x22]?([a-z]+)"))
        })
        .collect();
    let other_type = own.as_ref().is_some_and(|own| !types.is_empty() && !types.contains(own));
    let by_id = any("resource.id") && !any("resource.type");
    let text = match facts.auth {
        Some(Auth::ResourcePrincipal) if only_instances => {
            "the rules match compute instances, and the caller is another kind of resource".to_owned()
        }
        Some(Auth::InstancePrincipal) if !types.is_empty() && !any("instance.") => {
            "the rules match other kinds of resource, and the caller is a compute instance".to_owned()
        }
        Some(Auth::ResourcePrincipal) if other_type => format!(
            "the rules match {}, and the caller is of type `{}`",
            types.join(", "),
            own.unwrap_or_default()
        ),
        Some(Auth::OkeWorkload) => "a workload can be in no dynamic group".to_owned(),
        Some(Auth::ResourcePrincipal) if by_id => {
            weights.add(
                "dynamic-group-not-matching",
                1.4,
                &seen("the rule matches one resource by OCID, which may be another than the caller"),
            );
            return;
        }
        Some(Auth::ResourcePrincipal) if !types.is_empty() => {
            weights.add("dynamic-group-not-matching", -1.0, &seen(""));
            return;
        }
        _ => return,
    };
    let workload = facts.auth == Some(Auth::OkeWorkload);
    weights.add(if workload { "principal-mismatch" } else { "dynamic-group-not-matching" }, 3.2, &seen(text));
}

/// Words that say that another principal passes.
fn another_works(facts: &Facts, weights: &mut Weights) {
    let shape = pattern!(
        r"(?s)\bworks?\b[^.\n]{0,50}\b(as (my|the|a|an) (own )?(user|administrator|admin)|from my laptop|with my (own )?(user|key|profile)|for (the )?administrators?)|\b(as (my|the|a|an) (own )?(user|administrator|admin)|administrator|my user|my laptop)\b[^.\n]{0,40}\b(works|passes|succeeds|can)\b"
    );
    let resource = matches!(
        facts.auth,
        Some(Auth::ResourcePrincipal | Auth::InstancePrincipal | Auth::OkeWorkload | Auth::GenaiApiKey)
    );
    if resource && facts.is_refused() && first(&facts.all, shape).is_some() {
        let evidence = Evidence { kind: "circumstance", text: "the same call works for a user".to_owned() };
        weights.add("principal-mismatch", 2.0, &evidence);
        weights.add("dynamic-group-not-matching", 0.8, &evidence);
    }
}
