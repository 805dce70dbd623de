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

use ociam::authz::{Compiled, decide, decide_across};
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
            let decision = match case.home(&table) {
                Some(home) => decide_across(&home, &compiled, &request),
                None => decide(&compiled, &request),
            };
            if decision.verdict.as_str() != case.expect {
                let open: Vec<_> = decision.unknowns.iter().map(|open| open.reason.to_string()).collect();
                wrong.push(format!(
                    "{file}: {}: {} instead of {} {open:?}",
                    case.name,
                    decision.verdict.as_str(),
                    case.expect
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {rows} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(rows >= 150, "only {rows} rows");
}
