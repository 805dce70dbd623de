//! A ranked cause as programs read it, wherever it comes from.

use serde_json::{Value, json};

use crate::diagnose::Diagnosis;

/// The cause with its evidence, remedy and next check.
pub fn diagnosis_json(each: &Diagnosis) -> Value {
    let evidence: Vec<Value> =
        each.evidence.iter().map(|fact| json!({ "kind": fact.kind, "text": fact.text })).collect();
    json!({
        "cause": each.cause,
        "confidence": each.confidence,
        "explanation": each.explanation,
        "evidence": evidence,
        "remedy": {
            "text": each.remedy.text,
            "statements": each.remedy.statements,
            "commands": each.remedy.commands,
        },
        "next_check": each.next_check,
        "probe_cannot_show": each.probe_cannot_show,
    })
}
