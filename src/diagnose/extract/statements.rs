//! Statements and matching rules that stand among what was pasted: what is, or is believed to be, in force.

use crate::diagnose::mentions::{every, pattern};

/// Every statement of a text.
pub(super) fn statements(text: &str) -> Vec<String> {
    let shape = pattern!(
        r#"(?i)\b(?:allow|deny|endorse|admit)\s+(?:(?:dynamic-)?group|any-user|any-group|service|resource)\b[^"`\r\n]*"#
    );
    every(text, shape)
        .into_iter()
        .map(|found| trimmed(&found).to_owned())
        .filter(|found| {
            let words: Vec<_> = found.split_ascii_whitespace().map(str::to_ascii_lowercase).collect();
            let has = |word: &str| words.iter().any(|own| own == word);
            has("to") && (has("in") || has("of"))
        })
        .collect()
}

/// Every matching rule of a text: a condition on what calls, not on the request.
pub(super) fn matching_rules(text: &str) -> Vec<String> {
    every(text, pattern!(r"(?i)\b(?:all|any)\s*\{[^}\r\n]*\b(?:resource|instance)\.[^}\r\n]*\}"))
}

/// Without what ends the list, string or sentence around it.
fn trimmed(statement: &str) -> &str {
    let mut rest = statement;
    loop {
        let before = rest;
        rest = rest.trim_end_matches([' ', '\t', ',', ';', '.', ']', '\\']);
        let odd = |quote: char| rest.matches(quote).count() % 2 == 1;
        if rest.ends_with('\'') && odd('\'') || rest.ends_with(')') && !rest.contains('(') {
            rest = rest.trim_end_matches(['\'', ')']);
        }
        if rest == before {
            return rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_end_with_their_string() {
        let text = "statements = ['allow group 'D'/'g' to use generative-ai-family in tenancy', \"Allow any-user to use generative-ai-chat in compartment a where request.principal.id = 'x'\"]";
        assert_eq!(
            statements(text),
            [
                "allow group 'D'/'g' to use generative-ai-family in tenancy', ".trim_end_matches("', "),
                "Allow any-user to use generative-ai-chat in compartment a where request.principal.id = 'x'"
            ]
        );
        assert!(statements("we allow group calls on Mondays").is_empty());
    }

    #[test]
    fn rules_speak_of_the_caller() {
        let text = "ALL {resource.type = 'fnfunc', resource.compartment.id = 'c'} and where any {request.user.id='x'}";
        assert_eq!(matching_rules(text), ["ALL {resource.type = 'fnfunc', resource.compartment.id = 'c'}"]);
    }
}
