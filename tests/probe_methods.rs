//! Every auth method through `ociam probe` against the sandbox: what works, and what is said where it doesn't.

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

use std::path::Path;

use assert_cmd::Command;
use r#box::Box;
use serde_json::Value;

const PASSPHRASE: &str = "open-sesame-for-tests";

/// One machine: its environment, its files, what stands after `ociam probe`, and what must come of it.
#[derive(Default)]
struct Try<'a> {
    name: &'a str,
    env: Vec<(&'a str, String)>,
    config: String,
    arguments: Vec<&'a str>,
    /// The cause that must stand first; none where the call must work.
    cause: Option<&'a str>,
    /// What the output must say.
    says: Vec<&'a str>,
}

struct Site {
    sandbox: Box,
    home: tempfile::TempDir,
}

impl Site {
    async fn new() -> Site {
        Site { sandbox: Box::sample().await, home: tempfile::tempdir().unwrap() }
    }

    fn state(&self, name: &str) -> String {
        self.sandbox.folder.path().join(name).display().to_string()
    }

    fn url(&self, front: &str) -> String {
        format!("http://{}", self.sandbox.door(front, ""))
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// The lines of a profile of the sandbox's config file.
    fn line(&self, key: &str) -> String {
        let config = self.sandbox.text("config");
        let line = config.lines().find(|line| line.starts_with(&format!("{key}="))).unwrap();
        line.to_owned()
    }

    fn user(&self) -> String {
        [self.line("user"), self.line("tenancy"), self.line("fingerprint")].join("\n")
    }

    fn run(&self, tried: &Try<'_>, format: &str) -> (Option<i32>, String) {
        self.write(".oci/config", &tried.config);
        let mut command = Command::new(env!("CARGO_BIN_EXE_ociam"));
        command.env_clear().env("HOME", self.home.path()).env("NO_COLOR", "1").current_dir(self.home.path());
        command.env("OCIAM_ENDPOINTS", self.state("endpoints.json"));
        command.envs(tried.env.iter().map(|(name, value)| (*name, value)));
        command.args(["probe", "--plane", "inference", "--format", format]).args(&tried.arguments);
        let output = command.timeout(std::time::Duration::from_secs(60)).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), format!("{}{}", text(&output.stdout), text(&output.stderr)))
    }

    fn check(&self, tried: &Try<'_>) {
        let (code, shown) = self.run(tried, "json");
        let document: Value =
            serde_json::from_str(&shown).unwrap_or_else(|error| panic!("{}: {error}\n{shown}", tried.name));
        let first = document["diagnoses"][0]["cause"].as_str();
        match tried.cause {
            None => {
                let works = |row: &Value| row["verdict"] == "works";
                assert!(document["matrix"].as_array().unwrap().iter().any(works), "{}:\n{shown}", tried.name);
                assert_eq!((code, first), (Some(0), None), "{}:\n{shown}", tried.name);
            }
            Some(cause) => assert_eq!((code, first), (Some(1), Some(cause)), "{}:\n{shown}", tried.name),
        }
        let shown = if tried.says.is_empty() { shown } else { self.run(tried, "human").1 };
        let plain = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in &tried.says {
            assert!(plain.contains(part), "{}: no `{part}` in\n{shown}", tried.name);
        }
    }
}

fn key_of_tests(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys").join(name).display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_users_key_is_read_in_every_form_and_what_is_wrong_with_it_is_named() {
    let site = Site::new().await;
    let (user, key, region) = (site.user(), site.state("user_key.pem"), "region=us-chicago-1");
    let trailed =
        site.write(".oci/trailed.pem", &format!("{}OCI_API_KEY\n", site.sandbox.text("user_key.pem")));
    site.write(".oci/own.pem", &site.sandbox.text("user_key.pem"));
    let (pkcs8, pkcs1) = (key_of_tests("pkcs8-aes256.pem"), key_of_tests("pkcs1-aes128.pem"));
    let profile = |lines: &str| format!("[DEFAULT]\n{user}\n{lines}\n");
    let named = |lines: &str| format!("[DEFAULT]\n{user}\n[AI]\n{lines}\n");
    let secret = || vec![("PW", PASSPHRASE.to_owned())];
    let tries = [
        Try {
            name: "inherited from DEFAULT, short region name, home folder",
            config: named("key_file=~/.oci/own.pem\nregion=ORD"),
            arguments: vec!["--auth", "user-api-key", "--profile", "AI"],
            says: vec!["`user`: inherited from line 2 by", "not seen by the Go SDK and Terraform"],
            ..Try::default()
        },
        Try {
            name: "trailer line",
            config: profile(&format!("key_file={trailed}\n{region}")),
            arguments: vec!["--auth", "user-api-key"],
            ..Try::default()
        },
        Try {
            name: "passphrase from a variable",
            config: profile(&format!("key_file={pkcs8}\n{region}")),
            env: secret(),
            arguments: vec!["--auth", "user-api-key", "--passphrase", "env:PW"],
            ..Try::default()
        },
        Try {
            name: "passphrase from a command, key in the old form",
            config: profile(&format!("key_file={pkcs1}\n{region}")),
            env: secret(),
            arguments: vec!["--auth", "user-api-key", "--passphrase", "command:printf %s \"$PW\""],
            ..Try::default()
        },
        Try {
            name: "passphrase in the profile",
            config: profile(&format!("key_file={pkcs8}\npass_phrase={PASSPHRASE}\n{region}")),
            arguments: vec!["--auth", "user-api-key"],
            ..Try::default()
        },
        Try {
            name: "no passphrase",
            config: profile(&format!("key_file={pkcs8}\n{region}")),
            arguments: vec!["--auth", "user-api-key"],
            cause: Some("key-format"),
            says: vec!["the key is encrypted and no passphrase is known", "Give the right passphrase"],
            ..Try::default()
        },
        Try {
            name: "wrong passphrase",
            config: profile(&format!("key_file={pkcs8}\npass_phrase=other\n{region}")),
            arguments: vec!["--auth", "user-api-key"],
            cause: Some("key-format"),
            says: vec!["the passphrase does not open the key"],
            ..Try::default()
        },
        Try {
            name: "no key",
            config: profile(region),
            arguments: vec!["--auth", "user-api-key"],
            cause: Some("credential-file-missing"),
            says: vec!["`key_file` is missing", "`key_file=<path of the key>`"],
            ..Try::default()
        },
        Try {
            name: "key that is not there",
            config: profile(&format!("key_file=/nowhere/own.pem\n{region}")),
            arguments: vec!["--auth", "user-api-key"],
            cause: Some("credential-file-missing"),
            says: vec!["$ ls -l /nowhere/own.pem"],
            ..Try::default()
        },
        Try {
            name: "key of another user",
            config: profile(&format!("key_file={}\n{region}", site.state("user_key_bob.pem"))),
            arguments: vec!["--auth", "user-api-key"],
            cause: Some("bad-fingerprint-or-key"),
            says: vec!["is not that of the key in `key_file`", "user_key_bob.pem -pubout -outform DER"],
            ..Try::default()
        },
        Try {
            name: "profile that is not there",
            config: profile(&format!("key_file={key}\n{region}")),
            arguments: vec!["--auth", "user-api-key", "--profile", "NOPE"],
            cause: Some("config-profile-missing"),
            says: vec!["there is no profile `NOPE`, but `DEFAULT`", "Name a profile that is in the file"],
            ..Try::default()
        },
        Try {
            name: "variables of the CLI",
            env: [
                ("OCI_CLI_USER", "user"),
                ("OCI_CLI_TENANCY", "tenancy"),
                ("OCI_CLI_FINGERPRINT", "fingerprint"),
            ]
            .into_iter()
            .map(|(name, key)| (name, site.line(key).split_once('=').unwrap().1.to_owned()))
            .chain([("OCI_CLI_KEY_FILE", key.clone()), ("OCI_CLI_REGION", "us-chicago-1".to_owned())])
            .collect(),
            config: "[OTHER]\nregion=us-ashburn-1\n".to_owned(),
            arguments: vec!["--auth", "user-api-key"],
            says: vec!["user-api-key OCI_CLI_… variables"],
            ..Try::default()
        },
    ];
    tries.iter().for_each(|tried| site.check(tried));
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_and_delegations_are_used_and_told_why_not() {
    let site = Site::new().await;
    let session = |token: &str, key: &str| {
        let tenancy = site.line("tenancy");
        format!("[DAY]\n{tenancy}\nregion=us-chicago-1\nsecurity_token_file={token}\nkey_file={key}\n")
    };
    let (token, key) = (site.state("session_token"), site.state("session_key.pem"));
    let garbage = site.write("garbage", "not a token\n");
    let arguments = vec!["--auth", "session-token", "--profile", "DAY"];
    let delegation = vec!["--auth", "delegation-token"];
    let tries = [
        Try {
            name: "session",
            config: session(&token, &key),
            arguments: arguments.clone(),
            ..Try::default()
        },
        Try {
            name: "key of somebody else",
            config: session(&token, &site.state("user_key.pem")),
            arguments: arguments.clone(),
            cause: Some("bad-fingerprint-or-key"),
            says: vec![
                "the token was made for another key",
                "$ oci session authenticate --profile-name DAY --region us-chicago-1",
            ],
            ..Try::default()
        },
        Try {
            name: "token that is not there",
            config: session("/nowhere/token", &key),
            arguments: arguments.clone(),
            cause: Some("credential-file-missing"),
            says: vec!["`security_token_file` names `/nowhere/token`", "$ ls -l /nowhere/token"],
            ..Try::default()
        },
        Try {
            name: "no token but text",
            config: session(&garbage, &key),
            arguments,
            cause: Some("key-format"),
            says: vec!["Give the token as it was issued"],
            ..Try::default()
        },
        Try {
            name: "delegation by variable",
            env: vec![("OCI_DELEGATION_TOKEN_FILE", site.state("delegation_token"))],
            arguments: delegation.clone(),
            ..Try::default()
        },
        Try {
            name: "delegation that is no token",
            env: vec![("OCI_DELEGATION_TOKEN_FILE", garbage.clone())],
            arguments: delegation.clone(),
            cause: Some("key-format"),
            ..Try::default()
        },
        Try {
            name: "no delegation",
            arguments: delegation,
            cause: Some("rp-off-oci"),
            says: vec!["no delegation token: this is no Cloud Shell"],
            ..Try::default()
        },
        Try { name: "instance", arguments: vec!["--auth", "instance-principal"], ..Try::default() },
    ];
    tries.iter().for_each(|tried| site.check(tried));
}

#[tokio::test(flavor = "multi_thread")]
async fn resource_principals_of_all_versions_work_and_fail_with_their_reason() {
    let site = Site::new().await;
    let name = |suffix: &'static str| -> &'static str { suffix };
    let token: Vec<String> = site.sandbox.text("rpst").trim().split('.').map(str::to_owned).collect();
    assert_eq!(token.len(), 3);
    let resource = {
        use base64::Engine;
        let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(&token[1]).unwrap();
        serde_json::from_slice::<Value>(&claims).unwrap()["res_id"].as_str().unwrap().to_owned()
    };
    let asks = |version: &str| {
        vec![
            (name("OCI_RESOURCE_PRINCIPAL_VERSION"), version.to_owned()),
            (name("OCI_RESOURCE_PRINCIPAL_RPT_ENDPOINT"), site.url("auth")),
            (name("OCI_RESOURCE_PRINCIPAL_RPST_ENDPOINT"), site.url("auth")),
            (name("OCI_RESOURCE_PRINCIPAL_RESOURCE_ID"), resource.clone()),
            (name("OCI_RESOURCE_PRINCIPAL_TENANCY_ID"), site.sandbox.root()),
            (name("OCI_RESOURCE_PRINCIPAL_SECURITY_CONTEXT"), "context".to_owned()),
            (name("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM"), site.state("rp_key.pem")),
            (name("OCI_RESOURCE_PRINCIPAL_REGION"), "us-chicago-1".to_owned()),
        ]
    };
    let holds = |key: &str| {
        let mut env = asks("2.2");
        env.retain(|(name, _)| !name.ends_with("PRIVATE_PEM"));
        env.push(("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", site.state(key)));
        env.push(("OCI_RESOURCE_PRINCIPAL_RPST", site.state("rpst")));
        env
    };
    let arguments = vec!["--auth", "resource-principal"];
    let without = |env: Vec<(&'static str, String)>, left_out: &str| {
        env.into_iter().filter(|(name, _)| !name.ends_with(left_out)).collect::<Vec<_>>()
    };
    let mut nowhere = without(asks("2.1"), "RPT_ENDPOINT");
    nowhere.push(("OCI_RESOURCE_PRINCIPAL_RPT_ENDPOINT", "http://127.0.0.1:9".to_owned()));
    let leaf = vec![
        (name("OCI_RESOURCE_PRINCIPAL_VERSION"), "3.0".to_owned()),
        ("OCI_RESOURCE_PRINCIPAL_VERSION_FOR_LEAF_RESOURCE", "2.2".to_owned()),
        ("OCI_RESOURCE_PRINCIPAL_RPST_FOR_LEAF_RESOURCE", site.state("rpst")),
        ("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_FOR_LEAF_RESOURCE", site.state("rp_key.pem")),
        ("OCI_RESOURCE_PRINCIPAL_REGION_FOR_LEAF_RESOURCE", "us-chicago-1".to_owned()),
    ];
    let tries = [
        Try { name: "1.1", env: asks("1.1"), arguments: arguments.clone(), ..Try::default() },
        Try { name: "2.1", env: asks("2.1"), arguments: arguments.clone(), ..Try::default() },
        Try { name: "2.1.1", env: asks("2.1.1"), arguments: arguments.clone(), ..Try::default() },
        Try { name: "2.1.2", env: asks("2.1.2"), arguments: arguments.clone(), ..Try::default() },
        Try { name: "2.2", env: holds("rp_key.pem"), arguments: arguments.clone(), ..Try::default() },
        Try {
            name: "2.2 with another key",
            env: holds("user_key.pem"),
            arguments: arguments.clone(),
            cause: Some("bad-fingerprint-or-key"),
            says: vec!["the token was made for another key", "the platform renews both together"],
            ..Try::default()
        },
        Try {
            name: "2.2 without a region",
            env: without(holds("rp_key.pem"), "REGION"),
            arguments: arguments.clone(),
            cause: Some("config-env-missing"),
            says: vec!["`OCI_RESOURCE_PRINCIPAL_REGION` is not set"],
            ..Try::default()
        },
        Try {
            name: "2.1 from nowhere",
            env: nowhere,
            arguments: arguments.clone(),
            cause: Some("wrong-host"),
            says: vec![
                "token of the resource: no connection to",
                "Set `OCI_RESOURCE_PRINCIPAL_RPT_ENDPOINT`",
            ],
            ..Try::default()
        },
        Try {
            name: "3.0 without its parent",
            env: leaf,
            arguments: arguments.clone(),
            cause: Some("config-env-missing"),
            says: vec!["`OCI_RESOURCE_PRINCIPAL_RPT_URL_FOR_PARENT_RESOURCE` is not set"],
            ..Try::default()
        },
        Try {
            name: "none",
            arguments,
            cause: Some("rp-off-oci"),
            says: vec!["`OCI_RESOURCE_PRINCIPAL_VERSION` is not set"],
            ..Try::default()
        },
    ];
    tries.iter().for_each(|tried| site.check(tried));
}

#[tokio::test(flavor = "multi_thread")]
async fn workloads_and_clients_of_a_domain_work_and_fail_with_their_reason() {
    let site = Site::new().await;
    let pod = |authority: String, token: String| {
        vec![
            ("KUBERNETES_SERVICE_HOST", "127.0.0.1".to_owned()),
            ("OCI_KUBERNETES_SERVICE_ACCOUNT_CERT_PATH", authority),
            ("OCI_KUBERNETES_SERVICE_ACCOUNT_TOKEN_PATH", token),
            ("OCI_RESOURCE_PRINCIPAL_REGION", "us-chicago-1".to_owned()),
        ]
    };
    let (authority, token) = (site.state("k8s_ca.crt"), site.state("k8s_token"));
    let subject = format!("file:{token}");
    let workload = vec!["--auth", "oke-workload"];
    let client = |name: &'static str| {
        let exchange =
            ["--oauth-secret", "env:SECRET", "--subject-token", &subject, "--region", "us-chicago-1"];
        [&["--auth", "oauth", "--oauth-client", name], &exchange[..]].concat()
    };
    let secret = |secret: &str| vec![("SECRET", secret.to_owned())];
    let tries = [
        Try {
            name: "workload",
            env: pod(authority.clone(), token.clone()),
            arguments: workload.clone(),
            ..Try::default()
        },
        Try {
            name: "authority of another cluster",
            env: pod(key_of_tests("leaf.pem"), token.clone()),
            arguments: workload.clone(),
            cause: Some("proxy-or-tls-interception"),
            says: vec![
                "token service of the cluster",
                "Give the client the certificate authority of this cluster",
            ],
            ..Try::default()
        },
        Try {
            name: "pod without a token",
            env: pod(authority, "/nowhere/token".to_owned()),
            arguments: workload.clone(),
            cause: Some("credential-file-missing"),
            says: vec!["`automountServiceAccountToken: true`"],
            ..Try::default()
        },
        Try {
            name: "client of the domain",
            env: secret("sandbox-client-secret"),
            arguments: client("sandbox-client"),
            ..Try::default()
        },
        Try {
            name: "client with another secret",
            env: secret("other-client-secret"),
            arguments: client("sandbox-client"),
            cause: Some("wrong-auth-mode"),
            says: vec!["Client authentication failed", "Give id and secret of one confidential application"],
            ..Try::default()
        },
    ];
    tries.iter().for_each(|tried| site.check(tried));
}

#[tokio::test(flavor = "multi_thread")]
async fn both_secrets_of_a_key_work_on_both_base_paths_and_what_is_no_secret_is_not_sent() {
    let site = Site::new().await;
    let keys = vec![
        ("ONE", site.sandbox.text("genai_api_key").trim().to_owned()),
        ("TWO", site.sandbox.text("genai_api_key_two").trim().to_owned()),
    ];
    let openai = ["--plane", "inference-openai", "--region", "us-chicago-1", "--auth", "genai-api-key"];
    let run = |more: &[&'static str], env: &[(&'static str, String)]| {
        let arguments = [&openai[..], more].concat();
        site.run(&Try { env: env.to_vec(), arguments, ..Try::default() }, "json").1
    };
    let both: Value =
        serde_json::from_str(&run(&["--api-key", "env:ONE", "--standby", "env:TWO"], &keys)).unwrap();
    let works = both["matrix"].as_array().unwrap().iter().filter(|row| row["verdict"] == "works").count();
    assert!(works >= 2, "{both:#}");
    let urls: Vec<_> =
        both["observations"].as_array().unwrap().iter().map(|seen| seen["url"].to_string()).collect();
    for base in ["/openai/v1/", "/20231130/actions/v1/"] {
        assert!(urls.iter().any(|url| url.contains(base)), "{base}: {urls:?}");
    }
    for (secret, cause) in [
        ("ocid1.generativeaiapikey.oc1.us-chicago-1.amaaaaaaabcdefghijklmnop", "wrong-credential-kind"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----", "wrong-credential-kind"),
        ("sk-nobodyknowsthissecret0123456789abcdef", "genai-secret-not-active"),
    ] {
        let shown = run(&["--api-key", "env:ONE"], &[("ONE", secret.to_owned())]);
        let document: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(document["diagnoses"][0]["cause"], cause, "{secret}: {document:#}");
        let sent = !document["observations"].as_array().unwrap().is_empty();
        assert_eq!(sent, secret.starts_with("sk-"), "{document:#}");
        assert!(!shown.contains("nobodyknows") && !shown.contains("MIIE"), "{shown}");
    }
}
