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
