//! The rules that the parser itself applies: one for each kind of syntax error, with its page.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};

macro_rules! reported_elsewhere {
    ($category:ident, $check:ident, $fix:ident: $($name:literal $severity:ident,)*) => {
        &[$(&Rule {
            name: $name,
            severity: Severity::$severity,
            confidence: Confidence::High,
            category: Category::$category,
            persona: Persona::Default,
            fix: FixAvailability::$fix,
            docs: include_str!(concat!("../../../docs/rules/", $name, ".md")),
            checks: &[Check::$check],
        }),*]
    };
}

/// One for each kind of syntax error. Where a kind has doubtful cases, the parser lowers their severity.
/// Those that look at more than the parser sees have files of their own.
pub static RULES: &[&Rule] = reported_elsewhere! { Syntax, Parser, Sometimes:
    "empty-statement" Error,
    "unknown-start-word" Error,
    "statement-fragment" Error,
    "several-statements" Error,
    "quota-statement" Error,
    "comment-in-statement" Warning,
    "pasted-quotes" Error,
    "pasted-list-marker" Error,
    "misspelt-keyword" Error,
    "missing-keyword" Error,
    "missing-clause" Error,
    "clauses-out-of-order" Error,
    "repeated-clause" Error,
    "doubled-word" Error,
    "glued-words" Error,
    "misplaced-deny" Error,
    "unknown-subject" Error,
    "mixed-subjects" Error,
    "mixed-names-and-ids" Warning,
    "malformed-name" Error,
    "origin-without-admit" Error,
    "admit-without-origin" Error,
    "named-group-of-any-tenancy" Error,
    "endorse-without-tenancy" Error,
    "admit-into-other-tenancy" Error,
    "tenancy-name-in-allow" Error,
    "unknown-verb" Error,
    "several-actions" Error,
    "malformed-permission-list" Error,
    "resource-type-after-permissions" Error,
    "associate-without-with" Error,
    "with-without-associate" Error,
    "associate-in-allow" Error,
    "unknown-location" Error,
    "several-locations" Error,
    "malformed-compartment-path" Error,
    "ocid-without-id" Error,
    "id-without-ocid" Error,
    "misspelt-ocid" Error,
    "malformed-define" Error,
    "braces-without-quantifier" Error,
    "quantifier-without-braces" Error,
    "conditions-without-quantifier" Error,
    "and-or-condition" Error,
    "empty-condition" Error,
    "malformed-condition" Error,
    "unknown-operator" Error,
    "operator-misfit" Error,
    "malformed-time" Error,
    "malformed-variable" Error,
    "bare-variable" Warning,
    "empty-value" Error,
    "malformed-value-list" Error,
    "missing-comma" Error,
    "stray-comma" Error,
    "unbalanced-delimiter" Error,
    "unterminated-quote" Error,
    "typographic-quotes" Error,
    "double-quotes" Error,
    "typographic-hyphen" Error,
    "invisible-character" Error,
    "stray-characters" Warning,
    "backslash-escape" Warning,
    "trailing-punctuation" Error,
    "unexpected-text" Error,
    "nesting-too-deep" Error,
    "freeform-tag" Error,
};

/// Problems of the files themselves, which the source readers report.
pub static FILE_RULES: &[&Rule] = reported_elsewhere! { Files, Engine, None:
    "unreadable-source" Error,
};

#[cfg(test)]
mod tests {
    use super::RULES;
    use crate::lint::rules;
    use crate::policy::SyntaxErrorKind;

    #[test]
    fn every_kind_of_syntax_error_has_its_rule() {
        let rules: Vec<_> = RULES.iter().map(|rule| rule.name).collect();
        let own = [&rules::unquoted_value::RULE, &rules::unresolved_placeholder::RULE].map(|rule| rule.name);
        let kinds = SyntaxErrorKind::ALL.iter().map(|kind| kind.rule());
        let kinds: Vec<_> = kinds.filter(|kind| !own.contains(kind)).collect();
        assert_eq!(rules, kinds);
    }
}
