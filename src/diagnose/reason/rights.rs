//! Statements at hand against the call, by the evaluator: granted, missing by one clause, or far off.

use super::add;
use crate::authz::{Clause, Compiled, Prepared, Truth, near_misses};
use crate::diagnose::asked;
use crate::diagnose::case::Case;
use crate::diagnose::facts::{Auth, Facts};
use crate::diagnose::mentions::{first, pattern};
use crate::diagnose::weights::{Evidence, Weights};

fn seen(text: String) -> Evidence {
    Evidence { kind: "policy", text }
}

pub(super) fn apply(case: &Case, facts: &Facts, weights: &mut Weights) {
    let refused = facts.is_refused() || matches!(facts.status, None | Some(400 | 403));
    if case.policies.is_empty() || !refused || facts.is_unauthenticated() && facts.status != Some(404) {
        return;
    }
    let lower: Vec<String> = case.policies.iter().map(|statement| statement.to_ascii_lowercase()).collect();
    stated(&lower, facts, weights);
    if facts.is_refused() {
        evaluated(case, facts, weights);
    } else {
        compiled_alone(case, weights);
    }
}

/// A policy that is refused when it is written: what OCI rejects in its statements.
fn compiled_alone(case: &Case, weights: &mut Weights) {
    let compiled = Compiled::new(asked::tenancy(case));
    for origin in &compiled.origins {
        if let Some(why) = &origin.rejected {
            let text = format!("OCI rejects `{}`: {why}", origin.text);
            add(weights, &seen(text), &[("policy-syntax", 3.0), ("dynamic-group-nonexistent", -1.5)]);
        }
    }
}

/// What subjects and places say by themselves, also where the evaluator can't read the call.
fn stated(lower: &[String], facts: &Facts, weights: &mut Weights) {
    let any = |part: &str| lower.iter().any(|statement| statement.contains(part));
    let all = |part: &str| lower.iter().all(|statement| statement.contains(part));
    weights.add("policy-missing", -0.6, &seen(String::new()));
    let is_resource = matches!(facts.auth, Some(Auth::ResourcePrincipal | Auth::InstancePrincipal));
    if is_resource && any("all-resources") && any("in tenancy") && any("dynamic-group") {
        let text = "the statements at hand are ample, so what is open is whether the caller is in the group";
        weights.add("dynamic-group-not-matching", 1.6, &seen(text.to_owned()));
    }
    if any("manage all-resources in tenancy") {
        let text = "a statement at hand grants everything in the whole tenancy";
        let causes = [
            ("policy-missing", -1.5),
            ("policy-wrong-compartment", -2.5),
            ("permission-not-in-verb", -2.5),
            ("resource-type-not-covered", -2.5),
            ("policy-condition-mismatch", -1.5),
        ];
        add(weights, &seen(text.to_owned()), &causes);
    }
    let plain_group = |statement: &String| {
        statement.contains("allow group ") && !statement.split(" to ").next().unwrap_or("").contains('/')
    };
    let domain = pattern!(
        r"\b(?:identity |non-default |other )?domains? ['`\x22]?[a-z]|\bin (?:the|another|a) (?:identity )?domain\b|non-?default domain"
    );
    if lower.iter().any(plain_group) && first(&facts.all, domain).is_some() {
        let text = "the statement names a group without its domain, which means the Default domain";
        add(weights, &seen(text.to_owned()), &[("group-domain-prefix", 2.6)]);
    }
    if all("generative-ai-family") && any("in tenancy") && facts.is_stateful() {
        let text = "the family is granted; it was seen not to cover Responses and Conversations";
        weights.add("resource-type-not-covered", 1.4, &seen(text.to_owned()));
    }
    let old = ["years old", "never re-saved", "not re-saved", "never saved again", "months old"];
    if old.iter().any(|word| facts.all.contains(word)) {
        let text =
            "the policy is old: one that was not saved since its family grew lacks the new permissions";
        weights.add("policy-not-applied", 2.5, &seen(text.to_owned()));
    }
    if facts.plane == Some(crate::diagnose::Plane::Database) && any("in tenancy") && any("generative-ai") {
        let text = "the right is there in the whole tenancy, so limits and models are likelier";
        add(
            weights,
            &seen(text.to_owned()),
            &[("tenancy-not-entitled", 1.8), ("region-model-unavailable", 1.0)],
        );
    }
}

/// What the evaluator says of each statement.
fn evaluated(case: &Case, facts: &Facts, weights: &mut Weights) {
    let Some(asked) = asked::request(case, facts) else { return };
    let compiled = Compiled::new(asked.tenancy);
    let Ok(prepared) = Prepared::new(&compiled, &asked.request) else { return };
    let decision = prepared.decide();
    if !decision.granted_by.is_empty() {
        granted(&compiled, &decision.granted_by, weights);
        return;
    }
    let mut told = std::collections::BTreeSet::new();
    for miss in near_misses(&prepared, &decision) {
        let text =
            compiled.origins.get(miss.origin).map(|origin| origin.text.to_string()).unwrap_or_default();
        if let Some(why) = &miss.rejected {
            let text = format!("OCI rejects `{text}`: {why}");
            add(weights, &seen(text), &[("policy-syntax", 4.0)]);
            continue;
        }
        // A clause that can't be settled is no clause that fails.
        let sure = |clause: Clause| fails(&prepared, miss.origin, clause);
        let failed: Vec<_> = miss.failed.iter().filter(|failed| sure(failed.clause)).collect();
        // The more clauses fail, the less this statement was meant for the call.
        let strength = match failed.len() {
            0 | 1 => 1.0,
            2 => 0.5,
            _ => continue,
        };
        for failed in failed {
            let text = format!(
                "`{text}` would grant it but for its {}: it says `{}`, the call has `{}`",
                failed.clause.as_str(),
                failed.expected,
                failed.actual
            );
            let evidence = seen(text);
            for (cause, weight) in causes_of(failed.clause, facts, &asked.unsure) {
                if told.insert(cause) {
                    weights.add(cause, weight * strength, &evidence);
                }
            }
        }
    }
    open_clauses(&prepared, facts, weights);
}

/// Whether every grant of the statement fails by the clause for sure.
fn fails(prepared: &Prepared<'_>, origin: usize, clause: Clause) -> bool {
    let needs = prepared.request.wanted.needs();
    let Some(right) = needs.first().and_then(|one_of| one_of.first()) else { return false };
    prepared.compiled.grants.iter().filter(|grant| grant.origin == origin).all(|grant| {
        let fit = prepared.fit(grant, right);
        let truth = match clause {
            Clause::Subject => fit.subject.0,
            Clause::Verb | Clause::ResourceType => fit.action.0,
            Clause::Location => fit.location.0,
            Clause::Condition => fit.condition,
        };
        truth == Truth::False
    })
}

/// The causes that a failing clause speaks for.
fn causes_of(clause: Clause, facts: &Facts, unsure: &[Clause]) -> Vec<(&'static str, f64)> {
    let sure = if unsure.contains(&clause) { 0.4 } else { 1.0 };
    let causes: &[(&'static str, f64)] = match clause {
        Clause::Subject => match facts.auth {
            Some(Auth::GenaiApiKey) => &[("policy-subject-mismatch", 4.4)],
            Some(Auth::OkeWorkload) => &[("principal-mismatch", 3.6), ("policy-subject-mismatch", 1.5)],
            Some(Auth::ResourcePrincipal | Auth::InstancePrincipal) => &[
                ("principal-mismatch", 3.4),
                ("dynamic-group-not-matching", 2.4),
                ("policy-subject-mismatch", 1.8),
            ],
            _ => &[("policy-subject-mismatch", 2.4), ("principal-mismatch", 2.0)],
        },
        Clause::Verb => &[("permission-not-in-verb", 4.4)],
        Clause::ResourceType => &[("resource-type-not-covered", 4.0)],
        Clause::Location => &[("policy-wrong-compartment", 4.2)],
        Clause::Condition => &[("policy-condition-mismatch", 4.4)],
    };
    causes.iter().map(|(cause, weight)| (*cause, weight * sure)).collect()
}

/// A statement at hand grants the call: rights are in order, as far as they are known.
fn granted(compiled: &Compiled, by: &[usize], weights: &mut Weights) {
    let text = by.first().and_then(|at| compiled.origins.get(*at)).map(|origin| origin.text.to_string());
    let text = format!("`{}` grants the call", text.unwrap_or_default());
    let evidence = seen(text);
    let less = [
        "policy-missing",
        "policy-subject-mismatch",
        "policy-condition-mismatch",
        "permission-not-in-verb",
        "policy-wrong-compartment",
        "resource-type-not-covered",
    ];
    for cause in less {
        weights.add(cause, -2.2, &evidence);
    }
    let more = [
        ("iam-propagation", 1.4),
        ("policy-not-applied", 1.0),
        ("wrong-profile-credential", 0.8),
        ("wrong-ocid", 1.0),
        ("foreign-resource-ocid", 0.8),
        ("tenancy-not-entitled", 0.6),
        ("region-model-unavailable", 0.5),
        ("feature-not-available", 1.2),
    ];
    add(weights, &evidence, &more);
}

/// Clauses of otherwise fitting statements that can't be settled: a membership, a place, a value of the caller.
fn open_clauses(prepared: &Prepared<'_>, facts: &Facts, weights: &mut Weights) {
    let needs = prepared.request.wanted.needs();
    let Some(right) = needs.first().and_then(|one_of| one_of.first()) else { return };
    let (mut subject, mut location, mut condition) = (false, false, false);
    for grant in &prepared.compiled.grants {
        let fit = prepared.fit(grant, right);
        if fit.whole() != Truth::Unknown
            || prepared
                .compiled
                .origin(grant)
                .is_some_and(|origin| &*origin.policy == crate::authz::ADMINISTRATORS_POLICY)
        {
            continue;
        }
        subject |= fit.subject.0 == Truth::Unknown;
        location |= fit.location.0 == Truth::Unknown;
        condition |= fit.condition == Truth::Unknown;
    }
    if subject {
        let resource = matches!(facts.auth, Some(Auth::ResourcePrincipal | Auth::InstancePrincipal));
        if resource {
            let text =
                "the statements grant to a dynamic group; they help only if its rule matches the caller";
            add(
                weights,
                &seen(text.to_owned()),
                &[("dynamic-group-not-matching", 2.6), ("policy-missing", -1.0)],
            );
        } else {
            let text = "the statements grant to a group; they help only if the user is in it, in its identity domain";
            add(
                weights,
                &seen(text.to_owned()),
                &[("group-domain-prefix", 1.6), ("policy-subject-mismatch", 1.2), ("policy-missing", -1.0)],
            );
        }
    }
    if location {
        let text = "every statement that fits names a compartment, so a target elsewhere is not covered";
        add(weights, &seen(text.to_owned()), &[("policy-wrong-compartment", 1.9), ("policy-missing", -0.6)]);
    }
    if condition {
        let text = "a where clause decides, and what the caller carries for it is not known";
        add(weights, &seen(text.to_owned()), &[("policy-condition-mismatch", 3.0), ("policy-missing", -1.0)]);
    }
}
