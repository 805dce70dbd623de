//! Where a fact comes from and how far to trust it.

use super::tables::SOURCES;

/// How a fact came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// Oracle's documentation states it.
    Documented,
    /// Somebody saw the service behave so and recorded it.
    Observed,
    /// Public code that is in use relies on it.
    SeenInCode,
    /// Reasoned from other facts.
    Inferred,
}

impl Certainty {
    /// The words for it in reports.
    pub fn words(self) -> &'static str {
        match self {
            Certainty::Documented => "documented",
            Certainty::Observed => "observed",
            Certainty::SeenInCode => "seen in code",
            Certainty::Inferred => "inferred",
        }
    }
}

/// A document, package or repository that facts were taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// What facts call it by.
    pub id: &'static str,
    /// Its title, or its name and version.
    pub title: &'static str,
    /// Where to read it; empty when it has no lasting address.
    pub url: &'static str,
}

/// Source, date and certainty of one row of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The id of a [`Source`].
    pub source: &'static str,
    /// As of when, `YYYY-MM-DD`.
    pub date: &'static str,
    /// How it came to be known.
    pub certainty: Certainty,
}

impl Fact {
    /// The document behind the fact.
    pub fn source(&self) -> Option<&'static Source> {
        source(self.source)
    }
}

/// The source with this id.
pub fn source(id: &str) -> Option<&'static Source> {
    SOURCES.iter().find(|source| source.id == id)
}

/// All sources, by id.
pub fn sources() -> &'static [Source] {
    &SOURCES
}
