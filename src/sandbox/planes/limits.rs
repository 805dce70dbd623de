//! Limits and their use, as far as they concern Generative AI.

use serde_json::{Value, json};

use super::kinds::KINDS;
use super::{Asked, page, places};
use crate::catalog;
use crate::sandbox::call::{Answer, Failure, Target};
use crate::sandbox::failure::not_found;

/// The services whose limits are kept, with the starts of the names of their limits.
const SERVICES: [(&str, &str, &[&str]); 2] = [
    (
        "generative-ai",
        "Generative AI",
        &["dedicated-unit-", "endpoint-per-", "private-endpoint-", "max-on-demand-", "api-key-"],
    ),
    ("generative-ai-agent", "Generative AI Agents", &["agent-", "knowledge-base-", "session-per-"]),
];

/// What a limit is that the tenancy model doesn't state and the documentation leaves open.
const UNSTATED: i64 = 1_000;

pub fn target(asked: Asked<'_>) -> Result<Target, Failure> {
    match asked.call.parameter("compartmentId").filter(|given| !given.is_empty()) {
        Some(compartment) => Ok(Target { compartment: Some(compartment), ..Target::default() }),
        None => Err(Failure::new(400, "MissingParameter", "compartmentId must not be null")
            .because("the query has no `compartmentId`")),
    }
}

/// Name, value and meaning of each limit of a service: the catalogue's and the tenancy's own.
fn limits(asked: Asked<'_>, service: &str) -> Option<Vec<(String, i64, &'static str)>> {
    let (_, _, starts) = SERVICES.iter().find(|(name, ..)| *name == service)?;
    let belongs = |name: &str| starts.iter().any(|start| name.starts_with(start));
    let own = &asked.tenancy.limits;
    let mut found: Vec<_> = catalog::limits()
        .iter()
        .filter(|limit| belongs(limit.name))
        .map(|limit| {
            let stated = limit.value.parse().ok();
            let usual = if limit.name.starts_with("dedicated-unit-") { 0 } else { UNSTATED };
            let value = own.get(limit.name).copied().or(stated).unwrap_or(usual);
            (limit.name.to_owned(), value, limit.what)
        })
        .collect();
    let more = own.iter().filter(|(name, _)| belongs(name) && catalog::limit(name).is_none());
    found.extend(more.map(|(name, value)| (name.clone(), *value, "")));
    found.sort();
    Some(found)
}

pub fn answer(asked: Asked<'_>) -> Result<Answer, Failure> {
    let listing = |items: Vec<Value>| page::array(asked.call, items);
    let service = asked.call.parameter("serviceName").unwrap_or_default();
    match asked.route.operation.name {
        "ListServices" => listing(
            SERVICES
                .iter()
                .map(|(name, what, _)| json!({ "name": name, "description": what, "supportedSubscriptions": [] }))
                .collect(),
        ),
        "ListLimitDefinitions" => {
            let services = SERVICES.iter().filter(|(name, ..)| service.is_empty() || service == *name);
            let shown = services.flat_map(|(name, ..)| {
                limits(asked, name).unwrap_or_default().into_iter().map(move |(limit, _, what)| {
                    json!({ "name": limit, "serviceName": name, "description": what, "scopeType": "REGION",
                        "areQuotasSupported": true, "isResourceAvailabilitySupported": true, "isDeprecated": false,
                        "isEligibleForLimitIncrease": true, "isDynamic": false })
                })
            });
            listing(shown.collect())
        }
        "ListLimitValues" => {
            if asked.call.parameter("compartmentId") != Some(places::root(asked.tenancy)) {
                return Err(not_found("limits are kept for the root compartment only"));
            }
            let Some(found) = limits(asked, &service) else {
                return Err(not_found(format!("the sandbox keeps no limits of `{service}`")));
            };
            let shown = found.into_iter().map(|(name, value, _)| {
                json!({ "name": name, "scopeType": "REGION", "availabilityDomain": null, "value": value })
            });
            listing(shown.collect())
        }
        _ => {
            let (service, name) = (asked.part("serviceName"), asked.part("limitName"));
            let all = limits(asked, service).unwrap_or_default();
            let Some((_, value, _)) = all.into_iter().find(|(limit, ..)| limit == name) else {
                return Err(not_found(format!("`{service}` has no limit `{name}`")));
            };
            let used = used(asked, name);
            Ok(Answer::json(json!({ "used": used, "available": (value - used).max(0) })))
        }
    }
}

/// How many there are of what a limit counts.
fn used(asked: Asked<'_>, name: &str) -> i64 {
    let counted = KINDS.iter().filter(|kind| kind.limit.is_some_and(|(limit, each)| limit == name && !each));
    let held = counted.flat_map(|kind| {
        ["management", "agent-management"]
            .map(|plane| asked.store.list(&format!("{plane}/{}", kind.collection), asked.call.region).len())
    });
    i64::try_from(held.sum::<usize>()).unwrap_or(i64::MAX)
}
