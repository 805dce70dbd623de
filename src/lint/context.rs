//! What a rule sees, and where it reports to.

use std::ops::Deref;
use std::sync::Arc;

use crate::authz::{Compiled, Overlaps};
use crate::config::OrganisationRule;
use crate::diag::{Applicability, Confidence, Edit, Finding, Fix, Label, Severity, StatementRef};
use crate::policy::ast::{self, Condition, Statement, Test};
use crate::policy::{SyntaxError, SyntaxErrorKind};
use crate::source::{Configuration, MatchingRuleSource, PolicySource, StatementSource};
use crate::text::{MappedText, Place, Segment, Span};

use super::fix::host_escape;
use super::rule::Rule;

/// A text of the user with the way back into the file: what statements and matching rules share.
pub struct Located<'a> {
    /// The evaluated text.
    pub text: &'a str,
    /// The same with its map and holes.
    pub mapped: &'a MappedText,
    /// The literal's own place.
    pub home: Place,
    /// Everything that was read.
    pub configuration: &'a Configuration,
}

impl Located<'_> {
    /// Where the user sees these bytes of the text.
    pub fn locate(&self, span: Span) -> Place {
        self.mapped.locate(span, self.home.file).unwrap_or(self.home)
    }

    /// The edit that puts `replacement` in place of these bytes, escaped for the file; `None` where they
    /// do not stand in the statement's own literal.
    pub fn edit(&self, span: Span, replacement: &str) -> Option<Edit> {
        let place = self.mapped.editable(span)?;
        let file = self.configuration.files.get(place.file)?;
        let replacement = host_escape(file, self.home, place, replacement)?;
        Some(Edit { place, replacement })
    }

    /// Whether a place is within the statement's own literal; a value may come from a variable or local instead.
    pub fn is_at_home(&self, place: Place) -> bool {
        let home = self.home;
        place.file == home.file && home.span.start <= place.span.start && place.span.end <= home.span.end
    }

    /// What an expression holds at these bytes, where they are of its value: who sees the expression alone can't tell.
    pub fn value_at(&self, span: Span) -> Option<String> {
        const SHOWN: usize = 80;
        let value = span.of(self.text);
        let known = !self.mapped.holes().iter().any(|hole| hole.span.overlaps(span));
        if value.is_empty() || value.len() > SHOWN || !known || self.mapped.editable(span).is_some() {
            return None;
        }
        let written = self.configuration.files.text(self.locate(span));
        (written.contains("${") && written.len() <= SHOWN)
            .then(|| format!("`{written}` holds `{value}` here"))
    }

    /// A fix of one edit.
    pub fn fix(
        &self,
        title: impl Into<String>,
        applicability: Applicability,
        span: Span,
        replacement: &str,
    ) -> Option<Fix> {
        let edits = vec![self.edit(span, replacement)?];
        Some(Fix { title: title.into(), applicability, edits })
    }

    /// Whether an expression stands at or beside the span whose value is the empty text here, as that of a
    /// variable with `default = ""` is until somebody sets it.
    pub fn is_beside_empty_expression(&self, span: Span) -> bool {
        let Some(file) = self.configuration.files.get(self.home.file) else { return false };
        let expression = |text: &str| ["${", "%{", "%s", "%v"].iter().any(|mark| text.contains(mark));
        let hides = |from: u32, to: u32| expression(Span { start: from, end: to.max(from) }.of(&file.text));
        let near = |offset: u32| offset + 2 >= span.start && offset <= span.end + 2;
        let own = |segment: &Segment| {
            let place = segment.via.unwrap_or(segment.source);
            (place.file == self.home.file).then_some(place.span)
        };
        // Pieces of one literal that is itself brought in as a whole, with nothing but an expression between them.
        let apart = |a: Place, b: Place| {
            let file = self.configuration.files.get(a.file).filter(|_| a.file == b.file)?;
            let gap = file.text.get(a.span.end()..b.span.start())?;
            let template =
                gap.starts_with(['$', '%']) && gap.get(1..)?.starts_with('{') && gap.ends_with('}');
            Some(template || matches!(gap, "%s" | "%v"))
        };
        let segments = self.mapped.segments();
        let between = segments.windows(2).any(|pair| match pair {
            [a, b] => {
                near(a.text.end)
                    && (own(a).zip(own(b)).is_some_and(|(a, b)| hides(a.end, b.start))
                        || apart(a.source, b.source) == Some(true))
            }
            _ => false,
        });
        // What comes last and is empty lies outside the statement's own text.
        let follows = |from: u32| {
            let rest = file.text.get(from as usize..).unwrap_or("").trim_start_matches([' ', '\t']);
            rest.starts_with("${") || rest.starts_with("%{")
        };
        let last = segments.last().is_some_and(|last| {
            let hidden = |place: Span| hides(place.end, self.home.span.end) || follows(place.end);
            near(last.text.end) && own(last).is_some_and(hidden)
        });
        between || last
    }

    /// Whether an unknown value shares a byte with the span.
    pub fn has_hole(&self, span: Span) -> bool {
        self.mapped.holes().iter().any(|hole| hole.span.overlaps(span))
    }
}

/// A statement with its tree and the policies that use it.
pub struct StatementContext<'a> {
    pub(super) located: Located<'a>,
    /// The tree.
    pub statement: &'a Statement,
    /// What the parser could not read.
    pub errors: &'a [SyntaxError],
    /// Each use of this text at this place: once per policy instance, or once without a policy.
    pub uses: &'a [&'a StatementSource],
    /// What the organisation asks of its statements.
    pub organisation: &'a [OrganisationRule],
}

impl<'a> Deref for StatementContext<'a> {
    type Target = Located<'a>;

    fn deref(&self) -> &Located<'a> {
        &self.located
    }
}

impl<'a> StatementContext<'a> {
    /// The allow, deny, endorse or admit that the statement is.
    pub fn rule(&self) -> Option<&'a ast::Rule> {
        match self.statement {
            Statement::Rule(rule) => Some(rule),
            _ => None,
        }
    }

    /// Every test of the condition, however deep.
    pub fn tests(&self) -> Vec<&'a Test> {
        let condition = self.rule().and_then(|rule| rule.condition.as_ref()?.condition.as_ref());
        condition.map(Condition::tests).unwrap_or_default()
    }

    /// Whether the parser has something to say about these bytes, other than that their quotes are of the wrong
    /// kind: then no rule about names needs to.
    pub fn is_misread(&self, span: Span) -> bool {
        let quotes = [SyntaxErrorKind::DoubleQuotes, SyntaxErrorKind::TypographicQuotes];
        self.errors.iter().any(|error| !quotes.contains(&error.kind) && error.span.overlaps(span))
    }

    /// The policies that use the statement.
    pub fn policies(&self) -> impl Iterator<Item = &'a PolicySource> {
        let policies = &self.located.configuration.policies;
        self.uses.iter().filter_map(|used| policies.get(used.policy?))
    }
}

/// A matching rule with its tree.
pub struct MatchingRuleContext<'a> {
    pub(super) located: Located<'a>,
    /// The tree.
    pub rule: &'a ast::MatchingRule,
    /// What the parser could not read.
    pub errors: &'a [SyntaxError],
    /// Each dynamic group that uses this text at this place.
    pub uses: &'a [&'a MatchingRuleSource],
}

impl<'a> Deref for MatchingRuleContext<'a> {
    type Target = Located<'a>;

    fn deref(&self) -> &Located<'a> {
        &self.located
    }
}

impl<'a> MatchingRuleContext<'a> {
    /// Every test of the rule, however deep.
    pub fn tests(&self) -> Vec<&'a Test> {
        self.rule.conditions.iter().flat_map(Condition::tests).collect()
    }
}

/// A statement of the configuration, parsed.
pub struct ParsedStatement<'a> {
    /// Its text, place and policy.
    pub source: &'a StatementSource,
    /// Its tree; shared by every use of the same text.
    pub statement: Arc<Statement>,
}

/// A matching rule of the configuration, parsed.
pub struct ParsedRule<'a> {
    /// Its text, place and dynamic group.
    pub source: &'a MatchingRuleSource,
    /// Its tree.
    pub rule: Arc<ast::MatchingRule>,
}

/// Everything at once, for the rules that compare.
pub struct ConfigurationContext<'a> {
    /// What was read.
    pub configuration: &'a Configuration,
    /// Every statement, in the order of the configuration.
    pub statements: &'a [ParsedStatement<'a>],
    /// Every matching rule, in the order of the configuration.
    pub matching_rules: &'a [ParsedRule<'a>],
    /// What the configuration describes, ready for the evaluator: one tenancy for each part that is applied together.
    pub tenancies: &'a [Compiled],
    /// The grants of each tenancy, ready to be compared.
    pub overlaps: &'a [Overlaps<'a>],
}

impl<'a> ConfigurationContext<'a> {
    /// The way back into the file for one statement.
    pub fn located(&self, source: &'a StatementSource) -> Located<'a> {
        let (mapped, home) = (&source.text, source.place);
        Located { text: mapped.as_str(), mapped, home, configuration: self.configuration }
    }

    /// How reports name a statement.
    pub fn reference(&self, source: &StatementSource) -> StatementRef {
        statement_ref(self.configuration, source)
    }
}

pub(super) fn statement_ref(configuration: &Configuration, source: &StatementSource) -> StatementRef {
    let policy = source.policy.and_then(|index| configuration.policies.get(index));
    StatementRef {
        policy: policy.map(|policy| policy.address.clone()),
        index: source.index,
        text: source.text.as_str().into(),
        place: source.place,
    }
}

/// Takes what one rule reports.
pub struct Sink<'r> {
    rule: &'r Rule,
    findings: Vec<Finding>,
}

impl<'r> Sink<'r> {
    pub(super) fn new(rule: &'r Rule) -> Self {
        Self { rule, findings: Vec::new() }
    }

    /// Reports a problem at a place, with the rule's own severity and confidence; the answer takes more.
    pub fn report(&mut self, place: Place, message: impl Into<String>) -> Report<'_> {
        self.findings.push(Finding {
            rule: self.rule.name,
            severity: self.rule.severity,
            confidence: self.rule.confidence,
            message: message.into(),
            note: None,
            help: None,
            place,
            labels: Vec::new(),
            statement: None,
            fix: None,
        });
        Report(self.findings.last_mut())
    }

    pub(super) fn finish(self) -> Vec<Finding> {
        self.findings
    }
}

/// A finding in the making.
pub struct Report<'f>(Option<&'f mut Finding>);

impl Report<'_> {
    /// Why it matters.
    pub fn note(self, note: impl Into<String>) -> Self {
        self.with(|finding| finding.note = Some(note.into()))
    }

    /// What to do, imperative.
    pub fn help(self, help: impl Into<String>) -> Self {
        self.with(|finding| finding.help = Some(help.into()))
    }

    /// A second place.
    pub fn label(self, place: Place, message: impl Into<String>) -> Self {
        self.with(|finding| finding.labels.push(Label { place, message: message.into() }))
    }

    /// A change that solves it; `None` leaves it without.
    pub fn fix(self, fix: Option<Fix>) -> Self {
        self.with(|finding| finding.fix = fix)
    }

    /// Another severity than the rule's.
    pub fn severity(self, severity: Severity) -> Self {
        self.with(|finding| finding.severity = severity)
    }

    /// Another confidence than the rule's.
    pub fn confidence(self, confidence: Confidence) -> Self {
        self.with(|finding| finding.confidence = confidence)
    }

    /// The statement concerned, for rules over the whole configuration.
    pub fn statement(self, statement: StatementRef) -> Self {
        self.with(|finding| finding.statement = Some(statement))
    }

    fn with(mut self, change: impl FnOnce(&mut Finding)) -> Self {
        if let Some(finding) = self.0.as_deref_mut() {
            change(finding);
        }
        self
    }
}
