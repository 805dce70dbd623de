//! `ociam key check` against keys of the sandbox in every state: what it says, and its exit code for cron.

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

use assert_cmd::Command;
use r#box::{Box, post, send_signed};
use jiff::{SignedDuration, Timestamp};
use ociam::authz::{ApiKey, Secret};
use serde_json::json;

/// A key, by its name, with the states of its secrets and the days that each has left.
fn key(name: &str, region: &str, state: &str, secrets: &[(&str, i64)]) -> ApiKey {
    let after = |days: i64| {
        // Half a day more, so that the clock may go on.
        let moment = Timestamp::now() + SignedDuration::from_hours(24 * days + 12);
        moment.to_string()
    };
    let names = ["one", "two"];
    let secrets = secrets.iter().zip(names).map(|((state, days), name)| Secret {
        name: Some(name.to_owned()),
        state: Some((*state).to_owned()),
        expires: Some(after(*days)),
    });
    ApiKey {
        ocid: format!("ocid1.generativeaiapikey.oc1.{region}.aaaaaaaa{name}"),
        name: Some(name.to_owned()),
        region: Some(region.to_owned()),
        compartment: Some("genai".to_owned()),
        state: Some(state.to_owned()),
        secrets: secrets.collect(),
    }
}

fn check(sandbox: &Box, arguments: &[&str]) -> (i32, String) {
    let state = sandbox.folder.path();
    let mut command = Command::cargo_bin("ociam").unwrap();
    command.env_clear().env("HOME", state).env("OCIAM_ENDPOINTS", state.join("endpoints.json"));
    for (name, file) in [("FIRST", "genai_api_key"), ("SECOND", "genai_api_key_two")] {
        command.env(name, sandbox.text(file).trim());
    }
    command.args(["key", "check", "--config-file"]).arg(state.join("config")).args(arguments);
    let output = command.output().unwrap();
    assert!(!String::from_utf8_lossy(&output.stdout).contains(sandbox.text("genai_api_key").trim()));
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

/// Name, the key's state, its secrets' with their days left, the exit code, and what is said.
type Case<'a> = (&'a str, &'a str, &'a [(&'a str, i64)], i32, &'a [&'a str]);

const HOME: &str = "us-chicago-1";

#[tokio::test(flavor = "multi_thread")]
async fn every_state_of_a_key_is_told_with_its_exit_code() {
    let cases: [Case<'_>; 10] = [
        (
            "healthy",
            "ACTIVE",
            &[("ACTIVE", 60), ("ACTIVE", 80)],
            0,
            &["60 days left", "80 days left", "nothing is due"],
        ),
        ("standby", "ACTIVE", &[("ACTIVE", 60), ("INACTIVE", 80)], 0, &["note: secret `two` is INACTIVE"]),
        (
            "spent",
            "ACTIVE",
            &[("REVOKED", 60), ("ACTIVE", 80)],
            0,
            &["1. renew secret `one`, so that it stands by"],
        ),
        (
            "soon",
            "ACTIVE",
            &[("ACTIVE", 5), ("ACTIVE", 80)],
            1,
            &["soon: secret `one` expires in 5 days", "1. give secret `two`", "2. deactivate secret `one`"],
        ),
        (
            "asleep",
            "ACTIVE",
            &[("ACTIVE", 5), ("INACTIVE", 80)],
            1,
            &["1. activate secret `two`", "--key-name two --state ACTIVE --region us-chicago-1"],
        ),
        (
            "both",
            "ACTIVE",
            &[("ACTIVE", 5), ("ACTIVE", 6)],
            1,
            &["1. renew secret `one`", "3. deactivate secret `two`"],
        ),
        (
            "dead",
            "ACTIVE",
            &[("ACTIVE", -3), ("ACTIVE", -2)],
            1,
            &["failing: no secret of the key works", "secret `one` expired", "EXPIRED"],
        ),
        (
            "revoked",
            "ACTIVE",
            &[("REVOKED", 60), ("REVOKED", 60)],
            1,
            &["failing: no secret of the key works", "secret one  REVOKED"],
        ),
        (
            "inactive",
            "ACTIVE",
            &[("INACTIVE", 60), ("INACTIVE", 60)],
            1,
            &["[genai-secret-not-active]", "1. activate secret `one`"],
        ),
        ("ended", "INACTIVE", &[("ACTIVE", 60), ("ACTIVE", 60)], 1, &["failing: the key is INACTIVE"]),
    ];
    let sandbox = Box::new("", |tenancy| {
        tenancy
            .api_keys
            .extend(cases.iter().map(|(name, state, secrets, ..)| key(name, HOME, state, secrets)));
        tenancy.api_keys.push(key("far", "eu-frankfurt-1", "ACTIVE", &[("ACTIVE", 60), ("ACTIVE", 60)]));
    })
    .await;
    let ocid = |name: &str| key(name, HOME, "", &[]).ocid;
    for (name, _, _, code, words) in cases {
        let (found, out) = check(&sandbox, &["--ocid", &ocid(name)]);
        let lacking: Vec<_> = words.iter().filter(|word| !out.contains(**word)).collect();
        assert!(found == code && lacking.is_empty(), "{name}: {found}, without {lacking:?}:\n{out}");
    }
    // Cron is mailed what is printed: with `--quiet` nothing, while nothing is due.
    assert_eq!(check(&sandbox, &["--ocid", &ocid("healthy"), "--quiet"]), (0, String::new()));
    let (code, out) = check(&sandbox, &["--ocid", &ocid("soon"), "--quiet"]);
    assert!(code == 1 && out.contains("expires in 5 days"), "{out}");
    assert_eq!(check(&sandbox, &["--ocid", &ocid("soon"), "--warn-days", "3"]).0, 0);
    assert_eq!(check(&sandbox, &["--ocid", &ocid("healthy"), "--warn-days", "90"]).0, 1);
    // A key of another region is asked for where it lives, and can't be used here.
    let far = key("far", "eu-frankfurt-1", "", &[]).ocid;
    assert_eq!(check(&sandbox, &["--ocid", &far]).0, 0);
    let (code, out) = check(&sandbox, &["--ocid", &far, "--region", HOME]);
    assert!(code == 1 && out.contains("[key-region-mismatch]"), "{out}");
    // Without rights nothing is seen, which isn't the same as all is well.
    let (code, out) = check(&sandbox, &["--ocid", &ocid("healthy"), "--profile", "BOB"]);
    assert!(code == 1 && out.contains("not seen: state and expiry: answered with 404"), "{out}");
    assert!(out.contains("read generative-ai-apikey"), "{out}");
    // The days are counted by the service's clock where it was asked, and else it is said that they aren't.
    let clock = |out: &str| serde_json::from_str::<serde_json::Value>(out).unwrap()["clock"].clone();
    assert_eq!(clock(&check(&sandbox, &["--ocid", &ocid("healthy"), "--format", "json"]).1), "service");
    let file = sandbox.folder.path().join("key.json");
    let printed = json!({ "data": {
        "id": ocid("healthy"), "lifecycle-state": "ACTIVE",
        "keys": [{ "key-name": "one", "state": "ACTIVE", "time-expiry": "2099-01-01T00:00:00Z" }],
    }});
    std::fs::write(&file, printed.to_string()).unwrap();
    let (_, out) = check(&sandbox, &["--from", file.to_str().unwrap(), "--format", "json"]);
    assert_eq!(clock(&out), "machine", "{out}");
    let (_, out) = check(&sandbox, &["--from", file.to_str().unwrap()]);
    assert!(out.contains("days are counted by this machine's clock"), "{out}");
    // Nor is it when there is no such key.
    let (code, out) = check(&sandbox, &["--ocid", &ocid("unheard-of")]);
    assert!(code == 1 && out.contains("the key isn't there"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_tried_one_by_one_as_a_rotation_goes_on() {
    let sandbox = Box::new("profiles = ['bob@example.com']", |_| {}).await;
    let ocid = sandbox.tenancy()["api-keys"][0]["ocid"].as_str().unwrap().to_owned();
    let trial = ["--ocid", &ocid, "--secret", "env:FIRST", "--secret", "env:SECOND", "--try-secrets"];
    let (code, out) = check(&sandbox, &trial);
    assert!(code == 0 && out.matches("authenticates, and may call").count() == 2, "{out}");
    let set = |state: &str| {
        let path = format!("/20231130/apikeys/{ocid}/actions/setstate");
        let body = json!({ "keyName": "one", "state": state });
        send_signed(&sandbox.user(), post(&sandbox.door("management", HOME), &path, &body))
    };
    let reply = set("INACTIVE");
    assert_eq!(reply.status, 200, "{}", reply.body);
    let (code, out) = check(&sandbox, &trial);
    assert!(
        code == 1 && out.contains("`FIRST`: refused with 401") && out.contains("secret one  INACTIVE"),
        "{out}"
    );
    assert!(out.contains("`SECOND`: authenticates"), "{out}");
    // The same secret twice is no standby; the secret of another region's calls is refused.
    let (_, out) = check(&sandbox, &["--secret", "env:SECOND", "--secret", "env:SECOND", "--offline"]);
    assert!(out.contains("nothing stands by"), "{out}");
    let (code, out) =
        check(&sandbox, &["--secret", "env:SECOND", "--try-secrets", "--region", "eu-frankfurt-1"]);
    assert!(code == 1 && out.contains("refused with 401 in `eu-frankfurt-1`"), "{out}");
}
