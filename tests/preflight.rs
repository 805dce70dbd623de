//! What is said before anything is sent, and that nothing is said when all is well.

#![cfg(feature = "live")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use ociam::catalog::{self, Place, plane};
use ociam::diagnose::cause;
use ociam::probe::preflight::{
    Address, Api, Evidence, Ocid, Setup, Strength, Value, all, auth_method_on_plane, clock, fingerprint,
    genai_secret, hidden_characters, host, key_region, key_strength, key_text, metadata_through_proxy, model,
    ocid, ocid_region, permissions, regions_agree, service_in_region, token_expiry, token_key, token_tenancy,
    user_and_tenancy, visible,
};
use ociam::wire::{KeyFile, PrivateKey, Secret, Token};
use proptest::prelude::*;
use serde_json::json;

fn pem(name: &str) -> String {
    std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/keys").join(name)).unwrap()
}

fn key() -> PrivateKey {
    PrivateKey::read(&pem("pkcs8.pem"), None).unwrap()
}

fn other_key() -> PrivateKey {
    PrivateKey::read(&pem("rsa1024.pem"), None).unwrap()
}

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn token(minutes: i64, extra: serde_json::Value) -> Token {
    let mut claims = json!({
        "tenant": "ocid1.tenancy.oc1..t", "exp": (now() + SignedDuration::from_mins(minutes)).as_second(),
        "jwk": key().public().to_jwk("k"),
    });
    for (name, value) in extra.as_object().unwrap() {
        claims[name] = value.clone();
    }
    Token::make(claims.as_object().unwrap().clone(), "k", &key()).unwrap()
}

/// Cause, strength and text in one line; holds the cause to the list of causes.
fn line(evidence: impl IntoIterator<Item = Evidence>) -> String {
    let lines = evidence.into_iter().map(|found| {
        if let Some(name) = found.cause {
            assert!(cause(name).is_some(), "{name} is no cause");
        }
        assert!(!found.text.ends_with('.') && !found.text.contains('\n'), "{}", found.text);
        let instead = found.instead.map(|instead| format!(" => {instead}")).unwrap_or_default();
        format!("{} {:?}: {}{instead}", found.cause.unwrap_or("-"), found.strength, found.text)
    });
    lines.collect::<Vec<_>>().join("\n")
}

const REAL: &str = "a6:f6:69:a4:94:44:27:32:4f:d8:46:4c:c0:33:0f:21";

#[test]
fn a_fingerprint_is_compared_with_the_key_and_the_other_profiles() {
    let key = key();
    let of = |text: &str, others: &[(&str, &str)]| line(fingerprint(text, key.public(), others));
    assert_eq!(of(REAL, &[]), "");
    let strange = "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff";
    insta::assert_snapshot!(
        [
            of(strange, &[]),
            of(&REAL.to_uppercase(), &[]),
            of(&REAL.replace(':', ""), &[]),
            of(strange, &[("profile `PROD`", strange)]),
            of(strange, &[("profile `PROD`", REAL)]),
            of(&format!("{REAL}:00:11:22:33"), &[]),
        ]
        .join("\n")
    );
}

#[test]
fn keys_are_judged_by_length_and_form() {
    assert_eq!(key_strength(key().public()), None);
    assert!(line(key_strength(other_key().public())).contains("1024 bits"));
    let read = |text: &str| {
        let read = KeyFile::read(text, Some(&Secret::new("open-sesame-for-tests")));
        line(key_text(read.as_ref()))
    };
    assert_eq!(read(&format!("{}OCI_API_KEY", pem("pkcs8.pem"))), "");
    insta::assert_snapshot!(
        [
            read(&pem("pkcs1-aes128.pem")),
            read(&format!("\u{feff}{}", pem("pkcs8.pem"))),
            read(&pem("pkcs8.pem").replace('\n', "\\n")),
            read(&pem("public.pem")),
            read(&pem("ec.pem")),
        ]
        .join("\n")
    );
}

#[test]
fn user_and_tenancy_are_told_apart() {
    let (user, tenancy) = ("ocid1.user.oc1..aaaa", "ocid1.tenancy.oc1..bbbb");
    assert_eq!(user_and_tenancy(user, tenancy), []);
    insta::assert_snapshot!(
        [
            line(user_and_tenancy(tenancy, user)),
            line(user_and_tenancy("me@example.com", tenancy)),
            line(user_and_tenancy(user, "ocid1.compartment.oc1..c")),
            line(user_and_tenancy(user, "ocid1.tenancy.oc4..c")),
        ]
        .join("\n")
    );
}

#[test]
fn tokens_are_judged_by_time_key_and_tenancy() {
    assert_eq!(token_expiry(&token(30, json!({})), now()), None);
    assert!(
        line(token_expiry(&token(-90, json!({})), now()))
            .contains("session-expired Certain: the token expired 90 minutes ago")
    );
    assert!(
        line(token_expiry(&token(0, json!({})), now() - SignedDuration::from_secs(30)))
            .contains("within a minute")
    );
    let future = (now() + SignedDuration::from_mins(20)).as_second();
    assert!(line(token_expiry(&token(60, json!({ "iat": future })), now())).starts_with("clock-skew Likely"));
    assert_eq!(token_key(&token(30, json!({})), key().public()), None);
    assert!(
        line(token_key(&token(30, json!({})), other_key().public()))
            .starts_with("bad-fingerprint-or-key Certain")
    );
    assert_eq!(token_key(&token(30, json!({"jwk": null})), other_key().public()), None);
    assert_eq!(token_tenancy(&token(30, json!({})), "ocid1.tenancy.oc1..t"), None);
    assert!(
        line(token_tenancy(&token(30, json!({})), "ocid1.tenancy.oc1..x"))
            .starts_with("wrong-profile-credential")
    );
}

#[test]
fn ocids_are_judged_by_kind_realm_and_region() {
    let project = "ocid1.generativeaiproject.oc1.us-chicago-1.aaaa";
    assert_eq!(ocid("x", project, Place::Project), None);
    assert_eq!(ocid_region("x", project, "ORD"), None);
    assert_eq!(ocid_region("x", "ocid1.compartment.oc1..aaaa", "us-chicago-1"), None);
    assert_eq!(ocid("x", "ocid1.somethingnew.oc1..aaaa", Place::Project), None);
    assert_eq!(Ocid::parse("ocid1.instance.oc1.iad.aaaa").unwrap().region, Some("iad"));
    insta::assert_snapshot!(
        [
            line(ocid("`OpenAI-Project`", "ocid1.compartment.oc1..aaaa", Place::Project)),
            line(ocid("`compartment`", "my-compartment", Place::Compartment)),
            line(ocid("`compartment`", "ocid1.compartment.oc99..aaaa", Place::Compartment)),
            line(ocid_region("`OpenAI-Project`", project, "us-ashburn-1")),
            line(ocid_region("the key", "ocid1.generativeaiapikey.oc1.iad.aaaa", "us-chicago-1")),
            line(ocid_region("`compartment`", "ocid1.compartment.oc4..aaaa", "us-chicago-1")),
        ]
        .join("\n")
    );
}

#[test]
fn hidden_characters_are_named_with_their_place() {
    assert_eq!(hidden_characters("x", "ocid1.compartment.oc1..aaaa"), None);
    insta::assert_snapshot!(
        [
            line(hidden_characters("the key", "sk-abc\n")),
            line(hidden_characters("`compartment`", "ocid1\u{200b}.compartment")),
            line(hidden_characters("`region`", "\"us-chicago-1\"")),
            line(hidden_characters("the model", "xai.grok\u{2013}4")),
        ]
        .join("\n")
    );
    assert_eq!(visible("a\u{200b}b c"), "a\\u{200b}b c");
}

fn address(url: &str) -> Address {
    Address::parse(url).unwrap()
}

#[test]
fn hosts_and_paths_are_matched_with_planes() {
    let at = |url: &str, name: &str| line(host(&address(url), plane(name)));
    for (url, name) in [
        (
            "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/openai/v1/responses",
            "inference-openai",
        ),
        (
            "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/20231130/actions/v1",
            "inference-openai",
        ),
        (
            "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/20231130/actions/chat",
            "inference",
        ),
        ("https://inference.generativeai.us-chicago-1.ds.oci.oraclecloud.com", "inference"),
        (
            "https://agent-runtime.generativeai.uk-gov-london-1.oci.oraclegovcloud.uk/20240531/agentEndpoints",
            "agent-runtime",
        ),
        ("https://genai.internal.example.com/openai/v1", "inference-openai"),
        ("http://127.0.0.1:8123/20231130", "inference"),
        ("https://idcs-x.identity.oraclecloud.com/oauth2/v1/token", "identity-domain"),
    ] {
        assert_eq!(at(url, name), "", "{url}");
    }
    insta::assert_snapshot!(
        [
            at("https://api.openai.com/v1", "inference-openai"),
            at("https://generativeai.us-chicago-1.oci.oraclecloud.com/20231130/actions/chat", "inference"),
            at("https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/v2/chat", "inference-openai"),
            at("https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/openai/v1", "inference"),
            at(
                "https://ppe.inference.generativeai.us-chicago-1.oci.oraclecloud.com/openai/v1",
                "inference-openai"
            ),
            at(
                "https://inferences.generativeai.us-chicago-1.oci.oraclecloud.com/openai/v1",
                "inference-openai"
            ),
        ]
        .join("\n")
    );
}

#[test]
fn addresses_are_taken_apart_and_nothing_else_is() {
    let parsed = address("HTTPS://user@Auth.us-chicago-1.oraclecloud.com:443?x");
    assert_eq!((parsed.host.as_str(), parsed.path.as_str()), ("auth.us-chicago-1.oraclecloud.com", "/"));
    assert_eq!(parsed.region().unwrap().name, "us-chicago-1");
    assert_eq!(address("http://[::1]:81/x").host, "::1");
    assert_eq!(Address::parse("us-chicago-1"), None);
    assert_eq!(Address::parse("https://"), None);
}

#[test]
fn planes_take_only_their_auth_methods() {
    let of = |method, name| line(auth_method_on_plane(method, plane(name).unwrap()));
    assert_eq!(of("genai-api-key", "inference-openai"), "");
    assert_eq!(of("oauth", "hosted-app-invoke"), "");
    assert!(of("genai-api-key", "agent-runtime").starts_with("agent-plane-with-api-key Certain"));
    assert!(of("genai-api-key", "management").starts_with("unsupported-auth-type Certain"));
    assert!(of("genai-api-key", "inference").starts_with("unsupported-auth-type Likely"));
}

#[test]
fn regions_of_url_configuration_and_key_must_agree() {
    assert_eq!(regions_agree(&[("URL", "us-chicago-1"), ("configuration", "ord")]), None);
    assert_eq!(
        line(regions_agree(&[("configuration", "iad"), ("URL", "us-chicago-1")])),
        "region-url-mismatch Likely: the regions disagree: configuration `us-ashburn-1`, URL `us-chicago-1`"
    );
    assert_eq!(key_region(Some("us-chicago-1"), "us-chicago-1"), None);
    assert!(
        line(key_region(Some("us-ashburn-1"), "us-chicago-1")).starts_with("key-region-mismatch Certain")
    );
    assert!(line(key_region(None, "ap-mumbai-1")).starts_with("service-not-in-region Likely"));
    let unsure =
        catalog::regions().iter().find(|region| region.openai_compatible && !region.api_keys).unwrap();
    assert!(line(key_region(None, unsure.name)).starts_with("service-not-in-region Possible"));
    assert_eq!(service_in_region("us-chicago-1", plane("inference").unwrap()), None);
    assert!(
        line(service_in_region("ap-mumbai-1", plane("inference").unwrap()))
            .contains("does not list Generative AI")
    );
}

#[test]
fn models_are_judged_by_region_mode_api_and_life() {
    let today = "2026-11-21";
    let of =
        |name: &str, region: &str, api| line(model(name, region, api, Some("genai-api-key"), true, today));
    assert_eq!(of("openai.gpt-oss-120b", "us-chicago-1", Some(Api::Responses)), "");
    assert_eq!(of("ocid1.generativeaiendpoint.oc1.us-chicago-1.a", "us-chicago-1", None), "");
    assert_eq!(of("cohere.embed-v4.0", "us-chicago-1", Some(Api::Embed)), "");
    for (name, api) in [
        ("cohere.embed-v4.0", Api::Native(None)),
        ("cohere.embed-v4.0", Api::ChatCompletions),
        ("cohere.command-a-03-2025", Api::Embed),
        ("cohere.command-a-03-2025", Api::Rerank),
    ] {
        let said = of(name, "us-chicago-1", Some(api));
        assert!(
            said.contains("model-api-mismatch Likely") && said.contains(" does "),
            "{name} {api:?}: {said}"
        );
    }
    insta::assert_snapshot!(
        [
            of("openai.gpt-oss-12b", "us-chicago-1", None),
            of("acme.unheard-of", "us-chicago-1", None),
            of("xai.grok-3", "us-chicago-1", None),
            of("cohere.command-a-reasoning", "us-chicago-1", None),
            of("openai.gpt-oss-120b", "me-dubai-1", None),
            of("meta.llama-4-maverick-17b-128e-instruct-fp8", "us-chicago-1", Some(Api::Responses)),
            of("cohere.command-a-03-2025", "us-chicago-1", Some(Api::Native(Some("GENERIC")))),
        ]
        .join("\n")
    );
}

#[test]
fn secrets_of_another_shape_are_named_and_never_shown() {
    let of = |text: &str| line(genai_secret(&Secret::new(text)));
    assert_eq!(of("sk-abcDEF123"), "");
    for (text, part) in [
        ("sk-proj-marked", "OpenAI"),
        ("ocid1.generativeaiapikey.oc1.ord.marked", "the OCID of a key"),
        ("Bearer sk-marked", "`Bearer `"),
        ("sk-marked\n", "a line break"),
        ("\"sk-marked\"", "a quote"),
        ("eyJmarked.x.y", "a token"),
        ("-----BEGIN PRIVATE KEY----- marked", "a PEM key"),
        ("marked", "starts with `sk-`"),
        ("sk-your-key", "placeholder"),
    ] {
        let found = of(text);
        assert!(found.contains(part) && !found.contains("marked"), "{text}: {found}");
    }
}

#[test]
fn placeholders_are_told_from_secrets() {
    let placeholders =
        ["not-used", "EMPTY", "sk-no-key-required", "OCI", "dummy", "<your key>", "xxxxxxxx", "sk-1234"];
    for text in placeholders {
        let found = genai_secret(&Secret::new(text)).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(found.cause, Some("signer-not-applied"), "{text}");
    }
    for text in ["sk-testAbCdEf0123456789abcdefghijklmnop", "sk-nobody0123456789abcdefghijklmnopqrs"] {
        assert_eq!(genai_secret(&Secret::new(text)), None, "{text}");
    }
}

#[test]
fn what_stands_around_a_region_is_an_attribute_that_no_client_takes() {
    for (region, cause) in [
        ("us-chicago-1 # home", Some("config-attribute-invalid")),
        ("\"us-chicago-1\"", Some("config-attribute-invalid")),
        ("us-chicago-1\u{200b}", Some("hidden-character-in-id")),
        ("us-chicago-1", None),
    ] {
        let found = all(&Setup { region: Some(region), ..Setup::default() });
        assert_eq!(found.first().and_then(|first| first.cause), cause, "{region}");
    }
}

#[test]
fn a_clock_more_than_five_minutes_off_is_certain() {
    let of =
        |seconds| line(clock(now() + SignedDuration::from_secs(seconds), "Sat, 21 Nov 2026 12:00:00 GMT"));
    assert_eq!(of(200), "");
    assert!(of(280).starts_with("clock-skew Likely"));
    assert!(of(301).starts_with("clock-skew Certain: this machine's clock is 5 minutes ahead of"));
    assert!(of(-4000).contains("66 minutes behind"));
    assert_eq!(clock(now(), "soon"), None);
}

#[test]
fn permissions_and_proxies_are_looked_at() {
    assert_eq!(permissions("k", 0o600), None);
    assert_eq!(permissions("k", 0o400), None);
    assert_eq!(line(permissions("k", 0o644)), "- Possible: others may use `k` (mode 644) => chmod 600 k");
    assert!(line(permissions("k", 0o200)).starts_with("credential-file-missing"));
    assert_eq!(metadata_through_proxy(None, None), None);
    assert_eq!(metadata_through_proxy(Some("http://p"), Some("localhost,169.254.169.254")), None);
    assert!(metadata_through_proxy(Some("http://p"), Some("localhost")).is_some());
}

#[test]
fn a_whole_setup_is_silent_when_right_and_says_the_worst_first_when_wrong() {
    let file = KeyFile::read(&pem("pkcs8.pem"), None).unwrap();
    let ids = [Value {
        name: "`OpenAI-Project`",
        text: "ocid1.generativeaiproject.oc1.us-chicago-1.aaaa",
        place: Place::Project,
    }];
    let right = Setup {
        now: Some(now()),
        url: Some("https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/openai/v1"),
        plane: Some("inference-openai"),
        region: Some("us-chicago-1"),
        auth_method: Some("user-api-key"),
        user: Some("ocid1.user.oc1..u"),
        tenancy: Some("ocid1.tenancy.oc1..t"),
        fingerprint: Some(REAL),
        key: Some(Ok(&file)),
        files: &[("key.pem", 0o600)],
        ids: &ids,
        model: Some("openai.gpt-oss-120b"),
        api: Some(Api::Responses),
        ..Setup::default()
    };
    assert_eq!(line(all(&right)), "");
    assert_eq!(all(&Setup::default()), []);
    let wrong = Setup {
        region: Some("us-ashburn-1"),
        fingerprint: Some("00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff"),
        files: &[("key.pem", 0o644)],
        url: Some("https://inference.generativeai.eu-frankfurt-1.oci.oraclecloud.com/openai/v1"),
        ..right
    };
    let found = all(&wrong);
    assert!(found.is_sorted_by_key(|evidence| std::cmp::Reverse(evidence.strength)));
    assert_eq!(found[0].strength, Strength::Certain);
    insta::assert_snapshot!(line(found));
}

proptest! {
    #[test]
    fn no_text_makes_a_check_panic(text in "\\PC{0,60}", shape in "(ocid1\\.[a-z.]{0,20}|https://[a-z./:@\\[]{0,20}|sk-)?") {
        let text = format!("{shape}{text}");
        let address = Address::parse(&text);
        let _ = address.as_ref().and_then(|address| host(address, plane("inference")));
        let setup = Setup { url: Some(&text), region: Some(&text), model: Some(&text), user: Some(&text), tenancy: Some(&text), ..Setup::default() };
        for evidence in all(&setup) {
            prop_assert!(evidence.cause.is_none_or(|name| cause(name).is_some()));
        }
        let _ = genai_secret(&Secret::new(text.as_str()));
        let _ = clock(now(), &text);
    }
}
