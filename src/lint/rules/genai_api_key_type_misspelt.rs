//! `genai-api-key-type-misspelt`: a value that means the principal type of GenAI API keys and misses it.

use crate::diag::{Applicability, Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};

use super::values::literals_of;

/// The principal type of an API key of OCI Generative AI.
pub(super) const API_KEY: &str = "generativeaiapikey";

/// Flags near spellings of the API keys' principal type.
pub static RULE: Rule = Rule {
    name: "genai-api-key-type-misspelt",
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Genai,
    persona: Persona::Default,
    fix: FixAvailability::Sometimes,
    docs: include_str!("../../../docs/rules/genai-api-key-type-misspelt.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    for test in context.tests() {
        for atom in literals_of(test, context.text, "request.principal.type") {
            let Some(value) = atom.known(context.text).filter(|value| is_misspelt(value)) else { continue };
            let span = atom.inner(context.text);
            sink.report(context.locate(span), format!("`{value}` is not the principal type of GenAI API keys"))
                .note("no principal has this type, so every call made with an API key gets a 404")
                .help(format!("write `{API_KEY}`"))
                .fix(context.fix(format!("write `{API_KEY}`"), Applicability::Safe, span, API_KEY));
        }
    }
}

/// Whether the value means the API keys' type, but is another word. Case makes no difference to OCI.
pub(super) fn is_misspelt(value: &str) -> bool {
    if value.eq_ignore_ascii_case(API_KEY) {
        return false;
    }
    let letters: String = value.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    if !(6..=40).contains(&letters.len()) {
        return false;
    }
    let genai = letters.contains("genai") || letters.contains("generativeai") || letters.contains("generativai");
    (genai && letters.contains("key")) || strsim::damerau_levenshtein(&letters, API_KEY) <= 4
}

#[cfg(test)]
mod tests {
    use super::is_misspelt;

    #[test]
    fn near_spellings_are_told_from_other_principal_types() {
        for value in ["genaiapikey", "generative-ai-api-key", "generativeaiapikeys", "generativeapikey", "generativeaikey"] {
            assert!(is_misspelt(value), "{value}");
        }
        for value in ["generativeaiapikey", "GenerativeAiApiKey", "genaiagent", "workload", "apigateway", "generativeaiagent"] {
            assert!(!is_misspelt(value), "{value}");
        }
    }
}
