//! A tenancy that has almost nothing, and checklists carried out in it step by step: after each step, `--verify` finds
//! that step done, and nothing else changed. The tenancy is the sandbox's; it is looked at through `ociam snapshot`,
//! through the network, and in the environment of the command.

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

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use assert_cmd::Command;
use r#box::{Box, folder, post, send_signed};
use ociam::authz::Tenancy;
use ociam::sandbox::Settings;
use serde_json::{Value, json};

const REGION: &str = "us-chicago-1";
const ROOT: &str = "ocid1.tenancy.oc1..aaaaaaaaosv6ow6b345nul5eqrlaml4ka2vgsujfcw2c64urn6y6z7pjh6px";
const ML: &str = "ocid1.compartment.oc1..aaaaaaaa5d5xfpqgacuzc5n2pv3h6marc62kfbf3qzev5jdmlnurxtrsjjcn";
const RATE: &str = "max-on-demand-chat-request-per-minute-count";

/// Administrators, one workload of each kind, and nothing that Generative AI needs.
const TENANCY: &str = r#"
name = "acme"
ocid = "ocid1.tenancy.oc1..aaaaaaaaosv6ow6b345nul5eqrlaml4ka2vgsujfcw2c64urn6y6z7pjh6px"
home-region = "us-ashburn-1"
regions = ["us-ashburn-1"]
complete = true
limits = { max-on-demand-chat-request-per-minute-count = 0 }
[[compartments]]
path = "ml"
ocid = "ocid1.compartment.oc1..aaaaaaaa5d5xfpqgacuzc5n2pv3h6marc62kfbf3qzev5jdmlnurxtrsjjcn"
[[compartments]]
path = "web"
ocid = "ocid1.compartment.oc1..aaaaaaaagpvnstzxk26klvyaapp4gpsmp46vaczzk3ich4fenmbycdgj4l3v"
[[users]]
name = "admin@example.com"
ocid = "ocid1.user.oc1..aaaaaaaaq7euiimw4snaajpyipr3b5vjrv3ylwtl75y74rgp2cfb6v4mpbyh"
[[users]]
name = "ana@example.com"
ocid = "ocid1.user.oc1..aaaaaaaamz4dffoopiaxkuwbc47iwybhiz6y5wxdxs2wswwvpvzjotama7v3"
[[groups]]
name = "Administrators"
ocid = "ocid1.group.oc1..aaaaaaaappomislns3acq6qcpimidtq5jp32rulcq5jqykisdl4atmzptf7i"
members = ["admin@example.com"]
[[resources]]
type = "instance"
ocid = "ocid1.instance.oc1.us-ashburn-1.aaaaaaaa6xbfnxfx32jm7n7llm6kdzkqq6yhlov5rxy5lfbwd2foadcx3hrs"
compartment = "ml"
[[resources]]
type = "fnfunc"
ocid = "ocid1.fnfunc.oc1.us-ashburn-1.aaaaaaaaiuynfkqhve3mh72hjnctfaoroociamr6hzdxyazpzmqvhlkyhlv5"
compartment = "ml"
[[resources]]
type = "cluster"
ocid = "ocid1.cluster.oc1.us-ashburn-1.aaaaaaaapy3saigiggciz6oavon7flyxbzlhnlnpbnlwna2356o3vy7jiyws"
compartment = "ml"
[[policies]]
name = "administrators"
compartment = ""
statements = ["allow group Administrators to manage all-resources in tenancy"]
[sandbox]
user = "admin@example.com"
profiles = ["ana@example.com"]
workload = { namespace = "assistants", service-account = "chat", cluster = "ocid1.cluster.oc1.us-ashburn-1.aaaaaaaapy3saigiggciz6oavon7flyxbzlhnlnpbnlwna2356o3vy7jiyws" }
"#;

type Found = BTreeMap<String, (String, String, Value)>;

/// A checklist on its way.
struct Walk {
    name: &'static str,
    sandbox: Option<Box>,
    work: tempfile::TempDir,
    wish: Value,
    environment: BTreeMap<String, String>,
    arguments: Vec<String>,
    before: Found,
    wrong: Vec<String>,
    code: i32,
}

impl Walk {
    async fn new(name: &'static str, workload: &str, call: &str, method: &str) -> Walk {
        let tenancy = Tenancy::from_text(TENANCY).unwrap();
        let settings = Settings::from_text(TENANCY).unwrap();
        let sandbox = Box::on(folder(), Some((tenancy, settings))).await;
        let wish = json!({
            "workload": workload, "call": call, "region": REGION, "compartment": "ml", "auth-method": method,
            "names": {
                "tenancy-ocid": ROOT, "compartment-ocid": ML, "home-region": "us-ashburn-1", "policy-name": "genai",
            },
        });
        let mut walk = Walk {
            name,
            sandbox: Some(sandbox),
            work: tempfile::tempdir().unwrap(),
            wish,
            environment: BTreeMap::new(),
            arguments: Vec::new(),
            before: Found::new(),
            wrong: Vec::new(),
            code: 0,
        };
        // The profile of the administrator alone.
        let config = walk.sandbox().text("config");
        fs::write(walk.config(), config.split("[ANA]").next().unwrap()).unwrap();
        walk.before = walk.verify();
        walk
    }

    fn sandbox(&self) -> &Box {
        self.sandbox.as_ref().unwrap()
    }

    fn ociam(&self, arguments: &[&str]) -> (i32, String, String) {
        let state = self.sandbox().folder.path();
        let mut command = Command::cargo_bin("ociam").unwrap();
        command.env_clear().env("HOME", self.work.path()).envs(&self.environment);
        command.env("OCIAM_ENDPOINTS", state.join("endpoints.json")).current_dir(self.work.path());
        let output = command.args(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    fn config(&self) -> String {
        self.work.path().join("config").display().to_string()
    }

    /// Every step as `--verify` finds it.
    fn verify(&mut self) -> Found {
        fs::write(self.work.path().join("wish.json"), self.wish.to_string()).unwrap();
        // The administrator's look at the tenancy.
        let (code, _, err) =
            self.ociam(&["snapshot", "--users", "-o", "acme.json", "--config-file", &self.config()]);
        assert_eq!(code, 0, "{err}");
        let config = self.config();
        let mut arguments = vec![
            "checklist",
            "--file",
            "wish.json",
            "--verify",
            "--live",
            "--snapshot",
            "acme.json",
            "--config-file",
            &config,
            "--format",
            "json",
        ];
        arguments.extend(self.arguments.iter().map(String::as_str));
        let (code, out, err) = self.ociam(&arguments);
        let document: Value =
            serde_json::from_str(&out).unwrap_or_else(|_| panic!("{}: {out}{err}", self.name));
        self.code = code;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let row = |step: &Value| {
            let result = &step["result"];
            (text(&step["id"]), (text(&result["status"]), text(&result["found"]), result.clone()))
        };
        document["steps"].as_array().unwrap().iter().map(row).collect()
    }

    /// What is done newly must be this, and nothing may be undone.
    fn becomes(&mut self, what: &str, expected: &[&str]) {
        let after = self.verify();
        let done = |found: &Found| -> BTreeSet<String> {
            found.iter().filter(|(_, (status, ..))| status == "done").map(|(id, _)| id.clone()).collect()
        };
        let (old, new) = (done(&self.before), done(&after));
        let newly: Vec<&str> =
            after.keys().map(String::as_str).filter(|id| new.contains(*id) && !old.contains(*id)).collect();
        let lost: Vec<&String> = old.difference(&new).collect();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        if newly != expected || !lost.is_empty() {
            let rows: Vec<String> =
                after.iter().map(|(id, (status, found, _))| format!("  {id}: {status}: {found}")).collect();
            self.wrong.push(format!(
                "{}: {what}: newly done {newly:?} and not {expected:?}; undone {lost:?}\n{}",
                self.name,
                rows.join("\n")
            ));
        }
        self.before = after;
    }

    /// The status of a step now.
    fn is(&mut self, step: &str, status: &str, words: &str) {
        let after = self.verify();
        let (found, text, result) = &after[step];
        let all = format!("{text} {result}");
        if found != status || !all.contains(words) {
            self.wrong.push(format!("{}: {step} is {found}, not {status} with `{words}`: {all}", self.name));
        }
        self.before = after;
    }

    fn name(&mut self, key: &str, value: &str) {
        self.wish["names"][key] = value.into();
    }

    fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.into(), value.into());
    }

    /// Asks the sandbox for something to be made, as the administrator.
    fn made(&self, plane: &str, path: &str, body: &Value) -> Value {
        let region = if plane == "identity" { "us-ashburn-1" } else { REGION };
        let reply =
            send_signed(&self.sandbox().user(), post(&self.sandbox().door(plane, region), path, body));
        assert!((200..300).contains(&reply.status), "{path}: {} {}", reply.status, reply.body);
        reply.json()
    }

    /// Changes what is there, as the administrator.
    fn mend(&self, path: &str, body: &Value) {
        let mut request = post(&self.sandbox().door("identity", "us-ashburn-1"), path, body);
        request.method = "PUT".into();
        let reply = send_signed(&self.sandbox().user(), request);
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
    }

    /// Follows the step's own blocks: what the checklist shows is what is made.
    fn block(&self, step: &str, title: &str) -> Vec<String> {
        let (_, out, _) = self.ociam(&["checklist", "--file", "wish.json", "--format", "json"]);
        let document: Value = serde_json::from_str(&out).unwrap();
        let steps = document["steps"].as_array().unwrap();
        let step = steps.iter().find(|one| one["id"] == step).unwrap();
        let blocks = step["blocks"].as_array().unwrap();
        let block = blocks.iter().find(|one| one["title"].as_str().unwrap().starts_with(title)).unwrap();
        block["lines"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
    }

    fn policy(&self, name: &str, statements: &[String]) {
        let body = json!({ "compartmentId": ROOT, "name": name, "description": "least rights", "statements": statements });
        self.made("identity", "/20160918/policies", &body);
    }

    fn dynamic_group(&self, name: &str, rule: &str) -> String {
        let body =
            json!({ "compartmentId": ROOT, "name": name, "description": "callers", "matchingRule": rule });
        self.made("identity", "/20160918/dynamicGroups", &body)["id"].as_str().unwrap().to_owned()
    }

    /// Changes what only the service itself changes: subscriptions and limits.
    async fn tenancy(&mut self, edit: impl FnOnce(&mut Tenancy)) {
        let folder = self.sandbox.take().unwrap().stop().await;
        let text = fs::read_to_string(folder.path().join("tenancy.json")).unwrap();
        let mut tenancy = Tenancy::from_text(&text).unwrap();
        let settings = Settings::from_text(&text).unwrap();
        edit(&mut tenancy);
        self.sandbox = Some(Box::on(folder, Some((tenancy, settings))).await);
    }

    async fn subscribe(&mut self) {
        self.tenancy(|tenancy| tenancy.regions.as_mut().unwrap().push(REGION.into())).await;
    }

    async fn raise_limits(&mut self) {
        self.tenancy(|tenancy| tenancy.limits.insert(RATE.into(), 100).map_or((), |_| ())).await;
    }

    /// The variables of the step `environment`, with the sandbox's addresses.
    fn source(&mut self) {
        for line in self.block("environment", "environment") {
            let (name, value) = line.strip_prefix("export ").unwrap().split_once('=').unwrap();
            let value = value.trim_matches('"');
            let value = match value.strip_prefix("https://") {
                Some(rest) => {
                    let plane = if rest.starts_with("agent-runtime") { "agent-runtime" } else { "inference" };
                    let path = rest.find('/').map_or("", |at| &rest[at..]);
                    format!("http://{}{path}", self.sandbox().door(plane, REGION))
                }
                None => value.to_owned(),
            };
            if !value.starts_with('<') {
                self.set(name, &value);
            }
        }
    }

    fn ends(self) {
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n\n"));
        let undone: Vec<_> = self.before.iter().filter(|(_, (status, ..))| status != "done").collect();
        assert_eq!((self.code, undone.len()), (0, 0), "{}: {undone:?}", self.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laptop_with_a_genai_api_key() {
    let mut walk = Walk::new("laptop", "laptop", "chat", "genai-api-key").await;
    walk.is("region", "missing", "us-ashburn-1 only");
    walk.is("policy", "missing", "no statement allows ChatCompletions");
    walk.subscribe().await;
    walk.becomes("the region is subscribed", &["region"]);
    walk.raise_limits().await;
    walk.becomes("the limit is raised", &["limits"]);
    let secret = |name: &str| json!({ "keyName": name, "timeExpiry": "2099-01-01T00:00:00Z" });
    let body = json!({ "compartmentId": ML, "displayName": "genai-access", "keyDetails": [secret("one"), secret("two")] });
    let key = walk.made("management", "/20231130/apikeys", &body);
    walk.name("api-key-ocid", key["id"].as_str().unwrap());
    walk.becomes("the key is made", &["api-key", "rotation"]);
    // The right statement in the wrong place is wrong, not missing, and the diagnosis says where.
    let right = walk.block("policy", "statements");
    walk.policy(
        "elsewhere",
        &right.iter().map(|text| text.replace("compartment ml", "compartment web")).collect::<Vec<_>>(),
    );
    walk.is("policy", "wrong", "policy-wrong-compartment");
    walk.policy("genai", &right);
    walk.becomes("the policy is attached", &["policy"]);
    walk.source();
    walk.becomes("the address is set", &["endpoint"]);
    walk.set("OPENAI_API_KEY", "<secret>");
    walk.is("environment", "wrong", "placeholder");
    walk.set("OPENAI_API_KEY", "sk-of-somebody-else");
    walk.becomes("a secret is set", &["environment"]);
    walk.is("first-call", "wrong", "diagnoses");
    walk.set("OPENAI_API_KEY", key["keys"][0]["key"].as_str().unwrap());
    walk.becomes("it is the secret of the key", &["first-call"]);
    walk.is("secret-store", "not-checkable", "you can tell");
    walk.arguments = ["--state", "progress.json", "--done", "secret-store"].map(str::to_owned).to_vec();
    walk.becomes("a person says so", &["secret-store"]);
    walk.ends();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_with_its_resource_principal() {
    let mut walk = Walk::new("functions", "functions", "chat", "resource-principal").await;
    walk.wish["client"] = "oci".into();
    walk.before = walk.verify();
    walk.subscribe().await;
    walk.raise_limits().await;
    walk.becomes("region and limits", &["region", "limits"]);
    walk.is("resource-principal", "not-checkable", "can tell");
    let rule = walk.block("dynamic-group", "matching rule").remove(0);
    let group = walk.dynamic_group("genai-workloads", &rule.replace("fnfunc", "instance"));
    walk.is("dynamic-group", "wrong", "dynamic-group-not-matching");
    walk.mend(&format!("/20160918/dynamicGroups/{group}"), &json!({ "matchingRule": rule }));
    walk.becomes("the dynamic group is made", &["dynamic-group"]);
    // As Terraform has it: written, read back, applied.
    let (_, terraform, _) = walk.ociam(&["checklist", "--file", "wish.json", "--terraform"]);
    fs::create_dir(walk.work.path().join("infra")).unwrap();
    fs::write(walk.work.path().join("infra/genai.tf"), terraform).unwrap();
    walk.arguments = ["--policies", "infra"].map(str::to_owned).to_vec();
    walk.becomes("the policy is written as Terraform", &["policy"]);
    walk.policy("genai", &walk.block("policy", "statements"));
    walk.source();
    walk.becomes("the environment is set", &["endpoint", "environment"]);
    let state = walk.sandbox().folder.path().to_owned();
    walk.set("OCI_RESOURCE_PRINCIPAL_VERSION", "2.2");
    walk.set("OCI_RESOURCE_PRINCIPAL_RPST", state.join("rpst").to_str().unwrap());
    walk.set("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", state.join("rp_key.pem").to_str().unwrap());
    walk.set("OCI_RESOURCE_PRINCIPAL_REGION", REGION);
    walk.becomes("it runs where the principal is", &["resource-principal", "first-call"]);
    walk.ends();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_by_its_dynamic_group() {
    let mut walk = Walk::new("compute", "compute", "embeddings", "instance-principal").await;
    walk.subscribe().await;
    walk.becomes("the region is subscribed", &["region"]);
    walk.dynamic_group("genai-workloads", &walk.block("dynamic-group", "matching rule")[0].clone());
    walk.becomes("the dynamic group is made", &["dynamic-group"]);
    walk.policy("genai", &walk.block("policy", "statements"));
    // The command runs on the instance: its call is answered from now on, which shows the metadata service too.
    walk.becomes("the policy is attached", &["policy", "first-call", "metadata"]);
    walk.source();
    walk.becomes("the environment is set", &["endpoint", "environment"]);
    walk.ends();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_with_its_workload_identity() {
    let mut walk = Walk::new("oke", "oke", "chat", "oke-workload").await;
    walk.name("namespace", "assistants");
    walk.name("service-account", "chat");
    walk.name(
        "cluster-ocid",
        "ocid1.cluster.oc1.us-ashburn-1.aaaaaaaapy3saigiggciz6oavon7flyxbzlhnlnpbnlwna2356o3vy7jiyws",
    );
    walk.before = walk.verify();
    walk.subscribe().await;
    walk.raise_limits().await;
    walk.becomes("region and limits", &["region", "limits"]);
    walk.policy("genai", &walk.block("policy", "statements"));
    walk.becomes("the policy is attached", &["policy"]);
    walk.source();
    walk.becomes("the environment is set", &["endpoint", "environment"]);
    let state = walk.sandbox().folder.path().to_owned();
    walk.set("KUBERNETES_SERVICE_HOST", "127.0.0.1");
    walk.set("OCI_KUBERNETES_SERVICE_ACCOUNT_CERT_PATH", state.join("k8s_ca.crt").to_str().unwrap());
    walk.set("OCI_KUBERNETES_SERVICE_ACCOUNT_TOKEN_PATH", state.join("k8s_token").to_str().unwrap());
    walk.set("OCI_RESOURCE_PRINCIPAL_REGION", REGION);
    walk.becomes("it runs in the pod", &["service-account", "first-call"]);
    walk.ends();
}

/// What a person at a laptop with a profile of their own needs before the rest.
async fn user(name: &'static str, call: &str) -> Walk {
    let mut walk = Walk::new(name, "laptop", call, "user-api-key").await;
    walk.name("group", "genai-users");
    walk.name("user-ocid", "ocid1.user.oc1..aaaaaaaamz4dffoopiaxkuwbc47iwybhiz6y5wxdxs2wswwvpvzjotama7v3");
    walk.name("profile", "ANA");
    walk.before = walk.verify();
    walk.is("signing-key", "missing", "ANA");
    fs::write(walk.config(), walk.sandbox().text("config")).unwrap();
    walk.becomes("the profile is written", &["signing-key"]);
    walk.subscribe().await;
    walk
}

/// Puts the user into the group.
fn join(walk: &mut Walk) {
    let body = json!({ "compartmentId": ROOT, "name": "genai-users", "description": "callers" });
    let group = walk.made("identity", "/20160918/groups", &body);
    walk.is("group", "wrong", "has no member");
    let member = json!({ "groupId": group["id"], "userId": walk.wish["names"]["user-ocid"] });
    walk.made("identity", "/20160918/userGroupMemberships", &member);
    walk.becomes("the group is made and joined", &["group"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_over_documents_called_by_a_user() {
    let mut walk = user("agents-rag", "agents-rag").await;
    walk.becomes("the region is subscribed", &["region"]);
    join(&mut walk);
    walk.policy("genai", &walk.block("policy", "statements"));
    walk.becomes("the policy is attached", &["policy"]);
    walk.dynamic_group("genai-agents", &walk.block("service-policy", "matching rule")[0].clone());
    walk.policy("genai-service", &walk.block("service-policy", "statements"));
    walk.becomes("what the service needs", &["service-policy"]);
    let within = |more: Value| {
        let mut body = json!({ "compartmentId": ML, "displayName": "documents" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let agent = walk.made("agent-management", "/20240531/agents", &within(json!({})));
    let endpoint = within(json!({ "agentId": agent["id"], "shouldEnableSession": true }));
    let endpoint = walk.made("agent-management", "/20240531/agentEndpoints", &endpoint);
    walk.name("agent-endpoint", "ocid1.genaiagentendpoint.oc1.eu-frankfurt-1.aaaa");
    walk.is("agent", "wrong", "eu-frankfurt-1");
    walk.name("agent-endpoint", endpoint["id"].as_str().unwrap());
    walk.becomes("the agent is made", &["agent", "first-call"]);
    walk.source();
    walk.becomes("the environment is set", &["endpoint", "environment"]);
    walk.arguments =
        ["--state", "progress.json", "--done", "rotation", "--done", "limits"].map(str::to_owned).to_vec();
    walk.becomes("a person says so", &["rotation", "limits"]);
    walk.ends();
}

#[tokio::test(flavor = "multi_thread")]
async fn responses_in_a_project_called_by_a_user() {
    let mut walk = user("responses", "responses").await;
    walk.raise_limits().await;
    walk.becomes("region and limits", &["region", "limits"]);
    join(&mut walk);
    walk.policy("genai", &walk.block("policy", "statements"));
    walk.becomes("the policy is attached", &["policy"]);
    walk.is("project", "missing", "--project-ocid");
    let body = json!({ "compartmentId": ML, "displayName": "genai" });
    let project = walk.made("management", "/20231130/generativeAiProjects", &body);
    walk.name("project-ocid", project["id"].as_str().unwrap());
    walk.becomes("the project is made", &["project", "first-call"]);
    walk.source();
    walk.becomes("the environment is set", &["endpoint", "environment"]);
    // What was done is remembered: with the state alone, nothing is asked again.
    walk.arguments = ["--state", "progress.json", "--done", "rotation"].map(str::to_owned).to_vec();
    walk.becomes("a person says so", &["rotation"]);
    let (code, out, err) = walk.ociam(&["checklist", "--verify", "--state", "progress.json"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("11 done") || !out.contains("missing"), "{out}");
    walk.ends();
}
