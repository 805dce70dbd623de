//! `any-tenancy`: a door open to, or into, every tenancy.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{Location, LocationKind, RuleKind, SubjectKind, TenancyRef};

use super::policies::places;

/// Flags endorse and admit statements that name `any-tenancy`.
pub static RULE: Rule = Rule {
    name: "any-tenancy",
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Reach,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/any-tenancy.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(rule) = context.rule() else { return };
    if let (RuleKind::Admit, Some(origin)) = (rule.kind, &rule.origin)
        && origin.tenancy == TenancyRef::Any
        // A named group of any tenancy is rejected, which the parser tells.
        && rule.subject.as_ref().is_some_and(|subject| matches!(subject.kind, SubjectKind::AnyUser | SubjectKind::AnyGroup))
    {
        sink.report(context.locate(origin.span), "principals of every tenancy of the realm are admitted")
            .note("any customer of Oracle can endorse its own principals and then use this grant")
            .help("name the tenancy: `define tenancy X as ocid1.tenancy…` and `of tenancy X`");
    }
    let open = |location: &&Location| location.kind == LocationKind::AnyTenancy;
    if rule.kind == RuleKind::Endorse
        && let Some(location) = places(rule).into_iter().find(open)
    {
        sink.report(context.locate(location.span), "the subject is endorsed into every tenancy that admits it")
            .severity(Severity::Info)
            .note("whoever admits this tenancy can draw its principals, and the data that they carry, into a tenancy of its own")
            .help("name the tenancy: `define tenancy X as ocid1.tenancy…` and `in tenancy X`");
    }
}
