//! `regex-in-pattern`: a regular expression where only `*` means something.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::ValueKind;

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
const SPECIAL: [&str; 9] = ["^", "$", "[", "]", "(", ")", "+", "|", ".*"];

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    for test in context.tests() {
        for value in values_of(test).into_iter().filter(|value| value.kind == ValueKind::Pattern) {
            let Some(text) = value.atom.known(context.text) else { continue };
            let Some(found) = SPECIAL.into_iter().find(|special| text.contains(special)) else { continue };
            sink.report(context.locate(value.atom.span), format!("`{found}` has no special meaning in a pattern"))
                .note("patterns know `*` alone: `/hr*/` begins with, `/*hr/` ends with, `/*hr*/` contains; the rest is matched as it stands")
                .help("write the pattern with `*` only, or one test for each value inside `any {…}`");
        }
    }
}
