//! `genai-api-key-id-invalid`: a `request.principal.id` that no GenAI API key can have.

use crate::catalog;
use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::ValueKind;

use super::conditions::{condition_of, demanded, demanded_principal_type};
use super::genai_api_key_type_misspelt::API_KEY;

/// Flags ids beside the API keys' principal type that are of another kind, or of a region without keys.
pub static RULE: Rule = Rule {
    name: "genai-api-key-id-invalid",
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Genai,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/genai-api-key-id-invalid.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    if demanded_principal_type(context).is_none_or(|found| found != API_KEY) {
        return;
    }
    let Some(condition) = condition_of(context) else { return };
    for value in demanded(condition, context.text, "request.principal.id").unwrap_or_default() {
        let atom = value.atom;
        let Some(written) = atom.known(context.text) else { continue };
        let value = match value.kind {
            // That it is no pattern is another rule's to tell.
            ValueKind::Literal if written.contains('*') => continue,
            ValueKind::Literal => written,
            // Of a pattern counts what stands before the first star, as far as it goes.
            ValueKind::Pattern => {
                let head = written.split('*').next().unwrap_or("");
                if head.len() < written.len() && head.matches('.').count() < 2 {
                    continue;
                }
                head
            }
            _ => continue,
        };
        let place = context.locate(atom.inner(context.text));
        let parts: Vec<&str> = value.split('.').collect();
        let (kind, region) = (parts.get(1).copied().unwrap_or(""), parts.get(3).copied().unwrap_or(""));
        if value.starts_with("sk-") {
            sink.report(place, "this is a key's secret, not its OCID")
                .severity(Severity::Error)
                .note("a secret in a policy is readable by everyone who may read policies, and the condition never holds")
                .help("revoke this secret, and put the key's OCID, which begins with `ocid1.generativeaiapikey.`");
        } else if !value.to_ascii_lowercase().starts_with("ocid1.") {
            sink.report(place, format!("`{value}` is not the OCID of an API key"))
                .note("the condition compares the key's OCID, not its name or secret, so it never holds")
                .help("put the key's OCID, which begins with `ocid1.generativeaiapikey.`");
        } else if !kind.eq_ignore_ascii_case(API_KEY) {
            sink.report(place, format!("this OCID is of the kind `{kind}`, where that of an API key is needed"))
                .note("a principal of type `generativeaiapikey` has an OCID of that kind, so the condition never holds")
                .help("put the key's OCID, which begins with `ocid1.generativeaiapikey.`");
        } else if let Some(found) = catalog::region(region).filter(|found| !found.api_keys && !found.openai_compatible) {
            sink.report(place, format!("region `{}` is not known to serve API keys", found.name))
                .confidence(Confidence::Medium)
                .note("keys live in the regions that the documentation lists, and are used in their own region only")
                .help("create the key in a region that serves API keys and your model: `ociam catalog region`");
        }
    }
}
