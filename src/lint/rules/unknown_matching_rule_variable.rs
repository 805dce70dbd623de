//! `unknown-matching-rule-variable`: a variable that matching rules don't know.

use crate::diag::{Applicability, Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{MatchingRuleContext, Sink};
use crate::catalog::{self, Kind};

use super::values::variable_of;

/// Flags variables in matching rules that match nothing.
pub static RULE: Rule = Rule {
    name: "unknown-matching-rule-variable",
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Workloads,
    persona: Persona::Default,
    fix: FixAvailability::Sometimes,
    docs: include_str!("../../../docs/rules/unknown-matching-rule-variable.md"),
    checks: &[Check::MatchingRule(check)],
};

fn check(context: &MatchingRuleContext<'_>, sink: &mut Sink<'_>) {
    for test in context.tests() {
        let Some(atom) = variable_of(test) else { continue };
        let Some(name) = atom.known(context.text) else { continue };
        if name.is_empty() || catalog::rule_variable(name).is_some() {
            continue;
        }
        let report = sink.report(context.locate(atom.span), format!("`{name}` is no variable of matching rules"));
        if name.starts_with("request.") || name.starts_with("target.") {
            let instead = if name.eq_ignore_ascii_case("request.principal.type") { "resource.type" } else { "" };
            let report = report.note("it belongs to the conditions of policies; OCI takes the rule without a word, and the group matches nothing");
            match instead {
                "" => report.help("use `instance.id`, `instance.compartment.id`, `resource.id`, `resource.compartment.id`, `resource.type` or `tag.<namespace>.<key>.value`"),
                word => report.help(format!("write `{word}`")).fix(context.fix(format!("write `{word}`"), Applicability::Safe, atom.span, word)),
            };
            continue;
        }
        let report = report.note("OCI does not check the names in a rule: it takes it without a word, and the group matches nothing");
        // `fnfunc.compartment.id`: meant are resources of one type.
        if let Some((kind, rest @ ("id" | "compartment.id"))) = name.split_once('.')
            && let Some(kind) = catalog::principal_type(kind).filter(|kind| kind.in_rule)
        {
            report.help(format!("write `all {{resource.type = '{}', resource.{rest} = …}}`", kind.name));
            continue;
        }
        match tag(name).or_else(|| catalog::suggest(Kind::RuleVariable, name).map(str::to_owned)) {
            Some(near) => {
                // What is further off may be meant otherwise.
                let slip = strsim::damerau_levenshtein(&name.to_ascii_lowercase(), &near) <= 2 || name.starts_with("tag.") || near.starts_with(name);
                let applicability = if slip { Applicability::Safe } else { Applicability::Unsafe };
                report.help(format!("write `{near}`")).fix(context.fix(format!("write `{near}`"), applicability, atom.span, &near))
            }
            None => report.help("use `instance.id`, `instance.compartment.id`, `resource.id`, `resource.compartment.id`, `resource.type` or `tag.<namespace>.<key>.value`"),
        };
    }
}

/// The variable of a defined tag that is meant: `tag.<namespace>.<key>.value`, whatever stands before or is missing behind.
fn tag(name: &str) -> Option<String> {
    let own = name.strip_prefix("tag.").or_else(|| name.split_once(".tag.").map(|(_, own)| own))?;
    let own = own.strip_suffix(".value").unwrap_or(own);
    (own.matches('.').count() == 1).then(|| format!("tag.{own}.value"))
}
