//! Every combination of workload, call and auth method: a checklist whose statements suffice and are minimal, or a
//! refusal with its reason.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use std::collections::BTreeSet;

use ociam::catalog;
use ociam::checklist::{Mode, Outcome, Plan, Wish, calls, clients, decide, plan, workloads};

const TODAY: &str = "2026-11-21";

fn wish(workload: &str, call: &str, method: Option<&str>) -> Wish {
    Wish {
        workload: Some(workload.to_owned()),
        call: Some(call.to_owned()),
        region: Some("us-chicago-1".to_owned()),
        compartment: Some("ml:prod".to_owned()),
        auth_method: method.map(str::to_owned),
        ..Wish::default()
    }
}

fn made(wish: &Wish) -> Option<Plan> {
    match plan(wish, TODAY).unwrap() {
        Outcome::Plan(plan) => Some(*plan),
        Outcome::Impossible(_) => None,
    }
}

/// Every workload, call and auth method.
fn combinations() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    workloads().keys().flat_map(|workload| {
        calls().keys().flat_map(move |call| {
            catalog::auth_methods().iter().map(move |method| (workload.as_str(), call.as_str(), method.name))
        })
    })
}

#[test]
fn every_combination_is_granted_by_the_fewest_statements_or_refused_with_its_reason() {
    let (mut possible, mut impossible, mut statements) = (0, 0, 0);
    let places = ["ml:prod", "ocid1.compartment.oc1..aaaa", "tenancy"];
    for (workload, call, method) in combinations() {
        let label = format!("{workload} × {call} × {method}");
        // How a compartment is named bears on the location alone, which all calls share.
        for place in places.into_iter().take(if call == "chat" { 3 } else { 1 }) {
            let mut wish = wish(workload, call, Some(method));
            wish.compartment = Some(place.to_owned());
            let decision = decide(&wish).unwrap();
            let first = &decision.candidates[0];
            assert_eq!(first.method, method, "{label}");
            let Some(plan) = made(&wish) else {
                assert!(!first.possible, "{label}");
                let failed: Vec<_> = first.trace.iter().filter(|answer| !answer.passed).collect();
                assert_eq!(failed.len(), 1, "{label}: {:?}", first.trace);
                assert!(!failed[0].text.is_empty() && failed[0].basis.document().is_some(), "{label}");
                impossible += 1;
                continue;
            };
            possible += 1;
            assert!(first.trace.iter().all(|answer| answer.passed), "{label}");
            for grant in &plan.grants {
                assert_eq!(grant.open, [""; 0], "{label}");
                assert!(!grant.requests.is_empty() && !grant.statements.is_empty(), "{label}");
                let all: Vec<&str> = grant.statements.iter().map(String::as_str).collect();
                assert!(grant.allowed_in(grant.tenancy_with(all.iter().copied())), "{label}: {all:?}");
                for at in 0..all.len() {
                    let fewer =
                        all.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, text)| *text);
                    assert!(!grant.allowed_in(grant.tenancy_with(fewer)), "{label} needs no `{}`", all[at]);
                }
                statements += all.len();
            }
        }
    }
    println!("{possible} possible, {impossible} impossible, {statements} statements");
    assert!(possible > 200 && impossible > 300, "{possible} possible, {impossible} impossible");
}

#[test]
fn without_a_method_the_best_one_for_the_workload_is_chosen_and_serves_the_call() {
    let chosen = |workload: &str, call: &str| made(&wish(workload, call, None)).map(|plan| plan.method);
    assert_eq!(chosen("laptop", "chat"), Some("session-token"));
    assert_eq!(chosen("ci", "embeddings"), Some("user-api-key"));
    assert_eq!(chosen("compute", "agents"), Some("instance-principal"));
    assert_eq!(chosen("functions", "responses"), Some("resource-principal"));
    assert_eq!(chosen("oke", "chat"), Some("oke-workload"));
    assert_eq!(chosen("outside-oci", "chat"), Some("genai-api-key"));
    // A GenAI API key is the first choice there, but no agent plane takes it.
    assert_eq!(chosen("outside-oci", "agents"), Some("user-api-key"));
    for (workload, call, _) in combinations() {
        assert!(chosen(workload, call).is_some(), "{workload} × {call}");
    }
}

#[test]
fn an_agent_with_an_api_key_is_refused_by_the_plane() {
    let wish = wish("outside-oci", "agents", Some("genai-api-key"));
    let decision = decide(&wish).unwrap();
    let refused = &decision.candidates[0];
    assert!(decision.chosen().is_none() && refused.method == "genai-api-key");
    let last = refused.trace.last().unwrap();
    assert_eq!(last.question, "plane");
    assert!(last.text.contains("`agent-runtime` takes"), "{}", last.text);
}

#[test]
fn steps_have_names_of_their_own_and_leave_no_braces_open() {
    for (workload, call, method) in combinations() {
        let Some(plan) = made(&wish(workload, call, Some(method))) else { continue };
        let ids: BTreeSet<_> = plan.steps.iter().map(|step| &step.id).collect();
        assert_eq!(ids.len(), plan.steps.len(), "{workload} × {call} × {method}");
        for step in &plan.steps {
            let texts = [&step.title, &step.text, &step.who].into_iter().chain(&step.commands);
            for text in texts {
                assert!(!text.is_empty(), "{workload} × {call} × {method}: {}", step.id);
                for key in ["region", "model-state", "headers", "rule", "expiry", "call-title"] {
                    let open = format!("<{key}>");
                    assert!(!text.contains(&open), "{workload} × {call} × {method}: {}: {text}", step.id);
                }
            }
        }
    }
}

#[test]
fn what_is_given_is_filled_in_and_what_is_not_stays_a_placeholder() {
    let mut wish = wish("functions", "chat", None);
    let statements = |wish: &Wish| {
        let plan = made(wish).unwrap();
        let step = plan.steps.iter().find(|step| step.id == "policy").unwrap().clone();
        step.blocks[0].lines.clone()
    };
    assert_eq!(
        statements(&wish),
        ["allow dynamic-group genai-workloads to use generative-ai-chat in compartment ml:prod"]
    );
    wish.names.insert("dynamic-group".into(), "chat-functions".into());
    wish.names.insert("domain".into(), "Apps".into());
    wish.compartment = Some("ocid1.compartment.oc1..aaaa".into());
    assert_eq!(
        statements(&wish),
        [
            "allow dynamic-group 'Apps'/'chat-functions' to use generative-ai-chat in compartment id ocid1.compartment.oc1..aaaa"
        ]
    );
    wish.auth_method = Some("genai-api-key".into());
    assert_eq!(
        statements(&wish),
        [
            "allow any-user to use generative-ai-chat in compartment id ocid1.compartment.oc1..aaaa where all {request.principal.type = 'generativeaiapikey', request.principal.id = '<api-key-ocid>'}"
        ]
    );
}

#[test]
fn a_model_that_the_region_does_not_serve_blocks_its_step_and_names_the_nearest_region_that_does() {
    let mut wish = wish("compute", "embeddings", None);
    wish.region = Some("me-dubai-1".into());
    wish.model = Some("cohere.rerank-v4.0-fast".into());
    let plan = made(&wish).unwrap();
    let step = plan.steps.iter().find(|step| step.id == "model").unwrap();
    let blocked = step.blocked.as_deref().unwrap();
    assert!(blocked.contains("`me-dubai-1` doesn't serve `cohere.rerank-v4.0-fast`"), "{blocked}");
}

#[test]
fn a_dedicated_cluster_is_called_by_its_endpoint() {
    let endpoint = "ocid1.generativeaiendpoint.oc1.us-chicago-1.e";
    for (client, expected) in [
        ("oci", format!("models.DedicatedServingMode(endpoint_id=\"{endpoint}\")")),
        ("openai", format!("model=\"{endpoint}\"")),
    ] {
        let mut wish = wish("compute", "chat", None);
        wish.client = Some(client.into());
        wish.dedicated = true;
        wish.names.insert("endpoint-ocid".into(), endpoint.into());
        let plan = made(&wish).unwrap();
        assert!(plan.steps.iter().any(|step| step.id == "dedicated"));
        let code = plan.steps.iter().find_map(|step| step.snippet.as_ref()).unwrap().code.clone();
        assert!(code.contains(&expected), "{code}");
    }
}

#[test]
fn snippets_are_whole() {
    let mut seen = BTreeSet::new();
    for (workload, call, method) in combinations() {
        for (client, row) in clients() {
            let able = |mode: &Mode| mode.methods.contains_key(method) && mode.calls.contains_key(call);
            // A snippet is the same wherever it runs.
            if seen.contains(&(call, method, client)) || !row.modes.iter().any(able) {
                continue;
            }
            let mut wish = wish(workload, call, Some(method));
            wish.client = Some(client.clone());
            let decision = decide(&wish).unwrap();
            let Some(plan) = decision.chosen().and_then(|_| made(&wish)) else { continue };
            seen.insert((call, method, client));
            let snippet = plan.steps.iter().find_map(|step| step.snippet.clone()).unwrap();
            let label = format!("{client}: {workload} × {call} × {method}\n{}", snippet.code);
            for open in
                ["<model", "<serving-mode>", "<imports>", "<setup>", "<arguments>", "<region>", "{model"]
            {
                assert!(!snippet.code.contains(open), "{open} in {label}");
            }
            // What the code reads from the environment is what the checklist sets.
            for name in snippet.code.split("os.environ[\"").skip(1).filter_map(|rest| rest.split('"').next())
            {
                let given = plan.environment.iter().any(|one| one.name == name);
                // Cloud Shell sets its own.
                assert!(given || method == "delegation-token", "{name} in {label}");
            }
        }
    }
}

#[test]
fn names_that_are_none_are_said_with_what_to_write() {
    let mut wrong = wish("function", "chat", None);
    let error = plan(&wrong, TODAY).unwrap_err();
    assert_eq!(
        (error.message.as_str(), error.help.as_str()),
        ("`function` is no workload", "did you mean `functions`?")
    );
    wrong.workload = Some("functions".into());
    wrong.names.insert("group".into(), "a' or '1".into());
    assert!(plan(&wrong, TODAY).unwrap_err().message.contains("holds `\\'`"));
    wrong.names.clear();
    wrong.names.insert("api-key-ocid".into(), "ocid1.user.oc1..a".into());
    assert!(plan(&wrong, TODAY).unwrap_err().message.contains("is the OCID of a `user`"));
    wrong.names.clear();
    wrong.names.insert("compartment-ocid".into(), "ocid1.group.oc1..a".into());
    let error = plan(&wrong, TODAY).unwrap_err();
    assert_eq!(
        error.message,
        "`ocid1.group.oc1..a` is the OCID of a `group`, not of the compartment that the calls name"
    );
    wrong.names.clear();
    wrong.region = Some("us-chicgo-1".into());
    let error = plan(&wrong, TODAY).unwrap_err();
    assert_eq!(
        (error.message.as_str(), error.help.as_str()),
        ("the catalogue knows no region `us-chicgo-1`", "did you mean `us-chicago-1`?")
    );
    // One that is new is taken as it is.
    wrong.region = Some("us-chicago-7".into());
    assert!(plan(&wrong, TODAY).is_ok());
}
