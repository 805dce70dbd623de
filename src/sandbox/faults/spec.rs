//! How a fault is written: `NAME[=VALUE][@WHERE[,WHERE…]]`.

use std::time::Duration;

use jiff::SignedDuration;

use super::Moment;
use crate::catalog;
use crate::sandbox::call::{Call, Caller, Route};

/// A fault as it was written, and what it means.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    text: String,
    pub(super) effect: Effect,
    places: Vec<Where>,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Effect {
    /// An error text of the catalogue, by its name, and how long after its first bite it is over.
    Text(&'static str, Option<Duration>),
    /// The service's clock is ahead of its clients'.
    Skew(SignedDuration),
    /// What was changed takes this long to be in force, from the moment that the fault is.
    Propagation(Duration),
    /// An error of this status.
    Status(u16),
    /// The answer takes this long.
    Slow(Duration),
    /// The connection ends without an answer.
    HangUp,
    /// The connection ends after so many bytes of the body.
    Truncate(usize),
    /// A proxy answers with a page.
    Html(u16),
    /// Another host is to be asked.
    Redirect(String),
    /// Something answers TLS with a certificate of its own.
    TlsInterception,
    /// Something on the way puts this in place of the Content-Type.
    ContentType(String),
    /// The compartment is read from this header only.
    CompartmentOnlyIn(String),
    /// A gateway answers every error with one of its own of this status.
    Masked(u16),
    /// Another vendor's API answers.
    OtherVendor,
}

/// Where a fault bites; all that are named must fit, one of each kind.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Where {
    Plane(&'static str),
    Region(&'static str),
    AuthMethod(&'static str),
    Operation(&'static str),
    Model(String),
}

/// When a fault bites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Before the service knows who calls.
    Before,
    /// Once it knows.
    Known,
    /// When the answer is ready.
    After,
    /// Not in the way of a single request.
    Never,
}

impl When {
    pub(super) fn is(self, moment: Moment<'_>) -> bool {
        matches!(
            (self, moment),
            (When::Before, Moment::Routed(_))
                | (When::Known, Moment::Authenticated(..))
                | (When::After, Moment::Answered(..))
        )
    }
}

/// Why a fault can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecError(String);

impl std::fmt::Display for SpecError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SpecError {}

const OWN: &[(&str, &str)] = &[
    ("skew=TIME", "the service's clock is ahead, or behind with a minus sign"),
    ("propagation=TIME", "what was changed is in force only after this time"),
    ("slow=TIME", "each answer takes this much longer"),
    ("drop", "the connection ends without an answer"),
    ("truncate[=BYTES]", "the connection ends in the middle of the body"),
    ("status=CODE", "an error of this HTTP status"),
    ("outage", "503 from everything"),
    ("html[=CODE]", "a proxy answers with a page"),
    ("redirect=URL", "307 to another host"),
    ("tls-interception", "something answers TLS with a certificate of its own"),
    ("content-type=VALUE", "something on the way rewrites the Content-Type of bodies"),
    ("compartment-only-in=HEADER", "the compartment is read from this header only"),
    ("masked[=CODE]", "a gateway answers every error with one of its own"),
    ("other-vendor", "another vendor's API answers"),
];

impl Spec {
    /// Reads a fault.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        let text = text.trim();
        // A URL may hold an `@`; places come after the last one.
        let (what, places) = match text.rsplit_once('@') {
            Some((what, places)) if !places.contains('/') => (what, Some(places)),
            _ => (text, None),
        };
        let (name, value) = match what.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim())),
            None => (what.trim(), None),
        };
        let effect = effect(name, value)?;
        let places = places.into_iter().flat_map(|places| places.split(',')).map(place);
        Ok(Self { text: text.to_owned(), effect, places: places.collect::<Result<_, _>>()? })
    }

    /// The fault as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Every fault there is, with what it does.
    pub fn all() -> Vec<(String, String)> {
        let own = OWN.iter().map(|(name, what)| ((*name).to_owned(), (*what).to_owned()));
        let texts = catalog::error_texts().iter().filter(|text| text.status.is_some());
        own.chain(texts.map(|text| (text.name.to_owned(), text.condition.to_owned()))).collect()
    }

    pub(super) fn moment(&self) -> When {
        let needs_caller = self.places.iter().any(|place| matches!(place, Where::AuthMethod(_)));
        match &self.effect {
            Effect::Skew(_) | Effect::TlsInterception | Effect::ContentType(_) => When::Never,
            Effect::Truncate(_) | Effect::Masked(_) => When::After,
            Effect::Propagation(_) | Effect::CompartmentOnlyIn(_) => When::Known,
            _ if needs_caller => When::Known,
            // Who can't be authenticated is told that first.
            Effect::Text(name, _) => {
                let status = catalog::error_text(name).and_then(|text| text.status).unwrap_or_default();
                let of_keys = name.starts_with("key-");
                if status == 401 || status >= 500 || of_keys { When::Before } else { When::Known }
            }
            _ => When::Before,
        }
    }

    pub(super) fn is_about(&self, call: &Call, route: Option<&Route>, caller: Option<&Caller>) -> bool {
        // A call that names no project can't be refused for one.
        let project = matches!(self.effect, Effect::Text("new-project" | "invalid-project", _));
        if project && call.headers.get("openai-project").is_none() {
            return false;
        }
        self.places.iter().all(|place| {
            // Of several places of one kind one has to fit.
            let same = |other: &&Where| std::mem::discriminant(*other) == std::mem::discriminant(place);
            self.places.iter().filter(same).any(|place| match place {
                Where::Plane(name) => route.is_some_and(|route| route.plane.name == *name),
                Where::Operation(name) => route.is_some_and(|route| route.operation.name == *name),
                Where::Region(name) => call.region == *name,
                Where::AuthMethod(name) => caller.is_some_and(|caller| caller.auth_method == *name),
                Where::Model(name) => model_of(call).is_some_and(|model| model == *name),
            })
        })
    }
}

fn effect(name: &str, value: Option<&str>) -> Result<Effect, SpecError> {
    let time = || {
        let text = value.ok_or_else(|| SpecError(format!("`{name}` takes a time: `{name}=20m`")))?;
        let wrong = |_| SpecError(format!("`{text}` is no length of time; write `30s`, `20m` or `1h 30m`"));
        text.parse::<SignedDuration>().map_err(wrong)
    };
    let forward = || {
        time().and_then(|time| {
            Duration::try_from(time).map_err(|_| SpecError(format!("`{name}` takes no time below zero")))
        })
    };
    let number = |text: &str| {
        text.parse::<u16>()
            .ok()
            .filter(|status| (100..=599).contains(status))
            .ok_or_else(|| SpecError(format!("`{text}` is no HTTP status")))
    };
    Ok(match name {
        "skew" => Effect::Skew(time()?),
        "propagation" => Effect::Propagation(forward()?),
        "slow" => Effect::Slow(forward()?),
        "drop" => Effect::HangUp,
        "truncate" => match value {
            None => Effect::Truncate(20),
            Some(text) => Effect::Truncate(
                text.parse().map_err(|_| SpecError(format!("`{text}` is no number of bytes")))?,
            ),
        },
        "status" => Effect::Status(number(
            value.ok_or_else(|| SpecError("`status` takes an HTTP status: `status=503`".to_owned()))?,
        )?),
        "outage" => Effect::Status(503),
        "html" => Effect::Html(value.map_or(Ok(200), number)?),
        "redirect" => Effect::Redirect(
            value
                .ok_or_else(|| {
                    SpecError("`redirect` takes a URL: `redirect=https://other.example`".to_owned())
                })?
                .to_owned(),
        ),
        "tls-interception" => Effect::TlsInterception,
        "content-type" => Effect::ContentType(
            value
                .ok_or_else(|| {
                    SpecError("`content-type` takes a value: `content-type=text/plain`".to_owned())
                })?
                .to_owned(),
        ),
        "compartment-only-in" => Effect::CompartmentOnlyIn(
            value
                .filter(|name| !name.is_empty())
                .ok_or_else(|| {
                    SpecError(
                        "`compartment-only-in` takes a header: `compartment-only-in=CompartmentId`"
                            .to_owned(),
                    )
                })?
                .to_owned(),
        ),
        "masked" => Effect::Masked(value.map_or(Ok(500), number)?),
        "other-vendor" => Effect::OtherVendor,
        _ => match catalog::error_text(name).filter(|text| text.status.is_some()) {
            Some(text) => Effect::Text(text.name, value.map(|_| forward()).transpose()?),
            None => return Err(unknown(name)),
        },
    })
}

fn unknown(name: &str) -> SpecError {
    let names = Spec::all();
    let bare = |name: &str| name.split(['=', '[']).next().unwrap_or_default().to_owned();
    let near = names
        .iter()
        .map(|(known, _)| bare(known))
        .map(|known| (strsim::damerau_levenshtein(&known, name), known))
        .min()
        .filter(|(distance, known)| *distance <= known.len() / 3 + 1);
    SpecError(match near {
        Some((_, near)) => format!("`{name}` is no fault; write `{near}`"),
        None => format!("`{name}` is no fault; `--fault list` shows them all"),
    })
}

fn place(word: &str) -> Result<Where, SpecError> {
    let word = word.trim();
    if let Some(plane) = catalog::plane(word) {
        return Ok(Where::Plane(plane.name));
    }
    if let Some(region) = catalog::region(word) {
        return Ok(Where::Region(region.name));
    }
    if let Some(method) = catalog::auth_method(word) {
        return Ok(Where::AuthMethod(method.name));
    }
    if let Some(operation) = catalog::operation(word) {
        return Ok(Where::Operation(operation.name));
    }
    if word.contains('.') {
        return Ok(Where::Model(word.to_owned()));
    }
    Err(SpecError(format!("`{word}` is no plane, region, auth method, operation or model")))
}

/// The model that a call names in its body or path.
pub(super) fn model_of(call: &Call) -> Option<String> {
    let body = call.json()?;
    let named = body.get("model").or_else(|| body.get("servingMode")?.get("modelId"));
    named?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_a_name_a_value_and_places() {
        let spec = Spec::parse("skew=-20m").unwrap();
        assert_eq!(spec.effect, Effect::Skew(SignedDuration::from_mins(-20)));
        let spec = Spec::parse("model-retired@inference,us-chicago-1,meta.llama-3.3-70b-instruct").unwrap();
        assert_eq!(spec.effect, Effect::Text("model-retired", None));
        assert_eq!(spec.places.len(), 3);
        let spec = Spec::parse("new-iam-key=2m@eu-frankfurt-1").unwrap();
        assert_eq!(spec.effect, Effect::Text("new-iam-key", Some(Duration::from_secs(120))));
        let spec = Spec::parse("redirect=https://user@other.example/x").unwrap();
        assert_eq!(spec.effect, Effect::Redirect("https://user@other.example/x".into()));
    }

    #[test]
    fn every_fault_that_is_listed_can_be_written() {
        for (name, _) in Spec::all() {
            let written = match name.split_once('=') {
                Some((bare, "TIME")) => format!("{bare}=5m"),
                Some((bare, "URL")) => format!("{bare}=https://other.example"),
                Some((bare, "CODE")) => format!("{bare}=500"),
                Some((bare, "VALUE")) => format!("{bare}=text/plain"),
                Some((bare, "HEADER")) => format!("{bare}=CompartmentId"),
                _ => name.split('[').next().unwrap().to_owned(),
            };
            assert!(Spec::parse(&written).is_ok(), "{written}");
        }
    }

    #[test]
    fn what_is_no_fault_is_answered_with_what_would_be_one() {
        let said = |text: &str| Spec::parse(text).unwrap_err().to_string();
        assert_eq!(said("skwe=5m"), "`skwe` is no fault; write `skew`");
        assert_eq!(said("zzzzzzzzzzz"), "`zzzzzzzzzzz` is no fault; `--fault list` shows them all");
        assert_eq!(said("slow"), "`slow` takes a time: `slow=20m`");
        assert_eq!(said("slow=-3s"), "`slow` takes no time below zero");
        assert_eq!(said("status=9000"), "`9000` is no HTTP status");
        assert_eq!(said("drop@mars"), "`mars` is no plane, region, auth method, operation or model");
    }
}
