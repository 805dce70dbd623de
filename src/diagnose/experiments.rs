//! What may be tried after a failed call, and what each cause predicts of it. Data in, typed look-ups out.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// What an experiment showed, compared with the call that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It went through, or was refused only for its deliberately empty body.
    Works,
    /// The same answer as the failed call.
    Same,
    /// The one text for a missing right and an absent object.
    NotAuthorized,
    /// A 401.
    NotAuthenticated,
    /// `Entity with key … not found`.
    EntityNotFound,
    /// Another 400 or 422.
    BadRequest,
    /// The host says that it serves no such path.
    PathNotServed,
    /// A 429.
    Throttled,
    /// A 5xx.
    ServerError,
    /// No answer: name, connection or TLS.
    Unreachable,
    /// Anything else.
    Other,
    /// A look found what it looked for.
    Yes,
    /// A look did not.
    No,
    /// A look found it, made or begun minutes ago.
    Recent,
}

/// An answer, as far as outcomes go by it. No status means that none came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Answer<'a> {
    /// HTTP status.
    pub status: Option<u16>,
    /// The message of the body.
    pub message: &'a str,
}

impl Outcome {
    /// How the answer of an experiment compares with the answer of the call that failed. Names, OCIDs and ids in
    /// the messages don't count: `Entity with key a not found` is the same answer as `Entity with key b not found`.
    pub fn of(failed: Answer<'_>, now: Answer<'_>) -> Outcome {
        let kind = Outcome::kind(now);
        match kind {
            Outcome::Works => Outcome::Works,
            _ if failed.status == now.status && kind == Outcome::kind(failed) => match kind {
                Outcome::BadRequest | Outcome::Other if wording(failed.message) != wording(now.message) => {
                    kind
                }
                _ => Outcome::Same,
            },
            kind => kind,
        }
    }

    fn kind(answer: Answer<'_>) -> Outcome {
        let text = answer.message.to_ascii_lowercase();
        match answer.status {
            None => Outcome::Unreachable,
            Some(200..=399) => Outcome::Works,
            Some(401) => Outcome::NotAuthenticated,
            Some(404) if text.contains("entity with key") => Outcome::EntityNotFound,
            Some(404) if text.contains("map to a registered service") => Outcome::PathNotServed,
            Some(404) if text.contains("authoriz") => Outcome::NotAuthorized,
            Some(400 | 422) => Outcome::BadRequest,
            Some(429) => Outcome::Throttled,
            Some(500..=599) => Outcome::ServerError,
            Some(_) => Outcome::Other,
        }
    }
}

/// The words of a message without its names, numbers and ids.
pub(super) fn wording(message: &str) -> String {
    let plain =
        |word: &&str| word.chars().all(|character| character.is_alphabetic() || ".,!:;".contains(character));
    message.split_whitespace().filter(plain).collect::<Vec<_>>().join(" ").to_lowercase()
}

/// What must be at hand for an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// The answer of the failed call, with its headers.
    Answer,
    /// The token that signed the call.
    Token,
    /// The private key that signed the call.
    SigningKey,
    /// Any credential that signs requests.
    SigningCredential,
    /// The failed call carried a GenAI API key.
    Bearer,
    /// The other secret of that key.
    OtherSecret,
    /// A credential of another principal.
    OtherPrincipal,
    /// A profile of the config file that is not in use.
    OtherProfile,
    /// A credential of another auth method in the same profile.
    OtherMethod,
    /// Policies that grant the call as far as they are known.
    GrantingPolicy,
    /// The tenancy's OCID.
    Tenancy,
    /// The home region's name.
    HomeRegion,
    /// Another region where the call may be made.
    OtherRegion,
    /// The compartment's OCID.
    Compartment,
    /// The OCID of another compartment, such as the one that a statement names.
    OtherCompartment,
    /// An address that a person named, beside the one that the region's name leads to.
    NamedAddress,
    /// The failed call had a body or format of the client's own.
    OwnForm,
    /// A project's OCID.
    Project,
    /// The failed call sent a project.
    ProjectSent,
    /// The failed call names a resource by OCID.
    ResourceOcid,
    /// A model that the catalogue knows to be served in the region.
    KnownGoodModel,
    /// The failed call names a model.
    ModelCall,
    /// The failed call was to Responses, Conversations or files.
    ResponsesCall,
    /// The failed call was to the OpenAI-compatible plane.
    OpenaiCall,
    /// The service has another operation that can be called harmlessly.
    SiblingOperation,
    /// Waiting is allowed.
    Time,
}

impl Need {
    /// What to give, in words that follow "needs".
    pub fn words(self) -> &'static str {
        match self {
            Need::Answer => "the answer with its headers",
            Need::Token => "the token",
            Need::SigningKey => "the private key",
            Need::SigningCredential => "a credential that signs requests",
            Need::Bearer => "a GenAI API key",
            Need::OtherSecret => "the key's other secret",
            Need::OtherPrincipal => "a credential of another principal",
            Need::OtherProfile => "another profile",
            Need::OtherMethod => "another auth method in the same profile",
            Need::GrantingPolicy => "the policies that are meant to grant the call",
            Need::Tenancy => "the tenancy's OCID",
            Need::HomeRegion => "the home region",
            Need::OtherRegion => "another region",
            Need::Compartment => "the compartment's OCID",
            Need::OtherCompartment => "another compartment's OCID",
            Need::NamedAddress => "a call to an address that was named",
            Need::OwnForm => "the body that the client sends",
            Need::Project => "a project's OCID",
            Need::ProjectSent => "a call that sends a project",
            Need::ResourceOcid => "a call that names a resource",
            Need::KnownGoodModel => "a model that the region serves",
            Need::ModelCall => "a call that names a model",
            Need::ResponsesCall => "a call to Responses",
            Need::OpenaiCall => "a call to the OpenAI-compatible API",
            Need::SiblingOperation => "a sibling operation",
            Need::Time => "leave to wait",
        }
    }
}

/// How likely each outcome is.
type Likelihoods = BTreeMap<Outcome, f64>;

#[derive(Clone, Debug, Deserialize)]
struct Prediction {
    causes: Vec<String>,
    #[allow(dead_code, reason = "for the reader of the data; checked to be there")]
    source: String,
    #[allow(dead_code, reason = "for the reader of the data; checked to be one of four words")]
    certainty: String,
    #[serde(flatten)]
    outcomes: Likelihoods,
}

/// One thing that may be tried.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// What is done, in the imperative.
    pub asks: String,
    /// What must be at hand.
    pub needs: Vec<Need>,
    /// Requests sent; 0 looks at what is there already.
    pub requests: u32,
    /// Seconds to wait before the request.
    #[serde(default)]
    pub waits: u32,
    /// Whether a request may cost tokens.
    #[serde(default)]
    pub paid: bool,
    /// The catalogue's probe that carries it out, where there is one.
    #[serde(default)]
    pub probe: Option<String>,
    says: BTreeMap<Outcome, String>,
    default: Likelihoods,
    predicts: Vec<Prediction>,
}

/// No outcome is held for less likely than this under any cause, so that one answer never decides for ever.
const LEAST: f64 = 0.02;
/// No outcome is held for more likely than this.
const MOST: f64 = 0.98;
/// The outcomes that share what a row leaves open.
const OPEN: f64 = 4.0;

impl Experiment {
    /// How likely the outcome is if this is the cause, within fixed bounds.
    pub fn likelihood(&self, cause: &str, outcome: Outcome) -> f64 {
        let row = self.predicts.iter().find(|row| row.causes.iter().any(|name| name == cause));
        let stated = row.map_or(&self.default, |row| &row.outcomes);
        let left = 1.0 - stated.values().sum::<f64>();
        stated.get(&outcome).copied().unwrap_or(left / OPEN).clamp(LEAST, MOST)
    }

    /// The outcomes that some row names.
    pub fn outcomes(&self) -> impl Iterator<Item = Outcome> + '_ {
        self.says.keys().copied()
    }

    /// What the outcome shows, in a sentence.
    pub fn says(&self, outcome: Outcome) -> String {
        self.says.get(&outcome).cloned().unwrap_or_else(|| {
            let how = match outcome {
                Outcome::Works | Outcome::Yes => "goes through",
                Outcome::Same => "fails alike",
                Outcome::No => "finds nothing",
                Outcome::NotAuthorized => "gets the authorization text",
                Outcome::NotAuthenticated => "gets a 401",
                Outcome::EntityNotFound => "gets an entity that is not found",
                Outcome::BadRequest => "gets a 400",
                Outcome::PathNotServed => "finds a path that is not served",
                Outcome::Throttled => "gets a 429",
                Outcome::ServerError => "gets a server error",
                Outcome::Unreachable => "gets no answer",
                Outcome::Other => "gets another answer",
                Outcome::Recent => "finds what was made minutes ago",
            };
            format!("to {}: {how}", self.asks)
        })
    }
}

#[derive(Deserialize)]
struct File {
    #[allow(dead_code, reason = "kept so that the date is not taken for an experiment")]
    as_of: String,
    #[serde(flatten)]
    experiments: BTreeMap<String, Experiment>,
}

/// All experiments by name.
pub fn experiments() -> &'static BTreeMap<String, Experiment> {
    static EXPERIMENTS: OnceLock<BTreeMap<String, Experiment>> = OnceLock::new();
    EXPERIMENTS.get_or_init(|| {
        toml::from_str::<File>(include_str!("data/experiments.toml"))
            .map(|file| file.experiments)
            .unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_reads_and_names_known_causes_and_probes() {
        let file: Result<File, _> = toml::from_str(include_str!("data/experiments.toml"));
        assert_eq!(file.err().map(|error| error.to_string()), None);
        assert!(experiments().len() > 20);
        for (name, experiment) in experiments() {
            if let Some(probe) = &experiment.probe {
                assert!(crate::catalog::probe(probe).is_some(), "{name}: {probe}");
            }
            let mut seen = std::collections::BTreeSet::new();
            for row in &experiment.predicts {
                let certainties = ["documented", "observed", "seen-in-code", "inferred"];
                assert!(certainties.contains(&row.certainty.as_str()) && !row.source.is_empty(), "{name}");
                assert!(row.outcomes.values().sum::<f64>() <= 1.0, "{name}");
                for cause in &row.causes {
                    assert!(crate::diagnose::cause(cause).is_some(), "{name}: {cause}");
                    assert!(seen.insert(cause), "{name}: {cause} stands twice");
                }
                for outcome in row.outcomes.keys().chain(experiment.default.keys()) {
                    let told = experiment.says.contains_key(outcome) || *outcome != Outcome::Works;
                    assert!(told, "{name}: {outcome:?}");
                }
            }
        }
    }

    #[test]
    fn answers_compare_by_kind_and_not_by_the_names_in_them() {
        let of = |failed: (u16, &str), now: (u16, &str)| {
            let answer = |(status, message)| Answer { status: Some(status), message };
            Outcome::of(answer(failed), answer(now))
        };
        let text = (404, "Authorization failed or requested resource not found.");
        assert_eq!(of(text, text), Outcome::Same);
        assert_eq!(of(text, (404, "Entity with key made.up not found")), Outcome::EntityNotFound);
        assert_eq!(
            of((404, "Entity with key a.b not found"), (404, "Entity with key c.d not found")),
            Outcome::Same
        );
        assert_eq!(
            of((400, "Compartment ID must be provided."), (400, "Unsupported OpenAI operation")),
            Outcome::BadRequest
        );
        assert_eq!(of(text, (200, "")), Outcome::Works);
        let none = Answer::default();
        assert_eq!(Outcome::of(Answer { status: Some(404), message: "" }, none), Outcome::Unreachable);
    }
}
