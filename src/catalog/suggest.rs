//! The nearest known name of the same kind.

use std::sync::OnceLock;

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
    let letters = Letters::of(&word);
    let limit = (word.chars().count() / 3).max(1);
    let mut best: Option<(usize, &'static str)> = None;
    for known in names(kind) {
        if known.lower == word {
            return None;
        }
        let distance = if known.skeleton == bare {
            0
        } else if known.stem.as_deref() == Some(bare.as_str()) {
            1
        } else if known.lower.len().abs_diff(word.len()) > limit {
            continue;
        } else {
            // Short words are near many names: ask for the same first letter.
            if word.len() < 5 && !known.lower.starts_with(|c| word.starts_with(c)) {
                continue;
            }
            let most = best.map_or(limit, |(nearest, _)| nearest.saturating_sub(2).min(limit));
            let far = letters.least_distance(&known.letters) > most;
            if far || kind == Kind::Permission && !same_service(&known.lower, &word) {
                continue;
            }
            1 + strsim::damerau_levenshtein(&known.lower, &word)
        };
        let nearer = distance <= limit + 1 && best.is_none_or(|(nearest, _)| distance < nearest);
        if nearer && (kind != Kind::Permission || same_service(&known.lower, &word)) {
            best = Some((distance, known.name));
        }
    }
    best.map(|(_, name)| name)
}

/// Whether two permissions begin with the same service, give or take a slip: `WLP_LOG_READ` is no misspelt `CG_LOG_READ`.
fn same_service<'n>(a: &'n str, b: &'n str) -> bool {
    let first = |name: &'n str| name.split('_').next().unwrap_or_default();
    let (a, b) = (first(a), first(b));
    let limit = (a.len() / 3).max(1);
    a == b || a.len().abs_diff(b.len()) <= limit && strsim::damerau_levenshtein(a, b) <= limit
}

/// A known name, prepared for comparison: a word is held against thousands.
struct Known {
    name: &'static str,
    lower: String,
    skeleton: String,
    /// The skeleton without a closing `-family`.
    stem: Option<String>,
    letters: Letters,
}

impl Known {
    fn of(name: &'static str) -> Self {
        let lower = name.to_ascii_lowercase();
        Self {
            name,
            skeleton: skeleton(&lower),
            stem: lower.strip_suffix("-family").map(skeleton),
            letters: Letters::of(&lower),
            lower,
        }
    }
}

/// How often each letter stands in a word, in classes.
struct Letters([u8; 32]);

impl Letters {
    fn of(word: &str) -> Self {
        let mut counts = [0_u8; 32];
        for letter in word.chars() {
            if let Some(count) = counts.get_mut(letter as usize % 32) {
                *count = count.saturating_add(1);
            }
        }
        Self(counts)
    }

    /// No fewer edits than this lead from one word to the other: each edit brings in one letter and takes away one
    /// at most, and swapping two changes none.
    fn least_distance(&self, other: &Self) -> usize {
        let (mut more, mut less) = (0, 0);
        for (a, b) in self.0.iter().zip(&other.0) {
            more += usize::from(a.saturating_sub(*b));
            less += usize::from(b.saturating_sub(*a));
        }
        more.max(less)
    }
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

/// The names of a kind, prepared when the kind is first asked for.
fn names(kind: Kind) -> &'static [Known] {
    static PREPARED: [OnceLock<Vec<Known>>; Kind::ALL.len()] = [const { OnceLock::new() }; Kind::ALL.len()];
    let prepare = || plain_names(kind).map(Known::of).collect();
    PREPARED.get(kind as usize).map_or(&[], |known| known.get_or_init(prepare))
}

/// The names of a kind, the plain ones only: tag patterns are no suggestion.
fn plain_names(kind: Kind) -> Box<dyn Iterator<Item = &'static str>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_never_say_more_than_the_distance() {
        let words =
            ["", "a", "manage", "mange", "manaeg", "egress", "éa", "ea", "generative-ai-chat", "chat"];
        for a in words {
            for b in words {
                let distance = strsim::damerau_levenshtein(a, b);
                assert!(Letters::of(a).least_distance(&Letters::of(b)) <= distance, "{a} {b}");
            }
        }
    }
}
