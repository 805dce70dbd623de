//! Cleans what services say of the secrets that they were sent: some say back what they refuse.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::Url;

use crate::text::redact;
use crate::wire::{Request, Secret};

/// Cleans what services say of secrets: of those in use, wherever they stand, and of all that look like one.
#[derive(Clone, Debug, Default)]
pub struct Cleaner(Vec<Secret>);

/// So many bytes of a secret in a row are taken for a part of it.
const PART: usize = 8;
/// What comes over the wire is not shown at any length.
const LONGEST_MESSAGE: usize = 400;
/// As much of it as is looked at.
const LONGEST_TEXT: usize = 16 << 10;

impl Cleaner {
    /// Knows these secrets.
    pub fn new(secrets: impl IntoIterator<Item = Secret>) -> Cleaner {
        Cleaner(secrets.into_iter().filter(|secret| secret.expose().len() >= PART).collect())
    }

    /// Knows what a request carries that no answer may show: its credential, and tokens and secrets in its body.
    pub fn of(request: &Request) -> Cleaner {
        let mut secrets: Vec<Secret> = Vec::new();
        for name in ["authorization", "proxy-authorization", "opc-obo-token"] {
            let Some(value) = request.headers.get(name) else { continue };
            let (scheme, rest) = value.split_once(' ').unwrap_or(("", value));
            let quoted = |key: &str| value.split(key).nth(1).and_then(|rest| rest.split('"').next());
            match scheme.to_ascii_lowercase().as_str() {
                "signature" => {
                    secrets.extend(quoted("signature=\"").map(Secret::new));
                    secrets.extend(quoted("keyId=\"ST$").map(Secret::new));
                }
                "basic" => {
                    let decoded =
                        BASE64.decode(rest.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                    secrets.extend(
                        decoded
                            .iter()
                            .filter_map(|pair| pair.split_once(':'))
                            .map(|(_, own)| Secret::new(own)),
                    );
                    secrets.push(Secret::new(rest));
                }
                _ => secrets.push(Secret::new(rest)),
            }
        }
        let kept = ["token", "secret", "password", "assertion"];
        let is_kept = |name: &str| kept.iter().any(|part| name.to_ascii_lowercase().contains(part));
        match serde_json::from_slice::<serde_json::Value>(&request.body) {
            Ok(serde_json::Value::Object(fields)) => {
                let text = |(name, value): (&String, &serde_json::Value)| {
                    Some((is_kept(name), value.as_str()?.to_owned()))
                };
                secrets.extend(
                    fields
                        .iter()
                        .filter_map(text)
                        .filter(|(kept, _)| *kept)
                        .map(|(_, value)| Secret::new(value)),
                );
            }
            _ => {
                let form = String::from_utf8_lossy(&request.body);
                let form = Url::parse(&format!("http://form/?{form}")).ok();
                let fields = form.iter().flat_map(Url::query_pairs).filter(|(name, _)| is_kept(name));
                secrets.extend(fields.map(|(_, value)| Secret::new(value)));
            }
        }
        Cleaner::new(secrets)
    }

    /// The text without secrets, control characters and surplus length.
    pub fn clean(&self, text: &str) -> String {
        let end = (0..=text.len().min(LONGEST_TEXT)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let text = redact(&self.without_parts(text.get(..end).unwrap_or_default()));
        let printable = text.chars().map(|c| if c.is_control() { ' ' } else { c });
        printable.take(LONGEST_MESSAGE).collect::<String>().trim().to_owned()
    }

    /// The text without any part of a known secret, plain or as it stands in URLs and in Base64: services quote the
    /// beginning of what they refuse.
    fn without_parts(&self, text: &str) -> String {
        let mut forms: Vec<Vec<u8>> = Vec::new();
        for secret in &self.0 {
            let secret = secret.expose();
            forms.push(secret.as_bytes().to_vec());
            let escaped = |byte: u8| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    char::from(byte).to_string()
                }
                _ => format!("%{byte:02X}"),
            };
            forms.push(secret.bytes().map(escaped).collect::<String>().into_bytes());
            // Where it begins in a longer text decides how it looks.
            forms.extend((0..3).filter_map(|skip| Some(BASE64.encode(secret.get(skip..)?).into_bytes())));
        }
        let parts: HashSet<&[u8]> = forms.iter().flat_map(|form| form.windows(PART)).collect();
        let mut covered = vec![false; text.len()];
        for (at, window) in text.as_bytes().windows(PART).enumerate() {
            if parts.contains(window) {
                covered.iter_mut().skip(at).take(PART).for_each(|byte| *byte = true);
            }
        }
        let mut clean = String::with_capacity(text.len());
        let mut inside = false;
        for (at, c) in text.char_indices() {
            let now = covered.get(at).copied().unwrap_or(false);
            match (now, inside) {
                (false, _) => clean.push(c),
                (true, false) => clean.push_str("<redacted>"),
                (true, true) => {}
            }
            inside = now;
        }
        clean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_secret_is_cleaned_in_every_form() {
        let cleaner = Cleaner::new([Secret::new("correct/horse+battery=staple")]);
        for text in [
            "incorrect key `correct/horse+***staple`",
            "unknown correct%2Fhorse%2Bbattery",
            &format!("basic {}", BASE64.encode("me:correct/horse+battery=staple")),
        ] {
            let clean = cleaner.clean(text);
            assert!(!clean.contains("horse") && !clean.contains("aG9yc2"), "{clean}");
            assert!(clean.contains("<redacted>"), "{clean}");
        }
        assert_eq!(cleaner.clean("the horse is correct"), "the horse is correct");
    }

    #[test]
    fn what_a_request_carries_is_known() {
        let mut request = Request::new("POST", "host", "/");
        request
            .headers
            .set("authorization", format!("Basic {}", BASE64.encode("client:plum-orchard-kettle")));
        request.body = b"grant_type=x&subject_token=winter%20apples%20in%20rows".to_vec();
        let clean =
            Cleaner::of(&request).clean("plum-orchard-kettle, winter apples in rows, grant_type, client");
        assert_eq!(clean, "<redacted>, <redacted>, grant_type, client");
        let mut request = Request::new("GET", "host", "/");
        let header =
            "Signature version=\"1\",keyId=\"ST$abcdefghijklmnop\",signature=\"qrstuvwxyz0123456789==\"";
        request.headers.set("authorization", header);
        let clean = Cleaner::of(&request).clean("version of abcdefghijklmnop and qrstuvwxyz0123456789==");
        assert_eq!(clean, "version of <redacted> and <redacted>");
    }
}
