//! The way of one request: authentication, authorization, the plane's answer; each step may stop it.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use serde_json::json;

use super::authenticate::{self, Known};
use super::call::{Answer, Call, Caller, Failure, Route, Target};
use super::doors::{Door, Front};
use super::faults::{self, Fault, Faults, Moment};
use super::log::{Entry, Log};
use super::settings::Check;
use super::state::{Credentials, Folder, write_world};
use super::store::Store;
use super::world::{Served, World};
use super::{authorize, failure, federation, planes, route};
use crate::catalog::{self, Plane};

/// A sandbox: what it serves, and what it needs for that.
pub struct Sandbox {
    /// The state directory.
    pub folder: Folder,
    /// The tenancy.
    pub served: Served,
    /// Keys and issuers.
    pub credentials: Credentials,
    /// What the planes keep.
    pub store: Store,
    /// The log of requests.
    pub log: Log,
    /// What goes wrong on purpose.
    pub faults: Faults,
}

/// How a request ends.
#[derive(Debug)]
pub enum End {
    /// With an answer, after which the connection may be cut off at some byte of its body.
    Answer(Answer, Option<usize>),
    /// Without one.
    HangUp,
}

/// How far a request has come.
#[derive(Default)]
struct Way {
    route: Option<Route>,
    caller: Option<Caller>,
}

/// What stops a request on its way.
enum Stop {
    Failure(Failure, Option<&'static Plane>),
    End(End),
}

impl Sandbox {
    /// The time that the sandbox goes by.
    pub fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        now.checked_add(self.faults.clock()).unwrap_or(now)
    }

    /// Answers a call and writes it to the log.
    pub async fn respond(&self, door: &Door, call: &Call) -> End {
        let began = Instant::now();
        let world = self.served.now();
        let mut entry = Entry::new(call, &door.name);
        let mut way = Way::default();
        let end = match self.walk(door, call, &world, &mut entry, &mut way).await {
            Ok(answer) => self.last(call, &way, answer).await,
            Err(Stop::End(end)) => end,
            Err(Stop::Failure(stopped, plane)) => {
                entry.failure(&stopped);
                self.last(call, &way, failure::answer(&stopped, plane)).await
            }
        };
        let status = match &end {
            End::Answer(answer, _) => answer.status,
            End::HangUp => 0,
        };
        // A log that can't be written must not take the service down with it.
        let _ = self.log.write(&entry.finish(status, began.elapsed().as_secs_f64() * 1000.0));
        end
    }

    async fn walk(
        &self,
        door: &Door,
        call: &Call,
        world: &Arc<World>,
        entry: &mut Entry,
        way: &mut Way,
    ) -> Result<Answer, Stop> {
        let known = Known { world, credentials: &self.credentials };
        if matches!(door.front, Front::Main)
            && let Some(answer) = self.faults.control(call)
        {
            return Ok(answer);
        }
        if let Some((name, outcome)) = issued(known, door, call) {
            entry.set("plane", json!(name));
            let answer = outcome.map_err(|failure| Stop::Failure(failure, catalog::plane(name)))?;
            entry.issued(&answer);
            return Ok(answer);
        }
        let planes: Vec<&'static Plane> = match &door.front {
            Front::Planes(planes) => planes.clone(),
            Front::Main => catalog::planes().iter().collect(),
            _ => {
                let absent = Failure::new(404, "NotFound", "HTTP 404 Not Found");
                return Err(Stop::Failure(absent.because("the door has no such path"), None));
            }
        };
        let order = &world.settings.order;
        let Some(route) = route::find(&planes, &call.method, call.path()) else {
            let (failure, plane) = route::absent(&planes, &call.method, call.path());
            if let Some(plane) = plane.filter(|_| order.is_before(Check::Authentication, Check::Path)) {
                let stop = |failure| Stop::Failure(failure, Some(plane));
                entry.caller(&authenticate::authenticate(known, call, plane).map_err(stop)?);
            }
            return Err(Stop::Failure(failure, plane));
        };
        entry.route(&route);
        let stop = |failure| Stop::Failure(failure, Some(route.plane));
        way.route = Some(route.clone());
        let rewritten = self.faults.rewritten(&route, call);
        let call = rewritten.as_ref().unwrap_or(call);
        self.trouble(Moment::Routed(&route), call, Some(route.plane)).await?;
        let caller = authenticate::authenticate(known, call, route.plane).map_err(stop)?;
        entry.caller(&caller);
        way.caller = Some(caller.clone());
        self.trouble(Moment::Authenticated(&route, &caller), call, Some(route.plane)).await?;
        let asked = planes::target(&self.store, world.tenancy(), call, &route);
        let (target, bad_request) = match asked {
            Ok(target) => (target, None),
            Err(failure) if order.is_before(Check::Request, Check::Authorization) => {
                return Err(stop(failure));
            }
            Err(failure) => (Target::default(), Some(failure)),
        };
        let ruling = authorize::rule(world, call, &route, &caller, &target);
        entry.ruling(&world.compiled, &ruling);
        let answer = || planes::answer(&self.store, world.tenancy(), call, &route, &caller, &target);
        if !ruling.allowed {
            // What the model says is heard first, then; a call without one is not made for that.
            if target.model.is_some() && order.is_before(Check::Model, Check::Authorization) {
                answer().map_err(stop)?;
            }
            return Err(stop(failure::not_authorized(&route, &caller, "no statement grants it")));
        }
        if let Some(failure) = bad_request {
            return Err(stop(failure));
        }
        let mut answer = answer().map_err(stop)?;
        let changes = std::mem::take(&mut answer.changes);
        if !changes.is_empty() {
            self.served.change(changes, |world| {
                // What can't be kept still is served until the end of this run.
                let _ = write_world(&self.folder, world);
            });
        }
        Ok(answer)
    }

    /// What goes wrong at a moment.
    async fn trouble(
        &self,
        moment: Moment<'_>,
        call: &Call,
        plane: Option<&'static Plane>,
    ) -> Result<(), Stop> {
        for fault in self.faults.at(moment, call) {
            match fault {
                Fault::Wait(time) => tokio::time::sleep(time).await,
                Fault::Refuse(failure) => return Err(Stop::Failure(failure, plane)),
                Fault::Instead(answer) => return Err(Stop::End(End::Answer(answer, None))),
                Fault::HangUp => return Err(Stop::End(End::HangUp)),
                // There is no answer yet.
                Fault::CutAfter(_) | Fault::Mask(_) => {}
            }
        }
        Ok(())
    }

    /// What goes wrong with the answer itself.
    async fn last(&self, call: &Call, way: &Way, answer: Answer) -> End {
        let mut cut = None;
        let mut answer = answer;
        for fault in self.faults.at(Moment::Answered(way.route.as_ref(), way.caller.as_ref()), call) {
            match fault {
                Fault::Wait(time) => tokio::time::sleep(time).await,
                Fault::Refuse(failure) => answer = failure::answer(&failure, None),
                Fault::Instead(other) => answer = other,
                Fault::HangUp => return End::HangUp,
                Fault::CutAfter(bytes) => cut = Some(bytes),
                Fault::Mask(status) => answer = faults::masked(answer, status),
            }
        }
        End::Answer(answer, cut)
    }

    /// Keeps what the planes keep, for the next start.
    pub fn save(&self) -> io::Result<()> {
        self.folder.write(&Folder::private("store.json"), &self.store.saved().to_string())
    }
}

/// What a service that gives out tokens and certificates answers, and its name; none for the path of a plane.
fn issued(known: Known<'_>, door: &Door, call: &Call) -> Option<(&'static str, Result<Answer, Failure>)> {
    let metadata = |strict| federation::metadata(known, call, strict).map(|outcome| ("imds", outcome));
    let tokens = || federation::token_service(known, call).map(|outcome| ("auth", outcome));
    let domain = || federation::identity_domain(known, call).map(|outcome| ("identity-domain", outcome));
    match door.front {
        Front::Main => metadata(true).or_else(tokens).or_else(domain),
        Front::Metadata => metadata(false),
        Front::Auth => tokens(),
        Front::Proxymux => federation::proxymux(known, call).map(|outcome| ("proxymux", outcome)),
        Front::IdentityDomain => domain(),
        Front::Planes(_) => None,
    }
}
