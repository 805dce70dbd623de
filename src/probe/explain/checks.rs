//! The checks that need no request, as witnesses.

use super::Explainer;
use crate::catalog;
use crate::diagnose::{Case, Witness};
use crate::probe::matrix::Row;
use crate::probe::observe::{Observation, Shown};
use crate::probe::preflight::{self, Api, Setup, Strength, Value};
use crate::probe::{Target, Task, is_endpoint};

/// The check that finds a model's name in the catalogue.
const UNKNOWN_MODEL: &str = "model";
/// The check that compares the regions of configuration and URL.
const REGIONS: &str = "regions";

impl Explainer<'_> {
    /// Runs the checks that need no request.
    pub(super) fn check_locally(
        &self,
        credential: usize,
        plane: &str,
        row: &Row,
        seen: Option<&Observation>,
        case: &mut Case,
    ) {
        let Some(known) = self.lab.credentials.get(credential) else { return };
        let target = &self.lab.target;
        let url = seen.map(|seen| self.canonical(&seen.url));
        let ids = ids(target, Some(plane));
        let inference = plane.starts_with("inference");
        let others: Vec<(&str, &str)> = self
            .others
            .iter()
            .filter(|(origin, user, _)| *origin != known.origin && *user != known.held.user)
            .map(|(origin, _, fingerprint)| (origin.as_str(), fingerprint.as_str()))
            .collect();
        let files: Vec<(&str, u32)> =
            known.held.files.iter().map(|(path, mode)| (path.as_str(), *mode)).collect();
        let token = self.lab.session_made(credential).and_then(|session| session.token());
        let session = known.method == "session-token";
        // The URL may lead to another region than the configuration means.
        let place = self.plan.cells.get(row.cell).and_then(|cell| cell.place.as_ref());
        let configured = place.map(|place| place.region.as_str()).or(row.region.as_deref());
        let setup = Setup {
            now: Some(self.lab.around.now()),
            url: url.as_deref(),
            plane: Some(plane),
            region: configured,
            auth_method: Some(known.method),
            user: known.held.user.as_deref(),
            tenancy: known.held.tenancy.as_deref(),
            fingerprint: known.held.fingerprint.as_deref(),
            others: &others,
            key: known.held.key.as_ref().map(Result::as_ref),
            token: if session { known.held.token.as_ref() } else { token },
            files: &files,
            secret: known.held.secret.as_ref(),
            mixed: known.held.mixed.as_deref(),
            ids: &ids,
            model: case.model.as_deref().filter(|_| inference),
            api: api(plane, target).filter(|_| inference),
            dedicated: case.model.as_deref().is_some_and(is_endpoint),
            ..Setup::default()
        };
        let found = preflight::all(&setup);
        case.witnesses.extend(self.elsewhere(&setup, &found, configured));
        case.witnesses.extend(agreeing(&ids, &found, configured));
        // Bad practice is no reason for a failure.
        case.witnesses.extend(found.iter().filter_map(witness));
        if let Some(evidence) = seen
            .and_then(|seen| seen.date.as_deref())
            .and_then(|date| preflight::clock(self.lab.around.now(), date))
            && seen.is_some_and(|seen| seen.authenticated != Shown::Yes)
        {
            case.witnesses.extend(witness(&evidence));
        }
    }

    /// That the region called lacks the model follows from an address in another region than the one that is configured,
    /// where that one has the model.
    fn elsewhere(
        &self,
        setup: &Setup<'_>,
        found: &[preflight::Evidence],
        configured: Option<&str>,
    ) -> Option<Witness> {
        let (region, model) = (configured?, setup.model?);
        let differ = found.iter().any(|evidence| evidence.check == REGIONS);
        let known = catalog::model(model).is_some_and(|known| known.in_region(region).is_some());
        let today = self.lab.today();
        let offered = preflight::model(model, region, setup.api, setup.auth_method, !setup.dedicated, &today)
            .is_empty();
        (differ && known && offered).then(|| {
            let text = format!("the region that is configured, `{region}`, offers `{model}`");
            let less = -4.0;
            let supports = [
                ("region-url-mismatch", 3.0),
                ("region-model-unavailable", less),
                ("model-dedicated-only", less),
                ("model-retired", less),
            ];
            Witness::with("catalogue", text, &supports)
        })
    }
}

/// OCIDs that lie in the region that is configured are right where only the address leads elsewhere.
fn agreeing(ids: &[Value<'_>], found: &[preflight::Evidence], configured: Option<&str>) -> Option<Witness> {
    let region = configured.filter(|_| found.iter().any(|evidence| evidence.check == REGIONS))?;
    let own = |value: &&Value<'_>| {
        let named = preflight::Ocid::parse(value.text).and_then(|ocid| catalog::region(ocid.region?));
        named.is_some_and(|named| catalog::region(region).is_some_and(|region| region.name == named.name))
    };
    let value = ids.iter().find(own)?;
    let text =
        format!("{} lies in `{region}`, as configured, so that the address is what differs", value.name);
    let less = -8.0;
    let supports = [
        ("region-url-mismatch", 5.0),
        ("wrong-project-ocid", less),
        ("key-region-mismatch", less),
        ("wrong-ocid", -2.0),
    ];
    Some(Witness::with("request", text, &supports))
}

/// How much a local check counts, by its strength.
fn weight(strength: Strength) -> f64 {
    match strength {
        // What is certain outweighs all that an answer suggests.
        Strength::Certain => 9.0,
        Strength::Likely => 3.0,
        Strength::Possible => 0.6,
    }
}

/// A local check as a witness; none for what is no reason to fail.
pub(super) fn witness(evidence: &preflight::Evidence) -> Option<Witness> {
    let cause = evidence.cause?;
    let text = match &evidence.instead {
        Some(instead) => format!("{} (instead: {instead})", evidence.text),
        None => evidence.text.clone(),
    };
    let mut witness = Witness::of("local-check", text, cause, weight(evidence.strength));
    if evidence.check == REGIONS {
        // That the region called lacks something follows from it.
        let follows =
            ["region-model-unavailable", "key-region-mismatch", "model-dedicated-only", "wrong-project-ocid"];
        witness.supports.extend(follows.map(|cause| (cause.to_owned(), -1.5)));
        witness.supports.push(("region-url-mismatch".to_owned(), 1.5));
    }
    if evidence.check == UNKNOWN_MODEL {
        // The catalogue lists what is retired too: a name that it doesn't know was hardly ever offered.
        witness.supports.push(("region-model-unavailable".to_owned(), 0.8));
        witness.supports.push(("model-retired".to_owned(), -1.5));
    }
    Some(witness)
}

/// The OCIDs of a target that a call to a plane names, as the checks take them.
pub(crate) fn ids<'t>(target: &'t Target, plane: Option<&str>) -> Vec<Value<'t>> {
    use catalog::Place;
    let of_agents = plane.is_some_and(|plane| plane.starts_with("agent"));
    let agent = target.agent_endpoint.as_deref().filter(|_| of_agents);
    let endpoint = target.model.as_deref().filter(|model| is_endpoint(model) && !of_agents);
    [
        ("compartment", target.compartment.as_deref(), Place::Compartment),
        ("OpenAI-Project", target.project.as_deref(), Place::Project),
        ("the agent endpoint", agent, Place::AgentEndpoint),
        ("the endpoint", endpoint, Place::Model),
    ]
    .into_iter()
    .filter_map(|(name, text, place)| Some(Value { name, text: text?, place }))
    .collect()
}

/// The API that a task is called by on a plane.
pub(crate) fn api(plane: &str, target: &Target) -> Option<Api> {
    match (plane, target.task) {
        ("inference-openai", Task::Responses) => Some(Api::Responses),
        ("inference-openai", Task::Chat) => Some(Api::ChatCompletions),
        ("inference", Task::Chat) => Some(Api::Native(target.sends.format)),
        ("inference", Task::Embed) => Some(Api::Embed),
        ("inference", Task::Rerank) => Some(Api::Rerank),
        _ => None,
    }
}
