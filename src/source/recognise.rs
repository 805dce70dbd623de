//! Tells a string that begins as a policy statement or a matching rule from other text, wherever it stands.
//! Not the parser: malformed statements must be recognised, and prose that begins with "allow" must not.

use std::borrow::Cow;

use crate::policy::{START_WORDS, VERBS};

/// Keys whose text is about something rather than in force.
pub(super) const DESCRIPTIONS: [&str; 9] =
    ["description", "desc", "comment", "comments", "notes", "title", "summary", "message", "documentation"];

/// Words of a sentence that a statement has no place for.
const PROSE: [&str; 32] = [
    "a", "an", "their", "its", "your", "our", "my", "his", "only", "other", "these", "those", "that", "this",
    "which", "when", "so", "be", "is", "are", "from", "you", "it", "they", "not", "specific", "certain",
    "both", "every", "without", "can", "existing",
];

/// A word of a text, in the one respect that matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    /// A run of letters, digits and name characters, lower-cased.
    Word(&'a str),
    /// `${…}`, `%{…}`, `<…>` or `%s`: stands for anything.
    Hole,
    /// `{`
    Brace,
    /// Any other character.
    Mark(char),
}

/// Whether the text begins as a policy statement does, well-formed or not. Unknown values may stand in it
/// as `${…}`; a fragment that only other fragments make a statement does not count.
pub fn looks_like_statement(text: &str) -> bool {
    let text = text.trim_start_matches(is_padding);
    let Some(start) = START_WORDS.iter().find(|word| starts_with_word(text, word)) else { return false };
    // A statement is recognised by its head; a megabyte of text need not be read for it.
    let lower = head(text, 2000).to_lowercase();
    let tokens = tokens(&lower);
    let mut rest = tokens.get(1..).unwrap_or(&[]);
    if *start == "define" {
        return is_definition(rest);
    }
    if *start == "deny"
        && let [Token::Word("endorse" | "admit"), after @ ..] = rest
    {
        rest = after;
    }
    is_grant(rest)
}

/// Whether the text begins as a dynamic group's matching rule does.
pub fn looks_like_matching_rule(text: &str) -> bool {
    let text = text.trim_start_matches(is_padding);
    let lower = head(text, 2000).to_lowercase();
    let mut rest = lower.as_str();
    let mut nested = false;
    for start in ["any", "all", "matching_rule", "any", "all"] {
        if let Some(after) = rest.strip_prefix(start)
            && let Some(inner) = after.trim_start().strip_prefix(['{', '('])
        {
            nested = true;
            rest = inner.trim_start();
        }
    }
    let of_group = |text: &str| {
        ["instance.", "resource.", "tag."].iter().any(|prefix| text.starts_with(prefix))
            && text.split_once(['=', ',', '}']).map_or(text, |(name, _)| name).trim().split(' ').count() <= 3
    };
    if of_group(rest) {
        let name = rest.split(|c: char| !is_name(c)).next().unwrap_or("");
        let known = ["instance.id", "instance.compartment.id", "resource.id", "resource.type"];
        let variable = known.contains(&name)
            || name == "resource.compartment.id"
            || name.starts_with("instance.tag.")
            || name.starts_with("resource.tag.")
            || name.starts_with("tag.");
        let compared = rest.contains('=') || name.ends_with(".value") || rest.contains(" eq ");
        // Filters of logging services read alike, with their values in double quotes.
        let doubled = rest.split_once('=').is_some_and(|(_, value)| value.trim_start().starts_with('"'));
        return compared && (nested || variable && !doubled);
    }
    // What is nested may begin with an unknown value or another group of conditions.
    nested
        && !rest.contains("request.")
        && !rest.contains("target.")
        && ["instance.", "resource.", "tag."].iter().any(|prefix| rest.contains(prefix))
}

/// `define tenancy X as ocid…` after its first word.
fn is_definition(rest: &[Token]) -> bool {
    let kind = matches!(
        rest.first(),
        Some(
            Token::Hole | Token::Word("tenancy" | "group" | "dynamic-group" | "dynamicgroup" | "compartment")
        )
    ) || matches!(rest, [Token::Word("dynamic" | "dynamic_group"), ..]);
    let near = rest.get(..rest.len().min(8)).unwrap_or(rest);
    let bound = near.iter().enumerate().any(|(at, token)| match token {
        Token::Word("as") => {
            // `as` and then an OCID, or nothing but the alias before it.
            at <= 2 || matches!(near.get(at + 1), Some(Token::Hole))
        }
        Token::Word(word) => word.starts_with("ocid"),
        _ => false,
    });
    kind && bound
}

/// What follows `allow`, `deny`, `endorse`, `admit`.
fn is_grant(rest: &[Token]) -> bool {
    let subject = match rest {
        [
            Token::Word(
                "any-user" | "any-group" | "dynamic-group" | "anyuser" | "dynamicgroup" | "dynamic_group",
            ),
            ..,
        ] => Subject::Certain,
        [Token::Word("any"), Token::Mark('-') | Token::Word("user" | "group"), ..] => Subject::Certain,
        [Token::Word("dynamic"), Token::Word("group" | "groups") | Token::Hole, ..] => Subject::Certain,
        [Token::Word("group" | "groups" | "service" | "resource" | "dynamic-groups" | "user"), ..] => {
            Subject::Likely
        }
        [Token::Word("tenancy" | "compartment"), ..] => Subject::Likely,
        [Token::Hole, ..] => Subject::Likely,
        _ => Subject::Missing,
    };
    let evidence = Evidence::of(rest);
    match subject {
        Subject::Certain => {
            evidence.grant || evidence.permissions || evidence.located || evidence.loose_grant
        }
        Subject::Likely => {
            evidence.permissions
                || evidence.located && (evidence.grant || !evidence.prose)
                || evidence.grant && !evidence.prose && (evidence.placed || evidence.short_subject)
        }
        Subject::Missing => {
            !evidence.prose
                && evidence.short_subject
                && (evidence.grant && (evidence.placed || evidence.elided)
                    || evidence.permissions && evidence.placed
                    || evidence.bare_verb && evidence.located)
        }
    }
}

/// How clearly the second word is a subject's.
enum Subject {
    /// No sentence goes on like that.
    Certain,
    /// Also a word of plain English.
    Likely,
    Missing,
}

/// What in the words after the subject speaks for a statement.
#[derive(Debug, Default)]
struct Evidence {
    /// `to manage`, `to {`, `to ${…}`, `to associate`.
    grant: bool,
    /// `to` and any other word.
    loose_grant: bool,
    /// A verb without its `to`.
    bare_verb: bool,
    /// `{A, B}`: a list of permissions.
    permissions: bool,
    /// `in tenancy`, `in compartment`, `in any-tenancy`, `in ${…}`.
    located: bool,
    /// `in` or `where` and anything at all, after the grant.
    placed: bool,
    /// The text is cut with an ellipsis.
    elided: bool,
    /// A word that only prose has, outside quotes.
    prose: bool,
    /// `to` comes soon, as it does after a name or a list of names.
    short_subject: bool,
}

impl Evidence {
    fn of(tokens: &[Token]) -> Self {
        let mut found = Self::default();
        let mut quoted = false;
        let mut conditions = false;
        for (at, token) in tokens.iter().enumerate() {
            let next = tokens.get(at + 1);
            let after = tokens.get(at + 2);
            match token {
                Token::Mark('\'' | '‘' | '’' | '"' | '“' | '”') => quoted = !quoted,
                Token::Mark('…') => found.elided = true,
                Token::Brace if !conditions => {
                    // `{VAULT_READ, …}`: words with nothing but commas between them.
                    let word = matches!(next, Some(Token::Word(word)) if word.contains(['_', '-']))
                        || matches!(next, Some(Token::Hole));
                    let closed = matches!(after, Some(Token::Mark(',' | '}')));
                    found.permissions |= word && closed;
                }
                _ if quoted => {}
                Token::Word("to") => {
                    found.short_subject |=
                        !found.loose_grant && is_short_subject(tokens.get(..at).unwrap_or(&[]));
                    found.loose_grant |= matches!(next, Some(Token::Word(_) | Token::Hole | Token::Brace));
                    found.grant |= match next {
                        Some(Token::Word(word)) => is_verb_like(word) || *word == "associate",
                        Some(Token::Hole | Token::Brace) => true,
                        _ => false,
                    };
                }
                Token::Word(word) if is_verb(word) && !found.loose_grant && at > 0 => {
                    // `to` left out: the rest must be there.
                    found.loose_grant = true;
                    found.bare_verb = true;
                    found.short_subject = is_short_subject(tokens.get(..at).unwrap_or(&[]));
                }
                Token::Word("in") => {
                    found.placed |= found.loose_grant && next.is_some();
                    found.located |= matches!(
                        (next, after),
                        (
                            Some(
                                Token::Hole
                                    | Token::Word("tenancy" | "compartment" | "any-tenancy" | "compartments")
                            ),
                            _
                        ) | (Some(Token::Word("the")), Some(Token::Word("tenancy" | "compartment")))
                    );
                }
                Token::Word("where") => {
                    found.placed |= found.loose_grant;
                    conditions = true;
                }
                // The first word is a name, or the subject's own keyword: a group may be called `A`.
                Token::Word(word) => found.prose |= at > 1 && !found.located && PROSE.contains(word),
                _ => {}
            }
        }
        found
    }
}

/// Whether what stands before `to` can be a subject: a few words, or a list with commas.
fn is_short_subject(tokens: &[Token]) -> bool {
    let listed = tokens.iter().any(|token| matches!(token, Token::Mark(',' | '/' | '\'')));
    let words = tokens.iter().filter(|token| matches!(token, Token::Word(_) | Token::Hole)).count();
    // `group id X of tenancy Y`, `any-user of any-tenancy`
    (1..=6).contains(&words) || listed
}

fn is_verb(word: &str) -> bool {
    VERBS.contains(&word)
}

/// A verb, or a slip of one.
fn is_verb_like(word: &str) -> bool {
    is_verb(word) || word.len() > 3 && VERBS.iter().any(|verb| strsim::osa_distance(word, verb) <= 1)
}

/// What may stand before a statement in its string: space, invisible characters, an opening quote of a
/// string inside the string.
fn is_padding(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}' | '\'' | '"' | '`')
}

fn starts_with_word(text: &str, word: &str) -> bool {
    let begins = text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    begins
        && text
            .get(word.len()..)
            .and_then(|rest| rest.chars().next())
            .is_some_and(|c| c.is_whitespace() || is_invisible(c))
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{feff}' | '\u{2060}')
}

/// At most the first `length` bytes of a text, at a character's edge.
fn head(text: &str, length: usize) -> Cow<'_, str> {
    match text.char_indices().map(|(at, _)| at).take_while(|&at| at <= length).last() {
        Some(end) if text.len() > length => Cow::Borrowed(text.get(..end).unwrap_or(text)),
        _ => Cow::Borrowed(text),
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// The words, holes and marks of a lower-cased text.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after = rest.get(first.len_utf8()..).unwrap_or("");
        let length = match first {
            '$' | '%' if after.starts_with('{') => {
                found.push(Token::Hole);
                hole_length(rest)
            }
            '%' if after.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                found.push(Token::Hole);
                2
            }
            '<' => match rest.find('>') {
                Some(end) if end < 80 => {
                    found.push(Token::Hole);
                    end + 1
                }
                _ => 1,
            },
            _ if is_name(first) => {
                let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
                let word = rest.get(..end).unwrap_or("");
                match word.strip_suffix("...") {
                    Some(word) => {
                        if !word.is_empty() {
                            found.push(Token::Word(word));
                        }
                        found.push(Token::Mark('…'));
                    }
                    None => found.push(Token::Word(word.trim_end_matches('.'))),
                }
                end
            }
            '{' => {
                found.push(Token::Brace);
                1
            }
            _ => {
                if !first.is_whitespace() && !is_invisible(first) {
                    found.push(Token::Mark(first));
                }
                first.len_utf8()
            }
        };
        rest = rest.get(length..).unwrap_or("");
    }
    found
}

/// Length of a `${…}` at the start of the text, braces inside it counted.
fn hole_length(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth <= 1 => return at + 1,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_recognised_malformed_ones_too() {
        for text in [
            "Allow group Admins to manage all-resources in tenancy",
            "allow any-user to use generative-ai-family in tenancy where request.principal.type='generativeaiapikey'",
            "ALLOW DYNAMIC-GROUP x TO USE y IN TENANCY",
            "\u{feff}  Allow group x to read y in compartment z",
            "Allow\tgroup x\nto read y\nin compartment z",
            "Allow dynamic group x to use",
            "Allow dynamicgroup x to use buckets in tenancy",
            "Allow GroupA to manage buckets in compartment B",
            "Allow GroupA to manage …",
            "Allow group A to mange buckets in tenancy",
            "allow group A manage buckets in tenancy",
            "allow group A {BUCKET_READ, OBJECT_READ} in tenancy",
            "Allow service FaaS to use apm-domains in tenancy",
            "allow service blockstorage, objectstorage-us-ashburn-1 to use keys in compartment a:b",
            "allow resource generativeai endpoint x to read y in tenancy",
            "Allow group ${var.g} to use generative-ai-family in compartment id ${var.c}",
            "Allow ${local.subject} to read all-resources in ${local.scope}",
            "allow ${each.key}group x to manage y in tenancy",
            "Allow group %s to manage buckets in compartment %s",
            "allow group <group-name> to manage buckets in compartment <name>",
            "define tenancy Acme as ocid1.tenancy.oc1..x",
            "Define dynamic-group X as id ocid1.dynamicgroup.oc1..x",
            "define tenancy ${var.a} as ${var.b}",
            "endorse group X to read buckets in any-tenancy",
            "admit group X of tenancy Y to read buckets in tenancy",
            "deny endorse any-user to manage all-resources in any-tenancy",
            "Deny admit any-group of any-tenancy to inspect tenancies in tenancy",
            "admit any-user of tenancy x to associate drg in tenancy with vcn in tenancy",
        ] {
            assert!(looks_like_statement(text), "{text}");
        }
    }

    #[test]
    fn prose_and_fragments_are_not_statements() {
        for text in [
            "Allow all egress",
            "Allow SSH from anywhere",
            "Allow traffic from the internet",
            "Allow traffic to the internet in the VCN",
            "Allow HTTPS to use port 443",
            "Allow any traffic in the tenancy",
            "Allow any traffic to the service network",
            "Allow service traffic to flow in both directions",
            "Allow group members to use the wiki that is in the intranet",
            "Allow users to manage their own credentials in the tenancy",
            "Allow worker nodes to reach the control plane in compartment x",
            "Deny all",
            "Deny everything else",
            "Define the compartment structure as a map",
            "Define a group of instances",
            "Define as you like",
            "allow",
            "Allows group x to manage y in tenancy",
            "allowed_groups",
            "allow-list",
            "Allow group ${var.g}",
            "Allow group ${var.g} to ",
            "Allow ${var.cidr}",
            "Allow ${each.key} ingress",
            "admit it",
            "",
            "${var.x}",
        ] {
            assert!(!looks_like_statement(text), "{text}");
        }
    }

    #[test]
    fn matching_rules_are_told_from_conditions_and_prose() {
        for text in [
            "ALL {resource.type = 'fnfunc', resource.compartment.id = '${var.c}'}",
            "Any {instance.id='ocid1.instance.oc1..x'}",
            "any{ all { instance.compartment.id = 'x' }, resource.id = 'y' }",
            "instance.compartment.id = 'ocid1.compartment.oc1..x'",
            "tag.department.operations.value",
            "tag.a.b.value = 'x'",
            "resource.type='generativeaiapikey'",
            "All {${local.conditions}, instance.id = 'x'}",
        ] {
            assert!(looks_like_matching_rule(text), "{text}");
        }
        for text in [
            "all {request.user.id = 'x', target.resource.type = 'y'}",
            "any { request.permission = 'X' }",
            "instance.id",
            "instance.count of the pool",
            "resource.type=\"cloud_run_revision\" OR logName:\"cloudaudit.googleapis.com\"",
            "resource.tf = 1",
            "any resource",
            "all",
            "",
        ] {
            assert!(!looks_like_matching_rule(text), "{text}");
        }
    }
}
