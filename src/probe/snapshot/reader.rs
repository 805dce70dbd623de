//! Reading lists: signed, page by page, no more at a time than allowed, again where that may help.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::Url;
use serde_json::Value;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Instant, sleep, sleep_until};

use crate::authz::listed;
use crate::catalog::{self, List};
use crate::probe::auth::{AuthError, AuthMethod, Edge, Session};
use crate::probe::config::Place;
use crate::probe::transport::{Answer, Call, Http, Purpose, TransportError, Trouble};
use crate::probe::{Endpoints, Front, Surroundings};
use crate::wire::parse_http_date;

/// How hard to press.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Requests under way at a time.
    pub concurrency: usize,
    /// What to wait before the second try; doubled for each further one.
    pub pause: Duration,
    /// The longest wait that a service may ask for.
    pub longest: Duration,
    /// Tries of one request.
    pub tries: u32,
    /// Requests in all.
    pub most: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            concurrency: 8,
            pause: Duration::from_millis(500),
            longest: Duration::from_secs(60),
            tries: 6,
            most: usize::MAX,
        }
    }
}

/// What goes on, for whoever watches.
#[derive(Clone, Copy, Debug)]
pub enum Progress {
    /// So many lists more are to be read.
    Planned(usize),
    /// One has been read, whole or not.
    Read(&'static List),
    /// A service asked to wait.
    Waiting(Duration),
}

/// Whoever watches.
pub type Watch = Arc<dyn Fn(Progress) + Send + Sync>;

/// Pages of a list; far more than any tenancy has.
const MOST_PAGES: usize = 10_000;
/// Tries of a request that nothing came back of.
const LOST: u32 = 2;
/// A session that ends sooner is renewed before it is used.
const SPARE: i64 = 60;

/// Why a list is missing or not whole.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The status; none where nothing came back.
    pub status: Option<u16>,
    /// In words.
    pub why: String,
}

/// What was read of a list.
#[derive(Debug, Default)]
pub struct Read {
    /// What it lists.
    pub items: Vec<Value>,
    /// Why there is no more.
    pub refusal: Option<Refusal>,
}

impl Read {
    /// Nothing, for this reason.
    pub fn lost(why: &str) -> Read {
        Read { items: Vec::new(), refusal: Some(Refusal { status: None, why: why.to_owned() }) }
    }
}

/// Reads lists of one tenancy.
pub struct Reader {
    /// The machine.
    pub(super) around: Arc<dyn Surroundings>,
    http: Arc<Http>,
    method: Arc<dyn AuthMethod>,
    /// Where services are.
    pub(super) endpoints: Arc<Endpoints>,
    pace: Pace,
    /// Told of what goes on.
    pub(super) watch: Watch,
    permits: Semaphore,
    session: Mutex<Arc<Session>>,
    /// Nothing is sent before this.
    resume: Mutex<Instant>,
    sent: AtomicUsize,
}

impl Reader {
    /// Authenticates. Any method that the plane `identity` takes will do.
    pub async fn new(
        around: Arc<dyn Surroundings>,
        http: impl Into<Arc<Http>>,
        method: Arc<dyn AuthMethod>,
        endpoints: Arc<Endpoints>,
        pace: Pace,
        watch: Watch,
    ) -> Result<Reader, AuthError> {
        let http: Arc<Http> = http.into();
        let session = method.session(Edge { around: &*around, http: &http }).await?;
        Ok(Reader::with(session, around, http, method, endpoints, pace, watch))
    }

    /// Goes on with a session that is there already.
    pub fn with(
        session: Session,
        around: Arc<dyn Surroundings>,
        http: Arc<Http>,
        method: Arc<dyn AuthMethod>,
        endpoints: Arc<Endpoints>,
        pace: Pace,
        watch: Watch,
    ) -> Reader {
        Reader {
            around,
            http,
            method,
            endpoints,
            pace,
            watch,
            permits: Semaphore::new(pace.concurrency.max(1)),
            session: Mutex::new(Arc::new(session)),
            resume: Mutex::new(Instant::now()),
            sent: AtomicUsize::new(0),
        }
    }

    /// The session that requests are signed with.
    pub async fn session(&self) -> Arc<Session> {
        self.session.lock().await.clone()
    }

    /// How many requests were sent.
    pub fn sent(&self) -> usize {
        self.sent.load(Ordering::Relaxed)
    }

    /// Reads a list from its first page to its last. `front` is where the service is; `values` fill what path and
    /// query leave open.
    pub async fn read(&self, list: &List, front: &Front, values: &[(&str, &str)]) -> Read {
        let fill = |text: &str| {
            values
                .iter()
                .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
        };
        let query: Vec<(String, String)> = list
            .query
            .iter()
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), fill(value)))
            .collect();
        let first = front.url(&fill(list.path), &query);
        let mut read = Read::default();
        let mut seen = HashSet::new();
        let mut url = first.clone();
        loop {
            let answer = match self.get(&url).await {
                Ok(answer) => answer,
                Err(refusal) => {
                    read.refusal = Some(refusal);
                    return read;
                }
            };
            let Some(body) = answer.json() else {
                let why = "the answer is no JSON: something else than OCI may have answered".to_owned();
                read.refusal = Some(Refusal { status: Some(answer.status), why });
                return read;
            };
            let page = listed(&body);
            read.items.extend(page.iter().cloned());
            let Some((name, value)) = next_page(&answer, &body, page.len()) else { return read };
            if seen.len() >= MOST_PAGES || !seen.insert(value.clone()) {
                let why = "the list comes to no end".to_owned();
                read.refusal = Some(Refusal { status: Some(answer.status), why });
                return read;
            }
            url = turned_to(&first, name, &value);
        }
    }

    /// One request, tried again while that may help.
    async fn get(&self, url: &Url) -> Result<Answer, Refusal> {
        let mut pause = self.pace.pause;
        let mut renewed = false;
        for tried in 1.. {
            let (session, outcome) = self.once(url).await?;
            let last = tried >= self.pace.tries;
            match outcome {
                Ok(answer) if answer.is_success() => return Ok(answer),
                Ok(answer) if answer.status == 401 && session.token().is_some() && !renewed => {
                    renewed = true;
                    self.renew(&session).await?;
                }
                Ok(answer) if answer.status == 429 && !last => {
                    let asked = self.asked_wait(&answer);
                    if let Some(long) = asked.filter(|asked| *asked > self.pace.longest) {
                        let why = format!("the service asks to wait for {} seconds", long.as_secs());
                        return Err(Refusal { status: Some(429), why });
                    }
                    let wait = asked.unwrap_or(pause);
                    (self.watch)(Progress::Waiting(wait));
                    // All requests wait: the limit is one of the caller, not of the list.
                    let mut resume = self.resume.lock().await;
                    *resume = (*resume).max(Instant::now() + wait);
                }
                Ok(answer) if matches!(answer.status, 500 | 502 | 503 | 504) && !last => sleep(pause).await,
                Ok(answer) => return Err(refused(&answer)),
                Err(error) if again(&error) && tried < LOST => sleep(pause).await,
                Err(error) => return Err(Refusal { status: None, why: error.to_string() }),
            }
            pause = (pause * 2).min(self.pace.longest);
        }
        Err(Refusal { status: None, why: "no try was made".to_owned() })
    }

    async fn once(&self, url: &Url) -> Result<(Arc<Session>, Result<Answer, TransportError>), Refusal> {
        let lost = |why: String| Refusal { status: None, why };
        let _permit = self.permits.acquire().await.map_err(|error| lost(error.to_string()))?;
        let resume = *self.resume.lock().await;
        sleep_until(resume).await;
        let mut session = self.session().await;
        let now = self.around.now();
        if session.expires().is_some_and(|end| end.as_second() - now.as_second() < SPARE) {
            self.renew(&session).await?;
            session = self.session().await;
        }
        let mut call = Call::new("GET", url.clone(), Purpose::Service);
        call.request.headers.set("accept", "application/json");
        session.authorize(&mut call.request, now).map_err(|error| lost(error.to_string()))?;
        let one_more = |sent: usize| (sent < self.pace.most).then_some(sent + 1);
        if self.sent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_err() {
            return Err(lost(format!("the {} requests that it may take are spent", self.pace.most)));
        }
        let outcome = self.http.send(&call).await;
        Ok((session, outcome))
    }

    /// Gets a new session in place of `old`, unless another request has done so.
    async fn renew(&self, old: &Arc<Session>) -> Result<(), Refusal> {
        let mut held = self.session.lock().await;
        if Arc::ptr_eq(&held, old) {
            let edge = Edge { around: &*self.around, http: &self.http };
            let renewed = self.method.session(edge).await;
            *held =
                Arc::new(renewed.map_err(|error| Refusal { status: error.status, why: error.to_string() })?);
        }
        Ok(())
    }

    fn asked_wait(&self, answer: &Answer) -> Option<Duration> {
        let text = answer.headers.get("retry-after")?.trim();
        let seconds = text.parse::<u64>().ok().or_else(|| {
            let until = parse_http_date(text)?.as_second() - self.around.now().as_second();
            Some(u64::try_from(until).unwrap_or(0))
        });
        seconds.map(Duration::from_secs)
    }

    /// Where a list's plane is in a region, or why that can't be told.
    pub(super) fn front(&self, list: &List, place: &Place) -> Result<Front, String> {
        let plane =
            catalog::plane(list.plane).ok_or_else(|| format!("there is no plane `{}`", list.plane))?;
        self.endpoints.front(plane, place)
    }
}

fn again(error: &TransportError) -> bool {
    matches!(error.trouble, Trouble::Timeout | Trouble::Broken | Trouble::Connect)
}

fn refused(answer: &Answer) -> Refusal {
    let code = answer.code().filter(|code| !code.bytes().all(|b| b.is_ascii_digit()));
    let said = match (answer.status, code) {
        (404 | 403, _) => "not authorized, or not there".to_owned(),
        (401, _) => "the credential is not accepted".to_owned(),
        (429, _) => "too many requests, even after waiting".to_owned(),
        (_, Some(code)) => code,
        _ => "the service failed".to_owned(),
    };
    let message = answer.message().map(|text| {
        // What comes over the wire is not shown at any length.
        let text: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
        format!(": {text}")
    });
    let shown = message.filter(|_| !matches!(answer.status, 403 | 404 | 401 | 429)).unwrap_or_default();
    Refusal { status: Some(answer.status), why: format!("{said} (HTTP {}){shown}", answer.status) }
}

/// The parameter that leads to the next page: a token in the header, or the place in a list of an identity domain.
fn next_page(answer: &Answer, body: &Value, length: usize) -> Option<(&'static str, String)> {
    if let Some(token) = answer.headers.get("opc-next-page").filter(|token| !token.is_empty()) {
        return Some(("page", token.to_owned()));
    }
    let number = |name: &str| body.get(name).and_then(Value::as_u64);
    let (total, start) = (number("totalResults")?, number("startIndex")?);
    let next = start.checked_add(u64::try_from(length).ok().filter(|length| *length > 0)?)?;
    (next <= total).then(|| ("startIndex", next.to_string()))
}

/// The same with a parameter in place of the one of that name.
fn turned_to(first: &Url, name: &str, value: &str) -> Url {
    let kept: Vec<(String, String)> = first
        .query_pairs()
        .filter(|(other, _)| other != name)
        .map(|(k, v)| (k.into_owned(), v.into_owned()))
        .collect();
    let mut url = first.clone();
    url.query_pairs_mut().clear().extend_pairs(kept).append_pair(name, value);
    url
}
