//! What the answer to a request, held against what the request carried, speaks for and rules out.

use super::Explainer;
use crate::diagnose::{Case, Witness};
use crate::probe::Task;
use crate::probe::observe::{Observation, Shown};

/// Causes that authentication rules out.
const BEFORE_AUTHENTICATION: [&str; 14] = [
    "api-key-propagation",
    "bad-fingerprint-or-key",
    "clock-skew",
    "config-env-missing",
    "config-profile-missing",
    "content-type-signed-header",
    "credential-file-missing",
    "genai-secret-not-active",
    "key-format",
    "key-region-mismatch",
    "region-not-subscribed",
    "session-expired",
    "wrong-auth-mode",
    "wrong-key-id",
];
/// No secret of a GenAI API key is shorter.
const WHOLE_SECRET: usize = 32;

impl Explainer<'_> {
    /// What the answer itself rules out.
    pub(super) fn judge_answer(&self, credential: usize, seen: &Observation, case: &mut Case) {
        let held = self.lab.credentials.get(credential).map(|known| &known.held);
        let says = |part: &str| seen.message.as_ref().is_some_and(|text| text.to_lowercase().contains(part));
        let key =
            held.and_then(|held| Some((held.key.as_ref()?.as_ref().ok()?, held.fingerprint.as_deref()?)));
        if says("verify the http")
            && key.is_some_and(|(file, print)| file.key.public().fingerprint() == print)
        {
            let text = "the service knows the fingerprint, which is that of the key that signed: what was signed may not be what arrived";
            let mut witness = Witness::of("local-check", text, "content-type-signed-header", 1.4);
            witness.supports.push(("proxy-or-tls-interception".to_owned(), 0.5));
            witness.supports.push(("bad-fingerprint-or-key".to_owned(), -2.0));
            case.witnesses.push(witness);
        }
        let secret = held.and_then(|held| held.secret.as_ref()).map(|secret| secret.expose().trim());
        if says("entity with key apikey")
            && secret.is_some_and(|text| text.len() >= WHOLE_SECRET && text.starts_with("sk-"))
        {
            let text = "what was sent has the form of a secret, so that it is no placeholder";
            case.witnesses.push(Witness::of("local-check", text, "signer-not-applied", -4.5));
        }
        if seen.authenticated == Shown::Yes {
            let because = "the service knew the caller".to_owned();
            case.witnesses.push(Witness {
                kind: "answer",
                text: because.clone(),
                supports: Vec::new(),
                excludes: BEFORE_AUTHENTICATION
                    .iter()
                    .map(|cause| ((*cause).to_owned(), because.clone()))
                    .collect(),
            });
        }
        if seen.is_foreign() {
            let said = match seen.is_json {
                true => "the answer has the form of OpenAI's API and carries no opc-request-id",
                false => "the answer is no JSON and carries no opc-request-id",
            };
            let supports: &[(&str, f64)] = match seen.is_json {
                true => &[("wrong-host", 3.0), ("client-error-masking", 2.0)],
                false => &[("proxy-or-wrong-url", 3.0)],
            };
            let text = format!("{said}, so no service of OCI wrote it");
            case.witnesses.push(Witness::with("answer", text, supports));
        }
        if self.lab.target.project.is_none() {
            let because = "the call names no project".to_owned();
            let project = ["project-propagation", "wrong-project-ocid"];
            case.witnesses.push(Witness {
                kind: "request",
                text: because.clone(),
                supports: Vec::new(),
                excludes: project.iter().map(|cause| ((*cause).to_owned(), because.clone())).collect(),
            });
        }
        if self.lab.target.project.is_some()
            && seen.plane == "inference-openai"
            && self.lab.target.task == Task::Responses
            && seen.status == Some(404)
        {
            let text = "the request carried a project, which the plane must know";
            let mut witness = Witness::of("request", text, "project-propagation", 1.5);
            witness.supports.push(("wrong-project-ocid".to_owned(), 0.8));
            case.witnesses.push(witness);
        }
        if self.lab.target.sends.body.is_some()
            && matches!(seen.status, Some(400 | 422))
            && seen.plane.starts_with("inference")
        {
            let text = "the body is the client's own and not the documented one";
            case.witnesses.push(Witness::of("request", text, "api-format-mismatch", 1.2));
        }
        self.judge_headers(seen, case);
    }

    /// What the request carried, where the answer asks for it.
    fn judge_headers(&self, seen: &Observation, case: &mut Case) {
        let carried = &seen.carried;
        let text = seen.message.as_deref().unwrap_or_default().to_ascii_lowercase();
        if seen.status != Some(400) || !seen.plane.starts_with("inference") {
            return;
        }
        let responses = seen.plane == "inference-openai" && self.lab.target.task == Task::Responses;
        let lacks_project = responses && !carried.project;
        if lacks_project {
            let text = "the request carried a compartment and no project";
            case.witnesses.push(Witness::of("request", text, "missing-project-header", 1.5));
        }
        if !text.contains("compartment") {
            return;
        }
        let native = seen.plane == "inference";
        let shaped = if native {
            carried.compartment.iter().any(|place| place == "body")
        } else {
            carried.in_both_headers()
        };
        if shaped {
            let text = "the compartment stands in every place that the documentation names";
            let less = [("missing-compartment", -4.0), ("wrong-compartment-header", -3.0)];
            case.witnesses.push(Witness::with("request", text, &less));
        } else if carried.compartment.is_empty() {
            // A key's own compartment counts, so that it need not name one.
            let weight = if lacks_project { 0.8 } else { 4.0 };
            let text = "the request named no compartment";
            let supports = [("missing-compartment", weight), ("wrong-compartment-header", -3.0)];
            case.witnesses.push(Witness::with("request", text, &supports));
        } else {
            let weight = if lacks_project { 0.6 } else { 4.0 };
            let text =
                format!("the request named the compartment in `{}` only", carried.compartment.join("`, `"));
            let supports = [("wrong-compartment-header", weight), ("missing-compartment", -2.5)];
            case.witnesses.push(Witness::with("request", text, &supports));
        }
    }
}
