//! One JSON document, described by `ociam schema probe`.

use serde_json::{Value, json};

use crate::diagnose::Report;
use crate::probe::{Finding, Observation, Outcome, PlannedRequest, Row};
use crate::report::diagnosis_json;

/// The document of a run.
pub(super) fn document(outcome: &Outcome) -> Value {
    let target = &outcome.target;
    let diagnoses: Vec<Value> = outcome.findings.iter().flat_map(diagnoses).collect();
    let ruled_out: Vec<Value> = outcome.findings.iter().flat_map(ruled_out).collect();
    let not_tried: Vec<Value> = outcome
        .not_tried
        .iter()
        .map(|each| json!({ "auth_method": each.method, "credential": each.origin, "reason": each.why }))
        .collect();
    let checks: Vec<Value> = outcome
        .checks
        .iter()
        .map(|check| {
            json!({
                "auth_method": check.method,
                "credential": check.credential,
                "check": check.evidence.check,
                "cause": check.evidence.cause,
                "strength": check.evidence.strength,
                "text": check.evidence.text,
                "instead": check.evidence.instead,
            })
        })
        .collect();
    json!({
        "schema_version": 1,
        "target": {
            "model": target.model,
            "compartment": target.compartment,
            "project": target.project,
            "agent_endpoint": target.agent_endpoint,
            "tenancy": target.tenancy,
        },
        "observations": outcome.observations.iter().map(observation).collect::<Vec<_>>(),
        "matrix": outcome.rows.iter().filter_map(|each| row(outcome, each)).collect::<Vec<_>>(),
        "diagnoses": diagnoses,
        "ruled_out": ruled_out,
        "failures": outcome.findings.iter().map(failure).collect::<Vec<_>>(),
        "rotation": outcome.rotation.as_ref().map(|rotation| json!({ "safe": rotation.safe, "advice": rotation.advice })),
        "not_tried": not_tried,
        "checks": checks,
        "notes": outcome.notes,
        "interrupted": outcome.interrupted,
    })
}

/// The document of a run that is not made.
pub(super) fn planned(outcome: &Outcome, requests: &[PlannedRequest]) -> Value {
    let requests: Vec<Value> = requests
        .iter()
        .map(|request| {
            json!({
                "auth_method": request.auth_method,
                "operation": request.operation,
                "method": request.method,
                "url": request.url,
                "cost": request.cost,
                "headers": request.headers,
                "body": request.body,
            })
        })
        .collect();
    let mut value = document(outcome);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("requests".to_owned(), Value::Array(requests));
    }
    value
}

fn observation(seen: &Observation) -> Value {
    json!({
        "auth_method": seen.auth_method,
        "credential": seen.credential,
        "plane": seen.plane,
        "operation": seen.operation,
        "region": seen.region,
        "method": seen.method,
        "url": seen.url,
        "model": seen.model,
        "status": seen.status,
        "code": seen.code,
        "message": seen.message,
        "opc_request_id": seen.opc_request_id,
        "duration_ms": seen.duration_ms,
        "authenticated": seen.authenticated,
        "authorized": seen.authorized,
        "answered": seen.answered,
        "experiment": match &seen.occasion {
            crate::probe::Occasion::Matrix | crate::probe::Occasion::Closing => None,
            crate::probe::Occasion::Experiment(name) => Some(name),
        },
        "closing": seen.occasion == crate::probe::Occasion::Closing,
        "carried": seen.carried,
    })
}

fn row(outcome: &Outcome, row: &Row) -> Option<Value> {
    let (credential, cell) = outcome.labels(row)?;
    Some(json!({
        "auth_method": credential.method,
        "credential": credential.origin,
        "standby": credential.standby,
        "plane": cell.plane.name,
        "region": row.region,
        "verdict": row.verdict,
        "reason": row.reason,
        "authenticated": row.authenticated,
        "authorized": row.authorized,
        "answered": row.answered,
        "observations": row.seen,
    }))
}

/// The causes of a failure, with whose and where.
fn diagnoses(finding: &Finding) -> Vec<Value> {
    let Report { diagnoses, .. } = &finding.report;
    diagnoses
        .iter()
        .map(|each| {
            let mut value = diagnosis_json(each);
            if let Some(fields) = value.as_object_mut() {
                fields.insert("auth_method".to_owned(), json!(finding.auth_method));
                fields.insert("plane".to_owned(), json!(finding.plane));
                fields.insert("region".to_owned(), json!(finding.region));
                fields.insert("credential".to_owned(), json!(finding.credential));
            }
            value
        })
        .collect()
}

fn ruled_out(finding: &Finding) -> Vec<Value> {
    let each = finding.report.ruled_out.iter();
    each.map(|each| {
        json!({
            "cause": each.cause,
            "because": each.because,
            "auth_method": finding.auth_method,
            "plane": finding.plane,
        })
    })
    .collect()
}

fn failure(finding: &Finding) -> Value {
    json!({
        "auth_method": finding.auth_method,
        "credential": finding.credential,
        "plane": finding.plane,
        "region": finding.region,
        "rows": finding.rows,
        "what": finding.what,
        "cause": finding.report.diagnoses.first().map(|first| first.cause),
        "opc_request_ids": finding.request_ids,
        "attach": finding.attach,
        "tried": finding.tried,
        "would_decide": finding.open,
    })
}
