//! The grammar files and the parser can't drift: sentences are derived from the files themselves and
//! parsed, then damaged and parsed again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

mod ebnf;

use std::path::Path;

use ebnf::{Grammar, Random};
use ociam::diag::Severity;
use ociam::policy::{
    Style, SyntaxError, format, meaning, parse, parse_matching_rule, rule_tree_json, tree_json,
};
use ociam::text::Span;
use serde_json::Value;

fn grammar(name: &str) -> Grammar {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("grammar").join(name);
    Grammar::read(&std::fs::read_to_string(path).unwrap())
}

fn describe(errors: &[SyntaxError]) -> String {
    errors.iter().map(|e| format!("{:?} {}: {}\n", e.severity, e.kind.rule(), e.message)).collect()
}

fn assert_no_error(sentence: &str, errors: &[SyntaxError]) {
    let worst = errors.iter().map(|error| error.severity).max();
    assert!(worst < Some(Severity::Error), "{sentence}\n{}", describe(errors));
}

fn assert_inside(text: &str, errors: &[SyntaxError], tree: &Value) {
    let fits = |span: Span| text.get(span.start()..span.end()).is_some();
    for error in errors {
        assert!(fits(error.span), "{text:?}: {error:?}");
        assert!(error.fix.iter().flat_map(|fix| &fix.edits).all(|(span, _)| fits(*span)), "{error:?}");
    }
    let mut rest = vec![tree];
    while let Some(node) = rest.pop() {
        match node {
            Value::Object(fields) => {
                if let (Some(start), Some(end)) = (fields.get("start"), fields.get("end")) {
                    let place = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
                    assert!(fits(Span::new(place(start), place(end))), "{text:?}: {node}");
                }
                rest.extend(fields.values());
            }
            Value::Array(items) => rest.extend(items),
            _ => {}
        }
    }
}

#[test]
fn every_rule_of_the_grammars_is_reached() {
    for (name, start) in [("policy.ebnf", "statement"), ("matching-rule.ebnf", "matching-rule")] {
        let grammar = grammar(name);
        assert_eq!(grammar.undefined(), Vec::<String>::new(), "{name}");
        assert_eq!(grammar.unreached(start), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn every_derived_statement_parses_without_error() {
    let grammar = grammar("policy.ebnf");
    let mut random = Random::new(1);
    for _ in 0..4_000 {
        let sentence = grammar.sentence("statement", &mut random);
        let parsed = parse(&sentence, &[]);
        assert_no_error(&sentence, &parsed.errors);
        let formatted = format(&sentence, &parsed, Style::default());
        let again = parse(&formatted, &[]);
        assert_eq!(meaning(&sentence, &parsed.statement), meaning(&formatted, &again.statement));
        assert_eq!(format(&formatted, &again, Style::default()), formatted);
    }
}

#[test]
fn every_derived_statement_has_the_same_tree_in_any_spacing_and_case() {
    let grammar = grammar("policy.ebnf");
    for seed in 0..1_000 {
        let plain = grammar.sentence("statement", &mut Random::new(seed));
        let wild = grammar.wild_sentence("statement", &mut Random::new(seed));
        let (a, b) = (parse(&plain, &[]), parse(&wild, &[]));
        assert_no_error(&wild, &b.errors);
        let formatted = format(&wild, &b, Style::default());
        assert_eq!(meaning(&plain, &a.statement), meaning(&wild, &b.statement), "{plain}\n{wild}");
        assert_eq!(formatted, format(&plain, &a, Style::default()));
    }
}

#[test]
fn every_derived_matching_rule_parses_without_error() {
    let grammar = grammar("matching-rule.ebnf");
    let mut random = Random::new(2);
    for _ in 0..2_000 {
        let sentence = grammar.sentence("matching-rule", &mut random);
        assert_no_error(&sentence, &parse_matching_rule(&sentence, &[]).errors);
    }
}

/// Sentences with a hole in place of a run of at most `longest` words that must not give an error.
fn assert_holes_are_no_error(seed: u64, longest: usize) {
    let grammar = grammar("policy.ebnf");
    let mut random = Random::new(seed);
    let mut wrong = Vec::new();
    let mut tried = 0;
    while tried < 2_000 {
        let sentence = grammar.sentence("statement", &mut random);
        let words: Vec<&str> = sentence.split(' ').collect();
        let start = random.below(words.len());
        let end = start + 1 + random.below(longest.min(words.len() - start));
        if !is_whole(&words[start..end]) {
            continue;
        }
        tried += 1;
        let text = [&words[..start], &["${local.part}"], &words[end..]].concat().join(" ");
        let errors = parse(&text, &[]).errors;
        if errors.iter().any(|error| error.severity == Severity::Error) {
            wrong.push(format!("{text}\n    for {sentence}\n{}", describe(&errors)));
        }
    }
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_hole_in_place_of_any_word_is_no_error() {
    assert_holes_are_no_error(3, 1);
}

#[test]
fn a_hole_in_place_of_any_run_of_words_is_no_error() {
    assert_holes_are_no_error(4, usize::MAX);
}

#[test]
fn damaged_sentences_never_panic_and_spans_stay_inside() {
    let mut random = Random::new(5);
    for (name, start) in [("policy.ebnf", "statement"), ("matching-rule.ebnf", "matching-rule")] {
        let grammar = grammar(name);
        for _ in 0..4_000 {
            let mut text = grammar.wild_sentence(start, &mut random);
            for _ in 0..=random.below(4) {
                text = damage(&text, &mut random);
            }
            let parsed = parse(&text, &[]);
            assert_inside(&text, &parsed.errors, &tree_json(&text, &parsed.statement));
            let rule = parse_matching_rule(&text, &[]);
            assert_inside(&text, &rule.errors, &rule_tree_json(&text, &rule.rule));
        }
    }
}

/// Whether what opens in the words closes in them, so that a hole may stand in their place.
fn is_whole(words: &[&str]) -> bool {
    let mut open = 0;
    for c in words.iter().flat_map(|word| word.chars()) {
        match c {
            '{' | '(' => open += 1,
            '}' | ')' => open -= 1,
            _ => {}
        }
        if open < 0 {
            return false;
        }
    }
    let quotes: usize = words.iter().map(|word| word.matches('\'').count()).sum();
    let paired = open == 0 && quotes.is_multiple_of(2);
    // A pattern with a space in it is two words.
    paired
        && !words.iter().any(|word| word.len() > 1 && word.matches('/').count() == 1 && word.contains('*'))
        && !words.iter().any(|word| matches!(*word, "/a" | "b*/"))
}

/// One mistake: a character or word left out, put in, replaced, swapped, or the rest cut off.
fn damage(text: &str, random: &mut Random) -> String {
    const INSERTED: &[&str] = &[
        "'", "\"", "/", "{", "}", "(", ")", ",", ".", ";", "=", "!", " ", "\n", "\u{2019}", "\u{a0}",
        "\u{200b}", "é", "\\", "#", "${", "to", "in", "where", "any", "and", "allow", "id", "<x>", "//",
    ];
    let mut chars: Vec<char> = text.chars().collect();
    let mut words: Vec<&str> = text.split(' ').collect();
    match random.below(7) {
        0 if !chars.is_empty() => {
            chars.remove(random.below(chars.len()));
            chars.into_iter().collect()
        }
        1 => {
            let at = random.below(chars.len() + 1);
            let head: String = chars[..at].iter().collect();
            let tail: String = chars[at..].iter().collect();
            format!("{head}{}{tail}", random.pick(INSERTED))
        }
        2 if !words.is_empty() => {
            words.remove(random.below(words.len()));
            words.join(" ")
        }
        3 => {
            words.insert(random.below(words.len() + 1), random.pick(INSERTED));
            words.join(" ")
        }
        4 if words.len() > 1 => {
            let at = random.below(words.len() - 1);
            words.swap(at, at + 1);
            words.join(" ")
        }
        5 => {
            chars.truncate(random.below(chars.len() + 1));
            chars.into_iter().collect()
        }
        _ => {
            let at = random.below(words.len());
            words[at] = random.pick(INSERTED);
            words.join(" ")
        }
    }
}
