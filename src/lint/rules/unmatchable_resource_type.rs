//! `unmatchable-resource-type`: a `resource.type` that no resource principal has.

use crate::diag::{Applicability, Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{MatchingRuleContext, Report, Sink};
use crate::catalog::{self, Kind};

use super::genai_api_key_type_misspelt::API_KEY;
use super::values::literals_of;

/// Flags values of `resource.type` that match nothing.
pub static RULE: Rule = Rule {
    name: "unmatchable-resource-type",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    category: Category::Workloads,
    persona: Persona::Default,
    fix: FixAvailability::Sometimes,
    docs: include_str!("../../../docs/rules/unmatchable-resource-type.md"),
    checks: &[Check::MatchingRule(check)],
};

fn check(context: &MatchingRuleContext<'_>, sink: &mut Sink<'_>) {
    for test in context.tests() {
        for atom in literals_of(test, context.text, "resource.id") {
            let kind = atom.known(context.text).and_then(|ocid| ocid.split('.').nth(1));
            if kind.is_some_and(|kind| kind.eq_ignore_ascii_case(API_KEY)) {
                no_keys(sink.report(context.locate(atom.inner(context.text)), NO_KEYS));
            }
        }
        for atom in literals_of(test, context.text, "resource.type") {
            let Some(value) = atom.known(context.text) else { continue };
            let span = atom.inner(context.text);
            let place = context.locate(span);
            if value.eq_ignore_ascii_case(API_KEY) {
                no_keys(sink.report(place, NO_KEYS));
                continue;
            }
            if value.eq_ignore_ascii_case("workload") {
                sink.report(place, "Kubernetes workloads can be in no dynamic group")
                    .note("a workload is reached by any-user with conditions on namespace, service account and cluster")
                    .help("delete the rule, and grant with conditions in the policy");
                continue;
            }
            if ["user", "service"].iter().any(|word| value.eq_ignore_ascii_case(word)) {
                sink.report(place, format!("no dynamic group holds a {}", value.to_ascii_lowercase()))
                    .note("dynamic groups hold resources: instances, functions and the like")
                    .help("name users by a group and services by `service` in the statement, and delete the rule");
                continue;
            }
            if value.is_empty() || catalog::principal_type(value).is_some_and(|found| found.in_rule || found.in_request) {
                continue;
            }
            let report = sink.report(place, format!("`{value}` is not a known resource.type"))
                .note("OCI does not check the value, so a misspelt one gives a group that matches nothing");
            let near = catalog::wrong_name(Kind::PrincipalType, value)
                .and_then(|wrong| wrong.instead.first().copied())
                .or_else(|| catalog::suggest(Kind::PrincipalType, value));
            match near {
                Some(near) => report.help(format!("write `{near}`")).fix(context.fix(format!("write `{near}`"), Applicability::Unsafe, span, near)),
                None => report.help("the value is the kind word of the resource's OCID, such as `fnfunc` of `ocid1.fnfunc.oc1…`"),
            };
        }
    }
}

const NO_KEYS: &str = "API keys can be in no dynamic group";

fn no_keys(report: Report<'_>) {
    report
        .note("a GenAI API key is reached by any-user with `request.principal.type = 'generativeaiapikey'`, not by a matching rule")
        .help("delete the rule, and grant with a condition in the policy");
}
