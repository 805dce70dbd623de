//! The shape of the request: headers it carries, OCIDs of the kind that belongs there, characters nobody sees.

use super::{add, compared, listed};
use crate::catalog;
use crate::diagnose::case::Case;
use crate::diagnose::facts::{Facts, Plane};
use crate::diagnose::mentions::{first, pattern};
use crate::diagnose::weights::Weights;

pub(super) fn apply(case: &Case, facts: &Facts, weights: &mut Weights) {
    headers(case, facts, weights);
    kinds(facts, weights);
    lengths(facts, weights);
    characters(case, facts, weights);
    key_id(facts, weights);
}

/// Whether the words say that a header was sent, and whether they say that it was not.
struct Sent {
    new: bool,
    old: bool,
    project: bool,
    no_project: bool,
}

impl Sent {
    fn of(case: &Case, facts: &Facts) -> Sent {
        let all = &facts.all;
        let given = |name: &str| case.headers.keys().any(|own| own.eq_ignore_ascii_case(name));
        let value = |shape| first(all, shape).is_some();
        let absent_new = value(pattern!(
            r"opc-compartment-id[^a-z0-9]{0,3}(?: header)? ?(?:is |was )?(?:not sent|missing|absent)"
        ));
        let absent_old = value(pattern!(r"(?:instead of|without|no) [`'\x22]?compartmentid"));
        Sent {
            new: (given("opc-compartment-id") || all.contains("opc-compartment-id")) && !absent_new,
            old: (given("compartmentid")
                || value(pattern!(r"\bcompartmentid['\x22]?\s*[:,]|\bcompartmentid header")))
                && !absent_old,
            project: given("openai-project")
                || value(pattern!(r"openai-project['\x22]?\s*[:=]\s*['\x22]?ocid1|with openai-project")),
            no_project: value(pattern!(
                r"(?:without|no|empty|missing|blank)\s+(?:an?\s+|the\s+)?openai-?project|openai-project['\x22]?\s*[:=]\s*(?:['\x22]{2}|$)"
            )),
        }
    }
}

fn headers(case: &Case, facts: &Facts, weights: &mut Weights) {
    let openai = facts.plane == Some(Plane::InferenceOpenai);
    let text = facts.error.to_ascii_lowercase();
    let compartment_text = text.contains("compartment id must be provided");
    if !openai || !(compartment_text || facts.status == Some(400) && text.trim_matches([':', ' ']).is_empty())
    {
        return;
    }
    let sent = Sent::of(case, facts);
    let operation = facts.operation.map_or("this operation", |operation| operation.name);
    if sent.no_project || (facts.is_stateful() && !sent.project && (sent.new || !sent.old)) {
        let says = if sent.new { ", and the compartment was sent" } else { "" };
        let text = format!("`{operation}` wants a project, no project is seen here{says}");
        let weight = if sent.new || sent.no_project { 5.0 } else { 2.2 };
        add(weights, &listed(text), &[("missing-project-header", weight)]);
    }
    if sent.old != sent.new {
        let (there, other) = if sent.old {
            ("CompartmentId", "opc-compartment-id")
        } else {
            ("opc-compartment-id", "CompartmentId")
        };
        let text =
            format!("the compartment is sent as `{there}` only; routes differ, and some read `{other}`");
        let weight = if facts.is_stateful() && !sent.project { 0.5 } else { 3.6 };
        add(weights, &compared(text), &[("wrong-compartment-header", weight), ("missing-compartment", -1.5)]);
    }
    if sent.project {
        weights.add("missing-project-header", -4.0, &compared(String::new()));
    }
    if sent.old && sent.new {
        let text = "the compartment is sent in both headers".to_owned();
        add(weights, &compared(text), &[("missing-compartment", -3.0), ("wrong-compartment-header", -3.0)]);
    }
}

/// The kinds of OCID that stand where another kind belongs.
fn kinds(facts: &Facts, weights: &mut Weights) {
    let places: [(&Option<regex::Regex>, &str, &[&str]); 5] = [
        (
            pattern!(r"(?i)compartment_?-?id['\x22]?\s*[=:]\s*['\x22]?ocid1\.([a-z0-9]+)"),
            "a compartment",
            &["compartment", "tenancy"],
        ),
        (
            pattern!(r"(?i)openai-project['\x22]?\s*[=:]\s*['\x22]?ocid1\.([a-z0-9]+)"),
            "a project",
            &["generativeaiproject"],
        ),
        (
            pattern!(r"(?i)endpoint_?id['\x22]?\s*[=:]?\s*['\x22]?ocid1\.([a-z0-9]+)"),
            "an endpoint",
            &["generativeaiendpoint", "genaiagentendpoint"],
        ),
        (pattern!(r"(?i)agentendpoints/ocid1\.([a-z0-9]+)"), "an agent endpoint", &["genaiagentendpoint"]),
        (pattern!(r"(?i)tenancy['\x22]?\s*[=:]\s*['\x22]?ocid1\.([a-z0-9]+)"), "a tenancy", &["tenancy"]),
    ];
    for (shape, wanted, right) in places {
        let Some(kind) = first(&facts.all, shape) else { continue };
        if right.contains(&kind.as_str()) {
            continue;
        }
        let is = catalog::ocid_kind(&kind).map_or("another resource", |kind| kind.entity);
        let text = format!("the OCID of {wanted} belongs here, and this is one of a {is}");
        let cause = if wanted == "a project" { "wrong-project-ocid" } else { "wrong-ocid" };
        add(weights, &compared(text), &[(cause, 5.0)]);
    }
}

/// The last part of an OCID of the first realm has sixty characters.
fn lengths(facts: &Facts, weights: &mut Weights) {
    for ocid in &facts.ocids {
        let Some(unique) = ocid.text.rsplit('.').next() else { continue };
        let plain = unique.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        if plain && (40..60).contains(&unique.len()) && !facts.is_unauthenticated() {
            let text =
                format!("the OCID of the {} is cut short: {} of 60 characters", ocid.kind, unique.len());
            add(weights, &compared(text), &[("wrong-ocid", 4.0)]);
        }
    }
}

/// Invisible characters in the values of the case itself.
fn characters(case: &Case, facts: &Facts, weights: &mut Weights) {
    let hidden = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{00a0}' | '\u{2060}' | '\u{00ad}' | '\u{202a}'..='\u{202e}');
    let values =
        [&case.compartment, &case.project, &case.model, &case.region, &case.host, &case.tenancy, &case.key];
    let broken = |value: &str| value.chars().any(|c| hidden(c) || c.is_control()) || value.trim() != value;
    let given = values.into_iter().flatten().any(|value| broken(value))
        || case.config.values().chain(case.headers.values()).any(|value| broken(value));
    if given || facts.request.chars().any(hidden) || facts.error.chars().any(hidden) {
        let text = "a value holds a character that is not seen: a line break, a zero-width or no-break space"
            .to_owned();
        add(weights, &compared(text), &[("hidden-character-in-id", 6.0)]);
    }
}

/// The parts of the keyId of a signature.
fn key_id(facts: &Facts, weights: &mut Weights) {
    let shape = pattern!(r#"keyid\s*[=:]\s*\\?['"]?([^'",\s\\]+)"#);
    let Some(id) = first(&facts.all, shape).filter(|id| id.contains("ocid1.")) else { return };
    if id.starts_with("st$") {
        return;
    }
    let kinds: Vec<_> = id.split('/').map(|part| part.split('.').nth(1).unwrap_or_default()).collect();
    let fingerprint = id.rsplit('/').next().is_some_and(|last| last.contains(':') && !last.contains("ocid1"));
    let federated = id.contains("/fed-x509");
    let right = matches!(kinds.as_slice(), ["tenancy", "user", _]) && fingerprint;
    if right || federated {
        weights.add("wrong-key-id", -1.0, &compared(String::new()));
    } else if kinds.len() > 1 {
        let text = "the keyId is not tenancy, user and fingerprint in this order".to_owned();
        add(weights, &compared(text), &[("wrong-key-id", 6.0), ("wrong-credential-kind", -1.5)]);
    }
}
