//! Management of Generative AI Agents: agents, their endpoints and tools, knowledge bases, data sources and their
//! ingestion jobs.

use serde_json::{Value, json};

use super::resources::Work;
use super::{Asked, set};
use crate::sandbox::call::{Answer, Body, Failure, Target};
use crate::sandbox::store;

pub fn target(asked: Asked<'_>) -> Result<Target, Failure> {
    super::resources::offered(asked)?;
    Work::of(asked).target()
}

pub fn answer(asked: Asked<'_>) -> Result<Answer, Failure> {
    let work = Work::of(asked);
    match asked.route.operation.name {
        "CreateDataIngestionJob" => work.create(|stored| {
            let source = stored.parent.as_deref().and_then(|id| asked.store.get(id));
            let base = source.and_then(|source| source.value.get("knowledgeBaseId").cloned());
            set(&mut stored.value, "knowledgeBaseId", base.unwrap_or(Value::Null));
            set(&mut stored.value, "lifecycleState", "SUCCEEDED");
            set(
                &mut stored.value,
                "dataIngestionJobStatistics",
                json!({ "numberOfFailedFiles": 0,
                "numberOfIngestedFiles": 1, "numberOfIgnoredFiles": 0, "durationInSeconds": 1 }),
            );
            Ok(())
        }),
        "GetDataIngestionJobLogContent" => {
            let line = format!("{} ingestion done\n", store::time(asked.call.now));
            Ok(Answer::with_body(Body::Bytes("application/octet-stream".to_owned(), line.into_bytes())))
        }
        "CancelWorkRequest" => {
            let held = work.item()?;
            Err(Failure::new(409, "IncorrectState", "The work request is already done.")
                .because(format!("`{}` has status SUCCEEDED", held.id)))
        }
        "ListWorkRequestLogs" | "ListWorkRequestErrors" => super::management::logs(&work),
        _ => work.answer(),
    }
}
