//! Keys, fingerprints, tokens and secrets that don't belong together, are past their time, or are of another kind.

use jiff::{SignedDuration, Timestamp};

use super::hidden::hidden_characters;
use super::ids::Ocid;
use super::{Evidence, Strength};
use crate::wire::{ALLOWED_SKEW, KeyError, KeyFile, Oddity, PemError, PublicKey, Secret, Token, http_date};

/// The fingerprints of the machine's other profiles, each after what to call its profile.
pub type KeyRing<'a> = [(&'a str, &'a str)];

/// Whether a configured fingerprint is that of the key. `others` tells when it is that of another profile.
pub fn fingerprint(configured: &str, key: &PublicKey, others: &KeyRing<'_>) -> Option<Evidence> {
    const CHECK: &str = "key-fingerprint";
    let real = key.fingerprint();
    if configured == real {
        return None;
    }
    let digits = |text: &str| -> String {
        text.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_ascii_lowercase()
    };
    if digits(configured) == digits(&real) {
        let text =
            "`fingerprint` is right but not written in lower case with colons, which some clients refuse";
        return Some(
            Evidence::new(CHECK, "wrong-key-id", Strength::Likely, text)
                .instead(format!("fingerprint={real}")),
        );
    }
    let hex = configured.chars().all(|c| c.is_ascii_hexdigit() || c == ':' || c == '-');
    if !hex || digits(configured).is_empty() {
        let text =
            "`fingerprint` has not the form of one: 16 pairs of hexadecimal digits with colons between";
        return Some(
            Evidence::new(CHECK, "config-attribute-invalid", Strength::Certain, text)
                .instead(format!("fingerprint={real}")),
        );
    }
    let plain = configured.split(':').filter(|pair| pair.len() == 2 && digits(pair).len() == 2).count();
    if plain == 20 || plain == 32 {
        let text = "`fingerprint` is a SHA hash; OCI knows API signing keys by the MD5 of the public key";
        return Some(
            Evidence::new(CHECK, "bad-fingerprint-or-key", Strength::Certain, text)
                .instead(format!("fingerprint={real}")),
        );
    }
    let owner = |print: &str| others.iter().find(|(_, other)| *other == print).map(|(name, _)| *name);
    let (cause, text) = match (owner(configured), owner(&real)) {
        (_, Some(profile)) => (
            "wrong-profile-credential",
            format!("the key in `key_file` is that of {profile}: its fingerprint is `{real}`"),
        ),
        (Some(profile), None) => (
            "wrong-profile-credential",
            format!("`fingerprint` is that of {profile}; the key in `key_file` has `{real}`"),
        ),
        (None, None) => (
            "bad-fingerprint-or-key",
            format!("`fingerprint` is not that of the key in `key_file`, which is `{real}`"),
        ),
    };
    Some(Evidence::new(CHECK, cause, Strength::Certain, text).instead(format!("fingerprint={real}")))
}

/// Whether a key is long enough for OCI.
pub fn key_strength(key: &PublicKey) -> Option<Evidence> {
    let bits = key.bits();
    (bits < 2048).then(|| {
        let text = format!("the key has {bits} bits; OCI takes RSA keys of 2048 bits or more");
        Evidence::new("key-strength", "key-format", Strength::Certain, text)
            .instead("openssl genrsa -out key.pem 2048")
    })
}

/// What a key file's form says: why it can't be read, or which clients will have trouble.
pub fn key_text(read: Result<&KeyFile, &KeyError>) -> Vec<Evidence> {
    const CHECK: &str = "key-file";
    let evidence = |strength, text: String| Evidence::new(CHECK, "key-format", strength, text);
    match read {
        Err(error @ KeyError::Pem(PemError::EscapedLineBreaks | PemError::OneLine)) => {
            vec![evidence(Strength::Certain, format!("the key is mangled: {error}"))]
        }
        Err(error @ (KeyError::NeedsPassphrase | KeyError::WrongPassphrase)) => {
            vec![
                evidence(Strength::Certain, error.to_string())
                    .instead("set `pass_phrase` in the profile, or give `--passphrase prompt`"),
            ]
        }
        Err(error) => vec![evidence(Strength::Certain, error.to_string())],
        Ok(file) => {
            let mut found = Vec::new();
            if file.legacy {
                let text =
                    "the key is encrypted in the form `Proc-Type: 4,ENCRYPTED`, which newer libraries refuse";
                found.push(
                    evidence(Strength::Possible, text.to_owned())
                        .instead("openssl pkcs8 -topk8 -v2 aes-256-cbc -in key.pem -out new.pem"),
                );
            }
            for (oddity, what) in
                [(Oddity::ByteOrderMark, "starts with a byte-order mark"), (Oddity::Indented, "is indented")]
            {
                if file.oddities.contains(&oddity) {
                    let text = format!("the key file {what}, which strict readers refuse");
                    found.push(evidence(Strength::Possible, text));
                }
            }
            found
        }
    }
}

/// Whether user and tenancy of a key id are what they should be.
pub fn user_and_tenancy(user: &str, tenancy: &str) -> Vec<Evidence> {
    const CHECK: &str = "key-id";
    let kind = |text: &str| Ocid::parse(text).map(|ocid| ocid.kind.to_ascii_lowercase());
    let wrong = |text: String| Evidence::new(CHECK, "wrong-key-id", Strength::Certain, text);
    let (user_kind, tenancy_kind) = (kind(user), kind(tenancy));
    if user_kind.as_deref() == Some("tenancy") && tenancy_kind.as_deref() == Some("user") {
        return vec![
            wrong("`user` and `tenancy` are swapped".to_owned())
                .instead(format!("user={tenancy} and tenancy={user}")),
        ];
    }
    let mut found = Vec::new();
    for (name, kind, takes) in
        [("user", user_kind, &["user", "saml2idp"][..]), ("tenancy", tenancy_kind, &["tenancy"][..])]
    {
        match kind {
            None => found.push(wrong(format!("`{name}` is no OCID"))),
            Some(kind) if !takes.contains(&kind.as_str()) => {
                found.push(wrong(format!("`{name}` is the OCID of a `{kind}`")));
            }
            Some(_) => {}
        }
    }
    if let (Some(user), Some(tenancy)) = (Ocid::parse(user), Ocid::parse(tenancy))
        && user.realm != tenancy.realm
        && found.is_empty()
    {
        found
            .push(wrong(format!("`user` is of realm `{}` and `tenancy` of `{}`", user.realm, tenancy.realm)));
    }
    found
}

fn ago(span: SignedDuration) -> String {
    let minutes = span.abs().as_mins();
    match minutes {
        0 => "less than a minute".to_owned(),
        1..120 => format!("{minutes} minutes"),
        120..2880 => format!("{} hours", minutes / 60),
        _ => format!("{} days", minutes / 1440),
    }
}

/// Whether a token is past its expiry, near it, or from the future.
pub fn token_expiry(token: &Token, now: Timestamp) -> Option<Evidence> {
    const CHECK: &str = "token-expiry";
    if let Some(issued) = token.issued().filter(|issued| issued.duration_since(now) > ALLOWED_SKEW) {
        let text = format!(
            "the token was made {} in the future: this machine's clock is behind",
            ago(issued.duration_since(now))
        );
        return Some(Evidence::new(CHECK, "clock-skew", Strength::Likely, text));
    }
    let left = token.expires()?.duration_since(now);
    if left <= SignedDuration::ZERO {
        let text = format!("the token expired {} ago", ago(left));
        return Some(
            Evidence::new(CHECK, "session-expired", Strength::Certain, text)
                .instead("oci session refresh, or oci session authenticate once that is refused"),
        );
    }
    (left < SignedDuration::from_mins(1)).then(|| {
        let text = "the token expires within a minute, which clients count as expired";
        Evidence::new(CHECK, "session-expired", Strength::Likely, text)
    })
}

/// Whether the key that will sign is the one that the token was made for. The commonest reason for a 401 with tokens.
pub fn token_key(token: &Token, key: &PublicKey) -> Option<Evidence> {
    let own = token.key()?;
    (own != *key).then(|| {
        let text = format!(
            "the token was made for another key (`{}`) than the one beside it (`{}`)",
            own.fingerprint(),
            key.fingerprint()
        );
        Evidence::new("token-key", "bad-fingerprint-or-key", Strength::Certain, text)
            .instead("use the key that the token was made for, or get both anew")
    })
}

/// Whether a token is of the tenancy that the profile names.
pub fn token_tenancy(token: &Token, tenancy: &str) -> Option<Evidence> {
    let own = token.tenancy()?;
    (own != tenancy).then(|| {
        let text = format!("the token is of tenancy `{own}`, and the profile names `{tenancy}`");
        Evidence::new("token-tenancy", "wrong-profile-credential", Strength::Likely, text)
    })
}

/// Whether others may read a file with a secret. Bad practice only, unless the owner can't read it either.
pub fn permissions(path: &str, mode: u32) -> Option<Evidence> {
    if mode & 0o400 == 0 {
        let text = format!("`{path}` can't be read by its owner (mode {mode:03o})");
        let evidence = Evidence::new("file-permissions", "credential-file-missing", Strength::Likely, text);
        return Some(evidence.instead(format!("chmod 600 {path}")));
    }
    (mode & 0o177 != 0).then(|| Evidence {
        check: "file-permissions",
        cause: None,
        strength: Strength::Possible,
        text: format!("others may use `{path}` (mode {mode:03o})"),
        instead: Some(format!("chmod 600 {path}")),
    })
}

/// Starts of other vendors' secrets, none of which OCI should see.
const OTHER_VENDORS: [(&str, &str); 9] = [
    ("sk-proj-", "OpenAI"),
    ("sk-svcacct-", "OpenAI"),
    ("sk-admin-", "OpenAI"),
    ("sk-ant-", "Anthropic"),
    ("sk-or-", "OpenRouter"),
    ("gsk_", "Groq"),
    ("xai-", "xAI"),
    ("hf_", "Hugging Face"),
    ("AIza", "Google"),
];

/// Whether a text has the shape of a GenAI API key's secret. Never shows any of it.
pub fn genai_secret(secret: &Secret) -> Option<Evidence> {
    const CHECK: &str = "secret-shape";
    let text = secret.expose();
    let wrong = |text: String| Some(Evidence::new(CHECK, "wrong-credential-kind", Strength::Certain, text));
    let bare = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
    if bare.starts_with("ocid1.") {
        return wrong("this is the OCID of a key; the secret starts with `sk-` and is shown once".to_owned());
    }
    if bare.starts_with("Bearer ") {
        return wrong("`Bearer ` is no part of the secret; clients add it".to_owned());
    }
    if let Some((_, vendor)) = OTHER_VENDORS.iter().find(|(start, _)| bare.starts_with(start)) {
        return wrong(format!("this is a key of {vendor}, which OCI can't know"));
    }
    if bare.starts_with("-----BEGIN") {
        return wrong("this is a PEM key; a GenAI API key is one line that starts with `sk-`".to_owned());
    }
    if bare.starts_with("eyJ") {
        return wrong("this is a token; a GenAI API key starts with `sk-`".to_owned());
    }
    if is_placeholder(bare) {
        return Some(Evidence::new(
            CHECK,
            "signer-not-applied",
            Strength::Certain,
            "the secret is a placeholder, as clients want one that sign by themselves: no signer is at work here",
        ));
    }
    if let Some(hidden) = hidden_characters("the secret", text) {
        return Some(hidden);
    }
    if !bare.starts_with("sk-") {
        return wrong("the secret of a GenAI API key starts with `sk-`".to_owned());
    }
    None
}

/// Whether a text is what people write where a client insists on a key that is not used.
fn is_placeholder(text: &str) -> bool {
    const WORDS: [&str; 22] = [
        "",
        "any",
        "changeme",
        "dummy",
        "empty",
        "example",
        "fake",
        "foo",
        "ignored",
        "key",
        "none",
        "null",
        "oci",
        "ollama",
        "placeholder",
        "secret",
        "test",
        "todo",
        "token",
        "unused",
        "x",
        "your",
    ];
    const STARTS: [&str; 14] = [
        "no-",
        "not-",
        "not_",
        "no_",
        "your-",
        "your_",
        "<",
        "${",
        "{{",
        "xxx",
        "dummy-",
        "fake-",
        "placeholder-",
        "...",
    ];
    let lower = text.to_ascii_lowercase();
    let bare = lower.strip_prefix("sk-").or(lower.strip_prefix("sk_")).unwrap_or(&lower);
    let known = bare.split(['-', '_', ' ']).all(|word| {
        WORDS.contains(&word)
            || ["api", "apikey", "here", "openai", "needed", "used", "genai"].contains(&word)
    });
    let same = bare.chars().next().is_some_and(|first| bare.chars().all(|c| c == first));
    known
        || same
        || bare.starts_with("1234") && bare.len() < 20
        || STARTS.iter().any(|start| bare.starts_with(start))
}

/// Whether this machine's clock agrees with the `Date` of any answer, even of a refusal.
pub fn clock(local: Timestamp, date_header: &str) -> Option<Evidence> {
    let server = crate::wire::parse_http_date(date_header)?;
    let off = local.duration_since(server);
    let strength = if off.abs() > ALLOWED_SKEW {
        Strength::Certain
    } else if off.abs() > SignedDuration::from_mins(4) {
        Strength::Likely
    } else {
        return None;
    };
    let direction = if off.is_positive() { "ahead of" } else { "behind" };
    let text = format!(
        "this machine's clock is {} {direction} the service's ({}); signatures may be off by 5 minutes",
        ago(off),
        http_date(server)
    );
    Some(
        Evidence::new("clock", "clock-skew", strength, text)
            .instead("synchronize the clock (NTP) and try again"),
    )
}
