//! The words of the language, compared without case, and the search for the word that was meant.

/// A word that has a meaning somewhere in a statement. Whether it is one there depends on the place: a
/// group may well be named `all`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are the words")]
pub enum Keyword {
    None,
    Allow,
    Deny,
    Define,
    Endorse,
    Admit,
    Group,
    DynamicGroup,
    AnyUser,
    AnyGroup,
    Service,
    Resource,
    To,
    Inspect,
    Read,
    Use,
    Manage,
    Associate,
    In,
    Tenancy,
    AnyTenancy,
    Compartment,
    Id,
    Of,
    As,
    With,
    Where,
    Any,
    All,
    And,
    Or,
    Not,
    Before,
    After,
    Between,
}

/// The words that a statement starts with.
pub const START_WORDS: [&str; 5] = ["allow", "deny", "define", "endorse", "admit"];

/// The verbs, the weakest first.
pub const VERBS: [&str; 4] = ["inspect", "read", "use", "manage"];

const WORDS: &[(&str, Keyword)] = &[
    ("to", Keyword::To),
    ("in", Keyword::In),
    ("id", Keyword::Id),
    ("of", Keyword::Of),
    ("as", Keyword::As),
    ("or", Keyword::Or),
    ("||", Keyword::Or),
    ("&&", Keyword::And),
    ("any", Keyword::Any),
    ("all", Keyword::All),
    ("and", Keyword::And),
    ("not", Keyword::Not),
    ("use", Keyword::Use),
    ("deny", Keyword::Deny),
    ("with", Keyword::With),
    ("read", Keyword::Read),
    ("allow", Keyword::Allow),
    ("admit", Keyword::Admit),
    ("group", Keyword::Group),
    ("where", Keyword::Where),
    ("after", Keyword::After),
    ("define", Keyword::Define),
    ("manage", Keyword::Manage),
    ("before", Keyword::Before),
    ("endorse", Keyword::Endorse),
    ("service", Keyword::Service),
    ("inspect", Keyword::Inspect),
    ("tenancy", Keyword::Tenancy),
    ("between", Keyword::Between),
    ("any-user", Keyword::AnyUser),
    ("resource", Keyword::Resource),
    ("any-group", Keyword::AnyGroup),
    ("associate", Keyword::Associate),
    ("any-tenancy", Keyword::AnyTenancy),
    ("compartment", Keyword::Compartment),
    ("dynamic-group", Keyword::DynamicGroup),
];

/// Where the words of each length start in `WORDS`, which is in order of length.
const STARTS: [u8; 15] = starts();

const fn starts() -> [u8; 15] {
    let mut starts = [WORDS.len() as u8; 15];
    let mut length = 15;
    while length > 0 {
        length -= 1;
        let mut index = 0;
        #[allow(clippy::indexing_slicing, reason = "evaluated at build time")]
        while index < WORDS.len() {
            if WORDS[index].0.len() >= length {
                starts[length] = index as u8;
                break;
            }
            index += 1;
        }
    }
    starts
}

impl Keyword {
    /// The keyword that `word` is, whatever its case.
    pub fn of(word: &str) -> Keyword {
        let length = word.len();
        let (Some(from), Some(until)) = (STARTS.get(length), STARTS.get(length + 1)) else {
            return Keyword::None;
        };
        let candidates = WORDS.get(usize::from(*from)..usize::from(*until)).unwrap_or(&[]);
        let found = candidates.iter().find(|(candidate, _)| candidate.eq_ignore_ascii_case(word));
        found.map_or(Keyword::None, |(_, keyword)| *keyword)
    }

    /// Whether it starts a statement.
    pub fn starts_statement(self) -> bool {
        matches!(self, Self::Allow | Self::Deny | Self::Define | Self::Endorse | Self::Admit)
    }

    /// Whether the word begins a subject.
    pub fn starts_subject(self) -> bool {
        use Keyword::{AnyGroup, AnyUser, DynamicGroup, Group, Resource, Service};
        matches!(self, Group | DynamicGroup | AnyUser | AnyGroup | Service | Resource)
    }

    /// Whether it is one of the four verbs.
    pub fn is_verb(self) -> bool {
        matches!(self, Self::Inspect | Self::Read | Self::Use | Self::Manage)
    }
}

/// The candidate that `word` was probably meant to be: at most a third of its characters are wrong, and
/// no other candidate is as near.
pub fn nearest<'c>(word: &str, candidates: &[&'c str]) -> Option<&'c str> {
    if word.len() > 40 {
        return None;
    }
    let word = word.to_lowercase().replace('_', "-");
    let limit = (word.chars().count() / 3).max(1);
    let mut best: Option<(usize, &'c str)> = None;
    let mut tied = false;
    for candidate in candidates {
        let distance = strsim::osa_distance(&word, candidate);
        if distance > limit {
            continue;
        }
        match best {
            Some((least, _)) if distance > least => {}
            Some((least, _)) if distance == least => tied = true,
            _ => {
                best = Some((distance, candidate));
                tied = false;
            }
        }
    }
    best.filter(|_| !tied).map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_in_any_case() {
        for (word, keyword) in WORDS {
            assert_eq!(Keyword::of(word), *keyword);
            assert_eq!(Keyword::of(&word.to_uppercase()), *keyword);
        }
        assert_eq!(Keyword::of("allo"), Keyword::None);
        assert_eq!(Keyword::of(""), Keyword::None);
        assert_eq!(Keyword::of("a-very-long-word-indeed"), Keyword::None);
    }

    #[test]
    fn the_nearest_word_is_named_only_when_it_is_near_and_alone() {
        let verbs = ["inspect", "read", "use", "manage"];
        assert_eq!(nearest("mange", &verbs), Some("manage"));
        assert_eq!(nearest("delete", &verbs), None);
        assert_eq!(nearest("dynamic_group", &["group", "dynamic-group"]), Some("dynamic-group"));
    }
}
