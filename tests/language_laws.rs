//! Laws of the language that hold for every text: nothing panics, every place lies inside the text,
//! formatting keeps the meaning and is done after one pass.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

mod laws;

use ociam::policy::{
    Style, SyntaxError, format, format_edits, format_matching_rule, meaning, parse, parse_matching_rule,
    rule_meaning, rule_tree_json, tree_json,
};
use ociam::text::Span;
use proptest::prelude::*;
use serde_json::Value;

fn assert_inside(text: &str, span: Span) {
    assert!(
        text.get(span.start()..span.end()).is_some(),
        "{}..{} does not fit {text:?}",
        span.start,
        span.end
    );
}

fn assert_errors_inside(text: &str, errors: &[SyntaxError]) {
    for error in errors {
        assert_inside(text, error.span);
        assert!(!error.message.is_empty() && !error.message.contains('\n'), "{:?}", error.message);
        let mut last = 0;
        for (span, _) in error.fix.iter().flat_map(|fix| &fix.edits) {
            assert_inside(text, *span);
            assert!(span.start >= last, "edits of {:?} overlap in {text:?}", error.kind);
            last = span.end;
        }
    }
}

fn assert_tree_inside(text: &str, node: &Value) {
    match node {
        Value::Object(fields) => {
            if let (Some(start), Some(end)) = (fields.get("start"), fields.get("end")) {
                let span = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
                assert!(text.get(span(start)..span(end)).is_some(), "{node} does not fit {text:?}");
            }
            fields.values().for_each(|field| assert_tree_inside(text, field));
        }
        Value::Array(items) => items.iter().for_each(|item| assert_tree_inside(text, item)),
        _ => {}
    }
}

/// All laws, for one text as a statement and as a matching rule.
fn assert_laws(text: &str, holes: &[Span]) {
    let parsed = parse(text, holes);
    assert_errors_inside(text, &parsed.errors);
    assert_tree_inside(text, &tree_json(text, &parsed.statement));
    assert_format_keeps_meaning(text, holes);
    let rule = parse_matching_rule(text, holes);
    assert_errors_inside(text, &rule.errors);
    assert_tree_inside(text, &rule_tree_json(text, &rule.rule));
    if holes.is_empty() {
        let formatted = format_matching_rule(text, &rule, Style::default());
        let again = parse_matching_rule(&formatted, &[]);
        assert_eq!(rule_meaning(text, &rule.rule), rule_meaning(&formatted, &again.rule), "{formatted:?}");
        assert_eq!(format_matching_rule(&formatted, &again, Style::default()), formatted);
    }
}

fn assert_format_keeps_meaning(text: &str, holes: &[Span]) {
    let parsed = parse(text, holes);
    for style in [Style::default(), Style { lower_keywords: false, one_line: false }] {
        let edits = format_edits(text, &parsed, style);
        let mut last = 0;
        for (span, _) in &edits {
            assert_inside(text, *span);
            assert!(span.start >= last);
            assert!(
                !parsed.holes.iter().any(|hole| hole.overlaps(*span)),
                "an edit touches a hole of {text:?}"
            );
            last = span.end;
        }
        let formatted = format(text, &parsed, style);
        // Given holes move with the text before them.
        let moved: Vec<Span> = parsed
            .holes
            .iter()
            .map(|hole| {
                let before = edits.iter().filter(|(span, _)| span.end <= hole.start);
                let shift: i64 = before.map(|(span, new)| new.len() as i64 - span.len() as i64).sum();
                let at = |offset: u32| usize::try_from(i64::from(offset) + shift).unwrap();
                Span::new(at(hole.start), at(hole.end))
            })
            .collect();
        let again = parse(&formatted, &moved);
        assert_eq!(
            meaning(text, &parsed.statement),
            meaning(&formatted, &again.statement),
            "{text:?} became {formatted:?}"
        );
        assert_eq!(format(&formatted, &again, style), formatted, "not done in one pass: {text:?}");
    }
}

/// Pieces that statements are made of, in any order.
const PIECES: &[&str] = &[
    "allow",
    "Deny",
    "endorse",
    "admit",
    "define",
    "group",
    "dynamic-group",
    "any-user",
    "service",
    "resource",
    "id",
    "to",
    "IN",
    "of",
    "with",
    "where",
    "tenancy",
    "any-tenancy",
    "compartment",
    "use",
    "manage",
    "associate",
    "any",
    "all",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ",",
    "'",
    "\"",
    "/",
    "//",
    "#",
    ":",
    "=",
    "!=",
    "!",
    "==",
    "=~",
    "not",
    "before",
    "between",
    "and",
    "or",
    "'a'",
    "/a*/",
    "\\'",
    "\u{2019}",
    "\u{a0}",
    "\u{200b}",
    "\u{2011}",
    "ü",
    "${x}",
    "${",
    "%{ if }",
    "{{ x }}",
    "<a b>",
    "##X##",
    "request.region",
    "A_B",
    "buckets",
    "ocid1.group.oc1..x",
    "*",
    ".",
    ";",
    "as",
    "\n",
    "  ",
    "'2022-01-01T00:00Z'",
    "sets-intersect(",
];

fn pieces() -> impl Strategy<Value = String> {
    let piece = (prop::sample::select(PIECES), prop::sample::select(&[" ", "", " ", "\n"][..]));
    prop::collection::vec(piece, 0..40)
        .prop_map(|pieces| pieces.into_iter().flat_map(|(piece, space)| [piece, space]).collect())
}

fn places() -> impl Strategy<Value = Vec<Span>> {
    prop::collection::vec((0_usize..120, 0_usize..20), 0..4).prop_map(|places| {
        places.into_iter().map(|(start, length)| Span::new(start, start + length)).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 2_000, ..laws::config(700) })]

    #[test]
    fn any_text_obeys(text in ".{0,80}", holes in places()) {
        assert_laws(&text, &holes);
    }

    #[test]
    fn any_order_of_pieces_obeys(text in pieces(), holes in places()) {
        assert_laws(&text, &[]);
        assert_laws(&text, &holes);
    }

    #[test]
    fn any_end_of_a_statement_after_a_good_start_obeys(rest in pieces()) {
        assert_laws(&format!("allow group A to use buckets in tenancy where {rest}"), &[]);
        assert_laws(&format!("Endorse any-user TO associate a in tenancy with b in compartment x {rest}"), &[]);
    }
}

#[test]
fn a_text_with_a_template_that_is_never_closed_keeps_its_white_space() {
    for text in [
        "e\u{b8a0a}a¥\u{7f}${\t]''",
        "allow group ${ a to  use buckets in tenancy",
        "allow group A to use buckets in tenancy where all { request.region = 'x' }  // %{ if b",
        "allow  group %{ if x to use buckets in compartment y",
    ] {
        assert_laws(text, &[]);
        assert_eq!(format(text, &parse(text, &[]), Style::default()), text);
    }
}

#[test]
fn a_number_sign_a_name_over_lines_and_a_hole_in_the_margin_stay_as_they_are() {
    for text in [
        "$a)#",
        "] %{ if } {#= ",
        "${x} } {#\nallow use ",
        "} ${x} allow =#\nallow ",
        "allow ${x} {#\n${x} ",
        "${x} IN %{ if } group\nallow ",
        "any-user manage id allow allow IN %{ if } '2022-01-01T00:00Z'# ",
    ] {
        assert_laws(text, &[]);
    }
    assert_laws("admit <a b> } # ocid1.group.oc1..x ", &[Span::new(30, 35)]);
}

#[test]
fn a_hole_behind_what_is_read_ends_the_reading() {
    // A statement in quotes is read without them: the hole lies behind its last byte.
    for text in
        ["\"allow group 'a\"", "'allow group A to use buckets in tenancy where a = 'b\"", "\"allow 'x\" "]
    {
        for start in 0..text.len() {
            assert_laws(text, &[Span::new(start, text.len())]);
        }
    }
}

#[test]
fn huge_texts_take_linear_time() {
    let started = std::time::Instant::now();
    for piece in [
        "'", "/", "{", "all {", "${\"", "<", "a.b='x, ", "group ", "# ", "“", "(", "x:", "to ", ",", "${a}",
        "a in (", "\\'",
    ] {
        let text = format!("allow group A to use x in tenancy where {}", piece.repeat(5_000));
        let parsed = parse(&text, &[]);
        assert!(parsed.errors.len() <= 200_000);
        parse(&piece.repeat(5_000), &[]);
        parse_matching_rule(&piece.repeat(5_000), &[]);
        format(&text, &parsed, Style::default());
    }
    assert!(started.elapsed().as_secs() < 20, "took {:?}", started.elapsed());
}
