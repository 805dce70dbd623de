//! No secret in anything that any command writes: each command runs with marked secrets wherever a secret can stand,
//! on its good and its bad paths, and all that it printed and all files that it left are searched for any part of them.
//!
//! What goes back into the user's own file, by `lint --fix` and `fmt`, keeps what stood there. The one exception else
//! is the state directory of `ociam sandbox`, whose files of test credentials are its product; they are named below.

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
mod loopback;
mod marks;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use r#box::{Box, get, send};
use loopback::Service;
use marks::{Marks, files};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

const API_ONE: &str = "sk-Kq7Zt2Vw9Lx4Rb8Nc3Md6Hf1Jg5Ps0Qy";
const API_TWO: &str = "sk-Tn5Yc8Wm1Zk4Xj7Vb2Ud9Ra6Fs3Le0Ho";
const PASSPHRASE: &str = "plum-Orchard.kettle_Winter";
const CLIENT_SECRET: &str = "idcscs-7d41c9aa-b0e2-4f6e-93c5-8a17e2f0d644";
const SUBJECT: &str =
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJiYXRjaC1ydW5uZXJAZXhhbXBsZSJ9.Zm9yZWlnbi1zaWduYXR1cmUtb2YtYS1zdWJqZWN0";
const PROXY: &str = "cellar:Rhubarb-Lantern-1187";
const HEADER: &str = "Gx8Qp3Vd6Nb1Wk9Ts4Zr7My2Lc5Jh0Fe";
const COMPARTMENT: &str =
    "ocid1.compartment.oc1..aaaaaaaagpvnstzxk26klvyaapp4gpsmp46vaczzk3ich4fenmbycdgj4l3v";

/// The files of test credentials that the contract of the sandbox demands.
const CREDENTIALS: [&str; 14] = [
    "config",
    "env.sh",
    "genai_api_key",
    "genai_api_key_two",
    "user_key.pem",
    "user_key_bob.pem",
    "session_key.pem",
    "session_token",
    "delegation_token",
    "rp_key.pem",
    "rpst",
    "k8s_token",
    "k8s_ca.crt",
    "endpoints.json",
];

fn key(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys").join(name)).unwrap()
}

/// A command that is to be tried, as its arguments without `ociam`.
#[derive(Clone, Default)]
struct Case {
    arguments: Vec<String>,
    stdin: String,
    environment: Vec<(String, String)>,
}

/// A sandbox that knows its credentials, and machines to run commands on, side by side.
struct World {
    sandbox: Box,
    marks: Marks,
    machines: Vec<Machine>,
}

/// A home folder full of secrets, and a service that says back all it hears.
struct Machine {
    home: TempDir,
    echo: Service,
    /// Signatures and whatever else the service heard.
    heard: Arc<Mutex<Vec<String>>>,
}

/// How many commands run at a time.
const MACHINES: usize = 4;

/// Every way to say a header back.
fn echo(heard: &str) -> String {
    let secret = heard.rsplit(' ').next().unwrap();
    let escaped: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let part = &secret[..secret.len().min(24)];
    json!({
        "code": "NotAuthenticated",
        "message": format!("heard {part}…, {escaped}, {} and {heard}", STANDARD.encode(heard)),
    })
    .to_string()
}

impl World {
    async fn new() -> World {
        let sandbox = Box::sample().await;
        let endpoints = sandbox.text("endpoints.json");
        let machines = (0..MACHINES).map(|_| Machine::new(&endpoints)).collect();
        let mut world = World { sandbox, marks: Marks::default(), machines };
        world.mark();
        world
    }

    fn state(&self, name: &str) -> String {
        self.sandbox.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn mark(&mut self) {
        let marks = &mut self.marks;
        for (name, secret) in [
            ("secret of an API key", API_ONE),
            ("standby secret", API_TWO),
            ("passphrase", PASSPHRASE),
            ("client secret", CLIENT_SECRET),
            ("password of a proxy", PROXY),
            ("value of a header", HEADER),
        ] {
            marks.add(name, secret);
        }
        marks.token("subject token", SUBJECT);
        marks.key("private key", &key("pkcs8.pem"));
        marks.key("locked key", &key("pkcs8-aes256.pem"));
        for name in ["genai_api_key", "genai_api_key_two"] {
            marks.add(name, &self.sandbox.text(name));
        }
        for name in ["session_token", "delegation_token", "rpst", "k8s_token"] {
            marks.token(name, &self.sandbox.text(name));
        }
        for name in ["session_key.pem", "rp_key.pem"] {
            marks.key(name, &self.sandbox.text(name));
        }
    }
}

impl Machine {
    fn new(endpoints: &str) -> Machine {
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&heard);
        let echo = Service::start(move |_, request| {
            let heard = request.headers.get("authorization").unwrap_or("nothing at all").to_owned();
            let heard = match heard.split("signature=\"").nth(1) {
                Some(signature) => signature.split('"').next().unwrap().to_owned(),
                None => heard,
            };
            log.lock().unwrap().push(heard.clone());
            let headers =
                vec![("opc-request-id", heard.clone()), ("content-type", "application/json".to_owned())];
            (401, headers, echo(&heard))
        });
        let machine = Machine { home: tempfile::tempdir().unwrap(), echo, heard };
        machine.write_echo_endpoints(endpoints);
        machine.furnish();
        machine
    }

    fn path(&self, name: &str) -> String {
        self.home.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The addresses of the sandbox, all of them the echo's.
    fn write_echo_endpoints(&self, endpoints: &str) {
        let known: Value = serde_json::from_str(endpoints).unwrap();
        let base = self.echo.base();
        let echoed: Map<String, Value> = known
            .as_object()
            .unwrap()
            .iter()
            .map(|(plane, url)| {
                let to = |_: &Value| json!(format!("{base}/{plane}"));
                let url = match url.as_object() {
                    Some(regions) => {
                        Value::Object(regions.iter().map(|(name, url)| (name.clone(), to(url))).collect())
                    }
                    None => to(url),
                };
                (plane.clone(), url)
            })
            .collect();
        self.write("echo.json", &Value::Object(echoed).to_string());
        self.write(
            "proxied.json",
            &json!({"inference": {"us-chicago-1": format!("https://{PROXY}@genai.example.com")}}).to_string(),
        );
        self.write("broken.json", &format!("{{\"inference\": \"{API_ONE}\" \"{PASSPHRASE}\"}}"));
    }

    /// Puts a secret wherever one can stand.
    fn furnish(&self) {
        let pem = key("pkcs8.pem");
        let inline = pem.replace('\n', "\\n");
        self.write("keys/good.pem", &pem);
        self.write("keys/locked.pem", &key("pkcs8-aes256.pem"));
        self.write("keys/mangled.pem", &pem.replace('\n', " "));
        self.write("keys/cut.pem", &pem[..pem.len() / 2]);
        self.write("keys/token", SUBJECT);
        self.write("keys/no-token", &format!("{API_ONE} is no token {PASSPHRASE}"));
        let user = "user=ocid1.user.oc1..a\ntenancy=ocid1.tenancy.oc1..b\nregion=us-chicago-1\nfingerprint=20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34";
        let profile = |name: &str, lines: &str| format!("[{name}]\n{user}\n{lines}\n");
        let at = |name: &str| self.path(&format!("keys/{name}"));
        let config = [
            profile("DEFAULT", &format!("key_file={}", at("good.pem"))),
            profile("LOCKED", &format!("key_file={}\npass_phrase={PASSPHRASE}", at("locked.pem"))),
            profile("MANGLED", &format!("key_file={}\npass_phrase={PASSPHRASE}", at("mangled.pem"))),
            profile("CUT", &format!("key_file={}", at("cut.pem"))),
            profile("GONE", &format!("key_file={}\npass_phrase={PASSPHRASE}", at("gone.pem"))),
            profile("INLINE", &format!("key_content={inline}")),
            profile("SESSION", &format!("key_file={}\nsecurity_token_file={}", at("good.pem"), at("token"))),
            profile(
                "NOTOKEN",
                &format!("key_file={}\nsecurity_token_file={}", at("good.pem"), at("no-token")),
            ),
            profile("SWAPPED", &format!("key_file={API_ONE}\nsecurity_token_file={SUBJECT}")),
        ];
        self.write(".oci/config", &config.join("\n"));
        self.write(
            ".oci/stray",
            &format!("[DEFAULT]\n{user}\n{PASSPHRASE}\npass_phrase {PASSPHRASE}\n{API_ONE}\n"),
        );
        self.write("not-utf8", "x");
        std::fs::write(
            self.path("not-utf8"),
            [&b"[DEFAULT]\nuser=\xff\xfe "[..], API_ONE.as_bytes()].concat(),
        )
        .unwrap();
        self.policies(&pem, &inline);
        self.tenancies();
        self.write(
            "wish.toml",
            &format!("workload = \"laptop\"\ncall = \"chat\"\nmodel = \"{API_ONE}\"\nregion = \"us-chicago-1\"\ncompartment = \"{API_TWO}\"\n"),
        );
        self.write(
            "bad-wish.toml",
            &format!("workload = \"laptop\"\ncall = [\"{PASSPHRASE}\"]\npassword = \"{PASSPHRASE}\"\n"),
        );
        self.write(
            "bad-wish.json",
            &format!("{{\"workload\": {{\"a\": 1}}, \"call\": \"{API_ONE}\", \"names\": \"{PASSPHRASE}\"}}"),
        );
        self.write("bad-state.json", &format!("{{\"done\": \"{PASSPHRASE}\", \"{API_ONE}\": 1}}"));
        let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * 90);
        self.write(
            "key.json",
            &json!({"data": {"id": "ocid1.generativeaiapikey.oc1.us-chicago-1.a", "lifecycle-state": "ACTIVE", "keys": [
                {"key-name": "one", "key": API_ONE, "state": "ACTIVE", "time-expiry": soon.to_string()},
                {"key-name": API_TWO, "secret": API_TWO, "state": "ACTIVE", "time-expiry": soon.to_string()}]}}).to_string(),
        );
        self.write("ociam.toml", &format!("# {API_ONE}\nfail-on = \"never\"\n"));
        self.write(
            "bad/ociam.toml",
            &format!("password = \"{PASSPHRASE}\"\nfail-on = \"{API_ONE}\"\nignore = \"{SUBJECT}\"\n"),
        );
        self.write("torn/ociam.toml", &format!("ignore = [ # {API_ONE}\npassword = \"{PASSPHRASE}\"\n[x\n"));
    }

    fn policies(&self, pem: &str, inline: &str) {
        let statements = [
            format!("allow group Devs to mange {API_ONE} in tenancy"),
            format!("allow group {API_TWO} to use generative-ai-chat in tenancy"),
            format!(
                "allow any-user to use generative-ai-family in tenancy where request.principal.id = '{API_ONE}'"
            ),
            format!(
                "allow any-user to use generative-ai-chat in tenancy where ALL {{request.principal.type='genaiapikey', request.principal.id='{API_TWO}'}}"
            ),
            format!("allow dynamic-group {SUBJECT} to use generative-ai-chat in compartment {API_ONE}"),
            format!("alow group Devs to {{{API_ONE}}} in tenancy {API_TWO}"),
        ];
        let list: Vec<String> = statements.iter().map(|text| format!("    \"{text}\",")).collect();
        self.write(
            "iam/main.tf",
            &format!(
                "provider \"oci\" {{\n  private_key_password = \"{PASSPHRASE}\"\n  private_key = <<-EOT\n{pem}EOT\n}}\n\n\
                 resource \"oci_identity_policy\" \"genai\" {{\n  name = \"genai\"\n  description = \"proxy http://{PROXY}@proxy:3128\"\n\
                 \x20 compartment_id = var.tenancy\n  # password = \"{PASSPHRASE}\"\n  statements = [\n{}\n  ]\n  # api_key = \"{HEADER}\"\n}}\n\n\
                 resource \"oci_identity_dynamic_group\" \"vms\" {{\n  name = \"{API_ONE}\"\n  client_secret = \"{CLIENT_SECRET}\"\n\
                 \x20 matching_rule = \"ALL {{resource.type = '{API_TWO}', instance.compartment.id = 'x'\"\n}}\n\n\
                 locals {{\n  broken = jsondecode(\"{{{API_ONE}\")\n  key = \"{inline}\"\n",
                list.join("\n")
            ),
        );
        self.write("iam/statements.json", &serde_json::to_string_pretty(&statements).unwrap());
        self.write(
            "iam/doc.md",
            &format!(
                "# Setup\n\nexport OPENAI_API_KEY={API_ONE}\n\n```\n{}\n```\n\npassword: {PASSPHRASE}\n",
                statements.join("\n")
            ),
        );
        self.write(
            "iam/values.yaml",
            &format!(
                "passphrase: {PASSPHRASE}\nstatements:\n{}\n",
                statements.iter().map(|text| format!("  - {text:?}\n")).collect::<String>()
            ),
        );
        self.write("iam/plain.policy", &format!("{}\n", statements.join("\n")));
        self.write(
            "iam/torn.tf.json",
            &format!("{{\"resource\": {{\"password\": \"{PASSPHRASE}\", {API_ONE}"),
        );
        self.write("fix/main.tf", &format!(
            "resource \"oci_identity_policy\" \"p\" {{\n  name = \"p\"\n  description = \"d\"\n  compartment_id = var.t\n  statements = [\n    # password = \"{PASSPHRASE}\"\n    \"allow group Devs to mange generative-ai-chat in tenancy\", # {API_ONE}\n    \"allow any-user to use generative-ai-chat in tenancy where ALL {{request.principal.type='genaiapikey', request.principal.id='{API_TWO}'}}\",\n  ]\n}}\n"
        ));
    }

    fn tenancies(&self) {
        let statements = [
            format!("allow group Devs to use generative-ai-chat in compartment {API_ONE}"),
            format!(
                "allow any-user to use generative-ai-chat in tenancy where request.principal.id = '{API_TWO}'"
            ),
        ];
        let tenancy = json!({
            "ocid": "ocid1.tenancy.oc1..b", "name": "acme",
            "groups": [{"name": "Devs", "members": ["ocid1.user.oc1..a"]}],
            "users": [{"name": "marie", "ocid": "ocid1.user.oc1..a"}],
            "dynamic-groups": [{"name": "vms", "rule": format!("ANY {{resource.type = '{API_ONE}'}}")}],
            "compartments": [{"path": "ml", "ocid": COMPARTMENT, "tags": {"ops.secret": SUBJECT}}],
            "policies": [{"name": "p", "compartment": "", "statements": statements}],
        });
        self.write("acme.json", &tenancy.to_string());
        self.write(
            "other.json",
            &tenancy.to_string().replace("use generative-ai-chat", "manage generative-ai-family"),
        );
        self.write(
            "wrong.json",
            &format!("{{\"ocid\": {{}}, \"groups\": \"{PASSPHRASE}\", \"password\": \"{PASSPHRASE}\"}}"),
        );
        self.write(
            "wrong.toml",
            &format!("ocid = \"x\"\ngroups = \"{PASSPHRASE}\"\npassword = \"{PASSPHRASE}\"\n"),
        );
        self.write("torn.toml", &format!("ocid = \"x\"\npassword = \"{PASSPHRASE}\" {API_ONE}\n"));
    }

    /// Runs a case and gives all leaks in what it wrote.
    fn leaks(&self, marks: &Marks, case: &Case) -> Vec<String> {
        let before = files(self.home.path());
        let output = self.run(case);
        let shown = format!("ociam {}", case.arguments.join(" "));
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(!err.contains("panicked") && output.status.code() != Some(101), "{shown}: {err}");
        let mut written = vec![("stdout".to_owned(), output.stdout), ("stderr".to_owned(), output.stderr)];
        for (path, text) in files(self.home.path()) {
            if before.get(&path) != Some(&text) {
                written.push((path.display().to_string(), text));
                match before.get(&path) {
                    Some(old) => std::fs::write(&path, old).unwrap(),
                    None => std::fs::remove_file(&path).unwrap(),
                }
            }
        }
        let own = case.arguments.first().is_some_and(|name| name == "fmt")
            || case.arguments.contains(&"--fix".to_owned());
        written.retain(|(name, _)| !(own && before.contains_key(Path::new(name))));
        let mut sent = Marks::default();
        for signature in
            self.heard.lock().unwrap().drain(..).filter(|heard| heard.len() > 40 && !heard.contains(' '))
        {
            sent.add("signature", &signature);
        }
        let found = written.iter().filter_map(|(name, text)| {
            let found = marks.find(text).or_else(|| sent.find(text))?;
            Some(format!("{shown}\n    {name}: {found}"))
        });
        found.collect()
    }

    fn run(&self, case: &Case) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ociam"));
        command
            .env_clear()
            .env("HOME", self.home.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("RUST_LOG", "trace")
            .env("RUST_BACKTRACE", "full")
            .env("KEY_ONE", API_ONE)
            .env("KEY_TWO", API_TWO)
            .env("OCI_GENAI_API_KEY", API_ONE)
            .env("OPENAI_API_KEY", API_TWO)
            .env("PASSPHRASE", PASSPHRASE)
            .env("CLIENT_SECRET", CLIENT_SECRET)
            .env("SUBJECT", SUBJECT)
            .current_dir(self.home.path())
            .args(&case.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, value) in &case.environment {
            command.env(name, value);
        }
        let mut child = command.spawn().unwrap();
        // Whoever doesn't read it has no use for it.
        let _ = child.stdin.take().unwrap().write_all(case.stdin.as_bytes());
        child.wait_with_output().unwrap()
    }
}

/// The words of a help text.
fn help(path: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_ociam")).args(path).arg("-h").output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// All commands that there are, as the command line itself tells.
fn commands(path: &[&str], found: &mut BTreeSet<String>) {
    let text = help(path);
    let Some(list) = text.split("\nCommands:\n").nth(1) else {
        found.insert(path.join(" "));
        return;
    };
    let lines = list.lines().take_while(|line| !line.trim().is_empty());
    for line in lines.filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
        let name = line.split_whitespace().next().unwrap();
        if name != "help" {
            commands(&[path, &[name]].concat(), found);
        }
    }
}

/// The values that `--format` takes.
fn formats(command: &str) -> Vec<String> {
    let words =
        help(&command.split(' ').collect::<Vec<_>>()).split_whitespace().collect::<Vec<_>>().join(" ");
    let Some(after) = words.split("--format <FORMAT>").nth(1) else { return Vec::new() };
    let values = after.split("[possible values: ").nth(1).unwrap().split(']').next().unwrap();
    values.split(", ").map(str::to_owned).collect()
}

/// The cases of every command. A command that is missing here fails the test.
fn cases(world: &World) -> BTreeMap<&'static str, Vec<Case>> {
    let mut all: BTreeMap<&'static str, Vec<Case>> = BTreeMap::new();
    let mut add = |command: &'static str, lines: &[&str], stdin: &str| {
        for line in lines {
            let words = line.split('|').map(str::trim).filter(|word| !word.is_empty());
            let arguments = command.split(' ').chain(words).map(str::to_owned).collect();
            all.entry(command).or_default().push(Case {
                arguments,
                stdin: stdin.to_owned(),
                ..Case::default()
            });
        }
    };
    let (api, wrong) = (API_ONE, PASSPHRASE);
    let sources = [
        "iam",
        "iam/main.tf",
        "iam/statements.json",
        "iam/doc.md",
        "iam/values.yaml",
        "iam/plain.policy",
        "iam/torn.tf.json",
        "fix",
        "keys",
        ".oci",
    ];
    for source in sources {
        add(
            "lint",
            &[
                source,
                &format!("{source}|--pedantic|--format|json|--unsafe-fixes|--diff"),
                &format!("{source}|--fix|--unsafe-fixes"),
            ],
            "",
        );
        add("parse", &[source, &format!("{source}|--format|json")], "");
        add("fmt", &[&format!("{source}|--check"), &format!("{source}|--diff"), source], "");
    }
    add(
        "lint",
        &[
            "iam|--statistics",
            "iam|--baseline|base.json|--write-baseline",
            "iam|--baseline|acme.json",
            "iam|--output-file|out.sarif|--format|sarif",
            &format!("iam|--select|{api}"),
            &format!("iam|--changed-since|{api}"),
            &format!("{api}/{wrong}.tf").replace(wrong, "x"),
            "bad",
            "torn",
            "--config|torn/ociam.toml|iam",
            "not-utf8",
        ],
        "",
    );
    let statement =
        format!("allow group {api} to mange x in tenancy where request.principal.id = '{API_TWO}'");
    add(
        "lint",
        &[
            "-",
            "-|--input-format|terraform",
            "-|--input-format|plan",
            "-|--input-format|yaml",
            "-|--diff|--unsafe-fixes",
        ],
        &statement,
    );
    add("parse", &["-", "-|--format|json", "-|--input-format|oci-json"], &statement);
    add("fmt", &["-|--check", "-|--diff"], &statement);
    add("rules", &["", "--format|json"], "");
    add(
        "explain",
        &[
            "404",
            "secret-in-file",
            api,
            &format!("Bearer {API_TWO} was refused"),
            &format!("password={wrong}"),
        ],
        "",
    );
    add("catalog", &["", "model", "error", api, &format!("model|{api}"), &format!("{api}|{API_TWO}")], "");
    let asks = [
        "--operation|chat|--compartment|ml",
        &format!("--operation|{api}"),
        &format!("--operation|chat|--compartment|{api}|--region|{API_TWO}|--model|{api}"),
        &format!("--operation|chat|--attribute|request.principal.id={api}|--time|{api}"),
        &format!("--operation|chat|--tag|ops.secret={SUBJECT}"),
    ];
    let principals = [
        "user:marie",
        "any-user",
        &format!("genai-api-key:{api}"),
        &format!("group:{api}"),
        &format!("{api}:{API_TWO}"),
    ];
    let tenancies = [
        "--tenancy|acme.json",
        "--policies|iam",
        "--tenancy|wrong.json",
        "--tenancy|wrong.toml",
        "--tenancy|torn.toml",
        "--tenancy|key.json",
        &format!("--statement|{statement}"),
    ];
    for tenancy in tenancies {
        for (at, ask) in asks.iter().enumerate() {
            add("who-can", &[&format!("{tenancy}|{ask}")], "");
            add("why", &[&format!("{tenancy}|{ask}|--principal|{}", principals[at])], "");
        }
    }
    add(
        "why",
        &[
            "--tenancy|acme.json|--from|other.json|--principal|group:Devs|--operation|chat",
            "--tenancy|acme.json|--from|wrong.json|--principal|group:Devs|--operation|chat",
        ],
        "",
    );
    add(
        "diff",
        &[
            "acme.json|other.json",
            "iam|fix",
            "wrong.json|acme.json",
            "torn.toml|acme.json",
            &format!("{api}..{API_TWO}"),
            &format!("{api}|{API_TWO}"),
            "acme.json|other.json|--tenancy|wrong.toml",
        ],
        "",
    );
    for text in pasted() {
        add("diagnose", &["--format|json"], &text);
    }
    add("diagnose", &["", "--case|-"], &pasted().join("\n"));
    add(
        "diagnose",
        &["iam/main.tf", "keys/good.pem", ".oci/config", "not-utf8", "key.json", "iam/doc.md"],
        "",
    );
    add(
        "diagnose",
        &[&format!(
            "--auth-method|{api}|--plane|{api}|--region|{api}|--model|{api}|--principal|{api}|--compartment|{api}|--key-region|{api}|--statement|{statement}|--matching-rule|resource.type='{api}'|--format|json"
        )],
        "404 Authorization failed or requested resource not found",
    );
    for text in [
        format!("{{\"error\": \"{wrong}\"}}"),
        format!("{{\"error\": {{\"status\": \"{wrong}\"}}}}"),
        format!("{{\"password\": \"{wrong}\", \"{api}\": 1"),
        format!(
            "{{\"error\": {{\"status\": 401, \"message\": \"key {api}\"}}, \"key\": \"{api}\", \"config\": {{\"pass_phrase\": \"{wrong}\", \"key_file\": \"{api}\"}}, \"headers\": {{\"authorization\": \"Bearer {HEADER}\", \"cookie\": \"s={HEADER}\"}}, \"request\": \"-H 'x-api-key: {HEADER}'\", \"policies\": [\"{statement}\"]}}"
        ),
    ] {
        add("diagnose", &["--case|-|--format|json"], &text);
    }
    add(
        "checklist",
        &[
            "--file|wish.toml",
            "--file|wish.toml|--terraform",
            "--file|wish.toml|--verify|--policies|iam|--snapshot|acme.json|--state|done.json",
            "--file|bad-wish.toml",
            "--file|bad-wish.json",
            "--file|key.json",
            "--workload|laptop|--call|chat|--state|bad-state.json|--verify",
            &format!("--workload|{api}|--call|{API_TWO}"),
            &format!(
                "--workload|laptop|--call|chat|--compartment|{api}|--group|{API_TWO}|--model|{api}|--region|{api}"
            ),
            &format!("--workload|laptop|--call|chat|--done|{api}|--state|done.json"),
            "--workload|functions|--call|chat|--region|us-chicago-1|--verify|--endpoints|echo.json",
            "--workload|laptop|--call|chat|--region|us-chicago-1|--verify|--endpoints|echo.json|--profile|DEFAULT",
        ],
        "",
    );
    let sandbox =
        format!("--endpoints|{}|--config-file|{}", world.state("endpoints.json"), world.state("config"));
    add(
        "key check",
        &[
            "--from|key.json",
            "--from|wrong.json",
            "--from|broken.json",
            "--from|.oci/config",
            "--offline|--secret|env:KEY_ONE",
            &format!("--secret|{api}"),
            &format!("--secret={api}"),
            "--secret|env:KEY_ONE|--secret|file:keys/no-token|--try-secrets|--region|us-chicago-1|--endpoints|echo.json",
            "--ocid|ocid1.generativeaiapikey.oc1.us-chicago-1.a|--endpoints|echo.json|--profile|DEFAULT",
            "--ocid|ocid1.generativeaiapikey.oc1.us-chicago-1.a|--endpoints|echo.json|--profile|LOCKED",
            "--ocid|ocid1.generativeaiapikey.oc1.us-chicago-1.a|--endpoints|broken.json",
            &format!(
                "--secret|file:{}|--try-secrets|--region|us-chicago-1|{sandbox}",
                world.state("genai_api_key")
            ),
            &format!("--ocid|{api}|{sandbox}"),
        ],
        "",
    );
    add(
        "snapshot",
        &[
            &format!("{sandbox}|--output|snap.json"),
            &format!("{sandbox}|--profile|SESSION|--users"),
            &format!("{sandbox}|--compartment|{api}"),
            "--endpoints|echo.json|--profile|DEFAULT",
            "--endpoints|echo.json|--profile|LOCKED",
            "--endpoints|echo.json|--profile|SESSION",
            "--endpoints|echo.json|--auth|instance-principal",
            "--endpoints|proxied.json",
            "--endpoints|broken.json",
            &format!("--profile|{api}"),
            "--config-file|.oci/stray",
            "--config-file|not-utf8",
            &format!("--endpoint|https://{PROXY}@example.com"),
        ],
        "",
    );
    let reports = "--report|r.html|--report|r.md";
    for profile in
        ["DEFAULT", "LOCKED", "MANGLED", "CUT", "GONE", "INLINE", "SESSION", "NOTOKEN", "SWAPPED", api]
    {
        add("probe", &[&format!("--endpoints|echo.json|--profile|{profile}|{reports}|--format|json")], "");
        add(
            "probe",
            &[
                &format!("--offline|--profile|{profile}"),
                &format!("--dry-run|--profile|{profile}|--format|json"),
            ],
            "",
        );
    }
    let oauth = "--auth|oauth|--oauth-client|client|--oauth-secret|env:CLIENT_SECRET|--region|us-chicago-1";
    add(
        "probe",
        &[
            &format!("{sandbox}|{reports}"),
            &format!("{sandbox}|--format|json|--policies|iam|--snapshot|acme.json|{reports}"),
            &format!("{sandbox}|--profile|SESSION|--format|json"),
            "--endpoints|echo.json|--api-key|env:KEY_ONE|--standby|env:KEY_TWO|--region|us-chicago-1|--format|json",
            "--endpoints|echo.json|--api-key-file|keys/no-token|--region|us-chicago-1",
            "--endpoints|echo.json|--api-key-command|echo $KEY_TWO|--auth|genai-api-key|--region|us-chicago-1",
            "--endpoints|echo.json|--profile|LOCKED|--passphrase|env:PASSPHRASE",
            "--endpoints|echo.json|--profile|LOCKED|--passphrase|command:echo $PASSPHRASE; echo $PASSPHRASE >&2; false",
            &format!("--endpoints|echo.json|{oauth}|--oauth-scope|urn:x|--format|json"),
            &format!("--endpoints|echo.json|{oauth}|--subject-token|env:SUBJECT|{reports}"),
            &format!("{oauth}|--oauth-scope|urn:x|--oauth-domain|https://{PROXY}@idcs.example.com"),
            "--endpoints|echo.json|--auth|instance-principal",
            "--endpoints|proxied.json|--profile|DEFAULT",
            "--endpoints|broken.json",
            &format!("--endpoint|inference=https://{PROXY}@genai.example.com|--profile|DEFAULT"),
            &format!("--endpoint|http://{PROXY}@genai.example.com"),
            "--config-file|.oci/stray|--offline",
            "--config-file|not-utf8|--offline",
            &format!("--api-key|{api}"),
            &format!("--api-key={api}"),
            &format!("--passphrase|{wrong}"),
            &format!("--oauth-secret|{CLIENT_SECRET}|--oauth-client|x"),
            &format!("--header|Authorization: Bearer {HEADER}"),
            &format!("--header=Authorization: Bearer {api}"),
            &format!("--region|{api}"),
            &format!("--plane|{api}"),
            &format!(
                "--endpoints|echo.json|--profile|DEFAULT|--compartment|{api}|--project|{API_TWO}|--model|{api}|--format|json|--policies|iam"
            ),
            "--report|no/such/folder/r.html",
        ],
        "",
    );
    add("config show", &["", "bad", "torn", "iam"], "");
    add("config init", &["keys", "no/such/folder"], "");
    add("schema", &["", "lint", api], "");
    add("completions", &["bash", api], "");
    // Where the environment carries the secrets.
    let pem = key("pkcs8.pem");
    let environments: [&[(&str, &str)]; 4] = [
        &[
            ("OCI_CLI_USER", "ocid1.user.oc1..a"),
            ("OCI_CLI_TENANCY", "ocid1.tenancy.oc1..b"),
            ("OCI_CLI_REGION", "us-chicago-1"),
            ("OCI_CLI_FINGERPRINT", "20:3b:97:13"),
            ("OCI_CLI_KEY_CONTENT", &pem),
            ("OCI_CLI_PASSPHRASE", PASSPHRASE),
        ],
        &[
            ("OCI_RESOURCE_PRINCIPAL_VERSION", "2.2"),
            ("OCI_RESOURCE_PRINCIPAL_REGION", "us-chicago-1"),
            ("OCI_RESOURCE_PRINCIPAL_RPST", SUBJECT),
            ("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", &pem),
            ("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE", PASSPHRASE),
        ],
        &[
            ("OCI_RESOURCE_PRINCIPAL_VERSION", "2.2"),
            ("OCI_RESOURCE_PRINCIPAL_REGION", API_TWO),
            ("OCI_RESOURCE_PRINCIPAL_RPST", PASSPHRASE),
            ("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", API_ONE),
        ],
        &[
            ("HTTPS_PROXY", "http://cellar:Rhubarb-Lantern-1187@127.0.0.1:9"),
            ("HTTP_PROXY", "http://cellar:Rhubarb-Lantern-1187@127.0.0.1:9"),
            ("https_proxy", "http://cellar:Rhubarb-Lantern-1187@127.0.0.1:9"),
            ("OCI_CLI_CERT_BUNDLE", "keys/good.pem"),
        ],
    ];
    for environment in environments {
        for (command, lines) in [
            (
                "probe",
                &[
                    "--offline|--format|json",
                    "--offline",
                    "--endpoints|echo.json|--format|json|--report|r.html",
                    "--dry-run",
                    "--timeout|1|--region|us-chicago-1",
                ][..],
            ),
            ("snapshot", &["--endpoints|echo.json", "--endpoints|echo.json|--auth|resource-principal"][..]),
            ("key check", &["--ocid|ocid1.generativeaiapikey.oc1.us-chicago-1.a|--endpoints|echo.json"][..]),
            (
                "checklist",
                &["--workload|functions|--call|chat|--region|us-chicago-1|--verify|--endpoints|echo.json"][..],
            ),
        ] {
            for line in lines {
                let words = line.split('|').filter(|word| !word.is_empty());
                let arguments = command.split(' ').chain(words).map(str::to_owned).collect();
                let environment = environment
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                    .collect();
                all.entry(command).or_default().push(Case { arguments, stdin: String::new(), environment });
            }
        }
    }
    all
}

/// What users paste, with secrets in it.
fn pasted() -> Vec<String> {
    let pem = key("pkcs8.pem");
    let header = |name: &str, value: &str| json!({ "name": name, "value": value });
    let har = json!({ "log": { "entries": [{
        "request": { "method": "POST", "url": format!("https://{PROXY}@inference.generativeai.us-chicago-1.oci.oraclecloud.com/20231130/actions/chat"),
            "cookies": [header("session", HEADER)],
            "headers": [header("Authorization", &format!("Bearer {API_ONE}")), header("Cookie", &format!("a={HEADER}; b={HEADER}")), header("opc-obo-token", SUBJECT)],
            "postData": { "text": format!("{{\"password\":\"{PASSPHRASE}\"}}") } },
        "response": { "status": 401, "headers": [header("Set-Cookie", &format!("s={HEADER}; HttpOnly"))],
            "content": { "text": format!("{{\"code\":\"401\",\"message\":\"key {API_ONE} is unknown\"}}") } } }] } });
    vec![
        format!(
            "Traceback (most recent call last):\n  File \"app.py\", line 3, in <module>\n    client = OpenAI(api_key=\"{API_ONE}\", default_headers={{'x-api-key': '{HEADER}'}})\nopenai.AuthenticationError: Error code: 401 - {{'code': '401', 'message': 'Incorrect API key provided: {API_TWO}'}}"
        ),
        format!(
            "* Uses proxy env variable https_proxy == 'http://{PROXY}@proxy.corp:3128'\n* Proxy auth using Basic with user 'cellar'\n> CONNECT inference.generativeai.us-chicago-1.oci.oraclecloud.com:443 HTTP/1.1\n> Proxy-Authorization: Basic {}\n> POST /20231130/actions/chat HTTP/1.1\n> Authorization: Bearer {API_ONE}\n> Cookie: s={HEADER}\n> opc-obo-token: {SUBJECT}\n< HTTP/1.1 407 Proxy Authentication Required\n< Set-Cookie: s={HEADER}\n",
            STANDARD.encode(PROXY)
        ),
        har.to_string(),
        har.to_string()[..700].to_owned(),
        format!(
            "{{\"level\":\"error\",\"api_key\":\"{API_ONE}\",\"config\":{{\"pass_phrase\":\"{PASSPHRASE}\",\"key_content\":\"{}\"}},\"msg\":\"401 NotAuthenticated\"}}",
            pem.replace('\n', "\\n")
        ),
        format!(
            "ServiceError: 401 NotAuthenticated\nkey_content={pem}\npass_phrase={PASSPHRASE}\nsecurity_token={SUBJECT}"
        ),
        format!(
            "oci.exceptions.InvalidConfig: {{'pass_phrase': '{PASSPHRASE}', 'key_file': 'malformed', 'client_secret': '{CLIENT_SECRET}'}}"
        ),
        format!("{}\n401 NotAuthenticated", &pem[200..]),
        format!(
            "export OCI_CLI_PASSPHRASE={PASSPHRASE}\nexport OPENAI_API_KEY={API_TWO}\ncurl -u {PROXY} -H 'Authorization: Bearer {HEADER}' https://x\n{{\"code\":\"404\",\"message\":\"Authorization failed or requested resource not found.\"}}"
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_command_writes_a_secret() {
    let world = World::new().await;
    let mut known = BTreeSet::new();
    commands(&[], &mut known);
    let mut all = cases(&world);
    for (command, list) in &mut all {
        for format in formats(command) {
            let plain =
                |case: &&Case| !case.arguments.iter().any(|word| word == "--format" || word == "--diff");
            let few: Vec<Case> = list.iter().filter(plain).take(3).cloned().collect();
            list.extend(few.into_iter().map(|mut case| {
                case.arguments.extend(["--format".to_owned(), format.clone()]);
                case
            }));
        }
    }
    let tried: BTreeSet<String> =
        all.keys().map(|name| (*name).to_owned()).chain(["sandbox", "demo"].map(str::to_owned)).collect();
    assert_eq!(tried, known, "every command has its cases here, `sandbox` and `demo` in tests of their own");
    let all: Vec<Case> = all.into_values().flatten().collect();
    let count = all.len();
    let (next, leaks) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    tokio::task::block_in_place(|| {
        std::thread::scope(|scope| {
            for machine in &world.machines {
                scope.spawn(|| {
                    while let Some(case) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let found = machine.leaks(&world.marks, case);
                        leaks.lock().unwrap().extend(found);
                    }
                });
            }
        });
    });
    let leaks = leaks.into_inner().unwrap();
    println!("{count} runs");
    assert!(leaks.is_empty(), "{} of {count} runs leak:\n{}", leaks.len(), leaks.join("\n"));
}

#[test]
fn the_search_finds_what_it_is_for() {
    let mut marks = Marks::default();
    marks.add("password", PASSPHRASE);
    marks.key("key", &key("pkcs8.pem"));
    marks.token("token", SUBJECT);
    let pem = key("pkcs8.pem");
    for leak in [
        PASSPHRASE.to_owned(),
        PASSPHRASE[5..17].to_owned(),
        STANDARD.encode(format!("me:{PASSPHRASE}")),
        "Orchard%2Ekettle".replace("%2E", "."),
        pem.lines().nth(5).unwrap().to_owned(),
        SUBJECT[25..60].to_owned(),
    ] {
        assert!(marks.find(format!("… {leak} …").as_bytes()).is_some(), "{leak}");
    }
    assert_eq!(marks.find(b"an orchard in winter, a kettle, and -----BEGIN PRIVATE KEY-----"), None);
}

#[test]
fn the_sandbox_writes_secrets_into_its_files_of_credentials_only() {
    let state = r#box::folder();
    let home = tempfile::tempdir().unwrap();
    let tenancy = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tenancies/sandbox.toml"),
    )
    .unwrap();
    let policy = format!(
        "\n[[policies]]\nname = \"odd\"\ncompartment = \"\"\nstatements = [\"allow group {API_ONE} to use generative-ai-chat in tenancy\"]\n"
    );
    std::fs::write(home.path().join("tenancy.toml"), tenancy + &policy).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_ociam"))
        .args(["sandbox", "--tenancy"])
        .arg(home.path().join("tenancy.toml"))
        .arg("--state")
        .arg(state.path())
        .env("RUST_LOG", "trace")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut written = String::new();
    out.read_line(&mut written).unwrap();
    assert!(written.starts_with("ready http://127.0.0.1:"), "{written}");
    let text = |name: &str| std::fs::read_to_string(state.path().join(name)).unwrap();
    let endpoints: Value = serde_json::from_str(&text("endpoints.json")).unwrap();
    let door = endpoints["inference-openai"]["us-chicago-1"].as_str().unwrap();
    let door = door.split("://").nth(1).unwrap().split('/').next().unwrap();
    let mut marks = Marks::default();
    marks.add("API key", API_ONE);
    marks.add("header", HEADER);
    for name in ["genai_api_key", "genai_api_key_two"] {
        marks.add(name, &text(name));
    }
    for name in ["session_token", "delegation_token", "rpst", "k8s_token"] {
        marks.token(name, &text(name));
    }
    for name in ["user_key.pem", "session_key.pem"] {
        marks.key(name, &text(name));
    }
    for sent in [text("genai_api_key"), text("genai_api_key_two"), HEADER.to_owned(), text("rpst")] {
        let mut request = get(door, &format!("/openai/v1/models?api_key={HEADER}"));
        request.headers.set("authorization", format!("Bearer {}", sent.trim()));
        request.headers.set("cookie", format!("s={HEADER}"));
        request.headers.set("opc-obo-token", text("delegation_token").trim());
        let reply = send(&request);
        assert_eq!(marks.find(reply.body.as_bytes()), None);
    }
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    out.read_to_string(&mut written).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut written).unwrap();
    child.wait().unwrap();
    assert_eq!(marks.find(written.as_bytes()), None);
    let private = state.path().join(".sandbox");
    let named = |path: &PathBuf| {
        path.starts_with(&private) || CREDENTIALS.contains(&path.file_name().unwrap().to_str().unwrap())
    };
    let mut searched = 0;
    for (path, text) in files(state.path()).into_iter().filter(|(path, _)| !named(path)) {
        searched += 1;
        assert_eq!(marks.find(&text), None, "{}", path.display());
    }
    assert!(searched >= 2, "the log and the tenancy are searched");
}

#[test]
fn the_demo_shows_no_secret_and_leaves_none_behind() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ociam"))
        .arg("demo")
        .env("TMPDIR", folder.path())
        .env("RUST_LOG", "trace")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let shown = [output.stdout, output.stderr].concat();
    let shown = String::from_utf8(shown).unwrap();
    // Its secrets are gone with its folder, so what looks like one is searched for.
    let alnum = |text: &str| text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').count();
    for start in ["sk-", "eyJ", "ST$"] {
        for (at, _) in shown.match_indices(start) {
            assert!(alnum(&shown[at + start.len()..]) < 12, "{}", &shown[at..(at + 40).min(shown.len())]);
        }
    }
    assert!(!shown.contains("PRIVATE KEY"));
    assert!(files(folder.path()).is_empty(), "{:?}", files(folder.path()).keys());
}
