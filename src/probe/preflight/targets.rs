//! Where a call goes: host, plane, base path and region, and whether the credential is taken there.

use std::collections::BTreeSet;

use super::{Evidence, Strength};
use crate::catalog::{self, Plane, Region};

/// A URL as the checks see it, with what the catalogue knows of its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// `https` or `http`.
    pub scheme: String,
    /// The host in lower case, without port.
    pub host: String,
    /// The path, `/` at least.
    pub path: String,
}

impl Address {
    /// Takes a URL apart; none when it is none.
    pub fn parse(url: &str) -> Option<Address> {
        let (scheme, rest) = url.trim().split_once("://")?;
        let (authority, path) = match rest.find(['/', '?', '#']) {
            Some(at) => rest.split_at_checked(at)?,
            None => (rest, ""),
        };
        let authority = authority.rsplit('@').next()?;
        let host = match authority.strip_prefix('[') {
            Some(inner) => inner.split(']').next()?,
            None => authority.split(':').next()?,
        };
        if host.is_empty() {
            return None;
        }
        let path = path.split(['?', '#']).next().filter(|path| !path.is_empty()).unwrap_or("/");
        Some(Address {
            scheme: scheme.to_ascii_lowercase(),
            host: host.to_ascii_lowercase(),
            path: path.to_owned(),
        })
    }

    /// The region and the planes of the host, for hosts of the catalogue's patterns. The region is what stands there,
    /// known or not.
    pub fn planes(&self) -> Option<(String, Vec<&'static Plane>)> {
        let mut region = None;
        let mut found = Vec::new();
        // Dual-stack hosts have one label more.
        let host = self.host.replace(".ds.oci.", ".oci.");
        for plane in catalog::planes() {
            let Some((before, after)) = plane.host.split_once("{region}") else { continue };
            let Some(rest) = host.strip_prefix(before) else { continue };
            let fits = catalog::realms().iter().find_map(|realm| {
                let end = after.replace("{domain}", realm.domain);
                rest.strip_suffix(&end).filter(|region| !region.is_empty() && !region.contains('.'))
            });
            if let Some(named) = fits {
                region = Some(named.to_owned());
                found.push(plane);
            }
        }
        region.map(|region| (region, found))
    }

    /// The region in the host, when the catalogue knows it.
    pub fn region(&self) -> Option<&'static Region> {
        catalog::region(&self.planes()?.0)
    }

    /// Whether the path lies under a base path.
    fn is_under(&self, base: &str) -> bool {
        self.path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// Hosts of other vendors' APIs that OpenAI-style clients call by default or by habit.
const OTHER_VENDORS: [(&str, &str); 8] = [
    ("api.openai.com", "OpenAI"),
    ("openai.azure.com", "Azure OpenAI"),
    ("api.anthropic.com", "Anthropic"),
    ("api.cohere.com", "Cohere"),
    ("api.cohere.ai", "Cohere"),
    ("api.x.ai", "xAI"),
    ("generativelanguage.googleapis.com", "Google"),
    ("amazonaws.com", "AWS"),
];

/// Whether a host can be the one of the plane that is meant, and the path one of its own.
pub fn host(address: &Address, meant: Option<&Plane>) -> Option<Evidence> {
    const CHECK: &str = "host";
    let host = &address.host;
    let of =
        |vendor: &str| host == vendor || host.strip_suffix(vendor).is_some_and(|rest| rest.ends_with('.'));
    if let Some((_, vendor)) = OTHER_VENDORS.iter().find(|(name, _)| of(name)) {
        let text = format!("`{host}` is a host of {vendor}, not of OCI");
        let evidence = Evidence::new(CHECK, "wrong-host", Strength::Certain, text);
        return Some(match meant.filter(|plane| plane.host.contains("{region}")) {
            Some(plane) => {
                let domain = catalog::realm("oc1").map_or("", |realm| realm.domain);
                let host = plane.host.replace("{region}", "<region>").replace("{domain}", domain);
                evidence.instead(format!("https://{host}"))
            }
            None => evidence,
        });
    }
    if let Some(stage) =
        ["dev.", "ppe."].iter().find(|stage| host.starts_with(**stage) && host.contains("generativeai."))
    {
        let text = format!("`{stage}` hosts are Oracle's own test stages");
        return Some(Evidence::new(CHECK, "wrong-host", Strength::Likely, text));
    }
    let Some((region, planes)) = address.planes() else {
        // A private endpoint or a gateway may have any name.
        let known = catalog::realms().iter().any(|realm| host.ends_with(&format!(".{}", realm.domain)));
        // Other services of OCI, identity domains among them, are none of this check's business.
        let near = host.contains("generativeai") || (host.contains("oraclecloud") && !known);
        return near.then(|| {
            let text = format!("`{host}` has the form of no plane");
            Evidence::new(CHECK, "wrong-host", Strength::Likely, text)
        });
    };
    if let Some(meant) = meant.filter(|meant| meant.host.contains("{region}"))
        && planes.iter().all(|plane| plane.host != meant.host)
    {
        let names: Vec<&str> = planes.iter().map(|plane| plane.name).collect();
        let text = format!("`{host}` is the host of {}, not of {}", names.join(", "), meant.name);
        let right = meant.host.replace("{region}", &region);
        let right = match catalog::region(&region).and_then(Region::realm) {
            Some(realm) => right.replace("{domain}", realm.domain),
            None => right,
        };
        return Some(
            Evidence::new(CHECK, "wrong-plane-host", Strength::Certain, text)
                .instead(format!("https://{right}")),
        );
    }
    let served = planes.iter().any(|plane| plane.bases.iter().any(|base| address.is_under(base)));
    let bare = address.path == "/";
    if !served && !bare {
        let bases: BTreeSet<&str> = planes.iter().flat_map(|plane| plane.bases.iter().copied()).collect();
        let bases: Vec<&str> = bases.into_iter().collect();
        let text = format!("no base path of `{host}` begins `{}`", address.path);
        return Some(
            Evidence::new("base-path", "wrong-endpoint-path", Strength::Likely, text)
                .instead(format!("one of {}", bases.join(", "))),
        );
    }
    if let Some(meant) = meant
        && !bare
        && !meant.bases.iter().any(|base| address.is_under(base))
    {
        let text = format!("`{}` is no base path of {}", address.path, meant.name);
        return Some(
            Evidence::new("base-path", "wrong-endpoint-path", Strength::Likely, text)
                .instead(format!("one of {}", meant.bases.join(", "))),
        );
    }
    None
}

/// Whether the regions that configuration, URL and OCIDs name are one. Each comes with the name of its place.
pub fn regions_agree(named: &[(&str, &str)]) -> Option<Evidence> {
    let identifier = |text: &str| {
        catalog::region(text).map_or_else(|| text.to_ascii_lowercase(), |region| region.name.to_owned())
    };
    let (_, first) = named.first()?;
    let first = identifier(first);
    if named.iter().all(|(_, region)| identifier(region) == first) {
        return None;
    }
    let list: Vec<String> =
        named.iter().map(|(place, region)| format!("{place} `{}`", identifier(region))).collect();
    let text = format!("the regions disagree: {}", list.join(", "));
    Some(Evidence::new("regions", "region-url-mismatch", Strength::Likely, text))
}

/// Whether a plane takes an auth method.
pub fn auth_method_on_plane(method: &str, plane: &Plane) -> Option<Evidence> {
    if plane.auth_methods.is_empty() || plane.auth_methods.contains(&method) {
        return None;
    }
    let agents = matches!(plane.name, "agent-runtime" | "agent-management") && method == "genai-api-key";
    let cause = if agents { "agent-plane-with-api-key" } else { "unsupported-auth-type" };
    let text = format!("{} takes no {method}", plane.name);
    let strength = if plane.name == "inference" { Strength::Likely } else { Strength::Certain };
    Some(
        Evidence::new("auth-method", cause, strength, text)
            .instead(format!("one of {}", plane.auth_methods.join(", "))),
    )
}

/// Whether a GenAI API key is used in its own region, and whether keys are known to work in that of the call.
pub fn key_region(own: Option<&str>, target: &str) -> Option<Evidence> {
    let target = catalog::region(target)?;
    if let Some(own) = own.and_then(catalog::region).filter(|own| own.name != target.name) {
        let text = format!("the key lives in `{}`, and the call goes to `{}`", own.name, target.name);
        return Some(
            Evidence::new("key-region", "key-region-mismatch", Strength::Certain, text)
                .instead(format!("call `{}`, or make a key in `{}`", own.name, target.name)),
        );
    }
    (!target.api_keys).then(|| {
        let strength = if target.openai_compatible { Strength::Possible } else { Strength::Likely };
        let text = format!("the documentation lists no API keys in `{}`", target.name);
        Evidence::new("key-region", "service-not-in-region", strength, text)
    })
}

/// Whether requests to the metadata service would go through a proxy, which it refuses. Takes the values of
/// `HTTP_PROXY` and `NO_PROXY` in either case.
pub fn metadata_through_proxy(http_proxy: Option<&str>, no_proxy: Option<&str>) -> Option<Evidence> {
    http_proxy.filter(|proxy| !proxy.trim().is_empty())?;
    let exempt = no_proxy.unwrap_or_default().split(',').map(str::trim).any(|entry| {
        matches!(entry, "*" | "169.254.169.254" | "169.254.0.0/16" | "169.254.")
            || entry.starts_with("169.254.169.254/")
    });
    (!exempt).then(|| {
        let text = "`HTTP_PROXY` covers the metadata service 169.254.169.254, which refuses what comes through a proxy";
        Evidence::new("metadata-proxy", "proxy-or-tls-interception", Strength::Likely, text)
            .instead("add 169.254.169.254 to NO_PROXY")
    })
}
