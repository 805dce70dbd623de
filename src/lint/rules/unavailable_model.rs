//! `unavailable-model`: a `target.model.id` that can't be called.

use crate::authz::Pattern;
use crate::catalog::{self, Life, Mode, Model, Support};
use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Sink, StatementContext};
use crate::policy::ast::{ActionKind, Value, ValueKind};

use super::conditions::{condition_of, demanded, demanded_principal_type, is_negative, only_text, reads};
use super::genai_api_key_type_misspelt::API_KEY;
use super::values::values_of;

/// Flags model names that are unknown, retired, internal, of another task, without keys, or not offered where the key lives.
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
    let by_key = demanded_principal_type(context).is_some_and(|found| found == API_KEY);
    let task = task(context);
    for test in context.tests() {
        // What is left out need not be there.
        if !reads(test, context.text, "target.model.id") || is_negative(test) {
            continue;
        }
        for value in values_of(test) {
            let Some(name) = value.atom.known(context.text) else { continue };
            let place = context.locate(value.atom.inner(context.text));
            if value.kind == ValueKind::Pattern {
                let pattern = Pattern::new(name);
                let regular = name.contains(['^', '$', '[', '(', '{', '+', '|', '?', '\\']);
                if !regular && !name.starts_with("ocid1.") && !catalog::models().iter().any(|model| pattern.matches(model.name)) {
                    sink.report(place, format!("`{name}` fits no known model"))
                        .note("a pattern that fits no model never matches")
                        .help("look the names up: `ociam catalog model`; they begin with the vendor, as in `/xai.*/`");
                }
                continue;
            }
            if value.kind != ValueKind::Literal || name.starts_with("ocid1.") || name.is_empty() || name.contains('*') {
                continue;
            }
            let Some(model) = catalog::model(name) else {
                let report = sink.report(place, format!("`{name}` is not a known model"))
                    .note("a name that is no model's never matches");
                match nearest_offered(name) {
                    Some(near) => report.help(format!("write `{near}`, if that is the model you mean")),
                    None => report.help("look the name up: `ociam catalog model`"),
                };
                continue;
            };
            match model.life {
                Life::Retired => {
                    sink.report(place, format!("`{name}` is retired"))
                        .note("calls to a retired model fail, whatever the policy grants")
                        .help("name the model that took its place: `ociam catalog model`");
                    continue;
                }
                Life::Internal => {
                    sink.report(place, format!("`{name}` is not offered to customers"))
                        .note("regions list it for services of Oracle's own; nobody else can call it")
                        .help("name a model that is offered: `ociam catalog model`");
                    continue;
                }
                Life::Active | Life::Deprecated | Life::Unverified => {}
            }
            if let Some(resource_type) = task
                && !fits(model, resource_type)
            {
                sink.report(place, format!("`{name}` is no model for `{resource_type}`"))
                    .note(format!("it is for {}, so no request on this resource-type names it", model.capability))
                    .help("grant the resource-type that the model is called with, or name another model");
            } else if by_key && model.api_key == Support::No {
                sink.report(place, format!("`{name}` takes no API key"))
                    .note("only some models are served where GenAI API keys are taken; a call of this one with a key fails")
                    .help("name a model that takes keys, or grant it to a group or dynamic group: `ociam catalog model`");
            } else if let Some(region) = &key_region
                && !is_offered(model, region)
            {
                sink.report(place, format!("`{name}` is not offered on demand in `{region}`, where the key lives"))
                    .note("a key works in its own region only")
                    .help(format!("see where the model is offered: `ociam catalog model {name}`"));
            } else if is_dedicated_only(model) {
                sink.report(place, format!("`{name}` is served on dedicated AI clusters alone"))
                    .severity(Severity::Info)
                    .note("an on-demand call of it fails; what a call to a dedicated endpoint carries in `target.model.id` is not documented")
                    .help("host it on a dedicated AI cluster and try the statement there, or name a model that is offered on demand");
            }
        }
    }
}

/// The model that is meant by a name which is none, if it can be called.
fn nearest_offered(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let offered = catalog::models().iter().filter(|model| !matches!(model.life, Life::Retired | Life::Internal));
    let near = offered.map(|model| (strsim::damerau_levenshtein(&name, model.name), model.name)).min()?;
    (near.0 <= (name.len() / 6).max(2)).then_some(near.1)
}

/// The resource-type of the statement, where it is for one task alone.
fn task(context: &StatementContext<'_>) -> Option<&'static str> {
    let ActionKind::Verb { resource_type: Some(atom), .. } = &context.rule()?.action.as_ref()?.kind else { return None };
    let found = catalog::resource_type(atom.known(context.text)?)?.name;
    ["generative-ai-chat", "generative-ai-text-embedding", "generative-ai-text-rerank"].contains(&found).then_some(found)
}

/// Whether calls of the model are calls on this resource-type.
fn fits(model: &Model, resource_type: &str) -> bool {
    let (embeds, reranks) = (model.capability.contains("embed"), model.capability.contains("rerank"));
    match resource_type {
        "generative-ai-text-embedding" => embeds,
        "generative-ai-text-rerank" => reranks,
        _ => !embeds && !reranks,
    }
}

/// Whether every region that has the model has it on dedicated clusters, and none on demand.
fn is_dedicated_only(model: &Model) -> bool {
    let mut dedicated = false;
    model.regions().all(|row| {
        dedicated |= row.expected == Mode::Dedicated;
        matches!(row.expected, Mode::Dedicated | Mode::Retired)
    }) && dedicated
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

/// The region of the API keys that the condition demands, where it is but one.
fn key_region(context: &StatementContext<'_>) -> Option<String> {
    demanded_principal_type(context).filter(|found| found == API_KEY)?;
    let ids = demanded(condition_of(context)?, context.text, "request.principal.id")?;
    let region = |value: &Value| Some(only_text(value, context.text)?.split('.').nth(3)?.to_owned());
    let mut regions = ids.iter().map(region);
    let first = regions.next()??;
    if !regions.all(|other| other.as_ref() == Some(&first)) {
        return None;
    }
    catalog::region(&first).map(|region| region.name.to_owned())
}
