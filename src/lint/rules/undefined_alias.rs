//! `undefined-alias`: a tenancy's or compartment's alias that the policy does not define.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{ConfigurationContext, ParsedStatement, Sink};
use crate::policy::ast::Statement;
use crate::source::Role;

use super::policies::{admitted, alias_of, lists, severity_in, tenancies};

/// Flags aliases that no define of the same policy introduces.
pub static RULE: Rule = Rule {
    name: "undefined-alias",
    severity: Severity::Warning,
    confidence: Confidence::Low,
    category: Category::References,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/undefined-alias.md"),
    checks: &[Check::Configuration(check)],
};

fn check(context: &ConfigurationContext<'_>, sink: &mut Sink<'_>) {
    for list in lists(context) {
        let defined: Vec<String> = list.iter().filter_map(|parsed| alias_of(parsed)).collect();
        if may_define_more(context, &list) || defined.is_empty() && !is_whole_policy(context, &list) {
            continue;
        }
        for parsed in list {
            let text = parsed.source.text.as_str();
            for alias in tenancies(parsed) {
                let Some(name) = alias.known(text) else { continue };
                if defined.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                    continue;
                }
                sink.report(context.located(parsed.source).locate(alias.span), format!("the policy defines no tenancy `{name}`"))
                    .note("an alias holds in the policy that defines it, and must be defined before it is used")
                    .help(format!("add `define tenancy {name} as ocid1.tenancy…` at the top of the policy"))
                    .severity(severity_in(parsed))
                    .statement(context.reference(parsed.source));
            }
            for (word, alias) in admitted(parsed) {
                let Some(name) = alias.known(text) else { continue };
                if defined.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                    continue;
                }
                let ocid = word.replace('-', "");
                sink.report(context.located(parsed.source).locate(alias.span), format!("the policy defines no {word} `{name}`"))
                    .note("a name is looked up in this tenancy; a group of another one is known here by the alias of its OCID alone")
                    .help(format!("add `define {word} {name} as ocid1.{ocid}…` at the top of the policy"))
                    .severity(severity_in(parsed))
                    .statement(context.reference(parsed.source));
            }
        }
    }
}

/// Whether a statement of the list is not known, or defines what is not known.
fn may_define_more(context: &ConfigurationContext<'_>, list: &[&ParsedStatement<'_>]) -> bool {
    let policy = list.first().and_then(|parsed| context.configuration.policies.get(parsed.source.policy?));
    let unread = |address: &str| context.configuration.unresolved.iter().any(|unresolved| &*unresolved.address == address);
    policy.is_some_and(|policy| unread(&policy.address))
        || list.iter().any(|parsed| match &*parsed.statement {
            Statement::Define(_) => alias_of(parsed).is_none(),
            Statement::Hole(_) => true,
            Statement::Rule(_) | Statement::Unknown(_) => false,
        })
}

/// Whether the list is all that one policy holds. Elsewhere the defines may stand beside it.
fn is_whole_policy(context: &ConfigurationContext<'_>, list: &[&ParsedStatement<'_>]) -> bool {
    list.iter().all(|parsed| {
        parsed.source.role == Role::Policy && parsed.source.policy.is_some_and(|at| context.configuration.policies.get(at).is_some())
    })
}
