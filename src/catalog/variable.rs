//! Condition variables and the variables of matching rules.

use super::fact::Fact;
use super::find;
use super::tables::VARIABLES;

/// What a variable holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// Text.
    String,
    /// An OCID.
    Entity,
    /// `'true'` or `'false'`.
    Boolean,
    /// Several texts.
    List,
    /// Several OCIDs.
    EntityList,
    /// A point in time, for `before` and `after`.
    Time,
    /// A time of day, for `between`.
    TimeOfDay,
    /// A number, written as text.
    Number,
    /// The value of a defined tag.
    Tag,
    /// The source gives no type.
    Unstated,
}

/// Where a variable may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// In conditions, with every service.
    General,
    /// In conditions, with the service that defines it.
    Service,
    /// In the matching rule of a dynamic group.
    MatchingRule,
}

/// A variable, or the pattern of a tag variable, whose name then holds `<ns>` and `<key>`.
#[derive(Debug)]
pub struct Variable {
    /// As the documentation spells it.
    pub name: &'static str,
    /// Where it may be used.
    pub scope: Scope,
    /// What it holds.
    pub value: ValueType,
    /// The resource-types whose requests carry it; empty for general ones and where the source doesn't say.
    pub resource_types: &'static [&'static str],
    /// The operations whose requests carry it, where the source limits them.
    pub operations: &'static [&'static str],
    /// The resource-types whose requests are documented not to carry it.
    pub not_on: &'static [&'static str],
    /// The permissions that are documented not to work with it.
    pub not_with: &'static [&'static str],
    /// Whether Oracle has withdrawn it.
    pub deprecated: bool,
    /// What else there is to know, or nothing.
    pub note: &'static str,
    /// Where this comes from.
    pub fact: Fact,
}

/// The parts of a tag variable.
#[derive(Clone, Copy, Debug)]
pub struct TagVariable<'a> {
    /// The pattern that it follows.
    pub pattern: &'static Variable,
    /// The tag namespace.
    pub namespace: &'a str,
    /// The tag key.
    pub key: &'a str,
}

/// The condition variable with this name, in any case; for a tag variable, its pattern.
pub fn variable(name: &str) -> Option<&'static Variable> {
    find(&VARIABLES, name, |row| row.name)
        .filter(|row| row.scope != Scope::MatchingRule)
        .or_else(|| tag_variable(name).map(|tag| tag.pattern))
}

/// Reads a condition variable as `….tag.<ns>.<key>`. None when it isn't of that form or no such pattern is known.
pub fn tag_variable(name: &str) -> Option<TagVariable<'_>> {
    let (rest, key) = name.rsplit_once('.')?;
    let (owner, namespace) = rest.rsplit_once('.')?;
    let pattern = find(&VARIABLES, &format!("{owner}.<ns>.<key>"), |row| row.name)?;
    let named = !namespace.is_empty() && !key.is_empty() && pattern.scope != Scope::MatchingRule;
    named.then_some(TagVariable { pattern, namespace, key })
}

/// The variable of matching rules with this name, in any case; for `tag.<ns>.<key>.value`, its pattern.
pub fn rule_variable(name: &str) -> Option<&'static Variable> {
    let tag = || {
        let mut parts = name.split('.');
        let first = parts.next()?.eq_ignore_ascii_case("tag");
        let (namespace, key, last) = (parts.next()?, parts.next()?, parts.next()?);
        let whole = first && last.eq_ignore_ascii_case("value") && parts.next().is_none();
        (whole && !namespace.is_empty() && !key.is_empty()).then_some("tag.<ns>.<key>.value")
    };
    let of_rules = |row: &&Variable| row.scope == Scope::MatchingRule;
    find(&VARIABLES, name, |row| row.name)
        .filter(of_rules)
        .or_else(|| find(&VARIABLES, tag()?, |row| row.name).filter(of_rules))
}

/// All variables, by name.
pub fn variables() -> &'static [Variable] {
    &VARIABLES
}
