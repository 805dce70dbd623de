//! `unavailable-model`: a `target.model.id` that can't be called.

use crate::catalog::{self, Kind, Life, Model};
use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::ValueKind;

use super::conditions::{condition_of, demanded_principal_type, equals, is_negative, reads, required};
use super::values::values_of;

/// Flags model names that are unknown, retired, or not offered where the key lives.
pub static RULE: Rule = Rule {
    name: "unavailable-model",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    category: Category::Genai,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/unavailable-model.md"),
    checks: &[Check::Statement(check)],
};

fn check(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let key_region = key_region(context);
    for test in context.tests() {
        // What is left out need not be there.
        if !reads(test, context.text, "target.model.id") || is_negative(test) {
            continue;
        }
        for value in values_of(test).into_iter().filter(|value| value.kind == ValueKind::Literal) {
            let Some(name) = value.atom.known(context.text) else { continue };
            if name.starts_with("ocid1.") || name.is_empty() || name.contains('*') {
                continue;
            }
            let place = context.locate(value.atom.inner(context.text));
            let Some(model) = catalog::model(name) else {
                let report = sink.report(place, format!("`{name}` is not a known model"))
                    .note("a name that is no model's never matches");
                match catalog::suggest(Kind::Model, name) {
                    Some(near) => report.help(format!("write `{near}`, if that is the model you mean")),
                    None => report.help("look the name up: `ociam catalog model`"),
                };
                continue;
            };
            if model.life == Life::Retired {
                sink.report(place, format!("`{name}` is retired"))
                    .note("calls to a retired model fail, whatever the policy grants")
                    .help("name the model that took its place: `ociam catalog model`");
            } else if let Some(region) = &key_region
                && !is_offered(model, region)
            {
                sink.report(place, format!("`{name}` is not offered on demand in `{region}`, where the key lives"))
                    .note("a key works in its own region only")
                    .help(format!("see where the model is offered: `ociam catalog model {name}`"));
            }
        }
    }
}

/// Whether on-demand calls in the region may work. A model that the catalogue has in other regions alone is not
/// offered in one whose models it knows.
fn is_offered(model: &Model, region: &str) -> bool {
    match model.in_region(region) {
        Some(row) => row.expected.on_demand() != Some(false),
        None => {
            let elsewhere = model.regions().any(|row| row.expected.on_demand() == Some(true));
            let surveyed = || catalog::models().iter().any(|other| other.in_region(region).is_some());
            !elsewhere || !surveyed()
        }
    }
}

/// The region of the one API key that the condition demands.
fn key_region(context: &StatementContext<'_>) -> Option<String> {
    demanded_principal_type(context)?;
    let id = required(condition_of(context)?)
        .into_iter()
        .find_map(|test| equals(test, context.text, "request.principal.id"))?;
    let region = id.known(context.text)?.split('.').nth(3)?;
    catalog::region(region).map(|region| region.name.to_owned())
}
