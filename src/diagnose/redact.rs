//! Takes secrets out of what users paste, before anything is made of it.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex::Regex;

/// What a secret looks like, and what stays of it.
const SECRETS: [(&str, &str); 6] = [
    (r"\b(sk-(?:proj-)?)[A-Za-z0-9_\-]{6,}", "${1}…"),
    (r"(?i)(\bbearer\s+)[A-Za-z0-9._~+/\-]{12,}=*", "${1}…"),
    (r"ST\$[A-Za-z0-9._\-]+", "ST$$…"),
    (r"\beyJ[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]+\.?[A-Za-z0-9_\-]*", "eyJ…"),
    (r#"(?i)(signature=\\?")[A-Za-z0-9+/=]+"#, "${1}…"),
    (r"(?s)(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END|$)", "${1}…${2}"),
];

/// The text without what looks like a secret.
pub fn redact(text: &str) -> String {
    static PATTERNS: OnceLock<Vec<(Regex, &str)>> = OnceLock::new();
    let patterns = PATTERNS.get_or_init(|| {
        SECRETS.iter().filter_map(|(pattern, left)| Some((Regex::new(pattern).ok()?, *left))).collect()
    });
    let clean = patterns.iter().fold(Cow::Borrowed(text), |text, (pattern, left)| {
        Cow::Owned(pattern.replace_all(&text, *left).into_owned())
    });
    clean.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_and_their_kind_stays() {
        let text = redact(
            "Authorization: Bearer sk-abcDEF1234567890 keyId=\"ST$eyJhbGciOi.eyJzdWIi.c2ln\" signature=\"q83vEjRWeJA=\"\n\
             -----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----",
        );
        for secret in ["abcDEF1234567890", "hbGciOi", "q83vEjRWeJA", "MIIEvQIBADANBg"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(text.contains("Bearer sk-…") && text.contains("ST$…"), "{text}");
    }

    #[test]
    fn every_pattern_reads() {
        assert!(SECRETS.iter().all(|(pattern, _)| Regex::new(pattern).is_ok()));
    }
}
