//! What a rule is: its facts and its checks. The sentences about it stand in its page alone.

use crate::diag::{Confidence, Severity};

use super::context::{ConfigurationContext, MatchingRuleContext, Sink, StatementContext};

/// One lint check.
pub struct Rule {
    /// The name in reports, comments and configuration; reads after "allow".
    pub name: &'static str,
    /// How much a finding matters, unless the rule says otherwise for one.
    pub severity: Severity,
    /// How sure a finding is, unless the rule says otherwise for one.
    pub confidence: Confidence,
    /// What it is about; can be selected as a whole.
    pub category: Category,
    /// Whether it runs unasked.
    pub persona: Persona,
    /// Whether its findings can be fixed.
    pub fix: FixAvailability,
    /// The page: what `explain` prints and what the tests run.
    pub docs: &'static str,
    /// The functions to call.
    pub checks: &'static [Check],
}

/// What a rule looks at, and the function that does.
pub enum Check {
    /// The parser reports it; there is nothing to call.
    Parser,
    /// The source readers or the engine itself report it; there is nothing to call.
    Engine,
    /// Called for each unique statement.
    Statement(fn(&StatementContext<'_>, &mut Sink<'_>)),
    /// Called for each unique matching rule.
    MatchingRule(fn(&MatchingRuleContext<'_>, &mut Sink<'_>)),
    /// Called once, with everything.
    Configuration(fn(&ConfigurationContext<'_>, &mut Sink<'_>)),
}

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    /// The language: what can't be read.
    Syntax,
    /// Words that OCI would not know.
    Names,
    /// Generative AI and its API keys.
    Genai,
    /// Agents, instances, functions, clusters: principals that are no users.
    Workloads,
    /// Who gets how much.
    Reach,
    /// What statements name, across the whole configuration.
    References,
    /// The files themselves.
    Files,
    /// The use of this tool.
    Usage,
}

impl Category {
    /// Every category, in the order of the list of rules.
    pub const ALL: [Category; 8] = [
        Category::Syntax,
        Category::Names,
        Category::Genai,
        Category::Workloads,
        Category::Reach,
        Category::References,
        Category::Files,
        Category::Usage,
    ];

    /// The word in configuration and lists.
    pub fn as_str(self) -> &'static str {
        match self {
            Category::Syntax => "syntax",
            Category::Names => "names",
            Category::Genai => "genai",
            Category::Workloads => "workloads",
            Category::Reach => "reach",
            Category::References => "references",
            Category::Files => "files",
            Category::Usage => "usage",
        }
    }
}

/// For whom a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Persona {
    /// Everyone: it runs unasked.
    Default,
    /// Those who ask for opinion with `--pedantic`.
    Pedantic,
    /// Those who try rules out with `--preview`, before they run unasked.
    Preview,
}

impl Persona {
    /// The word in lists.
    pub fn as_str(self) -> &'static str {
        match self {
            Persona::Default => "default",
            Persona::Pedantic => "pedantic",
            Persona::Preview => "preview",
        }
    }
}

/// Whether a rule's findings carry fixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FixAvailability {
    /// Never.
    None,
    /// Where the replacement is clear.
    Sometimes,
    /// Wherever the text can be edited.
    Always,
}

impl FixAvailability {
    /// The word in lists.
    pub fn as_str(self) -> &'static str {
        match self {
            FixAvailability::None => "none",
            FixAvailability::Sometimes => "sometimes",
            FixAvailability::Always => "always",
        }
    }
}

impl Rule {
    /// The one-sentence summary: the first paragraph of the page, on one line.
    pub fn summary(&self) -> String {
        let body = self.docs.split_once('\n').map_or("", |(_, body)| body);
        let paragraph = body.trim_start().split("\n\n").next().unwrap_or("");
        paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The version that brought the rule: the page's last section.
    pub fn since(&self) -> &'static str {
        let (_, since) = self.docs.rsplit_once("## Since").unwrap_or(("", ""));
        since.trim()
    }
}
