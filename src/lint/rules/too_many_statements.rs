//! `too-many-statements`: a policy with more statements than one may hold.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{ConfigurationContext, Sink};
use crate::catalog;

/// Flags policies that hold more statements than the limit.
pub static RULE: Rule = Rule {
    name: "too-many-statements",
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::References,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/too-many-statements.md"),
    checks: &[Check::Configuration(check)],
};

fn check(context: &ConfigurationContext<'_>, sink: &mut Sink<'_>) {
    let Some(most) = limit() else { return };
    let mut count = vec![0_usize; context.configuration.policies.len()];
    for parsed in context.statements.iter().filter(|parsed| !parsed.source.maybe) {
        if let Some(number) = parsed.source.policy.and_then(|policy| count.get_mut(policy)) {
            *number += 1;
        }
    }
    for (policy, number) in context.configuration.policies.iter().zip(count).filter(|(_, number)| *number > most) {
        sink.report(policy.place, format!("`{}` holds {number} statements; a policy may hold {most}", policy.address))
            .note("OCI refuses the policy unless the limit was raised for the tenancy")
            .help("split it into several policies");
    }
}

/// The default limit of statements in one policy, from the catalogue.
fn limit() -> Option<usize> {
    let row = catalog::limits().iter().find(|limit| limit.scope == "policy" && limit.what.contains("statements"))?;
    row.value.parse().ok()
}
