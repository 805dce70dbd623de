//! `ociam snapshot` against a tenancy served on loopback: what is read, what is noted, how hard it presses.

#![cfg(feature = "live")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

mod loopback;
mod machine;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use assert_cmd::Command;
use jiff::Timestamp;
use loopback::{Reply, Service};
use machine::Machine;
use ociam::authz::{Compiled, Principal, Request as Asked, Tenancy, Verdict, Wanted as What, decide};
use ociam::probe::auth::{AuthMethod, Wanted, discover};
use ociam::probe::config::place;
use ociam::probe::snapshot::{Pace, Plan, Reader, Snapshot, SnapshotError, take};
use ociam::probe::transport::{Http, Limits};
use ociam::probe::{Endpoints, Pointed, Surroundings};
use ociam::wire::{Authorization, PrivateKey, Request, Scope, verify};
use serde_json::{Value, json};

const ROOT: &str = "ocid1.tenancy.oc1..acme";
const ML: &str = "ocid1.compartment.oc1..ml";
const PROD: &str = "ocid1.compartment.oc1..prod";
const WEB: &str = "ocid1.compartment.oc1..web";

fn pem() -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/keys/pkcs8.pem");
    std::fs::read_to_string(path).unwrap()
}

fn config() -> String {
    let print = PrivateKey::read(&pem(), None).unwrap().public().fingerprint();
    format!(
        "[DEFAULT]\nuser=ocid1.user.oc1..ana\ntenancy={ROOT}\nfingerprint={print}\nregion=us-chicago-1\nkey_file=~/key.pem\n"
    )
}

fn ok(body: &Value) -> Reply {
    (200, Vec::new(), body.to_string())
}

fn refused() -> Reply {
    let body = json!({ "code": "NotAuthorizedOrNotFound", "message": "Authorization failed or requested resource not found." });
    (404, vec![("opc-request-id", "R1".to_owned())], body.to_string())
}

/// The path of a request and its query parameters.
fn target(request: &Request) -> (String, BTreeMap<String, String>) {
    let url = reqwest::Url::parse(&format!("http://x{}", request.target)).unwrap();
    (url.path().to_owned(), url.query_pairs().into_owned().collect())
}

/// A small tenancy: what each list answers.
fn acme(base: &str, request: &Request) -> Reply {
    let (path, query) = target(request);
    let of = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    // The service and region stand before the version, as the test's endpoint has it.
    let (front, path) = match path.find("/20").or_else(|| path.find("/admin")) {
        Some(at) => path.split_at(at),
        None => ("", path.as_str()),
    };
    let region = front.rsplit('/').next().unwrap_or_default();
    match path {
        "/20160918/tenancies/ocid1.tenancy.oc1..acme" => ok(&json!({
            "id": ROOT, "name": "acme", "homeRegionKey": "ORD", "definedTags": { "Ops": { "Owner": "platform" } },
        })),
        "/20160918/tenancies/ocid1.tenancy.oc1..acme/regionSubscriptions" => ok(&json!([
            { "regionKey": "ORD", "regionName": "us-chicago-1", "status": "READY", "isHomeRegion": true },
            { "regionKey": "FRA", "regionName": "eu-frankfurt-1", "status": "READY", "isHomeRegion": false },
        ])),
        "/20160918/compartments" => {
            assert_eq!((of("compartmentIdInSubtree"), of("accessLevel")), ("true", "ANY"));
            ok(&json!([
                { "id": PROD, "name": "prod", "compartmentId": ML, "lifecycleState": "ACTIVE", "definedTags": { "Ops": { "Stage": "prod" } } },
                { "id": ML, "name": "ml", "compartmentId": ROOT, "lifecycleState": "ACTIVE" },
                { "id": WEB, "name": "web", "compartmentId": ROOT, "lifecycleState": "ACTIVE" },
                { "id": "ocid1.compartment.oc1..old", "name": "old", "compartmentId": ROOT, "lifecycleState": "DELETED" },
            ]))
        }
        "/20160918/policies" => match (of("compartmentId"), of("page")) {
            // Three pages, the token in need of escaping.
            (ROOT, "") => page(
                policy("one", ROOT, "allow group Devs to use generative-ai-chat in compartment ml:prod"),
                "a+b/c==",
            ),
            (ROOT, "a+b/c==") => page(
                policy("two", ROOT, "allow dynamic-group fns to use generative-ai-family in compartment web"),
                "last",
            ),
            (ROOT, "last") => ok(&json!([policy(
                "three",
                ROOT,
                "allow group 'Partners'/'Vendors' to read generative-ai-model in compartment ml"
            )])),
            (PROD, "") => ok(&json!([policy(
                "prod",
                PROD,
                "allow any-user to use generative-ai-chat in compartment prod where request.principal.type = 'generativeaiapikey'"
            )])),
            (ML | WEB, "") => ok(&json!([])),
            other => panic!("{other:?}"),
        },
        "/20160918/domains" => match of("compartmentId") {
            ROOT => ok(&json!([
                { "id": "ocid1.domain.oc1..default", "displayName": "Default", "type": "DEFAULT", "url": format!("{base}/default"), "compartmentId": ROOT, "lifecycleState": "ACTIVE" },
                { "id": "ocid1.domain.oc1..partners", "displayName": "Partners", "type": "SECONDARY", "url": format!("{base}/partners"), "compartmentId": ROOT, "lifecycleState": "ACTIVE" },
            ])),
            _ => ok(&json!([])),
        },
        "/20160918/groups" => ok(&json!([
            { "id": "ocid1.group.oc1..devs", "name": "Devs", "compartmentId": ROOT, "lifecycleState": "ACTIVE" },
            { "id": "ocid1.group.oc1..admins", "name": "Administrators", "compartmentId": ROOT, "lifecycleState": "ACTIVE" },
        ])),
        "/20160918/userGroupMemberships" => match of("groupId") {
            "ocid1.group.oc1..devs" => ok(&json!([
                { "id": "ocid1.groupmembership.oc1..1", "groupId": "ocid1.group.oc1..devs", "userId": "ocid1.user.oc1..ana" },
            ])),
            _ => ok(&json!([])),
        },
        "/20160918/users" => ok(
            &json!([{ "id": "ocid1.user.oc1..ana", "name": "ana", "compartmentId": ROOT, "lifecycleState": "ACTIVE" }]),
        ),
        "/20160918/dynamicGroups" => ok(&json!([
            { "id": "ocid1.dynamicgroup.oc1..fns", "name": "fns", "compartmentId": ROOT, "lifecycleState": "ACTIVE", "matchingRule": format!("ALL {{resource.type = 'fnfunc', resource.compartment.id = '{WEB}'}}") },
        ])),
        "/admin/v1/Groups" => {
            let vendor = |n: usize| {
                json!({ "id": format!("hex{n}"), "ocid": format!("ocid1.group.oc1..vendors{n}"), "displayName": if n == 1 { "Vendors".to_owned() } else { format!("Vendors{n}") },
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "members": [{ "ocid": "ocid1.user.oc1..vic", "display": "vic", "type": "User" }],
                "urn:ietf:params:scim:schemas:oracle:idcs:extension:OCITags": { "definedTags": [{ "namespace": "Team", "key": "Kind", "value": "partner" }] } })
            };
            match of("startIndex") {
                "1" => ok(
                    &json!({ "totalResults": 2, "startIndex": 1, "itemsPerPage": 1, "Resources": [vendor(1)] }),
                ),
                "2" => ok(
                    &json!({ "totalResults": 2, "startIndex": 2, "itemsPerPage": 1, "Resources": [vendor(2)] }),
                ),
                other => panic!("{other}"),
            }
        }
        "/admin/v1/DynamicResourceGroups" => {
            ok(&json!({ "totalResults": 1, "startIndex": 1, "itemsPerPage": 1, "Resources": [
            { "id": "hex", "ocid": "ocid1.dynamicgroup.oc1..pods", "displayName": "pods", "matchingRule": "ANY {resource.type = 'instance'}" },
        ] }))
        }
        "/admin/v1/Users" => ok(
            &json!({ "totalResults": 1, "startIndex": 1, "Resources": [{ "id": "hex", "ocid": "ocid1.user.oc1..vic", "userName": "vic", "name": { "familyName": "V" } }] }),
        ),
        "/20231130/apikeys" if of("compartmentId") == PROD && region == "us-chicago-1" => {
            ok(&json!({ "items": [
            { "id": "ocid1.generativeaiapikey.oc1.us-chicago-1.k1", "displayName": "bot", "compartmentId": PROD, "lifecycleState": "ACTIVE", "keys": [
                { "key": "never-to-be-shown", "keyName": "one", "keyMask": "sk-…x", "state": "ACTIVE", "timeExpiry": "2027-01-01T00:00:00Z" },
                { "keyName": "two", "state": "REVOKED", "timeExpiry": null },
            ] },
        ] }))
        }
        "/20231130/generativeAiProjects" if of("compartmentId") == ML && region == "eu-frankfurt-1" => {
            ok(&json!({ "items": [
            { "id": "ocid1.generativeaiproject.oc1.eu-frankfurt-1.p1", "displayName": "chatbot", "compartmentId": ML, "lifecycleState": "ACTIVE" },
        ] }))
        }
        "/20231130/apikeys" | "/20231130/generativeAiProjects" | "/20231130/endpoints" => {
            ok(&json!({ "items": [] }))
        }
        "/20190729/limitValues" => {
            assert_eq!(of("serviceName"), "generative-ai");
            ok(
                &json!([{ "name": "dedicated-unit-h100-count", "scopeType": "REGION", "value": if region == "us-chicago-1" { 2 } else { 0 } }]),
            )
        }
        other => panic!("{other} {query:?}"),
    }
}

fn policy(name: &str, compartment: &str, statement: &str) -> Value {
    json!({ "id": format!("ocid1.policy.oc1..{name}"), "name": name, "compartmentId": compartment, "lifecycleState": "ACTIVE", "statements": [statement] })
}

fn page(item: Value, next: &str) -> Reply {
    (200, vec![("opc-next-page", next.to_owned())], json!([item]).to_string())
}

fn machine() -> Machine {
    Machine::new().file("~/.oci/config", &config()).file("~/key.pem", &pem()).at(Timestamp::now())
}

/// The endpoints of two regions, and of the identity domain.
fn endpoints(base: &str) -> String {
    let regions = |plane: &str| json!({ "us-chicago-1": format!("{base}/{plane}/us-chicago-1"), "eu-frankfurt-1": format!("{base}/{plane}/eu-frankfurt-1") });
    let planes = ["identity", "management", "limits"];
    let mut all: serde_json::Map<String, Value> =
        planes.iter().map(|plane| ((*plane).to_owned(), regions(plane))).collect();
    all.insert("identity-domain".to_owned(), json!(format!("{base}/partners")));
    Value::Object(all).to_string()
}

fn plan() -> Plan {
    Plan {
        tenancy: ROOT.into(),
        place: place("us-chicago-1", &machine()).unwrap(),
        here_only: false,
        compartment: None,
        users: false,
    }
}

fn snapshot(service: &Service, plan: &Plan) -> Result<Snapshot, SnapshotError> {
    snapshot_at(&service.base(), plan, 4)
}

fn snapshot_at(base: &str, plan: &Plan, concurrency: usize) -> Result<Snapshot, SnapshotError> {
    let around = Arc::new(machine());
    let method: Arc<dyn AuthMethod> = discover(&Wanted::default(), &*around).usable().next().unwrap().clone();
    let around: Arc<dyn Surroundings> = around;
    let endpoints = Arc::new(Endpoints::from_json(&endpoints(base)).unwrap());
    let around: Arc<dyn Surroundings> = Arc::new(Pointed::new(around, endpoints.clone()));
    let pace = Pace { concurrency, pause: Duration::from_millis(1), ..Pace::default() };
    let http = Http::new(Limits::default(), Vec::new());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let watch = Arc::new(|_| {});
        let reader = Reader::new(around.clone(), http, method, endpoints, pace, watch).await.unwrap();
        take(Arc::new(reader), plan).await
    })
}

fn verdict(tenancy: &Tenancy, principal: &str, operation: &str, compartment: &str) -> Verdict {
    let compiled = Compiled::new(tenancy.clone());
    let mut asked =
        Asked::new(Principal::parse(principal).unwrap(), What::parse(operation).unwrap(), Some(compartment));
    asked.region = Some("us-chicago-1".into());
    decide(&compiled, &asked).verdict
}

#[test]
fn a_whole_tenancy_is_read_by_signed_gets_into_the_model() {
    let service = Service::start(acme);
    let taken = snapshot(&service, &Plan { users: true, ..plan() }).unwrap();
    assert!(taken.refused.is_empty(), "{:?}", taken.refused);
    assert!(taken.tenancy.complete);
    let written = taken.tenancy.to_json();
    insta::assert_json_snapshot!("whole_tenancy", written);
    let text = written.to_string();
    assert_eq!(Tenancy::from_text(&text).unwrap(), taken.tenancy);
    assert!(!text.contains("never-to-be-shown"));

    let key = PrivateKey::read(&pem(), None).unwrap().public().clone();
    let requests = service.requests();
    assert_eq!(requests.len(), taken.sent);
    for request in &requests {
        assert_eq!(request.method, "GET", "{}", request.target);
        assert!(request.body.is_empty());
        let signature = Authorization::parse(request.headers.get("authorization").unwrap()).unwrap();
        assert_eq!(
            verify(request, &signature, &key, Scope::Standard, Timestamp::now()),
            Ok(()),
            "{}",
            request.target
        );
    }
}

#[test]
fn the_evaluator_answers_from_it() {
    let service = Service::start(acme);
    let tenancy = snapshot(&service, &Plan { users: true, ..plan() }).unwrap().tenancy;
    let ask = |principal: &str, compartment: &str| verdict(&tenancy, principal, "chat", compartment);
    assert_eq!(ask("user:ana", "ml:prod"), Verdict::Allow);
    assert_eq!(ask("user:ocid1.user.oc1..ana", "ml:prod"), Verdict::Allow);
    assert_eq!(ask("user:ana", "web"), Verdict::Deny);
    assert_eq!(ask("user:vic", "ml:prod"), Verdict::Deny);
    assert_eq!(verdict(&tenancy, "user:vic", "list-models", "ml"), Verdict::Allow);
    assert_eq!(ask("genai-api-key:ocid1.generativeaiapikey.oc1.us-chicago-1.k1", "ml:prod"), Verdict::Allow);
    assert_eq!(ask("resource:{type=fnfunc,compartment=web}", "web"), Verdict::Allow);
    assert_eq!(ask("resource:{type=fnfunc,compartment=ml}", "web"), Verdict::Deny);
}

#[test]
fn users_that_were_not_asked_for_are_not_read_and_names_without_them_are_not_guessed() {
    let service = Service::start(acme);
    let tenancy = snapshot(&service, &plan()).unwrap().tenancy;
    assert!(tenancy.users.is_empty());
    assert!(
        !service
            .requests()
            .iter()
            .any(|request| request.target.contains("/users") || request.target.contains("/Users"))
    );
    assert_eq!(verdict(&tenancy, "user:ocid1.user.oc1..ana", "chat", "ml:prod"), Verdict::Allow);
    assert_eq!(verdict(&tenancy, "user:ana", "chat", "ml:prod"), Verdict::Unknown);
}

#[test]
fn what_is_refused_is_noted_and_its_answers_are_unknown() {
    let service = Service::start(|base, request| {
        let (path, query) = target(request);
        let policies = path.ends_with("/policies") && query["compartmentId"] == ML;
        let members = path.ends_with("/userGroupMemberships");
        if policies || members || path.ends_with("/apikeys") { refused() } else { acme(base, request) }
    });
    let taken = snapshot(&service, &plan()).unwrap();
    let tenancy = &taken.tenancy;
    assert!(!tenancy.complete);
    let noted: Vec<_> = tenancy
        .unseen
        .iter()
        .map(|one| (one.what.as_str(), one.compartment.as_deref(), one.group.as_deref()))
        .collect();
    assert!(noted.contains(&("policies", Some("ml"), None)), "{noted:?}");
    assert!(noted.contains(&("members", None, Some("Devs"))), "{noted:?}");
    assert!(noted.contains(&("api-keys", Some(""), None)), "{noted:?}");
    assert_eq!(taken.refused.len(), noted.len());
    assert!(tenancy.unseen.iter().all(|one| one.why.contains("not authorized, or not there (HTTP 404)")));
    // A policy of `ml` might grant or deny it below, and nowhere else.
    assert_eq!(verdict(tenancy, "group:Ops", "chat", "ml:prod"), Verdict::Unknown);
    assert_eq!(verdict(tenancy, "group:Devs", "chat", "ml:prod"), Verdict::Unknown);
    assert_eq!(verdict(tenancy, "group:Ops", "chat", "web"), Verdict::Deny);
    assert_eq!(verdict(tenancy, "user:ocid1.user.oc1..bob", "chat", "ml:prod"), Verdict::Unknown);
}

#[test]
fn one_compartment_is_read_with_what_stands_above_it() {
    let service = Service::start(acme);
    let taken = snapshot(&service, &Plan { compartment: Some("ML".into()), ..plan() }).unwrap();
    assert!(taken.refused.is_empty());
    let asked = |path: &str| -> Vec<String> {
        let requests = service.requests();
        let mut found: Vec<String> = requests
            .iter()
            .map(target)
            .filter(|(at, query)| at.ends_with(path) && !query.contains_key("page"))
            .map(|(_, query)| query["compartmentId"].clone())
            .collect();
        found.sort();
        found.dedup();
        found
    };
    assert_eq!(asked("/policies"), [ML, PROD, ROOT]);
    assert_eq!(asked("/apikeys"), [ML, PROD]);
    // What was left out is not taken for refused.
    assert!(!taken.tenancy.complete);
    assert_eq!(verdict(&taken.tenancy, "group:Ops", "chat", "ml:prod"), Verdict::Deny);
    assert_eq!(verdict(&taken.tenancy, "group:Ops", "chat", "web"), Verdict::Unknown);
    let missing = snapshot(&service, &Plan { compartment: Some("ml:prodd".into()), ..plan() }).unwrap_err();
    assert_eq!(missing.to_string(), "there is no compartment `ml:prodd`; did you mean `ml:prod`?");
}

#[test]
fn throttling_is_heeded_and_failures_that_pass_are_tried_again() {
    let tries = Arc::new(AtomicUsize::new(0));
    let count = tries.clone();
    let service = Service::start(move |base, request| {
        if !request.target.contains("/groups") {
            return acme(base, request);
        }
        match count.fetch_add(1, Ordering::SeqCst) {
            0 => (
                429,
                vec![("Retry-After", "0".to_owned())],
                r#"{"code":"TooManyRequests","message":"Too many requests"}"#.to_owned(),
            ),
            1 => (429, Vec::new(), "{}".to_owned()),
            2 => (503, Vec::new(), "busy".to_owned()),
            _ => acme(base, request),
        }
    });
    let taken = snapshot(&service, &plan()).unwrap();
    assert!(taken.tenancy.complete);
    assert_eq!(tries.load(Ordering::SeqCst), 4);
}

#[test]
fn a_wait_beyond_reason_is_not_waited_for() {
    let service = Service::start(|base, request| match request.target.contains("/groups") {
        true => (429, vec![("Retry-After", "3600".to_owned())], "{}".to_owned()),
        false => acme(base, request),
    });
    let taken = snapshot(&service, &plan()).unwrap();
    let [(unseen, _)] = taken.refused.as_slice() else { panic!("{:?}", taken.refused) };
    assert_eq!(
        (unseen.what.as_str(), unseen.why.as_str()),
        ("groups", "the service asks to wait for 3600 seconds")
    );
}

#[test]
fn a_list_that_leads_to_itself_ends() {
    let service = Service::start(|base, request| match request.target.contains("/groups") {
        true => (200, vec![("opc-next-page", "again".to_owned())], "[]".to_owned()),
        false => acme(base, request),
    });
    let taken = snapshot(&service, &plan()).unwrap();
    assert_eq!(taken.refused[0].0.why, "the list comes to no end");
}

#[test]
fn without_authentication_nothing_more_is_asked() {
    let body = json!({ "code": "NotAuthenticated", "message": "The required information to complete authentication was not provided or was incorrect." });
    let service = Service::start(move |_, _| (401, Vec::new(), body.to_string()));
    assert!(matches!(snapshot(&service, &plan()), Err(SnapshotError::NotAuthenticated(_))));
    assert_eq!(service.requests().len(), 1);
}

#[test]
fn answers_that_are_no_json_or_of_other_kinds_do_no_harm() {
    let service = Service::start(|base, request| {
        let (path, _) = target(request);
        match path.rsplit('/').next() {
            Some("groups") => (200, Vec::new(), "<html>a proxy</html>".to_owned()),
            Some("dynamicGroups") => {
                ok(&json!([null, 7, {}, { "id": 5 }, { "id": "ocid1.bucket.oc1..b", "name": "b" }]))
            }
            Some("policies") => ok(&json!({ "surprise": true })),
            _ => acme(base, request),
        }
    });
    let taken = snapshot(&service, &plan()).unwrap();
    assert!(taken.tenancy.resources.is_empty() && taken.tenancy.dynamic_groups.len() == 1);
    assert!(taken.refused.iter().any(|(unseen, _)| unseen.why.contains("no JSON")));
}

/// Serves empty lists, each after a while, and counts how many requests are under way at a time.
fn slow() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let highest = most.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, now, highest) = (stream.unwrap(), now.clone(), highest.clone());
            std::thread::spawn(move || {
                let mut head = [0; 4096];
                let length = stream.read(&mut head).unwrap();
                highest.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(20));
                let text = String::from_utf8_lossy(&head[..length]);
                let compartments: Vec<Value> = (0..6)
                    .map(|n| json!({ "id": format!("ocid1.compartment.oc1..c{n}"), "name": format!("c{n}"), "compartmentId": ROOT }))
                    .collect();
                let body =
                    if text.contains("InSubtree") { json!(compartments) } else { json!([]) }.to_string();
                now.fetch_sub(1, Ordering::SeqCst);
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(answer.as_bytes());
            });
        }
    });
    (base, most)
}

#[test]
fn no_more_requests_are_under_way_than_allowed() {
    let (base, most) = slow();
    snapshot_at(&base, &plan(), 3).unwrap();
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

/// A home folder with a config file and key, and the command with nothing of this machine in its way.
fn command(home: &tempfile::TempDir, arguments: &[&str]) -> Command {
    std::fs::create_dir_all(home.path().join(".oci")).unwrap();
    std::fs::write(home.path().join(".oci/config"), config()).unwrap();
    std::fs::write(home.path().join("key.pem"), pem()).unwrap();
    let mut command = Command::cargo_bin("ociam").unwrap();
    command.env_clear().env("HOME", home.path()).current_dir(home.path()).args(arguments);
    command
}

#[test]
fn the_command_writes_a_file_that_why_takes() {
    let service = Service::start(acme);
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("endpoints.json"), endpoints(&service.base())).unwrap();
    let done = command(&home, &["snapshot", "--endpoints", "endpoints.json", "--output", "acme.json"])
        .assert()
        .code(0);
    let said = String::from_utf8(done.get_output().stderr.clone()).unwrap();
    assert!(said.starts_with("wrote 3 compartments, 4 policies with 4 statements, 4 groups, 2 dynamic groups, 1 GenAI API key to acme.json"), "{said}");
    assert!(done.get_output().stdout.is_empty());
    let why = [
        "why",
        "--tenancy",
        "acme.json",
        "--principal",
        "group:Devs",
        "--operation",
        "chat",
        "--compartment",
        "ml:prod",
    ];
    command(&home, &why).assert().code(0);
}

#[test]
fn the_command_says_what_it_could_not_see() {
    let service = Service::start(|base, request| {
        let (path, _) = target(request);
        if path.ends_with("/policies") || path.ends_with("/dynamicGroups") {
            refused()
        } else {
            acme(base, request)
        }
    });
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("endpoints.json"), endpoints(&service.base())).unwrap();
    let done = command(&home, &["snapshot", "--endpoints", "endpoints.json", "--region", "us-chicago-1"])
        .assert()
        .code(1);
    let output = done.get_output();
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    let tenancy: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(tenancy["unseen"].as_array().unwrap().len(), 5);
    insta::assert_snapshot!("what_could_not_be_seen", said.replace(&service.base(), "BASE"));
    let shown = format!("{said}{tenancy}");
    assert!(!shown.contains("PRIVATE KEY") && !shown.contains("Signature version"));
}

#[test]
fn the_command_ends_with_2_where_nothing_can_be_asked() {
    let home = tempfile::tempdir().unwrap();
    let says = |arguments: &[&str]| {
        let done = command(&home, arguments).assert().code(2);
        String::from_utf8(done.get_output().stderr.clone()).unwrap()
    };
    assert!(says(&["snapshot", "--profile", "NONE"]).contains("there are no usable credentials"));
    assert!(
        says(&["snapshot", "--auth", "genai-api-key"])
            .contains("the identity service does not take `genai-api-key`")
    );
    assert!(says(&["snapshot", "--auth", "api"]).contains("there is no auth method `api`"));
    assert!(says(&["snapshot", "--auth", "session-token"]).contains("session-token: "));
    assert!(
        says(&["snapshot", "--endpoint", "http://10.1.2.3"]).contains("plain HTTP to `10.1.2.3` is refused")
    );
    assert!(says(&["snapshot", "--region", "us-chicgo-1"]).contains("did you mean `us-chicago-1`"));
    assert!(says(&["snapshot", "--output", "no/such/folder.json"]).contains("its folder does not exist"));
    assert!(says(&["snapshot", "--endpoint", "http://127.0.0.1:9"]).contains("can't be reached"));
}
