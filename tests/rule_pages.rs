//! Runs the examples of every rule page: each flagged block gives exactly its rule, each accepted block
//! nothing, each fix lints clean.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ociam::lint::{Persona, rules};
use rayon::prelude::*;
use serde_json::Value;

fn pages() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let name = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    paths.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

struct Block {
    tag: String,
    text: String,
}

/// The fenced blocks of a section.
fn blocks(page: &str, heading: &str) -> Vec<Block> {
    let section = page.split_once(heading).map_or("", |(_, rest)| rest);
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for line in section.lines() {
        match &mut open {
            Some(block) if line == "```" => {
                found.push(Block {
                    tag: std::mem::take(&mut block.tag),
                    text: std::mem::take(&mut block.text),
                });
                open = None;
            }
            Some(block) => block.text.push_str(&format!("{line}\n")),
            None if line.starts_with('#') => break,
            None => {
                open = line.strip_prefix("```").map(|tag| Block { tag: tag.to_owned(), text: String::new() });
            }
        }
    }
    found
}

/// The block as a file of its format.
fn host(block: &Block) -> (&'static str, String) {
    match block.tag.as_str() {
        "policy" => ("text", block.text.clone()),
        "hcl" => ("terraform", block.text.clone()),
        "statements-json" => ("statements-json", block.text.clone()),
        "rule" => {
            let name = "resource \"oci_identity_dynamic_group\" \"d\" {\n  name          = \"d\"\n";
            ("terraform", format!("{name}  matching_rule = <<-EOT\n{}  EOT\n}}\n", block.text))
        }
        other => panic!("no such kind of block: {other}"),
    }
}

/// What the rule of a page is run with: rules of opinion run only when asked for, and a `toml` block is the
/// configuration for the blocks below it.
fn lint(rule: &str, config: Option<&str>, format: &str, text: &str) -> Vec<Value> {
    let file = config.map(|text| {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    });
    let from = match &file {
        Some(file) => vec!["--config", file.path().to_str().unwrap()],
        None => vec!["--isolated"],
    };
    let asks = match rules::find(rule).map(|rule| rule.persona) {
        Some(Persona::Pedantic) => Some("--pedantic"),
        Some(Persona::Preview) => Some("--preview"),
        Some(Persona::Default) | None => None,
    };
    let mut child = Command::new(env!("CARGO_BIN_EXE_ociam"))
        .arg("lint")
        .args(from)
        .args(["--quiet", "--format", "json", "--input-format", format, "-"])
        .args(asks)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    document["findings"].as_array().unwrap().clone()
}

/// The text after all fixes that do not overlap.
fn fixed(text: &str, findings: &[Value]) -> String {
    let mut text = text.to_owned();
    let fixes = findings.iter().filter_map(|finding| finding["fix"]["edits"].as_array());
    let mut edits: Vec<(usize, usize, String)> = fixes
        .flatten()
        .map(|edit| {
            let offset = |end: &str| edit["range"][end]["offset"].as_u64().unwrap() as usize;
            (offset("start"), offset("end"), edit["replacement"].as_str().unwrap().to_owned())
        })
        .collect();
    edits.sort();
    edits.dedup();
    let mut from = usize::MAX;
    for (start, end, replacement) in edits.into_iter().rev().filter(|(start, ..)| *start != usize::MAX) {
        if end <= from {
            text.replace_range(start..end, &replacement);
            from = start;
        }
    }
    text
}

fn rule_names(findings: &[Value]) -> BTreeSet<String> {
    findings.iter().map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_rule_has_its_page_and_every_page_its_rule() {
    let pages: Vec<String> = pages().into_iter().map(|(name, _)| name).collect();
    let rules: Vec<&str> = rules::all().iter().map(|rule| rule.name).collect();
    assert_eq!(pages, rules);
}

#[test]
fn every_page_has_the_same_sections_and_opens_with_one_sentence() {
    for (name, page) in pages() {
        let headings: Vec<&str> = page.lines().filter(|line| line.starts_with('#')).collect();
        let title = format!("# `{name}`");
        let wanted = [
            title.as_str(),
            "## What it does",
            "## Why it matters",
            "## Examples",
            "### Flagged",
            "### Accepted",
            "## Fix",
            "## See also",
            "## Since",
        ];
        assert_eq!(
            headings.iter().filter(|line| wanted.contains(line)).collect::<Vec<_>>(),
            wanted.iter().collect::<Vec<_>>(),
            "{name}"
        );
        let rule = rules::find(&name).unwrap();
        let summary = rule.summary();
        assert!(summary.ends_with('.') && summary.len() < 120, "{name}: {summary}");
        assert_eq!(rule.since(), "0.1.0");
    }
}

#[test]
fn every_example_does_what_its_page_says() {
    let wrong: Vec<String> = pages().par_iter().flat_map(|(name, page)| check(name, page)).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn check(name: &str, page: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let (flagged, accepted) = (blocks(page, "### Flagged\n"), blocks(page, "### Accepted\n"));
    if flagged.is_empty() || accepted.is_empty() {
        wrong.push(format!("{name}: no example"));
    }
    let mut config = None;
    for block in &flagged {
        if block.tag == "toml" {
            config = Some(block.text.as_str());
            continue;
        }
        let (format, text) = host(block);
        let findings = lint(name, config, format, &text);
        let names = rule_names(&findings);
        if names != BTreeSet::from([name.to_owned()]) {
            wrong.push(format!("{name}: flagged block gives {names:?}: {}", text.trim()));
        }
        let (mut after, mut left) = (text.clone(), findings);
        // A fix may bring another to light.
        for _ in 0..3 {
            let next = fixed(&after, &left);
            if next == after {
                break;
            }
            left = lint(name, config, format, &next);
            after = next;
        }
        if after != text && !left.is_empty() {
            wrong.push(format!("{name}: after the fix {:?} is left: {}", rule_names(&left), after.trim()));
        }
    }
    let mut config = None;
    for block in &accepted {
        if block.tag == "toml" {
            config = Some(block.text.as_str());
            continue;
        }
        let (format, text) = host(block);
        let names = rule_names(&lint(name, config, format, &text));
        if !names.is_empty() {
            wrong.push(format!("{name}: accepted block gives {names:?}: {}", text.trim()));
        }
    }
    wrong
}
