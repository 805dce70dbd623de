//! `incomplete-workload-condition`: a Kubernetes workload named in part.

use crate::catalog::Trait;
use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use super::conditions::{condition_of, demanded_principal_type, is_open};
use super::values::variable_of;

/// Flags workload conditions that lack namespace, service account or cluster.
pub static RULE: Rule = Rule {
    name: "incomplete-workload-condition",
    severity: Severity::Warning,
    confidence: Confidence::High,
    category: Category::Workloads,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/incomplete-workload-condition.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let Some(rule) = context.rule().filter(|rule| !rule.kind.is_deny()) else { return };
    let Some(condition) = condition_of(context).filter(|condition| !is_open(condition)) else { return };
    let named: Vec<String> = condition
        .tests()
        .into_iter()
        .filter_map(|test| variable_of(test)?.known(context.text).map(str::to_ascii_lowercase))
        .collect();
    let workload = demanded_principal_type(context).is_some_and(|found| found == "workload");
    let parts = Trait::OfOneWorkload.names();
    let some = parts.iter().any(|part| named.iter().any(|name| name == part));
    if rule.subject.is_none() || !(workload || some) || named.iter().any(|name| name == "request.principal.id") {
        return;
    }
    let missing: Vec<String> = parts.iter().filter(|part| !named.iter().any(|name| name == *part)).map(|part| format!("`{part}`")).collect();
    if missing.is_empty() {
        return;
    }
    sink.report(context.locate(condition.span()), format!("the workload is named without {}", missing.join(" and ")))
        .note("namespace, service account and cluster name one workload together; what is left out is open to every other")
        .help("name all three inside `all {request.principal.type = 'workload', …}`");
}
