//! How long a whole tree takes: found, read, evaluated, linted, rendered.
#![allow(clippy::expect_used, missing_docs, reason = "a benchmark")]

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ociam::lint::{Settings, lint};
use ociam::source::{Request, load};
use ociam::text::SourceFile;

/// Folders of the tree; every tenth holds policies.
const FOLDERS: usize = 300;

/// Writes a tree of Terraform folders, most without a policy.
fn write_tree(root: &Path) -> u64 {
    let mut bytes = 0;
    for folder in 0..FOLDERS {
        let path = root.join(format!("stack{folder}"));
        fs::create_dir_all(&path).expect("a folder");
        let mut network = String::new();
        for subnet in 0..40 {
            write!(
                network,
                "resource \"oci_core_subnet\" \"s{subnet}\" {{\n  cidr_block     = \"10.{folder}.{subnet}.0/24\"\n  \
                 compartment_id = var.compartment\n  vcn_id         = oci_core_vcn.v.id\n}}\n\n"
            )
            .expect("to memory");
        }
        let mut write = |name: &str, text: &str| {
            bytes += text.len() as u64;
            fs::write(path.join(name), text).expect("a file");
        };
        write("network.tf", &network);
        write(
            "variables.tf",
            "variable \"compartment\" {}\nvariable \"group\" {\n  default = \"Developers\"\n}\n",
        );
        if folder % 10 == 0 {
            write(
                "iam.tf",
                "locals {\n  teams = [\"a\", \"b\", \"c\"]\n}\nresource \"oci_identity_policy\" \"p\" {\n  \
                 compartment_id = var.compartment\n  name           = \"p\"\n  statements = concat(\n    \
                 [for team in local.teams : \"Allow group ${team} to use generative-ai-family in compartment id ${var.compartment}\"],\n    \
                 [\"Allow group ${var.group} to mange generative-ai-chat in compartment Apps\"],\n  )\n}\n",
            );
        }
    }
    bytes
}

fn tree(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = write_tree(folder.path());
    let request = || Request { paths: vec![folder.path().to_owned()], ..Request::default() };
    let mut group = criterion.benchmark_group("tree");
    group.sample_size(20).throughput(Throughput::Bytes(bytes));
    group.bench_function("load 300 folders", |bencher| bencher.iter(|| load(black_box(&request()))));
    group.bench_function("load and lint 300 folders", |bencher| {
        bencher.iter(|| lint(&load(black_box(&request())).configuration, &Settings::default()));
    });
    group.finish();
}

/// A place must be found as fast at the end of a long file as at its start.
fn places(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("places");
    for lines in [1_000, 100_000] {
        let file = SourceFile::new("long.tf", "x = \"Allow group A to use b in tenancy\"\n".repeat(lines));
        let end = file.text.len() - 2;
        group.bench_function(format!("line and column in {lines} lines"), |bencher| {
            bencher.iter(|| file.position(black_box(end)));
        });
    }
    group.finish();
}

criterion_group!(benches, tree, places);
criterion_main!(benches);
