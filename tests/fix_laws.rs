//! Laws of the safe fixes, for statements derived from the grammar and for damaged ones: no fix makes a text
//! harder to read, none makes a finding where there was none, and fixing comes to an end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

// The tests of the grammar use more of it.
#[allow(dead_code)]
mod ebnf;
mod laws;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use ebnf::{Grammar, Random};
use ociam::diag::{Applicability, Finding, Severity};
use ociam::lint::{Category, Settings, apply_fixes, lint, rules};
use ociam::source::{InputFormat, Request, Stdin, load};
use proptest::prelude::*;

static POLICY: LazyLock<Grammar> = LazyLock::new(|| grammar("policy.ebnf"));
static RULES: LazyLock<Grammar> = LazyLock::new(|| grammar("matching-rule.ebnf"));

fn grammar(name: &str) -> Grammar {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("grammar").join(name);
    Grammar::read(&std::fs::read_to_string(path).unwrap())
}

/// Words that a fix may want to change, put in place of those of a sentence.
const WORDS: [&str; 30] = [
    "mange",
    "any user",
    "tennancy",
    "generative-ai-familly",
    "generative-ai-api-key",
    "generative-ai-models",
    "genai-agent-famly",
    "‘generativeaiapikey’",
    "\"openai.gpt-oss-120b\"",
    "'fnfunction'",
    "request.principal.typ",
    "target.model.ids",
    "==",
    "and",
    "[",
    "(",
    "}",
    "where",
    "all",
    "'us-chicago-1'",
    "request.region",
    "'prod*'",
    "/^prod.*$/",
    "\u{a0}",
    "\u{200b}",
    "–",
    ";",
    "to to",
    "{ANNOUNCEMENT_LISTT}",
    "ocd1.group.oc1..a",
];

fn damaged(sentence: &str, random: &mut Random) -> String {
    let mut words: Vec<String> = sentence.split(' ').map(str::to_owned).collect();
    for _ in 0..random.below(4) {
        let at = random.below(words.len());
        match random.below(6) {
            0 => words[at] = random.pick(&WORDS).to_owned(),
            1 => words.insert(at, random.pick(&WORDS).to_owned()),
            2 if words.len() > 1 => {
                words.remove(at);
            }
            3 => words[at] = words[at].replace('\'', "\""),
            4 => words[at] = words[at].to_uppercase(),
            _ => {
                let mut letters: Vec<char> = words[at].chars().collect();
                if letters.len() > 3 {
                    letters.swap(1, 2);
                    words[at] = letters.into_iter().collect();
                }
            }
        }
    }
    words.join(" ")
}

fn texts() -> impl Strategy<Value = String> {
    (any::<u64>(), any::<bool>(), 1usize..4, any::<bool>()).prop_map(|(seed, policy, lines, damage)| {
        let mut random = Random::new(seed);
        let mut line = || {
            let sentence = match policy {
                true => POLICY.sentence("statement", &mut random),
                false => RULES.sentence("matching-rule", &mut random),
            };
            if damage { damaged(&sentence, &mut random) } else { sentence }
        };
        (0..lines).map(|_| line().replace(['\n', '\r'], " ")).collect::<Vec<_>>().join("\n")
    })
}

/// What a text and the text after its safe fixes are found to have.
fn round(text: &str, format: InputFormat) -> (Vec<Finding>, String) {
    let stdin = Some(Stdin { name: None, bytes: text.as_bytes().to_vec() });
    let request = Request { paths: Vec::new(), stdin, format: Some(format), overlay: BTreeMap::new() };
    let configuration = load(&request).configuration;
    let findings = lint(&configuration, &Settings { pedantic: true, ..Settings::default() }).findings;
    let fixed = apply_fixes(&configuration.files, &findings, false);
    let after = fixed.first().map_or_else(|| text.to_owned(), |file| file.text.clone());
    (findings, after)
}

fn is_syntax(finding: &Finding) -> bool {
    rules::find(finding.rule).is_some_and(|rule| rule.category == Category::Syntax)
}

fn is_error(finding: &Finding) -> bool {
    is_syntax(finding) && finding.severity == Severity::Error
}

fn is_safely_fixed(finding: &Finding) -> bool {
    finding.fix.as_ref().is_some_and(|fix| fix.applicability == Applicability::Safe)
}

/// Whether a finding comes from holding statements against each other: a statement that was put right may be found
/// to say what another one says.
fn compares(finding: &Finding) -> bool {
    matches!(finding.rule, "redundant-statement" | "duplicate-statement")
}

fn errors(findings: &[Finding]) -> usize {
    findings.iter().filter(|one| is_error(one)).count()
}

fn holds(text: &str, format: InputFormat) -> Result<(), TestCaseError> {
    let (mut findings, mut after) = round(text, format);
    let mut before = text.to_owned();
    // Each round may make room for the next, but not for ever.
    for _ in 0..10 {
        if after == before {
            return Ok(());
        }
        let (left, next) = round(&after, format);
        // What no safe fix can solve may be read otherwise when its neighbour is solved.
        if findings.iter().filter(|one| is_error(one)).all(is_safely_fixed) {
            prop_assert!(errors(&left) <= errors(&findings), "{before:?}\n{after:?}\n{left:?}");
        }
        // What can't be read for certain hides what is wrong with it otherwise.
        if errors(&findings) == 0 {
            let own =
                |list: &[Finding]| list.iter().filter(|one| !compares(one)).map(|one| one.rule).collect();
            let (then, now): (Vec<_>, Vec<_>) = (own(&findings), own(&left));
            let new = now.iter().find(|rule| !then.contains(rule));
            prop_assert!(new.is_none(), "{new:?}\n{before:?}\n{after:?}");
            prop_assert!(now.len() <= then.len(), "{before:?}\n{after:?}\n{left:?}");
        }
        (before, findings, after) = (after, left, next);
    }
    Err(TestCaseError::fail(format!("fixing does not end: {text:?}")))
}

fn terraform(text: &str) -> String {
    let quoted = |line: &str| format!("    \"{}\",\n", line.replace('\\', "\\\\").replace('"', "\\\""));
    let list: String = text.lines().map(quoted).collect();
    format!(
        "resource \"oci_identity_policy\" \"p\" {{\n  compartment_id = var.t\n  statements = [\n{list}  ]\n}}\n"
    )
}

proptest! {
    #![proptest_config(laws::config(400))]

    #[test]
    fn safe_fixes_take_findings_away_and_bring_none(text in texts()) {
        holds(&text, InputFormat::Text)?;
        holds(&terraform(&text), InputFormat::Terraform)?;
    }
}

#[test]
fn a_statement_put_right_may_be_found_to_cover_another() {
    let text = "deny admit any-user of any-tenancy to use all-resources in compartment id ocid1.tenancy.oc1..aaaa\ndefine compartment X as id ocid1.tenancy.oc1..aaaa\ndeny admit group id ocid1.group.oc1..x of tenancy Y to manage all-resources in compartment X";
    holds(text, InputFormat::Text).unwrap();
    holds(&terraform(text), InputFormat::Terraform).unwrap();
}
