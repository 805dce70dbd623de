//! Starting a sandbox on a state directory, and ending it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rsa::sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::doors;
use super::faults::{Faults, Spec};
use super::log::Log;
use super::serve::Sandbox;
use super::server;
use super::settings::{Lifetime, Settings};
use super::state::{Bearers, Credentials, Folder, Keys, write_environment};
use super::store::{self, Shown, Store};
use super::world::{Served, World, sample};
use crate::authz::Tenancy;

/// How often tokens are looked after and what the planes keep is written.
const ROUND: Duration = Duration::from_secs(1);
const LOG: &str = "requests.jsonl";
const STORE: &str = "store.json";
/// What tells one tenancy that a sandbox is started with from another.
const GIVEN: &str = "given";

/// What a sandbox is started with.
pub struct Options {
    /// The state directory.
    pub state: PathBuf,
    /// The port of the main door; none or 0 for that of the last run or any free one.
    pub port: Option<u16>,
    /// What is served; none for the sample tenancy. A sandbox that is started again with the same, or with none, goes
    /// on with what the last run on this directory served, changes made through its services included.
    pub tenancy: Option<(Tenancy, Settings)>,
    /// What goes wrong on purpose.
    pub faults: Vec<Spec>,
}

impl Options {
    /// A sandbox of the sample tenancy.
    pub fn new(state: PathBuf) -> Self {
        Self { state, port: None, tenancy: None, faults: Vec::new() }
    }
}

/// A sandbox that serves.
pub struct Running {
    /// The URL of the main door.
    pub address: String,
    sandbox: Arc<Sandbox>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// Starts a sandbox; it serves when this returns. The error is for people.
pub async fn start(options: Options) -> Result<Running, String> {
    let folder = Folder::take(&options.state)?;
    // Started again with what it was started with before, it goes on from where it was.
    let mark = options.tenancy.as_ref().map(|(tenancy, settings)| mark(tenancy, settings));
    let same = mark.is_none() || mark == folder.read(&Folder::private(GIVEN));
    let kept = if same { kept(&folder) } else { None };
    let goes_on = kept.is_some();
    let (tenancy, settings) = match (kept, options.tenancy) {
        (Some(kept), _) => kept,
        (None, Some(given)) => given,
        (None, None) => sample()?,
    };
    let mut specs = options.faults;
    for text in &settings.faults {
        specs.push(Spec::parse(text).map_err(|error| error.to_string())?);
    }
    let faults = Faults::new(specs);
    let now = Timestamp::now();
    let now = now.checked_add(faults.clock()).unwrap_or(now);
    let world = World::new(tenancy, settings, Bearers::read(&folder))?;
    let credentials = Credentials::new(Keys::load(&folder, &world.principals.profiles)?, now)?;
    credentials.write(&folder, &world, now)?;
    let (opened, addresses) = doors::open(&folder, &world, options.port, faults.intercepts_tls()).await?;
    let wrong = |error: std::io::Error| format!("can't write to the state directory: {error}");
    write_environment(&folder, &world, &addresses).map_err(wrong)?;
    let log = Log::new(folder.append(LOG).map_err(wrong)?);
    let store = Store::with(world.tenancy(), shown(&world, &credentials, now));
    let saved = folder.read(&Folder::private(STORE)).and_then(|text| serde_json::from_str(&text).ok());
    if let Some(mark) = mark {
        folder.write(&Folder::private(GIVEN), &mark).map_err(wrong)?;
    }
    if let Some(saved) = saved.filter(|_| goes_on) {
        // What an older version has kept and this one can't read is begun anew.
        let _ = store.restore(saved);
    }
    let sandbox = Arc::new(Sandbox { folder, served: Served::new(world), credentials, store, log, faults });
    let (stop, stopped) = watch::channel(false);
    let tls = server::tls(&sandbox)?;
    let tasks = vec![
        tokio::spawn(server::serve(Arc::clone(&sandbox), opened, tls, stopped.clone())),
        tokio::spawn(look_after(Arc::clone(&sandbox), stopped)),
    ];
    Ok(Running { address: addresses.main, sandbox, stop, tasks })
}

impl Running {
    /// The sandbox itself.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Ends it: requests under way are answered, everything is kept.
    pub async fn stop(self) -> Result<(), String> {
        let _ = self.stop.send(true);
        for task in self.tasks {
            let _ = task.await;
        }
        self.sandbox.save().map_err(|error| format!("can't write to the state directory: {error}"))
    }
}

/// What tells this tenancy with these settings from others.
fn mark(tenancy: &Tenancy, settings: &Settings) -> String {
    let text = serde_json::to_string(&(tenancy, settings)).unwrap_or_default();
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What lists show beside the tenancy.
fn shown(world: &World, credentials: &Credentials, now: Timestamp) -> Shown {
    let ages = &world.settings.ages;
    let all = [
        ("apiKeys", ages.signing_keys),
        ("apikeys", ages.api_keys),
        ("generativeAiProjects", ages.projects),
        ("policies", ages.policies),
    ];
    let made = |age: Lifetime| store::time(now.checked_sub(age.0).unwrap_or(now));
    let keys = &credentials.keys;
    let own = (world.principals.user.clone(), keys.user.public().fingerprint());
    let others = keys.others.iter().map(|(user, key)| (user.clone(), key.public().fingerprint()));
    Shown {
        since: all.into_iter().filter_map(|(name, age)| Some((name, made(age?)))).collect(),
        preparing: world.settings.preparing_regions.clone(),
        signing_keys: std::iter::once(own).chain(others).collect(),
    }
}

/// What the last run served.
fn kept(folder: &Folder) -> Option<(Tenancy, Settings)> {
    let text = folder.read("tenancy.json")?;
    Some((Tenancy::from_text(&text).ok()?, Settings::from_text(&text).ok()?))
}

/// Replaces tokens as a platform does, and keeps what the planes keep.
async fn look_after(sandbox: Arc<Sandbox>, mut stopped: watch::Receiver<bool>) {
    let mut saved = sandbox.store.changes();
    loop {
        tokio::select! {
            () = server::told(&mut stopped) => return,
            () = tokio::time::sleep(ROUND) => {}
        }
        // Neither must end the sandbox when the disk is full; both are tried again in the next round.
        let _ = sandbox.credentials.renew(&sandbox.folder, &sandbox.served.now(), sandbox.now());
        let changes = sandbox.store.changes();
        if changes != saved && sandbox.save().is_ok() {
            saved = changes;
        }
    }
}
