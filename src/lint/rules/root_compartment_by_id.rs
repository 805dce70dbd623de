//! `root-compartment-by-id`: the root compartment named as a compartment.

use crate::diag::{Applicability, Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{Location, LocationKind};

/// Flags `compartment id ocid1.tenancy…`.
pub static RULE: Rule = Rule {
    name: "root-compartment-by-id",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    category: Category::Names,
    persona: Persona::Default,
    fix: FixAvailability::Always,
    docs: include_str!("../../../docs/rules/root-compartment-by-id.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(location) = context.rule().and_then(|rule| rule.location.as_ref()) else { return };
    if matches!(location.kind, LocationKind::Tenancy(_)) || !is_whole_tenancy(location, context.text) {
        return;
    }
    sink.report(context.locate(location.span), "the root compartment is written `tenancy`")
        .note("sources disagree on whether the tenancy's OCID is taken after `compartment id`")
        .help("write `in tenancy`")
        .fix(context.fix("write `tenancy`", Applicability::Safe, location.span, "tenancy"));
}

/// Whether a location is the tenancy, by the keyword or by its OCID.
pub(super) fn is_whole_tenancy(location: &Location, text: &str) -> bool {
    match &location.kind {
        LocationKind::Tenancy(None) => true,
        LocationKind::CompartmentId { ocid, of: None } => {
            ocid.text(text).to_ascii_lowercase().starts_with("ocid1.tenancy.")
        }
        _ => false,
    }
}
