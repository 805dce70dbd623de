//! What answers look like: one representative of each plane, and how each says no.

use serde_json::{Value, json};

use super::{Bench, chat, generic};

const PROJECT: &str = "ocid1.generativeaiproject.oc1.us-chicago-1.p1";
const PLACE: &str = "ocid1.compartment.oc1..mlprod";
const ROOT: &str = "ocid1.tenancy.oc1..acme";

fn with_project() -> Bench {
    let mut bench = Bench::new();
    bench.headers.set("openai-project", PROJECT);
    bench
}

fn native(model: &str, more: Value) -> Value {
    let mut body =
        json!({ "compartmentId": PLACE, "servingMode": { "servingType": "ON_DEMAND", "modelId": model } });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[test]
fn management_and_iam_and_limits_answer_as_their_clients_read_them() {
    let mut bench = Bench::new();
    let key = json!({ "compartmentId": PLACE, "displayName": "k", "keyDetails": [{ "keyName": "one" }] });
    let policy = json!({ "compartmentId": ROOT, "name": "p", "description": "d",
        "statements": ["allow group Devs to use generative-ai-chat in tenancy"] });
    insta::assert_snapshot!(
        [
            bench.shown(
                "GET",
                &format!("/20231130/models?compartmentId={PLACE}&displayName=openai.gpt-oss-120b"),
                Value::Null
            ),
            bench.shown("POST", "/20231130/apikeys", key),
            bench.shown("GET", &format!("/20231130/apikeys?compartmentId={PLACE}"), Value::Null),
            bench.shown("GET", &format!("/20160918/compartments?compartmentId={ROOT}&limit=1"), Value::Null),
            bench.shown("GET", &format!("/20160918/tenancies/{ROOT}"), Value::Null),
            bench.shown("POST", "/20160918/policies", policy),
            bench.shown(
                "GET",
                &format!("/20190729/limitValues?compartmentId={ROOT}&serviceName=generative-ai-agent"),
                Value::Null
            ),
        ]
        .join("\n")
    );
}

#[test]
fn a_policy_that_is_written_is_served_and_one_that_is_deleted_is_not() {
    let mut bench = Bench::new();
    let before = bench.tenancy.policies.len();
    let body = json!({ "compartmentId": ROOT, "name": "p", "description": "d",
        "statements": ["allow group Devs to use generative-ai-chat in tenancy"] });
    assert!(bench.shown("POST", "/20160918/policies", body.clone()).starts_with("200"));
    assert_eq!(bench.tenancy.policies.len(), before + 1);
    assert!(bench.shown("POST", "/20160918/policies", body).starts_with("409"));
    let ocid = bench.tenancy.policies[before].ocid.clone().unwrap();
    assert!(bench.shown("DELETE", &format!("/20160918/policies/{ocid}"), Value::Null).starts_with("204"));
    assert_eq!(bench.tenancy.policies.len(), before);
}

#[test]
fn responses_come_whole_and_as_a_stream() {
    let mut bench = with_project();
    let body = |stream: bool| {
        json!({ "model": "openai.gpt-oss-120b", "input": "Hi", "max_output_tokens": 2,
        "stream": stream, "store": false })
    };
    insta::assert_snapshot!(
        [
            bench.shown("POST", "/openai/v1/responses", body(false)),
            bench.shown("POST", "/openai/v1/responses", body(true)),
        ]
        .join("\n")
    );
}

#[test]
fn each_plane_says_no_in_its_own_words() {
    let mut bench = Bench::new();
    let model = "meta.llama-3.3-70b-instruct";
    let mut said = vec![
        bench.shown("POST", "/20231130/actions/chat", chat("no.such", generic("a"))),
        bench.shown(
            "POST",
            "/20231130/actions/embedText",
            native("cohere.embed-v4.0", json!({ "inputs": [""] })),
        ),
        bench.shown("POST", "/20231130/actions/generateText", native(model, json!({}))),
        bench.shown(
            "POST",
            "/20231130/actions/summarizeText",
            native("cohere.command", json!({ "input": "a" })),
        ),
        bench.shown("GET", "/20231130/models", Value::Null),
        bench.shown("GET", "/20231130/apikeys/ocid1.generativeaiapikey.oc1..no", Value::Null),
        bench.shown("POST", "/20231130/hostedApplications", json!({ "compartmentId": PLACE })),
        bench.shown("POST", "/openai/v1/responses", json!({ "model": model, "input": "a" })),
        bench.shown("POST", "/openai/v1/responses", json!({ "model": "openai.gpt-oss-120b", "input": "a" })),
        bench.shown("POST", "/20240531/agentEndpoints/no/sessions", json!({})),
        bench.shown("GET", "/20190729/limitValues?serviceName=generative-ai", Value::Null),
    ];
    for project in [
        "",
        "ocid1.generativeaiproject.oc1.us-chicago-1.no",
        "ocid1.generativeaiproject.oc1.eu-frankfurt-1.p",
    ] {
        bench.headers.set("openai-project", project);
        said.push(bench.shown("GET", "/openai/v1/files", Value::Null));
    }
    bench.headers.set("openai-project", PROJECT);
    for body in [
        json!({ "model": "openai.gpt-oss-120b" }),
        json!({ "model": "openai.gpt-oss-120b", "input": "a", "max_tokens": 1 }),
        json!({ "model": "openai.gpt-oss-120b", "input": [{ "role": "user", "content": "a" }] }),
        json!({ "model": "openai.gpt-oss-120b", "input": "a", "user": "u" }),
    ] {
        said.push(bench.shown("POST", "/openai/v1/responses", body));
    }
    said.push(bench.shown("GET", "/openai/v1/conversations/conv_no", Value::Null));
    said.push(bench.shown("POST", "/openai/v1/vector_stores/vs_no/search", json!({ "query": "a" })));
    bench.headers.remove("opc-compartment-id");
    bench.headers.remove("openai-project");
    let body = json!({ "model": model, "messages": [{ "role": "user", "content": "a" }] });
    said.push(bench.shown("POST", "/openai/v1/chat/completions", body));
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn chats_beyond_the_quota_of_a_minute_are_throttled() {
    let mut bench = Bench::new();
    bench.tenancy.limits.insert("max-on-demand-chat-request-per-minute-count".into(), 1);
    let body = || chat("meta.llama-3.3-70b-instruct", generic("a"));
    assert!(bench.shown("POST", "/20231130/actions/chat", body()).starts_with("200"));
    let refused = bench.shown("POST", "/20231130/actions/chat", body());
    assert!(refused.starts_with("429") && refused.contains(PLACE), "{refused}");
}
