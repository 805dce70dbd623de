//! What the parser makes of statements: own examples of each form, and of each mistake.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic
)]

use ociam::diag::Severity;
use ociam::policy::{
    Style, SyntaxError, SyntaxErrorKind, format, format_edits, format_matching_rule, parse,
    parse_matching_rule, tree_json,
};
use ociam::text::Span;

/// `severity rule [underlined]`, one a line.
fn shown(text: &str, errors: &[SyntaxError]) -> String {
    let line = |e: &SyntaxError| format!("{} {} [{}]", e.severity.as_str(), e.kind.rule(), e.span.of(text));
    errors.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn assert_reports(text: &str, expected: &[&str]) {
    assert_eq!(shown(text, &parse(text, &[]).errors), expected.join("\n"), "{text}");
}

/// The text with the fixes of all errors.
fn fixed(text: &str) -> String {
    let errors = parse(text, &[]).errors;
    let mut edits: Vec<(Span, String)> =
        errors.into_iter().filter_map(|e| e.fix).flat_map(|fix| fix.edits).collect();
    edits.sort();
    let mut fixed = text.to_owned();
    for (span, replacement) in edits.into_iter().rev() {
        fixed.replace_range(span.start()..span.end(), &replacement);
    }
    fixed
}

#[test]
fn the_forms_of_the_language_are_read_without_a_word() {
    for text in [
        "allow group Readers to inspect generative-ai-model in tenancy",
        "ALLOW DYNAMIC-GROUP id ocid1.dynamicgroup.oc1..q, id ocid1.dynamicgroup.oc1..r TO USE keys IN TENANCY",
        "Allow group 'Partners'/'Night Shift', Default/Ops to manage objects in compartment apps:chat:dev",
        "allow group -odd_name, Größe to read buckets in compartment 'sandbox'",
        "allow service faas, objectstorage-eu-frankfurt-1 to {KEY_READ} in compartment vaults",
        "allow resource billing rp to read usage-reports in tenancy",
        "allow any-group {BUCKET_INSPECT,OBJECT_INSPECT} in compartment a",
        "deny any-user to inspect all-resources in compartment quarantine",
        "deny admit group Guests of tenancy Other to manage buckets in tenancy",
        "deny endorse any-user to use keys in any-tenancy",
        "endorse group Netops to associate drg-attachments in compartment hub with drg-attachments in tenancy Spokes",
        "admit any-user of tenancy Spokes to associate dns-views in tenancy Spokes with dns-zones in tenancy",
        "admit any-group of any-tenancy to read repos in compartment images",
        "endorse dynamic-group Agents {OBJECT_READ} in compartment shared of tenancy Data",
        "Define compartment hub as id ocid1.compartment.oc1..h",
        "allow any-user to use genai-agent in tenancy where all{request.principal.type='workload',any{a.b!=/x*/,!c.d}}",
        "allow group A to use x in tenancy where request.region not in ('fra', /i*/, target.region)",
        "allow group A to use x in tenancy where any {not request.a.b, request.a.b, request.a ! = 'v'}",
        "allow group A to use x in tenancy where sets-intersect(request.principal.group.tag.n.k, ('a', 'b'))",
        "allow group A to use x in tenancy where request.utc-timestamp after '2026-01-02T03:04:05Z'",
        "allow group A to use x in tenancy where request.utc-timestamp.time-of-day between '22:00:00Z' and '04:00:00Z'",
        "allow\n  group A\r\n\tto use x\n  in tenancy\n  where all {\n    request.region = 'fra'\n  }",
    ] {
        assert_reports(text, &[]);
    }
}

#[test]
fn each_mistake_is_named_with_the_words_that_hold_it() {
    let rows: &[(&str, &[&str])] = &[
        ("", &["error empty-statement []"]),
        ("where any {request.region = 'x'}", &["error statement-fragment [where]"]),
        ("Alow group A to use x in tenancy", &["error unknown-start-word [Alow]"]),
        ("group A to use x in tenancy", &["error missing-keyword []"]),
        ("zero compute quota gpu-count in tenancy", &["error quota-statement [zero]"]),
        ("# just a note", &["error comment-in-statement [# just a note]"]),
        ("allow group A to use x in tenancy // why", &["warning comment-in-statement [// why]"]),
        ("2) allow group A to use x in tenancy", &["error pasted-list-marker [2)]"]),
        (
            "allow to group A use x in tenancy",
            &["error clauses-out-of-order [to]", "warning missing-keyword [use]"],
        ),
        ("allow group A may use x in tenancy", &["error misspelt-keyword [may]"]),
        ("allow group group A to use x in tenancy", &["error doubled-word [group]"]),
        ("allow group group to use x in tenancy", &[]),
        ("allow group A to read and write x in tenancy", &["error several-actions [and write]"]),
        ("define tenancy T as 'ocid1.tenancy.oc1..x'", &["warning id-without-ocid ['ocid1.tenancy.oc1..x']"]),
        ("allow group A to use x in tenancy where a.b notin ('c')", &["error unknown-operator [notin]"]),
        ("allow group A to use x in tenancy where a.b !in ('c')", &["error unknown-operator [!in]"]),
        ("allow group A to use x in tenancy where anyof {a.b = 'c'}", &["error misspelt-keyword [anyof]"]),
        (
            "allow group A to use x in tenancy where sets-equal(a.b)",
            &["warning malformed-condition [sets-equal(a.b)]"],
        ),
        (
            "allow group A to use x in tenancy where a.b = c'",
            &["error unquoted-value [c]", "error unterminated-quote [']"],
        ),
        // Printed like this once in the documentation, so that nobody knows it to be refused.
        ("allow group A to use x in tenancy where a.b in ['c']", &["warning malformed-value-list [[]"]),
        ("\"allow group A to use x in tenancy\",", &["warning pasted-quotes [\"]"]),
        ("allow group <a team> to use x in tenancy", &["warning unresolved-placeholder [<a team>]"]),
        ("deny allow group A to use x in tenancy", &["error misplaced-deny [allow]"]),
        ("allow user Ann to use x in tenancy", &["error unknown-subject [user]"]),
        ("allow dynamic group A to use x in tenancy", &["error misspelt-keyword [dynamic group]"]),
        ("allow groups A to use x in tenancy", &["error misspelt-keyword [groups]"]),
        ("allow groupA to use x in tenancy", &["error glued-words [groupA]"]),
        ("allow group to use x in tenancy", &["error missing-clause []"]),
        ("allow group A, any-user to use x in tenancy", &["error mixed-subjects [any-user]"]),
        (
            "allow group A, id ocid1.group.oc1..g to use x in tenancy",
            &["warning mixed-names-and-ids [A, id ocid1.group.oc1..g]"],
        ),
        ("allow group My Team to use x in tenancy", &["error malformed-name [My Team]"]),
        ("allow group My Domain/A to use x in tenancy", &["error malformed-name [My Domain]"]),
        ("allow group A/B/C to use x in tenancy", &["error malformed-name [/]"]),
        ("allow group A,,B to use x in tenancy", &["error stray-comma [,]"]),
        ("allow group ‘A’ to use x in tenancy", &["warning typographic-quotes [‘A’]"]),
        ("allow group \"A\" to use x in tenancy", &["warning double-quotes [\"A\"]"]),
        ("allow group id ocd1.group.oc1..g to use x in tenancy", &["error misspelt-ocid [ocd1]"]),
        ("allow group A use x in tenancy", &["warning missing-keyword [use]"]),
        ("allow group A-to use x in tenancy", &["error glued-words [A-to]"]),
        ("allow group A to to use x in tenancy", &["error doubled-word [to]"]),
        ("allow group A to mange x in tenancy", &["error unknown-verb [mange]"]),
        ("allow group A to read, use x in tenancy", &["error several-actions [, use]"]),
        ("allow group A to use x, y in tenancy", &["error several-actions [, y]"]),
        ("allow group A to use all resources in tenancy", &["error misspelt-keyword [all resources]"]),
        ("allow group A to use all‑resources in tenancy", &["error typographic-hyphen [all‑resources]"]),
        ("allow group A to {A B} in tenancy", &["error missing-comma [B]"]),
        ("allow group A to {A_B in tenancy", &["error unbalanced-delimiter [{]"]),
        ("allow group A to {A_B} buckets in tenancy", &["warning resource-type-after-permissions [buckets]"]),
        (
            "allow group A to associate x in tenancy with y in tenancy",
            &["warning associate-in-allow [associate]"],
        ),
        ("endorse group A to associate x in tenancy", &["error associate-without-with [associate]"]),
        ("allow group A to use x", &["error missing-clause []"]),
        ("allow group A to use x tenancy", &["error missing-keyword [tenancy]"]),
        ("allow group A to use x on tenancy", &["error misspelt-keyword [on]"]),
        ("allow group A to use x in the tenancy", &["warning unexpected-text [the]"]),
        ("allow group A to use x in web", &["error missing-keyword [web]"]),
        ("allow group A to use x in region fra", &["error unknown-location [region]"]),
        ("allow group A to use x in tenancy Mine", &["error tenancy-name-in-allow [Mine]"]),
        (
            "allow group A to use x in compartment-id ocid1.compartment.oc1..c",
            &["error misspelt-keyword [compartment-id]"],
        ),
        (
            "allow group A to use x in compartment ocid1.compartment.oc1..c",
            &["error ocid-without-id [ocid1.compartment.oc1..c]"],
        ),
        ("allow group A to use x in compartment id Web", &["warning id-without-ocid [Web]"]),
        (
            "allow group A to use x in compartment ${var.compartment_ocid}",
            &["warning ocid-without-id [${var.compartment_ocid}]"],
        ),
        ("allow group A to use x in compartment a::b", &["error malformed-compartment-path [:]"]),
        (
            "allow group A to use x in compartment a, compartment b",
            &["error several-locations [, compartment b]"],
        ),
        ("endorse group A to use x in tenancy", &["warning endorse-without-tenancy [tenancy]"]),
        ("admit group A to use x in tenancy", &["warning admit-without-origin []"]),
        (
            "admit group A of any-tenancy to use x in tenancy",
            &["error named-group-of-any-tenancy [of any-tenancy]"],
        ),
        ("define tenancy as ocid1.tenancy.oc1..t", &["error malformed-define []"]),
        (
            "allow group A in tenancy to use x",
            &["error clauses-out-of-order [in]", "error clauses-out-of-order [to]"],
        ),
        ("allow group A to use x in tenancy where", &["error empty-condition [where]"]),
        ("allow group A to use x in tenancy a.b = 'c'", &["error missing-keyword [a.b]"]),
        ("allow group A to use x in tenancy when a.b = 'c'", &["error misspelt-keyword [when]"]),
        (
            "allow group A to use x in tenancy where a.b = 'c' where d.e = 'f'",
            &["error repeated-clause [where]"],
        ),
        ("allow group A to use x in tenancy where {a.b = 'c'}", &["error braces-without-quantifier [{]"]),
        ("allow group A to use x in tenancy where any(a.b = 'c')", &["error quantifier-without-braces [(]"]),
        (
            "allow group A to use x in tenancy where a.b = 'c', d.e = 'f'",
            &["error conditions-without-quantifier [,]"],
        ),
        (
            "allow group A to use x in tenancy where a.b = 'c' and d.e = 'f'",
            &["error and-or-condition [and]"],
        ),
        ("allow group A to use x in tenancy where a.b == 'c'", &["error unknown-operator [==]"]),
        ("allow group A to use x in tenancy where a.b = c", &["error unquoted-value [c]"]),
        ("allow group A to use x in tenancy where a.b = ''", &["warning empty-value ['']"]),
        (
            "allow group A to use x in tenancy where a.b in 'c', 'd'",
            &["error malformed-value-list ['c', 'd']"],
        ),
        ("allow group A to use x in tenancy where a.b = ('c', 'd')", &["error malformed-value-list [=]"]),
        ("allow group A to use x in tenancy where a.b", &["warning bare-variable [a.b]"]),
        ("allow group A to use x in tenancy where all {a.b = 'c' d.e = 'f'}", &["error missing-comma []"]),
        (
            "allow group A to use x in tenancy where all {a.b = 'c', d.e = 'f}",
            &["error unterminated-quote ['f]"],
        ),
        (
            "allow group A to use x in tenancy where all {a.b = 'c, d.e = 'f'}",
            &["error unterminated-quote ['c]"],
        ),
        (
            "allow group A to use x in tenancy where target.resource.tag.a.b.c = 'v'",
            &["error malformed-variable [target.resource.tag.a.b.c]"],
        ),
        (
            "allow group A to use x in tenancy where request.utc-timestamp = '2026-01-01Z'",
            &["error operator-misfit [request.utc-timestamp = '2026-01-01Z']"],
        ),
        (
            "allow group A to use x in tenancy where request.utc-timestamp before 'soon'",
            &["error malformed-time ['soon']"],
        ),
        ("allow group A too use x in tenancy", &["error misspelt-keyword [too]"]),
        ("allow group A can use x in tenancy", &["error misspelt-keyword [can]"]),
        ("admit group A in tenancy T to use x in tenancy", &["error misspelt-keyword [in]"]),
        ("admit group A from tenancy T to use x in tenancy", &["error misspelt-keyword [from]"]),
        ("define tenancy T = ocid1.tenancy.oc1..t", &["error misspelt-keyword [=]"]),
        ("define tenancy T ocid1.tenancy.oc1..t", &["error missing-keyword []"]),
        (
            "allow group 'Dev''s' to use x in tenancy where a.b = 'it''s'",
            &["warning backslash-escape ['Dev''s']", "warning backslash-escape ['it''s']"],
        ),
        (
            "allow group A to use x in tenancy where all {a.b = 'c'', d.e = 'f'}",
            &["error unterminated-quote [']"],
        ),
        ("allow group A to use x in >> tenancy", &["warning stray-characters [>>]"]),
        ("allow\u{a0}group A to use x in tenancy", &["warning invisible-character [\u{a0}]"]),
        ("allow group A to use x in tenancy.", &["warning trailing-punctuation [.]"]),
        ("allow group A to use x in tenancy please", &["error tenancy-name-in-allow [please]"]),
        (
            "allow group A to use x in tenancy allow group B to use x in tenancy",
            &["error several-statements [allow]"],
        ),
    ];
    for (text, expected) in rows {
        assert_reports(text, expected);
    }
}

#[test]
fn all_mistakes_of_a_statement_are_reported_at_once_and_fixed_at_once() {
    let text = "Allow dynamic group Bots to mange all resources on tenancy were request.region == “fra”";
    assert_reports(
        text,
        &[
            "error misspelt-keyword [dynamic group]",
            "error unknown-verb [mange]",
            "error misspelt-keyword [all resources]",
            "error misspelt-keyword [on]",
            "error misspelt-keyword [were]",
            "error unknown-operator [==]",
            "error typographic-quotes [“fra”]",
        ],
    );
    assert_eq!(
        fixed(text),
        "Allow dynamic-group Bots to manage all-resources in tenancy where request.region = 'fra'"
    );
}

#[test]
fn a_fix_leads_to_a_statement_without_that_mistake() {
    for (text, expected) in [
        ("allow groupA to use x in tenancy", "allow group A to use x in tenancy"),
        ("allow group A use x in tenancy", "allow group A to use x in tenancy"),
        ("allow group A to to use x tenancy", "allow group A to use x in tenancy"),
        ("allow group A tomanage x in tenancy", "allow group A to manage x in tenancy"),
        ("allow group A to use xin tenancy", "allow group A to use x in tenancy"),
        ("1. \"allow group A to use x in tenancy\"", "allow group A to use x in tenancy"),
        ("allow group A to use x in the tenancy;", "allow group A to use x in tenancy"),
        (
            "allow group ocid1.group.oc1..g to use x in ocid1.compartment.oc1..c",
            "allow group id ocid1.group.oc1..g to use x in compartment id ocid1.compartment.oc1..c",
        ),
        ("allow group My Team to use x in tenancy", "allow group 'My Team' to use x in tenancy"),
        ("allow group A to use x in compartment a/b", "allow group A to use x in compartment a:b"),
        (
            "allow group A to use x in tenancy where a.b in 'c', 'd'",
            "allow group A to use x in tenancy where a.b in ('c', 'd')",
        ),
        (
            "allow group A to use x in tenancy where a.b = dev-*",
            "allow group A to use x in tenancy where a.b = /dev-*/",
        ),
    ] {
        assert_eq!(fixed(text), expected);
        assert_reports(expected, &[]);
    }
}

#[test]
fn holes_stand_anywhere() {
    for text in [
        "${var.statement}",
        "${local.start} group A to use x in tenancy",
        "Allow ${var.kind}group id ${var.group} to use x in tenancy",
        "Allow ${local.subject} to use x in tenancy",
        "allow group ${join(\",\", var.groups)} to ${var.grant} in ${local.scope}",
        "allow group ${a}/${b}-admins, ${c} to use ${d}-family in compartment ${e}:${f}",
        "allow group A to use x ${local.where_clause}",
        "allow group A to use x in ${local.scope} where request.region = 'fra'",
        "allow any-user to use x in tenancy where all {${local.conditions}}",
        "allow any-user to use x in tenancy where all {a.b = '${v}'${length(x) > 0 ? \", c.d = 'e'}\" : \"}\"}",
        "allow any-user to use x in tenancy where any { %{ for r in regions } request.region = '${r}', %{ endfor } }",
        "allow group {{ team }} to use x in compartment id {{ compartment_ocid }}",
        "allow group %s to use x in compartment id %s",
        "${a} ${b} ${c}",
    ] {
        assert_reports(text, &[]);
    }
    // Known to the source, though the text looks like words.
    let text = "allow GROUPS to use x in tenancy";
    assert!(parse(text, &[Span::new(6, 12)]).errors.is_empty());
    assert!(!parse(text, &[]).errors.is_empty());
}

#[test]
fn matching_rules_are_read_and_their_mistakes_named() {
    let reports = |text: &str| shown(text, &parse_matching_rule(text, &[]).errors);
    for text in [
        "resource.type = 'genaiagent'",
        "tag.team.owner.value",
        "ANY {all {resource.type='fnfunc', resource.compartment.id = '${var.c}'}, instance.id != 'ocid1.instance.oc1..i'}",
        "any {${join(\", \", local.rules)}}",
    ] {
        assert_eq!(reports(text), "", "{text}");
    }
    assert_eq!(reports("instance.id = 'a', instance.id = 'b'"), "error conditions-without-quantifier [,]");
    assert_eq!(reports("nonsense"), "error malformed-condition [nonsense]");
    // Printed like this once in the documentation.
    assert_eq!(reports("any {instance.id = 'a', 'b'}"), "warning malformed-value-list ['b']");
    assert_eq!(reports("where instance.id = 'a'"), "error unexpected-text [where]");
    assert_eq!(reports("all {resource.type = fnfunc}"), "error unquoted-value [fnfunc]");
    assert_eq!(reports("freeform.team.value = 'a'"), "error freeform-tag [freeform.team.value]");
    assert_eq!(reports("any {instance.id in ('a')}"), "warning unknown-operator [instance.id in ('a')]");
}

#[test]
fn the_canonical_form_has_plain_spacing_and_lower_case_keywords() {
    let formatted = |text: &str| format(text, &parse(text, &[]), Style::default());
    assert_eq!(
        formatted(
            "ALLOW Group  'Dom' / 'All',Use\n TO MANAGE all-resources IN Compartment A WHERE All{a.b='C',Any { d.e ! = /F*/ }}  // Kept"
        ),
        "allow group 'Dom'/'All', Use to manage all-resources in compartment A where all {a.b = 'C', any {d.e != /F*/}} // Kept"
    );
    assert_eq!(formatted("Allow any-user to { A ,B } in TENANCY"), "allow any-user to {A, B} in tenancy");
    assert_eq!(
        formatted("allow group ${ var.a }  to use x in tenancy where sets-equal (A.b,( 'c' ))"),
        "allow group ${ var.a } to use x in tenancy where sets-equal(A.b, ('c'))"
    );
    // A doubtful reading is left alone.
    let wrong = "ALLOW group A  to mange x in tenancy";
    assert_eq!(formatted(wrong), wrong);
    let rule = "ANY { instance.id='A' }";
    let style = Style::default();
    assert_eq!(format_matching_rule(rule, &parse_matching_rule(rule, &[]), style), "any {instance.id = 'A'}");
}

#[test]
fn formatting_edits_are_small_and_a_style_keeps_line_breaks() {
    let text = "allow group A\n  TO use x  in tenancy";
    let parsed = parse(text, &[]);
    let style = Style { one_line: false, ..Style::default() };
    let edits: Vec<_> = format_edits(text, &parsed, style)
        .into_iter()
        .map(|(span, new)| (span.of(text).to_owned(), new))
        .collect();
    assert_eq!(edits, [("TO".to_owned(), "to".to_owned()), ("  ".to_owned(), " ".to_owned())]);
}

#[test]
fn the_tree_is_printed_with_its_places() {
    let text = "Allow group id ${var.g} to use keys in compartment a:b where any {x.y = 'z', !v.w}";
    insta::assert_snapshot!(
        serde_json::to_string_pretty(&tree_json(text, &parse(text, &[]).statement)).unwrap()
    );
}

#[test]
fn deep_nesting_ends_in_an_error_not_in_a_crash() {
    let text = format!("allow group A to use x in tenancy where {}", "all {".repeat(100_000));
    let errors = parse(&text, &[]).errors;
    assert!(errors.iter().any(|error| error.kind == SyntaxErrorKind::NestingTooDeep));
    let nested = format!("{}a.b = 'c'{}", "any {".repeat(30), "}".repeat(30));
    assert!(parse_matching_rule(&nested, &[]).errors.is_empty());
}

#[test]
fn every_kind_has_a_rule_name_of_its_own() {
    let mut names: Vec<_> = SyntaxErrorKind::ALL.iter().map(|kind| kind.rule()).collect();
    assert!(names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')));
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
    assert_eq!(Severity::Error.as_str(), "error");
}

#[test]
fn a_bare_ocid_is_doubtful_in_a_policy_and_wrong_in_a_matching_rule() {
    let statement =
        "Allow group A to use keys in compartment B where target.key.id = ocid1.key.oc1.iad.aaaaaaaaexample";
    let errors = ociam::policy::parse(statement, &[]).errors;
    assert_eq!(
        errors.iter().map(|error| error.severity).collect::<Vec<_>>(),
        [ociam::diag::Severity::Warning]
    );
    let rule = "instance.compartment.id = ocid1.compartment.oc1..aaaaaaaaexample";
    let errors = ociam::policy::parse_matching_rule(rule, &[]).errors;
    assert_eq!(errors.iter().map(|error| error.severity).collect::<Vec<_>>(), [ociam::diag::Severity::Error]);
}

#[test]
fn the_indentation_of_several_lines_is_the_host_files() {
    let text = "    ALLOW group A to read  buckets\n      in tenancy where all\n    { a.b='c' }\n";
    let parsed = parse(text, &[]);
    let style = Style { lower_keywords: true, one_line: false };
    assert_eq!(
        format(text, &parsed, style),
        "    allow group A to read buckets\n      in tenancy where all\n    {a.b = 'c'}\n"
    );
    let one = "  ALLOW group A to read buckets in tenancy ";
    assert_eq!(format(one, &parse(one, &[]), style), "allow group A to read buckets in tenancy");
}

#[test]
fn a_hole_that_joins_words_may_hold_what_is_missing_beside_them() {
    for text in [
        "allow group A to read buckets in${var.scope}",
        "allow group A to read buckets ${var.more}in tenancy",
        "allow group A to${var.what} in tenancy",
        "allow group A to read buckets in compartment B where${var.condition}",
        "allow group A ${var.x}to read buckets in tenancy",
        "allow gr${var.x}s in tenancy",
        "allow group A to read buc${var.x}ancy",
        "define tenancy T a${var.x}",
        "allow group A to re${var.x} compartment B",
    ] {
        let errors = parse(text, &[]).errors;
        assert!(
            errors.iter().all(|error| error.severity != Severity::Error),
            "{text}\n{}",
            shown(text, &errors)
        );
    }
    // A part of a name, and a placeholder, hold nothing but that.
    for text in [
        "allow group pre-${var.x} to mange buckets in tenancy",
        "allow group ${var.x}-admins to read buckets on tenancy",
        "allow group <name>to read buckets in tenancy",
    ] {
        let errors = parse(text, &[]).errors;
        assert!(errors.iter().any(|error| error.severity == Severity::Error), "{text}");
    }
}
