//! `unknown-principal-type`: a value of `request.principal.type` that nobody has seen.

use crate::catalog::{self, Kind};
use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};

use super::genai_api_key_type_misspelt::is_misspelt;
use super::names::instead;
use super::values::literals_of;

/// Flags principal types that the catalogue does not hold. There is no complete public list, so a warning.
pub static RULE: Rule = Rule {
    name: "unknown-principal-type",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    category: Category::Names,
    persona: Persona::Default,
    fix: FixAvailability::Sometimes,
    docs: include_str!("../../../docs/rules/unknown-principal-type.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    for test in context.tests() {
        for atom in literals_of(test, context.text, "request.principal.type") {
            let Some(value) = atom.known(context.text) else { continue };
            if value.is_empty() || context.is_misread(atom.span) || is_misspelt(value) || catalog::principal_type(value).is_some() {
                continue;
            }
            let span = atom.inner(context.text);
            let report = sink.report(context.locate(span), format!("`{value}` is not a known principal type"));
            let never = "if no principal has this type, the condition never holds";
            let (found, report) = instead(report, context, Kind::PrincipalType, span, never);
            if !found {
                report.help("as a rule it is the word after `ocid1.` in the principal's OCID");
            }
        }
    }
}
