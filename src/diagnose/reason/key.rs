//! GenAI API keys and other bearers: region of the key, planes that take it, shape of what was sent.

use super::{add, compared, listed};
use crate::catalog;
use crate::diagnose::case::Case;
use crate::diagnose::facts::{Auth, Facts, Plane};
use crate::diagnose::mentions::{self, first, pattern};
use crate::diagnose::weights::Weights;

pub(super) fn apply(case: &Case, facts: &Facts, weights: &mut Weights) {
    bearer_shape(case, facts, weights);
    if facts.auth != Some(Auth::GenaiApiKey) {
        return;
    }
    on_plane(facts, weights);
    in_region(case, facts, weights);
    expired(case, facts, weights);
}

fn on_plane(facts: &Facts, weights: &mut Weights) {
    let Some(plane) = facts.plane.and_then(|plane| catalog::plane(plane.as_str())) else { return };
    if plane.auth_methods.contains(&"genai-api-key") {
        return;
    }
    let text = format!(
        "the plane `{}` takes requests signed by an IAM principal only, no GenAI API key",
        plane.name
    );
    match facts.plane {
        Some(Plane::AgentRuntime | Plane::AgentManagement) => {
            weights.add("agent-plane-with-api-key", 2.0, &listed(text));
        }
        // Seen to work on native inference, against the documentation: no proof of anything.
        Some(Plane::Inference) => weights.add("wrong-endpoint-path", 0.6, &listed(text)),
        _ => add(weights, &listed(text), &[("agent-plane-with-api-key", 3.5), ("wrong-plane-host", 1.0)]),
    }
}

fn in_region(case: &Case, facts: &Facts, weights: &mut Weights) {
    let Some(called) = facts.region.as_deref() else { return };
    let of_ocid = facts
        .ocids
        .iter()
        .find(|ocid| ocid.kind == "generativeaiapikey")
        .and_then(|ocid| ocid.region.clone());
    let home = case.key_region.clone().or(of_ocid).or_else(|| region_in_words(&facts.all));
    let full = |name: &str| catalog::region(name).map_or(name.to_owned(), |region| region.name.to_owned());
    match home.map(|home| full(&home)) {
        Some(home) if home != full(called) => {
            let text = format!("the key lives in `{home}`, and the call goes to `{called}`");
            add(weights, &compared(text), &[("key-region-mismatch", 5.5), ("wrong-credential-kind", -1.0)]);
        }
        Some(home) => {
            let text = format!("key and call are both in `{home}`");
            weights.add("key-region-mismatch", -4.0, &compared(text));
        }
        None => {
            if let Some(region) = catalog::region(called)
                && !region.api_keys
                && !region.openai_compatible
            {
                let text = format!("no page lists GenAI API keys for `{called}`");
                add(weights, &listed(text), &[("service-not-in-region", 2.2), ("key-region-mismatch", 1.2)]);
            }
        }
    }
}

/// The region that words name as the key's: by identifier, or by the city of its title.
fn region_in_words(all: &str) -> Option<String> {
    let said = first(
        all,
        pattern!(
            r"\b(?:key|secret)\b[^.\n]{0,40}\b(?:created|made|issued|lives?|from|of|in|belongs to)\b[^.\n]{0,60}"
        ),
    )?;
    if let Some(region) = mentions::regions(&said).into_iter().next() {
        return Some(region);
    }
    let city =
        |title: &str| title.split_once('(').map(|(_, city)| city.trim_end_matches(')').to_ascii_lowercase());
    let named = |region: &&catalog::Region| city(region.title).is_some_and(|city| said.contains(&city));
    catalog::regions().iter().find(named).map(|region| region.name.to_owned())
}

fn expired(case: &Case, facts: &Facts, weights: &mut Weights) {
    let word = pattern!(
        r"(?s)(secret|key)\b.{0,60}\b(expir|revoked|inactive|deactivated|disabled|rotat)|\b(expir|revoked|inactive|deactivated|rotat)\w*.{0,40}\b(secret|key)\b"
    );
    if facts.is_unauthenticated() && first(&facts.all, word).is_some() && case.key_region.is_none() {
        let text = "the words tell of the life of a secret: expiry, rotation, revocation".to_owned();
        weights.add("genai-secret-not-active", 2.5, &compared(text));
    }
}

/// What follows from something else than a secret in a secret's place.
const OTHER_KIND: [(&str, f64); 3] =
    [("wrong-credential-kind", 6.0), ("genai-secret-not-active", -1.5), ("key-region-mismatch", -1.5)];

/// What stands where a secret belongs.
fn bearer_shape(case: &Case, facts: &Facts, weights: &mut Weights) {
    let print = pattern!(r"^\s*[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){7,31}\s*$");
    let given = case.key.as_deref().unwrap_or_default();
    if facts.auth == Some(Auth::GenaiApiKey) && first(given, print).is_some() {
        let text = "the fingerprint of a user's API key stands where the secret `sk-…` belongs".to_owned();
        add(weights, &compared(text), &OTHER_KIND);
    }
    let ocid = pattern!(r"(?i)(?:bearer\s+|api_?key['\x22]?\s*[=:]\s*['\x22]?)(ocid1\.[a-z0-9]+)");
    if first(&facts.all, ocid).is_some() {
        let text = "an OCID stands where the secret `sk-…` belongs".to_owned();
        add(weights, &compared(text), &OTHER_KIND);
    }
    for (start, vendor) in [
        ("sk-proj-", "OpenAI"),
        ("sk-ant-", "Anthropic"),
        ("sk-or-", "OpenRouter"),
        ("xai-", "xAI"),
        ("gsk_", "Groq"),
    ] {
        let sent = format!("bearer {start}");
        let set = format!("key={start}");
        if facts.all.contains(&sent)
            || facts.all.contains(&set)
            || facts.all.contains(&format!("key: {start}"))
        {
            let text = format!("the secret begins like one of {vendor}, which OCI does not know");
            add(weights, &compared(text), &[("wrong-credential-kind", 6.0)]);
        }
    }
}
