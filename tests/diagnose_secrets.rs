//! No secret that is pasted comes back, in any form of input and output.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use assert_cmd::Command;
use serde_json::json;

/// Stands in every secret below, and nowhere else.
const MARK: &str = "ZQMARKzq7";

/// Secrets of every kind, as they stand in what users paste.
fn pasted() -> Vec<String> {
    let body = format!("{MARK}MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKB");
    [
        "Authorization: Bearer sk-@",
        "openai.AuthenticationError: incorrect key sk-proj-@ given",
        "OPENAI_API_KEY=sk-@",
        "api_key: '@secret'",
        "{\"api_key\": \"@\", \"status\": 401}",
        "curl -H 'Authorization: Bearer eyJhbGciOiJSUzI1NiJ9.@.c2lnbmF0dXJl' https://example.com",
        "jwt=eyJ@eyJ.eyJ@.sig@",
        "keyId=\"ST$eyJ@.eyJ@.@\",algorithm=\"rsa-sha256\",signature=\"@+/==\"",
        "Authorization: Basic dXNlcjo@cGFzcw==",
        "Authorization: Signature version=\"1\",keyId=\"ocid1.tenancy.oc1..a/ocid1.user.oc1..b/aa:bb\",signature=\"abc@def==\"",
        "-----BEGIN PRIVATE KEY-----\n@abc\ndef\n-----END PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----\\n@abc\\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n@cut off",
        "pass_phrase=@",
        "passphrase: correct horse @ staple",
        "OCI_CLI_PASSPHRASE=\"with spaces @\"",
        "password = '@'",
        "client_secret=@&grant_type=client_credentials",
        "\"refresh_token\": \"@\"",
        "opc-obo-token: @",
        "Cookie: session=@; other=@",
        "x-api-key: @",
        "https://objectstorage.us-ashburn-1.oraclecloud.com/p/@abcdefghijklmnopqrstuvwx/n/ns/b/b/o/x",
        "key_content=@",
        "security_token=@ expired",
        "passphrase=ab,@,cd",
        "{\\\"client_secret\\\": \\\"@\\\", \\\"status\\\": 401}",
    ]
    .iter()
    .map(|text| text.replace('@', MARK))
    .chain([body, format!("https://user:{MARK}@proxy.example.com:8080/")])
    .collect()
}

fn run(arguments: &[&str], input: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_ociam"))
        .env_clear()
        .arg("diagnose")
        .args(arguments)
        .write_stdin(input)
        .output()
        .unwrap();
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn every_kind_of_secret_is_known_as_one() {
    for secret in pasted() {
        let shown = ociam::diagnose::redact(&secret);
        assert!(!shown.contains(MARK), "{secret}\n{shown}");
    }
}

#[test]
fn no_pasted_secret_comes_back_in_any_output() {
    let answer = "HTTP/1.1 401 Unauthorized\n{\"code\":\"401\",\"message\":\"not accepted\"}";
    let all = pasted().join("\n");
    let mut inputs: Vec<String> = pasted().iter().map(|secret| format!("{secret}\n{answer}")).collect();
    inputs.push(format!("{all}\n{answer}"));
    // One run for all of them each way, and the library for each alone.
    for format in ["json", "human"] {
        let shown = run(&["--format", format], inputs.last().unwrap());
        assert!(!shown.contains(MARK), "{shown}");
    }
    for input in &inputs {
        let report = ociam::diagnose::diagnose(&ociam::diagnose::extract(input));
        assert!(!format!("{report:?}").contains(MARK), "{input}\n{report:#?}");
    }
}

#[test]
fn no_secret_of_a_case_or_har_file_comes_back() {
    for secret in pasted() {
        let case = json!({
            "error": { "status": 404, "code": secret, "message": format!("Authorization failed {secret}") },
            "auth_method": "genai-api-key", "plane": "inference-openai",
            "request": secret, "key": format!("sk-{MARK}"), "principal": secret, "compartment": secret,
            "policies": [format!("Allow any-user to use generative-ai-chat in tenancy where request.user.name='sk-{MARK}'")],
            "headers": { "authorization": format!("Bearer {MARK}abc"), "x-api-key": MARK },
            "config": { "pass_phrase": MARK, "key_content": secret },
        });
        let case = serde_json::from_value(case).unwrap();
        let report = ociam::diagnose::diagnose(&case);
        assert!(!format!("{report:?}").contains(MARK), "{secret}\n{report:#?}");
        let header = |name: &str, value: &str| json!({ "name": name, "value": value });
        let har = json!({ "log": { "entries": [{
            "request": { "method": "POST", "url": "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/20231130/actions/chat",
                "headers": [header("Authorization", &format!("Bearer sk-{MARK}")), header("cookie", MARK)],
                "postData": { "text": secret } },
            "response": { "status": 401, "headers": [header("set-cookie", MARK)], "content": { "text": secret } } }] } });
        let report = ociam::diagnose::diagnose(&ociam::diagnose::extract(&har.to_string()));
        assert!(!format!("{report:?}").contains(MARK), "{har}\n{report:#?}");
    }
}
