//! What of a tree is worth reading: a look over a file's bytes tells whether statements may stand in it and which
//! local modules it calls. Errs on the side of reading; what a statement is, `recognise` knows.
//!
//! Most files of a tree hold no policy, and the look at them is most of what a run costs. So it is a handful of
//! searches for literals, each of which the processor's vector unit does, and only what they find is looked at.
//!
//! Of the folders of Terraform files those are read as a whole in which any file
//! - declares a policy, or something else that the evaluator gives on ([`is_of_interest`]),
//! - holds a string that begins as a statement or a matching rule, in the sense of `eval::candidates`, which finds
//!   nothing else,
//! - speaks to this program in a comment, or holds a secret;
//!
//! and those that call such a folder as a module, since their arguments make its statements. Any other folder can add
//! to a statement only by an output that one of these reads: the evaluator asks for it when that happens.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use memchr::memmem;
use regex::bytes::Regex;

use super::recognise::{looks_like_matching_rule, looks_like_statement};
use super::terraform::eval::is_of_interest;
use super::terraform::module::{directory_of, join_path};

/// What a private key begins with, after the words that tell its kind.
pub const PRIVATE_KEY: &str = "PRIVATE KEY-----";
/// What the secret of an API key begins with.
pub const API_SECRET: &str = "sk-";
/// Shortest tail of an API key's secret; documentation samples are shorter.
pub const API_SECRET_TAIL: usize = 24;

/// How much of a text after a start word is looked at.
const WINDOW: usize = 600;

/// After so many start words that begin no statement the file is read anyway: looking on costs more.
const MAX_LOOKS: usize = 200;

/// What a look at a Terraform file gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    /// Whether statements or matching rules may stand in the file.
    pub(super) hit: bool,
    /// The `source` of each local module, as written: `./…`, `../…`.
    pub(super) modules: Vec<String>,
}

/// The start words of statements and of matching rules, a few at a time: so few that all their spellings in upper and
/// lower case are one vectorised search. A pattern that does not compile would be a slip of ours: then every file is
/// read.
static WORDS: LazyLock<Option<[Regex; 4]>> = LazyLock::new(|| {
    let regex = |pattern| Regex::new(pattern).ok();
    Some([
        regex(r"(?i-u)allow")?,
        regex(r"(?i-u)deny|admit")?,
        regex(r"(?i-u)define|endorse")?,
        regex(r"(?i-u)(?:any|all)\s*[{(]")?,
    ])
});

/// Names that decide at once in files of other formats than Terraform's.
static NAMES: LazyLock<Option<[Regex; 4]>> = LazyLock::new(|| {
    let regex = |pattern| Regex::new(pattern).ok();
    Some([
        regex(r"(?-u)oci_identity_|supplied_policies")?,
        regex(r"(?i-u)matching.?rule")?,
        regex(r"(?i-u)(?:instance|resource)\.(?:id|type|tag\.|compartment\.)")?,
        regex(r"(?i-u)tag\.[\w.-]+\.value")?,
    ])
});

/// Looks through a Terraform file.
pub(super) fn terraform(bytes: &[u8]) -> Scan {
    let comment = || memmem::find(bytes, b"ociam:").is_some();
    let hit = declares(bytes) || may_begin_statements(bytes) || comment() || holds_secret(bytes);
    Scan { hit, modules: modules(bytes) }
}

/// Whether a file of another format may hold statements or matching rules.
pub(super) fn other(bytes: &[u8]) -> bool {
    let named = NAMES.as_ref().is_none_or(|names| names.iter().any(|name| name.is_match(bytes)));
    named || begins_any(bytes, false)
}

/// Whether a resource is declared that the evaluator gives on.
fn declares(bytes: &[u8]) -> bool {
    memmem::find_iter(bytes, b"oci_identity_").any(|at| {
        let rest = bytes.get(at..).unwrap_or(&[]);
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        let kind = rest.get(..length).and_then(|kind| std::str::from_utf8(kind).ok()).unwrap_or("");
        let label = rest.get(length).is_some_and(|byte| *byte == b'"' || byte.is_ascii_whitespace());
        let before = bytes.get(..at).unwrap_or(&[]);
        let before = before.strip_suffix(b"\"").unwrap_or(before).trim_ascii_end();
        label && is_of_interest(kind) && !before.ends_with(b"data")
    })
}

/// The `source` of each local module.
fn modules(bytes: &[u8]) -> Vec<String> {
    let mut found: Vec<(usize, String)> = Vec::new();
    for start in ["\"./", "\"../"] {
        for at in memmem::find_iter(bytes, start) {
            if is_source(bytes.get(..at).unwrap_or(&[])) {
                let rest = bytes.get(at + 1..).unwrap_or(&[]);
                let path = rest.get(..memchr::memchr2(b'"', b'\n', rest).unwrap_or(rest.len()));
                found.push((at, String::from_utf8_lossy(path.unwrap_or(&[])).into_owned()));
            }
        }
    }
    found.sort_unstable();
    found.into_iter().map(|(_, path)| path).collect()
}

/// Whether something in the file looks like the secret of an API key or like a private key.
fn holds_secret(bytes: &[u8]) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let mut secrets = memmem::find_iter(bytes, API_SECRET);
    memmem::find(bytes, PRIVATE_KEY.as_bytes()).is_some()
        || secrets.any(|at| {
            let tail = bytes.get(at + API_SECRET.len()..).unwrap_or(&[]);
            let glued = at.checked_sub(1).and_then(|at| bytes.get(at)).is_some_and(is_name);
            !glued && tail.get(..API_SECRET_TAIL).is_some_and(|tail| tail.iter().all(is_name))
        })
}

/// Whether a string of a Terraform file may begin as a statement or matching rule, whatever stands for its unknown
/// values.
pub(super) fn may_begin_statements(bytes: &[u8]) -> bool {
    begins_any(bytes, true)
}

/// Whether a statement or matching rule may begin anywhere. In Terraform (`strings`) one begins only where a string or
/// a line of it does.
fn begins_any(bytes: &[u8], strings: bool) -> bool {
    let Some(words) = WORDS.as_ref() else { return true };
    let mut looks = 0;
    words.iter().any(|words| {
        words.find_iter(bytes).any(|word| {
            let begins = bytes.get(word.end()).is_some_and(|byte| {
                byte.is_ascii_whitespace() || matches!(byte, b'\\' | b'"' | b'$' | b'%' | 0x80..)
            });
            let rule = matches!(word.as_bytes().last(), Some(b'{' | b'('));
            if !rule && !begins || !begins_anew(bytes, word.start()) {
                return false;
            }
            looks += 1;
            looks > MAX_LOOKS
                || (!strings || begins_string(bytes, word.start()))
                    && begins_statement(bytes, word.start(), word.end(), rule)
        })
    })
}

/// The folders of Terraform files that were looked through.
#[derive(Debug, Default)]
pub(super) struct Folders {
    /// Those that may hold a policy, and those that call such a one as a local module, or one that was not looked
    /// through.
    pub(super) relevant: HashSet<String>,
    /// The others.
    pub(super) idle: HashSet<String>,
}

/// Tells the folders apart. Takes each file's name and what was found in it.
pub(super) fn folders<'s>(files: impl Iterator<Item = (&'s str, &'s Scan)>) -> Folders {
    let mut callers: HashMap<String, BTreeSet<String>> = HashMap::new();
    let mut idle = HashSet::new();
    let mut pending = Vec::new();
    for (name, found) in files {
        let folder = directory_of(name);
        if found.hit {
            pending.push(folder.clone());
        }
        for module in &found.modules {
            callers.entry(join_path(&folder, module)).or_default().insert(folder.clone());
        }
        idle.insert(folder);
    }
    for (called, callers) in &callers {
        if !idle.contains(called) {
            pending.extend(callers.iter().cloned());
        }
    }
    let mut relevant = HashSet::new();
    while let Some(folder) = pending.pop() {
        pending
            .extend(callers.get(&folder).into_iter().flatten().filter(|c| !relevant.contains(*c)).cloned());
        idle.remove(&folder);
        relevant.insert(folder);
    }
    Folders { relevant, idle }
}

/// Whether what stands before a quoted path is `source =` or `"source":`.
fn is_source(before: &[u8]) -> bool {
    let before = before.trim_ascii_end();
    let Some(name) = before.strip_suffix(b"=").or_else(|| before.strip_suffix(b":")) else { return false };
    let name = name.trim_ascii_end();
    name.strip_suffix(b"\"").unwrap_or(name).ends_with(b"source")
}

/// Whether a word begins at this byte: no letter or digit before it, unless that is the end of an escape.
fn begins_anew(bytes: &[u8], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).and_then(|at| bytes.get(at)).copied();
    match before(1) {
        Some(b'n' | b't' | b'r' | b'f' | b'b' | b'0'..=b'9') if before(2) == Some(b'\\') => true,
        // `\u0022Allow …`
        Some(byte) if byte.is_ascii_hexdigit() => before(6) == Some(b'\\') && before(5) == Some(b'u'),
        Some(byte) => !byte.is_ascii_alphanumeric() && byte != b'_',
        None => true,
    }
}

/// Whether nothing stands between this byte and the start of its string, its line or an escape but what may stand
/// before a statement. A word further on in a sentence begins none, and one in a line of comment neither.
fn begins_string(bytes: &[u8], at: usize) -> bool {
    let before = bytes.get(..at).unwrap_or(&[]);
    let line = before.get(memchr::memrchr(b'\n', before).map_or(0, |end| end + 1)..).unwrap_or(&[]);
    let indented = line.trim_ascii_start();
    if (indented.starts_with(b"#") || indented.starts_with(b"//")) && !indented.contains(&b'{') {
        return false;
    }
    let lead = line.iter().rev().take_while(|byte| {
        byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b'-' | b'*' | b'\\' | 0x80..)
    });
    let rest = line.get(..line.len() - lead.count()).unwrap_or(&[]);
    let skipped = line.get(rest.len()..).unwrap_or(&[]);
    // Behind a quote, at the start of a line, behind a template's end, or behind an escape such as `\n`.
    skipped.contains(&b'"')
        || rest.is_empty()
        || rest.ends_with(b"}")
        || rest.iter().rev().take(6).any(|byte| *byte == b'\\')
}

/// Whether a statement or matching rule may begin with the start word at `start..end`, be it put together
/// from pieces.
fn begins_statement(bytes: &[u8], start: usize, end: usize, rule: bool) -> bool {
    let window = bytes.get(start..bytes.len().min(start + WINDOW)).unwrap_or(&[]);
    let window = String::from_utf8_lossy(window);
    if rule {
        // What stands in the braces may come from elsewhere.
        let inner = window.get(end - start..).unwrap_or("").trim_start();
        return looks_like_matching_rule(&window) || inner.starts_with("${") || inner.starts_with("%");
    }
    // An escape stands for any character.
    if bytes.get(end) == Some(&b'\\') {
        return true;
    }
    let rest = window.get(end - start..).unwrap_or(&window);
    let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '"' | ','));
    let subject = head(rest, 14).to_ascii_lowercase();
    let pieces = [
        "any-",
        "any user",
        "any group",
        "anyuser",
        "anygroup",
        "dynamic",
        "group ",
        "group\"",
        "group $",
        "${",
        "%s",
        "%{",
        "endorse ",
        "admit ",
        "tenancy ",
    ];
    pieces.iter().any(|piece| subject.starts_with(piece)) || looks_like_statement(&window)
}

/// At most the first `length` bytes of a text, at a character's edge.
fn head(text: &str, length: usize) -> &str {
    (0..=length.min(text.len())).rev().find_map(|end| text.get(..end)).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(text: &str) -> bool {
        terraform(text.as_bytes()).hit
    }

    #[test]
    fn whatever_may_become_a_statement_is_a_hit() {
        for text in [
            r#"resource "oci_identity_policy" "p" {}"#,
            r#"x = ["Allow group A to read buckets in tenancy"]"#,
            "statements:\n- allow any-user to use x in tenancy",
            r#"["a\nallow group A to read buckets in tenancy"]"#,
            "ALLOW\tDYNAMIC-GROUP x TO use y",
            r#"join(" ", ["Allow", "group", var.g, "to manage x in tenancy"])"#,
            r#"format("Allow %s to %s", a, b)"#,
            r#""Allow GroupA to manage buckets in compartment B""#,
            "Allow\u{a0}group A to manage buckets in tenancy",
            r#""Allow\u0020group A to manage buckets in tenancy""#,
            "endorse group X to read buckets in any-tenancy",
            "define tenancy ${var.a} as ${var.b}",
            "ALL {resource.type = 'fnfunc'}",
            "any { tag.a.b.value = 'x' }",
            "xx\nallow\tany-user to use x",
            "\"deny\\nx",
            r#"x = "${var.lead}Allow group A to read buckets in tenancy""#,
            r#"x = "Allow${local.space}group A to read buckets in tenancy""#,
            "x = <<EOT\n  - allow group A to read buckets in tenancy\nEOT",
            "# ociam: ignore[x] why",
            "-----BEGIN RSA PRIVATE KEY-----",
            r#"key = "sk-abcdefghijklmnopqrstuvwx""#,
        ] {
            assert!(hit(text), "{text}");
        }
    }

    #[test]
    fn what_other_formats_call_a_rule_is_a_hit_there() {
        for text in
            [r#"{"matching-rule": ""}"#, "rule: tag.a.b.value", "\"matchingRule\"", "supplied_policies:"]
        {
            assert!(other(text.as_bytes()), "{text}");
            assert!(!hit(text), "{text}");
        }
    }

    proptest::proptest! {
        /// Whatever reads as a statement at the start of a string is one to read, whatever stands around it.
        #[test]
        fn a_statement_in_a_string_is_a_hit(
            start in "(allow|Allow|ALLOW|deny|define|endorse|admit|deny endorse|deny admit)",
            subject in "( any-user| group [a-z]{1,8}| dynamic-group '[a-z]{1,8}'| service [a-z]{1,8}| tenancy [a-z]{1,8}| [A-Z][a-z]{1,8}| \\$\\{var\\.[a-z]{1,8}\\})",
            rest in "( to (manage|use|read|inspect|\\{[A-Z_]{3,9}\\}) [a-z-]{1,20} in (tenancy|compartment [a-z]{1,8})| as ocid1\\.[a-z]{1,9}| to \\$\\{local\\.[a-z]{1,8}\\})( where [a-z.]{1,20} = '[a-z]{1,8}')?",
            lead in "([a-z]{1,9} = \\[?\"|<<EOT\n *[-*]? *|x = \"[a-z. ]{0,20}\\\\n|x = \"\\$\\{var\\.a\\})",
            end in "(\"\\]?\n|\nEOT\n)",
        ) {
            let statement = format!("{start}{subject}{rest}");
            let text = format!("{lead}{statement}{end}");
            proptest::prop_assert!(!looks_like_statement(&statement) || hit(&text), "{}", text);
        }
    }

    #[test]
    fn prose_and_other_clouds_are_no_hits() {
        for text in [
            r#"description = "Allow SSH from anywhere""#,
            "# Allow traffic to the internet in the VCN",
            r#"effect = "Allow""#,
            r#"access = "Deny" # deny all"#,
            "disallow group A to read buckets in tenancy",
            "variable \"allow_all\" {}",
            "all { }",
            "",
        ] {
            assert!(!hit(text), "{text}");
        }
    }

    #[test]
    fn local_modules_are_listed_in_both_syntaxes() {
        let native = "module \"a\" {\n  source = \"../mod/a\"\n}\nmodule \"b\" { source=\"./b\" }\nfile(\"./x\")\nx = \"../y\"";
        assert_eq!(terraform(native.as_bytes()).modules, ["../mod/a", "./b"]);
        let json = r#"{"module": {"a": {"source": "./a"}}}"#;
        assert_eq!(terraform(json.as_bytes()).modules, ["./a"]);
    }

    #[test]
    fn a_file_full_of_start_words_ends_the_search() {
        let text = "Allow x. ".repeat(1_000_000);
        assert!(hit(&text));
    }
}
