//! Where the call goes: region, realm, host and OCIDs, against each other and against the catalogue.

use super::{add, compared, listed};
use crate::catalog;
use crate::diagnose::case::Case;
use crate::diagnose::facts::{Auth, Facts, Plane};
use crate::diagnose::mentions;
use crate::diagnose::weights::Weights;

pub(super) fn apply(case: &Case, facts: &Facts, weights: &mut Weights) {
    hosts(facts, weights);
    subscription(case, facts, weights);
    service_in_region(facts, weights);
    regions_agree(case, facts, weights);
    operation_on_plane(facts, weights);
}

/// Hosts that no region has, of other vendors, or without the `oci` label.
fn hosts(facts: &Facts, weights: &mut Weights) {
    for host in facts.urls.iter().filter_map(|url| url.host.as_deref()) {
        let ours = catalog::realms().iter().any(|realm| host.ends_with(realm.domain))
            || host.contains("my$cloud_domain");
        let region = mentions::region_of_host(host);
        let known = region.as_deref().is_some_and(|region| catalog::region(region).is_some());
        if let (true, Some(region), false) = (ours && host.contains("generativeai"), &region, known) {
            let near = catalog::suggest(catalog::Kind::Region, region);
            let hint = near.map(|near| format!("; near to it is `{near}`")).unwrap_or_default();
            let text = format!("the catalogue knows no region `{region}`{hint}");
            let weight = if near.is_some() { 3.0 } else { 1.5 };
            add(weights, &listed(text), &[("wrong-host", weight), ("region-url-mismatch", 0.8)]);
        }
        if ours && host.contains("generativeai.") && known && !host.contains(".oci.") {
            let text = format!("`{host}` lacks the `.oci.` that hosts of Generative AI have");
            add(weights, &listed(text), &[("wrong-host", 4.0)]);
        }
        let vendor = [
            "openai.com",
            "anthropic.com",
            "cohere.ai",
            "cohere.com",
            "x.ai",
            "azure.com",
            "googleapis.com",
            "groq.com",
            "openrouter.ai",
        ];
        if vendor.iter().any(|vendor| host.ends_with(vendor)) && !facts.all.contains("bearer://") {
            let text = format!("`{host}` is no host of Oracle");
            add(weights, &compared(text), &[("wrong-host", 3.0)]);
        }
    }
}

fn subscription(case: &Case, facts: &Facts, weights: &mut Weights) {
    let Some(called) = facts.region.as_deref().and_then(catalog::region) else { return };
    if case.subscribed_regions.is_empty() {
        let said = mentions::first(
            &facts.all,
            mentions::pattern!(
                r"home region(?: is|:|=)?[^a-z\n]{0,3}([a-z]{2}(?:-[a-z]{2,4})?-[a-z]{4,}-\d)"
            ),
        );
        let home = case.home_region.as_deref().or(said.as_deref()).and_then(catalog::region);
        if !facts.is_unauthenticated() || facts.auth == Some(Auth::GenaiApiKey) {
            return;
        }
        if home.is_some_and(|home| home.name != called.name) {
            let text = format!(
                "`{}` is not the home region, so the tenancy may not be subscribed to it",
                called.name
            );
            add(
                weights,
                &compared(text),
                &[("region-not-subscribed", 1.6), ("region-subscription-propagation", 0.6)],
            );
        }
        if home.is_some_and(|home| home.name == called.name) {
            let text = format!("`{}` is the home region, which every tenancy is subscribed to", called.name);
            weights.exclude("region-not-subscribed", &text);
            weights.exclude("region-subscription-propagation", &text);
        }
        return;
    }
    let named = |name: &String| catalog::region(name).map(|region| region.name) == Some(called.name);
    if case.subscribed_regions.iter().any(named) {
        let text = format!("the tenancy is subscribed to `{}`", called.name);
        weights.exclude("region-not-subscribed", &text);
        return;
    }
    let text = format!("`{}` is not among the regions that the tenancy is subscribed to", called.name);
    let weight = if facts.is_unauthenticated() { 6.0 } else { 2.5 };
    add(weights, &compared(text), &[("region-not-subscribed", weight)]);
}

fn service_in_region(facts: &Facts, weights: &mut Weights) {
    let Some(region) = facts.region.as_deref().and_then(catalog::region) else { return };
    let genai = matches!(
        facts.plane,
        Some(
            Plane::Inference
                | Plane::InferenceOpenai
                | Plane::Management
                | Plane::AgentRuntime
                | Plane::AgentManagement
                | Plane::Database
        )
    ) && !is_of_another_service(facts);
    if !genai || facts.is_unauthenticated() {
        return;
    }
    let agents = matches!(facts.plane, Some(Plane::AgentRuntime | Plane::AgentManagement));
    let absent = !region.genai && region.scan != "ok";
    let (text, weight) = if absent {
        let scan = if region.scan.is_empty() {
            String::new()
        } else {
            format!("; its host answered `{}` when it was asked", region.scan)
        };
        let weight = if region.scan.is_empty() { 4.0 } else { 5.2 };
        (format!("no page lists Generative AI in `{}`{scan}", region.name), weight)
    } else if !region.genai {
        let text =
            format!("no page lists Generative AI in `{}`, though models were listed there", region.name);
        (text, 1.8)
    } else if agents && !region.agents {
        (format!("no page lists agents in `{}`", region.name), 2.0)
    } else if facts.plane == Some(Plane::InferenceOpenai) && !region.openai_compatible {
        (format!("no page lists the OpenAI-compatible API in `{}`", region.name), 2.4)
    } else {
        let text = format!("the documentation lists it in `{}`", region.name);
        weights.add("service-not-in-region", if facts.status.is_none() { -2.5 } else { -1.0 }, &listed(text));
        return;
    };
    let silent = facts.status.is_none() || facts.status.is_some_and(|status| status >= 500);
    let more = if absent && silent { 1.0 } else { 0.0 };
    add(
        weights,
        &listed(text),
        &[("service-not-in-region", weight + more), ("region-model-unavailable", -0.4)],
    );
}

/// `management` is said of other services too; a path or operation of Generative AI settles it.
fn is_of_another_service(facts: &Facts) -> bool {
    let ours = facts.operation.is_some_and(|operation| operation.plane.is_some())
        || facts.all.contains("generativeai")
        || facts.all.contains("generative-ai")
        || facts.all.contains("generative_ai");
    facts.plane == Some(Plane::Management) && !ours
}

/// Regions in URL, configuration and OCIDs.
fn regions_agree(case: &Case, facts: &Facts, weights: &mut Weights) {
    let name = |name: &str| catalog::region(name).map(|region| region.name);
    let Some(called) = facts.region.as_deref().and_then(name) else { return };
    let of_url = facts.urls.iter().find_map(|url| mentions::region_of_host(url.host.as_deref()?));
    let of_config = case.config.get("region").map(String::as_str).and_then(name);
    for other in [of_url.as_deref().and_then(name), of_config].into_iter().flatten() {
        if other != called {
            let text = format!(
                "the request is said to go to `{called}`, and `{other}` stands in URL or configuration"
            );
            add(weights, &compared(text), &[("region-url-mismatch", 3.0)]);
            break;
        }
    }
    let realm = catalog::region(called).map(|region| region.realm);
    for ocid in &facts.ocids {
        if !ocid.realm.is_empty()
            && realm.is_some_and(|realm| realm != ocid.realm)
            && catalog::realm(&ocid.realm).is_some()
        {
            let text =
                format!("an OCID of realm `{}` goes to `{called}`, which is in another realm", ocid.realm);
            add(
                weights,
                &compared(text),
                &[("region-url-mismatch", 2.5), ("wrong-profile-credential", 2.5), ("wrong-ocid", 1.5)],
            );
        }
        let Some(own) = ocid.region.as_deref().and_then(name).filter(|own| *own != called) else { continue };
        let text = |what: &str| format!("the {what} is in `{own}`, and the call goes to `{called}`");
        match ocid.kind.as_str() {
            "generativeaiproject" => {
                add(
                    weights,
                    &compared(text("project")),
                    &[("wrong-project-ocid", 5.5), ("region-url-mismatch", 1.5)],
                );
            }
            // A key has its own reason; clusters and instances may call other regions.
            "generativeaiapikey" | "cluster" | "instance" | "autonomousdatabase" | "fnfunc" => {}
            kind => {
                let entity = catalog::ocid_kind(kind).map_or("resource", |kind| kind.entity);
                add(weights, &compared(text(entity)), &[("region-url-mismatch", 5.2), ("wrong-ocid", 1.8)]);
            }
        }
    }
    let words = mentions::regions(&facts.all);
    if words.len() > 1 && facts.all.contains("endpoint") && facts.all.contains("config") {
        let text = format!("several regions are named: {}", words.join(", "));
        add(weights, &compared(text), &[("region-url-mismatch", 2.0)]);
    }
}

/// The path against the host that it was sent to.
fn operation_on_plane(facts: &Facts, weights: &mut Weights) {
    if facts.is_unauthenticated() || facts.status.is_some_and(|status| status >= 500 || status == 429) {
        return;
    }
    for url in &facts.urls {
        let Some(host) = url.host.as_deref() else { continue };
        let Some(plane) = mentions::plane_of_host(host) else { continue };
        if url.path.trim_matches('/').is_empty()
            || plane == "identity"
            || plane == "auth"
            || plane == "limits"
        {
            continue;
        }
        let any = mentions::operations_at(&url.path, url.method.as_deref());
        let here = |operation: &&&catalog::Operation| {
            operation.plane.is_some_and(|own| own == plane || mentions::same_host(own, plane))
        };
        if any.iter().find(here).is_some() {
            continue;
        }
        match any.first().and_then(|operation| operation.plane.map(|own| (operation, own))) {
            Some((operation, own)) => {
                let text = format!("`{}` is served by the plane `{own}`, not by `{host}`", operation.name);
                add(weights, &listed(text), &[("wrong-plane-host", 6.5), ("wrong-endpoint-path", 0.8)]);
            }
            None => base_or_path(&url.path, plane, weights),
        }
    }
    // Without a host, the path may still be one that no plane serves.
    for url in facts.urls.iter().filter(|url| url.host.is_none() && url.method.is_some()) {
        let generative = matches!(facts.plane, Some(Plane::Inference | Plane::InferenceOpenai));
        if generative && mentions::operations_at(&url.path, None).is_empty() {
            base_or_path(&url.path, "inference", weights);
        }
    }
}

/// A path that is no operation: nothing after the base path is a base URL, else it is not served.
fn base_or_path(path: &str, plane: &str, weights: &mut Weights) {
    let bases = ["inference", "inference-openai", plane].into_iter().filter_map(catalog::plane);
    if bases.flat_map(|plane| plane.bases).any(|base| path.trim_end_matches('/') == *base) {
        return;
    }
    let text = format!("the catalogue knows no operation at `{path}` on this host");
    add(weights, &listed(text), &[("wrong-endpoint-path", 3.6)]);
}
