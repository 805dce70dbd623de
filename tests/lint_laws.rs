//! Laws of the linter for any text: findings lie in their files and in order, fixes can be applied, a
//! baseline knows what it was made of wherever the lines go.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

mod laws;

use std::collections::BTreeMap;

use ociam::lint::{Baseline, Outcome, Settings, apply_fixes, lint};
use ociam::source::{Configuration, InputFormat, Request, Stdin, load};
use proptest::prelude::*;

fn read(text: &str, format: InputFormat) -> Configuration {
    let stdin = Some(Stdin { name: None, bytes: text.as_bytes().to_vec() });
    load(&Request { paths: Vec::new(), stdin, format: Some(format), overlay: BTreeMap::new() }).configuration
}

fn run(text: &str, format: InputFormat) -> (Configuration, Outcome) {
    let configuration = read(text, format);
    let settings = Settings { pedantic: true, ..Settings::default() };
    let outcome = lint(&configuration, &settings);
    (configuration, outcome)
}

/// A statement of words that mean something, in an order that may not.
fn statement() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "allow",
        "Allow",
        "deny",
        "endorse",
        "group",
        "dynamic-group",
        "any-user",
        "Writers",
        "'A B'",
        "to",
        "use",
        "mange",
        "manage",
        "generative-ai-family",
        "generative-ai-familly",
        "{GENERATIVE_AI_CHAT}",
        "{",
        "}",
        ",",
        "in",
        "tenancy",
        "compartment",
        "id",
        "ocid1.compartment.oc1..aaaa",
        "ocd1.group.oc1..a",
        "where",
        "all {",
        "request.principal.type",
        "=",
        "!=",
        "'genaiapikey'",
        "\"x\"",
        "‘y’",
        "and",
        "${var.x}",
        "<name>",
        "/a*/",
        "é",
        "\u{200b}",
        "# ociam: ignore[unknown-verb]",
        "\\'",
        "(",
        ")",
        "request.region",
        "'ord'",
        ";",
    ]);
    prop::collection::vec(words, 0..24).prop_map(|words| words.join(" "))
}

fn file() -> impl Strategy<Value = String> {
    let whole = Just("Allow group A to use keys in tenancy".to_owned());
    prop::collection::vec(prop_oneof![statement(), whole], 0..6).prop_map(|lines| lines.join("\n"))
}

fn terraform(text: &str) -> String {
    let quoted = |line: &str| format!("    \"{}\",\n", line.replace('\\', "\\\\").replace('"', "\\\""));
    let list: String = text.lines().map(quoted).collect();
    format!(
        "resource \"oci_identity_policy\" \"p\" {{\n  compartment_id = var.t\n  statements = [\n{list}  ]\n}}\n"
    )
}

fn holds(text: &str, format: InputFormat) -> Result<(), TestCaseError> {
    let (configuration, outcome) = run(text, format);
    let mut last = None;
    for finding in &outcome.findings {
        let places = std::iter::once(finding.place).chain(finding.labels.iter().map(|label| label.place));
        let edits = finding.fix.iter().flat_map(|fix| &fix.edits).map(|edit| edit.place);
        for place in places.chain(edits) {
            let file = configuration.files.get(place.file).unwrap();
            prop_assert!(file.text.get(place.span.range()).is_some(), "{finding:?}");
        }
        prop_assert!(
            !finding.message.contains('\n') && !finding.message.ends_with('.'),
            "{}",
            finding.message
        );
        let key = (finding.place.file, finding.place.span.start, finding.place.span.end);
        prop_assert!(last.is_none_or(|last| last <= key));
        last = Some(key);
    }
    let again = run(text, format).1;
    prop_assert_eq!(&again.findings, &outcome.findings);
    for fixed in apply_fixes(&configuration.files, &outcome.findings, true) {
        run(&fixed.text, format);
    }
    Ok(())
}

proptest! {
    #![proptest_config(laws::config(120))]

    #[test]
    fn findings_lie_in_their_files_in_order_and_twice_the_same(text in file()) {
        holds(&text, InputFormat::Text)?;
        holds(&terraform(&text), InputFormat::Terraform)?;
        holds(&serde_json::to_string(&text.lines().collect::<Vec<_>>()).unwrap(), InputFormat::StatementsJson)?;
    }

    #[test]
    fn any_characters_at_all_are_linted(text in "\\PC{0,200}") {
        holds(&text, InputFormat::Text)?;
    }

    #[test]
    fn a_baseline_knows_its_findings_wherever_the_lines_go(text in file(), gap in 0usize..5) {
        let (before, outcome) = run(&text, InputFormat::Text);
        let baseline = Baseline::of(&before.files, &outcome.findings, ociam::lint::Folder::default());
        let moved = format!("{}{}", "\n".repeat(gap), text);
        let (after, mut outcome) = run(&moved, InputFormat::Text);
        baseline.take_known(&after.files, &ociam::lint::Settings::default(), &mut outcome.findings);
        prop_assert!(outcome.findings.is_empty(), "{:?}", outcome.findings);
    }
}

#[test]
fn of_a_statement_with_thousands_of_mistakes_the_first_are_told() {
    for broken in ["a.b = 'c' and ", "a.b = 'c, ", "<a b> = 'c', "] {
        let text =
            format!("allow group A to read buckets in tenancy where all {{{}}}", broken.repeat(20_000));
        let (_, outcome) = run(&text, InputFormat::Text);
        assert_eq!(outcome.findings.len(), 100, "{broken}");
        let mut told = outcome.findings.iter().filter_map(|finding| finding.note.as_deref());
        assert!(
            told.next_back().unwrap().contains("more findings of this statement are not told"),
            "{broken}"
        );
    }
}

#[test]
fn a_sentence_that_tells_of_a_statement_need_not_hold_all_of_it() {
    let severe = |text: &str| {
        let (_, outcome) = run(text, InputFormat::Markdown);
        outcome.findings.iter().filter(|finding| finding.severity == ociam::diag::Severity::Error).count()
    };
    assert_eq!(severe("- Allow dynamic-group to manage services.\n"), 0);
    assert_eq!(severe("- Allow dynamic group A to manage buckets in tenancy\n"), 1);
    assert_eq!(severe("```\nAllow group to manage buckets in tenancy\n```\n"), 1);
}
