//! Carries out the experiments that tell causes apart: `diagnose` chooses, this sends, compares and reports back.

mod look;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use super::ask::{Ask, ProjectHeader, Task, known_good};
use super::config::{Place, place};
use super::evaluator::Testimony;
use super::explain::{Explainer, Finding};
use super::lab::Sent;
use super::matrix::{Row, reason};
use super::observe::{Observation, Occasion, Shown};
use super::sends::{ClientSends, Compartments};
use super::{Target, is_endpoint, preflight};
use crate::catalog;
use crate::diagnose::Case;
use crate::diagnose::ladder::{
    Answer, Choice, Need, Outcome, Reason, Seen, Step, Stop, belief, is_alike, next, says_alike,
};

/// Requests that one failure may cost beside those of the matrix.
pub const MOST_EXPERIMENTS: u32 = 8;
/// The experiments that read a list.
const LISTS: [&str; 7] = [
    "home-region-subscriptions",
    "limits",
    "key-state",
    "key-and-policy",
    "get-project",
    "registered-key",
    "stored-policies",
];
/// The experiment that waits.
const WAIT: &str = "wait-and-repeat";
/// Other profiles that are tried.
const MOST_PROFILES: usize = 2;
/// The name of no model.
const IMPOSSIBLE_MODEL: &str = "ociam.no-such-model";
/// Compartments that are tried when no statement says where rights are.
const MOST_COMPARTMENTS: usize = 3;

/// A failed call and what may be tried about it.
struct Bench<'a> {
    explainer: &'a Explainer<'a>,
    credential: usize,
    ask: Ask,
    place: Place,
    failed: Observation,
    /// The failed cell.
    row: Row,
    /// What the policies at hand say.
    testimony: &'a Testimony,
    /// The region that the credential and the arguments mean, whatever address was named.
    meant: Place,
    /// Whether may be waited, and for how many seconds if not as long as is usual.
    wait: Option<Option<u64>>,
}

/// What the ladder found out.
#[derive(Debug, Default)]
pub struct Climbed {
    /// The experiments, in order.
    pub seen: Vec<Seen>,
    /// The same in words.
    pub tried: Vec<String>,
    /// What would decide what is still open, in words.
    pub open: Vec<String>,
}

/// Experiments until one cause stands out or nothing that is at hand helps. `rows` are evidence that costs nothing.
pub async fn climb(
    explainer: &Explainer<'_>,
    rows: &[Row],
    group: &[usize],
    (case, testimony): (&Case, &Testimony),
    wait: Option<Option<u64>>,
    budget: u32,
) -> Climbed {
    let mut climbed = Climbed::default();
    let Some(bench) = Bench::new(explainer, rows, group, testimony, wait) else { return climbed };
    for (name, outcome, words) in bench.already_seen(rows) {
        note(&mut climbed, name, outcome, &words);
    }
    let mut at_hand = bench.at_hand();
    // One is kept for the end, where it may be waited.
    let mut left = budget.saturating_sub(u32::from(wait.is_some()));
    loop {
        let requests = left.min(explainer.lab.left());
        match next(&belief(case, &climbed.seen), &climbed.seen, &at_hand, requests) {
            Step::Stop(stop) if bench.may_wait(&stop, &climbed) => {
                // A person who lets it wait wants to know, however little it seems to promise.
                let name = WAIT;
                let choice = crate::diagnose::ladder::experiments().get_key_value(name);
                let seen = match choice {
                    Some((_, experiment)) => bench.repeat_later(name, experiment.waits).await,
                    None => None,
                };
                match seen {
                    Some((outcome, words)) => note(&mut climbed, name, outcome, &words),
                    None => climbed.seen.push(Seen { experiment: name, outcome: Outcome::Other }),
                }
            }
            Step::Stop(stop) => {
                climbed.open = would_decide(&stop, bench.failed.status.is_none());
                return climbed;
            }
            Step::Try(choice) => {
                let before = explainer.lab.left();
                match bench.carry_out(&choice).await {
                    Some((outcome, words)) => note(&mut climbed, choice.name, outcome, &words),
                    // It can't be made here: it is as if one of its needs weren't at hand.
                    None => climbed.seen.push(Seen { experiment: choice.name, outcome: Outcome::Other }),
                }
                left = left.saturating_sub(before.saturating_sub(explainer.lab.left()));
                if explainer.lab.left() == 0 {
                    at_hand.retain(|need| matches!(need, Need::Answer | Need::Token | Need::SigningKey));
                }
            }
        }
    }
}

fn note(climbed: &mut Climbed, name: &'static str, outcome: Outcome, words: &str) {
    let Some(experiment) = crate::diagnose::ladder::experiments().get(name) else { return };
    climbed.seen.push(Seen { experiment: name, outcome });
    let says = experiment.says(outcome);
    climbed.tried.push(if words.is_empty() { says } else { format!("{says} ({words})") });
}

fn would_decide(stop: &Stop, silent: bool) -> Vec<String> {
    if stop.reason == Reason::Decided {
        return Vec::new();
    }
    let mut open: Vec<String> = stop
        .would_decide
        .iter()
        // Without an answer there is nothing to look at in it.
        .filter(|wish| !(silent && wish.lacks.contains(&Need::Answer)))
        .map(|wish| {
            let lacks: Vec<&str> = wish.lacks.iter().map(|need| need.words()).collect();
            match lacks.is_empty() {
                true => format!("{} (more requests: `--max-requests`)", wish.experiment.asks),
                false => format!("{} (needs {})", wish.experiment.asks, lacks.join(" and ")),
            }
        })
        .collect();
    if open.is_empty() && stop.open.len() > 1 {
        open.push(format!(
            "no request tells {} apart: the service gives them one answer",
            stop.open.join(" and ")
        ));
    }
    open
}

impl<'a> Bench<'a> {
    fn new(
        explainer: &'a Explainer<'a>,
        rows: &[Row],
        group: &[usize],
        testimony: &'a Testimony,
        wait: Option<Option<u64>>,
    ) -> Option<Bench<'a>> {
        let row = rows.get(*group.first()?)?;
        let cell = explainer.plan.cells.get(row.cell)?;
        let failed = explainer.lab.observation(*row.seen.first()?)?;
        // The request among those of the cell that this answer is to.
        let ask = cell.asks.iter().find(|ask| failed.url.contains(ask.base)).or(cell.asks.first())?;
        let place = place(&failed.region, &*explainer.lab.around).ok().or_else(|| cell.place.clone())?;
        let meant = cell.place.clone().unwrap_or_else(|| place.clone());
        Some(Bench {
            explainer,
            credential: cell.credential,
            ask: ask.clone(),
            place,
            failed,
            row: row.clone(),
            testimony,
            meant,
            wait,
        })
    }

    fn signed(&self) -> bool {
        self.explainer.lab.credentials.get(self.credential).is_some_and(|known| known.signed)
    }

    fn target(&self) -> &Target {
        &self.explainer.lab.target
    }

    fn plane(&self) -> &'static str {
        self.ask.plane.name
    }

    fn inference(&self) -> bool {
        self.plane().starts_with("inference") && self.ask.names_model()
    }

    fn responses(&self) -> bool {
        self.ask.probe.name == "oai-responses"
    }

    /// Another credential: of another principal, and signing where that matters.
    fn other(&self, wanted: impl Fn(&super::Credential) -> bool) -> Option<usize> {
        let own = self.explainer.lab.credentials.get(self.credential)?;
        let differs = |other: &super::Credential| {
            other.origin != own.origin && (other.method != own.method || other.held.user != own.held.user)
        };
        // Those that are not in use are for telling whether another one should be.
        let in_use = self.explainer.plan.credentials.len();
        let credentials = self.explainer.lab.credentials.iter().take(in_use);
        credentials.into_iter().position(|other| differs(other) && wanted(other))
    }

    /// Other users of the same machine whose credentials are not in use, since another profile is.
    fn other_profiles(&self) -> Vec<usize> {
        let all = self.explainer.lab.credentials.iter().enumerate();
        let Some(own) = self.explainer.lab.credentials.get(self.credential) else { return Vec::new() };
        let other = |known: &super::Credential| {
            known.method == own.method
                && known.origin != own.origin
                && known.signed
                && (known.held.user != own.held.user || known.held.tenancy != own.held.tenancy)
        };
        let spare = all.skip(self.explainer.plan.credentials.len());
        spare.filter(|(_, known)| other(known)).map(|(at, _)| at).take(MOST_PROFILES).collect()
    }

    /// Makes the call with other profiles until one works.
    async fn profiles(&self, name: &str) -> Option<(Outcome, String)> {
        let mut last = None;
        for credential in self.other_profiles() {
            let Some((seen, _)) = self.send(credential, name, &self.ask, &self.place).await else { continue };
            let words = format!("{}: {}", seen.credential, reason(&seen));
            match self.compare(&seen) {
                Outcome::Works => return Some((Outcome::Works, words)),
                other => last = Some((other, words)),
            }
        }
        last
    }

    /// The same place's other credential: the session of a profile that has a user too, or the reverse.
    fn other_method(&self) -> Option<usize> {
        let credentials = &self.explainer.lab.credentials;
        let own = credentials.get(self.credential)?;
        credentials.iter().position(|other| other.origin == own.origin && other.method != own.method)
    }

    /// The OCID of the caller's tenancy.
    fn tenancy_ocid(&self) -> Option<String> {
        let lab = self.explainer.lab;
        lab.tenancy(self.credential).or_else(|| lab.tenancy(self.other(|other| other.signed)?))
    }

    /// Another principal whose requests the plane takes; a user first, who may be an administrator.
    fn other_principal(&self) -> Option<usize> {
        let taken = |other: &super::Credential| self.ask.plane.auth_methods.contains(&other.method);
        self.other(|other| taken(other) && other.method == "user-api-key").or_else(|| self.other(taken))
    }

    fn standby(&self) -> Option<usize> {
        let own = self.explainer.lab.credentials.get(self.credential)?;
        self.explainer
            .lab
            .credentials
            .iter()
            .position(|other| other.method == own.method && !other.signed && other.standby != own.standby)
    }

    /// A region to ask about subscriptions: the home region where it is known, else the credential's own where that
    /// is another.
    fn home(&self) -> Option<Place> {
        let lab = self.explainer.lab;
        let known = self.explainer.tenancy.and_then(|tenancy| tenancy.home_region.as_deref());
        let configured = lab.credentials.get(self.credential).and_then(|known| known.held.region.as_deref());
        let name = known.or(configured.filter(|region| *region != self.place.region))?;
        place(name, &*lab.around).ok()
    }

    /// The other regions that offer the model by this plane.
    fn other_regions(&self) -> Vec<Place> {
        let lab = self.explainer.lab;
        // One address for all regions leads to no other.
        if lab.endpoints.is_same_everywhere(self.plane()) {
            return Vec::new();
        }
        let listed = lab.endpoints.regions(self.plane());
        let realm = self.place.realm.as_deref().unwrap_or("oc1");
        let offers = |region: &&catalog::Region| {
            let served = match self.failed.model.as_deref().and_then(catalog::model) {
                Some(model) if self.signed() => {
                    model.in_region(region.name).is_some_and(|row| row.expected.on_demand() == Some(true))
                }
                _ => region.genai,
            };
            region.name != self.place.region
                && region.realm == realm
                && listed.as_ref().is_none_or(|listed| listed.contains(&region.name))
                && served
                && (self.signed() || region.openai_compatible)
        };
        let offering = catalog::regions().iter().filter(offers);
        offering.filter_map(|region| place(region.name, &*lab.around).ok()).collect()
    }

    /// Looks for the region where the key is known: that it may do nothing there doesn't matter.
    async fn sweep(&self, name: &str) -> Option<(Outcome, String)> {
        let mut last = None;
        for place in self.other_regions() {
            let Some((seen, _)) = self.send(self.credential, name, &self.ask, &place).await else { break };
            if seen.authenticated == Shown::Yes {
                let text = format!("the key is known in {}: {}", place.region, reason(&seen));
                return Some((Outcome::Works, text));
            }
            last = Some((self.compare(&seen), format!("in {} too: {}", place.region, reason(&seen))));
        }
        last
    }

    /// Whether rights in another compartment may be what was meant: the call names a compartment, or falls to the root.
    fn may_be_elsewhere(&self) -> bool {
        // Policies at hand would say so.
        let told = self.explainer.tenancy.is_some_and(|tenancy| !tenancy.policies.is_empty());
        !told && self.signed() && self.inference() && !self.ask.model.as_deref().is_some_and(is_endpoint)
    }

    /// Looks for a compartment in which the call works: one that a statement at hand names, else the first of those
    /// that the caller sees.
    async fn sweep_compartments(&self, name: &str) -> Option<(Outcome, String)> {
        let mut candidates: Vec<String> = self.testimony.elsewhere.clone().into_iter().collect();
        if candidates.is_empty() {
            let ask = self.shaped("identity-all-compartments", self.target())?;
            let place = self.home().unwrap_or_else(|| self.place.clone());
            let (seen, body) = self.send(self.credential, name, &ask, &place).await?;
            if seen.answered != Shown::Yes {
                return None;
            }
            let ids = look::items(&body?).into_iter().filter(|row| {
                row.get("lifecycleState").and_then(Value::as_str).is_none_or(|state| state == "ACTIVE")
            });
            let ids = ids.filter_map(|row| row.get("id")?.as_str().map(str::to_owned));
            candidates = ids.filter(|id| Some(id.as_str()) != self.ask.compartment.as_deref()).collect();
        }
        let mut last = None;
        for compartment in candidates.into_iter().take(MOST_COMPARTMENTS) {
            let ask = Ask { compartment: Some(compartment.clone()), ..self.ask.clone() };
            let Some((seen, _)) = self.send(self.credential, name, &ask, &self.place).await else { break };
            let outcome = self.compare(&seen);
            let words = format!("in compartment {compartment}: {}", reason(&seen));
            if outcome != Outcome::Same {
                return Some((outcome, words));
            }
            last = Some((outcome, words));
        }
        last
    }

    fn good_model(&self) -> Option<&'static str> {
        let lab = self.explainer.lab;
        let not = self.failed.model.as_deref();
        known_good(self.plane(), self.target().task, !self.signed(), &self.place.region, not, &lab.today())
    }

    fn sibling(&self) -> Option<&'static str> {
        match self.ask.probe.name {
            "native-chat-generic" | "native-chat-cohere" | "native-embed" | "native-rerank" => {
                Some("list-guardrail-versions")
            }
            "list-models" => Some("list-projects"),
            "agent-list-endpoints" => Some("agent-list-agents"),
            "agent-create-session" | "agent-get-session" if self.signed() && self.is_refused() => {
                Some("agent-list-endpoints")
            }
            "oai-chat" | "oai-responses" if self.target().project.is_some() => Some("oai-list-files"),
            _ => None,
        }
    }

    /// Whether the answer is one that a missing right, a missing object or its state may have.
    fn is_refused(&self) -> bool {
        matches!(self.failed.status, Some(400..=499))
    }

    /// The resource that the failed call names by OCID, with the request that gets it.
    fn resource(&self) -> Option<(&'static str, &str)> {
        let target = self.target();
        let compartment =
            self.ask.compartment.as_deref().filter(|ocid| ocid.starts_with("ocid1.compartment."));
        match self.plane() {
            "agent-runtime" => Some(("agent-get-endpoint", target.agent_endpoint.as_deref()?)),
            plane if plane.starts_with("inference") => {
                let endpoint = self.ask.model.as_deref().filter(|model| is_endpoint(model));
                let endpoint = endpoint.map(|endpoint| ("get-endpoint", endpoint));
                endpoint.or_else(|| Some(("identity-get-compartment", compartment?)))
            }
            "management" | "agent-management" => Some(("identity-get-compartment", compartment?)),
            _ => None,
        }
    }

    /// A credential to look at resources with: of another principal that signs, best an administrator's, else the own.
    fn onlooker(&self) -> Option<usize> {
        let own = Some(self.credential).filter(|_| self.signed());
        self.other(|other| other.method == "user-api-key")
            .or(own)
            .or_else(|| self.other(|other| other.signed))
    }

    /// The region's own address of the plane, where the one that a person named is another.
    fn own_address(&self) -> Option<()> {
        let endpoints = &self.explainer.lab.endpoints;
        let (own, named) = (
            endpoints.own_front(self.ask.plane, &self.meant).ok()?,
            endpoints.front(self.ask.plane, &self.meant).ok()?,
        );
        (endpoints.is_same_everywhere(self.plane()) && own != named).then_some(())
    }

    fn at_hand(&self) -> BTreeSet<Need> {
        let lab = self.explainer.lab;
        let known = lab.credentials.get(self.credential);
        let token = lab.session_made(self.credential).is_some_and(|session| session.token().is_some());
        let key = known.is_some_and(|known| known.held.key.is_some() && known.held.fingerprint.is_some());
        let tenancy = self.tenancy_ocid().is_some();
        let openai = self.plane() == "inference-openai";
        let project = self.target().project.is_some();
        let another = || self.other(|other| other.signed).is_some();
        let facts = [
            (Need::Answer, true),
            (Need::Token, token),
            (Need::SigningKey, key),
            (Need::SigningCredential, self.signed() || another()),
            (Need::Bearer, !self.signed()),
            (Need::OtherSecret, !self.signed() && self.standby().is_some()),
            (Need::OtherPrincipal, self.other_principal().is_some()),
            (Need::OtherProfile, !self.other_profiles().is_empty()),
            (Need::OtherMethod, self.other_method().is_some()),
            (Need::GrantingPolicy, self.testimony.granted.is_some()),
            (Need::Tenancy, tenancy),
            (Need::HomeRegion, self.home().is_some()),
            (Need::OtherRegion, !self.other_regions().is_empty()),
            (Need::Compartment, self.target().compartment.is_some() || tenancy),
            (
                Need::OtherCompartment,
                self.testimony.elsewhere.is_some() || (tenancy && self.may_be_elsewhere()),
            ),
            (Need::ResourceOcid, self.is_refused() && self.resource().is_some() && self.onlooker().is_some()),
            (Need::NamedAddress, self.own_address().is_some()),
            (Need::OwnForm, self.ask.sends.has_own_form() && self.inference()),
            (Need::Project, project),
            (Need::ProjectSent, project && self.responses()),
            (Need::KnownGoodModel, self.inference() && self.good_model().is_some()),
            (Need::ModelCall, self.inference()),
            (Need::ResponsesCall, self.responses()),
            (Need::OpenaiCall, openai),
            (Need::SiblingOperation, self.sibling().is_some()),
            (Need::Time, self.wait.is_some()),
        ];
        // Where nothing answers, a right or a model is not what to look for.
        let silent = self.failed.status.is_none();
        let of_use = |need: &Need| {
            let still = [Need::SigningCredential, Need::OtherRegion, Need::NamedAddress, Need::Time];
            !silent || still.contains(need)
        };
        facts.into_iter().filter(|(need, here)| *here && of_use(need)).map(|(need, _)| need).collect()
    }

    fn compare(&self, now: &Observation) -> Outcome {
        Outcome::of(answer(&self.failed), answer(now))
    }

    /// What other cells of the matrix show of this failure.
    fn already_seen(&self, rows: &[Row]) -> Vec<(&'static str, Outcome, String)> {
        let lab = self.explainer.lab;
        let mut found: Vec<(&'static str, Outcome, String)> = Vec::new();
        let mut add = |name: &'static str, outcome: Outcome, words: String| {
            if !found.iter().any(|(other, ..)| *other == name) {
                found.push((name, outcome, words));
            }
        };
        for row in rows {
            let Some(cell) = self.explainer.plan.cells.get(row.cell) else { continue };
            let own = cell.credential == self.credential;
            let here = row.region.as_deref() == Some(self.place.region.as_str());
            for seen in row.seen.iter().filter_map(|at| lab.observation(*at)) {
                let words = || format!("{} as {}: {}", seen.operation, seen.auth_method, reason(&seen));
                match cell.plane.name {
                    "management" if own && here && self.plane() != "management" => {
                        add("list-models", self.compare(&seen), words());
                    }
                    "identity"
                        if own
                            && here
                            && self.plane() != "identity"
                            && seen.authenticated != Shown::Unknown =>
                    {
                        let outcome = if seen.authenticated == Shown::Yes {
                            Outcome::Works
                        } else {
                            Outcome::NotAuthenticated
                        };
                        add("list-regions", outcome, words());
                    }
                    plane if plane == self.plane() && own && !here && seen.authenticated == Shown::Yes => {
                        let works = !self.signed() || seen.answered == Shown::Yes;
                        add(
                            "other-region",
                            if works { Outcome::Works } else { self.compare(&seen) },
                            words(),
                        );
                    }
                    plane if plane == self.plane() && own && here && seen.url != self.failed.url => {
                        add("other-base-path", self.compare(&seen), words());
                    }
                    plane if plane == self.plane() && here && Some(cell.credential) == self.standby() => {
                        add("other-secret", self.compare(&seen), words());
                    }
                    plane
                        if plane == self.plane()
                            && here
                            && !own
                            && Some(cell.credential) == self.other_method() =>
                    {
                        add("other-method", self.compare(&seen), words());
                    }
                    plane
                        if plane == self.plane()
                            && here
                            && !own
                            && Some(cell.credential) == self.other_principal()
                            && seen.operation == self.failed.operation =>
                    {
                        add("other-principal", self.compare(&seen), words());
                    }
                    _ => {}
                }
            }
        }
        found
    }

    async fn send(
        &self,
        credential: usize,
        name: &str,
        ask: &Ask,
        place: &Place,
    ) -> Option<(Observation, Option<Value>)> {
        let lab = self.explainer.lab;
        match lab.send(credential, ask, Some(place), Occasion::Experiment(name.to_owned())).await {
            Sent::Seen(at) => Some((lab.observation(at)?, lab.body(at))),
            Sent::NoSession(_) | Sent::NotSent(_) => None,
        }
    }

    /// A request of another shape of the catalogue, under the base path of the failed one where it has the same plane.
    fn shaped(&self, probe: &str, target: &Target) -> Option<Ask> {
        let probe = catalog::probe(probe)?;
        let plane = catalog::plane(probe.plane)?;
        let base = if plane.name == self.plane() { self.ask.base } else { plane.bases.first().copied()? };
        Some(Ask::new(probe, plane, base, target))
    }

    /// Makes an experiment; none when it can't be made here. Gives what it showed and the answer in a few words.
    async fn carry_out(&self, choice: &Choice) -> Option<(Outcome, String)> {
        let lab = self.explainer.lab;
        let yes = |found: bool| if found { Outcome::Yes } else { Outcome::No };
        let name = choice.name;
        // These speak of the failing credential; another one's answer says nothing.
        let own = ["list-regions", "get-with-same-key", "list-models"];
        if own.contains(&name) && !self.signed() {
            return None;
        }
        if LISTS.contains(&name) {
            return self.look(name).await;
        }
        let (credential, ask, place) = match name {
            "clock-from-date" => {
                let date = self.failed.date.as_deref()?;
                return Some((yes(preflight::clock(lab.around.now(), date).is_some()), String::new()));
            }
            "request-id-in-answer" => {
                self.failed.status?;
                return Some((yes(self.failed.opc_request_id.is_some()), String::new()));
            }
            "token-expiry" => {
                let session = lab.session_made(self.credential)?;
                let expired = session.expires()? <= lab.around.now();
                return Some((yes(expired), String::new()));
            }
            "key-pair" => {
                let held = &lab.credentials.get(self.credential)?.held;
                let key = held.key.as_ref()?.as_ref().ok()?;
                let own = held.fingerprint.as_deref()?;
                return Some((
                    yes(key.key.public().fingerprint().eq_ignore_ascii_case(own.trim())),
                    String::new(),
                ));
            }
            "get-resource" => {
                let (probe, ocid) = self.resource()?;
                let ask = Ask { resource: Some(ocid.to_owned()), ..self.shaped(probe, self.target())? };
                let place = if probe == "identity-get-compartment" {
                    self.home().unwrap_or_else(|| self.place.clone())
                } else {
                    self.place.clone()
                };
                let (seen, body) = self.send(self.onlooker()?, name, &ask, &place).await?;
                let state = body.and_then(|body| body.get("lifecycleState")?.as_str().map(str::to_owned));
                return Some(match state.filter(|state| state != "ACTIVE") {
                    // A compartment is kept for a year after its end.
                    Some(state) if probe == "identity-get-compartment" => {
                        (Outcome::NotAuthorized, format!("the compartment is {state}"))
                    }
                    Some(state) => (Outcome::No, format!("it is {state}")),
                    None => (kind(&seen), reason(&seen)),
                });
            }
            "other-compartment" => return self.sweep_compartments(name).await,
            "own-host" => {
                self.own_address()?;
                (self.credential, Ask { own_host: true, ..self.ask.clone() }, self.meant.clone())
            }
            "documented-form" => (self.credential, self.ask.in_documented_form(), self.place.clone()),
            "list-regions" => {
                (self.credential, self.shaped("identity-list-regions", self.target())?, self.place.clone())
            }
            "get-with-same-key" | "list-models" => {
                (self.credential, self.shaped("list-models", self.target())?, self.place.clone())
            }
            "other-principal" => (self.other_principal()?, self.ask.clone(), self.place.clone()),
            "other-method" => (self.other_method()?, self.ask.clone(), self.place.clone()),
            "other-profile" => return self.profiles(name).await,
            "other-secret" => (self.standby()?, self.ask.clone(), self.place.clone()),
            "known-good-model" | "other-model-on-responses" => {
                (self.credential, self.ask.for_model(self.good_model()?), self.place.clone())
            }
            "impossible-model" => {
                let ask = Ask { model: Some(IMPOSSIBLE_MODEL.to_owned()), ..self.ask.clone() };
                (self.credential, ask, self.place.clone())
            }
            "chat-instead-of-responses" => {
                let target = Target { task: Task::Chat, ..self.target().clone() };
                (self.credential, self.shaped("oai-chat", &target)?, self.place.clone())
            }
            "project-header-added" => {
                (self.credential, self.headed(ProjectHeader::Always), self.place.clone())
            }
            "project-header-removed" => {
                (self.credential, self.headed(ProjectHeader::Never), self.place.clone())
            }
            "both-compartment-headers" => {
                let compartment = self.ask.compartment.clone().or_else(|| lab.tenancy(self.credential));
                let sends = ClientSends { compartment: Compartments::Everywhere, ..self.ask.sends.clone() };
                let ask = Ask { compartment, sends, ..self.ask.clone() };
                (self.credential, ask, self.place.clone())
            }
            "other-base-path" => {
                let other = self.ask.plane.bases.iter().take(2).find(|base| **base != self.ask.base)?;
                (self.credential, Ask { base: other, ..self.ask.clone() }, self.place.clone())
            }
            "wrong-path" => {
                (self.credential, self.shaped("oai-wrong-path", self.target())?, self.place.clone())
            }
            "sibling-operation" => {
                (self.credential, self.shaped(self.sibling()?, self.target())?, self.place.clone())
            }
            "other-region" if !self.signed() => return self.sweep(name).await,
            "other-region" => (self.credential, self.ask.clone(), self.other_regions().into_iter().next()?),
            WAIT => return self.repeat_later(name, choice.experiment.waits).await,
            _ => return None,
        };
        let (seen, _) = self.send(credential, name, &ask, &place).await?;
        let outcome = match name {
            "list-regions" | "get-with-same-key" | "list-models" | "wrong-path" => kind(&seen),
            _ => self.compare(&seen),
        };
        Some((outcome, reason(&seen)))
    }

    /// Whether minutes are to be waited at the end, where nothing has been decided.
    fn may_wait(&self, stop: &Stop, climbed: &Climbed) -> bool {
        let waited = climbed.seen.iter().any(|seen| seen.experiment == WAIT);
        self.wait.is_some() && stop.reason != Reason::Decided && !waited && self.explainer.lab.left() > 0
    }

    async fn repeat_later(&self, name: &str, usual: u32) -> Option<(Outcome, String)> {
        tokio::time::sleep(Duration::from_secs(self.wait?.unwrap_or(u64::from(usual)))).await;
        let (seen, _) = self.send(self.credential, name, &self.ask, &self.place).await?;
        Some((self.compare(&seen), reason(&seen)))
    }

    fn headed(&self, project: ProjectHeader) -> Ask {
        Ask { project, ..self.ask.clone() }
    }
}

fn answer(seen: &Observation) -> Answer<'_> {
    Answer { status: seen.status, message: seen.message.as_deref().unwrap_or_default() }
}

/// What an answer is by itself.
fn kind(seen: &Observation) -> Outcome {
    Outcome::of(Answer::default(), answer(seen))
}

/// Adds what the ladder found to a finding.
pub fn record(finding: &mut Finding, climbed: Climbed) {
    finding.tried = climbed.tried;
    finding.open = climbed.open;
    if let [first, second, ..] = finding.report.diagnoses.as_slice()
        && second.confidence >= first.confidence * RIVAL
        && is_alike(first.cause, second.cause)
    {
        finding.open.insert(0, says_alike(first.cause, second.cause));
        finding.open.dedup();
    }
}

/// A cause with a smaller part of the first one's share is no rival that has to be told from it.
const RIVAL: f64 = 0.05;
