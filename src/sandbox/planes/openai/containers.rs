//! Containers of the code interpreter and their files.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::super::Asked;
use super::scope::Scope;
use super::{absent, body, bytes, files, gone, id, keep, kept, list, refused};
use crate::sandbox::call::{Answer, Failure};
use crate::sandbox::store::Stored;

const KIND: &str = "openai/containers";
const FILES: &str = "openai/containers/files";
/// How long one may be idle, in minutes.
const IDLE: u64 = 20;

fn container(asked: Asked<'_>, scope: &Scope) -> Result<Stored, Failure> {
    kept(asked, scope, "Container", KIND, id(asked))
}

fn file(asked: Asked<'_>) -> Result<Stored, Failure> {
    let wanted = asked.part("file");
    let held = asked
        .store
        .get(wanted)
        .filter(|held| held.kind == FILES && held.parent.as_deref() == Some(id(asked)));
    held.ok_or_else(|| absent("Container file", wanted))
}

fn shown(held: &Stored) -> Value {
    held.value.get("file").cloned().unwrap_or(Value::Null)
}

pub fn answer(asked: Asked<'_>, scope: &Scope) -> Result<Answer, Failure> {
    match asked.route.operation.name {
        "CreateContainer" => {
            let body = body(asked)?;
            let Some(name) = body.get("name").and_then(Value::as_str) else {
                return Err(refused("'name' is a required property", "the body has no `name`"));
            };
            let id = asked.store.plain_id("cntr_", 48);
            let now = asked.call.now.as_second();
            let memory = body.get("memory_limit").cloned().unwrap_or_else(|| json!("1g"));
            let value = json!({ "id": id, "object": "container", "created_at": now, "status": "running", "name": name,
                "expires_after": { "anchor": "last_active_at", "minutes": IDLE }, "last_active_at": now,
                "memory_limit": memory });
            keep(asked, scope, KIND, &id, value.clone());
            Ok(Answer::json(value))
        }
        "ListContainers" => {
            let all = asked.store.list(KIND, asked.call.region).into_iter().filter(|held| scope.owns(held));
            list::page(asked, all.map(|held| held.value).collect(), true)
        }
        "RetrieveContainer" => Ok(Answer::json(container(asked, scope)?.value)),
        "DeleteContainer" => {
            let held = container(asked, scope)?;
            asked.store.remove(&held.id);
            Ok(gone(&held.id, "container.deleted"))
        }
        "CreateContainerFile" => {
            let held = container(asked, scope)?;
            let (name, content) =
                match asked.call.json().and_then(|body| Some(body.get("file_id")?.as_str()?.to_owned())) {
                    Some(file) => {
                        let file = files::file(asked, scope, &file)?;
                        let name =
                            file.value.pointer("/file/filename").and_then(Value::as_str).unwrap_or_default();
                        (name.to_owned(), files::content(&file))
                    }
                    None => {
                        let form = files::form(asked.call)?;
                        (form.name, form.content)
                    }
                };
            let id = asked.store.plain_id("cfile_", 48);
            let file = json!({ "id": id, "object": "container.file", "created_at": asked.call.now.as_second(),
                "bytes": content.len(), "container_id": held.id, "path": format!("/mnt/data/{name}"),
                "source": "user" });
            asked.store.put(Stored {
                id,
                kind: FILES.to_owned(),
                region: asked.call.region.to_owned(),
                compartment: held.compartment,
                parent: Some(held.id),
                version: 0,
                value: json!({ "file": file, "content": BASE64.encode(content) }),
            });
            Ok(Answer::json(file))
        }
        "ListContainerFiles" => {
            let held = container(asked, scope)?;
            let all = asked.store.list(FILES, asked.call.region).into_iter();
            let own = all.filter(|file| file.parent.as_deref() == Some(&held.id));
            list::page(asked, own.map(|file| shown(&file)).collect(), true)
        }
        "RetrieveContainerFile" => {
            container(asked, scope)?;
            Ok(Answer::json(shown(&file(asked)?)))
        }
        "RetrieveContainerFileContent" => {
            container(asked, scope)?;
            Ok(bytes("application/octet-stream", files::content(&file(asked)?)))
        }
        _ => {
            container(asked, scope)?;
            let held = file(asked)?;
            asked.store.remove(&held.id);
            Ok(gone(&held.id, "container.file.deleted"))
        }
    }
}
