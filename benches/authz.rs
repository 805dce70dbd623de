//! Deciding among many statements, and comparing many with many.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use ociam::authz::{Compiled, Principal, Request, Tenancy, Wanted, decide, diff};

/// Statements as large tenancies have them: many groups and compartments, a few for everybody.
fn statements(count: usize) -> Vec<String> {
    let types =
        ["generative-ai-chat", "generative-ai-family", "buckets", "instances", "virtual-network-family"];
    let verbs = ["inspect", "read", "use", "manage"];
    (0..count)
        .map(|at| {
            let (kind, verb) = (types[at % types.len()], verbs[(at / 7) % verbs.len()]);
            let (group, place) = (at % 211, (at / 3) % 97);
            match at % 40 {
                0 => format!(
                    "allow any-user to use generative-ai-chat in compartment c{place} where all \
                     {{request.principal.type = 'generativeaiapikey', request.principal.id = 'ocid1.generativeaiapikey.oc1..{at}'}}"
                ),
                1 => format!("deny group g{group} to manage {kind} in compartment c{place}"),
                _ => format!("allow group g{group} to {verb} {kind} in compartment c{place}:p{}", at % 5),
            }
        })
        .collect()
}

fn tenancy(statements: &[String]) -> Compiled {
    let mut tenancy = Tenancy::of_statements(statements.iter().map(String::as_str));
    let compartments = (0..97).flat_map(|at| {
        let own = (format!("c{at}"), format!("ocid1.compartment.oc1..c{at}"));
        let inner = (0..5).map(move |p| (format!("c{at}:p{p}"), format!("ocid1.compartment.oc1..c{at}p{p}")));
        std::iter::once(own).chain(inner)
    });
    tenancy.compartments = compartments
        .map(|(path, ocid)| ociam::authz::Compartment { path, ocid: Some(ocid), ..Default::default() })
        .collect();
    tenancy.complete = true;
    Compiled::new(tenancy)
}

fn bench_decide(criterion: &mut Criterion) {
    let principals = ["group:g17", "genai-api-key:ocid1.generativeaiapikey.oc1..40"]
        .map(|text| Principal::parse(text).unwrap());
    for count in [10, 1_000, 10_000] {
        let compiled = tenancy(&statements(count));
        for (name, principal) in ["group", "key"].iter().zip(&principals) {
            let wanted = Wanted::parse("chat").unwrap();
            let request = Request::new(principal.clone(), wanted, Some("c13:p1"));
            criterion.bench_function(&format!("decide/{name}/{count}"), |bencher| {
                bencher.iter(|| decide(black_box(&compiled), black_box(&request)));
            });
        }
    }
}

fn bench_diff(criterion: &mut Criterion) {
    let old = statements(5_000);
    let mut new = old.clone();
    for (at, statement) in new.iter_mut().enumerate().filter(|(at, _)| at % 50 == 2) {
        *statement = statement.replace(" use ", " manage ").replace(" read ", " use ");
        if at % 100 == 2 {
            statement.push_str(" where request.region = 'ord'");
        }
    }
    let (old, new) = (tenancy(&old), tenancy(&new));
    let mut group = criterion.benchmark_group("diff");
    group.sample_size(10);
    group.bench_function("5000", |bencher| bencher.iter(|| diff(black_box(&old), black_box(&new))));
    group.finish();
}

fn bench_compile(criterion: &mut Criterion) {
    let all = statements(5_000);
    let mut group = criterion.benchmark_group("compile");
    group.sample_size(10);
    group.bench_function("5000", |bencher| bencher.iter(|| tenancy(black_box(&all))));
    group.finish();
}

criterion_group!(benches, bench_decide, bench_diff, bench_compile);
criterion_main!(benches);
