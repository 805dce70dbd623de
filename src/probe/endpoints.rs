//! Where planes are when a person says so: an endpoints file, or an address on the command line.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use reqwest::Url;
use serde_json::Value;

use super::Surroundings;
use super::config::Place;
use super::transport::{HostError, Purpose, admit, is_loopback};
use crate::catalog::{self, Plane};
use crate::wire::Secret;

/// Services that no region's host name tells.
const SERVICES: [&str; 4] = ["imds", "auth", "proxymux", "identity-domain"];
/// Stands for every region.
const ANY: &str = "";

/// An address that a person named for a plane.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    /// What precedes the base path.
    root: Url,
    /// The base path, where the address holds one.
    base: Option<String>,
}

/// The addresses that a person named for this run.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    planes: BTreeMap<String, BTreeMap<String, Named>>,
    services: BTreeMap<String, Url>,
    /// Whether a file was read: then what it doesn't list isn't there, and no credential leaves the places it names.
    closed: bool,
}

/// Where a plane is in a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Front {
    root: Url,
    base: Option<String>,
}

impl Front {
    /// The front at an address that a service told.
    pub fn at(root: Url) -> Front {
        Front { root, base: None }
    }

    /// The base path that the address prescribes, instead of those of the catalogue.
    pub fn base(&self) -> Option<&str> {
        self.base.as_deref()
    }

    /// The URL of a path with its query.
    pub fn url(&self, path: &str, query: &[(String, String)]) -> Url {
        let mut url = self.root.clone();
        url.set_path(&format!("{}{path}", self.root.path().trim_end_matches('/')));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }
}

/// Why an address can't be used: names the address, never more.
fn checked(text: &str) -> Result<Url, String> {
    // What a reader takes for the host and what a client calls must not differ.
    if let Some(odd) = text.trim().chars().find(|c| matches!(c, '\\' | '#' | '?') || !c.is_ascii_graphic()) {
        return Err(format!("the URL holds `{}`: write `https://host/path` alone", odd.escape_default()));
    }
    let url = Url::parse(text.trim()).map_err(|_| format!("`{text}` is no URL; write `https://host/…`"))?;
    match admit(&url, Purpose::Service, std::slice::from_ref(&url)) {
        Ok(()) => Ok(url),
        Err(error @ (HostError::Credentials | HostError::NotHttp)) => Err(error.to_string()),
        Err(error) => Err(format!("`{text}`: {error}")),
    }
}

impl Named {
    /// Parts an address into root and base path. On this machine a path that isn't a plane's is a prefix, elsewhere it
    /// is what a client would be configured with.
    fn new(mut url: Url, planes: &[&Plane]) -> Named {
        let path = url.path().trim_end_matches('/').to_owned();
        let bases = planes.iter().flat_map(|plane| plane.bases.iter().copied());
        let longest = bases.filter(|base| path.ends_with(base)).max_by_key(|base| base.len());
        let root = match longest {
            Some(base) => path.strip_suffix(base).unwrap_or_default().to_owned(),
            None if url.host_str().is_some_and(is_loopback) => path.clone(),
            None => String::new(),
        };
        let base = path.strip_prefix(root.as_str()).filter(|base| !base.is_empty()).map(str::to_owned);
        url.set_path(&root);
        url.set_query(None);
        url.set_fragment(None);
        Named { root: url, base }
    }
}

impl Endpoints {
    /// Reads `{plane: {region: URL}}` with the services beside the planes.
    pub fn from_json(text: &str) -> Result<Endpoints, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"))?;
        let rows = value.as_object().ok_or("it is no object of planes")?;
        let mut found = Endpoints { closed: true, ..Endpoints::default() };
        for (name, row) in rows {
            if SERVICES.contains(&name.as_str()) {
                let text = row.as_str().or_else(|| row.as_object()?.values().next()?.as_str());
                let text = text.ok_or_else(|| format!("`{name}` is no URL"))?;
                found.services.insert(name.clone(), checked(text)?);
                continue;
            }
            let Some(plane) = catalog::plane(name) else { continue };
            let regions = row.as_object().ok_or_else(|| format!("`{name}` is no object of regions"))?;
            for (region, url) in regions {
                let text = url.as_str().ok_or_else(|| format!("`{name}`, `{region}`: no URL"))?;
                let named = Named::new(checked(text)?, &[plane]);
                found.planes.entry(name.clone()).or_default().insert(region.clone(), named);
            }
        }
        Ok(found)
    }

    /// Takes `URL` or `PLANE=URL` over what is there already. Without a plane it is for those whose host it is, or for
    /// both fronts of inference.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        self.add_for(text, &["inference", "inference-openai"])
    }

    /// The same, for these planes where the address tells none.
    pub fn add_for(&mut self, text: &str, otherwise: &[&str]) -> Result<(), String> {
        let named = text.split_once('=').filter(|(plane, _)| !plane.contains([':', '/']));
        let (names, url) = match named {
            Some((name, url)) if SERVICES.contains(&name) => {
                self.services.insert(name.to_owned(), checked(url)?);
                return Ok(());
            }
            Some((name, url)) => {
                let plane = catalog::plane(name).ok_or_else(|| {
                    let names: Vec<&str> = catalog::planes().iter().map(|plane| plane.name).collect();
                    format!("there is no plane `{name}`; write one of {}", names.join(", "))
                })?;
                (vec![plane], checked(url)?)
            }
            None => {
                let url = checked(text)?;
                let address = super::preflight::Address::parse(url.as_str());
                let own = address.and_then(|address| address.planes()).map(|(_, planes)| planes);
                let otherwise = || otherwise.iter().filter_map(|name| catalog::plane(name)).collect();
                (own.unwrap_or_else(otherwise), url)
            }
        };
        for plane in &names {
            let named = Named::new(url.clone(), &[plane]);
            self.planes.entry(plane.name.to_owned()).or_default().insert(ANY.to_owned(), named);
        }
        Ok(())
    }

    /// Where a plane is in a region, or why it is nowhere.
    pub fn front(&self, plane: &Plane, place: &Place) -> Result<Front, String> {
        match self.planes.get(plane.name).and_then(|rows| rows.get(ANY)) {
            Some(named) => Ok(Front { root: named.root.clone(), base: named.base.clone() }),
            None => self.own_front(plane, place),
        }
    }

    /// Where a plane is in a region by itself, whatever one address a person named for all regions.
    pub fn own_front(&self, plane: &Plane, place: &Place) -> Result<Front, String> {
        if let Some(named) = self.planes.get(plane.name).and_then(|rows| rows.get(&place.region)) {
            return Ok(Front { root: named.root.clone(), base: named.base.clone() });
        }
        if self.closed {
            return Err(format!("the endpoints name no {} in `{}`", plane.name, place.region));
        }
        if !plane.host.contains("{domain}") {
            return Err(format!(
                "the host of {} is not made of the region; name it with `--endpoint`",
                plane.name
            ));
        }
        let root = Url::parse(&format!("https://{}", place.host(plane.host)));
        Ok(Front { root: root.map_err(|_| format!("`{}` makes no host", place.region))?, base: None })
    }

    /// Whether a person named an address for a plane.
    pub fn names(&self, plane: &str) -> bool {
        self.planes.contains_key(plane)
    }

    /// The regions that a file lists for a plane; none when regions aren't bound to a file.
    pub fn regions(&self, plane: &str) -> Option<Vec<&str>> {
        if !self.closed {
            return None;
        }
        let rows = self.planes.get(plane);
        Some(
            rows.into_iter()
                .flat_map(BTreeMap::keys)
                .map(String::as_str)
                .filter(|name| *name != ANY)
                .collect(),
        )
    }

    /// Whether a plane has one address for all regions.
    pub fn is_same_everywhere(&self, plane: &str) -> bool {
        self.planes.get(plane).is_some_and(|rows| rows.contains_key(ANY))
    }

    /// The plane and region that a file lists an address under, with what follows their root.
    fn listed(&self, url: &Url) -> Option<(&str, &str, String)> {
        let text = url.as_str();
        let mut best: Option<(usize, &str, &str)> = None;
        for (plane, rows) in &self.planes {
            for (region, named) in rows.iter().filter(|(region, _)| *region != ANY) {
                let root = named.root.as_str().trim_end_matches('/');
                let under = text
                    .strip_prefix(root)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
                if under && best.is_none_or(|(length, ..)| length < root.len()) {
                    best = Some((root.len(), plane, region));
                }
            }
        }
        let (length, plane, region) = best?;
        Some((plane, region, text.get(length..)?.to_owned()))
    }

    /// The same address as the service itself has it, for one that a file lists, be it under another plane or region
    /// than it is used for.
    pub fn canonical(&self, url: &Url) -> Option<String> {
        let (plane, region, rest) = self.listed(url)?;
        let host = catalog::plane(plane)?.host_in(catalog::region(region)?)?;
        Some(format!("https://{host}{rest}"))
    }

    /// The region that an address leads to, where the file or the host tells.
    pub fn region_of(&self, url: &Url) -> Option<String> {
        if let Some((_, region, _)) = self.listed(url) {
            return Some(region.to_owned());
        }
        super::preflight::Address::parse(url.as_str())?.region().map(|region| region.name.to_owned())
    }

    /// All addresses, which the transport may send credentials to.
    pub fn all(&self) -> Vec<Url> {
        let planes = self.planes.values().flat_map(BTreeMap::values).map(|named| named.root.clone());
        planes.chain(self.services.values().cloned()).collect()
    }

    /// The address of a service.
    fn service(&self, name: &str) -> Option<String> {
        self.services.get(name).map(|url| url.as_str().trim_end_matches('/').to_owned())
    }
}

/// A machine on which some services are where a person says.
#[derive(Clone)]
pub struct Pointed {
    around: Arc<dyn Surroundings>,
    endpoints: Arc<Endpoints>,
}

impl Pointed {
    /// The machine with these endpoints.
    pub fn new(around: Arc<dyn Surroundings>, endpoints: Arc<Endpoints>) -> Pointed {
        Pointed { around, endpoints }
    }
}

impl Surroundings for Pointed {
    fn variable(&self, name: &str) -> Option<String> {
        self.around.variable(name)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.around.read(path)
    }

    fn mode(&self, path: &Path) -> Option<u32> {
        self.around.mode(path)
    }

    fn now(&self) -> Timestamp {
        self.around.now()
    }

    fn run(&self, command: &str) -> io::Result<Secret> {
        self.around.run(command)
    }

    fn stdin(&self) -> io::Result<Secret> {
        self.around.stdin()
    }

    fn prompt(&self, question: &str) -> io::Result<Secret> {
        self.around.prompt(question)
    }

    fn endpoint(&self, service: &str) -> Option<String> {
        self.endpoints.service(service)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(region: &str) -> Place {
        Place { region: region.into(), domain: "oraclecloud.com".into(), realm: Some("oc1".into()) }
    }

    fn plane(name: &str) -> &'static Plane {
        catalog::plane(name).unwrap()
    }

    #[test]
    fn a_file_says_where_planes_are_and_what_it_leaves_out_is_nowhere() {
        let text = r#"{"inference": {"us-chicago-1": "http://127.0.0.1:1/inference/us-chicago-1"}, "imds": "http://127.0.0.1:1/opc/v2"}"#;
        let endpoints = Endpoints::from_json(text).unwrap();
        let front = endpoints.front(plane("inference"), &place("us-chicago-1")).unwrap();
        let url = front.url("/20231130/actions/chat", &[("a".into(), "b c".into())]);
        assert_eq!(url.as_str(), "http://127.0.0.1:1/inference/us-chicago-1/20231130/actions/chat?a=b+c");
        assert!(endpoints.front(plane("inference"), &place("us-ashburn-1")).is_err());
        assert!(endpoints.front(plane("management"), &place("us-chicago-1")).is_err());
        assert_eq!(endpoints.service("imds").as_deref(), Some("http://127.0.0.1:1/opc/v2"));
        assert_eq!(
            endpoints.canonical(&url).as_deref(),
            Some(
                "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/20231130/actions/chat?a=b+c"
            )
        );
    }

    #[test]
    fn an_address_with_a_base_path_prescribes_it() {
        let mut endpoints = Endpoints::default();
        endpoints
            .add("https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/20231130/actions/v1")
            .unwrap();
        let front = endpoints.front(plane("inference-openai"), &place("us-chicago-1")).unwrap();
        assert_eq!(front.base(), Some("/20231130/actions/v1"));
        assert_eq!(front.url("/x", &[]).path(), "/x");
        let real = endpoints.front(plane("management"), &place("us-chicago-1")).unwrap();
        assert_eq!(real.url("/", &[]).host_str(), Some("generativeai.us-chicago-1.oci.oraclecloud.com"));
    }

    #[test]
    fn plain_http_elsewhere_credentials_and_unknown_planes_are_refused() {
        let mut endpoints = Endpoints::default();
        for text in
            ["http://example.com", "https://u:p@example.com", "plane=https://example.com", "inference=x"]
        {
            assert!(endpoints.add(text).is_err(), "{text}");
        }
        assert!(endpoints.add("inference=http://localhost:8/p").is_ok());
    }
}
