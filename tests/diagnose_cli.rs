//! `ociam diagnose` at the command line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use assert_cmd::Command;
use serde_json::Value;

fn diagnose(arguments: &[&str], pasted: &str) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_ociam"))
        .env_clear()
        .arg("diagnose")
        .args(["--format", "json"])
        .args(arguments)
        .write_stdin(pasted)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_key_on_the_agent_runtime_is_told_first_and_the_confidences_stay_below_one() {
    let answer = diagnose(
        &["--auth-method", "genai-api-key"],
        "POST https://agent-runtime.generativeai.us-chicago-1.oci.oraclecloud.com/20240531/agentEndpoints/x/sessions\n\
         HTTP/1.1 404 Not Found\n{\"code\":\"NotAuthorizedOrNotFound\",\"message\":\"Authorization failed or requested resource not found.\"}",
    );
    let diagnoses = answer["diagnoses"].as_array().unwrap();
    assert_eq!(diagnoses[0]["cause"], "agent-plane-with-api-key");
    let sum: f64 = diagnoses.iter().map(|each| each["confidence"].as_f64().unwrap()).sum();
    assert!(sum <= 1.0, "{sum}");
    assert!(!diagnoses[0]["evidence"].as_array().unwrap().is_empty());
}

#[test]
fn a_pasted_secret_never_comes_back() {
    let secret = "sk-Zk3vJ8qLw2Xr7TbN5yHc9MdP4sGf6AeU";
    let answer = diagnose(
        &[],
        &format!(
            "curl -H 'Authorization: Bearer {secret}' failed: 401, key {secret} (revoked) was not accepted"
        ),
    );
    assert!(!answer.to_string().contains("Zk3vJ8qLw2"), "{answer}");
}

#[test]
fn nothing_pasted_gives_no_diagnosis() {
    assert_eq!(diagnose(&[], "")["diagnoses"], Value::Array(Vec::new()));
}

/// Whether a document has what the schema requires and nothing that it does not describe.
fn conforms(root: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        return conforms(root, root.pointer(name.trim_start_matches('#')).unwrap(), value, at);
    }
    let kind = match value {
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::Bool(_) => "boolean",
        Value::Null => return,
        Value::Number(_) => "number",
    };
    if let Some(wanted) = schema["type"].as_str() {
        assert_eq!(wanted, kind, "{at}");
    }
    for required in schema["required"].as_array().into_iter().flatten() {
        assert!(value.get(required.as_str().unwrap()).is_some(), "{at}: lacks {required}");
    }
    for (name, field) in value.as_object().into_iter().flatten() {
        conforms(root, &schema["properties"][name], field, &format!("{at}.{name}"));
        assert!(!schema["properties"][name].is_null(), "{at}: `{name}` is not in the schema");
    }
    for item in value.as_array().into_iter().flatten() {
        conforms(root, &schema["items"], item, at);
    }
}

#[test]
fn the_answer_is_as_the_schema_describes_it() {
    let output = Command::new(env!("CARGO_BIN_EXE_ociam")).args(["schema", "diagnose"]).output().unwrap();
    let schema: Value = serde_json::from_slice(&output.stdout).unwrap();
    let answer = diagnose(
        &["--auth-method", "resource-principal"],
        "404 Entity with key cohere.embed-v4.0 not found https://inference.generativeai.eu-frankfurt-1.oci.oraclecloud.com/20231130/actions/embedText",
    );
    assert!(!answer["diagnoses"].as_array().unwrap().is_empty());
    assert!(!answer["ruled_out"].as_array().unwrap().is_empty());
    conforms(&schema, &schema, &answer, "$");
}

fn explain(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_ociam"))
        .env_clear()
        .arg("explain")
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn known_errors_are_explained_without_a_request() {
    insta::assert_snapshot!("explain_entity", explain(&["Entity with key"]));
    insta::assert_snapshot!("explain_path", explain(&["Path doesn't map to a registered service"]));
    insta::assert_snapshot!("explain_cause", explain(&["group-domain-prefix"]));
    let all = explain(&["404"]);
    for part in [
        "Authorization failed or requested resource not found",
        "Entity with key apikey not found",
        "NotFound",
    ] {
        assert!(all.contains(part), "{all}");
    }
}

#[test]
fn the_explanation_of_an_error_is_as_its_schema_describes_it() {
    let output = Command::new(env!("CARGO_BIN_EXE_ociam")).args(["schema", "explain"]).output().unwrap();
    let mut schema: Value = serde_json::from_slice(&output.stdout).unwrap();
    // A cause of an answer is described by the schema of diagnose.
    schema["properties"]["answers"]["items"]["properties"]["causes"] = Value::Bool(true);
    for query in ["NotAuthenticated", "429", "clock-skew", "ORA-20404"] {
        let mut answer: Value = serde_json::from_str(&explain(&[query, "--format", "json"])).unwrap();
        for each in answer["answers"].as_array_mut().unwrap() {
            assert!(!each["causes"].as_array().unwrap().is_empty(), "{query}");
            each["causes"] = Value::Null;
        }
        conforms(&schema, &schema, &answer, query);
    }
}
