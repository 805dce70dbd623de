//! Laws that the evaluator and the access diff keep, on statements and requests drawn at random.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

mod laws;

use ociam::authz::{
    Compiled, ConditionTruth, Principal, Request, Tenancy, Truth, Verdict, Wanted, condition_truth, covers,
    decide, diff,
};
use proptest::prelude::*;
use proptest::sample::select;

/// A deny that takes something away comes before what is open, and that before what is granted.
fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Deny => 0,
        Verdict::Unknown => 1,
        Verdict::Allow => 2,
    }
}

fn tenancy(statements: &[String]) -> Compiled {
    let mut tenancy = Tenancy::of_statements(statements.iter().map(String::as_str));
    let text = r#"
        ocid = "ocid1.tenancy.oc1..t"
        compartments = [
            { path = "ml", ocid = "ocid1.compartment.oc1..ml" },
            { path = "ml:prod", ocid = "ocid1.compartment.oc1..prod" },
            { path = "web", ocid = "ocid1.compartment.oc1..web" },
        ]
        groups = [{ name = "Devs", ocid = "ocid1.group.oc1..devs" }, { name = "Ops", ocid = "ocid1.group.oc1..ops" }]
        dynamic-groups = [{ name = "Fns", rule = "ALL {resource.type = 'fnfunc'}" }]
    "#;
    let known = Tenancy::from_text(text).unwrap();
    tenancy.ocid = known.ocid;
    tenancy.compartments = known.compartments;
    tenancy.groups = known.groups;
    tenancy.dynamic_groups = known.dynamic_groups;
    Compiled::new(tenancy)
}

fn rest() -> impl Strategy<Value = String> {
    let subject = select(vec![
        "group Devs",
        "group Ops",
        "group Devs, Ops",
        "group ${var.g}",
        "group id ocid1.group.oc1..ops",
        "dynamic-group Fns",
        "any-user",
        "any-group",
        "service oke",
    ]);
    let action = select(vec![
        "inspect generative-ai-model",
        "use generative-ai-model",
        "manage generative-ai-model",
        "read generative-ai-chat",
        "use generative-ai-chat",
        "use generative-ai-family",
        "manage generative-ai-family",
        "inspect all-resources",
        "manage all-resources",
        "use ${var.t}",
        "{GENERATIVE_AI_CHAT}",
        "{GENERATIVE_AI_CHAT, GENERATIVE_AI_MODEL_INSPECT}",
        "use generative-ai-response",
    ]);
    let place = select(vec![
        "tenancy",
        "compartment ml",
        "compartment ml:prod",
        "compartment web",
        "compartment id ocid1.compartment.oc1..ml",
        "compartment ${var.c}",
    ]);
    let condition = select(vec![
        "",
        "",
        " where request.region = 'ord'",
        " where request.region != 'ord'",
        " where request.region in ('ord', 'fra')",
        " where request.region not in ('ord', 'fra')",
        " where any {request.region = 'ord', request.operation = 'ListModels'}",
        " where all {request.region = 'ord', request.operation = 'Chat'}",
        " where any {request.region != 'ord', request.region != 'fra'}",
        " where all {request.region = 'ord', request.region = 'fra'}",
        " where request.region = /o*/",
        " where target.model.id = 'm'",
        " where request.principal.type = 'fnfunc'",
        " where request.principal.type != 'user'",
        " where request.permission = 'GENERATIVE_AI_CHAT'",
        " where request.region = '${var.r}'",
        " where !request.principal.namespace",
    ]);
    (subject, action, place, condition).prop_map(|(subject, action, place, condition)| {
        format!("{subject} to {action} in {place}{condition}")
    })
}

fn allow() -> impl Strategy<Value = String> {
    rest().prop_map(|rest| format!("allow {rest}"))
}

fn deny() -> impl Strategy<Value = String> {
    rest().prop_map(|rest| format!("deny {rest}"))
}

fn statements() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(prop_oneof![3 => allow(), 1 => deny()], 0..5)
}

fn request() -> impl Strategy<Value = Request> {
    let principal = select(vec![
        "group:Devs",
        "group:Ops",
        "group:Others",
        "resource:{type=fnfunc,compartment=ml}",
        "resource:{type=instance}",
        "genai-api-key:ocid1.generativeaiapikey.oc1.ord.k",
        "workload:a/b@c",
        "service:oke",
        "any-user",
        "user:nobody",
    ]);
    let wanted =
        select(vec!["chat", "list-models", "GetModel", "DeleteModel", "embed", "responses", "guardrails"]);
    let place = select(vec!["", "ml", "ml:prod", "web", "other"]);
    let region = select(vec![None, Some("us-chicago-1"), Some("eu-frankfurt-1"), Some("us-phoenix-1")]);
    let model = select(vec![None, Some("m"), Some("n")]);
    (principal, wanted, place, region, model).prop_map(|(principal, wanted, place, region, model)| {
        let (principal, wanted) = (Principal::parse(principal).unwrap(), Wanted::parse(wanted).unwrap());
        let mut request = Request::new(principal, wanted, Some(place));
        request.region = region.map(str::to_owned);
        request.model = model.map(str::to_owned);
        request
    })
}

/// The same statement in capitals and with other spacing.
fn reformatted(statement: &str) -> String {
    let (head, condition) = statement.split_once(" where ").unwrap_or((statement, ""));
    let words =
        ["allow", "deny", "group", "to", "in", "tenancy", "compartment", "use", "manage", "inspect", "read"];
    let shout = |word: &str| if words.contains(&word) { word.to_uppercase() } else { word.to_owned() };
    let head: Vec<_> = head.split(' ').map(shout).collect();
    let condition = if condition.is_empty() { String::new() } else { format!("\nWHERE   {condition}") };
    format!("{}{}", head.join("   "), condition.replace(", ", " ,  "))
}

proptest! {
    #![proptest_config(laws::config(400))]

    #[test]
    fn another_allow_never_takes_access_away(given in statements(), more in allow(), request in request()) {
        let before = decide(&tenancy(&given), &request).verdict;
        let mut with = given;
        with.push(more);
        prop_assert!(rank(decide(&tenancy(&with), &request).verdict) >= rank(before));
    }

    #[test]
    fn another_deny_never_gives_access(given in statements(), more in deny(), request in request()) {
        let before = decide(&tenancy(&given), &request).verdict;
        let mut with = given;
        with.push(more);
        prop_assert!(rank(decide(&tenancy(&with), &request).verdict) <= rank(before));
    }

    #[test]
    fn order_and_formatting_do_not_matter(given in statements(), request in request()) {
        let before = tenancy(&given);
        let turned: Vec<_> = given.iter().rev().map(|statement| reformatted(statement)).collect();
        let after = tenancy(&turned);
        prop_assert_eq!(decide(&before, &request).verdict, decide(&after, &request).verdict);
        let changes = diff(&before, &after);
        prop_assert!(changes.added.is_empty() && changes.removed.is_empty(), "{:?}", changes);
    }

    #[test]
    fn nothing_differs_from_itself(given in statements()) {
        let changes = diff(&tenancy(&given), &tenancy(&given));
        prop_assert!(changes.added.is_empty() && changes.removed.is_empty(), "{:?}", changes);
    }

    #[test]
    fn what_is_granted_anew_is_in_the_diff(old in statements(), new in statements(), request in request()) {
        let (old, new) = (tenancy(&old), tenancy(&new));
        let (before, after) = (decide(&old, &request).verdict, decide(&new, &request).verdict);
        let changes = diff(&old, &new);
        if rank(after) > rank(before) {
            prop_assert!(!changes.added.is_empty(), "{before:?} became {after:?}");
        }
        if rank(after) < rank(before) {
            prop_assert!(!changes.removed.is_empty(), "{before:?} became {after:?}");
        }
    }

    #[test]
    fn a_grant_that_covers_another_grants_whatever_it_grants(one in allow(), other in allow(), request in request()) {
        let both = tenancy(&[one.clone(), other.clone()]);
        let [_, a, b] = both.grants.as_slice() else { return Ok(()) };
        if covers(&both, a, b) == Truth::True {
            let (wide, narrow) = (decide(&tenancy(&[one]), &request), decide(&tenancy(&[other]), &request));
            prop_assert!(rank(wide.verdict) >= rank(narrow.verdict));
        }
    }

    #[test]
    fn a_condition_that_never_holds_grants_nothing(statement in allow(), request in request()) {
        let compiled = tenancy(std::slice::from_ref(&statement));
        let never = compiled.grants[1].condition.as_ref().is_some_and(|condition| {
            condition_truth(condition) == ConditionTruth::Never
        });
        if never {
            prop_assert_ne!(decide(&compiled, &request).verdict, Verdict::Allow);
        }
    }
}

fn changes(old: &[&str], new: &[&str]) -> (usize, usize) {
    let own = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
    let changes = diff(&tenancy(&own(old)), &tenancy(&own(new)));
    (changes.added.len(), changes.removed.len())
}

#[test]
fn splitting_and_joining_statements_changes_no_access() {
    for (whole, parts) in [
        (
            "allow group Devs, Ops to use generative-ai-chat in compartment ml",
            [
                "allow group Ops to use generative-ai-chat in compartment ml",
                "allow group Devs to use generative-ai-chat in compartment id ocid1.compartment.oc1..ml",
            ],
        ),
        (
            "allow group Devs to {GENERATIVE_AI_CHAT, GENERATIVE_AI_MODEL_INSPECT} in tenancy",
            [
                "allow group Devs to {GENERATIVE_AI_CHAT} in tenancy",
                "allow group id ocid1.group.oc1..devs to {GENERATIVE_AI_MODEL_INSPECT} in tenancy",
            ],
        ),
        (
            "allow any-user to use generative-ai-chat in tenancy where any {request.region = 'ord', request.region = 'fra'}",
            [
                "allow any-user to use generative-ai-chat in tenancy where request.region = 'fra'",
                "allow any-user to use generative-ai-chat in tenancy where request.region in ('ord')",
            ],
        ),
        (
            "allow group Devs to manage generative-ai-family in tenancy",
            [
                "allow group Devs to manage generative-ai-family in tenancy",
                "allow group Devs to use generative-ai-chat in compartment ml where request.region = 'ord'",
            ],
        ),
    ] {
        assert_eq!(changes(&[whole], &parts), (0, 0), "{whole}");
        assert_eq!(changes(&parts, &[whole]), (0, 0), "{whole}");
    }
}

#[test]
fn wider_and_narrower_statements_are_told_apart() {
    let wide = "allow group Devs to manage generative-ai-family in tenancy";
    let narrow = "allow group Devs to use generative-ai-family in compartment ml";
    assert_eq!(changes(&[narrow], &[wide]), (1, 0));
    assert_eq!(changes(&[wide], &[narrow]), (0, 1));
    let bound = "allow group Devs to use generative-ai-family in compartment ml where request.region = 'ord'";
    assert_eq!(changes(&[bound], &[narrow]), (1, 0));
    assert_eq!(changes(&[narrow], &[bound]), (0, 1));
    let deny = "deny group Devs to use generative-ai-chat in tenancy";
    assert_eq!(changes(&[wide, deny], &[wide]), (1, 0));
    assert_eq!(changes(&[wide], &[wide, deny]), (0, 1));
    let harder = "deny group Devs to inspect generative-ai-chat in tenancy";
    assert_eq!(changes(&[deny], &[harder]), (0, 1));
}

#[test]
fn a_family_and_the_list_of_its_members_of_today_are_not_called_the_same() {
    let all = "allow group Devs to use generative-ai-chat in tenancy";
    let list = "allow group Devs to {GENERATIVE_AI_CHAT} in tenancy";
    let of = |text: &str| tenancy(&[text.to_owned()]);
    let changes = diff(&of(list), &of(all));
    assert!(changes.added.len() == 1 && changes.added[0].undecided, "{changes:?}");
    assert!(changes.removed.is_empty());
}
