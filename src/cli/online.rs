//! The network for the commands that ask single questions: credentials of this machine, one request, one answer.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use tokio::runtime::Runtime;

use crate::catalog;
use crate::checklist::{Observed, Seen};
use crate::probe::auth::{
    AuthMethod, Candidate, Discovery, Edge, SecretSource, Session, State, Wanted, discover,
};
use crate::probe::config::place;
use crate::probe::preflight::{Setup, Strength};
use crate::probe::transport::{Answer, Call, Http, Limits, Purpose};
use crate::probe::{Endpoints, Pointed, Surroundings, System};
use crate::wire::KeyId;

use super::Failure;

/// Where planes are, when not where the catalogue has them.
#[derive(clap::Args)]
pub(super) struct OnlineArgs {
    /// The OCI config file
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    config_file: Option<String>,
    /// Another address of a plane
    #[arg(long, value_name = "[PLANE=]URL", help_heading = "Network")]
    endpoint: Vec<String>,
    /// A file with the addresses of planes, as `{plane: {region: URL}}`
    #[arg(long, value_name = "FILE", env = "OCIAM_ENDPOINTS", help_heading = "Network")]
    endpoints: Option<PathBuf>,
}

/// The machine with its network, as the arguments have it.
pub(super) struct Network {
    /// The machine, its services where a person says.
    pub(super) around: Arc<dyn Surroundings>,
    /// Where planes are.
    pub(super) endpoints: Arc<Endpoints>,
    /// What sends.
    pub(super) http: Http,
}

impl OnlineArgs {
    /// The config file that is named.
    pub(super) fn config_file(&self) -> Option<&str> {
        self.config_file.as_deref()
    }

    /// Reads the endpoints and the certificates. An address that tells no plane is that of `planes`.
    pub(super) fn network(&self, planes: &[&str]) -> Result<Network, Failure> {
        let system: Arc<dyn Surroundings> = Arc::new(System);
        let mut endpoints = Endpoints::default();
        if let Some(path) = &self.endpoints {
            let text = system.read_text(path).and_then(|text| Endpoints::from_json(&text));
            endpoints = text.map_err(|why| Failure::usage(format!("`{}`: {why}", path.display())))?;
        }
        for text in &self.endpoint {
            endpoints.add_for(text, planes).map_err(Failure::usage)?;
        }
        let mut http = Http::new(Limits::default(), endpoints.all());
        if let Some(path) = system.variable("OCI_CLI_CERT_BUNDLE") {
            let pem = system.read_text(&system.expand(&path)).and_then(|pem| http.trusting(&pem));
            http = pem.map_err(|why| Failure::usage(format!("OCI_CLI_CERT_BUNDLE: `{path}`: {why}")))?;
        }
        let endpoints = Arc::new(endpoints);
        let around: Arc<dyn Surroundings> = Arc::new(Pointed::new(system, endpoints.clone()));
        Ok(Network { around, endpoints, http })
    }
}

/// A request to a plane.
pub(super) struct Question<'q> {
    /// The plane.
    pub(super) plane: &'q str,
    /// The HTTP method.
    pub(super) method: &'q str,
    /// The path, with its base path.
    pub(super) path: String,
    /// The query.
    pub(super) query: Vec<(String, String)>,
    /// Headers besides those of authentication.
    pub(super) headers: Vec<(&'static str, String)>,
    /// The body.
    pub(super) body: Option<Value>,
}

/// A way to authenticate, taken up on first use.
pub(super) struct Online {
    around: Arc<dyn Surroundings>,
    endpoints: Arc<Endpoints>,
    http: Http,
    runtime: Runtime,
    discovery: Discovery,
    sessions: HashMap<usize, Result<Session, (String, String)>>,
}

impl Online {
    /// Looks for credentials; sends nothing.
    pub(super) fn new(
        args: &OnlineArgs,
        profile: Option<&str>,
        keys: Vec<SecretSource>,
        instance: bool,
    ) -> Result<Self, Failure> {
        let Network { around, endpoints, http } = args.network(&["inference", "inference-openai"])?;
        let wanted = Wanted {
            config_file: args.config_file.clone(),
            profile: profile.map(str::to_owned),
            api_keys: keys,
            instance,
            ..Wanted::default()
        };
        let discovery = discover(&wanted, &*around);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::usage(format!("can't begin: {error}")))?;
        Ok(Self { around, endpoints, http, runtime, discovery, sessions: HashMap::new() })
    }

    /// What this machine is.
    pub(super) fn around(&self) -> &dyn Surroundings {
        &*self.around
    }

    /// The credentials that were found, or that would have to be there.
    pub(super) fn candidates(&self) -> &[Candidate] {
        &self.discovery.candidates
    }

    /// Why a credential that is there can't work, with the cause that this speaks for.
    pub(super) fn flaw(&self, candidate: &Candidate) -> Option<(String, String)> {
        if let State::NotUsable(unusable) = &candidate.state {
            return Some((unusable.why.clone(), unusable.cause.to_owned()));
        }
        let setup = Setup { now: Some(self.around.now()), ..Setup::default() };
        let found = self.discovery.check(candidate, &setup);
        let certain = found.into_iter().find(|evidence| evidence.strength == Strength::Certain)?;
        Some((certain.text, certain.cause?.to_owned()))
    }

    /// The first usable credential: of this auth method, or of any that the plane takes where none is named.
    pub(super) fn credential(&self, method: Option<&str>, plane: &str) -> Result<usize, String> {
        let taken = catalog::plane(plane).map(|row| row.auth_methods).unwrap_or_default();
        let fits = |candidate: &&Candidate| match method {
            Some(method) => candidate.method == method,
            None => taken.contains(&candidate.method),
        };
        let usable = |candidate: &Candidate| matches!(candidate.state, State::Usable(_));
        if let Some(at) = self.candidates().iter().position(|one| fits(&one) && usable(one)) {
            return Ok(at);
        }
        let why = self.candidates().iter().filter(fits).find_map(|one| match &one.state {
            State::NotUsable(unusable) => Some(format!("{}: {}", one.method, unusable.why)),
            State::Usable(_) => None,
        });
        Err(why.unwrap_or_else(|| format!("this machine has no credential that plane `{plane}` takes")))
    }

    /// The tenancy of a credential.
    pub(super) fn tenancy(&mut self, at: usize) -> Option<String> {
        if let Some(tenancy) = self.candidates().get(at).and_then(|one| one.held.tenancy.clone()) {
            return Some(tenancy);
        }
        let session = self.session(at).ok()?;
        let token = session.token().and_then(|token| token.tenancy().map(str::to_owned));
        token.or_else(|| match session.signer()?.key_id() {
            KeyId::User { tenancy, .. } => Some(tenancy.clone()),
            _ => None,
        })
    }

    /// The session of a credential, made on first use.
    fn session(&mut self, at: usize) -> Result<Session, (String, String)> {
        if let Some(made) = self.sessions.get(&at) {
            return made.clone();
        }
        let method: Option<Arc<dyn AuthMethod>> = match self.candidates().get(at).map(|one| &one.state) {
            Some(State::Usable(method)) => Some(method.clone()),
            _ => None,
        };
        let made = match method {
            None => Err(("the credential can't be used".to_owned(), "config-profile-missing".to_owned())),
            Some(method) => {
                let edge = Edge { around: &*self.around, http: &self.http };
                let made = self.runtime.block_on(method.session(edge));
                made.map_err(|error| (format!("{}: {error}", method.name()), error.cause.to_owned()))
            }
        };
        self.sessions.insert(at, made.clone());
        made
    }

    /// Sends a question with a credential to a region.
    pub(super) fn send(&mut self, at: usize, region: &str, question: &Question<'_>) -> Observed {
        self.answer(at, region, question).map_or_else(|observed| observed, |answer| observed(&answer))
    }

    /// The rows of a list, page by page.
    pub(super) fn list(&mut self, at: usize, region: &str, question: &Question<'_>) -> Observed {
        const PAGES: usize = 20;
        let mut rows: Vec<Value> = Vec::new();
        let mut query = question.query.clone();
        for _ in 0..PAGES {
            let page = Question {
                query: query.clone(),
                headers: question.headers.clone(),
                path: question.path.clone(),
                body: None,
                ..*question
            };
            let answer = match self.answer(at, region, &page) {
                Ok(answer) => answer,
                Err(observed) => return observed,
            };
            if !answer.is_success() {
                return observed(&answer);
            }
            let body = answer.json().unwrap_or_default();
            let items = body.get("items").unwrap_or(&body).as_array().cloned();
            rows.extend(items.unwrap_or_default());
            let Some(next) = answer.headers.get("opc-next-page").filter(|next| !next.is_empty()) else {
                break;
            };
            query = question.query.clone();
            query.push(("page".to_owned(), next.to_owned()));
        }
        Observed::Answer(Box::new(Seen { status: 200, body: Value::Array(rows), ..Seen::default() }))
    }

    fn answer(&mut self, at: usize, region: &str, question: &Question<'_>) -> Result<Answer, Observed> {
        let failed = |why: String, cause: Option<&str>| Observed::Failed(why, cause.map(str::to_owned));
        let plane = catalog::plane(question.plane)
            .ok_or_else(|| Observed::NotTried(format!("there is no plane `{}`", question.plane)))?;
        let place = place(region, &*self.around).map_err(|error| Observed::NotTried(error.to_string()))?;
        let front = self.endpoints.front(plane, &place).map_err(Observed::NotTried)?;
        let path = match front.base() {
            // An address with a base path stands for the base path of the question.
            Some(own) => {
                let base = plane.bases.iter().find_map(|base| question.path.strip_prefix(base));
                base.map_or(question.path.clone(), |rest| format!("{own}{rest}"))
            }
            None => question.path.clone(),
        };
        let session = self.session(at).map_err(|(why, cause)| failed(why, Some(&cause)))?;
        let mut call = Call::new(question.method, front.url(&path, &question.query), Purpose::Service);
        if let Some(body) = &question.body {
            call = call.json(body);
        }
        call.request.headers.set("accept", "application/json");
        for (name, value) in &question.headers {
            call.request.headers.set(name, value.clone());
        }
        session
            .authorize(&mut call.request, self.around.now())
            .map_err(|error| failed(format!("the request can't be signed: {error}"), Some("key-format")))?;
        self.runtime.block_on(self.http.send(&call)).map_err(|error| failed(error.to_string(), None))
    }
}

fn observed(answer: &Answer) -> Observed {
    // What comes over the wire is not shown at any length.
    let short = |text: String| text.chars().filter(|c| !c.is_control()).take(300).collect::<String>();
    Observed::Answer(Box::new(Seen {
        status: answer.status,
        code: answer.code().map(short),
        message: answer.message().map(short),
        request_id: answer.request_id(),
        date: answer.headers.get("date").map(str::to_owned),
        body: answer.json().unwrap_or_default(),
    }))
}
