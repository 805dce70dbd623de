//! The doors: one listener for each host of OCI that clients speak to, and the main one that leads everywhere.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;

use super::state::{Addresses, Folder};
use super::world::World;
use crate::catalog::{self, Plane};

/// Clients of OKE workload identity know no other port.
const PROXYMUX_PORT: u16 = 12250;
/// Where the ports of the last run are remembered.
const PORTS: &str = "ports.json";

/// What is behind a door.
#[derive(Clone, Debug)]
pub enum Front {
    /// Everything, of the home region.
    Main,
    /// The planes of one host.
    Planes(Vec<&'static Plane>),
    /// The token service.
    Auth,
    /// The metadata service of the instance.
    Metadata,
    /// The token service of the cluster, over TLS.
    Proxymux,
    /// The identity domain.
    IdentityDomain,
}

/// A door.
#[derive(Clone, Debug)]
pub struct Door {
    /// Its name in the log, such as `generativeai@us-chicago-1`.
    pub name: String,
    /// The region that it stands for.
    pub region: &'static str,
    /// What is behind it.
    pub front: Front,
}

impl Door {
    /// Whether clients find TLS here: at the cluster's door always, at those of the services when something that
    /// has no certificate they trust stands between.
    pub fn speaks_tls(&self, intercepted: bool) -> bool {
        match self.front {
            Front::Proxymux => true,
            Front::Planes(_) | Front::Auth => intercepted,
            Front::Main | Front::Metadata | Front::IdentityDomain => false,
        }
    }
}

/// A door and its listener.
#[derive(Debug)]
pub struct Open {
    /// The door.
    pub door: Door,
    /// Where it listens.
    pub listener: TcpListener,
}

/// The name of a region, kept for as long as the sandbox runs.
fn lasting(region: &str) -> &'static str {
    match catalog::region(region) {
        Some(known) => known.name,
        // Newer than the catalogue. There are as many as the tenancy names, once a run.
        None => String::leak(region.to_owned()),
    }
}

/// The doors of a world, the main one first.
fn plan(world: &World) -> Vec<Door> {
    let home = lasting(world.home());
    let single = |name: &str, front: Front| Door { name: name.to_owned(), region: home, front };
    let mut doors = vec![
        single("main", Front::Main),
        single("imds", Front::Metadata),
        single("proxymux", Front::Proxymux),
        single("identity-domain", Front::IdentityDomain),
    ];
    let mut hosts: BTreeMap<&str, Vec<&'static Plane>> = BTreeMap::new();
    for plane in catalog::planes().iter().filter(|plane| plane.host.contains("{domain}")) {
        hosts.entry(plane.host).or_default().push(plane);
    }
    let further = world.settings.further_regions.iter().map(String::as_str);
    for region in world.regions().into_iter().chain(further) {
        let region = lasting(region);
        for (host, planes) in &hosts {
            let label = host.split(".{region}").next().unwrap_or(host);
            let auth = planes.iter().any(|plane| plane.name == "auth");
            let front = if auth { Front::Auth } else { Front::Planes(planes.clone()) };
            let name = format!("{label}@{region}");
            if doors.iter().all(|door| door.name != name) {
                doors.push(Door { name, region, front });
            }
        }
    }
    doors
}

async fn bind(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await
}

/// Opens all doors of a world: on the ports of the last run where they are free, the main one on `port` if given.
pub async fn open(
    folder: &Folder,
    world: &World,
    port: Option<u16>,
    intercepted: bool,
) -> Result<(Vec<Open>, Addresses), String> {
    let kept = folder.read(&Folder::private(PORTS)).unwrap_or_default();
    let mut ports: BTreeMap<String, u16> = serde_json::from_str(&kept).unwrap_or_default();
    let mut opened = Vec::new();
    let mut addresses = Addresses::default();
    for door in plan(world) {
        let main = matches!(door.front, Front::Main);
        let fixed = port.filter(|port| main && *port != 0);
        let wanted = match door.front {
            Front::Proxymux => vec![Some(PROXYMUX_PORT), ports.get(&door.name).copied()],
            _ => vec![fixed.or_else(|| ports.get(&door.name).copied())],
        };
        let mut listener = None;
        for wanted in wanted.into_iter().flatten() {
            if listener.is_none() {
                listener = bind(wanted).await.ok();
            }
        }
        let listener = match (listener, fixed) {
            (Some(listener), _) => listener,
            (None, Some(port)) => return Err(format!("port {port} of 127.0.0.1 is taken")),
            (None, None) => bind(0).await.map_err(|error| format!("can't listen on 127.0.0.1: {error}"))?,
        };
        let address = listener.local_addr().map_err(|error| format!("can't listen on 127.0.0.1: {error}"))?;
        ports.insert(door.name.clone(), address.port());
        note(&mut addresses, &door, address, intercepted);
        opened.push(Open { door, listener });
    }
    // Planes as the catalogue lists them, each with its home region first.
    addresses.planes.sort_by_key(|(plane, ..)| *plane);
    let ports = serde_json::to_string(&ports).unwrap_or_default();
    folder
        .write(&Folder::private(PORTS), &ports)
        .map_err(|error| format!("can't write to the state directory: {error}"))?;
    Ok((opened, addresses))
}

fn note(addresses: &mut Addresses, door: &Door, address: SocketAddr, intercepted: bool) {
    let scheme = if door.speaks_tls(intercepted) { "https" } else { "http" };
    let url = format!("{scheme}://{address}");
    match &door.front {
        Front::Main => addresses.main = url,
        Front::Metadata => addresses.imds = url,
        Front::Proxymux => addresses.proxymux = url,
        Front::IdentityDomain => addresses.identity_domain = url,
        Front::Auth => addresses.planes.push(("auth", door.region.to_owned(), url)),
        Front::Planes(planes) => {
            for plane in planes {
                addresses.planes.push((plane.name, door.region.to_owned(), url.clone()));
            }
        }
    }
}
