//! To whom `ociam` sends secrets: to Oracle's hosts over TLS, to addresses that a person named, and to nobody else. A
//! service on loopback stands for the rest of the world and hears of nothing.

#![cfg(feature = "live")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

mod loopback;

use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use loopback::{Reply, Service};
use serde_json::json;
use tempfile::TempDir;

const SECRET: &str = "sk-Kq7Zt2Vw9Lx4Rb8Nc3Md6Hf1Jg5Ps0Qy";
/// What hosts of Oracle end in, as a proxy is asked for them.
const ORACLE: &str = ".oci.oraclecloud.com:443 ";

fn home() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let key = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys/pkcs8.pem");
    std::fs::create_dir(home.path().join(".oci")).unwrap();
    let config = format!(
        "[DEFAULT]\nuser=ocid1.user.oc1..a\ntenancy=ocid1.tenancy.oc1..b\nregion=us-chicago-1\nfingerprint=20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34\nkey_file={}\n",
        key.display()
    );
    std::fs::write(home.path().join(".oci/config"), config).unwrap();
    home
}

fn run(home: &TempDir, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ociam"));
    command.env_clear().env("HOME", home.path()).env("KEY", SECRET).current_dir(home.path()).args(arguments);
    for (name, value) in environment {
        command.env(name, value);
    }
    command.output().unwrap()
}

fn shown(output: &Output) -> String {
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

const KEY: [&str; 8] = [
    "probe",
    "--auth",
    "genai-api-key",
    "--api-key",
    "env:KEY",
    "--plane",
    "inference-openai",
    "--timeout=3",
];

#[test]
fn an_address_that_is_not_https_or_holds_a_password_is_refused() {
    let home = home();
    for address in [
        "http://example.com",
        "http://inference.generativeai.us-chicago-1.oci.oraclecloud.com",
        "http://10.0.0.1:8080",
        "http://localhost.evil.test",
        "http://127.0.0.1.evil.test",
        "http://2130706433.evil.test",
        "https://user:word@inference.generativeai.us-chicago-1.oci.oraclecloud.com",
        "https://evil.test#@inference.generativeai.us-chicago-1.oci.oraclecloud.com",
        "https://evil.test?@inference.generativeai.us-chicago-1.oci.oraclecloud.com",
        r"https://evil.test\@inference.generativeai.us-chicago-1.oci.oraclecloud.com",
        "https://inference.generativeai.us-chicago-1.oci.\u{43e}raclecloud.com",
        "ftp://127.0.0.1/",
        "file:///etc/hosts",
    ] {
        for command in [
            &["probe", "--endpoint"][..],
            &["snapshot", "--endpoint"],
            &["key", "check", "--ocid", "ocid1.generativeaiapikey.oc1.us-chicago-1.a", "--endpoint"],
        ] {
            let output = run(&home, &[], &[command, &[address]].concat());
            assert_eq!(output.status.code(), Some(2), "{command:?} {address}: {}", shown(&output));
            assert!(!shown(&output).contains("user:word"), "{}", shown(&output));
        }
    }
}

#[test]
fn loopback_hears_nothing_unless_it_is_named() {
    let home = home();
    let service = Service::start(|_, _| (200, vec![], "{}".to_owned()));
    // Variables that lead elsewhere, as a hostile or careless environment has them.
    let base = service.base();
    let host = base.trim_start_matches("http://").to_owned();
    for variable in ["OPENAI_BASE_URL", "OPENAI_API_BASE", "OCI_ENDPOINT", "OCI_CLI_ENDPOINT"] {
        run(&home, &[(variable, &base)], &[&KEY[..], &["--region", "us-chicago-1"]].concat());
    }
    // A region and a realm of a person's own making.
    let metadata = json!({"realmKey": "oc1", "realmDomainComponent": host, "regionKey": "EVL", "regionIdentifier": "evil-1"});
    let output = run(
        &home,
        &[("OCI_REGION_METADATA", &metadata.to_string())],
        &[&KEY[..], &["--region", "evil-1"]].concat(),
    );
    assert!(service.requests().is_empty(), "{:?}\n{}", service.requests(), shown(&output));
    run(
        &home,
        &[],
        &[&KEY[..], &["--region", "us-chicago-1", "--endpoint", &format!("inference-openai={base}")]]
            .concat(),
    );
    assert!(!service.requests().is_empty());
}

#[test]
fn a_realm_of_a_persons_own_making_gets_no_secret() {
    let home = home();
    for domain in [
        "evil.test",
        "oraclecloud.com.evil.test",
        "oraclecloud.com@evil.test",
        "xn--oraclecloud-x1b.com",
        "oraclecloud.com:8443/x?",
    ] {
        let metadata = json!({"realmKey": "oc1", "realmDomainComponent": domain, "regionKey": "EVL", "regionIdentifier": "evil-1"});
        let output = run(
            &home,
            &[("OCI_REGION_METADATA", &metadata.to_string())],
            &[&KEY[..], &["--region", "evil-1", "--format", "json"]].concat(),
        );
        let text = shown(&output);
        assert!(output.status.code() != Some(0), "{text}");
        assert!(
            text.contains("no realm of OCI")
                || text.contains("no such region")
                || text.contains("not `https")
                || text.contains("unknown")
                || text.contains("no region"),
            "{domain}: {text}"
        );
    }
}

#[test]
fn a_redirect_is_shown_and_not_followed() {
    let home = home();
    let elsewhere = Service::start(|_, _| (200, vec![], "{}".to_owned()));
    let to = elsewhere.base();
    let service = Service::start(move |_, _| -> Reply {
        (
            307,
            vec![("location", format!("{to}/stolen")), ("content-type", "text/html".to_owned())],
            String::new(),
        )
    });
    let named = format!("inference-openai={}", service.base());
    let output = run(&home, &[], &[&KEY[..], &["--region", "us-chicago-1", "--endpoint", &named]].concat());
    assert!(!service.requests().is_empty(), "{}", shown(&output));
    assert!(elsewhere.requests().is_empty());
    assert_eq!(output.status.code(), Some(1));
    let named = service.base();
    run(&home, &[], &["probe", "--auth", "user-api-key", "--endpoint", &named]);
    run(&home, &[], &["snapshot", "--endpoint", &named]);
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn a_proxy_carries_tls_for_oracles_hosts_and_sees_no_secret() {
    let home = home();
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&heard);
    let proxy = Service::start(move |_, request| {
        let headers: Vec<String> =
            request.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        log.lock().unwrap().push(format!("{} {} {}", request.method, request.target, headers.join(", ")));
        (502, vec![], String::new())
    });
    let environment = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY"]
        .map(|name| (name, proxy.base()));
    let environment: Vec<(&str, &str)> =
        environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    run(&home, &environment, &[&KEY[..], &["--region", "us-chicago-1"]].concat());
    run(&home, &environment, &["probe", "--auth", "user-api-key", "--plane", "inference", "--timeout", "3"]);
    let heard = heard.lock().unwrap().clone();
    assert!(!heard.is_empty(), "the proxy is asked for a way");
    for line in &heard {
        assert!(line.starts_with("CONNECT ") && line.contains(ORACLE), "{line}");
        assert!(!line.contains(SECRET) && !line.to_lowercase().contains("authorization"), "{line}");
    }
    // This machine is never reached through a proxy.
    let service = Service::start(|_, _| (200, vec![], "{}".to_owned()));
    let before = proxy.requests().len();
    let named = format!("inference-openai={}", service.base());
    run(&home, &environment, &[&KEY[..], &["--region", "us-chicago-1", "--endpoint", &named]].concat());
    assert_eq!((proxy.requests().len(), service.requests().is_empty()), (before, false));
}

#[test]
fn a_domain_of_somebody_else_gets_no_client_secret() {
    let home = home();
    for domain in [
        "http://idcs-1.identity.oraclecloud.com",
        "https://idcs-1.identity.oraclecloud.com.evil.test",
        "https://idcs-1.identity.oraclecloud.com@evil.test",
        "https://evil.test/idcs-1.identity.oraclecloud.com",
        "https://192.0.2.7",
        "https://[2001:db8::1]",
        "https://іdentity.oraclecloud.com.xn--p1ai",
    ] {
        let output = run(
            &home,
            &[],
            &[
                "probe",
                "--auth",
                "oauth",
                "--oauth-client",
                "id",
                "--oauth-secret",
                "env:KEY",
                "--oauth-scope",
                "urn:x",
                "--region",
                "us-chicago-1",
                "--plane",
                "agent-runtime",
                "--timeout",
                "3",
                "--oauth-domain",
                domain,
            ],
        );
        let text = shown(&output);
        assert!(output.status.code() != Some(0), "{domain}: {text}");
        let refused = ["in no realm of OCI", "plain HTTP", "user name", "https://host"];
        assert!(refused.iter().any(|words| text.contains(words)), "{domain}: {text}");
    }
}
