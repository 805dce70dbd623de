//! What looks like a secret, wherever a person may have put one: taken out of what is shown, or covered where
//! every byte has to keep its place. Knows secrets by their shape and by the names that stand before them; the
//! secrets of a run are known to whoever holds them, and are no matter of this module.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex::{Captures, Regex, RegexSet};

/// What a pattern may take in that is no secret.
#[derive(Clone, Copy, PartialEq)]
enum Care {
    /// Nothing: it is known by its shape.
    Shape,
    /// Nothing: it is known by the name before it.
    Name,
    /// Prose: `token: permission denied`. Passphrases may be prose too and always go.
    Prose,
    /// Names that begin as keys of vendors do: `sk-admins`.
    Key,
    /// OCIDs, which have no capitals; request ids, which have no small letters; paths, which have many slashes.
    Ids,
}

/// What leads to a secret (first group, kept) and the secret (second group). OCIDs, also those of vault secrets, and
/// placeholders are no secrets wherever they stand.
const SECRETS: &[(Care, &str)] = &[
    // The body of a PEM key, also with escaped line breaks or cut off.
    (
        Care::Shape,
        r"(?s)(-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----)(.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)",
    ),
    (Care::Shape, r"()(\beyJ[A-Za-z0-9_\-]{4,}(?:\.[A-Za-z0-9_\-]*){0,4})"),
    (Care::Shape, r"(\bST\$)([A-Za-z0-9._\-]+)"),
    (
        Care::Name,
        r#"(?i)("name"\s*:\s*"(?:authorization|proxy-authorization|x-api-key|api-key|cookie|set-cookie|opc-obo-token)"\s*,\s*"value"\s*:\s*"(?:bearer |basic |signature )?)([^"]*)"#,
    ),
    (
        Care::Name,
        r"(?i)((?:opc-obo-token|x-api-key|cookie|x-goog-api-key)\\*['\x22]?\s*[:=]\s*\\*['\x22]?)([^\n'\x22\\]+)",
    ),
    (
        Care::Name,
        r"(?i)(\bauthorization\\*['\x22]?\s*[:=]\s*\\*['\x22]?(?:basic\s+)?)([A-Za-z0-9+/=._\-]{8,})",
    ),
    (Care::Name, r"(?i)(\bbearer\s+)([A-Za-z0-9._~+/\-]{8,}=*)"),
    (Care::Key, r"(\b(?:sk-(?:proj-|ant-|or-)?|xai-|gsk_|hf_|ghp_|AKIA|AIza))([A-Za-z0-9_\-]{4,})"),
    (Care::Name, r#"(?i)(\bsignature\s*[=:]\s*\\?["'])([A-Za-z0-9+/=]+)"#),
    (
        Care::Name,
        r"(?i)(\b\w*(?:pass_?phrase|password|passwd)\\*['\x22]?\s*[=:]\s*\\*)(\x22[^\x22\n]*\x22|'[^'\n]*'|[^\n]+)",
    ),
    (
        Care::Prose,
        r"(?i)(\b\w*(?:client_?secret|secret_?key|access_?token|refresh_?token|auth_?token|id_?token|api_?key|private_?key|key_?content|_secret|\bsecret|_token|\btoken)\\*['\x22]?\s*[=:]\s*\\*['\x22]?)([^\s'\x22,;&}\\]+)",
    ),
    (Care::Shape, r"(://)([^/\s:@]+:[^/\s@]+)@"),
    (Care::Name, r"(/p/)([A-Za-z0-9_\-]{20,})/n/"),
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

/// How far around a part of a text is looked for what it is a part of.
const AROUND: usize = 8192;

fn patterns() -> &'static [(Care, Regex)] {
    static PATTERNS: OnceLock<Vec<(Care, Regex)>> = OnceLock::new();
    PATTERNS.get_or_init(|| {
        SECRETS.iter().filter_map(|(care, pattern)| Some((*care, Regex::new(pattern).ok()?))).collect()
    })
}

/// Whether any of the patterns may find something. Most texts hold nothing, and one pass tells it of those in ASCII;
/// for others such a pass is slow.
fn may_hold_secrets(text: &str) -> bool {
    static ALL: OnceLock<Option<RegexSet>> = OnceLock::new();
    let all = ALL.get_or_init(|| RegexSet::new(SECRETS.iter().map(|(_, pattern)| pattern)).ok());
    !text.is_ascii() || all.as_ref().is_none_or(|all| all.is_match(text))
}

/// The beginning of a value that tells its vendor and nothing more; none for what stands where nothing secret is
/// needed.
fn kind(value: &str) -> Option<&'static str> {
    let bare = value.trim_matches(['"', '\'']);
    let lower = bare.to_ascii_lowercase();
    let only_kind = KINDS.contains(&lower.as_str()) || ["proj-", "ant-"].contains(&lower.as_str());
    let harmless = only_kind
        || lower.starts_with("ocid1.")
        || PLACEHOLDERS.contains(&lower.as_str())
        || bare.ends_with('…')
        || bare.is_empty();
    if harmless {
        return None;
    }
    // The kind of a key shows in how it begins, and is what a diagnosis needs.
    Some(KINDS.iter().find(|kind| lower.starts_with(*kind)).copied().unwrap_or_default())
}

/// Whether a name can only have been made by chance.
fn is_random(name: &str) -> bool {
    name.split(['-', '_']).any(|run| {
        let has = |kind: fn(&u8) -> bool| run.as_bytes().iter().any(kind);
        run.len() >= 16 && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)
    })
}

/// Puts `cover` in place of what looks like a secret; it is given the secret and its kind. Among names a secret is known
/// by its shape alone.
fn cover<'t>(text: &'t str, among_names: bool, cover: fn(&str, &str) -> String) -> Cow<'t, str> {
    let mut clean = Cow::Borrowed(text);
    if !may_hold_secrets(text) {
        return clean;
    }
    let take = |care: Care| !among_names || matches!(care, Care::Shape | Care::Key);
    for (care, pattern) in patterns().iter().filter(|(care, _)| take(*care)) {
        let replaced = pattern.replace_all(&clean, |found: &Captures<'_>| {
            let part = |at: usize| found.get(at).map_or("", |part| part.as_str());
            let (whole, lead, value) = (part(0), part(1), part(2));
            let has = |kind: fn(&char) -> bool| value.chars().any(|c| kind(&c));
            let harmless = match care {
                Care::Shape | Care::Name => false,
                Care::Prose => lead.ends_with(": ") && value.chars().all(|c| c.is_ascii_lowercase()),
                Care::Key => among_names && !is_random(value),
                Care::Ids => {
                    let slashes = value.bytes().filter(|byte| *byte == b'/').count();
                    let mixed = has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase);
                    !mixed || slashes * 12 > value.len()
                }
            };
            let kind = kind(value).filter(|_| !harmless);
            let Some(kind) = kind else { return whole.to_owned() };
            let rest = whole.get(lead.len() + value.len()..).unwrap_or("");
            format!("{lead}{}{rest}", cover(value, kind))
        });
        if let Cow::Owned(replaced) = replaced
            && replaced != *clean
        {
            clean = Cow::Owned(replaced);
        }
    }
    clean
}

/// The text without what looks like a secret; what kind of secret stood there stays.
pub fn redact(text: &str) -> String {
    cover(text, false, |_, kind| format!("{kind}…")).into_owned()
}

/// The text with `x` for each byte of what looks like a secret, so that every other byte keeps its place.
pub fn mask(text: &str) -> Cow<'_, str> {
    cover(text, false, crosses)
}

/// The same for statements, names and paths: a secret is known by its own shape there, not by the words before it,
/// which may be those of a condition.
pub fn mask_shapes(text: &str) -> Cow<'_, str> {
    cover(text, true, crosses)
}

/// Part of a text, from byte `start` to `end`, with `x` for each byte of what looks like a secret. Knows of what
/// stands before and after it: of the names on its lines, and of a private key that begins before it.
pub fn mask_part(text: &str, start: usize, end: usize) -> String {
    let boundary = |range: std::ops::RangeInclusive<usize>| range.rev().find(|at| text.is_char_boundary(*at));
    let far = boundary(0..=start.saturating_sub(AROUND)).unwrap_or(0);
    let before = text.get(far..start).unwrap_or_default();
    let line = before.rfind('\n').map_or(far, |at| far + at + 1);
    let key = before
        .rfind("PRIVATE KEY-----")
        .and_then(|at| before.get(..at)?.rfind("-----BEGIN"))
        .map(|at| far + at);
    let from = key.map_or(line, |key| key.min(line));
    let near = boundary(end..=text.len().min(end + AROUND)).unwrap_or(end);
    let to = text.get(end..near).and_then(|after| after.find('\n')).map_or(near, |at| end + at);
    let masked = mask(text.get(from..to).unwrap_or_default());
    masked.get(start - from..end - from).unwrap_or_default().to_owned()
}

/// The message of a reader without the value that it quotes: a value in the wrong place may be a secret.
pub fn without_value(message: &str) -> Cow<'_, str> {
    static QUOTED: OnceLock<Option<Regex>> = OnceLock::new();
    let pattern = r#"(invalid (?:type|value): string) "(?:[^"\\]|\\.)*""#;
    match QUOTED.get_or_init(|| Regex::new(pattern).ok()) {
        Some(quoted) => quoted.replace_all(message, "$1"),
        None => Cow::Borrowed(message),
    }
}

/// As many bytes as before; line breaks stay.
fn crosses(value: &str, kind: &str) -> String {
    let quote = |c: char| matches!(c, '\n' | '\r' | '"' | '\'');
    let covered = value.char_indices().map(|(at, c)| match c {
        c if quote(c) || at < kind.len() => c.to_string(),
        c => "x".repeat(c.len_utf8()),
    });
    covered.collect()
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
            assert_eq!(mask(text), text);
        }
    }

    #[test]
    fn a_mask_keeps_every_other_byte_in_its_place() {
        let text = "password = \"hörse staple\" # end\nkey = 'sk-abcDEF1234567890'";
        assert_eq!(mask(text), "password = \"xxxxxxxxxxxxx\" # end\nkey = 'sk-xxxxxxxxxxxxxxxx'");
        for name in ["hf_policies.tf", "sk-data-platform", "sk-team-2026/main.tf", "TEST$1"] {
            assert_eq!(mask_shapes(name), name);
        }
        let statement = "allow any-user to use x in tenancy where target.token = 'a' and request.principal.id = 'sk-abcDEF1234567890'";
        assert_eq!(
            mask_shapes(statement),
            "allow any-user to use x in tenancy where target.token = 'a' and request.principal.id = 'sk-xxxxxxxxxxxxxxxx'"
        );
    }

    #[test]
    fn the_last_lines_of_a_key_are_known_as_such() {
        let text = "-----BEGIN PRIVATE KEY-----\nMIIEvQ\nabcdef==\n-----END PRIVATE KEY-----\nplain\n";
        let at = text.find("abcdef").unwrap();
        assert_eq!(mask_part(text, at, text.len()), "xxxxxxxx\n-----END PRIVATE KEY-----\nplain\n");
        let at = text.find("plain").unwrap();
        assert_eq!(mask_part(text, at, text.len()), "plain\n");
        assert_eq!(mask_part("key = sk-abcdEFGH12345678 end", 12, 27), "xxxxxxxxxxxxx e");
    }

    #[test]
    fn a_value_in_the_wrong_place_is_not_quoted() {
        let message = r#"invalid type: string "a \"b\" c", expected struct Error at line 1"#;
        assert_eq!(without_value(message), "invalid type: string, expected struct Error at line 1");
    }

    #[test]
    fn every_pattern_reads() {
        assert_eq!(patterns().len(), SECRETS.len());
    }

    proptest::proptest! {
        #[test]
        fn a_secret_never_stays_whatever_stands_around_it(
            before in "[ -~\n]{0,60}", secret in "[A-Za-z0-9]{20}", after in "[ -~\n]{0,60}"
        ) {
            for carried in [format!("Bearer sk-{secret}"), format!("ST$eyJ{secret}.eyJ.sig")] {
                let text = format!("{before} {carried} {after}");
                proptest::prop_assert!(!redact(&text).contains(&secret));
                proptest::prop_assert!(!mask(&text).contains(&secret));
                proptest::prop_assert_eq!(mask(&text).len(), text.len());
            }
        }
    }
}
