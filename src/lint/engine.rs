//! One run over a configuration: parse, call the rules, sort, suppress.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use crate::authz::{Compiled, Overlaps, Tenancy};
use crate::diag::{Applicability, Confidence, Edit, Finding, Fix, Label, Severity, StatementRef};
use crate::policy::{self, SyntaxError, SyntaxErrorKind};
use crate::source::{Configuration, DeclaredKind, MatchingRuleSource, Role, Root, StatementSource};
use crate::text::{MappedText, Place, Span};

use super::context::{
    ConfigurationContext, Located, MatchingRuleContext, ParsedRule, ParsedStatement, Sink, StatementContext,
    statement_ref,
};
use super::rule::{Category, Check, Rule};
use super::rules::{self, suppression};
use super::select::Settings;
use super::suppress::Suppressions;

/// What a run found.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The findings, sorted by file, position, rule and message.
    pub findings: Vec<Finding>,
    /// What comments suppressed, in the same order.
    pub suppressed: Vec<Suppressed>,
}

/// A finding that a comment suppresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppressed {
    /// What would have been reported.
    pub finding: Finding,
    /// What the comment says for it.
    pub reason: Option<String>,
}

/// Runs the rules that `settings` select over everything that was read.
pub fn lint(configuration: &Configuration, settings: &Settings) -> Outcome {
    let enabled: Vec<&'static Rule> =
        rules::all().iter().copied().filter(|rule| settings.enabled(rule)).collect();
    let statements = unique(&configuration.statements);
    let matching = unique(&configuration.matching_rules);

    let (mut found, trees): (Vec<Vec<Finding>>, Vec<_>) =
        statements.par_iter().map(|uses| statement_findings(configuration, settings, &enabled, uses)).unzip();
    let groups = dynamic_groups(configuration);
    let (more, rule_trees): (Vec<Vec<Finding>>, Vec<_>) = matching
        .par_iter()
        .map(|uses| matching_rule_findings(configuration, &enabled, &groups, uses))
        .unzip();
    found.extend(more);
    found.push(configuration_findings(
        configuration,
        &enabled,
        (&statements, trees),
        (&matching, rule_trees),
    ));
    found.push(configuration.problems.clone());

    let mut found: Vec<Finding> = found.into_iter().flatten().collect();
    let on = |rule: &str| enabled.iter().any(|known| known.name == rule);
    let known: BTreeMap<&str, &'static Rule> = enabled.iter().map(|rule| (rule.name, *rule)).collect();
    found.retain(|finding| known.contains_key(finding.rule));
    suppress_and_sort(configuration, settings, &known, on, found)
}

fn suppress_and_sort(
    configuration: &Configuration,
    settings: &Settings,
    known: &BTreeMap<&str, &'static Rule>,
    on: impl Fn(&str) -> bool,
    found: Vec<Finding>,
) -> Outcome {
    let files = &configuration.files;
    let mut outcome = Outcome::default();
    let mut malformed = Sink::new(&suppression::MALFORMED);
    let mut suppressions = Suppressions::read(files, &configuration.comments, settings, &mut malformed);
    let mut kept = Vec::with_capacity(found.len());
    let mut seen = BTreeSet::new();
    for finding in found {
        // The same text may be reached through several resources: one report is enough.
        if !seen.insert((finding.place, finding.rule, finding.message.clone())) {
            continue;
        }
        match suppressions.covers(files, &finding, settings) {
            Some(reason) => outcome.suppressed.push(Suppressed { finding, reason }),
            None => kept.push(finding),
        }
    }
    if on(suppression::MALFORMED.name) {
        kept.extend(malformed.finish());
    }
    if on(suppression::UNUSED.name) {
        let mut unused = Sink::new(&suppression::UNUSED);
        let ran = |name: &str| {
            known.values().any(|r| r.name == name || r.category.as_str() == name || name == "all")
        };
        suppressions.report_unused(files, ran, &mut unused);
        kept.extend(unused.finish());
    }
    for mut finding in kept {
        let Some(rule) = known.get(finding.rule) else { continue };
        if settings.ignored_in(files.name(finding.place.file), rule) {
            continue;
        }
        finding.severity = settings.severity(rule, finding.severity);
        outcome.findings.push(finding);
    }
    for Suppressed { finding, .. } in &mut outcome.suppressed {
        if let Some(rule) = known.get(finding.rule) {
            finding.severity = settings.severity(rule, finding.severity);
        }
    }
    let order = |a: &Finding, b: &Finding| {
        let key = |finding: &Finding| (finding.place.span.start, finding.place.span.end, finding.rule);
        let files = files.name(a.place.file).cmp(files.name(b.place.file));
        files.then_with(|| key(a).cmp(&key(b))).then_with(|| a.message.cmp(&b.message))
    };
    outcome.findings.sort_by(order);
    outcome.suppressed.sort_by(|a, b| order(&a.finding, &b.finding));
    outcome
}

/// What both kinds of source have.
trait Source: Sync {
    fn mapped(&self) -> &MappedText;
    fn place(&self) -> Place;
}

impl Source for StatementSource {
    fn mapped(&self) -> &MappedText {
        &self.text
    }
    fn place(&self) -> Place {
        self.place
    }
}

impl Source for MatchingRuleSource {
    fn mapped(&self) -> &MappedText {
        &self.text
    }
    fn place(&self) -> Place {
        self.place
    }
}

/// The uses of each own text: the same literal with the same evaluated text is looked at once.
fn unique<S: Source>(sources: &[S]) -> Vec<Vec<&S>> {
    let mut groups: Vec<Vec<&S>> = Vec::new();
    let mut index: BTreeMap<(Place, &str), usize> = BTreeMap::new();
    for source in sources {
        let next = groups.len();
        let at = *index.entry((source.place(), source.mapped().as_str())).or_insert(next);
        match groups.get_mut(at) {
            Some(group) => group.push(source),
            None => groups.push(vec![source]),
        }
    }
    groups
}

fn located<'a, S: Source>(configuration: &'a Configuration, source: &'a S) -> Located<'a> {
    let mapped = source.mapped();
    Located { text: mapped.as_str(), mapped, home: source.place(), configuration }
}

type Findings<T> = (Vec<Finding>, Option<Arc<T>>);

fn statement_findings(
    configuration: &Configuration,
    settings: &Settings,
    enabled: &[&'static Rule],
    uses: &[&StatementSource],
) -> Findings<policy::ast::Statement> {
    let Some(&first) = uses.first() else { return (Vec::new(), None) };
    // A use by a policy says more than the bare literal.
    let source = uses.iter().copied().find(|source| source.policy.is_some()).unwrap_or(first);
    let parsed = policy::parse(source.text.as_str(), &source.text.hole_spans());
    let context = StatementContext {
        located: located(configuration, source),
        statement: &parsed.statement,
        errors: &parsed.errors,
        uses,
        organisation: &settings.organisation,
    };
    let mut findings = syntax_findings(&context.located, &parsed.errors, enabled, source.policy.is_some());
    if parsed.errors.len() <= READABLE {
        findings.extend(reported(enabled, |check, sink| {
            if let Check::Statement(check) = check {
                check(&context, sink);
            }
        }));
    }
    leave_out_misread(&context.located, &parsed.errors, &mut findings);
    keep_what_is_certain(&mut findings, source.role);
    keep_the_first(&mut findings);
    if !findings.is_empty() {
        let users = users(configuration, source.place, policies(configuration, uses));
        name_statement(&mut findings, &statement_ref(configuration, source), &users);
    }
    (findings, Some(Arc::new(parsed.statement)))
}

fn matching_rule_findings(
    configuration: &Configuration,
    enabled: &[&'static Rule],
    groups: &DynamicGroups<'_>,
    uses: &[&MatchingRuleSource],
) -> Findings<policy::ast::MatchingRule> {
    let Some(&source) = uses.first() else { return (Vec::new(), None) };
    let parsed = policy::parse_matching_rule(source.text.as_str(), &source.text.hole_spans());
    if is_piece(configuration, source, &parsed.errors) {
        return (Vec::new(), None);
    }
    let context = MatchingRuleContext {
        located: located(configuration, source),
        rule: &parsed.rule,
        errors: &parsed.errors,
        uses,
    };
    let mut findings = syntax_findings(&context.located, &parsed.errors, enabled, source.address.is_some());
    if parsed.errors.len() <= READABLE {
        findings.extend(reported(enabled, |check, sink| {
            if let Check::MatchingRule(check) = check {
                check(&context, sink);
            }
        }));
    }
    leave_out_misread(&context.located, &parsed.errors, &mut findings);
    keep_what_is_certain(&mut findings, source.role);
    keep_the_first(&mut findings);
    if !findings.is_empty() {
        let (policy, text) = (source.address.clone(), source.text.as_str().into());
        let reference = StatementRef { policy, index: None, text, place: source.place };
        let groups = uses.iter().filter_map(|source| {
            let address = source.address.as_deref()?;
            Some((*groups.get(&(&source.root, address))?, address))
        });
        name_statement(&mut findings, &reference, &users(configuration, source.place, groups));
    }
    (findings, Some(Arc::new(parsed.rule)))
}

/// Whether a string of a Terraform file that no dynamic group is known to use is a piece of a rule that is joined
/// elsewhere: its braces don't pair.
fn is_piece(configuration: &Configuration, source: &MatchingRuleSource, errors: &[SyntaxError]) -> bool {
    let unpaired = errors.iter().any(|error| error.kind == SyntaxErrorKind::UnbalancedDelimiter);
    let terraform =
        configuration.files.get(source.place.file).is_some_and(|file| super::fix::is_terraform(&file.name));
    source.address.is_none() && unpaired && terraform
}

fn configuration_findings(
    configuration: &Configuration,
    enabled: &[&'static Rule],
    (statements, trees): (&[Vec<&StatementSource>], Vec<Option<Arc<policy::ast::Statement>>>),
    (matching, rule_trees): (&[Vec<&MatchingRuleSource>], Vec<Option<Arc<policy::ast::MatchingRule>>>),
) -> Vec<Finding> {
    let mut parsed: Vec<ParsedStatement<'_>> = Vec::with_capacity(configuration.statements.len());
    for (uses, tree) in statements.iter().zip(trees) {
        let Some(tree) = tree else { continue };
        parsed.extend(uses.iter().map(|source| ParsedStatement { source, statement: Arc::clone(&tree) }));
    }
    let address = |source: &StatementSource| std::ptr::from_ref(source) as usize;
    parsed.sort_by_key(|parsed| address(parsed.source));
    let mut rules: Vec<ParsedRule<'_>> = Vec::with_capacity(configuration.matching_rules.len());
    for (uses, tree) in matching.iter().zip(rule_trees) {
        let Some(tree) = tree else { continue };
        rules.extend(uses.iter().map(|source| ParsedRule { source, rule: Arc::clone(&tree) }));
    }
    rules.sort_by_key(|parsed| std::ptr::from_ref(parsed.source) as usize);

    let checks: Vec<_> = enabled
        .iter()
        .flat_map(|&rule| rule.checks.iter().map(move |check| (rule, check)))
        .filter_map(|(rule, check)| match check {
            Check::Configuration(check) => Some((rule, *check)),
            _ => None,
        })
        .collect();
    if checks.is_empty() {
        return Vec::new();
    }
    let tenancies: Vec<Compiled> =
        Tenancy::of_roots(configuration).into_par_iter().map(Compiled::new).collect();
    let context = ConfigurationContext {
        configuration,
        statements: &parsed,
        matching_rules: &rules,
        tenancies: &tenancies,
        overlaps: &tenancies.par_iter().map(Overlaps::new).collect::<Vec<_>>(),
    };
    let found: Vec<Vec<Finding>> = checks
        .par_iter()
        .map(|(rule, check)| {
            let mut sink = Sink::new(rule);
            check(&context, &mut sink);
            sink.finish()
        })
        .collect();
    let mut found: Vec<Finding> = found.into_iter().flatten().collect();
    let mut uses: BTreeMap<Place, Vec<&StatementSource>> = BTreeMap::new();
    for place in found.iter().filter_map(|finding| Some(finding.statement.as_ref()?.place)) {
        uses.entry(place).or_default();
    }
    for source in statements.iter().flatten() {
        if let Some(uses) = uses.get_mut(&source.place) {
            uses.push(source);
        }
    }
    // Once for each place: a text that many policies use may have as many findings.
    let users: BTreeMap<Place, Vec<Label>> = uses
        .into_iter()
        .map(|(home, uses)| (home, users(configuration, home, policies(configuration, &uses))))
        .collect();
    for finding in &mut found {
        let home = finding.statement.as_ref().map(|statement| statement.place);
        let users = home.and_then(|home| users.get(&home));
        finding.labels.extend(users.into_iter().flatten().cloned());
    }
    found
}

/// What the checks of these rules report when `run` lets them look.
fn reported(enabled: &[&'static Rule], run: impl Fn(&Check, &mut Sink<'_>)) -> Vec<Finding> {
    let mut found = Vec::new();
    for rule in enabled {
        for check in rule.checks {
            let mut sink = Sink::new(rule);
            run(check, &mut sink);
            found.extend(sink.finish());
        }
    }
    found
}

/// Tells of which statement or matching rule the findings are, and who uses it.
fn name_statement(findings: &mut [Finding], reference: &StatementRef, users: &[Label]) {
    for finding in findings {
        finding.statement.get_or_insert_with(|| reference.clone());
        finding.labels.extend_from_slice(users);
    }
}

/// The parser's errors as findings of the rules of their kinds.
fn syntax_findings(
    at: &Located<'_>,
    errors: &[SyntaxError],
    enabled: &[&'static Rule],
    applied: bool,
) -> Vec<Finding> {
    let mut found = Vec::with_capacity(errors.len().min(READABLE));
    for error in errors.iter().take(READABLE) {
        let Ok(index) = enabled.binary_search_by_key(&error.kind.rule(), |rule| rule.name) else { continue };
        let Some(rule) = enabled.get(index) else { continue };
        let mut sink = Sink::new(rule);
        // With another value than the empty one the statement may be right.
        let beside_nothing = at.is_beside_empty_expression(error.span);
        // A placeholder belongs in documentation, and can't be meant in a policy that gets applied.
        // What a variable or local brings in may well get its value elsewhere.
        let own = at.mapped.editable(error.span).is_some_and(|place| at.is_at_home(place));
        let severity = match error.kind {
            SyntaxErrorKind::UnresolvedPlaceholder if applied && !own => Severity::Warning,
            SyntaxErrorKind::UnresolvedPlaceholder if applied => Severity::Error,
            SyntaxErrorKind::UnresolvedPlaceholder => Severity::Info,
            _ if beside_nothing => Severity::Info,
            _ => error.severity,
        };
        let doubtful = severity != Severity::Error;
        let report = sink
            .report(at.locate(error.span), error.message.clone())
            .severity(severity)
            .confidence(if doubtful { Confidence::Medium } else { Confidence::High })
            .fix(if beside_nothing { None } else { syntax_fix(at, error) });
        if beside_nothing {
            report
                .note("an expression is empty here; with another value the statement may be right")
                .help("see that the variable is set wherever this is applied");
        } else {
            let report = match at.value_at(error.span) {
                Some(value) => report.note(value),
                None => report,
            };
            if let Some(help) = &error.help {
                report.help(help.clone());
            }
        }
        found.extend(sink.finish());
    }
    found
}

fn syntax_fix(at: &Located<'_>, error: &SyntaxError) -> Option<Fix> {
    let fix = error.fix.as_ref()?;
    let edits: Option<Vec<Edit>> = fix.edits.iter().map(|(span, text)| at.edit(*span, text)).collect();
    let title = match fix.edits.as_slice() {
        [(_, text)] if !text.trim().is_empty() => format!("write `{}`", text.trim()),
        [(span, _)] => format!("remove `{}`", span.of(at.text).trim()),
        _ => error.help.clone().unwrap_or_else(|| "correct the statement".to_owned()),
    };
    let applicability = if fix.safe { Applicability::Safe } else { Applicability::Unsafe };
    Some(Fix { title, applicability, edits: edits? })
}

/// What the parser could not read for certain is not judged by the other rules, and above all not
/// changed by their fixes: `mange` may be read as `manage`, but it does not say so yet.
fn leave_out_misread(at: &Located<'_>, errors: &[SyntaxError], findings: &mut Vec<Finding>) {
    let quotes = [SyntaxErrorKind::DoubleQuotes, SyntaxErrorKind::TypographicQuotes];
    let misread: Vec<Place> = errors
        .iter()
        .filter(|error| error.severity == Severity::Error && !quotes.contains(&error.kind))
        .map(|error| at.locate(error.span))
        .collect();
    if misread.is_empty() {
        return;
    }
    findings.retain(|finding| {
        let inside = |misread: &Place| {
            let (outer, inner) = (misread.span, finding.place.span);
            misread.file == finding.place.file && outer.start <= inner.start && inner.end <= outer.end
        };
        let own = rules::find(finding.rule).is_some_and(|rule| rule.category == Category::Syntax);
        own || !misread.iter().any(inside)
    });
}

/// In prose and in tests of bad input only what is certain is worth a word.
fn keep_what_is_certain(findings: &mut Vec<Finding>, role: Role) {
    if role == Role::Prose {
        // A sentence that tells of a statement need not hold all of it.
        let partial = SyntaxErrorKind::MissingClause.rule();
        findings.retain(|f| {
            f.severity == Severity::Error && f.confidence == Confidence::High && f.rule != partial
        });
    }
}

/// How many findings of one statement are told.
const MOST: usize = 100;

/// What has more mistakes than this is no statement: the rules have nothing to judge in it.
const READABLE: usize = 400;

/// Keeps the gravest and first findings of a statement that has hundreds. Nobody reads the rest, and as each shows
/// the statement, the report would grow with the square of its length.
fn keep_the_first(findings: &mut Vec<Finding>) {
    let more = findings.len().saturating_sub(MOST);
    if more == 0 {
        return;
    }
    findings.sort_by_key(|finding| (Reverse(finding.severity), finding.place));
    findings.truncate(MOST);
    if let Some(last) = findings.last_mut() {
        let rest = format!("at least {more} more findings of this statement are not told");
        last.note = Some(last.note.take().map_or(rest.clone(), |note| format!("{note}; {rest}")));
    }
}

/// The blocks of dynamic groups by what they are applied with and their address.
type DynamicGroups<'c> = BTreeMap<(&'c Root, &'c str), Place>;

fn dynamic_groups(configuration: &Configuration) -> DynamicGroups<'_> {
    let groups = configuration.declared.iter().filter(|one| one.kind == DeclaredKind::DynamicGroup);
    groups.map(|one| ((&one.root, &*one.address), one.place)).collect()
}

/// The places and addresses of the policies that use a statement.
fn policies<'c>(
    configuration: &'c Configuration,
    uses: &[&StatementSource],
) -> impl Iterator<Item = (Place, &'c str)> {
    let policies = uses.iter().filter_map(|source| configuration.policies.get(source.policy?));
    policies.map(|policy| (policy.place, policy.address.as_ref()))
}

/// Names the resources that use a text which stands elsewhere: in a local, a variable, another module.
fn users<'c>(
    configuration: &Configuration,
    home: Place,
    resources: impl Iterator<Item = (Place, &'c str)>,
) -> Vec<Label> {
    const SHOWN: usize = 3;
    let mut users: Vec<_> =
        resources.filter(|(place, _)| place.file != home.file || !place.span.overlaps(home.span)).collect();
    users.sort_unstable();
    users.dedup();
    let more = users.len().saturating_sub(SHOWN);
    let mut labels: Vec<Label> = users
        .into_iter()
        .take(SHOWN)
        .map(|(place, address)| Label {
            place: first_line(configuration, place),
            message: format!("used by `{address}`"),
        })
        .collect();
    if let Some(last) = labels.last_mut().filter(|_| more > 0) {
        last.message.push_str(&format!(" and {more} more"));
    }
    labels
}

fn first_line(configuration: &Configuration, place: Place) -> Place {
    let text = configuration.files.text(place);
    let len = text.lines().next().unwrap_or("").trim_end().trim_end_matches('{').trim_end().len();
    Place { file: place.file, span: Span::new(place.span.start(), place.span.start() + len) }
}
