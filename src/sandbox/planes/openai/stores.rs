//! Vector stores: the stores themselves, which the management host serves, and their files and search.

use serde_json::{Value, json};

use super::super::{Asked, set, text};
use super::scope::{self, Scope};
use super::{body, body_or_empty, files, gone, id, keep, list, refused, region_key};
use crate::sandbox::call::{Answer, Failure, Target};
use crate::sandbox::failure;
use crate::sandbox::store::Stored;

const KIND: &str = "openai/vector_stores";
const FILES: &str = "openai/vector_stores/files";
const BATCHES: &str = "openai/vector_stores/batches";
/// How long the parts are that a search finds, in tokens.
const CHUNK: usize = 200;

/// The target of the management host's half.
pub fn target(asked: Asked<'_>) -> Result<Target, Failure> {
    let scope = scope::of(asked, None)?;
    Ok(Target { compartment: scope.compartment, ..Target::default() })
}

/// The store that the path names.
fn held(asked: Asked<'_>, scope: &Scope) -> Result<Stored, Failure> {
    let id = id(asked);
    let held = asked.store.get(id).filter(|held| held.kind == KIND && held.region == asked.call.region);
    held.filter(|held| scope.owns(held) || scope.owner.is_empty()).ok_or_else(|| {
        let inner = json!({ "error": { "message": format!("VectorStore {id} with status Completed not found."),
            "type": "invalid_request_error", "param": null, "code": null } });
        let mut failed = failure::of("vector-store-absent");
        failed.message = inner.to_string();
        failed.because(format!("`{id}` does not exist in this region and project"))
    })
}

fn parts(asked: Asked<'_>, kind: &str) -> Vec<Stored> {
    let all = asked.store.list(kind, asked.call.region).into_iter();
    all.filter(|part| part.parent.as_deref() == Some(id(asked))).collect()
}

fn counts(total: usize) -> Value {
    json!({ "in_progress": 0, "completed": total, "failed": 0, "cancelled": 0, "total": total })
}

/// A store as it now is: its files counted.
fn shown(asked: Asked<'_>, held: &Stored) -> Value {
    let files = asked.store.list(FILES, asked.call.region);
    let files: Vec<_> = files.into_iter().filter(|file| file.parent.as_deref() == Some(&held.id)).collect();
    let usage: u64 =
        files.iter().filter_map(|file| file.value.get("usage_bytes").and_then(Value::as_u64)).sum();
    let mut value = held.value.clone();
    set(&mut value, "file_counts", counts(files.len()));
    set(&mut value, "usage_bytes", usage);
    value
}

/// Puts a file into a store.
fn add(
    asked: Asked<'_>,
    scope: &Scope,
    store: &Stored,
    file: &str,
    attributes: Option<&Value>,
) -> Result<Value, Failure> {
    let file = files::file(asked, scope, file)?;
    let size = file.value.pointer("/file/bytes").cloned().unwrap_or(json!(0));
    let value = json!({ "id": file.id, "object": "vector_store.file", "created_at": asked.call.now.as_second(),
        "vector_store_id": store.id, "status": "completed", "usage_bytes": size, "last_error": null,
        "attributes": attributes.cloned().unwrap_or_else(|| json!({})),
        "chunking_strategy": { "type": "static",
            "static": { "max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400 } } });
    asked.store.put(Stored {
        id: format!("{}/{}", store.id, file.id),
        kind: FILES.to_owned(),
        region: asked.call.region.to_owned(),
        compartment: store.compartment.clone(),
        parent: Some(store.id.clone()),
        version: 0,
        value: value.clone(),
    });
    Ok(value)
}

fn file_ids(body: &Value) -> Vec<&str> {
    body.get("file_ids").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// A file or batch of the store.
fn part(asked: Asked<'_>, store: &Stored, parameter: &str, kind: &str) -> Result<Stored, Failure> {
    let wanted = asked.part(parameter);
    let full = if kind == FILES { format!("{}/{wanted}", store.id) } else { wanted.to_owned() };
    let found = asked.store.get(&full).filter(|found| found.kind == kind);
    found.ok_or_else(|| super::absent("VectorStore file", wanted))
}

/// Answers for stores of the management host too.
pub fn answer(asked: Asked<'_>, scope: &Scope) -> Result<Answer, Failure> {
    match asked.route.operation.name {
        "CreateVectorStore" => {
            let body = body_or_empty(asked)?;
            let id = asked.store.plain_id(&format!("vs_{}_", region_key(asked)), 40);
            let now = asked.call.now.as_second();
            let given = |key: &str| body.get(key).cloned().unwrap_or(Value::Null);
            let metadata = body.get("metadata").filter(|given| !given.is_null()).cloned();
            let value = json!({ "id": id, "object": "vector_store", "created_at": now, "name": given("name"),
                "description": given("description"), "usage_bytes": 0, "file_counts": counts(0),
                "status": "completed", "expires_after": given("expires_after"), "expires_at": null,
                "last_active_at": now, "metadata": metadata.unwrap_or_else(|| json!({})) });
            let store = keep(asked, scope, KIND, &id, value);
            for file in file_ids(&body) {
                add(asked, scope, &store, file, None)?;
            }
            Ok(Answer::json(shown(asked, &store)))
        }
        "ListVectorStores" => {
            let all = asked.store.list(KIND, asked.call.region).into_iter();
            let own = all
                .filter(|held| scope.compartment.as_ref().is_none_or(|wanted| held.compartment == *wanted));
            list::page(asked, own.map(|held| shown(asked, &held)).collect(), true)
        }
        "RetrieveVectorStore" => Ok(Answer::json(shown(asked, &held(asked, scope)?))),
        "ModifyVectorStore" => {
            let held = held(asked, scope)?;
            let body = body(asked)?;
            let changed = asked.store.change(&held.id, |held| {
                for key in ["name", "metadata", "expires_after"] {
                    if let Some(value) = body.get(key) {
                        set(&mut held.value, key, value.clone());
                    }
                }
            });
            Ok(Answer::json(shown(asked, &changed.unwrap_or(held))))
        }
        "DeleteVectorStore" => {
            let held = held(asked, scope)?;
            asked.store.remove(&held.id);
            Ok(gone(&held.id, "vector_store.deleted"))
        }
        "CreateVectorStoreFile" => {
            let (store, body) = (held(asked, scope)?, body(asked)?);
            let Some(file) = body.get("file_id").and_then(Value::as_str) else {
                return Err(refused("'file_id' is a required property", "the body has no `file_id`"));
            };
            add(asked, scope, &store, file, body.get("attributes")).map(Answer::json)
        }
        "ListVectorStoreFiles" => {
            held(asked, scope)?;
            list::page(asked, parts(asked, FILES).into_iter().map(|file| file.value).collect(), true)
        }
        "RetrieveVectorStoreFile" => {
            let store = held(asked, scope)?;
            Ok(Answer::json(part(asked, &store, "file", FILES)?.value))
        }
        "DeleteVectorStoreFile" => {
            let store = held(asked, scope)?;
            let file = part(asked, &store, "file", FILES)?;
            asked.store.remove(&file.id);
            Ok(gone(asked.part("file"), "vector_store.file.deleted"))
        }
        "CreateVectorStoreFileBatch" => {
            let (store, body) = (held(asked, scope)?, body(asked)?);
            let ids = file_ids(&body);
            for file in &ids {
                add(asked, scope, &store, file, body.get("attributes"))?;
            }
            let id = asked.store.plain_id("vsfb_", 32);
            let value = json!({ "id": id, "object": "vector_store.files_batch",
                "created_at": asked.call.now.as_second(), "vector_store_id": store.id, "status": "completed",
                "file_counts": counts(ids.len()) });
            let batch = keep(asked, scope, BATCHES, &id, value);
            Ok(Answer::json(batch.value))
        }
        "RetrieveVectorStoreFileBatch" => {
            let store = held(asked, scope)?;
            Ok(Answer::json(part(asked, &store, "batch", BATCHES)?.value))
        }
        _ => search(asked, scope),
    }
}

fn search(asked: Asked<'_>, scope: &Scope) -> Result<Answer, Failure> {
    held(asked, scope)?;
    let body = body(asked)?;
    let query = match body.get("query") {
        Some(Value::String(query)) => query.clone(),
        Some(Value::Array(queries)) => queries.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        _ => return Err(refused("'query' is a required property", "the body has no `query`")),
    };
    let most = body.get("max_num_results").and_then(Value::as_u64).unwrap_or(10).clamp(1, 50);
    let mut found = Vec::new();
    for part in parts(asked, FILES) {
        let Some(file) = part.value.get("id").and_then(Value::as_str).and_then(|id| asked.store.get(id))
        else {
            continue;
        };
        let content = String::from_utf8_lossy(&files::content(&file)).into_owned();
        let name = file.value.pointer("/file/filename").cloned().unwrap_or(Value::Null);
        for chunk in text::pieces(&content).chunks(CHUNK) {
            let chunk = chunk.concat();
            let score = text::nearness(&query, &chunk);
            found.push((
                score,
                json!({ "file_id": file.id, "filename": name, "score": (score * 1e6).round() / 1e6,
                "attributes": part.value.get("attributes"), "content": [{ "type": "text", "text": chunk }] }),
            ));
        }
    }
    found.sort_by(|one, other| other.0.total_cmp(&one.0));
    let most = usize::try_from(most).unwrap_or(10);
    let data: Vec<_> = found.into_iter().take(most).map(|(_, result)| result).collect();
    Ok(Answer::json(
        json!({ "object": "vector_store.search_results.page", "search_query": [query], "data": data,
        "has_more": false, "next_page": null }),
    ))
}
