//! A model, the API that it is called by, its mode and its region, against the catalogue.

use super::{Evidence, Strength};
use crate::catalog::{self, Kind, Life, Mode, Model, Plane, Support};

/// The API by which a model is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// OCI's own, with this `apiFormat` where one is given.
    Native(Option<&'static str>),
    /// OpenAI's Chat Completions.
    ChatCompletions,
    /// OpenAI's Responses.
    Responses,
    /// Embeddings.
    Embed,
    /// Rankings.
    Rerank,
}

impl Api {
    /// What to call it.
    pub fn name(self) -> &'static str {
        match self {
            Api::Native(_) => "the native API",
            Api::ChatCompletions => "Chat Completions",
            Api::Responses => "Responses",
            Api::Embed => "EmbedText",
            Api::Rerank => "RerankText",
        }
    }

    /// What a model must be able to do for it, in the words of the catalogue.
    fn capability(self) -> &'static str {
        match self {
            Api::Native(_) | Api::ChatCompletions | Api::Responses => "chat",
            Api::Embed => "embed",
            Api::Rerank => "rerank",
        }
    }
}

/// What stands against calling a model by an API in a region. `today` is `YYYY-MM-DD`; `on_demand` is false for calls
/// to an endpoint of a dedicated AI cluster.
pub fn model(
    name: &str,
    region: &str,
    api: Option<Api>,
    auth_method: Option<&str>,
    on_demand: bool,
    today: &str,
) -> Vec<Evidence> {
    const CHECK: &str = "model";
    // An OCID of a model, endpoint or routing profile says nothing of what it serves.
    if name.starts_with("ocid1.") {
        return Vec::new();
    }
    let Some(known) = catalog::model(name) else {
        let text = format!("the catalogue knows no model `{name}`");
        let evidence = Evidence::new(CHECK, "region-model-unavailable", Strength::Possible, text);
        return vec![match catalog::suggest(Kind::Model, name) {
            Some(close) => Evidence { strength: Strength::Likely, ..evidence }.instead(close),
            None => evidence,
        }];
    };
    let mut found = Vec::new();
    found.extend(offered(known, region, on_demand, today));
    found.extend(api.and_then(|api| by_api(known, api)));
    if auth_method == Some("genai-api-key") && known.api_key == Support::No {
        let text = format!("API keys don't reach `{name}`");
        found.push(Evidence::new(CHECK, "model-api-mismatch", Strength::Likely, text));
    }
    found
}

/// Where a model can be called on demand, as far as the catalogue knows.
fn regions_of(known: &Model, today: &str) -> String {
    let mut names: Vec<&str> = known
        .regions()
        .filter(|row| {
            row.expected.on_demand() != Some(false) && row.on_demand_retired.is_none_or(|end| end > today)
        })
        .map(|row| row.region)
        .collect();
    names.sort_unstable();
    names.truncate(6);
    names.join(", ")
}

fn offered(known: &Model, region: &str, on_demand: bool, today: &str) -> Option<Evidence> {
    const CHECK: &str = "model-region";
    let name = known.name;
    if matches!(known.life, Life::Retired) {
        let text = format!("`{name}` is retired");
        return Some(Evidence::new(CHECK, "model-retired", Strength::Certain, text));
    }
    if matches!(known.life, Life::Internal) {
        let text = format!("`{name}` is not for customers");
        return Some(Evidence::new(CHECK, "region-model-unavailable", Strength::Likely, text));
    }
    let region = catalog::region(region)?;
    let elsewhere = |evidence: Evidence| match regions_of(known, today) {
        names if names.is_empty() => evidence,
        names => evidence.instead(format!("a region that offers it on demand: {names}")),
    };
    let Some(row) = known.in_region(region.name) else {
        let text = format!("no source lists `{name}` in `{}`", region.name);
        return Some(elsewhere(Evidence::new(CHECK, "region-model-unavailable", Strength::Likely, text)));
    };
    if row.expected == Mode::Retired {
        let text = format!("`{name}` is retired in `{}`", region.name);
        return Some(elsewhere(Evidence::new(CHECK, "model-retired", Strength::Certain, text)));
    }
    if !on_demand {
        let ended = row.dedicated_retired.filter(|end| *end <= today)?;
        let text = format!("`{name}` ended on dedicated AI clusters in `{}` on {ended}", region.name);
        return Some(Evidence::new(CHECK, "model-retired", Strength::Likely, text));
    }
    if row.expected == Mode::Dedicated {
        let text = format!("`{name}` runs in `{}` on dedicated AI clusters only", region.name);
        return Some(elsewhere(Evidence::new(CHECK, "model-dedicated-only", Strength::Likely, text)));
    }
    let ended = row.on_demand_retired.filter(|end| *end <= today)?;
    let text = format!("on-demand calls of `{name}` ended in `{}` on {ended}", region.name);
    Some(elsewhere(Evidence::new(CHECK, "model-retired", Strength::Likely, text)))
}

fn by_api(known: &Model, api: Api) -> Option<Evidence> {
    const CHECK: &str = "model-api";
    let name = known.name;
    let mismatch = |strength| {
        let text = format!("`{name}` does not offer {}", api.name());
        Some(Evidence::new(CHECK, "model-api-mismatch", strength, text))
    };
    let asks = api.capability();
    if !known.capability.is_empty() && !known.capability.contains(asks) {
        let text = format!("`{name}` does {}, not {asks}", known.capability);
        return Some(Evidence::new(CHECK, "model-api-mismatch", Strength::Likely, text));
    }
    match api {
        Api::Embed | Api::Rerank => None,
        Api::Native(given) => match (known.native, given) {
            (None, _) => mismatch(Strength::Likely),
            (Some(native), Some(given)) if !native.eq_ignore_ascii_case(given) => {
                let text = format!("`{name}` takes `apiFormat` `{native}`, not `{given}`");
                let evidence = Evidence::new(CHECK, "api-format-mismatch", Strength::Likely, text);
                Some(evidence.instead(format!("\"apiFormat\": \"{native}\"")))
            }
            _ => None,
        },
        Api::ChatCompletions | Api::Responses => {
            let support = if api == Api::Responses { known.responses } else { known.chat_completions };
            match support {
                Support::No => mismatch(Strength::Likely),
                Support::Disputed => mismatch(Strength::Possible).map(|evidence| Evidence {
                    text: format!("sources disagree whether `{name}` offers {}", api.name()),
                    ..evidence
                }),
                Support::Yes | Support::Formerly | Support::Unknown => None,
            }
        }
    }
}

/// Whether a plane is offered in a region, as far as the catalogue knows.
pub fn service_in_region(region: &str, plane: &Plane) -> Option<Evidence> {
    let known = catalog::region(region)?;
    let (offered, what) = match plane.name {
        "inference" | "management" => (known.genai, "Generative AI"),
        "inference-openai" | "management-openai" => (known.openai_compatible, "the OpenAI-compatible API"),
        "agent-runtime" | "agent-management" => (known.agents, "Generative AI Agents"),
        "sandbox" => (known.sandbox, "code sandboxes"),
        _ => return None,
    };
    if offered {
        return None;
    }
    // Where Generative AI is, its parts may be newer than the list of regions.
    let strength = if known.genai { Strength::Possible } else { Strength::Likely };
    let text = format!("the documentation does not list {what} in `{}`", known.name);
    Some(Evidence::new("service-region", "service-not-in-region", strength, text))
}
