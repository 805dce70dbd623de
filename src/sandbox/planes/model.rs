//! Which model a call names, and whether it may be called here, now and so: by the catalogue's models, regions and
//! dates, and by the clock of the call.

use crate::catalog::{self, Hosting, Mode, Model, ModelRegion, Support};
use crate::sandbox::call::{Call, Failure};
use crate::sandbox::failure;
use crate::sandbox::store::{self, Store};

/// The way in which a model is to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api<'a> {
    /// Native chat in this `apiFormat`.
    Chat(&'a str),
    /// Another native operation, by the name that models have for it in `native`.
    Native(&'static str),
    /// Chat Completions.
    ChatCompletions,
    /// Responses.
    Responses,
    /// Speech.
    Speech,
}

/// A model that may be called.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// Its row of the catalogue.
    pub model: &'static Model,
    /// What the answer calls it.
    pub id: String,
    /// When on-demand calls of it end, where that is announced.
    pub ends: Option<&'static str>,
}

/// The name of the model that an id stands for: itself, an endpoint's, a routing profile's or a custom model's.
/// None for an id that nothing has.
pub fn named(store: &Store, region: &str, id: &str) -> Option<&'static Model> {
    let mut id = id.to_owned();
    // An endpoint leads to a model, a custom model to its base: never more than a few steps.
    for _ in 0..4 {
        if let Some(model) = catalog::model(&id) {
            return Some(model);
        }
        if let Some(model) = catalog::models().iter().find(|model| ocid_of(model, region) == id) {
            return Some(model);
        }
        let held = store.get(&id)?;
        let next =
            ["modelId", "baseModelId", "primaryModelId"].iter().find_map(|key| held.value.get(key)?.as_str());
        id = next?.to_owned();
    }
    None
}

/// The OCID of a pretrained model in a region.
pub fn ocid_of(model: &Model, region: &str) -> String {
    store::ocid("generativeaimodel", region, &[model.name])
}

/// The model that a call names, if it may be called this way.
pub fn choose(store: &Store, call: &Call, id: &str, api: Api<'_>) -> Result<Chosen, Failure> {
    let absent =
        |because: String| failure::with("model-not-in-region", &[("cohere.embed-v4.0", id)]).because(because);
    let dedicated = id.starts_with("ocid1.generativeaiendpoint.");
    if dedicated {
        // What is another tenancy's, or nowhere, was seen to be refused like a missing right.
        let refused = |because: String| failure::of("no-policy-inference").because(because);
        let endpoint =
            store.get(id).ok_or_else(|| refused(format!("no endpoint `{id}` exists in the sandbox")))?;
        if endpoint.region != call.region {
            return Err(refused(format!(
                "the endpoint belongs to {} and not to {}",
                endpoint.region, call.region
            )));
        }
        active(&endpoint)?;
    }
    let Some(model) = named(store, call.region, id) else {
        // An endpoint of the tenancy whose model nobody stated serves a model that takes most calls.
        return match catalog::model("openai.gpt-oss-120b").filter(|_| dedicated) {
            Some(model) => Ok(Chosen { model, id: id.to_owned(), ends: None }),
            None => Err(absent(format!("the catalogue knows no model `{id}`"))),
        };
    };
    if model.life == catalog::Life::Internal {
        return Err(absent(format!("`{}` is not for customers", model.name)));
    }
    let ends = offered(model, call, dedicated)?;
    supports(model, call, api)?;
    Ok(Chosen { model, id: id.to_owned(), ends })
}

/// Refuses what isn't in the state to be used.
pub fn active(held: &store::Stored) -> Result<(), Failure> {
    match held.value.get("lifecycleState").and_then(serde_json::Value::as_str) {
        None | Some("ACTIVE") => Ok(()),
        Some(state) => Err(Failure::new(
            409,
            "IncorrectState",
            "The resource is in a state that does not allow this operation.",
        )
        .because(format!("`{}` is {state}", held.id))),
    }
}

/// The limit of on-demand chat requests a minute.
const A_MINUTE: &str = "max-on-demand-chat-request-per-minute-count";

/// Counts an on-demand chat of a compartment, and refuses it beyond what the tenancy's limits give for a minute.
pub fn within_quota(
    asked: super::Asked<'_>,
    chosen: &Chosen,
    compartment: Option<&str>,
) -> Result<(), Failure> {
    let Some(most) = asked.tenancy.limits.get(A_MINUTE).copied() else { return Ok(()) };
    if chosen.id.starts_with("ocid1.generativeaiendpoint.") {
        return Ok(());
    }
    let compartment = compartment.unwrap_or_default();
    let minute = asked.call.now.as_second().div_euclid(60);
    let count = asked.store.count(&format!("{} {compartment}", asked.call.region), minute);
    if i64::try_from(count).is_ok_and(|count| count <= most) {
        return Ok(());
    }
    let example = "ocid1.compartment.oc1..aaaa<...>";
    Err(failure::with("429-quota", &[(example, compartment)])
        .because(format!("`{A_MINUTE}` is {most} and this is request {count} of the minute")))
}

/// Whether a region offers a model on the day of the call. Gives the announced end.
fn offered(model: &'static Model, call: &Call, dedicated: bool) -> Result<Option<&'static str>, Failure> {
    let absent = |name: &str, because: String| {
        failure::with(name, &[("cohere.embed-v4.0", model.name)]).because(because)
    };
    let today = call.now.strftime("%Y-%m-%d").to_string();
    if model.release.is_some_and(|release| today.as_str() < release) {
        return Err(absent(
            "model-not-in-region",
            format!("`{}` was not released yet on {today}", model.name),
        ));
    }
    let Some(row) = model.in_region(call.region) else {
        // Of some models no source says where they run: those are taken to run wherever the service does.
        if model.life == catalog::Life::Retired {
            let (name, example) = farewell(model);
            let because = format!("`{}` is retired everywhere", model.name);
            return Err(failure::with(name, &[(example, model.name)]).because(because));
        }
        let anywhere = model.regions().next().is_none()
            && catalog::region(call.region).is_some_and(|region| region.genai);
        return match anywhere {
            true => Ok(None),
            false => {
                let regions: Vec<_> = model.regions().map(|row| row.region).collect();
                let because = format!(
                    "`{}` is not offered in {}; it is in {}",
                    model.name,
                    call.region,
                    regions.join(", ")
                );
                Err(absent("model-not-in-region", because))
            }
        };
    };
    if dedicated {
        return match row.dedicated_retired.filter(|end| *end <= today.as_str()) {
            Some(end) => Err(retired(model, row, end)),
            None => Ok(None),
        };
    }
    let end = row.on_demand_retired;
    let never = end.zip(model.release).is_some_and(|(end, release)| end < release);
    let past = end.filter(|end| *end <= today.as_str());
    let mode = match row.expected {
        Mode::Retired if end.is_some() && past.is_none() => row.documented,
        expected => expected,
    };
    match (mode, past) {
        (Mode::Dedicated, _) => Err(dedicated_only(model, row)),
        (_, Some(_)) if never => Err(dedicated_only(model, row)),
        (_, Some(end)) => Err(retired(model, row, end)),
        (Mode::Retired, None) => Err(retired(model, row, "an unknown date")),
        _ => Ok(end),
    }
}

fn dedicated_only(model: &Model, row: &ModelRegion) -> Failure {
    failure::with("dedicated-only", &[("cohere.embed-v4.0", model.name)]).because(format!(
        "`{}` runs in {} on dedicated AI clusters only; call it through an endpoint there, or where it is on-demand",
        model.name, row.region
    ))
}

fn retired(model: &Model, row: &ModelRegion, end: &str) -> Failure {
    let (name, example) = farewell(model);
    failure::with(name, &[(example, model.name)])
        .because(format!("`{}` was retired in {} on {end}", model.name, row.region))
}

/// Models that their vendor runs vanish, those that Oracle runs say that they are retired.
fn farewell(model: &Model) -> (&'static str, &'static str) {
    match model.hosting {
        Hosting::Proxy => ("model-not-in-region", "cohere.embed-v4.0"),
        Hosting::Hosted => ("model-retired", "meta.llama-3.1-70b-instruct"),
    }
}

/// Whether a model can be used in this way at all.
fn supports(model: &Model, call: &Call, api: Api<'_>) -> Result<(), Failure> {
    let name = model.name;
    let chats = model.native.is_some_and(|native| ["GENERIC", "COHERE", "COHEREV2"].contains(&native));
    let multi_agent = model.note.starts_with("Responses only");
    match api {
        Api::Chat(_) if !chats => Err(wrong_operation(name, "Chat")),
        Api::Chat(format) if model.native != Some(format) => Err(failure::of("bad-body-native").because(
            format!("`{name}` takes apiFormat {} and not {format}", model.native.unwrap_or_default()),
        )),
        Api::Native(wanted) if model.native != Some(wanted) => Err(wrong_operation(
            name,
            match wanted {
                "embedText" => "TextEmbeddings",
                "rerankText" => "TextRerank",
                "summarizeText" => "TextSummarization",
                _ => "TextGeneration",
            },
        )),
        Api::Chat(_) | Api::Native(_) => Ok(()),
        Api::ChatCompletions if multi_agent => {
            Err(failure::of("multi-agent-cc").because(format!("`{name}` takes Responses only")))
        }
        Api::ChatCompletions if model.native == Some("embedText") => {
            Err(failure::of("embed-as-chat").because(format!("`{name}` is an embedding model")))
        }
        Api::ChatCompletions => match model.chat_completions {
            Support::Yes | Support::Unknown | Support::Formerly => Ok(()),
            Support::No | Support::Disputed => Err(failure::of("unsupported-operation")
                .because(format!("`{name}` is not served by Chat Completions; use native chat"))),
        },
        Api::Responses => responses(model, call),
        Api::Speech if model.capability.starts_with("text to audio") => Ok(()),
        Api::Speech => Err(failure::of("unsupported-operation").because(format!("`{name}` gives no sound"))),
    }
}

fn responses(model: &Model, call: &Call) -> Result<(), Failure> {
    let today = call.now.strftime("%Y-%m-%d").to_string();
    let because = format!("`{}` is not served by Responses", model.name);
    match model.responses {
        Support::Disputed if model.responses_since.is_some_and(|since| today.as_str() < since) => {
            Err(failure::of("responses-gemini").because(because))
        }
        Support::Disputed if model.vendor == "meta" => Err(failure::of("responses-meta").because(because)),
        Support::No => Err(failure::of("responses-meta").because(because)),
        _ => Ok(()),
    }
}

fn wrong_operation(model: &str, operation: &str) -> Failure {
    let failure = failure::with(
        "model-wrong-operation",
        &[("openai.gpt-image-1", model), ("support Chat", &format!("support {operation}"))],
    );
    failure.because(format!("the catalogue lists no {operation} for `{model}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authz::Tenancy;
    use crate::sandbox::planes::tests::call;

    fn said(model: &str, region: &'static str, day: &str, api: Api<'_>) -> String {
        let mut call = call("POST", "/");
        call.region = region;
        call.now = format!("{day}T12:00:00Z").parse().unwrap();
        match choose(&Store::of(&Tenancy::default()), &call, model, api) {
            Ok(chosen) => format!("ok {}", chosen.ends.unwrap_or_default()),
            Err(failure) => format!("{} {} ({})", failure.status, failure.message, failure.because),
        }
    }

    #[test]
    fn a_model_is_offered_or_not_as_the_catalogue_says_for_region_and_day() {
        let chat = Api::Chat("GENERIC");
        insta::assert_snapshot!(
            [
                said("meta.llama-3.3-70b-instruct", "us-chicago-1", "2026-11-21", chat),
                said("meta.llama-3.1-70b-instruct", "us-chicago-1", "2026-11-21", chat),
                said("meta.llama-3.1-405b-instruct", "us-chicago-1", "2026-07-01", chat),
                said("xai.grok-3", "us-chicago-1", "2026-11-21", chat),
                said("xai.grok-4.7", "us-chicago-1", "2026-11-21", chat),
                said("xai.grok-4.3", "ap-osaka-1", "2026-11-21", chat),
                said("openai.gpt-oss-120b", "us-ashburn-1", "2026-11-21", chat),
                said("openai.gpt-5", "us-chicago-1", "2026-11-21", chat),
                said("no.such", "us-chicago-1", "2026-11-21", chat),
                said("cohere.command-a-03-2025", "us-chicago-1", "2026-11-21", chat),
                said("cohere.embed-v4.0", "us-chicago-1", "2026-11-21", chat),
                said("cohere.embed-v4.0", "us-chicago-1", "2026-11-21", Api::Native("embedText")),
                said("cohere.command-a-03-2025", "us-chicago-1", "2026-11-21", Api::ChatCompletions),
                said("xai.grok-4.20-multi-agent", "us-chicago-1", "2026-11-21", Api::ChatCompletions),
                said("xai.grok-4.20-multi-agent", "us-chicago-1", "2026-11-21", Api::Responses),
                said("google.gemini-2.5-pro", "us-chicago-1", "2026-06-10", Api::Responses),
                said("google.gemini-2.5-pro", "us-chicago-1", "2026-11-21", Api::Responses),
                said("meta.llama-3.3-70b-instruct", "us-chicago-1", "2026-11-21", Api::Responses),
            ]
            .join("\n")
        );
    }

    #[test]
    fn a_model_can_be_named_by_its_ocid() {
        let model = catalog::model("openai.gpt-oss-120b").unwrap();
        let ocid = ocid_of(model, "us-chicago-1");
        assert_eq!(said(&ocid, "us-chicago-1", "2026-11-21", Api::ChatCompletions), "ok ");
    }
}
