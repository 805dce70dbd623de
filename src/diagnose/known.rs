//! Known errors without a request: what an answer means, which causes give it, how to tell them apart.

use std::collections::BTreeMap;

use super::case::{Case, ErrorSeen};
use super::catalogue::Cause;
use super::rank::Report;
use crate::catalog::{self, ErrorCode, ErrorText};

/// What is known of a status, a code, a text or a cause.
#[derive(Debug, Default)]
pub struct Known {
    /// The documented codes that it names.
    pub codes: Vec<&'static ErrorCode>,
    /// The answers on record that it names, each once.
    pub answers: Vec<Answered>,
    /// The cause that it names.
    pub cause: Option<(&'static str, &'static Cause)>,
}

/// An answer on record.
#[derive(Debug)]
pub struct Answered {
    /// HTTP status; none where the client never got an answer.
    pub status: Option<u16>,
    /// The message, as it was recorded first; none where only the status was.
    pub message: Option<String>,
    /// The codes that it came with.
    pub codes: Vec<&'static str>,
    /// The planes that gave it.
    pub planes: Vec<&'static str>,
    /// What is known to bring it, each with what tells it apart (or nothing).
    pub conditions: Vec<(&'static str, &'static str)>,
    /// The causes, likeliest first.
    pub report: Report,
}

impl Known {
    /// Looks up a status (`404`), a code (`NotAuthenticated`), a part of a message, an ORA number, or a cause.
    /// None when nothing is known of it.
    pub fn of(query: &str) -> Option<Known> {
        let query = query.trim();
        if query.is_empty() {
            return None;
        }
        if let Some((name, found)) = super::causes().get_key_value(&query.to_ascii_lowercase()) {
            return Some(Known { cause: Some((name, found)), ..Known::default() });
        }
        let status: Option<u16> = query.parse().ok();
        let (bare_status, code) = status_and_code(query);
        let is_code = |row: &&ErrorCode| {
            code.is_some_and(|code| row.code.eq_ignore_ascii_case(code))
                && bare_status.is_none_or(|status| row.status == Some(status))
                || status.is_some() && row.status == status
        };
        let codes: Vec<_> = catalog::error_codes().iter().filter(is_code).collect();
        let wanted = words(query);
        let names = |row: &&ErrorText| match status {
            Some(status) => row.status == Some(status),
            None if !codes.is_empty() => {
                code.is_some_and(|code| row.code.is_some_and(|own| own.eq_ignore_ascii_case(code)))
            }
            None => row.message.is_some_and(|message| says(message, query, &wanted)),
        };
        let rows: Vec<_> = catalog::error_texts().iter().filter(names).collect();
        let mut answers = grouped(&rows, &codes);
        if answers.is_empty() && codes.is_empty() {
            answers.extend(by_signs(query));
        }
        (!answers.is_empty() || !codes.is_empty()).then_some(Known { codes, answers, cause: None })
    }
}

/// `404-NotAuthorizedOrNotFound` and `401 NotAuthenticated` name both.
fn status_and_code(query: &str) -> (Option<u16>, Option<&str>) {
    match query.split_once(['-', ' ', ':']) {
        Some((status, code)) => match status.parse() {
            Ok(status) => (Some(status), Some(code.trim())),
            Err(_) => (None, None),
        },
        None => (None, Some(query)),
    }
}

fn words(text: &str) -> Vec<String> {
    let word = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_ascii_lowercase();
    text.split_whitespace().map(word).filter(|word| !word.is_empty()).collect()
}

/// Whether the message is what the query quotes: a part of it, or the same wording around other names.
fn says(message: &str, query: &str, wanted: &[String]) -> bool {
    if message.to_ascii_lowercase().contains(&query.to_ascii_lowercase()) {
        return true;
    }
    let own = words(message);
    let plain = |word: &&String| word.chars().all(char::is_alphabetic) && word.len() > 2;
    let shared = own.iter().filter(plain).filter(|word| wanted.contains(word)).count();
    let all = own.iter().filter(plain).count();
    all > 1 && shared == all
}

/// One entry for each wording and status, in the catalogue's order.
fn grouped(rows: &[&'static ErrorText], codes: &[&'static ErrorCode]) -> Vec<Answered> {
    let key = |row: &ErrorText| (row.status, row.message.map(super::experiments::wording));
    let mut groups: BTreeMap<_, Vec<&'static ErrorText>> = BTreeMap::new();
    for row in rows {
        groups.entry(key(row)).or_default().push(row);
    }
    let mut answers: Vec<Answered> = groups
        .into_values()
        .filter_map(|rows| {
            let first = rows.first()?;
            let mut planes: Vec<_> = rows.iter().map(|row| row.plane).collect();
            let mut codes: Vec<_> = rows.iter().filter_map(|row| row.code).collect();
            planes.dedup();
            codes.dedup();
            let plane = if let [plane] = planes.as_slice() { Some((*plane).to_owned()) } else { None };
            let error = ErrorSeen {
                status: first.status,
                code: codes.first().map(|code| (*code).to_owned()),
                message: first.message.map(str::to_owned),
            };
            Some(Answered {
                status: first.status,
                message: first.message.map(str::to_owned),
                conditions: rows.iter().map(|row| (row.condition, row.tell_apart)).collect(),
                report: super::diagnose(&Case { error, plane, ..Case::default() }),
                codes,
                planes,
            })
        })
        .collect();
    // The wording that most conditions share is what people meet most.
    answers.sort_by_key(|answer| (answer.message.is_none(), std::cmp::Reverse(answer.conditions.len())));
    // A documented code that no answer on record has still gets its causes.
    let unseen = codes.iter().filter(|code| !rows.iter().any(|row| row.status == code.status));
    answers.extend(unseen.filter_map(|code| by_signs(&format!("{} {}", code.status?, code.code))));
    answers
}

/// What the signs say of a text that is not on record.
fn by_signs(query: &str) -> Option<Answered> {
    let case = super::extract(query);
    let report = super::diagnose(&case);
    let told = report.diagnoses.first().is_some_and(|first| !first.evidence.is_empty());
    told.then(|| Answered {
        status: case.error.status,
        message: Some(super::redact(query)),
        codes: Vec::new(),
        planes: Vec::new(),
        conditions: Vec::new(),
        report,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_of(query: &str) -> &'static str {
        Known::of(query).unwrap().answers[0].report.diagnoses[0].cause
    }

    #[test]
    fn a_part_of_a_message_gives_the_causes_of_that_message() {
        let known = Known::of("Entity with key").unwrap();
        let firsts: Vec<_> = known.answers.iter().map(|answer| answer.report.diagnoses[0].cause).collect();
        assert_eq!(firsts, ["region-model-unavailable", "signer-not-applied"]);
        assert_eq!(first_of("Path doesn't map to a registered service"), "wrong-endpoint-path");
        assert_eq!(
            first_of("entity with key cohere.command-a-03-2025 not found"),
            "region-model-unavailable"
        );
    }

    #[test]
    fn a_status_gives_every_answer_on_record_with_it() {
        let known = Known::of("404").unwrap();
        assert!(known.answers.len() > 3 && !known.codes.is_empty());
        assert!(known.answers.iter().all(|answer| answer.status == Some(404)));
    }

    #[test]
    fn codes_causes_and_ora_numbers_are_known_and_nonsense_is_not() {
        assert!(Known::of("NotAuthenticated").is_some_and(|known| !known.codes.is_empty()));
        assert!(Known::of("404-NotAuthorizedOrNotFound").is_some_and(|known| !known.codes.is_empty()));
        assert!(Known::of("clock-skew").is_some_and(|known| known.cause.is_some()));
        assert_eq!(first_of("ORA-24247"), "network-acl");
        assert!(Known::of("unknown-verbb").is_none());
    }
}
