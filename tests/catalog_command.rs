//! What `ociam catalog` answers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use ociam::catalog::Kind;
use ociam::cli::catalog::{CatalogArgs, Format, run};
use serde_json::Value;

/// Exit code, standard output and standard error.
fn ask(words: &[&str], format: Format) -> (u8, String, String) {
    let words = words.iter().map(|word| (*word).to_owned()).collect();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = run(&CatalogArgs { words, format }, &mut out, &mut err).unwrap();
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

#[test]
fn a_resource_type_shows_its_permissions_and_source() {
    let (code, out, err) = ask(&["resource-type", "generative-ai-chat"], Format::Human);
    assert_eq!((code, err.as_str()), (0, ""));
    insta::assert_snapshot!(out, @r#"
    resource-type generative-ai-chat
      service          Generative AI
      shape            individual
      families         generative-ai-family
      use              GENERATIVE_AI_CHAT
      variables        target.model.id
      operations       Chat (use), ChatCompletions (use)
      note             `inspect` and `read` give nothing here; inference needs `use`
      source           documented as of 2026-11-21: Generative AI documentation: chat permissions, https://docs.oracle.com/en-us/iaas/Content/generative-ai/chat-permissions.htm
    "#);
}

#[test]
fn a_model_shows_where_it_runs() {
    let (code, out, _) = ask(&["model", "xai.grok-4"], Format::Human);
    assert_eq!(code, 0);
    insta::assert_snapshot!(out, @r#"
    model xai.grok-4
      vendor           xai
      capability       chat
      hosting          proxy
      life             retired
      native format    GENERIC
      chat completions formerly
      responses        formerly
      api key          formerly
      regions
        us-ashburn-1: retired, deprecated 2026-05-15, on-demand ends 2026-08-15 (observed 2026-07-15)
        us-chicago-1: retired, deprecated 2026-05-15, on-demand ends 2026-08-15 (observed 2026-07-15)
        us-phoenix-1: retired, deprecated 2026-05-15, on-demand ends 2026-08-15 (observed 2026-07-15)
      source           documented as of 2026-07-06: enricopesce/oci-genai-catalog: table made from the documentation, https://github.com/enricopesce/oci-genai-catalog
    "#);
}

#[test]
fn a_name_alone_is_looked_for_in_all_kinds() {
    let (code, out, _) = ask(&["us-chicago-1"], Format::Json);
    assert_eq!(code, 0);
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(answer["facts"][0]["kind"], "region");
    assert_eq!(answer["facts"][0]["key"], "ORD");
    assert_eq!(answer["facts"][0]["source"]["id"], "sdk");
}

#[test]
fn an_operation_of_several_services_shows_each() {
    let (_, out, _) = ask(&["operation", "GetWorkRequest"], Format::Json);
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert!(answer["facts"].as_array().unwrap().len() > 3);
}

#[test]
fn an_unknown_name_says_what_it_may_mean() {
    let (code, out, err) = ask(&["resource-type", "generative-ai-agent-family"], Format::Human);
    assert_eq!((code, out.as_str()), (1, ""));
    insta::assert_snapshot!(err, @r#"
    error: unknown resource-type `generative-ai-agent-family`
    note: CreatePolicy rejects it; agent resource-types start with `genai-agent`

      tip: try `ociam catalog resource-type genai-agent-family`
    "#);
    let (code, out, err) = ask(&["resource-type", "generative-ai-agent-family"], Format::Json);
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, err.as_str(), &answer["suggestion"]), (1, "", &Value::from("genai-agent-family")));
}

#[test]
fn an_unknown_kind_is_wrong_usage() {
    let (code, out, err) = ask(&["flavour", "vanilla"], Format::Human);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.starts_with("error: unknown kind `flavour`\n\n  tip: the kinds are resource-type, verb"));
    let (code, _, err) = ask(&["regin", "us-chicago-1"], Format::Human);
    assert_eq!(
        (code, err.as_str()),
        (2, "error: unknown kind `regin`\n\n  tip: a similar kind exists: `region`\n")
    );
}

#[test]
fn every_listed_name_can_be_looked_up() {
    for kind in Kind::ALL {
        let (code, out, _) = ask(&[kind.word()], Format::Json);
        assert_eq!(code, 0);
        let answer: Value = serde_json::from_str(&out).unwrap();
        let names = answer["names"].as_array().unwrap();
        assert!(!names.is_empty(), "{}", kind.word());
        for name in names.iter().step_by(7) {
            let (code, ..) = ask(&[kind.word(), name.as_str().unwrap()], Format::Human);
            assert_eq!(code, 0, "{} {name}", kind.word());
        }
    }
}

#[test]
fn kinds_are_counted() {
    let (code, out, _) = ask(&[], Format::Human);
    assert_eq!((code, out.lines().count()), (0, Kind::ALL.len()));
}
