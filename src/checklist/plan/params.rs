//! The values that steps are filled with: names of the wish, and what follows from region, route and client.

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::catalog;
use crate::checklist::decision::Subject;
use crate::checklist::facts::{self, Mode, Route};
use crate::checklist::fill::Params;
use crate::checklist::grants::{path_of, principal_type};
use crate::checklist::wish::NAMES;

/// How long a secret lives when its owner says nothing.
const KEY_DAYS: i32 = 90;

/// The names of the wish, their defaults, and what follows from region, route and client.
pub(super) fn params(
    subject: &Subject<'_>,
    method: &str,
    route: &Route,
    client: Option<(&'static str, &'static Mode)>,
    today: &str,
) -> Params {
    let mut params = Params::default();
    for (key, value) in &subject.wish.names {
        params.set(key, value.trim());
    }
    for name in NAMES {
        params.set_default(name.key, name.default);
    }
    let compartment = subject.wish.compartment.as_deref().unwrap_or_default().trim();
    params.set("compartment", compartment);
    // The root compartment has the OCID of the tenancy; a compartment given by OCID is known already.
    if compartment.starts_with("ocid1.") {
        params.set("compartment-ocid", compartment);
    } else if path_of(compartment).is_empty() {
        params.set("compartment-ocid", params.get("tenancy-ocid").unwrap_or("{tenancy-ocid}").to_owned());
    }
    match params.get("workload-compartment").map(str::to_owned) {
        Some(ocid) if ocid.starts_with("ocid1.") => params.set("workload-compartment-ocid", ocid),
        Some(_) => {}
        None => {
            let same = params.get("compartment-ocid").unwrap_or("{compartment-ocid}").to_owned();
            params.set_default("workload-compartment-ocid", Some(&same));
        }
    }
    let region = catalog::region(subject.region);
    params.set("region", subject.region);
    params.set_default("region-key", region.and_then(|row| row.key));
    let host = |plane: &str| region.zip(catalog::plane(plane)).and_then(|(region, row)| row.host_in(region));
    let host_url = host(route.plane()).map(|host| format!("https://{host}"));
    params.set_default("host-url", host_url.as_deref());
    let management = host("management").map(|host| format!("https://{host}"));
    params.set_default("management-url", management.as_deref());
    if let Some(host_url) = &host_url {
        params.set("base-url", format!("{host_url}{}", route.base_for(method)));
        params.set("call-url", format!("{host_url}{}{}", route.base_for(method), route.path));
    }
    let agents = route.plane().starts_with("agent");
    params.set("limit-service", if agents { "generative-ai-agent" } else { "generative-ai" });
    params.set_default("model", subject.model());
    params.set("call-title", subject.call.title.as_str());
    params.set("workload-title", subject.workload.title.as_str());
    if let Some(kind) = principal_type(subject, method, &params) {
        params.set("principal-type", kind);
    }
    if let Some((name, _)) = client {
        let title = facts::client(name).map_or(name, |(_, row)| row.title.as_str());
        params.set("client-title", title);
    } else {
        params.set("client-title", "any HTTP client");
    }
    let day: Option<Date> = today.parse().ok();
    let after = |days: i32| day.and_then(|day| day.checked_add(days.days()).ok()).map(|day| day.to_string());
    params.set_default("expiry", after(KEY_DAYS).as_deref());
    params.set_default("next-expiry", after(2 * KEY_DAYS).as_deref());
    params
}
