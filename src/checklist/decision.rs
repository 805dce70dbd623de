//! Which auth method to use and why, and which can't work: each method is put to the same questions, and every
//! answer rests on a row of the catalogue or of this folder's data.

use crate::catalog::{self, AuthMethod, Support};

use super::facts::{self, Api, Basis, Call, Client, GENAI_API_KEY, Mode, Route, Workload, Worth};
use super::wish::{Wish, WishError};

/// A question that an auth method is put to, and the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The question, in a word: workload, plane, operation, client, model, region.
    pub question: &'static str,
    /// Whether the method passes.
    pub passed: bool,
    /// Whether it passes only because no source is sure that it doesn't.
    pub doubted: bool,
    /// The answer.
    pub text: String,
    /// What it rests on.
    pub basis: Basis,
}

/// An auth method with what was found about it.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its name.
    pub method: &'static str,
    /// In words.
    pub title: &'static str,
    /// Whether it can be taken.
    pub possible: bool,
    /// The lower, the sooner it is proposed; none when it is taken only if asked for.
    pub rank: Option<u8>,
    /// Question by question, in order; the first that fails ends it.
    pub trace: Vec<Answered>,
    /// The route that it would take, by its place among those of the call.
    pub route: Option<usize>,
    /// The client that it would be used with.
    pub client: Option<&'static str>,
}

impl Candidate {
    /// Why it can't be taken, or what speaks for it.
    pub fn because(&self) -> &str {
        let failed = self.trace.iter().find(|answer| !answer.passed);
        failed.or(self.trace.first()).map_or("", |answer| answer.text.as_str())
    }
}

/// What was decided.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The methods: the chosen one first, then those that could be taken, then the others.
    pub candidates: Vec<Candidate>,
    /// Whether the first of them is chosen.
    pub decided: bool,
    /// The method that was asked for.
    pub asked: Option<String>,
}

impl Decision {
    /// The method to use.
    pub fn chosen(&self) -> Option<&Candidate> {
        self.candidates.first().filter(|_| self.decided)
    }
}

/// The rows that a wish names, looked up once.
#[derive(Clone, Copy)]
pub(super) struct Subject<'w> {
    pub(super) wish: &'w Wish,
    pub(super) workload_name: &'static str,
    pub(super) workload: &'static Workload,
    pub(super) call_name: &'static str,
    pub(super) call: &'static Call,
    pub(super) region: &'w str,
}

impl<'w> Subject<'w> {
    pub(super) fn new(wish: &'w Wish) -> Result<Self, WishError> {
        wish.check()?;
        let missing = |field: &str| WishError {
            message: format!("the {field} isn't given"),
            help: format!("give --{field}, or write `{field} = \"…\"` into the file"),
        };
        let (workload_name, workload) =
            wish.workload.as_deref().and_then(facts::workload).ok_or_else(|| missing("workload"))?;
        let (call_name, call) = wish.call.as_deref().and_then(facts::call).ok_or_else(|| missing("call"))?;
        let region = wish.region.as_deref().ok_or_else(|| missing("region"))?;
        wish.compartment.as_deref().ok_or_else(|| missing("compartment"))?;
        let region = catalog::region(region).map_or(region, |row| row.name);
        Ok(Self { wish, workload_name, workload, call_name, call, region })
    }

    /// The model that the calls name, where they name one.
    pub(super) fn model(&self) -> Option<&'w str> {
        self.call.model.as_ref()?;
        self.wish.model.as_deref().or(self.call.default_model.as_deref())
    }

    /// The format of the model's requests on the native plane.
    pub(super) fn native(&self) -> Option<&'static str> {
        self.model().and_then(catalog::model).and_then(|row| row.native)
    }
}

/// Decides for a wish.
pub fn decide(wish: &Wish) -> Result<Decision, WishError> {
    let subject = Subject::new(wish)?;
    Ok(decide_for(&subject))
}

pub(super) fn decide_for(subject: &Subject<'_>) -> Decision {
    let mut candidates: Vec<Candidate> =
        catalog::auth_methods().iter().map(|method| candidate(subject, method)).collect();
    let asked = subject.wish.auth_method.clone();
    let is_asked = |method: &str| asked.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(method));
    candidates
        .sort_by_key(|one| (!is_asked(one.method), !one.possible, one.rank.unwrap_or(u8::MAX), one.method));
    let decided = candidates.first().is_some_and(|first| {
        first.possible && (is_asked(first.method) || (asked.is_none() && first.rank.is_some()))
    });
    Decision { candidates, decided, asked }
}

fn candidate(subject: &Subject<'_>, method: &'static AuthMethod) -> Candidate {
    let mut found = Candidate {
        method: method.name,
        title: method.title,
        possible: false,
        rank: None,
        trace: Vec::new(),
        route: None,
        client: None,
    };
    let Some((worth, why, basis)) = subject.workload.worth(method.name) else { return found };
    if let Worth::Rank(rank) = worth {
        found.rank = Some(rank);
    }
    let text = why.to_owned();
    found.trace.push(Answered { question: "workload", passed: worth.works(), doubted: false, text, basis });
    if !worth.works() {
        return found;
    }
    // A route with a client is worth more than one without, a certain one more than a doubted one. One that fails
    // late came nearer than one that fails at once: its reason says more.
    let tried = subject.call.routes.iter().enumerate().map(|(at, route)| {
        let (trace, client) = by_route(subject, method, route);
        let possible = trace.iter().all(|answer| answer.passed);
        (possible, client.filter(|_| possible), trace, at)
    });
    let best = tried.min_by_key(|(possible, client, trace, at)| {
        let doubted = trace.iter().any(|answer| answer.doubted);
        (
            !possible,
            client.is_none(),
            *possible && doubted,
            std::cmp::Reverse(if *possible { 0 } else { trace.len() }),
            *at,
        )
    });
    if let Some((possible, client, trace, at)) = best {
        found.trace.extend(trace);
        (found.possible, found.route, found.client) = (possible, possible.then_some(at), client);
    }
    found
}

type Questions<'q> = [&'q dyn Fn() -> Vec<Answered>];

fn by_route(
    subject: &Subject<'_>,
    method: &'static AuthMethod,
    route: &'static Route,
) -> (Vec<Answered>, Option<&'static str>) {
    let client = client_for(subject, method.name, route);
    let questions: &Questions<'_> = &[
        &|| planes(method, route),
        &|| operations(method, route),
        &|| region(subject, method, route),
        &|| model(subject, method, route),
        &|| vec![with_client(subject, method, route, client)],
    ];
    let mut trace = Vec::new();
    for question in questions {
        trace.extend(question());
        if let Some(at) = trace.iter().position(|answer| !answer.passed) {
            trace.truncate(at + 1);
            break;
        }
    }
    (trace, client.map(|(name, _)| name))
}

/// Whether the planes of the route take the method.
fn planes(method: &AuthMethod, route: &Route) -> Vec<Answered> {
    let rows = route.planes.iter().filter_map(|name| catalog::plane(name));
    rows.map(|plane| {
        let passed = plane.auth_methods.contains(&method.name);
        let text = match passed {
            true => format!("plane `{}` takes `{}`", plane.name, method.name),
            false => format!("plane `{}` takes {} only", plane.name, list(plane.auth_methods)),
        };
        Answered { question: "plane", passed, doubted: false, text, basis: Basis::of(&plane.fact) }
    })
    .collect()
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Whether GenAI API keys may call what the route calls. Other methods are held to permissions alone.
fn operations(method: &AuthMethod, route: &'static Route) -> Vec<Answered> {
    if method.name != GENAI_API_KEY {
        return Vec::new();
    }
    let rows = route.operations().map(|row| {
        let able = if row.api_key { "may be called" } else { "isn't documented to be callable" };
        let text = format!("`{}` {able} with a GenAI API key", row.name);
        Answered {
            question: "operation",
            passed: row.api_key,
            doubted: false,
            text,
            basis: Basis::of(&row.fact),
        }
    });
    rows.collect()
}

/// Whether GenAI API keys exist in the region. What else the region lacks is no matter of the method: a step says it.
fn region(subject: &Subject<'_>, method: &AuthMethod, _: &Route) -> Vec<Answered> {
    let Some(row) = catalog::region(subject.region).filter(|_| method.name == GENAI_API_KEY) else {
        return Vec::new();
    };
    let (passed, text) = match (row.api_keys, row.openai_compatible) {
        (true, _) => (true, format!("region `{}` is documented to have GenAI API keys", row.name)),
        (false, true) => (
            true,
            format!(
                "region `{}` has the OpenAI-compatible API; that it has GenAI API keys is seen, not documented",
                row.name
            ),
        ),
        (false, false) => (false, format!("region `{}` isn't known to have GenAI API keys", row.name)),
    };
    vec![Answered { question: "region", passed, doubted: !row.api_keys, text, basis: Basis::of(&row.fact) }]
}

/// Whether the model can be called so.
fn model(subject: &Subject<'_>, method: &AuthMethod, route: &Route) -> Vec<Answered> {
    let Some(row) = subject.model().and_then(catalog::model) else { return Vec::new() };
    let mut answers = Vec::new();
    let mut say = |support: Support, what: &str| {
        let (passed, word) = match support {
            Support::Yes => (true, "takes"),
            Support::No => (false, "doesn't take"),
            Support::Formerly => (false, "no longer takes"),
            Support::Disputed => (true, "takes by some sources, and not by others,"),
            Support::Unknown => (true, "isn't known to take or to refuse"),
        };
        let text = format!("model `{}` {word} {what}", row.name);
        let doubted = matches!(support, Support::Disputed | Support::Unknown);
        answers.push(Answered { question: "model", passed, doubted, text, basis: Basis::of(&row.fact) });
    };
    match route.api {
        Some(Api::ChatCompletions) => say(row.chat_completions, "Chat Completions"),
        Some(Api::Responses) => say(row.responses, "Responses"),
        Some(Api::Native) => {
            let native = if row.native.is_some() { Support::Yes } else { Support::No };
            say(native, "requests of the native API");
        }
        None => {}
    }
    if method.name == GENAI_API_KEY {
        say(row.api_key, "GenAI API keys");
    }
    answers
}

/// The client to take: the one that is wished for, else the first that can make the call so.
pub(super) fn client_for(
    subject: &Subject<'_>,
    method: &str,
    route: &Route,
) -> Option<(&'static str, &'static Mode)> {
    let exists = |name: &str, client: &Client| {
        let here = &subject.workload.clients;
        (here.is_empty() || here.iter().any(|one| one == name))
            && (client.workloads.is_empty()
                || client.workloads.iter().any(|one| one == subject.workload_name))
    };
    let able = |(name, client): (&'static str, &'static Client)| {
        let (native, dedicated) = (subject.native(), subject.wish.dedicated);
        let mode = client.mode(subject.call_name, route.plane(), method, native, dedicated);
        let mode = mode.filter(|_| exists(name, client))?;
        Some((client.rank, name, mode))
    };
    let found = match subject.wish.client.as_deref() {
        Some(wished) => facts::client(wished).and_then(able),
        None => {
            let all = facts::clients().iter().map(|(name, client)| (name.as_str(), client));
            all.filter_map(able).min_by_key(|(rank, name, _)| (*rank, *name))
        }
    };
    found.map(|(_, name, mode)| (name, mode))
}

fn with_client(
    subject: &Subject<'_>,
    method: &AuthMethod,
    route: &Route,
    client: Option<(&'static str, &'static Mode)>,
) -> Answered {
    let answer = |passed, text, basis| Answered { question: "client", passed, doubted: false, text, basis };
    let row = |name: &str| facts::client(name).map(|(_, row)| row);
    match (client, subject.wish.client.as_deref()) {
        (Some((name, _)), _) => {
            let (title, basis) =
                row(name).map_or((name, route.basis()), |row| (row.title.as_str(), row.basis()));
            answer(
                true,
                format!("{title} makes the call on plane `{}` with `{}`", route.plane(), method.name),
                basis,
            )
        }
        (None, Some(wished)) => {
            let (title, basis) =
                row(wished).map_or((wished, route.basis()), |row| (row.title.as_str(), row.basis()));
            let (call, plane) = (subject.call_name, route.plane());
            let otherwise = row(wished).and_then(|row| row.mode(call, plane, method.name, None, false));
            let text = match (otherwise, subject.native()) {
                (Some(_), Some(native)) => {
                    let mode = if subject.wish.dedicated { " on a dedicated AI cluster" } else { "" };
                    format!(
                        "{title} isn't known to write requests in the format {native}, which model `{}` takes{mode}",
                        subject.model().unwrap_or_default()
                    )
                }
                _ => format!(
                    "{title} isn't known to call {} on plane `{plane}` with `{}` from {}",
                    subject.call.title, method.name, subject.workload.title
                ),
            };
            answer(false, text, basis)
        }
        // No client of ours, but the service takes the call: it can be made by hand.
        (None, None) => {
            let text = format!(
                "no client of the list makes the call on plane `{}` with `{}`; it can be made over HTTP",
                route.plane(),
                method.name
            );
            answer(true, text, route.basis())
        }
    }
}
