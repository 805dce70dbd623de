//! The rules, one file each, and the list of them. A rule is added by its file, its page in `docs/rules/`
//! and its line here.

use std::sync::LazyLock;

use super::rule::Rule;

pub mod suppression;
pub mod syntax;
mod values;

macro_rules! rules {
    ($($name:ident),* $(,)?) => {
        $(pub mod $name;)*
        static OWN: &[&Rule] = &[$(&$name::RULE),*];
    };
}

rules! {
    any_user_without_condition,
    genai_api_key_type_misspelt,
    invalid_ocid,
    unknown_condition_variable,
    unknown_permission,
    unknown_principal_type,
    unknown_resource_type,
    unresolved_statements,
}

/// Every rule, sorted by name.
pub fn all() -> &'static [&'static Rule] {
    static ALL: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| {
        let mut all: Vec<&'static Rule> = OWN.to_vec();
        all.extend(syntax::RULES);
        all.extend(syntax::FILE_RULES);
        all.extend([&suppression::MALFORMED, &suppression::UNUSED]);
        all.sort_by_key(|rule| rule.name);
        all
    });
    &ALL
}

/// The rule of this name.
pub fn find(name: &str) -> Option<&'static Rule> {
    let at = all().binary_search_by_key(&name, |rule| rule.name).ok()?;
    all().get(at).copied()
}

/// The nearest name of a rule or category to a word that is none.
pub fn nearest(word: &str) -> Option<&'static str> {
    let limit = (word.len() / 3).max(1);
    let distance = |name: &'static str| (strsim::damerau_levenshtein(word, name), name);
    let (found, name) = super::select::selectors().into_iter().map(distance).min()?;
    (found <= limit).then_some(name)
}
