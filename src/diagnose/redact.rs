//! Takes secrets out of what users paste, before anything is made of it. What kind of secret stood there stays.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex::{Captures, Regex};

use super::case::Case;

/// What a pattern may take in that is no secret.
#[derive(Clone, Copy, PartialEq)]
enum Care {
    /// Nothing.
    None,
    /// Prose: `token: permission denied`. Passphrases may be prose too and always go.
    Prose,
    /// OCIDs, which have no capitals, and request ids, which have no small letters.
    Ids,
}

/// What leads to a secret (first group, kept) and the secret (second group). OCIDs, also those of vault secrets, and
/// placeholders are no secrets wherever they stand.
const SECRETS: &[(Care, &str)] = &[
    // The body of a PEM key, also with escaped line breaks or cut off.
    (
        Care::None,
        r"(?s)(-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----)(.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)",
    ),
    (Care::None, r"()(\beyJ[A-Za-z0-9_\-]{4,}(?:\.[A-Za-z0-9_\-]*){0,4})"),
    (Care::None, r"(ST\$)([A-Za-z0-9._\-]+)"),
    (
        Care::None,
        r#"(?i)("name"\s*:\s*"(?:authorization|proxy-authorization|x-api-key|api-key|cookie|set-cookie|opc-obo-token)"\s*,\s*"value"\s*:\s*"(?:bearer |basic |signature )?)([^"]*)"#,
    ),
    (
        Care::None,
        r"(?i)((?:opc-obo-token|x-api-key|cookie|x-goog-api-key)\\*['\x22]?\s*[:=]\s*\\*['\x22]?)([^\n'\x22\\]+)",
    ),
    (
        Care::None,
        r"(?i)(\bauthorization\\*['\x22]?\s*[:=]\s*\\*['\x22]?(?:basic\s+)?)([A-Za-z0-9+/=._\-]{8,})",
    ),
    (Care::None, r"(?i)(\bbearer\s+)([A-Za-z0-9._~+/\-]{8,}=*)"),
    (Care::None, r"(\b(?:sk-(?:proj-|ant-|or-)?|xai-|gsk_|hf_|ghp_|AKIA|AIza))([A-Za-z0-9_\-]{4,})"),
    (Care::None, r#"(?i)(\bsignature\s*[=:]\s*\\?["'])([A-Za-z0-9+/=]+)"#),
    (
        Care::None,
        r"(?i)(\b\w*(?:pass_?phrase|password|passwd)\\*['\x22]?\s*[=:]\s*\\*)(\x22[^\x22\n]*\x22|'[^'\n]*'|[^\n]+)",
    ),
    (
        Care::Prose,
        r"(?i)(\b\w*(?:client_?secret|secret_?key|access_?token|refresh_?token|auth_?token|id_?token|api_?key|private_?key|key_?content|_secret|\bsecret|_token|\btoken)\\*['\x22]?\s*[=:]\s*\\*['\x22]?)([^\s'\x22,;&}\\]+)",
    ),
    (Care::None, r"(://)([^/\s:@]+:[^/\s@]+)@"),
    (Care::None, r"(/p/)([A-Za-z0-9_\-]{20,})/n/"),
    // Lines of a key without its frame.
    (Care::Ids, r"(^|[^A-Za-z0-9+/._-])([A-Za-z0-9+/]{48,}={0,2})"),
];

/// What stands where nothing secret is needed.
const PLACEHOLDERS: [&str; 13] = [
    "oci",
    "none",
    "null",
    "unused",
    "not-used",
    "notused",
    "<notused>",
    "not_used",
    "dummy",
    "placeholder",
    "empty",
    "missing",
    "malformed",
];

/// How keys begin that tell their vendor, the longest first.
const KINDS: [&str; 6] = ["sk-proj-", "sk-ant-", "sk-or-", "sk-", "xai-", "gsk_"];

/// What is shown in place of a value that stands where a secret may stand.
fn shown(value: &str) -> Cow<'_, str> {
    let bare = value.trim_matches(['"', '\'']);
    let lower = bare.to_ascii_lowercase();
    let only_kind = KINDS.contains(&lower.as_str()) || ["proj-", "ant-"].contains(&lower.as_str());
    let harmless = only_kind
        || lower.starts_with("ocid1.")
        || PLACEHOLDERS.contains(&lower.as_str())
        || bare.ends_with('…');
    if harmless || bare.is_empty() {
        return Cow::Borrowed(value);
    }
    // The kind of a key shows in how it begins, and is what a diagnosis needs.
    let kind = KINDS.iter().find(|kind| lower.starts_with(*kind));
    Cow::Owned(format!("{}…", kind.copied().unwrap_or_default()))
}

/// The text without what looks like a secret.
pub fn redact(text: &str) -> String {
    static PATTERNS: OnceLock<Vec<(Care, Regex)>> = OnceLock::new();
    let patterns = PATTERNS.get_or_init(|| {
        SECRETS.iter().filter_map(|(care, pattern)| Some((*care, Regex::new(pattern).ok()?))).collect()
    });
    let mut clean = Cow::Borrowed(text);
    for (care, pattern) in patterns {
        let replaced = pattern.replace_all(&clean, |found: &Captures<'_>| {
            let part = |at: usize| found.get(at).map_or("", |part| part.as_str());
            let (whole, lead, value) = (part(0), part(1), part(2));
            let has = |kind: fn(&char) -> bool| value.chars().any(|c| kind(&c));
            let harmless = match care {
                Care::None => false,
                Care::Prose => lead.ends_with(": ") && value.chars().all(|c| c.is_ascii_lowercase()),
                Care::Ids => !has(char::is_ascii_lowercase) || !has(char::is_ascii_uppercase),
            };
            if harmless {
                return whole.to_owned();
            }
            let rest = whole.get(lead.len() + value.len()..).unwrap_or("");
            format!("{lead}{}{rest}", shown(value))
        });
        if let Cow::Owned(replaced) = replaced {
            clean = Cow::Owned(replaced);
        }
    }
    clean.into_owned()
}

/// The case without what looks like a secret, in any of its fields.
pub(super) fn case(case: &Case) -> Case {
    let mut clean = case.clone();
    let fields = [
        &mut clean.error.code,
        &mut clean.error.message,
        &mut clean.auth_method,
        &mut clean.plane,
        &mut clean.region,
        &mut clean.model,
        &mut clean.request,
        &mut clean.host,
        &mut clean.opc_request_id,
        &mut clean.principal,
        &mut clean.compartment,
        &mut clean.project,
        &mut clean.key,
        &mut clean.key_region,
        &mut clean.tenancy,
        &mut clean.home_region,
        &mut clean.local_time,
        &mut clean.server_time,
        &mut clean.token_expires,
    ];
    for text in fields.into_iter().flatten() {
        *text = redact(text);
    }
    let lists =
        clean.policies.iter_mut().chain(&mut clean.matching_rules).chain(&mut clean.subscribed_regions);
    lists.for_each(|text| *text = redact(text));
    for (name, value) in clean.config.iter_mut().chain(&mut clean.headers) {
        let line = redact(&format!("{name}: {value}"));
        *value = line.split_once(": ").map_or(line.clone(), |(_, value)| value.to_owned());
    }
    for witness in &mut clean.witnesses {
        witness.text = redact(&witness.text);
    }
    clean
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
    fn ids_messages_and_placeholders_stay() {
        for text in [
            "secret ocid1.vaultsecret.oc1.iad.amaaaaaaexample, vault_secret_id=ocid1.vaultsecret.oc1.iad.amaaaaaa",
            "Authorization failed or requested resource not found.",
            "opc-request-id: 169D8C97F943473D90B10BC162E8E4BD/10B9C6D7821A1E8D8D59B36B718C70D9/E3F995E04D9CDAE24B2ED55423488BB1",
            "ocid1.compartment.oc1..aaaaaaaaba3pv6wkcr4jqae5f44n2b2m2yt2j6rx32uzr4h25vqstifsfdsq",
            "api_key=\"OCI\" and Bearer ocid1.generativeaiapikey.oc1.iad.amaaaaaa",
            "The provided key requires a passphrase.",
        ] {
            assert_eq!(redact(text), text);
        }
    }

    #[test]
    fn every_pattern_reads() {
        assert!(SECRETS.iter().all(|(_, pattern)| Regex::new(pattern).is_ok()));
    }

    proptest::proptest! {
        #[test]
        fn a_secret_never_stays_whatever_stands_around_it(
            before in "[ -~\n]{0,60}", secret in "[A-Za-z0-9]{20}", after in "[ -~\n]{0,60}"
        ) {
            for carried in [format!("Bearer sk-{secret}"), format!("ST$eyJ{secret}.eyJ.sig")] {
                let clean = redact(&format!("{before} {carried} {after}"));
                proptest::prop_assert!(!clean.contains(&secret), "{}", clean);
            }
        }
    }
}
