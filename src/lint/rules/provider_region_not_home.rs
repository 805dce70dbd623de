//! `provider-region-not-home`: a policy that a provider of another region than the home region makes.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{ConfigurationContext, Sink};

/// Flags policies whose provider is known to go to another region than that of the provider called home.
pub static RULE: Rule = Rule {
    name: "provider-region-not-home",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    category: Category::References,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/provider-region-not-home.md"),
    checks: &[Check::Configuration(check)],
};

fn check(context: &ConfigurationContext<'_>, sink: &mut Sink<'_>) {
    for policy in &context.configuration.policies {
        let Some(regions) = policy.regions.as_ref().filter(|regions| regions.own != regions.home) else { continue };
        sink.report(
            policy.place,
            format!("this policy is made in `{}`, and the home region is `{}`", regions.own, regions.home),
        )
        .note("policies, groups and compartments can be changed in the home region only: OCI answers with a request to go there")
        .label(regions.place, "the provider of the home region")
        .help(format!("add `provider = oci.{}`", regions.alias));
    }
}
