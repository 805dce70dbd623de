//! What the user says of neighbouring calls: the same in another region, another operation, another method, another
//! status behind a gateway. A contrast separates causes that share one answer.

use super::{add, compared};
use crate::catalog;
use crate::diagnose::facts::{Auth, Facts};
use crate::diagnose::mentions::{self, every, first, pattern};
use crate::diagnose::weights::{Evidence, Weights};

pub(super) fn apply(facts: &Facts, weights: &mut Weights) {
    elsewhere(facts, weights);
    siblings(facts, weights);
    profiles(facts, weights);
    methods(facts, weights);
    behind(facts, weights);
}

fn told(text: &str) -> Evidence {
    Evidence { kind: "circumstance", text: text.to_owned() }
}

/// Sentences in which something is said to work.
fn working(facts: &Facts) -> Vec<String> {
    let shape = pattern!(
        r"[^.;,\n]*\b(?:works?|worked|working|succeeds?|passes|is fine|are fine|returns? 200|answers? 200|gives? 200|ok there)\b[^.;,\n]*"
    );
    let negated = pattern!(
        r"\b(?:not|never|n't|no longer|nothing|none|once|until|stopped)\b[^.;]{0,12}\bwork|later|minutes|restart"
    );
    every(&facts.all, shape).into_iter().filter(|sentence| first(sentence, negated).is_none()).collect()
}

fn elsewhere(facts: &Facts, weights: &mut Weights) {
    let called = facts.region.as_deref().and_then(catalog::region);
    let city = |region: &catalog::Region| {
        region.title.split_once('(').map(|(_, city)| city.trim_end_matches(')').to_ascii_lowercase())
    };
    let names_another = |sentence: &String| {
        let identifier = mentions::regions(sentence)
            .into_iter()
            .any(|name| catalog::region(&name).map(|region| region.name) != called.map(|region| region.name));
        let by_city = catalog::regions().iter().any(|region| {
            called.is_none_or(|called| called.name != region.name)
                && city(region).is_some_and(|city| city.len() > 4 && sentence.contains(&city))
        });
        let words = ["home region", "other region", "another region", "different region", "second region"];
        identifier || by_city || words.iter().any(|word| sentence.contains(word))
    };
    if !working(facts).iter().any(names_another) {
        return;
    }
    let evidence = told("the same works in another region");
    if facts.is_unauthenticated() {
        if facts.auth == Some(Auth::GenaiApiKey) {
            add(weights, &evidence, &[("key-region-mismatch", 3.5)]);
        } else {
            let causes = [
                ("region-not-subscribed", 3.2),
                ("region-subscription-propagation", 1.6),
                ("bad-fingerprint-or-key", -2.5),
                ("wrong-auth-mode", -2.0),
                ("session-expired", -2.0),
                ("wrong-credential-kind", -2.0),
            ];
            add(weights, &evidence, &causes);
        }
    } else {
        let causes = [
            ("service-not-in-region", 1.6),
            ("region-model-unavailable", 1.6),
            ("feature-not-available", 1.8),
            ("service-outage", 1.2),
            ("policy-missing", -1.2),
            ("tenancy-not-entitled", -1.0),
        ];
        add(weights, &evidence, &causes);
    }
}

/// Another operation of the same service that works shows that credential and principal are known.
fn siblings(facts: &Facts, weights: &mut Weights) {
    let own = facts.operation.map_or("", |operation| operation.name);
    let others: [(&str, &[&str]); 6] = [
        ("ChatCompletions", &["chat/completions", "chat completions", "chat.completions"]),
        ("CreateResponse", &["responses"]),
        ("Chat", &["chat"]),
        ("EmbedText", &["embed"]),
        ("ListModels", &["list", "listing"]),
        (
            "",
            &[
                "get",
                "gets",
                "read",
                "reads",
                "put",
                "upload",
                "other operation",
                "every other",
                "all other",
                "sibling",
            ],
        ),
    ];
    let names_another = |sentence: &String| {
        let word = |word: &&str| {
            sentence.split(|c: char| !c.is_alphanumeric() && c != '/').any(|own| own == *word)
                || (word.len() > 6 && sentence.contains(*word))
        };
        others.iter().any(|(name, words)| *name != own && words.iter().any(word))
    };
    let sentences = working(facts);
    let Some(sentence) = sentences.iter().find(|sentence| names_another(sentence)) else { return };
    if !facts.is_refused() && facts.status != Some(403) {
        return;
    }
    let evidence =
        told("another operation works with the same principal, which is thus known and partly authorized");
    let instance = facts.auth == Some(Auth::InstancePrincipal) && sentence.contains("compartment");
    if instance {
        // SPEC: every instance may list compartments, whatever its groups.
        let evidence = told("an instance may always list compartments, so that it does shows no membership");
        add(weights, &evidence, &[("dynamic-group-not-matching", 1.2)]);
        return;
    }
    let causes = [
        ("permission-not-in-verb", 1.2),
        ("resource-type-not-covered", 1.2),
        ("feature-not-available", 1.6),
        ("model-api-mismatch", 0.8),
        ("policy-missing", -1.6),
        ("dynamic-group-not-matching", -2.0),
        ("principal-mismatch", -1.5),
        ("wrong-profile-credential", -1.5),
        ("group-domain-prefix", -2.0),
        ("policy-subject-mismatch", -1.5),
    ];
    add(weights, &evidence, &causes);
    if ["every other", "all other", "other operations", "only the new"]
        .iter()
        .any(|words| facts.all.contains(words))
    {
        let evidence = told("every other operation of the service works, so what is missing is this one");
        add(weights, &evidence, &[("feature-not-available", 2.6)]);
    }
}

/// Another profile or credential that passes.
fn profiles(facts: &Facts, weights: &mut Weights) {
    let names_one = |sentence: &String| {
        [
            "--profile",
            "other profile",
            "another profile",
            "with profile",
            "other credential",
            "another credential",
        ]
        .iter()
        .any(|words| sentence.contains(words))
    };
    if working(facts).iter().any(names_one) {
        let evidence = told("the same works with another profile or credential");
        add(weights, &evidence, &[("wrong-profile-credential", 3.6)]);
    }
}

/// A GET signs no body headers.
fn methods(facts: &Facts, weights: &mut Weights) {
    let gets = |sentence: &String| first(sentence, pattern!(r"\bgets?\b")).is_some();
    let signature = facts.all.contains("verify the http");
    let post_fails =
        first(&facts.all, pattern!(r"\b(?:only )?posts?\b[^.;]{0,40}\bfail|\bfail[^.;]{0,20}\bposts?\b"))
            .is_some();
    if signature && (working(facts).iter().any(gets) || post_fails) {
        let evidence = told("requests without a body pass with the same key");
        add(weights, &evidence, &[("content-type-signed-header", 4.0), ("bad-fingerprint-or-key", -3.0)]);
    }
}

/// A gateway's own status around another one.
fn behind(facts: &Facts, weights: &mut Weights) {
    let Some(own) = facts.status else { return };
    let inner = pattern!(
        r"\b(?:oci|upstream|service|provider|backend|original|inner|underlying|caused by)\b[^\n]{0,60}\b(40[0-4]|429)\b|\b(40[0-4]|429)\b[^\n]{0,40}\b(?:from oci|upstream|behind)"
    );
    // The access log of a gateway that answered its own caller otherwise.
    let logged = pattern!(r#""(?:get|post|put|delete|patch) /[^"\n]*"\s+(5\d\d)\b"#);
    if let Some(outer) = first(&facts.all, logged).filter(|_| own < 500) {
        let text = format!("a gateway answered its caller with {outer} where the service had said {own}");
        add(weights, &compared(text), &[("client-error-masking", 4.0)]);
    }
    // An error document of OCI in the message of another one.
    let quoted = pattern!(r#"['"\\]+(?:code|status)['"\\]+\s*:\s*['"\\]*(40[0-4]|409|429|5\d\d)"#);
    let quotes = first(&facts.error.to_ascii_lowercase(), quoted);
    if quotes.as_deref().is_some_and(|inner| inner != own.to_string()) {
        let text = format!(
            "an error document with status {} stands in the message of this {own}",
            quotes.unwrap_or_default()
        );
        add(
            weights,
            &compared(text),
            &[("client-error-masking", 4.5), ("service-outage", -2.0), ("wrong-host", -2.0)],
        );
    } else if own >= 500 && first(&facts.all, inner).is_some() {
        let text = "another status of the service stands behind this one".to_owned();
        add(weights, &compared(text), &[("client-error-masking", 4.5), ("service-outage", -1.0)]);
    }
}
