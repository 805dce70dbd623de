//! Which findings a run reports: of changed lines, of staged lines, beyond a baseline.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

mod command;

use std::fs;
use std::path::Path;

use command::{code, folder, git, ociam, shown, stderr, stdout};
use serde_json::Value;
use tempfile::TempDir;

const OLD: &str = "Allow group A to mange keys in tenancy\n";
const NEW: &str = "Allow group B to mange keys in tenancy\n";

/// A repository with one commit; `None` where there is no git.
fn repository(files: &[(&str, &str)]) -> Option<TempDir> {
    let folder = folder(files);
    if std::process::Command::new("git").arg("--version").output().is_err() {
        eprintln!("skipped: no git here");
        return None;
    }
    git(folder.path(), &["init", "-q", "-b", "main"])?;
    git(folder.path(), &["add", "."])?;
    git(folder.path(), &["commit", "-qm", "first"])?;
    Some(folder)
}

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).unwrap();
}

/// The places of the errors that a run reports.
fn errors(folder: &Path, arguments: &[&str]) -> Vec<String> {
    let lint = ["lint", "-f", "concise", "--severity-threshold", "error"];
    let text = stdout(&mut ociam(folder, &[&lint, arguments].concat()));
    text.lines().map(|line| line.split(": ").next().unwrap().to_owned()).collect()
}

#[test]
fn staged_lines_are_read_from_the_index_and_not_from_the_work_tree() {
    let Some(folder) = repository(&[("iam.policy", OLD)]) else { return };
    let folder = folder.path();
    assert!(errors(folder, &["--staged"]).is_empty());
    write(folder, "iam.policy", &format!("{OLD}{NEW}"));
    assert!(errors(folder, &["--staged"]).is_empty(), "nothing is staged yet");
    git(folder, &["add", "."]);
    // The work tree goes on: the staged mistake is mended there, and another one made.
    write(folder, "iam.policy", &format!("{OLD}\n\n{}{NEW}", NEW.replace("mange", "manage")));
    write(folder, "untracked.policy", NEW);
    assert_eq!(errors(folder, &["--staged"]), ["iam.policy:2:18"]);
    fs::remove_file(folder.join("iam.policy")).unwrap();
    assert_eq!(errors(folder, &["--staged"]), ["iam.policy:2:18"]);
}

#[test]
fn staged_files_are_named_as_in_the_work_tree_and_read_with_their_context() {
    let tree = "resource \"oci_identity_policy\" \"p\" {\n  statements = [templatefile(\"${path.module}/../texts/x.tftpl\", { g = \"A\" })]\n}\n";
    let Some(folder) =
        repository(&[("iam/main.tf", tree), ("texts/x.tftpl", "Allow group ${g} to use keys in tenancy\n")])
    else {
        return;
    };
    let folder = folder.path();
    write(folder, "texts/x.tftpl", "Allow group ${g} to mange keys in tenancy\n");
    write(folder, "iam/own.policy", NEW);
    git(folder, &["add", "."]);
    write(folder, "texts/x.tftpl", "");
    assert_eq!(errors(folder, &["--staged", "iam"]).len(), 2);
    let inside = folder.join("iam");
    let found = errors(&inside, &["--staged", "."]);
    assert!(found.contains(&"own.policy:1:18".to_owned()), "{found:?}");
    let absolute = fs::canonicalize(inside.join("own.policy")).unwrap();
    assert_eq!(errors(folder, &["--staged", absolute.to_str().unwrap()]), ["iam/own.policy:1:18"]);
    let text = shown(&mut ociam(folder, &["lint", "--staged", "-f", "json"]));
    assert!(!text.contains("ociam-staged"), "{text}");
}

#[test]
fn a_first_commit_and_a_moved_file_are_staged_like_any_other() {
    let Some(folder) = repository(&[("a.policy", OLD)]) else { return };
    git(folder.path(), &["mv", "a.policy", "b.policy"]);
    assert!(errors(folder.path(), &["--staged"]).is_empty(), "no line of it has changed");
    let fresh = self::folder(&[("a.policy", OLD)]);
    git(fresh.path(), &["init", "-q"]);
    git(fresh.path(), &["add", "."]);
    assert_eq!(errors(fresh.path(), &["--staged"]), ["a.policy:1:18"]);
}

#[test]
fn only_lines_that_the_branch_changed_are_reported() {
    let Some(folder) = repository(&[("iam.policy", OLD), ("moved.policy", OLD)]) else { return };
    let folder = folder.path();
    assert!(errors(folder, &["--changed-since", "HEAD"]).is_empty());
    git(folder, &["checkout", "-qb", "feature"]);
    write(folder, "iam.policy", &format!("{OLD}{NEW}"));
    git(folder, &["mv", "moved.policy", "there.policy"]);
    git(folder, &["commit", "-qam", "second"]);
    // What main gains meanwhile is not this branch's doing.
    git(folder, &["checkout", "-q", "main"]);
    write(folder, "iam.policy", &format!("Allow group M to use keys in tenancy\n{OLD}"));
    git(folder, &["commit", "-qam", "third"]);
    git(folder, &["checkout", "-q", "feature"]);
    write(folder, "new.policy", NEW);
    let wanted = ["iam.policy:2:18", "new.policy:1:18"];
    assert_eq!(errors(folder, &["--changed-since", "main"]), wanted);
    assert_eq!(errors(folder, &["--changed", "main"]), wanted);
    // What is not reported is not fixed.
    code(&mut ociam(folder, &["lint", "--quiet", "--unsafe-fixes", "--changed-since", "main"]));
    let fixed = fs::read_to_string(folder.join("iam.policy")).unwrap();
    assert_eq!(fixed, format!("{OLD}{}", NEW.replace("mange", "manage")));
}

#[test]
fn around_lines_that_are_gone_the_neighbours_count() {
    let text = |lines: &[&str]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let (old, keep) = (OLD.trim_end(), "Allow group K to use keys in tenancy");
    let Some(folder) = repository(&[("iam.policy", &text(&[old, keep, keep, old, keep, old]))]) else {
        return;
    };
    write(folder.path(), "iam.policy", &text(&[old, keep, old, keep, old]));
    assert_eq!(errors(folder.path(), &["--changed-since", "HEAD"]), ["iam.policy:3:18"]);
}

#[test]
fn the_user_s_own_settings_of_git_change_nothing() {
    let Some(folder) = repository(&[("a b.policy", OLD)]) else { return };
    let folder = folder.path();
    for (key, value) in [
        ("diff.noprefix", "true"),
        ("diff.mnemonicPrefix", "true"),
        ("diff.external", "false"),
        ("diff.interHunkContext", "9"),
        ("diff.relative", "true"),
        ("color.ui", "always"),
    ] {
        git(folder, &["config", key, value]);
    }
    write(folder, "a b.policy", &format!("{OLD}{OLD}{NEW}"));
    assert_eq!(errors(folder, &["--changed-since", "HEAD"]), ["a b.policy:2:18", "a b.policy:3:18"]);
}

#[test]
fn changes_inside_of_a_submodule_are_changes() {
    let (Some(inner), Some(outer)) =
        (repository(&[("iam.policy", OLD)]), repository(&[("main.policy", OLD)]))
    else {
        return;
    };
    let outer = outer.path();
    git(outer, &["submodule", "--quiet", "add", inner.path().to_str().unwrap(), "sub"]);
    git(outer, &["commit", "-qm", "second"]);
    assert!(errors(outer, &["--changed-since", "HEAD"]).is_empty());
    write(outer, "sub/iam.policy", &format!("{OLD}\n{NEW}"));
    assert_eq!(errors(outer, &["--changed-since", "HEAD"]), ["sub/iam.policy:3:18"]);
}

#[test]
fn a_revision_that_can_t_be_had_is_told_with_what_to_do() {
    let Some(folder) = repository(&[("iam.policy", OLD)]) else { return };
    git(folder.path(), &["commit", "--allow-empty", "-qm", "second"]);
    let clone = TempDir::new().unwrap();
    let from = format!("file://{}", folder.path().display());
    git(clone.path(), &["clone", "-q", "--depth", "1", &from, "shallow"]);
    let outside = self::folder(&[("iam.policy", OLD)]);
    let shallow = clone.path().join("shallow");
    let mut all = String::new();
    for (folder, arguments) in [
        (folder.path(), &["--changed-since", "no-such-branch"][..]),
        (&shallow, &["--changed-since", "HEAD~1"]),
        (outside.path(), &["--changed-since", "HEAD"]),
        (outside.path(), &["--staged"]),
        (folder.path(), &["--staged", "/etc"]),
        (folder.path(), &["--staged", "--fix"]),
    ] {
        let text = shown(&mut ociam(folder, &[&["lint"], arguments].concat()));
        all.push_str(&format!("$ ociam lint {}\n{text}\n", arguments.join(" ")));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_baseline_only_shrinks_when_asked_to() {
    let folder = folder(&[("a.policy", OLD), ("b.policy", NEW)]);
    let folder = folder.path();
    let baseline = ["--baseline", "known.json"];
    let lint =
        |arguments: &[&str]| shown(&mut ociam(folder, &[&["lint"], &baseline[..], arguments].concat()));
    let known = || fs::read_to_string(folder.join("known.json")).unwrap();
    let mut all = lint(&["--write-baseline"]);
    let first = known();
    // A run over a part, or with fewer rules, does not take the rest for gone.
    all.push_str(&lint(&["b.policy", "--shrink-baseline"]));
    all.push_str(&lint(&["--ignore", "unknown-verb", "--shrink-baseline"]));
    assert_eq!(known(), first);
    write(
        folder,
        "a.policy",
        "Allow group A to use keys in tenancy\nAllow group C to mange keys in tenancy\n",
    );
    all.push_str(&lint(&["-f", "concise"]));
    assert_eq!(known(), first);
    all.push_str(&lint(&["-f", "concise", "--shrink-baseline"]));
    let second: Value = serde_json::from_str(&known()).unwrap();
    let files: Vec<_> = second["findings"].as_array().unwrap().iter().map(|entry| &entry["file"]).collect();
    assert_eq!(files, ["b.policy"]);
    fs::remove_file(folder.join("b.policy")).unwrap();
    all.push_str(&lint(&["-f", "concise", "--shrink-baseline"]));
    insta::assert_snapshot!(all);
}

#[test]
fn what_is_no_baseline_is_told_to_be_none() {
    let folder = folder(&[
        ("iam.policy", OLD),
        ("array.json", "[]"),
        ("other.json", "{\"version\": \"5.0\", \"results\": []}"),
        ("newer.json", "{\"version\": 2, \"findings\": []}"),
        ("keys.json", "{\"version\": 1, \"findings\": [{\"path\": \"x\"}]}"),
        ("text.json", "not json"),
    ]);
    let mut all = String::new();
    for name in ["array.json", "other.json", "newer.json", "keys.json", "text.json", "none.json", "."] {
        all.push_str(&stderr(&mut ociam(folder.path(), &["lint", "--baseline", name, "iam.policy"])));
        assert_eq!(code(&mut ociam(folder.path(), &["lint", "--baseline", name, "iam.policy"])), 2);
    }
    let other = || fs::read_to_string(folder.path().join("other.json")).unwrap();
    let before = other();
    let write = ["lint", "--baseline", "other.json", "--write-baseline", "iam.policy"];
    assert_eq!(code(&mut ociam(folder.path(), &write)), 2);
    assert_eq!(other(), before);
    insta::assert_snapshot!(all);
}

#[test]
fn a_baseline_knows_its_findings_wherever_the_run_begins() {
    let folder = folder(&[("a/b/iam.policy", "Allow group A to raed buckets in tenancy\n")]);
    let lint = |from: &str, arguments: &[&str]| {
        let path = folder.path().join(from);
        code(&mut ociam(&path, &[&["lint", "--isolated", "-q", "-f", "concise"], arguments].concat()))
    };
    assert_eq!(lint("", &["--baseline", "a/known.json", "--write-baseline", "."]), 0);
    let whole = folder.path().to_str().unwrap().to_owned();
    let runs: [(&str, &str, &str); 4] = [
        ("", "a/known.json", "."),
        ("a", "known.json", "b"),
        ("a/b", "../known.json", "iam.policy"),
        ("a/b", "../known.json", &whole),
    ];
    for (from, baseline, path) in runs {
        assert_eq!(lint(from, &["--baseline", baseline, path]), 0, "{from} {path}");
        assert_eq!(lint(from, &["--baseline", baseline, "--shrink-baseline", path]), 0, "{from} {path}");
    }
    fs::write(folder.path().join("a/b/iam.policy"), "Allow group A to read buckets in tenancy\n").unwrap();
    assert_eq!(lint("a/b", &["--baseline", "../known.json", "--shrink-baseline", "."]), 0);
    assert!(!fs::read_to_string(folder.path().join("a/known.json")).unwrap().contains("fingerprint"));
}
