//! The sandbox from outside: who is taken in, who is refused and in which words, and that it outlives anything.

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

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use r#box::{Box, Reply, folder, get, post, send, send_signed};
use jiff::{SignedDuration, Timestamp};
use ociam::sandbox::{Options, sample, start};
use ociam::wire::{Certificate, KeyId, PrivateKey, Request, Scope, Secret, Signer, Token};
use serde_json::{Value, json};

const REFUSED: &str =
    "The required information to complete authentication was not provided or was incorrect.";
const NOT_FOUND: &str = "Authorization failed or requested resource not found.";

#[tokio::test(flavor = "multi_thread")]
async fn every_credential_of_the_state_directory_may_chat() {
    let sandbox = Box::sample().await;
    for (name, signer) in [
        ("user-api-key", sandbox.user()),
        ("session-token", sandbox.holder("session_token", "session_key.pem")),
        ("resource-principal", sandbox.holder("rpst", "rp_key.pem")),
    ] {
        let reply = send_signed(&signer, sandbox.chat());
        assert_eq!(reply.status, 200, "{name}: {reply:?}");
        assert_eq!(sandbox.said()["caller"]["auth_method"], name);
    }
    for secret in ["genai_api_key", "genai_api_key_two"] {
        let reply = send(&sandbox.chat_with(&sandbox.text(secret), "us-chicago-1"));
        assert_eq!(reply.status, 200, "{secret}: {reply:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_who_they_say_is_refused_with_the_reason_in_the_log_only() {
    let sandbox = Box::sample().await;
    let right = sandbox.user();
    let KeyId::User { tenancy, user, fingerprint } = right.key_id().clone() else { panic!() };
    let key = right.key().clone();
    let other = sandbox.key("session_key.pem");
    let of = |tenancy: &str, user: &str, fingerprint: &str, key: &PrivateKey| {
        let key_id =
            KeyId::User { tenancy: tenancy.into(), user: user.into(), fingerprint: fingerprint.into() };
        send_signed(&Signer::new(key.clone(), key_id), sandbox.chat())
    };
    let cases = [
        (
            of(&tenancy, &user, &fingerprint, &other),
            "Failed to verify the HTTP(S) Signature",
            "another request or by another key",
        ),
        (of(&tenancy, &user, "00:11", &key), REFUSED, "fingerprint"),
        (of(&tenancy, "ocid1.user.oc1..x", &fingerprint, &key), REFUSED, "fingerprint"),
        (of("ocid1.tenancy.oc1..x", &user, &fingerprint, &key), REFUSED, "tenancy"),
    ];
    let log = sandbox.log();
    for ((reply, message, because), line) in cases.iter().zip(&log) {
        assert_eq!(reply.status, 401, "{reply:?}");
        assert_eq!(reply.message(), *message);
        assert_eq!(reply.json()["code"], "401", "the inference plane repeats the status");
        assert!(line["because"].as_str().unwrap().contains(because) || because == &"fingerprint", "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_signed_must_be_what_came() {
    let sandbox = Box::sample().await;
    let signer = sandbox.user();
    let changed = |change: &dyn Fn(&mut Request)| {
        let mut request = sandbox.chat();
        signer.sign(&mut request, Scope::Standard, Timestamp::now()).unwrap();
        change(&mut request);
        send(&request)
    };
    assert_eq!(changed(&|_| {}).status, 200);
    for (what, reply) in [
        ("the body", changed(&|request| request.body[0] = b'[')),
        ("the path", changed(&|request| request.target.push_str("?a=b"))),
        (
            "the content type",
            changed(&|request| request.headers.set("content-type", "application/json; charset=utf-8")),
        ),
        ("the hash", changed(&|request| request.headers.set("x-content-sha256", "x"))),
        ("the host", changed(&|request| request.headers.set("host", "elsewhere"))),
    ] {
        assert_eq!(reply.status, 401, "{what} has changed: {reply:?}");
    }
    let without_body = |request: Request| {
        let mut request = request;
        signer.sign(&mut request, Scope::WithoutBody, Timestamp::now()).unwrap();
        send(&request)
    };
    assert_eq!(without_body(sandbox.chat()).message(), REFUSED, "the body must be signed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_off_is_told_the_time_of_the_server() {
    let sandbox = Box::sample().await;
    let at = |minutes: i64| {
        let mut request = sandbox.chat();
        let then = Timestamp::now() + SignedDuration::from_mins(minutes);
        sandbox.user().sign(&mut request, Scope::Standard, then).unwrap();
        (send(&request), then)
    };
    assert_eq!(at(-4).0.status, 200);
    assert_eq!(at(4).0.status, 200);
    for minutes in [-6, 6, 60 * 24] {
        let (reply, then) = at(minutes);
        assert_eq!(reply.status, 401);
        let then = then.strftime("%a, %d %b %Y %H:%M:%S UTC").to_string();
        let message = reply.message();
        assert!(
            message.starts_with(&format!("Date '{then}' is not within allowed clock skew. Current '")),
            "{message}"
        );
        let dates: Vec<Timestamp> = message
            .split('\'')
            .skip(1)
            .step_by(2)
            .map(|date| ociam::wire::parse_http_date(&date.replace("UTC", "GMT")).unwrap())
            .collect();
        let [_, current, from, until] = dates[..] else { panic!("{message}") };
        assert_eq!(current.duration_since(from), SignedDuration::from_secs(300));
        assert_eq!(until.duration_since(current), SignedDuration::from_secs(301));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_key_works_in_its_region_while_it_is_active_and_on_the_planes_that_take_it() {
    let sandbox = Box::new("", |tenancy| {
        let secrets = &mut tenancy.api_keys[0].secrets;
        secrets[1].expires = Some("2020-01-01T00:00:00Z".into());
    })
    .await;
    let (one, two) = (sandbox.text("genai_api_key"), sandbox.text("genai_api_key_two"));
    let told = |reply: Reply| (reply.status, reply.message(), sandbox.said()["because"].to_string());
    assert_eq!(told(send(&sandbox.chat_with(&one, "us-chicago-1"))).0, 200);
    let (status, message, because) = told(send(&sandbox.chat_with(&two, "us-chicago-1")));
    assert_eq!((status, &*message), (401, REFUSED));
    assert!(because.contains("expired"), "{because}");
    let (status, message, because) = told(send(&sandbox.chat_with(&one, "eu-frankfurt-1")));
    assert_eq!((status, &*message), (401, REFUSED));
    assert!(because.contains("us-chicago-1"), "{because}");
    let (status, message, _) = told(send(&sandbox.chat_with("<NOTUSED>", "us-chicago-1")));
    assert_eq!((status, &*message), (404, "Entity with key apikey not found"));
    let (status, message, _) = told(send(&sandbox.chat_with("sk-unknown", "us-chicago-1")));
    assert_eq!((status, &*message), (401, REFUSED));

    let bearer = |plane: &str, target: &str| {
        let mut request = post(&sandbox.door(plane, "us-chicago-1"), target, &json!({}));
        request.headers.set("authorization", format!("Bearer {one}"));
        send(&request)
    };
    let reply = bearer("agent-runtime", "/20240531/agentEndpoints/ocid1.x/sessions");
    assert_eq!((reply.status, &*reply.message()), (404, NOT_FOUND.trim_end_matches('.')));
    assert_eq!(bearer("management", "/20231130/apikeys").status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_is_refused_as_a_whole() {
    let sandbox = Box::new("", |tenancy| tenancy.api_keys[0].state = Some("INACTIVE".into())).await;
    let reply = send(&sandbox.chat_with(&sandbox.text("genai_api_key"), "us-chicago-1"));
    assert_eq!((reply.status, &*reply.message()), (401, REFUSED));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_for_want_of_a_policy_names_the_near_miss_in_the_log() {
    let sandbox = Box::new("", |tenancy| {
        tenancy.policies.retain(|policy| policy.name != "genai-developers");
    })
    .await;
    let reply = send_signed(&sandbox.user(), sandbox.chat());
    assert_eq!((reply.status, &*reply.message()), (404, NOT_FOUND));
    let said = sandbox.said();
    assert_eq!(said["authorization"]["decision"], "deny");
    let near = said["authorization"]["near_misses"].as_array().unwrap();
    assert!(!near.is_empty() && near[0]["statement"]["policy"] == "genai-workloads", "{said}");
    assert!(!reply.body.contains("genai-workloads"), "the service withholds it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_without_a_subscription_refuses_signatures() {
    let sandbox = Box::new("further-regions = ['uk-london-1']", |_| {}).await;
    let reply = send_signed(&sandbox.user(), sandbox.chat_at("uk-london-1"));
    assert_eq!((reply.status, &*reply.message()), (401, REFUSED));
    assert_eq!(sandbox.said()["error"], "unsubscribed-region");
    assert_eq!(send_signed(&sandbox.user(), sandbox.chat_at("eu-frankfurt-1")).status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn lifetimes_are_chosen_and_expired_tokens_refused() {
    let sandbox = Box::new("lifetimes = { session-token = '-1m', resource-token = '2h' }", |_| {}).await;
    let session = sandbox.holder("session_token", "session_key.pem");
    let reply = send_signed(&session, sandbox.chat());
    assert_eq!((reply.status, &*reply.message()), (401, REFUSED));
    assert!(sandbox.said()["because"].to_string().contains("expired"));
    let rpst = Token::parse(&sandbox.text("rpst")).unwrap();
    let life = rpst.expires().unwrap().duration_since(rpst.issued().unwrap());
    assert_eq!(life, SignedDuration::from_hours(2));
    assert_eq!(send_signed(&sandbox.holder("rpst", "rp_key.pem"), sandbox.chat()).status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_the_checks_can_be_chosen() {
    let unknown_model = |sandbox: &Box| {
        let mut request = sandbox.chat_in("us-chicago-1", "ocid1.compartment.oc1..elsewhere");
        let text =
            String::from_utf8(request.body).unwrap().replace("meta.llama-3.3-70b-instruct", "no.such-model");
        request.body = text.into_bytes();
        send_signed(&sandbox.user(), request).message()
    };
    let no_path =
        |sandbox: &Box| send(&get(&sandbox.door("inference", "us-chicago-1"), "/openai/v1/nothing")).status;
    let usual = Box::sample().await;
    assert_eq!(unknown_model(&usual), NOT_FOUND);
    assert_eq!(no_path(&usual), 404);
    let settings = "order = ['authentication', 'path', 'model', 'request', 'authorization']";
    let other = Box::new(settings, |_| {}).await;
    assert_eq!(unknown_model(&other), "Entity with key no.such-model not found");
    let mut unsigned = get(&other.door("inference", "us-chicago-1"), "/openai/v1/nothing");
    unsigned.headers.set("authorization", "Bearer sk-unknown");
    assert_eq!(send(&unsigned).status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_clients_at_once_lose_no_request() {
    let sandbox = Box::sample().await;
    let (user, session) = (sandbox.user(), sandbox.holder("session_token", "session_key.pem"));
    let with_key = sandbox.chat_with(&sandbox.text("genai_api_key"), "us-chicago-1");
    let answered: usize = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..24)
            .map(|number| {
                let (sandbox, user, session, with_key) = (&sandbox, &user, &session, &with_key);
                scope.spawn(move || {
                    let replies = (0..5).map(|_| match number % 3 {
                        0 => send_signed(user, sandbox.chat()),
                        1 => send_signed(session, sandbox.chat_at("eu-frankfurt-1")),
                        _ => send(with_key),
                    });
                    replies.filter(|reply| reply.status == 200).count()
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).sum()
    });
    assert_eq!(answered, 120);
    let log = sandbox.log();
    let ids: std::collections::BTreeSet<_> = log.iter().map(|line| line["request_id"].to_string()).collect();
    assert_eq!((log.len(), ids.len()), (120, 120));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_further_user_has_a_profile_and_no_rights_but_those_of_the_policies() {
    let sandbox = Box::sample().await;
    let config = sandbox.text("config");
    let section = config.split("[BOB]\n").nth(1).unwrap();
    let field = |name: &str| {
        let line = section.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
        line.unwrap().to_owned()
    };
    let key = PrivateKey::read(&std::fs::read_to_string(field("key_file")).unwrap(), None).unwrap();
    assert_eq!(key.public().fingerprint(), field("fingerprint"));
    let key_id =
        KeyId::User { tenancy: field("tenancy"), user: field("user"), fingerprint: field("fingerprint") };
    let reply = send_signed(&Signer::new(key, key_id), sandbox.chat());
    assert_eq!((reply.status, &*reply.message()), (404, NOT_FOUND));
    assert_eq!(sandbox.said()["caller"]["ocid"], field("user"));
}

/// What the metadata service gives for a path.
fn metadata(sandbox: &Box, target: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = get(&sandbox.door("imds", ""), target);
    headers.iter().for_each(|(name, value)| request.headers.set(name, *value));
    send(&request)
}

const ORACLE: (&str, &str) = ("authorization", "Bearer Oracle");

#[tokio::test(flavor = "multi_thread")]
async fn the_metadata_service_wants_its_header_and_no_proxy() {
    let sandbox = Box::sample().await;
    assert_eq!(metadata(&sandbox, "/opc/v2/instance/region", &[ORACLE]).body, "us-chicago-1");
    assert_eq!(metadata(&sandbox, "/opc/v2/instance/region", &[]).status, 401);
    assert_eq!(metadata(&sandbox, "/opc/v1/instance/region", &[]).body, "us-chicago-1");
    assert_eq!(
        metadata(&sandbox, "/opc/v2/instance/region", &[ORACLE, ("x-forwarded-for", "10.0.0.1")]).status,
        403
    );
    assert_eq!(metadata(&sandbox, "/opc/v2/instance/nothing", &[ORACLE]).status, 404);
    let info = metadata(&sandbox, "/opc/v2/instance/regionInfo", &[ORACLE]).json();
    assert_eq!(info["realmDomainComponent"], "oraclecloud.com");
    assert_eq!(info["regionKey"], "ORD");
}

/// The request for a token of the instance, and the key that the token will be for.
fn x509(sandbox: &Box, leaf: &Certificate, chain: &[&Certificate]) -> (Request, PrivateKey) {
    let session = sandbox.key("session_key.pem");
    let body = json!({
        "certificate": STANDARD.encode(leaf.der()),
        "publicKey": STANDARD.encode(session.public().to_spki().unwrap()),
        "intermediateCertificates": chain.iter().map(|one| STANDARD.encode(one.der())).collect::<Vec<_>>(),
    });
    let mut request = post(&sandbox.door("auth", ""), "/v1/x509", &body);
    let key_id = KeyId::Certificate { tenancy: sandbox.root(), sha256: true, fingerprint: leaf.sha256() };
    let key = PrivateKey::read(&metadata(sandbox, "/opc/v2/identity/key.pem", &[ORACLE]).body, None).unwrap();
    Signer::new(key, key_id).sign(&mut request, Scope::Federation, Timestamp::now()).unwrap();
    (request, session)
}

fn certificate(sandbox: &Box, name: &str) -> Certificate {
    Certificate::read(&metadata(sandbox, &format!("/opc/v2/identity/{name}"), &[ORACLE]).body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_of_the_instance_gives_a_token_of_twenty_minutes() {
    let sandbox = Box::sample().await;
    let (leaf, intermediate) = (certificate(&sandbox, "cert.pem"), certificate(&sandbox, "intermediate.pem"));
    let (request, session) = x509(&sandbox, &leaf, &[&intermediate]);
    let reply = send(&request);
    let token = Token::parse(reply.json()["token"].as_str().unwrap()).unwrap();
    let life = token.expires().unwrap().duration_since(token.issued().unwrap());
    assert_eq!(life, SignedDuration::from_mins(20));
    assert_eq!(token.claim("ttype"), Some("x509"));
    let signer = Signer::new(session.clone(), KeyId::Token(token.raw().clone()));
    assert_eq!(send_signed(&signer, sandbox.chat()).status, 200);
    assert_eq!(sandbox.said()["caller"]["auth_method"], "instance-principal");

    // On behalf of a user, with the delegation token among the signed headers.
    let delegated = signer.clone().on_behalf_of(Secret::new(sandbox.text("delegation_token")));
    assert_eq!(send_signed(&delegated, sandbox.chat()).status, 200);
    assert_eq!(sandbox.said()["caller"]["auth_method"], "delegation-token");
    let mut unsigned = sandbox.chat();
    signer.sign(&mut unsigned, Scope::Standard, Timestamp::now()).unwrap();
    unsigned.headers.set("opc-obo-token", sandbox.text("delegation_token"));
    assert_eq!(send(&unsigned).status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_of_another_authority_give_no_token() {
    let (sandbox, other) = (Box::sample().await, Box::sample().await);
    let foreign = ociam::wire::Authority::new(
        "ociam sandbox",
        sandbox.key("session_key.pem"),
        Timestamp::now() - SignedDuration::from_hours(1),
        Timestamp::now() + SignedDuration::from_hours(1),
    )
    .unwrap();
    let holder = ociam::wire::Holder::Instance {
        instance: "ocid1.instance.oc1..x".into(),
        compartment: sandbox.root(),
        tenancy: sandbox.root(),
    };
    let forged = foreign
        .issue(
            &holder,
            other.key("user_key.pem").public(),
            Timestamp::now(),
            Timestamp::now() + SignedDuration::from_hours(1),
        )
        .unwrap();
    for chain in [vec![], vec![foreign.certificate()]] {
        let reply = send(&x509(&sandbox, &forged, &chain).0);
        assert_eq!(
            (reply.status, reply.json()["code"].as_str()),
            (400, Some("InvalidParameter")),
            "{reply:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_renewed_by_its_own_token_until_it_ends() {
    let sandbox = Box::sample().await;
    let signer = sandbox.holder("session_token", "session_key.pem");
    let refresh = |sandbox: &Box, current: &str, signer: &Signer| {
        let request = post(
            &sandbox.door("auth", ""),
            "/v1/authentication/refresh",
            &json!({ "currentToken": current }),
        );
        send_signed(signer, request)
    };
    let reply = refresh(&sandbox, &sandbox.text("session_token"), &signer);
    let fresh = reply.json()["token"].as_str().unwrap().to_owned();
    let renewed = Signer::new(sandbox.key("session_key.pem"), KeyId::Token(Secret::new(fresh.as_str())));
    assert_eq!(send_signed(&renewed, sandbox.chat()).status, 200);
    assert_eq!(refresh(&sandbox, &fresh, &signer).status, 401, "another token than the one that signs");

    let ended = Box::new("lifetimes = { session = '-1m' }", |_| {}).await;
    let reply =
        refresh(&ended, &ended.text("session_token"), &ended.holder("session_token", "session_key.pem"));
    assert_eq!(reply.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_made_with_another_key_is_never_longer_than_asked_for() {
    let sandbox = Box::sample().await;
    let key = sandbox.key("session_key.pem");
    let ask = |minutes: i64| {
        let body =
            json!({ "publicKey": key.public().to_pem().unwrap(), "sessionExpirationInMinutes": minutes });
        let target = "/v1/token/upst/actions/GenerateUpst";
        send_signed(&sandbox.user(), post(&sandbox.door("auth", ""), target, &body))
    };
    assert_eq!(ask(4).status, 400);
    assert_eq!(ask(61).status, 400);
    let token = Token::parse(ask(5).json()["token"].as_str().unwrap()).unwrap();
    let signer = Signer::new(key.clone(), KeyId::Token(token.raw().clone()));
    assert_eq!(send_signed(&signer, sandbox.chat()).status, 200);
    let body = json!({ "currentToken": token.raw().expose() });
    let renewed = send_signed(&signer, post(&sandbox.door("auth", ""), "/v1/authentication/refresh", &body));
    let renewed = Token::parse(renewed.json()["token"].as_str().unwrap()).unwrap();
    assert!(renewed.expires() <= token.expires(), "{:?} {:?}", renewed.expires(), token.expires());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_identity_domain_gives_access_tokens_to_its_clients() {
    let sandbox = Box::sample().await;
    let ask = |form: &str, basic: &str| {
        let mut request = Request::new("POST", sandbox.door("identity-domain", ""), "/oauth2/v1/token");
        request.headers.set("content-type", "application/x-www-form-urlencoded");
        request.headers.set("authorization", format!("Basic {}", STANDARD.encode(basic)));
        request.body = form.as_bytes().to_vec();
        send(&request)
    };
    let right = "sandbox-client:sandbox-client-secret";
    let reply = ask("grant_type=client_credentials&scope=https%3A%2F%2Fsandbox%2Finvoke", right);
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.json()["token_type"], "Bearer");
    let error = |reply: Reply| (reply.status, reply.json()["error"].as_str().unwrap_or_default().to_owned());
    assert_eq!(
        error(ask("grant_type=client_credentials&scope=invoke", "a:b")),
        (401, "invalid_client".into())
    );
    assert_eq!(error(ask("grant_type=client_credentials&scope=x", right)), (400, "invalid_scope".into()));
    assert_eq!(error(ask("grant_type=password", right)), (400, "unsupported_grant_type".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenancy_on_the_same_directory_is_a_new_beginning() {
    let first = Box::sample().await;
    let create = json!({ "compartmentId": first.root(), "displayName": "fresh", "keyDetails": [
        { "keyName": "a", "timeExpiry": "2100-01-01T00:00:00Z" }, { "keyName": "b", "timeExpiry": "2100-01-01T00:00:00Z" },
    ] });
    let reply = send_signed(
        &first.user(),
        post(&first.door("management", "us-chicago-1"), "/20231130/apikeys", &create),
    );
    assert!(reply.status < 300, "{reply:?}");
    let keys = |sandbox: &Box| sandbox.tenancy()["api-keys"].as_array().unwrap().len();
    assert_eq!(keys(&first), 2);
    let again = Box::on(first.stop().await, None).await;
    assert_eq!(keys(&again), 2, "what was made through a service is still there");
    let (mut tenancy, settings) = sample().unwrap();
    tenancy.name = Some("another".into());
    let other = Box::on(again.stop().await, Some((tenancy.clone(), settings.clone()))).await;
    assert_eq!(keys(&other), 1);
    let same = Box::on(other.stop().await, Some((tenancy, settings))).await;
    assert_eq!((keys(&same), same.tenancy()["name"].as_str()), (1, Some("another")));
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_state_is_made_anew() {
    let folder = folder();
    for name in [
        "user_key.pem",
        "session_token",
        "rpst",
        "config",
        "tenancy.json",
        ".sandbox/secrets.json",
        ".sandbox/ports.json",
    ] {
        std::fs::write(folder.path().join(name), "{ damaged \u{0}").unwrap();
    }
    let sandbox = Box::on(folder, None).await;
    assert_eq!(send_signed(&sandbox.user(), sandbox.chat()).status, 200);
    assert_eq!(send_signed(&sandbox.holder("rpst", "rp_key.pem"), sandbox.chat()).status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_directory_is_served_once() {
    let sandbox = Box::sample().await;
    let second = start(Options::new(sandbox.folder.path().to_owned())).await;
    assert!(second.is_err_and(|error| error.contains("another sandbox")));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_input_ends_it() {
    let sandbox = Box::sample().await;
    let host = sandbox.door("inference", "us-chicago-1");
    let long = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(400_000));
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"GET",
        b"POST /20231130/actions/chat HTTP/1.1\r\nhost: x\r\ncontent-length: 18446744073709551615\r\n\r\n",
        b"POST /20231130/actions/chat HTTP/1.1\r\nhost: x\r\nauthorization: Signature \xff\xfe\r\ncontent-length: 0\r\n\r\n",
        b"GET /%zz?%=&& HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        long.as_bytes(),
    ] {
        let mut stream = TcpStream::connect(&host).unwrap();
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    }
    for header in
        ["", "Signature", "Signature keyId=\"\"", "Signature a=\"b\"", "Bearer", "Basic x", "Bearer \u{e9}"]
    {
        let mut request = sandbox.chat();
        request.headers.set("authorization", header);
        assert_eq!(send(&request).status, 401, "{header}");
    }
    for (plane, target) in
        [("auth", "/v1/x509"), ("auth", "/v1/oauth2/scoped"), ("identity-domain", "/oauth2/v1/token")]
    {
        for body in ["", "[]", "{}", "{\"certificate\": 7}", "grant_type=%"] {
            let mut request = post(&sandbox.door(plane, ""), target, &json!({}));
            request.body = body.as_bytes().to_vec();
            let status = send(&request).status;
            assert!((400..500).contains(&status), "{target} {body}: {status}");
        }
    }
    assert_eq!(send_signed(&sandbox.user(), sandbox.chat()).status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn doors_serve_the_planes_of_their_host_only() {
    let sandbox = Box::sample().await;
    let agents = sandbox.door("agent-runtime", "us-chicago-1");
    let Request { target, body, .. } = sandbox.chat();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(send_signed(&sandbox.user(), post(&agents, &target, &body)).status, 404);
    // The main door leads everywhere.
    let main = sandbox.running.as_ref().unwrap().address.trim_start_matches("http://").to_owned();
    assert_eq!(send_signed(&sandbox.user(), post(&main, &target, &body)).status, 200);
    let mut region = get(&main, "/opc/v2/instance/region");
    region.headers.set(ORACLE.0, ORACLE.1);
    assert_eq!(send(&region).body, "us-chicago-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn request_ids_echo_what_the_client_sent_and_the_log_holds_no_secret() {
    let sandbox = Box::sample().await;
    let mut request = sandbox.chat();
    request.headers.set("opc-request-id", "MINE");
    let reply = send_signed(&sandbox.holder("session_token", "session_key.pem"), request);
    let id = reply.header("opc-request-id").unwrap();
    assert!(id.starts_with("MINE/") && id.split('/').count() == 3, "{id}");
    assert_eq!(sandbox.said()["request_id"], id);
    send(&sandbox.chat_with(&sandbox.text("genai_api_key"), "us-chicago-1"));
    send(&sandbox.chat_with("sk-someoneelses", "us-chicago-1"));
    let log = sandbox.text("requests.jsonl");
    for secret in [sandbox.text("session_token"), sandbox.text("genai_api_key"), "sk-someoneelses".to_owned()]
    {
        assert!(!log.contains(&secret));
    }
}

/// What a pull request might hold: a compartment, a group, and who may do what.
const TREE: &str = r#"
resource "oci_identity_compartment" "chat" {
  compartment_id = var.tenancy_ocid
  name           = "chat"
}

resource "oci_identity_group" "builders" {
  compartment_id = var.tenancy_ocid
  name           = "builders"
}

resource "oci_identity_policy" "chat" {
  compartment_id = var.tenancy_ocid
  name           = "chat"
  statements = [
    "Allow group id ${oci_identity_group.builders.id} to use generative-ai-chat in compartment id ${oci_identity_compartment.chat.id}",
    "Allow group testers to use generative-ai-chat in compartment stage:tests",
    "Allow any-user to use generative-ai-chat in tenancy where request.principal.type = 'generativeaiapikey'",
  ]
}
"#;

#[test]
fn the_policies_of_a_terraform_tree_are_served() {
    let tree = tempfile::tempdir().unwrap();
    std::fs::write(tree.path().join("main.tf"), TREE).unwrap();
    let sandbox = Box::command(folder(), &["--policies", tree.path().to_str().unwrap()]);
    let tenancy = sandbox.tenancy();
    let compartment = |path: &str| {
        let all = tenancy["compartments"].as_array().unwrap();
        let found = all.iter().find(|one| one["path"] == path).unwrap_or_else(|| panic!("{path}: {all:?}"));
        found["ocid"].as_str().unwrap().to_owned()
    };
    let chat =
        |path: &str| send_signed(&sandbox.user(), sandbox.chat_in("us-chicago-1", &compartment(path))).status;
    assert_eq!((chat("chat"), chat("stage:tests"), chat("stage"), chat("apps")), (200, 200, 404, 404));
    assert_eq!(send(&sandbox.chat_with(&sandbox.text("genai_api_key"), "us-chicago-1")).status, 200);
    assert_eq!(send_signed(&sandbox.holder("rpst", "rp_key.pem"), sandbox.chat()).status, 404);
}

#[test]
fn a_tenancy_that_leaves_much_open_is_served_all_the_same() {
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("small.toml");
    let text = "users = [{ name = 'eve', groups = ['Devs'] }]\n[[policies]]\nname = 'p'\ncompartment = ''\n\
                statements = [\"allow group Devs to use generative-ai-chat in compartment ml\"]\n";
    std::fs::write(&file, text).unwrap();
    let sandbox = Box::command(folder(), &["--tenancy", file.to_str().unwrap()]);
    let compartment = sandbox.tenancy()["compartments"][0]["ocid"].as_str().unwrap().to_owned();
    assert_eq!(send_signed(&sandbox.user(), sandbox.chat_in("us-chicago-1", &compartment)).status, 200);
    assert_eq!(send_signed(&sandbox.user(), sandbox.chat()).status, 404);
}

#[test]
fn wrong_usage_is_said_in_a_line() {
    let folder = folder();
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("wrong.toml");
    std::fs::write(&file, "[sandbox]\nlifetimes = { session-token = 'soon' }\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ociam"))
        .args(["sandbox", "--state"])
        .arg(folder.path())
        .arg("--tenancy")
        .arg(&file)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("wrong.toml:2:") && said.contains("`soon` is no length of time"), "{said}");
}
