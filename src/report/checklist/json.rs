//! JSON, as `ociam schema checklist` and `ociam schema key` describe it.

use serde_json::{Value, json};

use crate::checklist::{Basis, Checked, Decision, KeyReport, Status};

use super::Checklist;

fn basis(basis: &Basis) -> Value {
    let document = basis.document();
    json!({
        "id": basis.source,
        "title": document.map(|source| source.title),
        "url": document.map(|source| source.url).filter(|url| !url.is_empty()),
        "date": basis.date,
        "certainty": basis.certainty,
    })
}

/// The decision alone.
pub fn decision_json(decision: &Decision) -> Value {
    let candidates: Vec<Value> = decision
        .candidates
        .iter()
        .map(|one| {
            let trace: Vec<Value> = one
                .trace
                .iter()
                .map(|answer| {
                    json!({
                        "question": answer.question,
                        "passed": answer.passed,
                        "answer": answer.text,
                        "source": basis(&answer.basis),
                    })
                })
                .collect();
            json!({
                "method": one.method,
                "title": one.title,
                "possible": one.possible,
                "rank": one.rank,
                "client": one.client,
                "because": one.because(),
                "trace": trace,
            })
        })
        .collect();
    json!({
        "method": decision.chosen().map(|chosen| chosen.method),
        "asked": decision.asked,
        "candidates": candidates,
    })
}

fn checked(row: &Checked) -> Value {
    let suspects: Vec<Value> = row
        .suspects
        .iter()
        .map(|one| json!({ "cause": one.cause, "explanation": one.text, "remedy": one.remedy }))
        .collect();
    json!({
        "status": row.status.word(),
        "found": row.found,
        "diagnoses": suspects,
        "mend": row.mend,
    })
}

pub(super) fn document(list: &Checklist<'_>) -> Value {
    let plan = list.plan;
    let steps: Vec<Value> = list
        .steps()
        .map(|(step, row)| {
            let blocks: Vec<Value> =
                step.blocks.iter().map(|block| json!({ "title": block.title, "lines": block.lines })).collect();
            let snippet = step.snippet.as_ref().map(
                |snippet| json!({ "language": snippet.language, "install": snippet.install, "code": snippet.code }),
            );
            json!({
                "id": step.id,
                "title": step.title,
                "who": step.who,
                "do": step.text,
                "commands": step.commands,
                "blocks": blocks,
                "snippet": snippet,
                "blocked": step.blocked,
                "open": step.open,
                "check": step.check.word(),
                "source": basis(&step.basis),
                "result": row.map(checked),
            })
        })
        .collect();
    let principals: Vec<Value> = plan
        .grants
        .iter()
        .map(|grant| {
            let group = grant.dynamic_group.as_ref().map(
                |group| json!({ "name": group.name, "domain": group.domain, "rule": plan.params.fill(&group.rule) }),
            );
            let requests: Vec<String> = grant.requests.iter().map(|request| request.wanted.label()).collect();
            json!({
                "role": grant.role,
                "title": grant.title,
                "principal": plan.params.fill(&grant.label()),
                "requests": requests,
                "dynamic_group": group,
                "statements": grant.statements.iter().map(|text| plan.params.fill(text)).collect::<Vec<_>>(),
            })
        })
        .collect();
    let environment: Vec<Value> = plan
        .environment
        .iter()
        .map(|one| json!({ "name": one.name, "value": one.value, "secret": one.secret }))
        .collect();
    let summary = list.checked.map(|_| {
        json!({
            "done": list.count(Status::Done),
            "missing": list.count(Status::Missing),
            "wrong": list.count(Status::Wrong),
            "not_checkable": list.count(Status::NotCheckable),
        })
    });
    json!({
        "schema_version": 1,
        "wish": plan.wish,
        "method": plan.method,
        "plane": plan.plane,
        "base_url": plan.base_url(),
        "decision": decision_json(&plan.decision),
        "principals": principals,
        "environment": environment,
        "steps": steps,
        "summary": summary,
    })
}

/// What is known of a GenAI API key, with what couldn't be looked up.
pub fn key_json(report: &KeyReport, unseen: &[String], clock: &str, exit: u8) -> Value {
    let secrets: Vec<Value> = report
        .secrets
        .iter()
        .map(|one| {
            json!({
                "name": one.name,
                "state": one.state,
                "expires": one.expires,
                "days_left": one.days_left,
                "works": one.works,
            })
        })
        .collect();
    let remarks: Vec<Value> = report
        .remarks
        .iter()
        .map(|one| json!({ "gravity": one.gravity.word(), "cause": one.cause, "text": one.text, "instead": one.instead }))
        .collect();
    json!({
        "schema_version": 1,
        "ocid": Some(&report.ocid).filter(|ocid| !ocid.is_empty()),
        "name": report.name,
        "region": report.region,
        "state": report.state,
        "days_left": report.days_left(),
        "clock": clock,
        "secrets": secrets,
        "remarks": remarks,
        "rotation": report.rotation,
        "not_seen": unseen,
        "healthy": exit == 0,
    })
}
