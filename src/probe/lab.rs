//! Sends what is asked under a credential and keeps what it showed. Requests are counted, sessions made once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{OnceCell, RwLock};

use super::Surroundings;
use super::ask::{Ask, Lacking, Target, known_good};
use super::auth::{AuthError, Edge, Session};
use super::config::Place;
use super::endpoints::Endpoints;
use super::observe::{Label, Observation, Occasion, Shown};
use super::plan::Credential;
use super::sends::Carried;
use super::transport::{Answer, Call, Cleaner, Http, TransportError, Trouble};
use crate::wire::{Secret, SignError};

/// How often and how many.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Tries more after a 429, a server's error or silence.
    pub retries: u32,
    /// Requests in all; those that get a session don't count.
    pub requests: u32,
    /// Requests at once.
    pub at_once: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { retries: 0, requests: 100, at_once: 16 }
    }
}

/// Where requests are sent from.
pub struct Lab {
    /// The machine.
    pub around: Arc<dyn Surroundings>,
    /// The addresses that a person named.
    pub endpoints: Arc<Endpoints>,
    /// What the requests are about.
    pub target: Target,
    /// The credentials.
    pub credentials: Vec<Credential>,
    /// The limits.
    pub limits: Limits,
    http: Arc<Http>,
    sessions: Vec<OnceCell<Result<Session, AuthError>>>,
    seen: Mutex<Vec<Observation>>,
    /// What experiments were answered, by the places of their observations.
    bodies: Mutex<BTreeMap<usize, Value>>,
    spent: AtomicU32,
    /// What requests of this run opened and nothing has closed yet.
    opened: Arc<Mutex<Vec<Opened>>>,
    /// Held by every request that opens something, as long as it isn't known what came of it.
    opening: Arc<RwLock<()>>,
}

/// Something that a request opened at the service, with the request that ends it.
#[derive(Clone, Debug)]
struct Opened {
    credential: usize,
    end: Ask,
    place: Place,
}

/// What became of a request.
#[derive(Clone, Debug)]
pub enum Sent {
    /// It was sent: what it showed, by its place among the observations.
    Seen(usize),
    /// There is no session to authorize it with.
    NoSession(AuthError),
    /// It could not be made or may not be sent.
    NotSent(String),
}

impl Lab {
    /// A lab in which nothing has been sent yet.
    pub fn new(
        around: Arc<dyn Surroundings>,
        endpoints: Arc<Endpoints>,
        target: Target,
        credentials: Vec<Credential>,
        http: Http,
        limits: Limits,
    ) -> Lab {
        let sessions = credentials.iter().map(|_| OnceCell::new()).collect();
        Lab {
            around,
            endpoints,
            target,
            credentials,
            limits,
            http: Arc::new(http),
            sessions,
            seen: Mutex::default(),
            bodies: Mutex::default(),
            spent: AtomicU32::new(0),
            opened: Arc::default(),
            opening: Arc::default(),
        }
    }

    /// What was seen up to now.
    pub fn observations(&self) -> Vec<Observation> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// One observation.
    pub fn observation(&self, at: usize) -> Option<Observation> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(at).cloned()
    }

    /// The document that an experiment was answered with.
    pub fn body(&self, at: usize) -> Option<Value> {
        self.bodies.lock().unwrap_or_else(PoisonError::into_inner).get(&at).cloned()
    }

    /// How many requests may still be sent.
    pub fn left(&self) -> u32 {
        self.limits.requests.saturating_sub(self.spent.load(Ordering::Relaxed))
    }

    /// Counts requests that were sent by others.
    pub fn spend(&self, requests: u32) {
        let more = |spent: u32| Some(spent.saturating_add(requests));
        // It always gives a value.
        let _ = self.spent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }

    /// What sends.
    pub fn http(&self) -> Arc<Http> {
        Arc::clone(&self.http)
    }

    /// The session of a credential, made when it is first asked for.
    pub async fn session(&self, credential: usize) -> Result<&Session, AuthError> {
        let nobody = || AuthError {
            step: "session",
            message: "there is no such credential".to_owned(),
            status: None,
            request_id: None,
            cause: "config-profile-missing",
        };
        let (Some(cell), Some(known)) = (self.sessions.get(credential), self.credentials.get(credential))
        else {
            return Err(nobody());
        };
        let edge = Edge { around: &*self.around, http: &self.http };
        cell.get_or_init(|| known.auth.session(edge)).await.as_ref().map_err(Clone::clone)
    }

    /// The session of a credential where there is one already.
    pub fn session_made(&self, credential: usize) -> Option<&Session> {
        self.sessions.get(credential)?.get()?.as_ref().ok()
    }

    /// The tenancy of a credential, as far as it is known.
    pub fn tenancy(&self, credential: usize) -> Option<String> {
        let held = self.credentials.get(credential).and_then(|known| known.held.tenancy.clone());
        let token = || self.session_made(credential)?.token()?.tenancy().map(str::to_owned);
        self.target.tenancy.clone().or(held).or_else(token)
    }

    /// Today, as the catalogue writes dates.
    pub fn today(&self) -> String {
        self.around.now().to_string().chars().take(10).collect()
    }

    /// The request with a model that is known to be served there, where it needs one and none was asked for.
    fn with_model(&self, ask: &Ask, region: &str, signed: bool) -> Ask {
        if ask.model.is_some() || !ask.names_model() {
            return ask.clone();
        }
        let good = known_good(ask.plane.name, self.target.task, !signed, region, None, &self.today());
        good.map_or_else(|| ask.clone(), |model| ask.for_model(model))
    }

    /// Sends a request under a credential, to its own region unless another is named.
    pub async fn send(
        &self,
        credential: usize,
        ask: &Ask,
        place: Option<&Place>,
        occasion: Occasion,
    ) -> Sent {
        let session = match self.session(credential).await {
            Ok(session) => session,
            Err(error) => return Sent::NoSession(self.cleaned(credential, error)),
        };
        let Some(known) = self.credentials.get(credential) else {
            return Sent::NotSent("there is no such credential".to_owned());
        };
        let Some(place) = place.or(session.place()).or(known.auth.place()).cloned() else {
            return Sent::NotSent("no region is known; name one with `--region`".to_owned());
        };
        let front = match ask.own_host {
            true => self.endpoints.own_front(ask.plane, &place),
            false => self.endpoints.front(ask.plane, &place),
        };
        let front = match front {
            Ok(front) => front,
            Err(why) => return Sent::NotSent(why),
        };
        let ask = self.with_model(ask, &place.region, known.signed);
        let target = Target { tenancy: self.tenancy(credential), ..self.target.clone() };
        let call = match ask.call(&front, &target, known.signed) {
            Ok(call) => call,
            Err(lacking) => return Sent::NotSent(lacking.advice()),
        };
        let label = Label {
            auth_method: known.method.to_owned(),
            credential: known.origin.clone(),
            plane: ask.plane.name.to_owned(),
            operation: ask.name().to_owned(),
            // An address that a person named may lead elsewhere than the configuration means.
            region: self.endpoints.region_of(&call.url).unwrap_or_else(|| place.region.clone()),
            model: ask.model.clone().filter(|_| ask.names_model()),
            signed: known.signed,
            carried: Carried::by(&call),
            occasion,
        };
        let cleaner = self.cleaner(credential);
        let mut waited = Duration::from_secs(1);
        let mut tries_left = self.limits.retries;
        loop {
            // What is opened has to be closed too, for which one more is kept back.
            let cost = match label.occasion {
                Occasion::Closing => 0,
                _ if ask.ends_by().is_some() => 2,
                _ => 1,
            };
            if let Err(spent) = self.take(cost) {
                return spent;
            }
            let mut call = call.clone();
            let number = self.spent.load(Ordering::Relaxed);
            call.request.headers.set("opc-request-id", request_id(self.around.now().as_nanosecond(), number));
            if let Err(error) = session.authorize(&mut call.request, self.around.now()) {
                return Sent::NoSession(unsigned(&error));
            }
            let outcome = match ask.ends_by() {
                Some(_) => self.open(credential, &ask, &target, &place, call.clone()).await,
                None => self.http.send(&call).await,
            };
            if cost == 2 && !matches!(&outcome, Ok(answer) if answer.is_success()) {
                self.spent.fetch_sub(1, Ordering::Relaxed);
            }
            if tries_left > 0 && passing(&outcome) {
                tries_left -= 1;
                tokio::time::sleep(waited).await;
                waited = (waited * 2).min(Duration::from_secs(8));
                continue;
            }
            // What an experiment was answered is read on.
            let keep = matches!(label.occasion, Occasion::Experiment(_));
            let body = outcome.as_ref().ok().filter(|answer| keep && answer.is_success());
            let body = body.and_then(Answer::json);
            let observation =
                Observation::new(label, ask.probe.method, call.url.as_str(), &outcome, &cleaner);
            return self.note(observation, body);
        }
    }

    /// Counts requests against the limit of the run.
    fn take(&self, cost: u32) -> Result<(), Sent> {
        let most = self.limits.requests;
        let add = |spent: u32| (spent + cost <= most).then_some(spent + cost);
        match self.spent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add) {
            Ok(_) => Ok(()),
            Err(_) => Err(Sent::NotSent(format!("the {most} requests of this run are spent"))),
        }
    }

    /// Keeps what was seen, with the body of the answer where it is read on.
    fn note(&self, observation: Observation, body: Option<Value>) -> Sent {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push(observation);
        let at = seen.len() - 1;
        if let Some(body) = body {
            self.bodies.lock().unwrap_or_else(PoisonError::into_inner).insert(at, body);
        }
        Sent::Seen(at)
    }

    /// Sends what opens something. It goes on when nobody waits for it any more, so that it is known what to close.
    async fn open(
        &self,
        credential: usize,
        ask: &Ask,
        target: &Target,
        place: &Place,
        call: Call,
    ) -> Result<Answer, TransportError> {
        let held = Arc::clone(&self.opening).read_owned().await;
        let (http, opened) = (Arc::clone(&self.http), Arc::clone(&self.opened));
        let (ask, target, place, host) =
            (ask.clone(), target.clone(), place.clone(), call.request.host.clone());
        let exchange = tokio::spawn(async move {
            let outcome = http.send(&call).await;
            let body = outcome.as_ref().ok().filter(|answer| answer.is_success()).and_then(Answer::json);
            if let Some(end) = body.and_then(|body| ask.end_of(&body, &target)) {
                opened.lock().unwrap_or_else(PoisonError::into_inner).push(Opened { credential, end, place });
            }
            drop(held);
            outcome
        });
        exchange.await.unwrap_or_else(|_| {
            Err(TransportError {
                trouble: Trouble::Local,
                host,
                detail: "the request was given up".to_owned(),
            })
        })
    }

    /// Closes what this run opened, and tells of what stays open. To be called at the end, however it came.
    pub async fn close(&self) -> Vec<String> {
        // Those under way are waited for, but not for ever.
        let _all = tokio::time::timeout(LONGEST_WAIT, self.opening.write()).await;
        let opened = std::mem::take(&mut *self.opened.lock().unwrap_or_else(PoisonError::into_inner));
        let mut left = Vec::new();
        for Opened { credential, end, place } in opened {
            let sent = self.send(credential, &end, Some(&place), Occasion::Closing);
            let why = match tokio::time::timeout(LONGEST_WAIT, sent).await {
                Ok(Sent::Seen(at)) => match self.observation(at) {
                    Some(seen) if seen.answered == Shown::Yes => continue,
                    Some(seen) => super::matrix::reason(&seen),
                    None => continue,
                },
                Ok(Sent::NotSent(why)) => why,
                Ok(Sent::NoSession(error)) => error.to_string(),
                Err(_) => "no answer came in time".to_owned(),
            };
            left.push(format!(
                "the session `{}` that this run opened could not be deleted ({why}); delete it with \
                 `oci generative-ai-agent-runtime session delete --agent-endpoint-id {} --session-id {0}`",
                end.resource.as_deref().unwrap_or_default(),
                self.target.agent_endpoint.as_deref().unwrap_or_default(),
            ));
        }
        left
    }

    /// Knows the secrets of a credential and of its session.
    fn cleaner(&self, credential: usize) -> Cleaner {
        let held = self.credentials.get(credential).map(|known| &known.held);
        let session = self.session_made(credential);
        let secrets: [Option<Secret>; 3] = [
            held.and_then(|held| held.secret.clone()),
            held.and_then(|held| held.token.as_ref()).map(|token| token.raw().clone()),
            session.and_then(Session::token).map(|token| token.raw().clone()),
        ];
        Cleaner::new(secrets.into_iter().flatten())
    }

    fn cleaned(&self, credential: usize, error: AuthError) -> AuthError {
        AuthError { message: self.cleaner(credential).clean(&error.message), ..error }
    }

    /// What a request would be, without a session; why it can't be told otherwise.
    pub fn preview(
        &self,
        credential: usize,
        ask: &Ask,
        place: Option<&Place>,
    ) -> Result<PlannedRequest, String> {
        let known = self.credentials.get(credential).ok_or("there is no such credential")?;
        let place = place.or(known.auth.place());
        let place = place.ok_or("the region is known once there is a session: the machine tells it")?;
        let front = self.endpoints.front(ask.plane, place)?;
        let ask = self.with_model(ask, &place.region, known.signed);
        let tenancy =
            self.tenancy(credential).or_else(|| known.signed.then(|| "<tenancy of the caller>".to_owned()));
        let target = Target { tenancy, ..self.target.clone() };
        let call = ask.call(&front, &target, known.signed).map_err(Lacking::advice)?;
        let carried = if known.signed { "authorization: Signature …" } else { "authorization: Bearer …" };
        let headers = call.request.headers.iter().filter(|(name, _)| *name != "accept");
        Ok(PlannedRequest {
            auth_method: known.method.to_owned(),
            operation: ask.name().to_owned(),
            method: ask.probe.method.to_owned(),
            url: call.url.to_string(),
            cost: match ask.sends.body {
                Some(_) if ask.names_model() => "what your client's own request costs".to_owned(),
                _ => ask.probe.cost.to_owned(),
            },
            headers: std::iter::once(carried.to_owned())
                .chain(headers.map(|(name, value)| format!("{name}: {value}")))
                .collect(),
            body: Some(String::from_utf8_lossy(&call.request.body).into_owned())
                .filter(|body| !body.is_empty()),
        })
    }
}

impl Lab {
    /// The request that ends what this one opens, as far as it is known before.
    pub fn preview_of_end(
        &self,
        credential: usize,
        ask: &Ask,
        place: Option<&Place>,
    ) -> Option<PlannedRequest> {
        let end = ask.end_of(&serde_json::json!({ "id": "SESSION-ID" }), &self.target)?;
        let planned = self.preview(credential, &end, place).ok()?;
        Some(PlannedRequest {
            cost: "free: ends the session that the request before it opens".to_owned(),
            ..planned
        })
    }
}

/// How long the end of a run is held up by what it opened.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// A request as `--dry-run` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedRequest {
    /// The auth method.
    pub auth_method: String,
    /// The operation.
    pub operation: String,
    /// The method.
    pub method: String,
    /// Where it would go.
    pub url: String,
    /// What it would cost.
    pub cost: String,
    /// The headers, that of authentication by its scheme only.
    pub headers: Vec<String>,
    /// The body.
    pub body: Option<String>,
}

impl PlannedRequest {
    /// A request whose address isn't known yet, and why.
    pub fn unknown(lab: &Lab, credential: usize, ask: &Ask, why: String) -> PlannedRequest {
        PlannedRequest {
            auth_method: lab.credentials.get(credential).map_or("", |known| known.method).to_owned(),
            operation: ask.name().to_owned(),
            method: ask.probe.method.to_owned(),
            url: format!("{} ({why})", ask.path(None)),
            cost: ask.probe.cost.to_owned(),
            headers: Vec::new(),
            body: None,
        }
    }
}

/// What can be another answer a moment later.
fn passing(outcome: &Result<Answer, TransportError>) -> bool {
    match outcome {
        Ok(answer) => matches!(answer.status, 429 | 500 | 502 | 503 | 504),
        Err(error) => matches!(error.trouble, Trouble::Connect | Trouble::Timeout | Trouble::Broken),
    }
}

fn unsigned(error: &SignError) -> AuthError {
    let cause = match error {
        SignError::ControlCharacter(_) => "hidden-character-in-id",
        SignError::Key(_) => "key-format",
    };
    AuthError { step: "signature", message: error.to_string(), status: None, request_id: None, cause }
}

/// An id by which the service's log can be searched.
fn request_id(nanoseconds: i128, number: u32) -> String {
    format!("OCIAM{:019X}{number:08X}", nanoseconds.unsigned_abs() & 0x0FFF_FFFF_FFFF_FFFF_FFFF)
}
