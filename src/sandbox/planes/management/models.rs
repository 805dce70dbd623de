//! Models: pretrained ones by the catalogue, custom ones as they were made.

use serde_json::{Value, json};

use crate::catalog::{self, Hosting, Model, Support};
use crate::sandbox::call::Failure;
use crate::sandbox::failure::related_not_found;
use crate::sandbox::planes::{Asked, model, set};
use crate::sandbox::store::Stored;

pub(super) fn pretrained(asked: Asked<'_>, id: &str) -> Option<&'static Model> {
    let region = asked.call.region;
    catalog::models().iter().find(|model| model.name == id || model::ocid_of(model, region) == id)
}

/// A pretrained model as lists show it; none where it never was. Retired ones are listed as active, as OCI does.
pub(super) fn shown(model: &Model, region: &str) -> Option<Value> {
    let row = model.in_region(region)?;
    let mut value = json!({
        "id": model::ocid_of(model, region),
        "compartmentId": null,
        "displayName": model.name,
        "vendor": model.vendor,
        "version": "1.0.0",
        "type": "BASE",
        "capabilities": capabilities(model),
        "lifecycleState": "ACTIVE",
        "lifecycleDetails": "",
        "isLongTermSupported": false,
        "timeCreated": midnight(model.release.unwrap_or("2024-01-23")),
        "freeformTags": {}, "definedTags": {}, "systemTags": {},
    });
    for (key, date) in [
        ("timeDeprecated", row.deprecated),
        ("timeOnDemandRetired", row.on_demand_retired),
        ("timeDedicatedRetired", row.dedicated_retired),
    ] {
        set(&mut value, key, date.map(midnight));
    }
    Some(value)
}

pub(super) fn discovered(model: &'static Model) -> Option<Value> {
    let availability: Vec<_> = model
        .regions()
        .map(|row| {
            let modes: Vec<_> = [
                ("ON_DEMAND", row.expected.on_demand() == Some(true)),
                ("DEDICATED", matches!(row.expected, catalog::Mode::Both | catalog::Mode::Dedicated)),
            ]
            .into_iter()
            .filter(|(_, has)| *has)
            .map(|(mode, _)| match mode {
                "ON_DEMAND" => json!({ "servingType": mode, "modelId": model.name }),
                _ => json!({ "servingType": mode }),
            })
            .collect();
            json!({ "region": row.region, "realm": catalog::region(row.region).map(|region| region.realm),
                "servingModes": modes, "timeDeprecated": row.deprecated.map(midnight),
                "timeOnDemandRetired": row.on_demand_retired.map(midnight),
                "timeDedicatedRetired": row.dedicated_retired.map(midnight), "supportedReplacements": [] })
        })
        .collect();
    let apis = [("CHAT_COMPLETIONS", model.chat_completions), ("RESPONSES", model.responses)];
    let apis: Vec<_> =
        apis.into_iter().filter(|(_, support)| *support == Support::Yes).map(|(api, _)| api).collect();
    (!availability.is_empty()).then(|| {
        json!({ "modelId": model.name, "vendor": model.vendor, "capabilities": capabilities(model),
            "apiCapability": apis, "modalitySupport": [],
            "modelAccess": if model.hosting == Hosting::Proxy { "PROXY" } else { "HOSTED" },
            "parameters": [], "availability": availability })
    })
}

pub(super) fn custom(asked: Asked<'_>, stored: &mut Stored) -> Result<(), Failure> {
    let base = stored.value.get("baseModelId").and_then(Value::as_str).unwrap_or_default();
    let Some(model) = model::named(asked.store, asked.call.region, base) else {
        return Err(related_not_found(format!("`{base}` is no model of this region")));
    };
    for (key, value) in [
        ("vendor", json!(model.vendor)),
        ("version", json!("1.0")),
        ("type", json!("CUSTOM")),
        ("capabilities", json!(capabilities(model))),
    ] {
        set(&mut stored.value, key, value);
    }
    Ok(())
}

fn capabilities(model: &Model) -> Vec<&'static str> {
    let mut found = match model.native {
        Some("GENERIC" | "COHERE" | "COHEREV2") => vec!["CHAT"],
        Some("embedText") => vec!["TEXT_EMBEDDINGS"],
        Some("rerankText") => vec!["TEXT_RERANK"],
        Some("generateText") => vec!["TEXT_GENERATION", "TEXT_SUMMARIZATION"],
        _ => Vec::new(),
    };
    if model.capability.contains("fine-tune") {
        found.push("FINE_TUNE");
    }
    found
}

fn midnight(date: &str) -> String {
    // A month stands for its first day.
    let day = if date.len() == 7 { "-01" } else { "" };
    format!("{date}{day}T00:00:00.000Z")
}
