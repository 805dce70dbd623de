//! What of a tree is worth reading: one pass over a file's bytes tells whether statements may stand in it and
//! which local modules it calls. Errs on the side of reading; what a statement is, `recognise` knows.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::recognise::{looks_like_matching_rule, looks_like_statement};
use super::terraform::module::{directory_of, join_path};

/// How much of a text after a start word is looked at.
const WINDOW: usize = 600;

/// After so many start words that begin no statement the file is read anyway: looking on costs more.
const MAX_LOOKS: usize = 200;

/// What the pass found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    /// Whether statements or matching rules may stand in the file.
    pub(super) hit: bool,
    /// The `source` of each local module, as written: `./…`, `../…`.
    pub(super) modules: Vec<String>,
}

/// One search for all that matters: names that decide at once, start words, and local paths.
static NEEDLES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?-u)"\.\.?/"#,
        r"|oci_identity_|supplied_policies",
        r"|(?i:matching.?rule)",
        r"|(?i:(?:instance|resource)\.(?:id|type|tag\.|compartment\.))|(?i:tag\.[\w.-]+\.value)",
        r#"|(?i:allow|deny|define|endorse|admit)[\s\\"\x80-\xff]"#,
        r"|(?i:any|all)\s*[{(]",
    ))
    .ok()
});

/// Looks through a file. Local modules are looked for only where asked.
pub(super) fn scan(bytes: &[u8], modules: bool) -> Scan {
    let mut found = Scan::default();
    // A pattern that does not compile would be a slip of ours: then every file is read.
    let Some(needles) = NEEDLES.as_ref() else { return Scan { hit: true, ..found } };
    let mut looks = 0;
    for needle in needles.find_iter(bytes) {
        let after = bytes.get(needle.end()..).unwrap_or(&[]);
        match needle.as_bytes().first().map(u8::to_ascii_lowercase) {
            Some(b'"') => {
                let before = bytes.get(..needle.start()).unwrap_or(&[]);
                if modules && is_source(before) {
                    let start = needle.start() + 1;
                    let end =
                        memchr::memchr2(b'"', b'\n', after).map_or(bytes.len(), |end| needle.end() + end);
                    let path = bytes.get(start..end).unwrap_or(&[]);
                    found.modules.push(String::from_utf8_lossy(path).into_owned());
                }
            }
            Some(b'o' | b's' | b'm' | b'i' | b'r' | b't') => found.hit = true,
            _ if found.hit => {}
            first => {
                looks += 1;
                found.hit = looks > MAX_LOOKS
                    || begins_anew(bytes, needle.start())
                        && begins_statement(bytes, needle.start(), needle.end(), first == Some(b'a'));
            }
        }
        if found.hit && !modules {
            break;
        }
    }
    found
}

/// Which of the folders of Terraform files can matter: those that may hold a policy, and those that call
/// such a one as a local module, or one that is not among them. Takes each file's name and what was found.
pub(super) fn folders<'s>(files: impl Iterator<Item = (&'s str, &'s Scan)>) -> HashSet<String> {
    let mut callers: HashMap<String, BTreeSet<String>> = HashMap::new();
    let mut folders = HashSet::new();
    let mut pending = Vec::new();
    for (name, found) in files {
        let folder = directory_of(name);
        if found.hit {
            pending.push(folder.clone());
        }
        for module in &found.modules {
            callers.entry(join_path(&folder, module)).or_default().insert(folder.clone());
        }
        folders.insert(folder);
    }
    for (called, callers) in &callers {
        if !folders.contains(called) {
            pending.extend(callers.iter().cloned());
        }
    }
    let mut relevant = HashSet::new();
    while let Some(folder) = pending.pop() {
        pending
            .extend(callers.get(&folder).into_iter().flatten().filter(|c| !relevant.contains(*c)).cloned());
        relevant.insert(folder);
    }
    relevant
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

/// Whether a statement or matching rule may begin with the start word at `start..end`, be it put together
/// from pieces.
fn begins_statement(bytes: &[u8], start: usize, end: usize, may_be_rule: bool) -> bool {
    let window = bytes.get(start..bytes.len().min(start + WINDOW)).unwrap_or(&[]);
    let window = String::from_utf8_lossy(window);
    match bytes.get(end.saturating_sub(1)) {
        // An escape stands for any character.
        Some(b'\\') => return true,
        Some(b'{' | b'(') => return may_be_rule && looks_like_matching_rule(&window),
        _ => {}
    }
    let rest = window.get(end - 1 - start..).unwrap_or(&window);
    let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '"' | ','));
    let subject = rest.get(..rest.len().min(14)).unwrap_or("").to_ascii_lowercase();
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

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(text: &str) -> bool {
        scan(text.as_bytes(), true).hit
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
            r#"{"matching-rule": ""}"#,
            "ALL {resource.type = 'fnfunc'}",
            "any { tag.a.b.value = 'x' }",
            "rule: tag.a.b.value",
            "xx\nallow\tany-user to use x",
            "\"matchingRule\"",
            "\"deny\\nx",
        ] {
            assert!(hit(text), "{text}");
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
        assert_eq!(scan(native.as_bytes(), true).modules, ["../mod/a", "./b"]);
        let json = r#"{"module": {"a": {"source": "./a"}}}"#;
        assert_eq!(scan(json.as_bytes(), true).modules, ["./a"]);
    }

    #[test]
    fn a_file_full_of_start_words_ends_the_search() {
        let text = "Allow x. ".repeat(1_000_000);
        assert!(hit(&text));
    }
}
