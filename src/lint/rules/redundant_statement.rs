//! `redundant-statement`: a statement that another one includes.

use crate::authz::{Action, Compiled, Grant, Overlaps};
use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{ConfigurationContext, Sink};

use super::overlap::{Overlap, overlaps};

/// Flags statements all of which another statement of the configuration gives or takes already.
pub static RULE: Rule = Rule {
    name: "redundant-statement",
    severity: Severity::Info,
    confidence: Confidence::High,
    category: Category::Reach,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/redundant-statement.md"),
    checks: &[Check::Configuration(check)],
};

fn check(context: &ConfigurationContext<'_>, sink: &mut Sink<'_>) {
    for overlap in overlaps(context, included) {
        let does = if overlap.grant.kind.is_deny() { "takes" } else { "gives" };
        let limits_nothing = is_limit(&overlap);
        let message = if limits_nothing {
            format!("this condition limits nothing: another statement {does} the same without it")
        } else {
            format!("another statement {does} all of this already")
        };
        let report = sink
            .report(overlap.source.place, message)
            .label(overlap.other_source.place, "this one")
            .statement(context.reference(overlap.source));
        let report = match overlap.is_in_one_policy() {
            true if limits_nothing => report.severity(Severity::Warning),
            true => report,
            false => report.confidence(Confidence::Medium),
        };
        if limits_nothing {
            report
                .note("statements add up, so what one of them leaves out another still gives")
                .help("delete the statement without the condition, or this one if the condition isn't meant");
        } else {
            report
                .note("statements are limited in number, and taking this one away would change nothing")
                .help("delete this statement, or narrow the other one");
        }
    }
}

fn included<'c>(
    all: &Overlaps<'c>,
    compiled: &'c Compiled,
    grant: &'c Grant,
    fits: &dyn Fn(&Grant) -> bool,
) -> Option<&'c Grant> {
    let source = |grant: &Grant| compiled.origin(grant).map(|origin| (&origin.policy, &origin.text));
    let (policy, text) = source(grant)?;
    all.covering(grant, |other| {
        let Some((other_policy, other_text)) = source(other) else { return false };
        // The same words in the same policy are another rule's.
        let twice = policy == other_policy && letters(text).eq(letters(other_text));
        !twice && fits(other)
    })
}

/// Whether the statement differs from the one that includes it by a condition alone.
fn is_limit(overlap: &Overlap<'_>) -> bool {
    let alike = match (&overlap.grant.action, &overlap.other.action) {
        (Action::Verb(_, one), Action::Verb(_, other)) => one.name == other.name,
        (Action::Permissions(..), Action::Permissions(..)) => true,
        _ => false,
    };
    alike
        && overlap.grant.condition.is_some()
        && overlap.other.condition.is_none()
        && !overlap.grant.kind.is_deny()
}

/// What makes a difference in a text.
fn letters(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase)
}
