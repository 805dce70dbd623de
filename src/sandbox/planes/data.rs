//! Questions to databases through semantic stores: enrichment jobs and SQL from natural language.

use serde_json::{Value, json};

use super::{Asked, page, set};
use crate::sandbox::call::{Answer, Failure, Target};
use crate::sandbox::failure::{bad_request, not_found};
use crate::sandbox::store::{self, Stored};

const ENRICHMENTS: &str = "data/enrichmentJobs";
const QUERIES: &str = "data/generateSqlFromNlJobs";

fn semantic_store(asked: Asked<'_>) -> Result<Stored, Failure> {
    let id = asked.part("semanticStoreId");
    let held = asked.store.get(id).filter(|held| held.kind == "management/semanticStores");
    held.filter(|held| held.region == asked.call.region)
        .ok_or_else(|| not_found(format!("the region has no semantic store `{id}`")))
}

pub fn target(asked: Asked<'_>) -> Result<Target, Failure> {
    Ok(Target { compartment: Some(semantic_store(asked)?.compartment), ..Target::default() })
}

/// A job of the store, by the parameter that names it.
fn job(asked: Asked<'_>, store: &Stored, parameter: &str) -> Result<Stored, Failure> {
    let id = asked.part(parameter);
    let held = asked.store.get(id).filter(|held| held.parent.as_deref() == Some(&store.id));
    held.ok_or_else(|| not_found(format!("the semantic store has no job `{id}`")))
}

/// A job that is done at once.
fn done(asked: Asked<'_>, store: &Stored, kind: &str, more: Value) -> Answer {
    let body = asked.call.json().unwrap_or_else(|| json!({}));
    let id = asked.store.ocid("generativeaisemanticstorejob", asked.call.region);
    let now = store::time(asked.call.now);
    let mut value = json!({ "id": id, "semanticStoreId": store.id, "displayName": "job" });
    for (key, field) in body.as_object().into_iter().chain(more.as_object()).flatten() {
        set(&mut value, key, field.clone());
    }
    for key in ["timeAccepted", "timeStarted", "timeFinished"] {
        set(&mut value, key, now.clone());
    }
    set(&mut value, "lifecycleState", "SUCCEEDED");
    asked.store.put(Stored {
        id,
        kind: kind.to_owned(),
        region: asked.call.region.to_owned(),
        compartment: store.compartment.clone(),
        parent: Some(store.id.clone()),
        version: 0,
        value: value.clone(),
    });
    Answer::json(value)
}

pub fn answer(asked: Asked<'_>) -> Result<Answer, Failure> {
    let store = semantic_store(asked)?;
    match asked.route.operation.name {
        "GenerateEnrichmentJob" => Ok(done(asked, &store, ENRICHMENTS, json!({ "percentComplete": 100.0 }))),
        "ListEnrichmentJobs" => {
            let all = asked.store.list(ENRICHMENTS, asked.call.region).into_iter();
            let own = all.filter(|job| job.parent.as_deref() == Some(&store.id));
            page::items(asked.call, own.map(|job| job.value).collect())
        }
        "GetEnrichmentJob" => Ok(Answer::json(job(asked, &store, "enrichmentJobId")?.value)),
        "CancelEnrichmentJob" => {
            let held = job(asked, &store, "enrichmentJobId")?;
            Ok(Answer::json(held.value))
        }
        "GetGenerateSqlFromNlJob" => Ok(Answer::json(job(asked, &store, "generateSqlFromNlJobId")?.value)),
        _ => {
            let body = asked.call.json().unwrap_or_else(|| json!({}));
            let query = body.get("inputNaturalLanguageQuery").and_then(Value::as_str).unwrap_or_default();
            if query.trim().is_empty() {
                return Err(bad_request(
                    "inputNaturalLanguageQuery must not be null",
                    "the body has no `inputNaturalLanguageQuery`",
                ));
            }
            // One line, so that the question cannot end the comment that it stands in.
            let shown = query.split_whitespace().collect::<Vec<_>>().join(" ");
            let sql = format!("SELECT 1 FROM dual -- {shown}");
            let output = json!({ "jobOutput": { "outputType": "INLINE", "content": sql } });
            Ok(done(asked, &store, QUERIES, output))
        }
    }
}
