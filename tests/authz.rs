//! The evaluator against the conformance tables, and the laws that it keeps.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

#[path = "authz/support.rs"]
mod support;

use ociam::authz::{
    Compiled, Open, Policy, Prepared, Request, Tenancy, Verdict, decide, decide_across, least_statement,
    near_misses,
};
use support::tables;

#[test]
fn every_row_of_the_tables_is_decided_as_documented() {
    let (mut wrong, mut rows) = (Vec::new(), 0);
    for (file, table) in tables() {
        assert!(!table.about.is_empty());
        for case in &table.case {
            rows += 1;
            assert!(!case.because.is_empty() && !case.source.is_empty(), "{file}: {}: no source", case.name);
            let compiled = Compiled::new(case.tenancy(&table));
            let request = case.request();
            let (verdict, open): (_, Vec<Open>) = match case.home(&table) {
                Some(home) => {
                    let across = decide_across(&home, &compiled, &request).unwrap();
                    (across.verdict, across.unknowns.into_iter().map(|(_, open)| open).collect())
                }
                None => {
                    let decision = decide(&compiled, &request);
                    (decision.verdict, decision.unknowns)
                }
            };
            if verdict.as_str() != case.expect {
                let open: Vec<_> = open.iter().map(|open| open.reason.to_string()).collect();
                let verdict = verdict.as_str();
                wrong.push(format!("{file}: {}: {verdict} instead of {} {open:?}", case.name, case.expect));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {rows} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(rows >= 150, "only {rows} rows");
}

#[test]
fn across_tenancies_each_refusal_without_a_deny_names_what_both_sides_must_say() {
    let mut offered = 0;
    for (_, table) in tables() {
        for case in &table.case {
            let Some(home) = case.home(&table) else { continue };
            let compiled = Compiled::new(case.tenancy(&table));
            let across = decide_across(&home, &compiled, &case.request()).unwrap();
            let granted = across.verdict == Verdict::Allow;
            let expected = !granted && across.denied_by.is_empty();
            assert_eq!(across.least.is_some(), expected, "{}", case.name);
            assert!(!granted || (across.endorsed.is_true() && across.admitted.is_true()), "{}", case.name);
            offered += usize::from(expected);
        }
    }
    assert!(offered > 5);
}

/// The tenancy without the statements that deny the request.
fn without_denies(mut tenancy: Tenancy, request: &Request) -> Tenancy {
    for _ in 0..8 {
        let compiled = Compiled::new(tenancy.clone());
        let decision = decide(&compiled, request);
        if decision.denied_by.is_empty() {
            break;
        }
        for at in decision.denied_by {
            let origin = &compiled.origins[at];
            for policy in &mut tenancy.policies {
                policy.statements.retain(|statement| statement.text != origin.text);
            }
        }
    }
    tenancy
}

fn with_statement(tenancy: &Tenancy, text: &str) -> Tenancy {
    let mut tenancy = tenancy.clone();
    tenancy.policies.push(Policy {
        name: "added".into(),
        compartment: Some(String::new()),
        statements: vec![text.into()],
        ..Policy::default()
    });
    tenancy
}

#[test]
fn every_edit_of_a_near_miss_turns_the_refusal_into_a_grant() {
    let (mut wrong, mut tried, mut leasts) = (Vec::new(), 0, 0);
    for (file, table) in tables() {
        for case in table.case.iter().filter(|case| case.expect == "deny" && table.home.is_none()) {
            let request = case.request();
            let tenancy = without_denies(case.tenancy(&table), &request);
            let compiled = Compiled::new(tenancy.clone());
            let Ok(prepared) = Prepared::new(&compiled, &request) else { continue };
            let decision = prepared.decide();
            for miss in near_misses(&prepared, &decision) {
                let origin = &compiled.origins[miss.origin];
                let Some(edit) = miss.edit else {
                    wrong.push(format!("{file}: {}: no edit of {}", case.name, origin.text));
                    continue;
                };
                assert!(!miss.failed.is_empty() || miss.rejected.is_some());
                tried += 1;
                let edited = if miss.attach.is_some() {
                    with_statement(&tenancy, &edit)
                } else {
                    let mut edited = tenancy.clone();
                    let statements = edited.policies.iter_mut().flat_map(|policy| &mut policy.statements);
                    statements
                        .filter(|one| one.text == origin.text)
                        .for_each(|one| *one = edit.as_str().into());
                    edited
                };
                let after = decide(&Compiled::new(edited), &request).verdict;
                if after != Verdict::Allow {
                    wrong.push(format!("{file}: {}: {after:?} after {edit}", case.name));
                }
            }
            for right in &decision.unmet {
                let Some(text) = least_statement(&prepared, &right[0]) else {
                    wrong.push(format!("{file}: {}: no least statement", case.name));
                    continue;
                };
                leasts += 1;
                let compiled = Compiled::new(with_statement(&tenancy, &text));
                let decision = decide(&compiled, &request);
                let after = decision.verdict;
                // A deny that may apply stays one, whatever is allowed.
                let deny =
                    |open: &Open| open.origin.is_some_and(|at| compiled.origins[at].text.starts_with("deny"));
                let only_denies = after == Verdict::Unknown && decision.unknowns.iter().all(deny);
                if after != Verdict::Allow && !only_denies {
                    wrong.push(format!("{file}: {}: {after:?} after {text}", case.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(tried > 100 && leasts > 100, "only {tried} edits and {leasts} least statements");
}

#[test]
fn a_refused_row_with_a_statement_for_it_has_a_near_miss() {
    for (file, table) in tables() {
        for case in &table.case {
            if case.expect != "deny" || case.statements.len() != 1 || table.home.is_some() {
                continue;
            }
            let compiled = Compiled::new(case.tenancy(&table));
            let request = case.request();
            let Ok(prepared) = Prepared::new(&compiled, &request) else { continue };
            let misses = near_misses(&prepared, &prepared.decide());
            let denies = case.statements[0].starts_with("deny");
            let foreign = case.name.contains("family gives no") || case.name.contains("several permissions");
            assert!(!misses.is_empty() || denies || foreign, "{file}: {}: nothing near", case.name);
        }
    }
}
