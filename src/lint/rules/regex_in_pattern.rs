//! `regex-in-pattern`: a regular expression where only `*` means something.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::ValueKind;
use crate::catalog;

use super::conditions::reads;
use super::values::values_of;

/// Flags characters in patterns that mean something in regular expressions and nothing here.
pub static RULE: Rule = Rule {
    name: "regex-in-pattern",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    category: Category::Names,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/regex-in-pattern.md"),
    checks: &[Check::Statement(check)],
};

/// What the documentation gives no meaning to in a pattern.
const SPECIAL: [&str; 14] = ["^", "$", "[", "]", "(", ")", "+", "|", "?", "\\d", "\\w", "\\s", "\\b", ".*"];

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    for test in context.tests() {
        for value in values_of(test).into_iter().filter(|value| value.kind == ValueKind::Pattern) {
            let Some(text) = value.atom.known(context.text) else { continue };
            let of_model = reads(test, context.text, "target.model.id") && is_prefix_of_model(text);
            let parts = of_model || is_prefix_of_ocid(text);
            let means_nothing = |special: &&str| text.contains(special) && !(parts && *special == ".*");
            let Some(found) = SPECIAL.into_iter().find(means_nothing) else { continue };
            sink.report(context.locate(value.atom.span), format!("`{found}` has no special meaning in a pattern"))
                .note("patterns know `*` alone: `/hr*/` begins with, `/*hr/` ends with, `/*hr*/` contains; the rest is matched as it stands")
                .help("write the pattern with `*` only, or one test for each value inside `any {…}`");
        }
    }
}

/// Whether the pattern is the beginning of an OCID, which dots part: `ocid1.instance.*`.
fn is_prefix_of_ocid(pattern: &str) -> bool {
    pattern.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("ocid1.")) && pattern.find('*') == Some(pattern.len() - 1)
}

/// Whether the pattern is the beginning of a model's name, in which a dot parts vendor and model: `xai.*`.
fn is_prefix_of_model(pattern: &str) -> bool {
    let prefix = pattern.strip_suffix('*').filter(|prefix| !prefix.is_empty() && !prefix.contains('*'));
    prefix.is_some_and(|prefix| {
        let prefix = prefix.to_ascii_lowercase();
        catalog::models().iter().any(|model| model.name.starts_with(&prefix))
    })
}
