//! Where each service is: as the catalogue's planes say, or where a person says.

use std::collections::BTreeMap;

use reqwest::Url;

use crate::catalog::{self, Plane};
use crate::probe::config::Place;
use crate::probe::transport::{Purpose, admit};

/// Endpoints that a person named. `{region}` and `{service}` in them stand for region and plane.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    of_all: Option<String>,
    by_plane: BTreeMap<&'static str, String>,
}

impl Endpoints {
    /// Adds `URL` for all services, or `SERVICE=URL` for one. The error says what is wrong and what to write.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        let (service, url) = match text.split_once('=') {
            Some((service, url)) if !service.contains(['/', ':']) => (Some(service.trim()), url.trim()),
            _ => (None, text.trim()),
        };
        let sample = filled(url, "identity", "us-chicago-1");
        let parsed = Url::parse(&sample)
            .ok()
            .filter(Url::has_host)
            .ok_or_else(|| format!("`{url}` is no URL; write `https://host` or `http://127.0.0.1:PORT`"))?;
        admit(&parsed, Purpose::Service, std::slice::from_ref(&parsed))
            .map_err(|error| format!("`{url}`: {error}"))?;
        match service {
            None => self.of_all = Some(url.to_owned()),
            Some(name) => {
                let plane = catalog::plane(name).ok_or_else(|| {
                    let hint = match catalog::suggest(catalog::Kind::Plane, name) {
                        Some(close) => format!("did you mean `{close}`?"),
                        None => "write identity, identity-domain, management or limits".to_owned(),
                    };
                    format!("there is no service `{name}`; {hint}")
                })?;
                self.by_plane.insert(plane.name, url.to_owned());
            }
        }
        Ok(())
    }

    fn named(&self, plane: &str) -> Option<&String> {
        self.by_plane.get(plane).or(self.of_all.as_ref())
    }

    /// The endpoints as far as they don't depend on a region or service: hosts that a person named.
    pub fn hosts(&self) -> Vec<Url> {
        let all = self.of_all.iter().chain(self.by_plane.values());
        all.filter_map(|url| Url::parse(&filled(url, "identity", "us-chicago-1")).ok()).collect()
    }

    /// Whether a service has an endpoint in each region; one that was named without `{region}` is the same for all.
    pub fn is_regional(&self, plane: &str) -> bool {
        self.named(plane).is_none_or(|url| url.contains("{region}"))
    }

    /// Where a service is in a region; none for services whose host is not made of the region.
    pub fn base(&self, plane: &Plane, place: &Place) -> Option<Url> {
        match self.named(plane.name) {
            Some(url) => Url::parse(&filled(url, plane.name, &place.region)).ok(),
            None if plane.host.contains("{region}") => {
                Url::parse(&format!("https://{}", place.host(plane.host))).ok()
            }
            None => None,
        }
    }

    /// Where the service of an identity domain is, whose own endpoint the identity service tells. One on this machine
    /// is believed only of an identity service on this machine.
    pub fn of_domain(&self, told: &str, identity: &Url, place: &Place) -> Option<Url> {
        let named = self.by_plane.get("identity-domain");
        if let Some(url) = named {
            return Url::parse(&filled(url, "identity-domain", &place.region)).ok();
        }
        let told = Url::parse(told).ok()?;
        let here = |url: &Url| url.host_str().is_some_and(crate::probe::transport::is_loopback);
        (!here(&told) || here(identity)).then_some(told)
    }
}

fn filled(url: &str, service: &str, region: &str) -> String {
    url.replace("{service}", service).replace("{region}", region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_for_one_service_or_for_all_and_may_hold_the_region() {
        let mut endpoints = Endpoints::default();
        endpoints.add("http://127.0.0.1:8123/{service}/{region}").unwrap();
        endpoints.add("limits=https://limits.example.com/x?a=b").unwrap();
        let place = Place { region: "eu-frankfurt-1".into(), domain: "oraclecloud.com".into(), realm: None };
        let base = |name: &str| endpoints.base(catalog::plane(name).unwrap(), &place).unwrap().to_string();
        assert_eq!(base("management"), "http://127.0.0.1:8123/management/eu-frankfurt-1");
        assert_eq!(base("limits"), "https://limits.example.com/x?a=b");
        assert!(endpoints.is_regional("management"));
        assert!(!endpoints.is_regional("limits"));
    }

    #[test]
    fn plain_http_elsewhere_and_services_that_are_none_are_refused() {
        let mut endpoints = Endpoints::default();
        assert!(endpoints.add("http://10.0.0.1:80").unwrap_err().contains("plain HTTP"));
        assert!(endpoints.add("identty=https://example.com").unwrap_err().contains("`identity`"));
        assert!(endpoints.add("identity").unwrap_err().contains("no URL"));
        assert!(endpoints.add("https://a:b@example.com").is_err());
    }
}
