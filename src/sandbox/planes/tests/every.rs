//! Every operation of the catalogue that has a plane and a path is answered with success.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Bench;
use crate::catalog::{self, Operation};
use crate::sandbox::Body;

const PLACE: &str = "ocid1.compartment.oc1..mlprod";
const ROOT: &str = "ocid1.tenancy.oc1..acme";

/// Planes that other rooms of the sandbox serve, or that are hosts of customers.
const ELSEWHERE: &[&str] = &["auth", "imds", "identity-domain", "hosted-app-invoke", "private-endpoint"];

/// What the service itself refuses, whoever asks.
const REFUSED: [(&str, u16); 5] = [
    ("CancelWorkRequest", 409),
    ("CreateEmbedding", 400),
    ("ImagesGenerations", 400),
    ("GenerateText", 404),
    ("SummarizeText", 404),
];

fn text_message(role: &str, text: &str) -> Value {
    json!({ "role": role, "content": [{ "type": "TEXT", "text": text }] })
}

/// A body that suits an operation.
fn body(operation: &Operation, known: &BTreeMap<String, String>) -> Value {
    let id = |name: &str| known.get(name).cloned().unwrap_or_else(|| format!("no {name}"));
    let native = |model: &str, more: Value| {
        let mut body = json!({ "compartmentId": PLACE, "servingMode": { "servingType": "ON_DEMAND", "modelId": model } });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let gpt = "openai.gpt-oss-120b";
    match operation.name {
        "Chat" if operation.plane == Some("inference") => native(
            gpt,
            json!({ "chatRequest": { "apiFormat": "GENERIC", "messages": [text_message("USER", "Hi")] } }),
        ),
        "Chat" => json!({ "userMessage": "Hi", "sessionId": id("sessionId"), "shouldStream": false }),
        "EmbedText" => native("cohere.embed-v4.0", json!({ "inputs": ["a"] })),
        "RerankText" => native("cohere.rerank-v4.0-fast", json!({ "input": "a", "documents": ["a", "b"] })),
        "GenerateText" => native(
            "cohere.command",
            json!({ "inferenceRequest": { "runtimeType": "COHERE", "prompt": "a" } }),
        ),
        "SummarizeText" => native("cohere.command", json!({ "input": "a" })),
        "ApplyGuardrails" => json!({ "compartmentId": PLACE, "input": { "type": "TEXT", "content": "a" },
            "guardrailConfigs": { "promptInjectionConfig": {} } }),
        "ChatCompletions" => json!({ "model": gpt, "messages": [{ "role": "user", "content": "Hi" }] }),
        "CreateResponse" => json!({ "model": gpt, "input": "Hi" }),
        "CreateSpeech" => json!({ "model": "xai.grok-tts", "input": "Hi", "voice": "a" }),
        "CreateEmbedding" => json!({ "model": "cohere.embed-v4.0", "input": "a" }),
        "ImagesGenerations" => json!({ "model": "openai.gpt-image-1", "prompt": "a" }),
        "CreateVectorStoreFile" | "CreateContainerFile" => json!({ "file_id": id("fileId") }),
        "CreateVectorStoreFileBatch" => json!({ "file_ids": [id("fileId")] }),
        "SearchVectorStore" => json!({ "query": "a" }),
        "CreateContainer" | "CreateVectorStore" | "ModifyVectorStore" => json!({ "name": "a" }),
        "CreateConversation" | "UpdateConversation" => json!({ "metadata": {} }),
        "CreateConversationItems" => {
            json!({ "items": [{ "type": "message", "id": "item", "role": "user", "content": "Hi" }] })
        }
        "CreateApiKey" => {
            json!({ "compartmentId": PLACE, "displayName": "k", "keyDetails": [{ "keyName": "one" }] })
        }
        "SetApiKeyState" => json!({ "keyName": "one", "state": "INACTIVE" }),
        "RenewApiKey" => json!({ "details": { "keyName": "one" } }),
        "CreateModel" => json!({ "compartmentId": PLACE, "baseModelId": "meta.llama-3.3-70b-instruct" }),
        "CreateSandboxWarmPool" => json!({ "name": "pool", "type": "CODE", "desiredCapacity": 1 }),
        "CreateHostedApplication" => json!({ "compartmentId": PLACE, "inboundAuthConfig": {} }),
        "AddUserToGroup" => json!({ "userId": "ocid1.user.oc1..ana", "groupId": known["createdGroup"] }),
        "CreateCompartment" | "CreateGroup" | "CreateUser" => {
            json!({ "compartmentId": ROOT, "name": operation.name, "description": "d" })
        }
        "CreateDynamicGroup" => {
            json!({ "compartmentId": ROOT, "name": "d", "description": "d", "matchingRule": "ALL {resource.type = 'fnfunc'}" })
        }
        "CreatePolicy" => json!({ "compartmentId": ROOT, "name": "p", "description": "d",
            "statements": ["allow group Devs to use generative-ai-chat in tenancy"] }),
        "RunSandboxCommand" | "RunSandboxCommandAndWait" | "RunSandboxCommandAndStream" => {
            json!({ "command": "echo hi" })
        }
        "CreateSandbox" => json!({ "compartmentId": PLACE, "projectId": id("projectId") }),
        "CreateSandboxSnapshot" => json!({ "compartmentId": PLACE, "sandboxId": id("sandboxId") }),
        "WriteSandboxFile" => json!({ "path": "/a", "content": "aGk=" }),
        "GenerateSqlFromNl" => json!({ "inputNaturalLanguageQuery": "how many" }),
        _ if operation.method == "POST" || operation.method == "PUT" => json!({
            "compartmentId": PLACE, "displayName": "x",
            "dedicatedAiClusterId": id("dedicatedAiClusterId"), "modelId": "meta.llama-3.3-70b-instruct",
            "agentId": id("agentId"), "knowledgeBaseId": id("knowledgeBaseId"), "dataSourceId": id("dataSourceId"),
            "vectorStoreConnectorId": id("vectorStoreConnectorId"), "activeArtifact": {},
        }),
        _ => Value::Null,
    }
}

fn query(operation: &Operation) -> &'static str {
    match (operation.method, operation.name) {
        ("GET", "ListUserGroupMemberships") => {
            "?compartmentId=ocid1.tenancy.oc1..acme&userId=ocid1.user.oc1..ana"
        }
        ("GET", "ReadSandboxFile") => "?path=/a",
        ("GET", _) if operation.plane == Some("limits") => {
            "?compartmentId=ocid1.tenancy.oc1..acme&serviceName=generative-ai"
        }
        ("GET", name) if name.starts_with("List") => "?compartmentId=ocid1.compartment.oc1..mlprod",
        _ => "",
    }
}

/// The starts of paths that name an item of a collection, up to the item.
fn naming(collection: &str) -> BTreeSet<String> {
    let open = |path: &&str| {
        let rest = path.strip_prefix(collection)?.strip_prefix("/{")?;
        Some(format!("{collection}/{{{}}}", rest.split('}').next()?))
    };
    catalog::operations().iter().flat_map(|other| other.paths.iter().filter_map(open)).collect()
}

/// Creations in an order in which each finds what it needs, then readings, changes, and last deletions.
fn order(operation: &Operation) -> (u8, u8, &'static str) {
    let path = operation.paths.first().copied().unwrap_or_default();
    let creation = operation.method == "POST" && !path.contains("actions") && !path.ends_with('}');
    let stage = match operation.method {
        "POST" if creation => 0,
        "POST"
            if ["CreateResponse", "GenerateEnrichmentJob", "GenerateSqlFromNl"].contains(&operation.name) =>
        {
            0
        }
        "GET" => 1,
        "PUT" => 2,
        "POST" => 3,
        _ => 4,
    };
    let depth = u8::try_from(path.matches('/').count()).unwrap_or(9);
    let late = match operation.name {
        "CreateEndpoint" | "CreateAgentEndpoint" | "CreateTool" | "CreateDataSource" => 10,
        "CreateVectorStoreConnectorFileSync" | "CreateDataIngestionJob" | "CreateSession" => 11,
        "AddUserToGroup" | "CreateSandbox" => 11,
        "CreateSandboxSnapshot" | "RunSandboxCommand" | "WriteSandboxFile" => 12,
        "GenerateEnrichmentJob" | "GenerateSqlFromNl" => 12,
        "RemoveUserFromGroup" => 0,
        // Parts go before the whole.
        _ if stage == 4 => 20 - depth,
        _ => depth,
    };
    (stage, late, operation.name)
}

#[test]
fn every_operation_is_answered_with_success() {
    let mut bench = Bench::new();
    bench.tenancy.limits.insert("agent-count".into(), 9);
    let project = "ocid1.generativeaiproject.oc1.us-chicago-1.p1";
    bench.headers.set("openai-project", project);
    let mut known = BTreeMap::from(
        [
            ("tenancyId", ROOT),
            ("projectId", project),
            ("serviceName", "generative-ai"),
            ("limitName", "api-key-count"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    known.insert("domainId".to_owned(), bench.tenancy.domains[0].ocid.clone().unwrap());
    let mut operations: Vec<_> = catalog::operations()
        .iter()
        .filter(|operation| operation.plane.is_some_and(|plane| !ELSEWHERE.contains(&plane)))
        .collect();
    operations.sort_by_key(|operation| order(operation));
    let mut failed = Vec::new();
    for operation in &operations {
        for path in operation.paths {
            let plane = operation.plane.unwrap_or_default();
            let (mut filled, mut pattern) = (String::new(), String::new());
            for piece in path.split('/').skip(1) {
                filled.push('/');
                pattern = format!("{pattern}/{piece}");
                match piece.strip_prefix('{').and_then(|piece| piece.strip_suffix('}')) {
                    Some(name) => {
                        let seeded = known.get(&pattern).or_else(|| known.get(name));
                        filled.push_str(seeded.map_or(name, String::as_str));
                    }
                    None => filled.push_str(if piece == "*" { "speech" } else { piece }),
                }
            }
            let target = format!("{filled}{}", query(operation));
            let (answer, because) = match operation.name {
                "UploadFile" => bench.upload(&target, "a.txt", "hello world"),
                "CreateContainerFile" => bench.upload(&target, "b.txt", "hello"),
                _ => bench.ask(operation.method, &target, body(operation, &known)),
            };
            let expected =
                REFUSED.iter().find(|(name, _)| *name == operation.name).map(|(_, status)| *status);
            let fine = expected.map_or((200..300).contains(&answer.status), |status| answer.status == status);
            if !fine {
                let shown = match &answer.body {
                    Body::Json(value) => value.to_string(),
                    _ => String::new(),
                };
                failed.push(format!(
                    "{} {} {target}: {} {shown} ({because})",
                    operation.name, operation.method, answer.status
                ));
            }
            if let Some((_, request)) = answer.headers.iter().find(|(name, _)| name == "opc-work-request-id")
            {
                let base = crate::catalog::plane(plane).unwrap().bases[0];
                known.insert(format!("{base}/workRequests/{{workRequestId}}"), request.clone());
            }
            if operation.name == "AddArtifact" {
                let deployment = bench.store.get(&known["hostedDeploymentId"]).unwrap();
                let artifact = deployment.value["artifacts"][1]["id"].as_str().unwrap().to_owned();
                known.insert("artifactId".to_owned(), artifact);
            }
            let id = match &answer.body {
                Body::Json(value) => {
                    value.get("id").or_else(|| value.get("name")).and_then(Value::as_str).map(str::to_owned)
                }
                _ => None,
            };
            if operation.method == "POST"
                && let Some(id) = id
                && order(operation).0 == 0
            {
                for start in naming(path) {
                    let name = start.rsplit(['{', '}']).nth(1).unwrap_or_default().to_owned();
                    known.insert(start, id.clone());
                    known.insert(name, id.clone());
                }
                match operation.name {
                    "GenerateEnrichmentJob" => drop(known.insert("enrichmentJobId".into(), id.clone())),
                    "GenerateSqlFromNl" => drop(known.insert("generateSqlFromNlJobId".into(), id.clone())),
                    "CreateGroup" => drop(known.insert("createdGroup".into(), id.clone())),
                    "UploadFile" => drop(known.insert("fileId".into(), id.clone())),
                    "CreateVectorStore" => {
                        known.insert("/openai/v1/vector_stores/{id}".into(), id.clone());
                    }
                    "CreateVectorStoreFileBatch" => {
                        known.insert("/openai/v1/vector_stores/{id}/file_batches/{batch}".into(), id.clone());
                    }
                    _ => {}
                }
            }
        }
    }
    assert!(failed.is_empty(), "{} of {} failed:\n{}", failed.len(), operations.len(), failed.join("\n"));
}
