//! Holds the README to the program: its sample output, its tree, its commands and its configuration.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).unwrap()
}

fn ociam(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ociam"));
    let output = command.env_clear().current_dir(root()).args(arguments).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The fenced blocks of a kind.
fn blocks(kind: &str) -> Vec<String> {
    let text = readme();
    let fence = format!("```{kind}\n");
    text.split(fence.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn the_output_shown_is_what_the_first_command_prints() {
    let real = ociam(&["lint", "fixtures/terraform"]);
    let shown = blocks("text").into_iter().find(|block| block.starts_with("error[")).unwrap();
    for part in shown.split("…\n\n") {
        for finding in part.trim_end().split("\n\nerror[") {
            assert!(real.contains(finding), "no longer printed:\n{finding}\n\nbut:\n{real}");
        }
    }
}

#[test]
fn the_tree_names_every_folder_that_there_is_and_no_other() {
    let text = readme();
    let tree = text.split("```text\nsrc/\n").nth(1).unwrap().split("```").next().unwrap();
    let indented = |line: &&str| line.starts_with("  ") && !line.starts_with("   ");
    let word = |line: &str| line.split_whitespace().next().unwrap().trim_end_matches('/').to_owned();
    let shown: BTreeSet<String> = tree.lines().filter(indented).map(word).collect();
    let entries = fs::read_dir(root().join("src")).unwrap();
    let real: BTreeSet<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(shown, real);
    let outer = tree.lines().filter(|line| !line.starts_with(' ')).map(word);
    for folder in outer {
        assert!(root().join(&folder).is_dir(), "{folder}");
    }
}

#[test]
fn the_table_names_every_command() {
    let text = readme();
    let help = ociam(&["--help"]);
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    for line in commands.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
        let command = line.split_whitespace().next().unwrap();
        assert!(command == "help" || text.contains(&format!("`ociam {command}")), "{command}");
    }
}

#[test]
fn the_sample_configuration_is_accepted() {
    for block in blocks("toml") {
        assert!(ociam::config::parse(&block).is_ok(), "{block}");
    }
}
