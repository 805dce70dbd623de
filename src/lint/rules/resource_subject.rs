//! `resource-subject`: a `resource` subject, which no one but Oracle's services writes.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::SubjectKind;

/// Flags `allow resource X to …`.
pub static RULE: Rule = Rule {
    name: "resource-subject",
    severity: Severity::Info,
    confidence: Confidence::Medium,
    category: Category::Workloads,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/resource-subject.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(subject) = context.rule().and_then(|rule| rule.subject.as_ref()) else { return };
    if matches!(subject.kind, SubjectKind::Resource(_)) {
        sink.report(context.locate(subject.span), "`resource` as subject is documented for a few of Oracle's own services only")
            .note("a function, instance or database is no such subject: the statement does not reach it")
            .help("name a dynamic group, or `any-user` with `request.principal.id = '…'`");
    }
}
