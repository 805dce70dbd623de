//! Code sandboxes: made, stopped, resumed, with their commands, files and snapshots. No command is ever run: `echo` says
//! its words, all others say that they were seen.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::SignedDuration;
use rsa::sha2::{Digest as _, Sha256};
use serde_json::{Value, json};

use super::{Asked, page, places, set};
use crate::sandbox::call::{Answer, Body, Failure, Target};
use crate::sandbox::failure::{bad_request, not_found};
use crate::sandbox::store::{self, Stored};

const SANDBOXES: &str = "sandbox/sandboxes";
const COMMANDS: &str = "sandbox/sandboxes/commands";
const FILES: &str = "sandbox/sandboxes/files";
const SNAPSHOTS: &str = "sandbox/snapshots";

fn held(asked: Asked<'_>, kind: &str, id: &str) -> Result<Stored, Failure> {
    let held = asked.store.get(id).filter(|held| held.kind == kind && held.region == asked.call.region);
    held.ok_or_else(|| not_found(format!("the region has no `{id}`")))
}

/// The project that a query or body names, by its compartment.
fn compartment_of_project(asked: Asked<'_>, id: &str) -> Result<String, Failure> {
    Ok(held(asked, "management/generativeAiProjects", id)?.compartment)
}

pub fn target(asked: Asked<'_>) -> Result<Target, Failure> {
    let body = asked.call.json().unwrap_or_else(|| json!({}));
    let in_body = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
    let given =
        |key: &str| asked.call.parameter(key).or_else(|| in_body(key)).filter(|text| !text.is_empty());
    let header = |name: &str| asked.call.headers.get(name).filter(|text| !text.is_empty()).map(str::to_owned);
    let compartment = match (asked.part("sandboxId"), asked.part("snapshotId")) {
        ("", "") => {
            let project = given("projectId").or_else(|| header("project-id"));
            match (given("sandboxId"), project, given("compartmentId")) {
                (Some(id), ..) => held(asked, SANDBOXES, &id)?.compartment,
                (_, Some(project), _) => compartment_of_project(asked, &project)?,
                (.., Some(compartment)) => compartment,
                _ => header("opc-compartment-id").unwrap_or_else(|| places::root(asked.tenancy)),
            }
        }
        ("", id) => held(asked, SNAPSHOTS, id)?.compartment,
        (id, _) => held(asked, SANDBOXES, id)?.compartment,
    };
    Ok(Target { compartment: Some(compartment), ..Target::default() })
}

fn put(asked: Asked<'_>, kind: &str, parent: Option<&str>, compartment: &str, value: Value) -> Value {
    let id = value.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    asked.store.put(Stored {
        id,
        kind: kind.to_owned(),
        region: asked.call.region.to_owned(),
        compartment: compartment.to_owned(),
        parent: parent.map(str::to_owned),
        version: 0,
        value: value.clone(),
    });
    value
}

fn listing(asked: Asked<'_>, items: impl Iterator<Item = Stored>) -> Result<Answer, Failure> {
    page::items(asked.call, items.map(|item| item.value).collect())
}

pub fn answer(asked: Asked<'_>, target: &Target) -> Result<Answer, Failure> {
    let compartment = target.compartment.as_deref().unwrap_or_default();
    let list = |kind: &str| asked.store.list(kind, asked.call.region).into_iter();
    let name = asked.route.operation.name;
    match name {
        "CreateSandbox" => Ok(create(asked, compartment)),
        "ListSandboxes" => listing(asked, list(SANDBOXES).filter(|held| held.compartment == compartment)),
        "CreateSandboxSnapshot" => snapshot(asked, compartment),
        "ListSandboxSnapshots" => {
            listing(asked, list(SNAPSHOTS).filter(|held| held.compartment == compartment))
        }
        "GetSandboxSnapshot" => Ok(Answer::json(held(asked, SNAPSHOTS, asked.part("snapshotId"))?.value)),
        "DeleteSandboxSnapshot" => {
            asked.store.remove(&held(asked, SNAPSHOTS, asked.part("snapshotId"))?.id);
            Ok(Answer::empty(204))
        }
        _ => of_sandbox(asked, &held(asked, SANDBOXES, asked.part("sandboxId"))?),
    }
}

fn create(asked: Asked<'_>, compartment: &str) -> Answer {
    let body = asked.call.json().unwrap_or_else(|| json!({}));
    let id = asked.store.ocid("generativeaisandbox", asked.call.region);
    let now = asked.call.now;
    let minutes = body.get("expiresInMinutes").and_then(Value::as_i64).unwrap_or(60).clamp(1, 1_440);
    let ends = now.checked_add(SignedDuration::from_mins(minutes)).unwrap_or(now);
    let mut value =
        json!({ "id": id, "displayName": "sandbox", "runtime": "python", "expiresInMinutes": minutes });
    set(&mut value, "projectId", asked.call.headers.get("project-id").map(str::to_owned));
    for (key, field) in body.as_object().into_iter().flatten() {
        set(&mut value, key, field.clone());
    }
    for (key, field) in [
        ("lifecycleState", "RUNNING".to_owned()),
        ("timeCreated", store::time(now)),
        ("timeUpdated", store::time(now)),
        ("timeExpires", store::time(ends)),
    ] {
        set(&mut value, key, field);
    }
    Answer::json(put(asked, SANDBOXES, None, compartment, value))
}

fn snapshot(asked: Asked<'_>, compartment: &str) -> Result<Answer, Failure> {
    let body = asked.call.json().unwrap_or_else(|| json!({}));
    let Some(of) = body.get("sandboxId").and_then(Value::as_str) else {
        return Err(bad_request("sandboxId must not be null", "the body has no `sandboxId`"));
    };
    let of = held(asked, SANDBOXES, of)?;
    let id = asked.store.ocid("generativeaisandboxsnapshot", asked.call.region);
    let now = store::time(asked.call.now);
    let value = json!({ "id": id, "displayName": "snapshot", "projectId": of.value.get("projectId"),
        "sandboxId": of.id, "runtime": of.value.get("runtime"), "sizeBytes": 0, "lifecycleState": "ACTIVE",
        "timeCreated": now, "timeUpdated": now });
    Ok(Answer::json(put(asked, SNAPSHOTS, None, compartment, value)))
}

fn of_sandbox(asked: Asked<'_>, sandbox: &Stored) -> Result<Answer, Failure> {
    let command = || held(asked, COMMANDS, asked.part("commandId"));
    let shift = |state: Option<&str>| {
        let changed = asked.store.change(&sandbox.id, |held| {
            if let Some(state) = state {
                set(&mut held.value, "lifecycleState", state);
            }
            set(&mut held.value, "timeUpdated", store::time(asked.call.now));
        });
        Ok(Answer::json(changed.map_or(Value::Null, |held| held.value)))
    };
    match asked.route.operation.name {
        "GetSandbox" => Ok(Answer::json(sandbox.value.clone())),
        "UpdateSandbox" => {
            let body = asked.call.json().unwrap_or_else(|| json!({}));
            let changed = asked.store.change(&sandbox.id, |held| {
                if let Some(name) = body.get("displayName") {
                    set(&mut held.value, "displayName", name.clone());
                }
            });
            Ok(Answer::json(changed.map_or(Value::Null, |held| held.value)))
        }
        "DeleteSandbox" => {
            asked.store.remove(&sandbox.id);
            Ok(Answer::empty(204))
        }
        "StopSandbox" => shift(Some("STOPPED")),
        "SuspendSandbox" => shift(Some("SUSPENDED")),
        "ResumeSandbox" => shift(Some("RUNNING")),
        "ExtendSandbox" => shift(None),
        "RunSandboxCommand" => {
            let ran = run(asked, sandbox)?;
            Ok(Answer::json(json!({ "id": ran.get("id") })))
        }
        "RunSandboxCommandAndWait" => run(asked, sandbox).map(Answer::json),
        "RunSandboxCommandAndStream" => {
            run(asked, sandbox).map(|ran| Answer::with_body(Body::Events(events(&ran))))
        }
        "ListSandboxCommand" => {
            let all = asked.store.list(COMMANDS, asked.call.region).into_iter();
            listing(asked, all.filter(|held| held.parent.as_deref() == Some(&sandbox.id)))
        }
        "GetSandboxCommand" | "CancelSandboxCommand" => Ok(Answer::json(command()?.value)),
        "GetSandboxCommandOutput" => {
            Ok(Answer::json(command()?.value.get("output").cloned().unwrap_or(Value::Null)))
        }
        "StreamSandboxCommandEvents" => Ok(Answer::with_body(Body::Events(events(&command()?.value)))),
        "WriteSandboxFile" => write(asked, sandbox),
        _ => {
            let path = path(asked)?;
            let file = held(asked, FILES, &format!("{}{path}", sandbox.id))?;
            let content = file.value.get("content").and_then(Value::as_str).unwrap_or_default();
            let content = BASE64.decode(content).unwrap_or_default();
            Ok(Answer::with_body(Body::Bytes("application/octet-stream".to_owned(), content)))
        }
    }
}

/// The path of a file, in the query or the body.
fn path(asked: Asked<'_>) -> Result<String, Failure> {
    let body = asked.call.json().unwrap_or_else(|| json!({}));
    let found = ["filePath", "path"]
        .iter()
        .find_map(|key| asked.call.parameter(key).or_else(|| Some(body.get(key)?.as_str()?.to_owned())));
    let found = found.ok_or_else(|| bad_request("filePath must not be null", "the call names no file"))?;
    Ok(format!("/{}", found.trim_start_matches('/')))
}

fn write(asked: Asked<'_>, sandbox: &Stored) -> Result<Answer, Failure> {
    let path = path(asked)?;
    let digest = BASE64.encode(Sha256::digest(&asked.call.body));
    let id = format!("{}{path}", sandbox.id);
    let value = json!({ "id": id, "content": BASE64.encode(&asked.call.body) });
    put(asked, FILES, Some(&sandbox.id), &sandbox.compartment, value);
    Ok(Answer::json(json!({ "sandboxId": sandbox.id, "filePath": path, "contentSha256": digest })))
}

fn run(asked: Asked<'_>, sandbox: &Stored) -> Result<Value, Failure> {
    if sandbox.value.get("lifecycleState").and_then(Value::as_str) == Some("STOPPED") {
        return Err(Failure::new(409, "IncorrectState", "The sandbox is stopped.")
            .because("a stopped sandbox runs nothing"));
    }
    let body = asked.call.json().unwrap_or_else(|| json!({}));
    let Some(command) = body.get("command").and_then(Value::as_str) else {
        return Err(bad_request("command must not be null", "the body has no `command`"));
    };
    let args: Vec<_> =
        body.get("args").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let line = [command].into_iter().chain(args.iter().copied()).collect::<Vec<_>>().join(" ");
    let said = match line.strip_prefix("echo ") {
        Some(words) => format!("{words}\n"),
        None => format!("the sandbox saw `{line}` and ran nothing\n"),
    };
    let id = asked.store.ocid("generativeaisandboxcommand", asked.call.region);
    let now = store::time(asked.call.now);
    let output = json!({ "commandId": id, "exitCode": 0, "stdout": said, "stderr": "", "lastSeq": 3 });
    let value = json!({ "id": id, "sandboxId": sandbox.id, "cwd": body.get("cwd"), "command": command, "args": args,
        "exitCode": 0, "output": output, "timeCreated": now, "timeUpdated": now, "timeStarted": now,
        "timeFinished": now });
    Ok(put(asked, COMMANDS, Some(&sandbox.id), &sandbox.compartment, value))
}

/// A command's events: begun, its output, its end.
fn events(command: &Value) -> Vec<String> {
    let field = |path: &str| command.pointer(path).cloned().unwrap_or(Value::Null);
    let event = |kind: &str, seq: u64| json!({ "event": kind, "seq": seq, "timestamp": field("/timeStarted"), "commandId": field("/id") });
    let begun = event("STARTED", 1);
    let mut said = event("STDOUT", 2);
    set(&mut said, "data", field("/output/stdout"));
    let mut ended = event("FINISHED", 3);
    set(&mut ended, "exitCode", field("/exitCode"));
    [begun, said, ended].iter().map(|event| format!("data: {event}")).collect()
}
