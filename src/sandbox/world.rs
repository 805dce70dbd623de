//! What the sandbox serves: a tenancy made ready for deciding, who is who in it, and how the sandbox behaves.
//!
//! A world never changes; what changes is which one is served. Requests take the current one once, at their start.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::change::Change;
use super::principals::{self, Principals};
use super::settings::Settings;
use super::state::Bearers;
use crate::authz::{Compiled, Tenancy};

/// The tenancy served when none is given.
const SAMPLE: &str = include_str!("../../fixtures/tenancies/sandbox.toml");

/// One state of the tenancy.
#[derive(Debug)]
pub struct World {
    /// The tenancy, ready for deciding.
    pub compiled: Compiled,
    /// How the sandbox behaves beside it.
    pub settings: Settings,
    /// Whom the sample credentials stand for.
    pub principals: Principals,
    /// The secrets of its GenAI API keys.
    pub bearers: Bearers,
}

impl World {
    /// Makes a tenancy ready to be served. The error says what in its settings doesn't fit.
    pub fn new(mut tenancy: Tenancy, settings: Settings, mut bearers: Bearers) -> Result<Self, String> {
        super::planes::complete(&mut tenancy);
        let principals = principals::complete(&mut tenancy, &settings)?;
        bearers.complete(&tenancy);
        Ok(Self { compiled: Compiled::new(tenancy), settings, principals, bearers })
    }

    /// The same world after some changes.
    fn after(&self, changes: Vec<Change>) -> Self {
        let mut tenancy = self.tenancy().clone();
        let mut bearers = self.bearers.clone();
        for change in changes {
            if let Change::Secret(key, index, secret) = change {
                bearers.set(&key, index, secret);
            } else {
                change.apply(&mut tenancy);
            }
        }
        Self {
            compiled: Compiled::new(tenancy),
            settings: self.settings.clone(),
            principals: self.principals.clone(),
            bearers,
        }
    }

    /// The tenancy.
    pub fn tenancy(&self) -> &Tenancy {
        &self.compiled.tenancy
    }

    /// Its OCID.
    pub fn root(&self) -> &str {
        self.tenancy().ocid.as_deref().unwrap_or_default()
    }

    /// Its home region.
    pub fn home(&self) -> &str {
        self.tenancy().home_region.as_deref().unwrap_or_default()
    }

    /// The regions that it is subscribed to, the home region first.
    pub fn regions(&self) -> Vec<&str> {
        let subscribed = self.tenancy().regions.iter().flatten().map(String::as_str);
        let mut regions = vec![self.home()];
        for region in subscribed {
            if !regions.contains(&region) {
                regions.push(region);
            }
        }
        regions
    }

    /// Whether it is subscribed to a region.
    pub fn is_subscribed(&self, region: &str) -> bool {
        self.regions().iter().any(|one| one.eq_ignore_ascii_case(region))
    }

    /// The OCID of a compartment given by path or OCID; that of the root for nothing.
    pub fn compartment(&self, place: Option<&str>) -> Option<String> {
        match place {
            None | Some("") => Some(self.root().to_owned()),
            Some(ocid) if ocid.starts_with("ocid1.") => Some(ocid.to_owned()),
            path => self.compiled.tree.target(path).ok()?.ocid.map(|ocid| ocid.to_string()),
        }
    }
}

/// The sample tenancy.
pub fn sample() -> Result<(Tenancy, Settings), String> {
    let tenancy = Tenancy::from_text(SAMPLE).map_err(|error| error.to_string())?;
    let settings = Settings::from_text(SAMPLE).map_err(|error| error.to_string())?;
    Ok((tenancy, settings))
}

/// The world that is served now.
#[derive(Debug)]
pub struct Served {
    now: RwLock<Arc<World>>,
    /// Held while a change is made, so that none is lost.
    changing: Mutex<()>,
}

impl Served {
    /// Serves a world.
    pub fn new(world: World) -> Self {
        Self { now: RwLock::new(Arc::new(world)), changing: Mutex::new(()) }
    }

    /// The world served now; it stays what it is while a request works with it.
    pub fn now(&self) -> Arc<World> {
        // Writers only swap a pointer, so that nothing is half done after a panic.
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Serves another world from now on.
    pub fn swap(&self, world: World) {
        let _one_at_a_time = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(world);
    }

    /// Serves the world after these changes from now on, and has it kept by `keep` before another change is made.
    pub fn change(&self, changes: Vec<Change>, keep: impl FnOnce(&World)) {
        let _one_at_a_time = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let world = Arc::new(self.now().after(changes));
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&world);
        keep(&world);
    }
}
