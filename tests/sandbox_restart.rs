//! A sandbox that is started again has the addresses and credentials of its last run. In a file of its own: the ports
//! must not be taken by another test's sandbox meanwhile.

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

use r#box::{Box, folder, send_signed};
use serde_json::Value;
use tokio::sync::Mutex;

/// One at a time.
static ALONE: Mutex<()> = Mutex::const_new(());

/// What clients are told, but the address of the cluster's token service: all sandboxes of a machine want the one port
/// that its clients know.
fn told(sandbox: &Box) -> (Vec<String>, Value) {
    let names = ["config", "user_key.pem", "session_token", "rpst", "genai_api_key"];
    let mut endpoints: Value = serde_json::from_str(&sandbox.text("endpoints.json")).unwrap();
    endpoints.as_object_mut().unwrap().remove("proxymux").unwrap();
    (names.iter().map(|name| sandbox.text(name)).collect(), endpoints)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_started_again_knows_its_keys_tokens_and_ports() {
    let _alone = ALONE.lock().await;
    let sandbox = Box::sample().await;
    let before = told(&sandbox);
    let again = Box::on(sandbox.stop().await, None).await;
    assert_eq!(told(&again), before);
    assert_eq!(send_signed(&again.user(), again.chat()).status, 200);
}

#[test]
fn the_command_outlives_a_kill_and_ends_on_a_signal() {
    let _alone = ALONE.blocking_lock();
    let first = Box::command(folder(), &[]);
    let before = told(&first);
    assert_eq!(send_signed(&first.user(), first.chat()).status, 200);
    let second = Box::command(first.kill(), &[]);
    assert_eq!(told(&second), before);
    assert_eq!(send_signed(&second.user(), second.chat()).status, 200);
    assert!(second.terminate().is_none_or(|code| code == 0));
}
