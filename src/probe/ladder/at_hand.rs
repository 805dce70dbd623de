//! What is at hand for experiments: other credentials, regions, models and operations; and which needs that meets.

use std::collections::BTreeSet;

use super::bench::Bench;
use crate::catalog;
use crate::diagnose::ladder::Need;
use crate::probe::Credential;
use crate::probe::ask::{is_endpoint, known_good};
use crate::probe::config::{Place, place};

/// Other profiles that are tried.
const MOST_PROFILES: usize = 2;

impl Bench<'_> {
    pub(super) fn at_hand(&self) -> BTreeSet<Need> {
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

    /// Another credential: of another principal, and signing where that matters.
    pub(super) fn other(&self, wanted: impl Fn(&Credential) -> bool) -> Option<usize> {
        let own = self.explainer.lab.credentials.get(self.credential)?;
        let differs = |other: &Credential| {
            other.origin != own.origin && (other.method != own.method || other.held.user != own.held.user)
        };
        // Those that are not in use are for telling whether another one should be.
        let in_use = self.explainer.plan.credentials.len();
        let credentials = self.explainer.lab.credentials.iter().take(in_use);
        credentials.into_iter().position(|other| differs(other) && wanted(other))
    }

    /// Other users of the same machine whose credentials are not in use, since another profile is.
    pub(super) fn other_profiles(&self) -> Vec<usize> {
        let all = self.explainer.lab.credentials.iter().enumerate();
        let Some(own) = self.explainer.lab.credentials.get(self.credential) else { return Vec::new() };
        let other = |known: &Credential| {
            known.method == own.method
                && known.origin != own.origin
                && known.signed
                && (known.held.user != own.held.user || known.held.tenancy != own.held.tenancy)
        };
        let spare = all.skip(self.explainer.plan.credentials.len());
        spare.filter(|(_, known)| other(known)).map(|(at, _)| at).take(MOST_PROFILES).collect()
    }

    /// The same place's other credential: the session of a profile that has a user too, or the reverse.
    pub(super) fn other_method(&self) -> Option<usize> {
        let credentials = &self.explainer.lab.credentials;
        let own = credentials.get(self.credential)?;
        credentials.iter().position(|other| other.origin == own.origin && other.method != own.method)
    }

    /// The OCID of the caller's tenancy.
    pub(super) fn tenancy_ocid(&self) -> Option<String> {
        let lab = self.explainer.lab;
        lab.tenancy(self.credential).or_else(|| lab.tenancy(self.other(|other| other.signed)?))
    }

    /// Another principal whose requests the plane takes; a user first, who may be an administrator.
    pub(super) fn other_principal(&self) -> Option<usize> {
        let taken = |other: &Credential| self.ask.plane.auth_methods.contains(&other.method);
        self.other(|other| taken(other) && other.method == "user-api-key").or_else(|| self.other(taken))
    }

    pub(super) fn standby(&self) -> Option<usize> {
        let own = self.explainer.lab.credentials.get(self.credential)?;
        self.explainer
            .lab
            .credentials
            .iter()
            .position(|other| other.method == own.method && !other.signed && other.standby != own.standby)
    }

    /// A region to ask about subscriptions: the home region where it is known, else the credential's own where that
    /// is another.
    pub(super) fn home(&self) -> Option<Place> {
        let lab = self.explainer.lab;
        let known = self.explainer.tenancy.and_then(|tenancy| tenancy.home_region.as_deref());
        let configured = lab.credentials.get(self.credential).and_then(|known| known.held.region.as_deref());
        let name = known.or(configured.filter(|region| *region != self.place.region))?;
        place(name, &*lab.around).ok()
    }

    /// The other regions that offer the model by this plane.
    pub(super) fn other_regions(&self) -> Vec<Place> {
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

    /// Whether rights in another compartment may be what was meant: the call names a compartment, or falls to the root.
    fn may_be_elsewhere(&self) -> bool {
        // Policies at hand would say so.
        let told = self.explainer.tenancy.is_some_and(|tenancy| !tenancy.policies.is_empty());
        !told && self.signed() && self.inference() && !self.ask.model.as_deref().is_some_and(is_endpoint)
    }

    pub(super) fn good_model(&self) -> Option<&'static str> {
        let lab = self.explainer.lab;
        let not = self.failed.model.as_deref();
        known_good(self.plane(), self.target().task, !self.signed(), &self.place.region, not, &lab.today())
    }

    pub(super) fn sibling(&self) -> Option<&'static str> {
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
    pub(super) fn resource(&self) -> Option<(&'static str, &str)> {
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
    pub(super) fn onlooker(&self) -> Option<usize> {
        let own = Some(self.credential).filter(|_| self.signed());
        self.other(|other| other.method == "user-api-key")
            .or(own)
            .or_else(|| self.other(|other| other.signed))
    }

    /// The region's own address of the plane, where the one that a person named is another.
    pub(super) fn own_address(&self) -> Option<()> {
        let endpoints = &self.explainer.lab.endpoints;
        let (own, named) = (
            endpoints.own_front(self.ask.plane, &self.meant).ok()?,
            endpoints.front(self.ask.plane, &self.meant).ok()?,
        );
        (endpoints.is_same_everywhere(self.plane()) && own != named).then_some(())
    }
}
