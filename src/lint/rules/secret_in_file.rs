//! `secret-in-file`: a key in a file that gets shared.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{ConfigurationContext, Sink};
use crate::source::{API_SECRET, API_SECRET_TAIL, PRIVATE_KEY};
use crate::text::{Place, Span};

/// Flags GenAI secrets and private keys.
pub static RULE: Rule = Rule {
    name: "secret-in-file",
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Genai,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/secret-in-file.md"),
    checks: &[Check::Configuration(check)],
};

fn check(context: &ConfigurationContext<'_>, sink: &mut Sink<'_>) {
    for (id, file) in context.configuration.files.iter() {
        let text: &str = &file.text;
        for at in memchr::memmem::find_iter(text.as_bytes(), API_SECRET) {
            let before = text.get(..at).and_then(|text| text.chars().next_back());
            let tail = text.get(at + API_SECRET.len()..).unwrap_or("");
            let len = tail.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'-').count();
            let secret = tail.get(..len).unwrap_or("");
            let random = secret.bytes().any(|byte| byte.is_ascii_digit()) && secret.bytes().any(|byte| byte.is_ascii_alphabetic());
            if before.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '_') || len < API_SECRET_TAIL || !random {
                continue;
            }
            report(sink, Place { file: id, span: Span::new(at, at + API_SECRET.len()) }, "this looks like the secret of an API key");
        }
        for at in memchr::memmem::find_iter(text.as_bytes(), PRIVATE_KEY.as_bytes()) {
            let start = text.get(..at).and_then(|text| text.rfind("-----BEGIN"));
            let Some(start) = start.filter(|start| text.get(*start..at).is_some_and(|text| !text.contains('\n'))) else { continue };
            let body = text.get(at + PRIVATE_KEY.len()..).unwrap_or("");
            let lines = body.replace("\\n", "\n");
            let first = lines.split('\n').map(str::trim).find(|line| !line.is_empty()).unwrap_or("");
            if first.len() >= 32 && first.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)) {
                report(sink, Place { file: id, span: Span::new(start, at + PRIVATE_KEY.len()) }, "this is a private key");
            }
        }
    }
}

fn report(sink: &mut Sink<'_>, place: Place, message: &str) {
    sink.report(place, message)
        .note("whoever can read the file, its history or the Terraform state can call with it")
        .help("revoke it, make a new one, and keep it in a vault or a secret of the CI system");
}
