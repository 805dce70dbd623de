//! Model, region and API against the catalogue: where a model is offered, how, until when, and through which API.

use super::{add, listed};
use crate::catalog::{self, Life, Mode, Model, Support};
use crate::diagnose::facts::{Facts, Plane};
use crate::diagnose::weights::Weights;

pub(super) fn apply(facts: &Facts, weights: &mut Weights) {
    let known: Vec<&Model> = facts.models.iter().filter_map(|name| catalog::model(name)).collect();
    let about_model = facts.is_entity_not_found() || facts.is_refused();
    if about_model {
        // Several models that all fail speak of the region or tenancy more than of one of them.
        let share = 1.0 / (known.len().max(1) as f64);
        for model in &known {
            in_region(model, facts, share, weights);
        }
        if let (Some(name), true) = (facts.models.first(), known.is_empty()) {
            let text = format!("the catalogue knows no model `{name}`");
            add(weights, &listed(text), &[("region-model-unavailable", 0.8), ("model-retired", 0.8)]);
        }
    }
    for model in &known {
        through_api(model, facts, weights);
    }
    if facts.is_entity_not_found() {
        entity_is_an_ocid(facts, weights);
    }
}

fn in_region(model: &Model, facts: &Facts, share: f64, weights: &mut Weights) {
    let name = model.name;
    // The one text mostly means rights; a model that can't be there still explains it better than a right would.
    let strength = share * if facts.is_entity_not_found() { 1.0 } else { 0.45 };
    let mut lean = |text: String, causes: &[(&str, f64)]| {
        let scaled: Vec<_> = causes.iter().map(|(cause, weight)| (*cause, weight * strength)).collect();
        add(weights, &listed(text), &scaled);
    };
    if model.life == Life::Internal {
        return lean(format!("`{name}` is not offered to customers"), &[("region-model-unavailable", 2.5)]);
    }
    let row = facts.region.as_deref().and_then(|region| model.in_region(region));
    let retired_on = row.and_then(|row| row.on_demand_retired).filter(|date| *date <= today());
    match (row.map(|row| row.expected), facts.region.as_deref()) {
        _ if model.life == Life::Retired => {
            let when = retired_on.map(|date| format!(" on {date}")).unwrap_or_default();
            lean(
                format!("`{name}` was retired{when}"),
                &[("model-retired", 5.0), ("region-model-unavailable", -1.5), ("model-dedicated-only", -2.0)],
            );
        }
        (Some(Mode::Retired), Some(region)) => lean(
            format!("`{name}` was retired in `{region}`"),
            &[("model-retired", 4.5), ("region-model-unavailable", -1.0)],
        ),
        (Some(Mode::Dedicated), Some(region)) => {
            // It was on demand there until lately: that is a retirement, from the caller's side.
            let lately = retired_on.is_some_and(|date| date.get(..4) == today().get(..4));
            let text = format!("`{name}` is served in `{region}` on dedicated AI clusters only");
            let lately = if lately { 1.5 } else { 0.0 };
            lean(
                text,
                &[
                    ("model-dedicated-only", 4.0),
                    ("region-model-unavailable", 1.0),
                    ("model-retired", lately - 1.0),
                ],
            );
        }
        (Some(Mode::Both | Mode::OnDemand), Some(region)) => {
            let text = format!("`{name}` is served in `{region}` on demand");
            lean(
                text,
                &[
                    ("tenancy-not-entitled", 2.2),
                    ("region-model-unavailable", -0.6),
                    ("model-retired", -1.0),
                    ("model-dedicated-only", -1.5),
                ],
            );
        }
        (None, Some(region)) if catalog::region(region).is_some() && model.regions().next().is_some() => {
            let elsewhere: Vec<_> = model
                .regions()
                .filter(|row| row.expected.on_demand() == Some(true))
                .map(|row| row.region)
                .collect();
            let text = if elsewhere.is_empty() {
                format!("`{name}` is listed on demand in no region")
            } else {
                format!("`{name}` is not listed in `{region}`; on demand it is in {}", elsewhere.join(", "))
            };
            let dedicated = if elsewhere.is_empty() { 1.5 } else { -0.8 };
            lean(
                text,
                &[
                    ("region-model-unavailable", 2.5),
                    ("model-dedicated-only", dedicated),
                    ("model-retired", -0.8),
                ],
            );
        }
        _ => {}
    }
    if model.life == Life::Deprecated && model.regions().all(|row| row.expected == Mode::Retired) {
        lean(format!("`{name}` is deprecated, and retired wherever it was"), &[("model-retired", 3.0)]);
    }
}

/// The date that the catalogue speaks for.
fn today() -> &'static str {
    catalog::models().iter().map(|model| model.fact.date).max().unwrap_or_default()
}

fn through_api(model: &Model, facts: &Facts, weights: &mut Weights) {
    let name = model.name;
    let failed = matches!(facts.status, None | Some(400 | 404 | 422 | 500));
    if !failed || facts.is_entity_not_found() || facts.is_unauthenticated() {
        return;
    }
    let operation = facts.operation.map_or("", |operation| operation.name);
    let support = match operation {
        "ChatCompletions" => Some(("Chat Completions", model.chat_completions)),
        "CreateResponse" => Some(("Responses", model.responses)),
        _ => None,
    };
    let weight = match support {
        Some((_, Support::No | Support::Formerly)) => 3.4,
        Some((_, Support::Disputed)) => 1.2,
        _ => 0.0,
    };
    if let (Some((api, _)), true) = (support, weight > 0.0) {
        let doubt = if weight < 2.0 { ", as some reports have it" } else { "" };
        let text = format!("`{name}` is not offered through {api}{doubt}");
        let rest = if facts.status == Some(404) { -1.2 } else { 0.0 };
        add(
            weights,
            &listed(text),
            &[
                ("model-api-mismatch", weight),
                ("resource-type-not-covered", rest),
                ("missing-project-header", rest),
            ],
        );
    }
    let does = |what: &str| model.capability.contains(what);
    let asks = match operation {
        "Chat" if facts.plane != Some(Plane::AgentRuntime) => Some("chat"),
        "ChatCompletions" | "CreateResponse" => Some("chat"),
        "EmbedText" => Some("embed"),
        "RerankText" => Some("rerank"),
        _ => None,
    };
    if let Some(asks) = asks.filter(|asks| !does(asks)) {
        let text = format!("`{name}` does {}, not {asks}", model.capability);
        add(weights, &listed(text), &[("model-api-mismatch", 3.0)]);
    }
}

/// An entity that is named by OCID is an endpoint or a custom model, not a model of the catalogue.
fn entity_is_an_ocid(facts: &Facts, weights: &mut Weights) {
    let shape = crate::diagnose::mentions::pattern!(r"(?i)entity with key (ocid1\.[a-z0-9]+)");
    let Some(found) = crate::diagnose::mentions::first(&facts.error, shape) else { return };
    let kind = found.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let entity = catalog::ocid_kind(&kind).map_or("resource", |kind| kind.entity);
    let text = format!("the entity that is not found is an {entity}, named by OCID");
    let own = [("wrong-ocid", 4.4), ("foreign-resource-ocid", 2.4), ("region-url-mismatch", 1.5)];
    let model =
        [("region-model-unavailable", -2.5), ("model-dedicated-only", -1.5), ("tenancy-not-entitled", -1.5)];
    // A pretrained model may be called by its OCID too, which changes when a version is retired.
    let retired = if kind == "generativeaimodel" { 1.0 } else { -1.5 };
    let weaken = if kind == "generativeaimodel" { 0.4 } else { 1.0 };
    let evidence = listed(text);
    for (cause, weight) in own.into_iter().chain(model) {
        weights.add(cause, weight * weaken, &evidence);
    }
    weights.add("model-retired", retired, &evidence);
}
