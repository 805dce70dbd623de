//! The experiments by name: which request each one is, and how its answer is read.

use std::time::Duration;

use super::WAIT;
use super::bench::{Bench, kind};
use crate::diagnose::ladder::{Choice, Outcome};
use crate::probe::ask::{Ask, ProjectHeader, Target, Task};
use crate::probe::config::Place;
use crate::probe::matrix::reason;
use crate::probe::preflight;
use crate::probe::sends::{ClientSends, Compartments};

/// The name of no model.
const IMPOSSIBLE_MODEL: &str = "ociam.no-such-model";

impl Bench<'_> {
    /// Makes an experiment; none when it can't be made here. Gives what it showed and the answer in a few words.
    pub(super) async fn carry_out(&self, choice: &Choice) -> Option<(Outcome, String)> {
        let name = choice.name;
        match name {
            "clock-from-date" | "request-id-in-answer" | "token-expiry" | "key-pair" => {
                let outcome = if self.is_at_hand(name)? { Outcome::Yes } else { Outcome::No };
                Some((outcome, String::new()))
            }
            "get-resource" => self.get_resource(name).await,
            "other-compartment" => self.sweep_compartments(name).await,
            "other-profile" => self.profiles(name).await,
            "other-region" if !self.signed() => self.sweep(name).await,
            WAIT => self.repeat_later(name, choice.experiment.waits).await,
            _ => match self.request(name) {
                Some(request) => self.compare_with(name, request).await,
                None => self.look(name).await,
            },
        }
    }

    /// The answer to a question that needs no request.
    fn is_at_hand(&self, name: &str) -> Option<bool> {
        let lab = self.explainer.lab;
        match name {
            "clock-from-date" => {
                let date = self.failed.date.as_deref()?;
                Some(preflight::clock(lab.around.now(), date).is_some())
            }
            "request-id-in-answer" => {
                self.failed.status?;
                Some(self.failed.opc_request_id.is_some())
            }
            "token-expiry" => {
                let session = lab.session_made(self.credential)?;
                Some(session.expires()? <= lab.around.now())
            }
            "key-pair" => {
                let held = &lab.credentials.get(self.credential)?.held;
                let key = held.key.as_ref()?.as_ref().ok()?;
                let own = held.fingerprint.as_deref()?;
                Some(key.key.public().fingerprint().eq_ignore_ascii_case(own.trim()))
            }
            _ => None,
        }
    }

    /// The one request of an experiment: whose, what and where.
    fn request(&self, name: &str) -> Option<(usize, Ask, Place)> {
        let lab = self.explainer.lab;
        let here = |ask: Ask| Some((self.credential, ask, self.place.clone()));
        let other = |credential: usize| Some((credential, self.ask.clone(), self.place.clone()));
        match name {
            "own-host" => {
                self.own_address()?;
                Some((self.credential, Ask { own_host: true, ..self.ask.clone() }, self.meant.clone()))
            }
            "documented-form" => here(self.ask.in_documented_form()),
            // These speak of the failing credential; another one's answer says nothing.
            "list-regions" if self.signed() => here(self.shaped("identity-list-regions", self.target())?),
            "get-with-same-key" | "list-models" if self.signed() => {
                here(self.shaped("list-models", self.target())?)
            }
            "other-principal" => other(self.other_principal()?),
            "other-method" => other(self.other_method()?),
            "other-secret" => other(self.standby()?),
            "known-good-model" | "other-model-on-responses" => here(self.ask.for_model(self.good_model()?)),
            "impossible-model" => here(Ask { model: Some(IMPOSSIBLE_MODEL.to_owned()), ..self.ask.clone() }),
            "chat-instead-of-responses" => {
                let target = Target { task: Task::Chat, ..self.target().clone() };
                here(self.shaped("oai-chat", &target)?)
            }
            "project-header-added" => here(self.headed(ProjectHeader::Always)),
            "project-header-removed" => here(self.headed(ProjectHeader::Never)),
            "both-compartment-headers" => {
                let compartment = self.ask.compartment.clone().or_else(|| lab.tenancy(self.credential));
                let sends = ClientSends { compartment: Compartments::Everywhere, ..self.ask.sends.clone() };
                here(Ask { compartment, sends, ..self.ask.clone() })
            }
            "other-base-path" => {
                let base = self.ask.plane.bases.iter().take(2).find(|base| **base != self.ask.base)?;
                here(Ask { base, ..self.ask.clone() })
            }
            "wrong-path" => here(self.shaped("oai-wrong-path", self.target())?),
            "sibling-operation" => here(self.shaped(self.sibling()?, self.target())?),
            "other-region" => {
                Some((self.credential, self.ask.clone(), self.other_regions().into_iter().next()?))
            }
            _ => None,
        }
    }

    async fn compare_with(
        &self,
        name: &str,
        (credential, ask, place): (usize, Ask, Place),
    ) -> Option<(Outcome, String)> {
        let (seen, _) = self.send(credential, name, &ask, &place).await?;
        let outcome = match name {
            "list-regions" | "get-with-same-key" | "list-models" | "wrong-path" => kind(&seen),
            _ => self.compare(&seen),
        };
        Some((outcome, reason(&seen)))
    }

    async fn get_resource(&self, name: &str) -> Option<(Outcome, String)> {
        let (probe, ocid) = self.resource()?;
        let compartment = probe == "identity-get-compartment";
        let ask = Ask { resource: Some(ocid.to_owned()), ..self.shaped(probe, self.target())? };
        let home = if compartment { self.home() } else { None };
        let place = home.unwrap_or_else(|| self.place.clone());
        let (seen, body) = self.send(self.onlooker()?, name, &ask, &place).await?;
        let state = body.and_then(|body| body.get("lifecycleState")?.as_str().map(str::to_owned));
        Some(match state.filter(|state| state != "ACTIVE") {
            // A compartment is kept for a year after its end.
            Some(state) if compartment => (Outcome::NotAuthorized, format!("the compartment is {state}")),
            Some(state) => (Outcome::No, format!("it is {state}")),
            None => (kind(&seen), reason(&seen)),
        })
    }

    /// Makes the call again after a wait.
    pub(super) async fn repeat_later(&self, name: &str, usual: u32) -> Option<(Outcome, String)> {
        tokio::time::sleep(Duration::from_secs(self.wait?.unwrap_or(u64::from(usual)))).await;
        let (seen, _) = self.send(self.credential, name, &self.ask, &self.place).await?;
        Some((self.compare(&seen), reason(&seen)))
    }

    fn headed(&self, project: ProjectHeader) -> Ask {
        Ask { project, ..self.ask.clone() }
    }
}
