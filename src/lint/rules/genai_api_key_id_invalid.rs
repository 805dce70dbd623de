//! `genai-api-key-id-invalid`: a `request.principal.id` that no GenAI API key can have.

use crate::catalog;
use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{Condition, ValueKind};

use super::conditions::{condition_of, demanded, demanded_principal_type, only_text};
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
    let Some(condition) = condition_of(context) else { return };
    let Some(demanded_type) = demanded_principal_type(context) else { return };
    if demanded_type != API_KEY {
        of_another_type(context, condition, &demanded_type, sink);
        return;
    }
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

/// Reports the OCID of an API key where the condition demands another type that is known.
fn of_another_type(context: &StatementContext<'_>, condition: &Condition, demanded_type: &str, sink: &mut Sink<'_>) {
    if catalog::principal_type(demanded_type).is_none() {
        return;
    }
    for value in demanded(condition, context.text, "request.principal.id").unwrap_or_default() {
        let id = only_text(&value, context.text);
        if id.is_some_and(|id| id.split('.').nth(1) == Some(API_KEY)) {
            sink.report(context.locate(value.atom.inner(context.text)), format!("this is the OCID of an API key, and the condition demands the type `{demanded_type}`"))
                .note("a principal of this OCID has the type `generativeaiapikey`, so the condition never holds")
                .help(format!("write `request.principal.type = '{API_KEY}'`, or put the OCID of the principal that is meant"));
        }
    }
}
