//! The nearest known name of the same kind.

use super::iam::wrong_name;
use super::variable::Scope;
use super::{Kind, genai, iam, place, principal, variable};

/// The known name of this kind that `word` most likely means. A name known to be wrong gives its replacement; other
/// words the nearest name, if it is near: the same but for hyphens, number or a missing `-family`, or within an edit
/// distance of a third of its letters. None for a name that is right already.
pub fn suggest(kind: Kind, word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    if word.is_empty() || word.len() > 200 {
        return None;
    }
    if let Some(wrong) = wrong_name(kind, &word) {
        return wrong.instead.first().copied();
    }
    let bare = skeleton(&word);
    let limit = (word.chars().count() / 3).max(1);
    let mut best: Option<(usize, &'static str)> = None;
    for name in names(kind) {
        let lower = name.to_ascii_lowercase();
        if lower == word {
            return None;
        }
        if kind == Kind::Permission && !same_service(&lower, &word) {
            continue;
        }
        let distance = if skeleton(&lower) == bare {
            0
        } else if lower.strip_suffix("-family").is_some_and(|stem| skeleton(stem) == bare) {
            1
        } else if lower.len().abs_diff(word.len()) > limit {
            continue;
        } else {
            // Short words are near many names: ask for the same first letter.
            if word.len() < 5 && !lower.starts_with(|c| word.starts_with(c)) {
                continue;
            }
            1 + strsim::damerau_levenshtein(&lower, &word)
        };
        if distance <= limit + 1 && best.is_none_or(|(nearest, _)| distance < nearest) {
            best = Some((distance, name));
        }
    }
    best.map(|(_, name)| name)
}

/// Whether two permissions begin with the same service, give or take a slip: `WLP_LOG_READ` is no misspelt `CG_LOG_READ`.
fn same_service(a: &str, b: &str) -> bool {
    let first = |name: &str| name.split('_').next().unwrap_or_default().to_owned();
    let (a, b) = (first(a), first(b));
    strsim::damerau_levenshtein(&a, &b) <= (a.len() / 3).max(1)
}

/// The word without separators and without the plural of each part.
fn skeleton(word: &str) -> String {
    word.split(['-', '_', '.', ' '])
        .map(|part| match part.strip_suffix("ies") {
            Some(stem) => format!("{stem}y"),
            None => part.strip_suffix('s').unwrap_or(part).to_owned(),
        })
        .collect()
}

/// The names of a kind, the plain ones only: tag patterns are no suggestion.
fn names(kind: Kind) -> Box<dyn Iterator<Item = &'static str>> {
    let variables = |of: fn(Scope) -> bool| {
        let plain = variable::variables().iter().filter(move |row| of(row.scope) && !row.name.contains('<'));
        plain.filter(|row| !row.deprecated).map(|row| row.name)
    };
    match kind {
        Kind::Verb => Box::new(iam::Verb::ALL.into_iter().map(iam::Verb::word)),
        Kind::ResourceType => Box::new(iam::resource_types().iter().map(|row| row.name)),
        Kind::Permission => Box::new(iam::permissions().iter().map(|row| row.name)),
        Kind::Operation => Box::new(iam::operations().iter().map(|row| row.name)),
        Kind::Variable => Box::new(variables(|scope| scope != Scope::MatchingRule)),
        Kind::RuleVariable => Box::new(variables(|scope| scope == Scope::MatchingRule)),
        Kind::PrincipalType => Box::new(principal::principal_types().iter().map(|row| row.name)),
        Kind::Ocid => Box::new(principal::ocid_kinds().iter().map(|row| row.name)),
        Kind::Realm => Box::new(place::realms().iter().map(|row| row.name)),
        Kind::Region => Box::new(place::regions().iter().map(|row| row.name)),
        Kind::Plane => Box::new(place::planes().iter().map(|row| row.name)),
        Kind::AuthMethod => Box::new(place::auth_methods().iter().map(|row| row.name)),
        Kind::Limit => Box::new(place::limits().iter().map(|row| row.name)),
        Kind::Delay => Box::new(place::delays().iter().map(|row| row.name)),
        Kind::Model => Box::new(genai::models().iter().map(|row| row.name)),
        Kind::Probe => Box::new(genai::probes().iter().map(|row| row.name)),
        Kind::Error => Box::new(genai::error_texts().iter().map(|row| row.name)),
    }
}
