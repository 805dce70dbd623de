//! `--fix` on files as they occur: links, line ends, read-only files, standard input, text that others change.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

mod command;

use std::fs;

use command::{code, folder, ociam, shown};

const WRONG: &str =
    "Allow group A to use generative-ai-chat in compartment B where request.region = 'us-chicago-1'\n";

fn right() -> String {
    WRONG.replace("us-chicago-1", "ord")
}

#[test]
fn line_ends_and_a_missing_last_one_are_kept() {
    for text in
        [WRONG.replace('\n', "\r\n").repeat(2), WRONG.trim_end().to_owned(), format!("\u{feff}{WRONG}")]
    {
        let folder = folder(&[("iam.policy", &text)]);
        ociam(folder.path(), &["lint", "--fix", "iam.policy"]).output().unwrap();
        let fixed = fs::read_to_string(folder.path().join("iam.policy")).unwrap();
        assert_eq!(fixed, text.replace("us-chicago-1", "ord"));
    }
}

#[test]
fn standard_input_is_printed_fixed_and_reported_beside() {
    let folder = folder(&[]);
    let run = |arguments: &[&str], text: &str| {
        let mut command = ociam(folder.path(), &[&["lint"], arguments, &["-"]].concat());
        shown(command.write_stdin(text))
    };
    let both = format!("{WRONG}Allow any-user to read buckets in compartment Public\n");
    insta::assert_snapshot!(run(&["--fix", "-f", "concise"], &both));
    // An editor takes the text back even when there was nothing to fix.
    insta::assert_snapshot!("stdin_right", run(&["--fix"], &right()));
    insta::assert_snapshot!("stdin_diff", run(&["--diff"], WRONG));
    fs::write(folder.path().join("iam.policy"), WRONG).unwrap();
    insta::assert_snapshot!("stdin_and_files", run(&["--fix", "iam.policy"], WRONG));
}

#[test]
fn a_resource_type_in_two_words_becomes_the_one_that_is_meant_not_a_wider_one() {
    let folder = folder(&[("iam.policy", "Allow group A to use generative-ai chat in compartment B\n")]);
    ociam(folder.path(), &["lint", "--unsafe-fixes", "--fix", "iam.policy"]).output().unwrap();
    let fixed = fs::read_to_string(folder.path().join("iam.policy")).unwrap();
    assert_eq!(fixed, "Allow group A to use generative-ai-chat in compartment B\n");
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = folder(&[("real/iam.txt", WRONG)]);
    let real = folder.path().join("real/iam.txt");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real/iam.txt", folder.path().join("iam.policy")).unwrap();
    ociam(folder.path(), &["lint", "--fix", "iam.policy"]).output().unwrap();
    assert!(fs::symlink_metadata(folder.path().join("iam.policy")).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&real).unwrap(), right());
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
}

#[cfg(unix)]
#[test]
fn a_file_that_is_found_by_a_link_too_is_fixed_once() {
    use std::os::unix::fs::symlink;
    let folder = folder(&[("real/iam.txt", WRONG)]);
    symlink("real/iam.txt", folder.path().join("iam.txt")).unwrap();
    assert_eq!(code(&mut ociam(folder.path(), &["lint", "--fix", "."])), 0);
    assert_eq!(fs::read_to_string(folder.path().join("real/iam.txt")).unwrap(), right());
    assert!(fs::symlink_metadata(folder.path().join("iam.txt")).unwrap().is_symlink());
}

#[test]
fn where_one_file_can_t_be_written_none_is() {
    let folder = folder(&[("a.policy", WRONG), ("b.policy", WRONG)]);
    let path = folder.path().join("b.policy");
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    insta::assert_snapshot!(shown(&mut ociam(folder.path(), &["lint", "--fix", "."])));
    assert_eq!(fs::read_to_string(folder.path().join("a.policy")).unwrap(), WRONG);
    insta::assert_snapshot!("read_only_fmt", shown(ociam(folder.path(), &["fmt", "."]).write_stdin("")));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no temporary file stays");
}

#[test]
fn the_exit_code_says_what_is_left() {
    let folder = folder(&[("iam.policy", WRONG)]);
    let run = |arguments: &[&str]| code(&mut ociam(folder.path(), &[&["lint", "-q"], arguments].concat()));
    assert_eq!(run(&["--diff"]), 1, "there is something to fix");
    assert_eq!(run(&["--diff", "--ignore", "names"]), 0);
    assert_eq!(run(&["--fix"]), 0, "nothing is left");
    assert_eq!(run(&["--diff"]), 0);
    for arguments in [&["--diff", "-f", "json"][..], &["--diff", "-o", "x"], &["--write-baseline"]] {
        assert_eq!(run(arguments), 2, "{arguments:?}");
    }
}
