//! Marked secrets, and the search for any part of them in what was written.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// So many bytes in a row are a leak.
const PART: usize = 12;

/// Texts that may stand nowhere, with their names.
#[derive(Default)]
pub struct Marks {
    parts: HashMap<Vec<u8>, String>,
}

impl Marks {
    /// Marks a text, whole or in part, plain, in Base64 at any offset, escaped as in URLs, and in hexadecimal digits.
    pub fn add(&mut self, name: &str, secret: &str) {
        let secret = secret.trim();
        assert!(secret.len() >= PART, "{name} is too short to be searched for");
        let mut forms = vec![secret.as_bytes().to_vec(), hex(secret.as_bytes())];
        let escaped = |byte: u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        };
        forms.push(secret.bytes().map(escaped).collect::<String>().into_bytes());
        for skip in 0..3 {
            let rest = &secret.as_bytes()[skip..];
            forms.push(STANDARD.encode(rest).trim_end_matches('=').as_bytes().to_vec());
            forms.push(URL_SAFE_NO_PAD.encode(rest).into_bytes());
        }
        for form in forms {
            self.windows(name, &form);
        }
    }

    /// Marks a token: its claims and its signature, not its header, which is the same for all.
    pub fn token(&mut self, name: &str, token: &str) {
        for part in token.trim().trim_start_matches("ST$").split('.').skip(1).filter(|part| part.len() >= 24)
        {
            self.windows(name, part.as_bytes());
        }
    }

    /// Marks a private key: its text, line by line and in one, and its bytes. What stands at its beginning is the
    /// same for all keys of its kind.
    pub fn key(&mut self, name: &str, pem: &str) {
        let body: String = pem
            .lines()
            .filter(|line| !line.contains("-----") && !line.contains(':'))
            .map(str::trim)
            .collect();
        let body = body.trim_end_matches("OCI_API_KEY");
        self.windows(name, &body.as_bytes()[48..]);
        let der = STANDARD.decode(body).unwrap();
        // Past the modulus, which is public.
        self.windows(name, &hex(&der[320..]));
        self.windows(name, URL_SAFE_NO_PAD.encode(&der[321..]).as_bytes());
    }

    fn windows(&mut self, name: &str, form: &[u8]) {
        for part in form.windows(PART) {
            self.parts.entry(part.to_vec()).or_insert_with(|| name.to_owned());
        }
    }

    /// The first part of a secret in a text, with the name of the secret and what stands around it.
    pub fn find(&self, text: &[u8]) -> Option<String> {
        let at = text.windows(PART).position(|part| self.parts.contains_key(part))?;
        let name = &self.parts[&text[at..at + PART]];
        let around = &text[at.saturating_sub(80)..(at + 60).min(text.len())];
        Some(format!("{name} in …{}…", String::from_utf8_lossy(around)))
    }
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes()
}

/// All files below a folder, with what they hold.
pub fn files(folder: &Path) -> HashMap<PathBuf, Vec<u8>> {
    let mut found = HashMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.insert(path.clone(), std::fs::read(&path).unwrap_or_default());
            }
        }
    }
    found
}
