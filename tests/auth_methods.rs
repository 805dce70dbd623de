//! Every auth method against services on loopback that check what is sent, and discovery on machines of many kinds.

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

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use loopback::{Reply, Service};
use machine::Machine;
use ociam::catalog;
use ociam::diagnose::cause;
use ociam::probe::auth::{
    AuthError, AuthMethod, ClientCredentials, Edge, GenaiApiKey, InstancePrincipal, OkeWorkload,
    ResourcePrincipal, ScopedOauth, SecretSource, Session, State, TokenExchange, Wanted, discover,
};
use ociam::probe::config::{Place, place};
use ociam::probe::preflight::Setup;
use ociam::probe::transport::{Answer, Call, Cleaner, Http, Limits, Purpose, Trouble};
use ociam::wire::{
    Authorization, Certificate, KeyId, PrivateKey, PublicKey, Request, Scope, Secret, Token, verify,
};
use serde_json::{Value, json};

fn pem(name: &str) -> String {
    std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/keys").join(name)).unwrap()
}

fn key() -> PrivateKey {
    PrivateKey::read(&pem("pkcs8.pem"), None).unwrap()
}

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn chicago() -> Place {
    place("us-chicago-1", &Machine::new()).unwrap()
}

/// A token for the holder of a key, as an issuer would make it; `minutes` to live.
fn token(public: &PublicKey, extra: Value, minutes: i64) -> String {
    let mut claims = json!({
        "sub": "ocid1.instance.oc1..i", "tenant": "ocid1.tenancy.oc1..throwaway",
        "iat": now().as_second(), "exp": (now() + SignedDuration::from_mins(minutes)).as_second(),
        "jwk": public.to_jwk("k").to_string(),
    });
    for (name, value) in extra.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let claims = claims.as_object().unwrap().clone();
    Token::make(claims, "k", &key()).unwrap().raw().expose().to_owned()
}

fn spki(text: &Value) -> PublicKey {
    PublicKey::from_spki(&STANDARD.decode(text.as_str().unwrap()).unwrap()).unwrap()
}

fn body(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

fn authorization(request: &Request) -> Authorization {
    Authorization::parse(request.headers.get("authorization").unwrap()).unwrap()
}

/// Whether a request is signed by the key that its token names.
fn signed_by_token(request: &Request) -> bool {
    let header = authorization(request);
    let KeyId::Token(raw) = &header.key_id else { return false };
    let key = Token::parse(raw.expose()).unwrap().key().unwrap();
    verify(request, &header, &key, Scope::Standard, now()).is_ok()
}

fn ok(body: Value) -> Reply {
    (200, vec![("content-type", "application/json".to_owned())], body.to_string())
}

fn refusal() -> Reply {
    let body = json!({"code": "NotAuthenticated", "message": "The required information to complete authentication was not provided or was incorrect."});
    (401, vec![("opc-request-id", "REQ".to_owned())], body.to_string())
}

/// What OCI answers: metadata, federation, tokens of resources, identity domain, and an echo.
fn oci(base: &str, request: &Request) -> Reply {
    let path = request.target.split('?').next().unwrap();
    if let Some(path) = path.strip_prefix("/opc/v2") {
        if request.headers.get("authorization") != Some("Bearer Oracle") {
            return (403, vec![], String::new());
        }
        let text = match path {
            "/identity/cert.pem" | "/identity/intermediate.pem" => pem("leaf.pem"),
            "/identity/key.pem" => pem("pkcs1.pem"),
            "/instance/region" => "ord".to_owned(),
            "/instance/id" => "ocid1.instance.oc1..i".to_owned(),
            _ => return (404, vec![], String::new()),
        };
        return (200, vec![], text);
    }
    match path {
        "/v1/x509" => {
            let header = authorization(request);
            let leaf = Certificate::read(&pem("leaf.pem")).unwrap();
            let expected = format!("ocid1.tenancy.oc1..throwaway/fed-x509-sha256/{}", leaf.sha256());
            let good = header.key_id.to_string() == expected
                && body(request)["certificate"] == STANDARD.encode(leaf.der())
                && verify(request, &header, key().public(), Scope::Federation, now()).is_ok();
            if !good {
                return refusal();
            }
            ok(json!({ "token": token(&spki(&body(request)["publicKey"]), json!({}), 20) }))
        }
        "/v1/authentication/refresh" if signed_by_token(request) => {
            let current = Token::parse(body(request)["currentToken"].as_str().unwrap()).unwrap();
            ok(json!({ "token": token(&current.key().unwrap(), json!({"jti": "new"}), 60) }))
        }
        "/v1/resourcePrincipalSessionToken" => {
            let given = body(request);
            if given["resourcePrincipalToken"] != "rpt" || given["servicePrincipalSessionToken"] != "spst" {
                return refusal();
            }
            ok(
                json!({ "token": token(&spki(&given["sessionPublicKey"]), json!({"res_compartment": "c"}), 20) }),
            )
        }
        "/v1/oauth2/scoped" if signed_by_token(request) => {
            let given = body(request);
            ok(json!({ "token": token(&spki(&given["public_key"]), json!({"scope": given["scope"]}), 20) }))
        }
        "/oauth2/v1/token" => {
            let form = String::from_utf8(request.body.clone()).unwrap();
            if request.headers.get("authorization")
                != Some(&format!("Basic {}", STANDARD.encode("id:secret")))
            {
                return (
                    401,
                    vec![],
                    json!({"error": "invalid_client", "error_description": "Client authentication failed."})
                        .to_string(),
                );
            }
            let field = |name: &str| {
                let url = reqwest::Url::parse(&format!("http://x/?{form}")).unwrap();
                url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
            };
            match field("grant_type").as_deref() {
                Some("client_credentials") => ok(json!({"access_token": "opaque", "scope": field("scope")})),
                _ => ok(json!({ "token": token(&spki(&json!(field("public_key"))), json!({}), 60) })),
            }
        }
        _ if path.starts_with("/20180711/resourcePrincipalToken") => {
            let mut headers = Vec::new();
            if path.ends_with("/parent1") {
                headers
                    .push(("opc-parent-rpt-url", format!("{base}/20180711/resourcePrincipalToken/parent2")));
            }
            (
                200,
                headers,
                json!({"resourcePrincipalToken": "rpt", "servicePrincipalSessionToken": "spst"}).to_string(),
            )
        }
        _ => ok(json!({"path": path})),
    }
}

fn machine(service: &Service) -> Machine {
    Machine::new()
        .at(now())
        .variable("OCI_METADATA_BASE_URL", &format!("{}/opc/v2", service.base()))
        .variable("OCI_SDK_AUTH_CLIENT_REGION_URL", &service.base())
}

fn http() -> Http {
    Http::new(Limits::default(), Vec::new())
}

async fn session(method: &dyn AuthMethod, machine: &Machine) -> Result<Session, AuthError> {
    method.session(Edge { around: machine, http: &http() }).await
}

/// Makes an authorized call and gives the request as the service saw it.
async fn call(session: &Session, service: &Service) -> Request {
    let url = format!("{}/20231130/models?limit=1", service.base()).parse().unwrap();
    let mut call = Call::new("POST", url, Purpose::Service).json(&json!({"a": 1}));
    session.authorize(&mut call.request, now()).unwrap();
    assert_eq!(http().send(&call).await.unwrap().status, 200);
    service.requests().pop().unwrap()
}

fn profile(extra: &str) -> String {
    format!(
        "[DEFAULT]\ntenancy=ocid1.tenancy.oc1..t\nregion=us-chicago-1\nkey_file=~/.oci/key.pem\n\
         fingerprint={}\n{extra}",
        key().public().fingerprint()
    )
}

#[tokio::test]
async fn a_user_signs_what_the_service_verifies() {
    let service = Service::start(oci);
    let machine = Machine::new()
        .file("~/.oci/config", &profile("user=ocid1.user.oc1..u\n"))
        .file("~/.oci/key.pem", &pem("pkcs1.pem"));
    let found = discover(&Wanted::default(), &machine);
    let method = found.usable().next().unwrap();
    assert_eq!((method.name(), method.place().unwrap().region.as_str()), ("user-api-key", "us-chicago-1"));
    let seen = call(&session(method.as_ref(), &machine).await.unwrap(), &service).await;
    let header = authorization(&seen);
    assert_eq!(verify(&seen, &header, key().public(), Scope::Standard, now()), Ok(()));
    let expected = format!("ocid1.tenancy.oc1..t/ocid1.user.oc1..u/{}", key().public().fingerprint());
    assert_eq!(header.key_id.to_string(), expected);
}

#[tokio::test]
async fn a_session_signs_with_its_token_until_it_expires_and_can_be_refreshed() {
    let service = Service::start(oci);
    let machine = machine(&service)
        .file("~/.oci/config", &profile("security_token_file=~/.oci/token\n"))
        .file("~/.oci/key.pem", &pem("pkcs8.pem"))
        .file("~/.oci/token", &format!("{}\n", token(key().public(), json!({}), 60)));
    let found = discover(&Wanted::default(), &machine);
    let method = found.usable().find(|method| method.name() == "session-token").unwrap();
    let made = session(method.as_ref(), &machine).await.unwrap();
    assert!(signed_by_token(&call(&made, &service).await));

    let config =
        ociam::probe::config::ConfigFile::parse("config", &profile("security_token_file=~/.oci/token\n"));
    let read = ociam::probe::config::settings(
        ociam::probe::config::Client::Python,
        Some(&config),
        "DEFAULT",
        &machine,
    );
    let method = ociam::probe::auth::SessionToken::from_settings(&read.unwrap(), None, &machine).unwrap();
    let http = http();
    let new = method.refreshed(Edge { around: &machine, http: &http }).await.unwrap();
    assert_eq!(new.token().claim("jti"), Some("new"));

    let late = machine.at(now() + SignedDuration::from_mins(61));
    let error = session(&method, &late).await.unwrap_err();
    assert_eq!((error.cause, error.step), ("session-expired", "session token"));
    assert!(error.message.contains("Sat, 21 Nov 2026 13:00:00 GMT"), "{error}");
}

#[tokio::test]
async fn an_instance_exchanges_its_certificate() {
    let service = Service::start(oci);
    let machine = machine(&service);
    let made = session(&InstancePrincipal, &machine).await.unwrap();
    assert_eq!(made.place().unwrap().region, "us-chicago-1");
    assert_eq!(made.token().unwrap().tenancy(), Some("ocid1.tenancy.oc1..throwaway"));
    assert!(signed_by_token(&call(&made, &service).await));
}

#[tokio::test]
async fn a_delegation_token_is_sent_and_signed() {
    let service = Service::start(oci);
    let machine = machine(&service)
        .file("/etc/oci/delegation_token", &token(key().public(), json!({}), 30))
        .variable("OCI_DELEGATION_TOKEN_FILE", "/etc/oci/delegation_token");
    let found = discover(&Wanted::default(), &machine);
    let method = found.usable().find(|method| method.name() == "delegation-token").unwrap();
    let seen = call(&session(method.as_ref(), &machine).await.unwrap(), &service).await;
    assert!(signed_by_token(&seen));
    assert_eq!(authorization(&seen).headers[3], "opc-obo-token");
    assert!(
        service
            .requests()
            .iter()
            .filter(|request| request.target == "/v1/x509")
            .all(|request| request.headers.get("opc-obo-token").is_none())
    );
}

fn resource(machine: Machine, service: &Service, version: &str) -> Machine {
    machine
        .variable("OCI_RESOURCE_PRINCIPAL_VERSION", version)
        .variable("OCI_RESOURCE_PRINCIPAL_RPT_ENDPOINT", &service.base())
        .variable("OCI_RESOURCE_PRINCIPAL_RPST_ENDPOINT", &service.base())
        .variable("OCI_RESOURCE_PRINCIPAL_RESOURCE_ID", "ocid1.autonomousdatabase.oc1..r")
        .variable("OCI_RESOURCE_PRINCIPAL_TENANCY_ID", "ocid1.tenancy.oc1..t")
        .variable("OCI_RESOURCE_PRINCIPAL_SECURITY_CONTEXT", "context")
        .variable("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", &pem("pkcs8.pem"))
        .variable("OCI_RESOURCE_PRINCIPAL_REGION", "us-chicago-1")
}

#[tokio::test]
async fn resource_principals_of_every_version_end_in_a_token() {
    let service = Service::start(oci);
    for (version, key_id, path) in [
        ("1.1", None, "/20180711/resourcePrincipalToken/ocid1.instance.oc1..i"),
        (
            "2.1",
            Some("resource/v2.1/ocid1.autonomousdatabase.oc1..r"),
            "/20180711/resourcePrincipalTokenV2/ocid1.autonomousdatabase.oc1..r",
        ),
        (
            "2.1.1",
            Some("resource/v2.1.1/ocid1.tenancy.oc1..t/ocid1.autonomousdatabase.oc1..r"),
            "/20180711/resourcePrincipalTokenV2/ocid1.autonomousdatabase.oc1..r",
        ),
        (
            "2.1.2",
            Some("resource/v2.1.2/ocid1.tenancy.oc1..t/ocid1.autonomousdatabase.oc1..r"),
            "/20180711/resourcePrincipalTokenV212/ocid1.autonomousdatabase.oc1..r",
        ),
    ] {
        let machine = resource(machine(&service), &service, version);
        let method = ResourcePrincipal::from_environment(&machine).unwrap();
        let made = session(&method, &machine).await.unwrap_or_else(|error| panic!("{version}: {error}"));
        let asked = service.requests().into_iter().rfind(|request| request.target == path);
        let asked = asked.unwrap_or_else(|| panic!("{version}: {path} was not asked"));
        match key_id {
            Some(key_id) => {
                let header = authorization(&asked);
                assert_eq!(header.key_id.to_string(), key_id);
                assert_eq!(verify(&asked, &header, key().public(), Scope::Standard, now()), Ok(()));
            }
            None => assert!(signed_by_token(&asked)),
        }
        assert_eq!(asked.headers.get("security-context"), (version == "2.1.2").then_some("context"));
        assert_eq!(made.token().unwrap().claim("res_compartment"), Some("c"));
        assert!(signed_by_token(&call(&made, &service).await), "{version}");
    }
}

#[tokio::test]
async fn version_2_2_takes_values_or_files_and_reads_them_anew() {
    let service = Service::start(oci);
    let value = token(key().public(), json!({}), 15);
    let machine =
        resource(Machine::new().at(now()), &service, "2.2").variable("OCI_RESOURCE_PRINCIPAL_RPST", &value);
    let method = ResourcePrincipal::from_environment(&machine).unwrap();
    assert!(signed_by_token(&call(&session(&method, &machine).await.unwrap(), &service).await));

    let machine = machine
        .variable("OCI_RESOURCE_PRINCIPAL_RPST", "/rp/rpst")
        .variable("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", "/rp/private.pem")
        .variable("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE", "/rp/passphrase")
        .file("/rp/rpst", &format!("{value}\n"))
        .file("/rp/private.pem", &pem("pkcs8-aes256.pem"))
        .file("/rp/passphrase", "open-sesame-for-tests\n");
    let method = ResourcePrincipal::from_environment(&machine).unwrap();
    let replaced = machine.clone().file("/rp/rpst", &token(key().public(), json!({"jti": "second"}), 30));
    let made = session(&method, &replaced).await.unwrap();
    assert_eq!(made.token().unwrap().claim("jti"), Some("second"));

    let why = |machine: &Machine| ResourcePrincipal::from_environment(machine).unwrap_err();
    let relative = machine.clone().variable("OCI_RESOURCE_PRINCIPAL_RPST", "rp/rpst");
    assert_eq!(why(&relative).cause, "key-format");
    let absent = machine.clone().variable("OCI_RESOURCE_PRINCIPAL_RPST", "/gone");
    assert_eq!(
        why(&absent).to_string(),
        "`OCI_RESOURCE_PRINCIPAL_RPST` names `/gone`: the file does not exist"
    );
    let late = machine.clone().at(now() + SignedDuration::from_mins(16));
    assert_eq!(why(&late).cause, "session-expired");
    assert_eq!(why(&machine.variable("OCI_RESOURCE_PRINCIPAL_REGION", "")).cause, "config-env-missing");
    let other = Machine::new().variable("OCI_RESOURCE_PRINCIPAL_VERSION", "9.9");
    assert!(why(&other).why.contains("`9.9`, which no client speaks"));
}

#[tokio::test]
async fn version_3_0_climbs_to_the_last_parent() {
    let service = Service::start(oci);
    let machine = Machine::new()
        .at(now())
        .variable("OCI_RESOURCE_PRINCIPAL_VERSION", "3.0")
        .variable("OCI_RESOURCE_PRINCIPAL_VERSION_FOR_LEAF_RESOURCE", "2.2")
        .variable("OCI_RESOURCE_PRINCIPAL_RPST_FOR_LEAF_RESOURCE", &token(key().public(), json!({}), 15))
        .variable("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_FOR_LEAF_RESOURCE", &pem("pkcs8.pem"))
        .variable("OCI_RESOURCE_PRINCIPAL_REGION_FOR_LEAF_RESOURCE", "us-chicago-1")
        .variable(
            "OCI_RESOURCE_PRINCIPAL_RPT_URL_FOR_PARENT_RESOURCE",
            &format!("{}/20180711/resourcePrincipalToken/parent1", service.base()),
        )
        .variable("OCI_RESOURCE_PRINCIPAL_RPST_ENDPOINT_FOR_PARENT_RESOURCE", &service.base());
    let method = ResourcePrincipal::from_environment(&machine).unwrap();
    let made = session(&method, &machine).await.unwrap();
    let asked: Vec<String> = service.requests().iter().map(|request| request.target.clone()).collect();
    assert_eq!(
        asked,
        [
            "/20180711/resourcePrincipalToken/parent1",
            "/v1/resourcePrincipalSessionToken",
            "/20180711/resourcePrincipalToken/parent2",
            "/v1/resourcePrincipalSessionToken",
        ]
    );
    assert!(service.requests().iter().all(signed_by_token));
    assert_eq!(made.place().unwrap().region, "us-chicago-1");
}

fn cluster_tls() -> Arc<rustls::ServerConfig> {
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let chain = CertificateDer::pem_slice_iter(pem("cluster.pem").as_bytes()).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(pem("cluster-key.pem").as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(builder.with_no_client_auth().with_single_cert(chain, key).unwrap())
}

fn pod(minutes: i64) -> Machine {
    let account = token(key().public(), json!({"sub": "system:serviceaccount:chat:bot"}), minutes);
    Machine::new()
        .at(now())
        .variable("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        .variable("OCI_RESOURCE_PRINCIPAL_REGION", "us-chicago-1")
        .file("/var/run/secrets/kubernetes.io/serviceaccount/token", &account)
        .file("/var/run/secrets/kubernetes.io/serviceaccount/ca.crt", &pem("cluster-ca.pem"))
}

#[tokio::test]
async fn a_workload_exchanges_its_account_over_the_clusters_tls() {
    let service = Service::start_tls(cluster_tls(), |_, request| {
        assert!(request.headers.get("authorization").unwrap().starts_with("Bearer eyJ"));
        assert_eq!(request.target, "/resourcePrincipalSessionTokens");
        let made = format!("ST${}", token(&spki(&body(request)["podKey"]), json!({}), 20));
        ok(json!(STANDARD.encode(json!({ "token": made }).to_string())))
    });
    let method = OkeWorkload::from_environment(&pod(10)).unwrap().at_port(service.port);
    assert_eq!(method.service_account(), Some(("chat", "bot")));
    let made = session(&method, &pod(10)).await.unwrap();
    assert!(signed_by_token(&call(&made, &Service::start(oci)).await));
    assert_eq!(OkeWorkload::from_environment(&pod(-1)).unwrap_err().cause, "session-expired");
}

#[tokio::test]
async fn what_a_cluster_refuses_is_told_apart() {
    let service = Service::start_tls(cluster_tls(), |_, _| (403, vec![], "{}".to_owned()));
    let method = OkeWorkload::from_environment(&pod(10)).unwrap().at_port(service.port);
    let error = session(&method, &pod(10)).await.unwrap_err();
    assert_eq!((error.status, error.cause), (Some(403), "rp-off-oci"));
    assert!(error.message.contains("enhanced"), "{error}");

    let other = pod(10).file("/var/run/secrets/kubernetes.io/serviceaccount/ca.crt", &pem("leaf.pem"));
    let method = OkeWorkload::from_environment(&other).unwrap().at_port(service.port);
    assert_eq!(session(&method, &other).await.unwrap_err().cause, "proxy-or-tls-interception");
}

#[tokio::test]
async fn identity_domains_give_bearers_and_tokens() {
    let service = Service::start(oci);
    let machine = machine(&service);
    let client =
        |secret: &str| ClientCredentials::new(service.base(), "id", Secret::new(secret), "aud/scope");
    let made = session(&client("secret"), &machine).await.unwrap();
    assert_eq!(call(&made, &service).await.headers.get("authorization"), Some("Bearer opaque"));
    let error = session(&client("wrong"), &machine).await.unwrap_err();
    assert_eq!((error.status, error.message.as_str()), (Some(401), "Client authentication failed."));

    let exchange = TokenExchange::new(
        service.base(),
        "id",
        Secret::new("secret"),
        Secret::new("third.party.token"),
        None,
    );
    assert!(signed_by_token(&call(&session(&exchange, &machine).await.unwrap(), &service).await));

    let scoped =
        ScopedOauth::new(Arc::new(InstancePrincipal), "urn:scope", "ocid1.compartment.oc1..c", chicago());
    let made = session(&scoped, &machine).await.unwrap();
    assert_eq!(made.token().unwrap().claim("scope"), Some("urn:scope"));
    assert!(signed_by_token(&call(&made, &service).await));
}

#[tokio::test]
async fn an_api_key_goes_as_bearer_and_nowhere_else() {
    let service = Service::start(oci);
    let made = session(&GenaiApiKey::new(Secret::new("sk-marked")), &Machine::new()).await.unwrap();
    let seen = call(&made, &service).await;
    assert_eq!(seen.headers.get("authorization"), Some("Bearer sk-marked"));
    assert!(!format!("{made:?} {seen:?}").contains("marked"));
    for url in
        ["https://api.openai.com/v1", "http://inference.generativeai.us-chicago-1.oci.oraclecloud.com/"]
    {
        let mut call = Call::new("GET", url.parse().unwrap(), Purpose::Service);
        made.authorize(&mut call.request, now()).unwrap();
        assert_eq!(http().send(&call).await.unwrap_err().trouble, Trouble::Refused, "{url}");
    }
}

#[tokio::test]
async fn refusals_proxies_and_silence_are_told_apart() {
    let off = Machine::new().at(now()).variable("OCI_METADATA_BASE_URL", "http://127.0.0.1:9/opc/v2");
    let error = session(&InstancePrincipal, &off).await.unwrap_err();
    assert_eq!((error.step, error.cause), ("metadata service", "rp-off-oci"));

    let federation = |answer: fn() -> Reply| {
        Service::start(
            move |base, request| if request.target == "/v1/x509" { answer() } else { oci(base, request) },
        )
    };
    let service = federation(refusal);
    let error = session(&InstancePrincipal, &machine(&service)).await.unwrap_err();
    assert_eq!((error.status, error.request_id.as_deref()), (Some(401), Some("REQ")));
    assert!(error.message.starts_with("The required information"), "{error}");

    let service = federation(|| (200, vec![], "<html>sign in</html>".to_owned()));
    let error = session(&InstancePrincipal, &machine(&service)).await.unwrap_err();
    assert_eq!(error.cause, "proxy-or-wrong-url");

    let service = federation(|| (302, vec![("location", "http://127.0.0.1:9/".to_owned())], String::new()));
    let error = session(&InstancePrincipal, &machine(&service)).await.unwrap_err();
    assert_eq!(error.status, Some(302));
    assert!(cause(error.cause).is_some());
}

#[tokio::test]
async fn a_clock_outside_the_certificate_is_named() {
    let service = Service::start(oci);
    let early = machine(&service).at("2020-01-01T00:00:00Z".parse().unwrap());
    assert_eq!(session(&InstancePrincipal, &early).await.unwrap_err().cause, "clock-skew");
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let service = Service::start(|_, _| (200, vec![], "x".repeat(5 << 20)));
    let call = Call::new("GET", service.base().parse().unwrap(), Purpose::Service);
    assert_eq!(http().send(&call).await.unwrap_err().trouble, Trouble::TooLarge);
}

// ------------------------------------------------------------------ discovery

fn listing(wanted: &Wanted, machine: &Machine) -> String {
    let found = discover(wanted, machine);
    let mut lines: Vec<String> = Vec::new();
    for candidate in &found.candidates {
        let state = match &candidate.state {
            State::Usable(_) => "usable".to_owned(),
            State::NotUsable(unusable) => {
                assert!(cause(unusable.cause).is_some(), "{}", unusable.cause);
                format!("{} [{}]", unusable.why, unusable.cause)
            }
        };
        assert!(catalog::auth_method(candidate.method).is_some(), "{}", candidate.method);
        lines.push(format!("{} | {} | {state}", candidate.method, candidate.origin));
    }
    lines.join("\n")
}

#[test]
fn a_bare_machine_says_what_each_method_would_need() {
    insta::assert_snapshot!(listing(&Wanted::default(), &Machine::new()));
}

#[test]
fn every_profile_is_listed_with_what_is_wrong_with_it() {
    let config = format!(
        "{}[NOKEY]\nuser=u\nkey_file=/gone\n[ENC]\nuser=u\nkey_file=/enc.pem\n[SESSION]\nsecurity_token_file=/token\n[PUB]\nuser=u\nkey_file=/pub.pem\n",
        profile("user=ocid1.user.oc1..u\n")
    );
    let machine = Machine::new()
        .file("~/.oci/config", &config)
        .file("~/.oci/key.pem", &format!("{}OCI_API_KEY\n", pem("pkcs8.pem")))
        .file("/enc.pem", &pem("pkcs8-aes256.pem"))
        .file("/pub.pem", &pem("public.pem"))
        .file("/token", "a.b");
    insta::assert_snapshot!(listing(&Wanted::default(), &machine));
}

#[test]
fn the_passphrase_comes_from_variable_command_or_prompt_for_the_chosen_profile() {
    let machine = Machine::new()
        .file("~/.oci/config", &profile("user=ocid1.user.oc1..u\n"))
        .file("~/.oci/key.pem", &pem("pkcs1-aes128.pem"))
        .variable("PASS", "open-sesame-for-tests");
    let usable = |source: &str| {
        let wanted = Wanted { passphrase: Some(source.parse().unwrap()), ..Wanted::default() };
        discover(&wanted, &machine).usable().count()
    };
    assert_eq!(usable("env:PASS"), 1);
    assert_eq!(usable("command:print open-sesame-for-tests"), 1);
    assert_eq!(usable("prompt"), 0);
    assert_eq!(discover(&Wanted::default(), &machine).usable().count(), 0);
}

#[test]
fn a_secret_is_never_taken_from_an_argument() {
    for text in ["sk-marked", "hunter2", "", "env:", "https://x"] {
        let error = text.parse::<SecretSource>().unwrap_err().to_string();
        assert!(!error.contains("marked") && !error.contains("hunter2"), "{error}");
    }
    assert_eq!("-".parse(), Ok(SecretSource::Stdin));
}

#[test]
fn api_keys_of_other_vendors_stay_at_home() {
    let of = |name: &str, value: &str| {
        listing(&Wanted::default(), &Machine::new().variable(name, value)).lines().next().unwrap().to_owned()
    };
    assert!(of("OCI_GENAI_API_KEY", "sk-abc").ends_with("usable"));
    assert!(of("OCI_GENAI_API_KEY", "sk-proj-abc").contains("a key of OpenAI"));
    assert!(of("OCI_GENAI_API_KEY", "ocid1.generativeaiapikey.oc1..k").contains("the OCID of a key"));
    assert!(of("OCI_GENAI_API_KEY", "sk-a\u{200b} b").contains("hidden-character-in-id"));
    assert!(of("OPENAI_API_KEY", "sk-abc").contains("`OPENAI_BASE_URL` is a host of OCI"));
    let machine = Machine::new().variable("OPENAI_API_KEY", "sk-abc").variable(
        "OPENAI_BASE_URL",
        "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/openai/v1",
    );
    assert!(
        listing(&Wanted::default(), &machine)
            .starts_with("genai-api-key | environment variable `OPENAI_API_KEY` | usable")
    );
}

#[test]
fn an_instance_is_tried_when_the_machine_says_that_it_is_one() {
    let tagged = Machine::new().file("/sys/class/dmi/id/chassis_asset_tag", "OracleCloud.com\n");
    assert!(
        listing(&Wanted::default(), &tagged)
            .contains("instance-principal | this machine is an instance of OCI | usable")
    );
    let asked = Wanted { instance: true, ..Wanted::default() };
    assert!(listing(&asked, &Machine::new()).contains("instance-principal | asked for | usable"));
}

#[test]
fn what_was_found_is_checked_before_anything_is_sent() {
    let config = profile("user=ocid1.user.oc1..u\n")
        + "[OTHER]\nuser=ocid1.user.oc1..o\nfingerprint=00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff\n\
           [SESSION]\nsecurity_token_file=/token\nkey_file=/session.pem\n\
           [PUB]\nuser=ocid1.tenancy.oc1..u\nkey_file=/pub.pem\n";
    let machine = Machine::new()
        .at(now())
        .file("~/.oci/config", &config)
        .file("~/.oci/key.pem", &pem("pkcs8.pem"))
        .with_mode("~/.oci/key.pem", 0o644)
        .file("/session.pem", &pem("rsa1024.pem"))
        .file("/pub.pem", &pem("public.pem"))
        .file("/token", &token(key().public(), json!({}), -5));
    let found = discover(&Wanted::default(), &machine);
    let call = Setup { now: Some(now()), ..Setup::default() };
    let lines = found.candidates.iter().flat_map(|candidate| {
        let evidence = found.check(candidate, &call).into_iter();
        evidence.map(|evidence| format!("{}: {} {:?}", candidate.origin, evidence.text, evidence.cause))
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
    assert!(!format!("{found:?}").contains("PRIVATE KEY"));
}

#[test]
fn messages_of_answers_are_found_in_every_form() {
    let answer = |body: &str| Answer {
        status: 400,
        headers: Default::default(),
        body: body.as_bytes().to_vec(),
        took: Default::default(),
        sent: Cleaner::default(),
    };
    assert_eq!(answer(r#"{"code":"404","message":"m"}"#).code().as_deref(), Some("404"));
    assert_eq!(answer(r#"{"code":404,"message":"m"}"#).code().as_deref(), Some("404"));
    assert_eq!(answer(r#"{"error":{"code":"c","message":"m"}}"#).message().as_deref(), Some("m"));
    assert_eq!(
        answer(r#"{"error":"invalid_client","error_description":"d"}"#).message().as_deref(),
        Some("d")
    );
    assert_eq!(answer("<html>").message(), None);
}
