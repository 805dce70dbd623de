//! How long a statement takes to parse and to format.
#![allow(clippy::expect_used, missing_docs, reason = "a benchmark")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ociam::policy::{Style, format, parse, parse_matching_rule};

/// Statements of the kinds that make up most policies, 150 bytes on average.
const STATEMENTS: &[&str] = &[
    "Allow group Developers to use generative-ai-family in compartment GenAI-Development",
    "allow any-user to use generative-ai-family in compartment id ocid1.compartment.oc1..aaaaaaaafgdfsg8976sdfg79sdfggsd where ALL {request.principal.type='generativeaiapikey', request.principal.id='ocid1.generativeaiapikey.oc1.us-chicago-1.amaaaaaa'}",
    "allow dynamic-group 'Default'/'agents' to manage object-family in compartment root:apps:agents where request.permission != 'BUCKET_DELETE'",
    "Allow group ${var.group_name} to manage virtual-network-family in compartment id ${var.compartment_ocid} where request.region = 'fra'",
];

const RULE: &str =
    "all {resource.type = 'genaiagent', resource.compartment.id = 'ocid1.compartment.oc1..aaaaaaaaexample'}";

const BROKEN: &str =
    "Allow dynamic group A to mange all resources in compartmentA where request.region == 'fra' and a.b = c";

fn policy(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("policy");
    let bytes: usize = STATEMENTS.iter().map(|statement| statement.len()).sum();
    group.throughput(Throughput::Bytes(u64::try_from(bytes).expect("small")));
    group.bench_function("parse four statements", |bencher| {
        bencher
            .iter(|| STATEMENTS.iter().map(|text| parse(black_box(text), &[]).errors.len()).sum::<usize>());
    });
    let parsed: Vec<_> = STATEMENTS.iter().map(|text| (*text, parse(text, &[]))).collect();
    group.bench_function("format four statements", |bencher| {
        bencher.iter(|| {
            parsed
                .iter()
                .map(|(text, parsed)| format(text, black_box(parsed), Style::default()).len())
                .sum::<usize>()
        });
    });
    group.finish();
    criterion.bench_function("policy/parse a matching rule", |bencher| {
        bencher.iter(|| parse_matching_rule(black_box(RULE), &[]));
    });
    criterion.bench_function("policy/parse a statement with six mistakes", |bencher| {
        bencher.iter(|| parse(black_box(BROKEN), &[]));
    });
}

criterion_group!(benches, policy);
criterion_main!(benches);
