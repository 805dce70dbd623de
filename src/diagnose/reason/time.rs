//! Clocks, expiries and recent changes against the delays of the catalogue.

use super::{add, compared, listed};
use crate::catalog;
use crate::diagnose::case::Case;
use crate::diagnose::facts::{Auth, Facts};
use crate::diagnose::mentions::{every, first, pattern, seconds};
use crate::diagnose::weights::Weights;

/// The skew that OCI allows, in seconds.
const ALLOWED: i64 = 300;

pub(super) fn apply(case: &Case, facts: &Facts, weights: &mut Weights) {
    clocks(case, facts, weights);
    expiry(case, facts, weights);
    for (what, minutes) in &case.changed {
        changed(what, *minutes, facts, weights);
    }
    key_and_policy(case, facts, weights);
    changed_in_words(facts, weights);
    long_running(facts, weights);
}

fn clocks(case: &Case, facts: &Facts, weights: &mut Weights) {
    let given =
        case.local_time.as_deref().and_then(seconds).zip(case.server_time.as_deref().and_then(seconds));
    let Some((local, server)) = given else { return };
    let skew = (local - server).abs();
    if skew > ALLOWED {
        let text = format!(
            "the client's clock differs from the service's by {} minutes; five are allowed",
            skew / 60
        );
        // A HAR file's times are the browser's, which may sit for long between call and answer.
        let weight = if facts.is_unauthenticated() { 7.0 } else { 1.5 };
        add(weights, &compared(text), &[("clock-skew", weight)]);
    } else {
        weights.exclude("clock-skew", "the clocks of client and service agree within five minutes");
    }
}

fn expiry(case: &Case, facts: &Facts, weights: &mut Weights) {
    let Some(expires) = case.token_expires.as_deref().and_then(seconds) else { return };
    let now = case.server_time.as_deref().or(case.local_time.as_deref()).and_then(seconds);
    let Some(now) = now else { return };
    if expires <= now {
        let text = format!("the token expired {} minutes before the call", (now - expires) / 60);
        let weight = if facts.status == Some(404) { 4.0 } else { 6.5 };
        add(weights, &compared(text), &[("session-expired", weight)]);
    } else {
        weights.exclude("session-expired", "the token had not expired when the call was made");
    }
}

/// What may have changed lately.
pub const CHANGES: [&str; 9] = [
    "policy",
    "statement",
    "group",
    "matching-rule",
    "dynamic-group",
    "signing-key",
    "genai-key",
    "project",
    "region",
];

/// What a change of the last minutes explains: its cause, the delay of the catalogue, and the longest of it in
/// minutes.
fn effect(what: &str) -> Option<(&'static str, &'static str, u32)> {
    Some(match what {
        "policy" | "statement" | "group" => ("iam-propagation", "policy-change", 10),
        "matching-rule" | "dynamic-group" => ("iam-propagation", "matching-rule-change", 60),
        "signing-key" => ("api-key-propagation", "user-api-key-upload", 10),
        "project" => ("project-propagation", "new-project", 10),
        "region" | "subscription" => ("region-subscription-propagation", "region-subscription", 30),
        _ => return None,
    })
}

fn changed(what: &str, minutes: u32, facts: &Facts, weights: &mut Weights) {
    let Some((cause, delay, longest)) = effect(what) else { return };
    if minutes > longest {
        let text =
            format!("the change of {what} is {minutes} minutes old, which is longer than changes take");
        weights.add(cause, -2.0, &compared(text.clone()));
        if cause == "iam-propagation" && facts.is_refused() {
            weights.add("policy-not-applied", 0.8, &compared(text));
        }
        return;
    }
    let known = catalog::delay(delay);
    let takes = known.map(|known| if known.observed.is_empty() { known.documented } else { known.observed });
    let text = format!(
        "{what} changed {minutes} minutes before the call; such a change takes {}",
        takes.unwrap_or("some minutes")
    );
    // A change of rights explains no 401, a new key or region no refusal.
    let explains = match cause {
        "iam-propagation" | "project-propagation" => !facts.is_unauthenticated(),
        _ => facts.status != Some(404),
    };
    let weight = if explains { 4.5 } else { 0.5 };
    add(weights, &listed(text), &[(cause, weight)]);
}

/// A key of Generative AI that is older than the last change of policies, or younger.
fn key_and_policy(case: &Case, facts: &Facts, weights: &mut Weights) {
    let ages =
        case.changed.get("genai-key").zip(case.changed.get("policy").or(case.changed.get("statement")));
    let Some((key, policy)) = ages.filter(|_| facts.auth == Some(Auth::GenaiApiKey)) else { return };
    let (text, weight) = match key > policy {
        true => (
            "the key was there before the policy changed",
            if facts.is_unauthenticated() { 4.5 } else { 1.0 },
        ),
        false => ("the key was made after the policy changed", -4.0),
    };
    weights.add("key-created-before-policy", weight, &compared(text.to_owned()));
}

/// Ages in minutes or seconds that words give, with what they are the age of.
fn changed_in_words(facts: &Facts, weights: &mut Weights) {
    let ages = pattern!(
        r"(?s)[^.\n;]*\b(?:\d+|a few|a couple of|some|one|two|three|four|five|six|ten|a)\s+(?:seconds?|minutes?|moments?|min|secs?)\b[^.\n;]*|[^.\n;]*\b(?:just now|just (?:created|added|uploaded|subscribed|changed|updated)|right after|immediately after|just after|freshly)\b[^.\n;]*"
    );
    for sentence in every(&facts.all, ages) {
        let has = |words: &[&str]| words.iter().any(|word| sentence.contains(word));
        let what = if has(&["project"]) {
            "project"
        } else if has(&["subscri"]) {
            "region"
        } else if has(&["matching rule", "dynamic group", "dynamic-group"]) {
            "matching-rule"
        } else if has(&["policy", "policies", "statement"]) {
            "policy"
        } else if facts.auth == Some(Auth::UserApiKey)
            && has(&["key"])
            && has(&["upload", "add", "creat", "new", "regist"])
        {
            "signing-key"
        } else {
            continue;
        };
        changed(what, 3, facts, weights);
        return;
    }
}

/// A principal token that a process got once and never again.
fn long_running(facts: &Facts, weights: &mut Weights) {
    let principal = matches!(
        facts.auth,
        Some(
            Auth::InstancePrincipal
                | Auth::ResourcePrincipal
                | Auth::OkeWorkload
                | Auth::SessionToken
                | Auth::DelegationToken
        )
    );
    let told = pattern!(
        r"(?s)\b(ran|running|runs|up|worked|works) (fine )?(for|since) (several |a few |some |many )?(days|hours|weeks|\d+ (hours|days|minutes)|yesterday)|after (about |an? |one |\d+ )?(hour|restart|60 min)|restart(ing|ed)?\b.{0,40}\b(works|helps|fixes|cures)"
    );
    if principal && facts.is_unauthenticated() && first(&facts.all, told).is_some() {
        let text = "it worked until the token of the principal grew old".to_owned();
        add(weights, &compared(text), &[("session-expired", 3.6)]);
    }
    // A token of a principal other than a user is no API key: there is no fingerprint to be wrong.
    if principal && facts.is_unauthenticated() {
        let text =
            "such a principal signs with a token that is renewed, not with a registered key".to_owned();
        let evidence = compared(text);
        add(
            weights,
            &evidence,
            &[
                ("bad-fingerprint-or-key", -1.6),
                ("session-expired", 0.9),
                ("api-key-propagation", -3.0),
                ("genai-secret-not-active", -4.0),
                ("key-region-mismatch", -4.0),
                ("key-created-before-policy", -4.0),
            ],
        );
    }
}
