//! What goes wrong on purpose in the sandbox: each fault shows as its trouble does, and only where it is told to.

#![cfg(feature = "live")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

#[allow(dead_code)]
mod r#box;

use std::time::{Duration, Instant};

use r#box::{Box, raw, send, send_signed};
use ociam::sandbox::FaultSpec;
use serde_json::json;

async fn with(faults: &str) -> Box {
    Box::new(&format!("faults = {faults}"), |_| ()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_off_is_told_the_time() {
    let sandbox = with("['skew=20m']").await;
    let reply = send_signed(&sandbox.user(), sandbox.chat());
    assert_eq!(reply.status, 401, "{reply:?}");
    assert!(reply.message().contains("is not within allowed clock skew"), "{reply:?}");
    // A bearer carries no date.
    let secret = sandbox.text("genai_api_key");
    assert_eq!(send(&sandbox.chat_with(&secret, "us-chicago-1")).status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_the_catalogue_bites_where_it_is_told_to() {
    let sandbox =
        with("['model-retired@inference,meta.llama-3.3-70b-instruct', '429-quota@eu-frankfurt-1']").await;
    let retired = send_signed(&sandbox.user(), sandbox.chat());
    assert_eq!(retired.status, 400, "{retired:?}");
    assert!(retired.message().starts_with("Model meta.llama-3.3-70b-instruct"), "{retired:?}");
    assert_eq!(retired.json()["code"], "400");
    let secret = sandbox.text("genai_api_key");
    assert_eq!(send(&sandbox.chat_with(&secret, "us-chicago-1")).status, 200);
    assert_eq!(sandbox.said()["status"], 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_known_hears_of_that_before_anything_that_needs_a_caller() {
    let sandbox = with("['429-quota']").await;
    assert_eq!(send(&sandbox.chat_with("sk-nobody", "us-chicago-1")).status, 401);
    assert_eq!(send_signed(&sandbox.user(), sandbox.chat()).status, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_a_cut_a_hang_up_and_a_redirect_look_as_they_do_in_networks() {
    let sandbox = with("['html=403']").await;
    let page = send_signed(&sandbox.user(), sandbox.chat());
    assert_eq!((page.status, page.header("content-type")), (403, Some("text/html; charset=utf-8")));
    assert!(page.body.contains("<html>"), "{page:?}");

    let sandbox = with("['redirect=https://other.example/']").await;
    let moved = send_signed(&sandbox.user(), sandbox.chat());
    assert_eq!((moved.status, moved.header("location")), (307, Some("https://other.example/")));

    let sandbox = with("['truncate=5']").await;
    let cut = send_signed(&sandbox.user(), sandbox.chat());
    assert_eq!(cut.status, 200);
    assert!(serde_json::from_str::<serde_json::Value>(&cut.body).is_err(), "{cut:?}");

    let sandbox = with("['drop']").await;
    let gone = raw(
        &sandbox.door("inference", "us-chicago-1"),
        b"GET /20231130/guardrailVersions HTTP/1.1\r\nhost: x\r\n\r\n",
    );
    assert!(gone.head.is_empty() && gone.body.is_empty(), "{gone:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_takes_its_time() {
    let sandbox = with("['propagation=1h']").await;
    let early = send_signed(&sandbox.user(), sandbox.chat());
    assert_eq!(early.status, 404);
    assert_eq!(early.message(), "Authorization failed or requested resource not found.");
    let sandbox = with("['propagation=1ms']").await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(send_signed(&sandbox.user(), sandbox.chat()).status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_set_while_it_runs() {
    let sandbox = Box::sample().await;
    let main = sandbox.running.as_ref().unwrap().address.strip_prefix("http://").unwrap().to_owned();
    let control = |method: &str, body: &str| {
        let text = format!(
            "{method} /sandbox/faults HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        raw(&main, text.as_bytes())
    };
    let set = control("PUT", &json!(["slow=300ms@user-api-key"]).to_string());
    assert_eq!((set.status, set.json()), (200, json!(["slow=300ms@user-api-key"])));
    let began = Instant::now();
    assert_eq!(send_signed(&sandbox.user(), sandbox.chat()).status, 200);
    assert!(began.elapsed() >= Duration::from_millis(300));
    let wrong = control("POST", &json!(["slwo=1s"]).to_string());
    assert!(wrong.status == 400 && wrong.message().contains("write `slow`"), "{wrong:?}");
    assert_eq!(control("DELETE", "").json(), json!([]));
    // Only the main door takes orders.
    let door = sandbox.door("inference", "us-chicago-1");
    assert_eq!(
        raw(&door, b"DELETE /sandbox/faults HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").status,
        404
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn interception_answers_tls_with_a_certificate_nobody_knows() {
    let sandbox = with("['tls-interception']").await;
    let endpoints = sandbox.text("endpoints.json");
    assert!(endpoints.contains("https://127.0.0.1"), "{endpoints}");
    let url = format!("https://{}/20231130/guardrailVersions", sandbox.door("inference", "us-chicago-1"));
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured({
            let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
            rustls::ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_root_certificates(rustls::RootCertStore::empty())
                .with_no_client_auth()
        })
        .no_proxy()
        .build()
        .unwrap();
    let error = client.get(url).send().await.unwrap_err();
    assert!(format!("{error:?}").contains("UnknownIssuer"), "{error:?}");
}

#[test]
fn every_error_that_a_service_can_give_is_a_fault() {
    let names: Vec<_> = FaultSpec::all().into_iter().map(|(name, _)| name).collect();
    for name in ["skew=TIME", "429-quota", "unsubscribed-region", "new-iam-key", "tls-interception"] {
        assert!(names.iter().any(|known| known == name), "{name}");
    }
}
