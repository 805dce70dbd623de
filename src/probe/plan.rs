//! Which credential is tried on which plane in which region, decided before anything is sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ask::{Ask, Target, question};
use super::auth::{AuthMethod, Held};
use super::config::{Place, place};
use super::endpoints::Endpoints;
use super::{Row, Shown, Surroundings, Verdict};
use crate::catalog::{self, Plane};

/// A credential to try.
#[derive(Clone)]
pub struct Credential {
    /// The auth method's name in the catalogue.
    pub method: &'static str,
    /// Where it comes from.
    pub origin: String,
    /// How to authenticate with it.
    pub auth: Arc<dyn AuthMethod>,
    /// What it consists of.
    pub held: Held,
    /// Whether requests are signed; else they carry a secret.
    pub signed: bool,
    /// Whether it is the second secret of a key, tried for a rotation.
    pub standby: bool,
}

/// Where to try.
#[derive(Clone, Debug, Default)]
pub enum Regions {
    /// Each credential in its own region.
    #[default]
    Own,
    /// In these.
    Named(Vec<Place>),
    /// Wherever the catalogue has the service for the credential.
    Supported,
    /// In all regions of the realm.
    All,
}

/// What to try credentials on.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The planes; the usual ones when empty.
    pub planes: Vec<&'static Plane>,
    /// The regions.
    pub regions: Regions,
    /// The region of credentials that come without one.
    pub place: Option<Place>,
}

/// A credential on a plane in a region.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The credential, by its place in the plan.
    pub credential: usize,
    /// The plane.
    pub plane: &'static Plane,
    /// The region; none when only the credential's session tells.
    pub place: Option<Place>,
    /// The requests, one a base path.
    pub asks: Vec<Ask>,
    /// The verdict and its reason where nothing has to be sent.
    pub decided: Option<(Verdict, String)>,
}

/// All that is to be tried.
#[derive(Clone, Default)]
pub struct Plan {
    /// The credentials.
    pub credentials: Vec<Credential>,
    /// The cells in the order of the report.
    pub cells: Vec<Cell>,
}

impl Plan {
    /// The requests of the matrix.
    pub fn requests(&self) -> usize {
        self.cells.iter().filter(|cell| cell.decided.is_none()).map(|cell| cell.asks.len()).sum()
    }
}

impl Plan {
    /// Once a sweep has found the region of a key, the cells that waited for it can be tried: gives their places.
    pub fn settle(&mut self, rows: &[Row], target: &Target, endpoints: &Endpoints) -> Vec<usize> {
        let mut found: BTreeMap<usize, Place> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.authenticated == Shown::Yes) {
            let cell = self.cells.get(row.cell);
            if let Some((credential, Some(place))) = cell.map(|cell| (cell.credential, cell.place.clone())) {
                found.entry(credential).or_insert(place);
            }
        }
        let mut settled = Vec::new();
        for (index, cell) in self.cells.iter_mut().enumerate() {
            let waited = cell.place.is_none() && matches!(cell.decided, Some((Verdict::Skipped, _)));
            let Some(credential) =
                self.credentials.get(cell.credential).filter(|known| waited && !known.signed)
            else {
                continue;
            };
            if let Some(place) = found.get(&cell.credential) {
                (cell.asks, cell.decided) = asks(credential, cell.plane, Some(place), target, endpoints);
                cell.place = Some(place.clone());
                settled.push(index);
            }
        }
        settled
    }
}

/// The planes that are tried unless others are named.
const USUAL: [&str; 6] =
    ["inference", "inference-openai", "management", "agent-management", "agent-runtime", "identity"];
/// Planes on which a refusal of a key is worth seeing.
const SHOWS_REFUSAL: [&str; 2] = ["inference", "agent-runtime"];

/// Crosses credentials, planes and regions.
pub fn plan(
    credentials: Vec<Credential>,
    scope: &Scope,
    target: &Target,
    endpoints: &Endpoints,
    around: &dyn Surroundings,
) -> Plan {
    let usual = || USUAL.iter().filter_map(|name| catalog::plane(name)).collect();
    let planes: Vec<&'static Plane> = if scope.planes.is_empty() { usual() } else { scope.planes.clone() };
    let mut cells = Vec::new();
    for (index, credential) in credentials.iter().enumerate() {
        for plane in &planes {
            let decided = refused(credential, plane);
            let places = if decided.is_some() {
                vec![own_place(credential, scope)]
            } else {
                places(credential, plane, scope, endpoints, around)
            };
            for place in places {
                let (asks, lacking) = asks(credential, plane, place.as_ref(), target, endpoints);
                cells.push(Cell {
                    credential: index,
                    plane,
                    decided: decided.clone().or(lacking),
                    place,
                    asks,
                });
            }
        }
    }
    Plan { credentials, cells }
}

/// Why a plane needn't be asked about a credential.
fn refused(credential: &Credential, plane: &Plane) -> Option<(Verdict, String)> {
    // What an exchange ends in signs like a user's session.
    let as_method =
        if credential.method == "oauth" && credential.signed { "session-token" } else { credential.method };
    let taken = plane.auth_methods.is_empty() || plane.auth_methods.contains(&as_method);
    if taken || (!credential.signed && SHOWS_REFUSAL.contains(&plane.name)) {
        return None;
    }
    let reason =
        format!("{} takes no {}: it takes {}", plane.name, credential.method, plane.auth_methods.join(", "));
    Some((Verdict::NotSupported, reason))
}

fn own_place(credential: &Credential, scope: &Scope) -> Option<Place> {
    let held = credential.held.secret.is_none().then(|| credential.auth.place().cloned()).flatten();
    scope.place.clone().or(held)
}

/// Where to try a credential on a plane; one unknown place when only its session tells.
fn places(
    credential: &Credential,
    plane: &Plane,
    scope: &Scope,
    endpoints: &Endpoints,
    around: &dyn Surroundings,
) -> Vec<Option<Place>> {
    let own = own_place(credential, scope);
    let realm = own.as_ref().and_then(|place| place.realm.clone()).unwrap_or_else(|| "oc1".to_owned());
    let all_of = |wanted: &dyn Fn(&catalog::Region) -> bool| {
        let listed = endpoints.regions(plane.name);
        catalog::regions()
            .iter()
            .filter(|region| region.realm == realm && wanted(region))
            .filter(|region| listed.as_ref().is_none_or(|listed| listed.contains(&region.name)))
            .filter_map(|region| place(region.name, around).ok())
            .map(Some)
            .collect::<Vec<_>>()
    };
    let supported = || {
        all_of(&|region| match (plane.name, credential.signed) {
            ("agent-runtime" | "agent-management", _) => region.agents,
            (_, false) => region.api_keys || region.openai_compatible,
            ("inference-openai", true) => region.openai_compatible,
            _ => region.genai,
        })
    };
    match &scope.regions {
        Regions::Named(places) => places.iter().cloned().map(Some).collect(),
        Regions::Supported => supported(),
        Regions::All => all_of(&|_| true),
        // A key tells nothing of its region, so it is looked for.
        Regions::Own if own.is_none() && !credential.signed && plane.name == "inference-openai" => {
            supported()
        }
        Regions::Own => vec![own],
    }
}

fn asks(
    credential: &Credential,
    plane: &'static Plane,
    place: Option<&Place>,
    target: &Target,
    endpoints: &Endpoints,
) -> (Vec<Ask>, Option<(Verdict, String)>) {
    let skipped = |reason: String| Some((Verdict::Skipped, reason));
    if place.is_none() && !credential.signed {
        return (Vec::new(), skipped("no region is known; name one with `--region`".to_owned()));
    }
    let front = match place.map(|place| endpoints.front(plane, place)).transpose() {
        Ok(front) => front,
        Err(why) => return (Vec::new(), skipped(why)),
    };
    let prescribed = front.as_ref().and_then(|front| front.base()).is_some();
    // A key may work on one base path and not on the other.
    let both = !credential.signed && plane.name == "inference-openai" && !prescribed;
    let bases = plane.bases.iter().copied().take(if both { 2 } else { 1 });
    // A token names its tenancy once there is a session; until then any will do.
    let tenancy = target.tenancy.clone().or_else(|| credential.held.tenancy.clone());
    let target =
        &Target { tenancy: tenancy.or_else(|| credential.signed.then(String::new)), ..target.clone() };
    let asks: Vec<Ask> = bases.filter_map(|base| question(plane, base, target)).collect();
    let lacking = match (asks.first(), front) {
        (None, _) => skipped(format!("nothing harmless can be asked of {}", plane.name)),
        (Some(ask), Some(front)) => match ask.call(&front, target, credential.signed) {
            Ok(_) => None,
            Err(lacking) => skipped(lacking.advice()),
        },
        (Some(_), None) => None,
    };
    (asks, lacking)
}
