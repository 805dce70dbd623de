//! How long a whole tree takes: found, read, evaluated, linted, rendered. Makes its trees in temporary folders, and
//! holds the command against ripgrep, where that is at hand: both find, open and read every file.
#![allow(clippy::expect_used, clippy::print_stdout, missing_docs, reason = "a benchmark")]

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ociam::lint::{Settings, lint};
use ociam::report::{Format, Report, Style, write};
use ociam::source::{Request, Stdin, load};
use ociam::text::SourceFile;

/// Folders of the tree that the parts of a run are timed on.
const FOLDERS: usize = 300;
/// Folders of the tree that is held against ripgrep: tens of thousands of files.
const MANY_FOLDERS: usize = 10_000;
/// One folder in so many holds a policy.
const POLICY_EVERY: usize = 20;
/// Runs of each command, of which the fastest counts.
const RUNS: usize = 7;

/// Writes a tree of Terraform folders, most without a policy, each a root that calls a module of its own.
fn write_tree(root: &Path, folders: usize) -> u64 {
    let mut bytes = 0;
    for folder in 0..folders {
        let path = root.join(format!("team{}/stack{folder}", folder / 100));
        fs::create_dir_all(path.join("network")).expect("a folder");
        let mut network = String::new();
        for subnet in 0..12 {
            write!(
                network,
                "resource \"oci_core_subnet\" \"s{subnet}\" {{\n  # Allow SSH from the bastion\n  \
                 cidr_block     = \"10.{}.{subnet}.0/24\"\n  compartment_id = var.compartment\n  \
                 vcn_id         = oci_core_vcn.v.id\n  display_name   = \"subnet-{subnet}\"\n}}\n\n",
                folder % 256
            )
            .expect("to memory");
        }
        let mut write = |name: &str, text: &str| {
            bytes += text.len() as u64;
            fs::write(path.join(name), text).expect("a file");
        };
        write("network/main.tf", &network);
        write("network/variables.tf", "variable \"compartment\" {}\n");
        write(
            "main.tf",
            "data \"oci_identity_availability_domains\" \"ads\" {\n  compartment_id = var.compartment\n}\n\
             module \"network\" {\n  source      = \"./network\"\n  compartment = var.compartment\n}\n",
        );
        write(
            "variables.tf",
            "variable \"compartment\" {}\nvariable \"group\" {\n  default = \"Developers\"\n}\n",
        );
        if folder % POLICY_EVERY == 0 {
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
    let bytes = write_tree(folder.path(), FOLDERS);
    let request = || Request { paths: vec![folder.path().to_owned()], ..Request::default() };
    let mut group = criterion.benchmark_group("tree");
    group.sample_size(20).throughput(Throughput::Bytes(bytes));
    group.bench_function("load 300 folders", |bencher| bencher.iter(|| load(black_box(&request()))));
    group.bench_function("load and lint 300 folders", |bencher| {
        bencher.iter(|| lint(&load(black_box(&request())).configuration, &Settings::default()));
    });
    group.finish();
}

/// The shortest of some runs of a command, its output thrown away.
fn fastest(program: &str, arguments: &[&str]) -> Option<Duration> {
    let run = || {
        let start = Instant::now();
        let status = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        status.ok().map(|_| start.elapsed())
    };
    (0..RUNS).map(|_| run()).min()?
}

/// Prints how much longer than ripgrep the command takes over a large tree.
fn against_ripgrep(_: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = write_tree(folder.path(), MANY_FOLDERS);
    let root = folder.path().to_string_lossy();
    let files = MANY_FOLDERS * 4 + MANY_FOLDERS.div_ceil(POLICY_EVERY);
    println!("a tree of {files} files, {} MB", bytes >> 20);
    let Some(ripgrep) = fastest("rg", &["-c", "oci_identity_policy", &root]) else {
        println!("rg is not at hand: no ratio");
        return;
    };
    println!("rg -c oci_identity_policy: {:.3} s", ripgrep.as_secs_f64());
    for command in ["lint", "parse"] {
        let arguments = [command, "--format", "json", &root];
        let own = fastest(env!("CARGO_BIN_EXE_ociam"), &arguments).expect("the command");
        let ratio = own.as_secs_f64() / ripgrep.as_secs_f64();
        println!("ociam {command}: {:.3} s, {ratio:.2} times as long", own.as_secs_f64());
    }
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

/// A finding at the end of a long file must be shown as fast as one in a short file.
fn rendering(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rendering");
    for lines in [100, 10_000, 1_000_000] {
        let text =
            format!("{}Allow group A to mange buckets in tenancy\n", "# a line of comment\n".repeat(lines));
        let stdin = Stdin { name: Some("long.policy".to_owned()), bytes: text.into_bytes() };
        let loaded = load(&Request { stdin: Some(stdin), ..Request::default() });
        let outcome = lint(&loaded.configuration, &Settings::default());
        assert!(!outcome.findings.is_empty(), "something to show");
        let report = Report::of(&loaded.configuration.files, &outcome.findings);
        group.bench_function(format!("a finding behind {lines} lines"), |bencher| {
            bencher.iter(|| {
                let mut out = Vec::new();
                let style = Style { color: false, width: 100 };
                write(Format::Human, black_box(&report), style, &mut out).expect("to memory");
                out
            });
        });
    }
    group.finish();
}

criterion_group!(benches, tree, places, rendering, against_ripgrep);
criterion_main!(benches);
