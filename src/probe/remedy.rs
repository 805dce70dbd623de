//! What to do, as exactly as the run knows it: the statement with principal and compartment and the command that puts it
//! in place; addresses, headers and bodies as they should be.

use serde_json::Value;

use super::evaluator::Testimony;
use super::explain::Explainer;
use super::observe::Observation;
use super::plan::Cell;
use super::{is_endpoint, preflight};
use crate::catalog;
use crate::diagnose::{ATTACH, Case, Diagnosis, Remedy, Report};

/// A failure with all that is known of it.
pub(super) struct Mending<'a> {
    /// Where it was seen.
    pub(super) explainer: &'a Explainer<'a>,
    /// The cell that failed.
    pub(super) cell: &'a Cell,
    /// What it showed.
    pub(super) seen: Option<&'a Observation>,
    /// The case that was made of it.
    pub(super) case: &'a Case,
    /// What the policies at hand say.
    pub(super) testimony: &'a Testimony,
}

impl Mending<'_> {
    /// Fills in what the run knows: the exact statement, the tenancy, the compartment, the user.
    pub(super) fn complete(&self, report: &mut Report) {
        for diagnosis in &mut report.diagnoses {
            let remedy = &mut diagnosis.remedy;
            let of_rights =
                crate::diagnose::cause(diagnosis.cause).is_some_and(|cause| cause.family == "rights");
            if !self.testimony.statements.is_empty() && (!remedy.statements.is_empty() || of_rights) {
                remedy.statements.clone_from(&self.testimony.statements);
            }
            remedy.statements = remedy.statements.iter().map(|text| self.filled(text)).collect();
            remedy.commands = remedy.commands.iter().map(|text| self.filled(text)).collect();
            remedy.text = self.filled(&remedy.text);
            self.put_in_place(remedy);
            self.exactly(diagnosis);
        }
    }

    fn tenancy(&self) -> Option<String> {
        self.explainer.lab.tenancy(self.cell.credential)
    }

    fn home(&self) -> Option<&str> {
        self.explainer.tenancy?.home_region.as_deref()
    }

    /// The compartment of the call; the root of the tenancy where none is named.
    fn compartment(&self) -> String {
        let named = self.explainer.lab.target.compartment.clone();
        named.or_else(|| self.tenancy()).unwrap_or_else(|| "<compartment-ocid>".to_owned())
    }

    fn filled(&self, text: &str) -> String {
        let lab = self.explainer.lab;
        let tenancy = self.tenancy();
        let compartment = lab.target.compartment.as_deref();
        let held = lab.credentials.get(self.cell.credential);
        let held = held.map(|known| known.held.holes(&known.origin)).into_iter().flatten();
        let mut text = text.to_owned();
        for (mark, value) in [
            ("<tenancy-ocid>", tenancy.as_deref()),
            ("<compartment-ocid>", compartment.or(tenancy.as_deref())),
            ("<api-key-ocid>", self.explainer.key_ocid),
            ("<region>", self.case.region.as_deref()),
            ("<home-region>", self.home()),
            ("<model>", self.case.model.as_deref()),
        ]
        .into_iter()
        .chain(held)
        {
            if let Some(value) = value {
                text = text.replace(mark, value);
            }
        }
        match compartment {
            Some(ocid) if ocid.starts_with("ocid1.tenancy") => {
                text.replace("compartment <compartment>", "tenancy")
            }
            Some(ocid) => text.replace("compartment <compartment>", &format!("compartment id {ocid}")),
            None => text,
        }
    }

    /// The command says what the statements say: a new policy, or the one that holds the statement with it mended.
    fn put_in_place(&self, remedy: &mut Remedy) {
        let Some(create) = remedy.commands.iter_mut().find(|command| command.contains(" --statements "))
        else {
            return;
        };
        let Some((before, _)) = create.split_once(" --statements ") else { return };
        let quoted = |statements: &[String]| {
            let text = serde_json::to_string(statements).unwrap_or_default();
            format!("'{}'", text.replace('\'', r"'\''"))
        };
        let Some((policy, at)) = &self.testimony.mends else {
            *create = format!("{before} --statements {}", quoted(&remedy.statements));
            return;
        };
        // It stays where it is attached.
        remedy.text = remedy.text.replace(ATTACH, "");
        let rows = self.explainer.tenancy.map(|tenancy| tenancy.policies.as_slice()).unwrap_or_default();
        let Some(held) = rows.iter().find(|row| row.name == *policy) else { return };
        let mut statements: Vec<String> = held.statements.iter().map(|one| one.text.to_string()).collect();
        let (Some(place), Some(mended)) = (statements.get_mut(*at), remedy.statements.first()) else {
            return;
        };
        place.clone_from(mended);
        *create = format!(
            "oci iam policy update --region {} --policy-id {} --version-date '' --statements {}",
            self.home().unwrap_or("<home-region>"),
            held.ocid.as_deref().unwrap_or("<policy-ocid>"),
            quoted(&statements)
        );
    }

    /// What a cause asks for with the values of this call.
    fn exactly(&self, diagnosis: &mut Diagnosis) {
        let (text, command) = match diagnosis.cause {
            "missing-compartment" | "wrong-compartment-header" => {
                (Some(self.compartment_in_its_place()), None)
            }
            "region-url-mismatch" => (self.one_region(), None),
            "wrong-host" | "wrong-plane-host" | "proxy-or-wrong-url" | "wrong-endpoint-path" => {
                (self.address().map(|address| format!("For this call it is `{address}`.")), None)
            }
            "api-format-mismatch" => (self.documented_body(), None),
            "client-error-masking" => self.behind(),
            "wrong-ocid" | "foreign-resource-ocid" => (None, self.looking_up("list")),
            "state-conflict-as-403" => (None, self.looking_up("get")),
            "network-acl" => (None, self.reaching()),
            "feature-not-available" => (None, Some(self.elsewhere())),
            _ => (None, None),
        };
        let remedy = &mut diagnosis.remedy;
        if let Some(text) = text {
            remedy.text = format!("{} {text}", remedy.text);
        }
        remedy.commands.extend(command);
    }

    fn compartment_in_its_place(&self) -> String {
        let compartment = self.compartment();
        match self.cell.plane.name {
            "inference" => format!("In the body of this call: `\"compartmentId\": \"{compartment}\"`."),
            _ => format!(
                "For this call: `opc-compartment-id: {compartment}` and `CompartmentId: {compartment}`."
            ),
        }
    }

    /// The address that the region's name leads to.
    fn address_in(&self, region: &str) -> Option<String> {
        let host = self.cell.plane.host_in(catalog::region(region)?)?;
        let base = self.cell.asks.first().map_or("", |ask| ask.base);
        Some(format!("https://{host}{base}"))
    }

    fn meant(&self) -> Option<&str> {
        self.cell.place.as_ref().map(|place| place.region.as_str()).or(self.case.region.as_deref())
    }

    fn address(&self) -> Option<String> {
        self.address_in(self.meant()?)
    }

    /// The region that all should name: that of the OCID where it is an OCID that differs, else the configured one.
    fn one_region(&self) -> Option<String> {
        let target = &self.explainer.lab.target;
        let called = self.seen.map(|seen| seen.region.as_str());
        if self.meant() == called {
            let named = [target.agent_endpoint.as_deref(), target.model.as_deref()];
            let region = named.into_iter().flatten().find_map(|ocid| preflight::Ocid::parse(ocid)?.region)?;
            let region = catalog::region(region)?.name;
            let address = self.address_in(region)?;
            return Some(format!("The OCID lies in `{region}`: call `{address}` (`--region {region}`)."));
        }
        let (region, address) = (self.meant()?, self.address()?);
        Some(format!("For `{region}`, which is configured, the address is `{address}`."))
    }

    fn documented_body(&self) -> Option<String> {
        let ask = self.cell.asks.first()?.in_documented_form();
        let body = ask.body(Some(&self.compartment()))?;
        Some(format!("The smallest body that is documented for it: `{body}`."))
    }

    /// The error that a gateway's own one quotes.
    fn behind(&self) -> (Option<String>, Option<String>) {
        let quoted = self.seen.and_then(|seen| seen.message.as_deref()).and_then(|message| {
            let start = message.find('{')?;
            let text = message.get(start..)?;
            serde_json::Deserializer::from_str(text).into_iter::<Value>().next()?.ok()
        });
        let part = |name: &str| {
            let value = quoted.as_ref()?.get(name)?;
            value.as_str().map(str::to_owned).or_else(|| value.as_u64().map(|number| number.to_string()))
        };
        let direct =
            self.address().map(|address| format!(" Without the gateway the address is `{address}`."));
        match (part("code"), part("message")) {
            (Some(code), Some(message)) => (
                Some(format!("OCI's own answer was `{code}: {message}`.{}", direct.unwrap_or_default())),
                Some(format!("ociam explain \"{}\"", message.replace(['"', '`', '$', '\\'], ""))),
            ),
            _ => (direct.map(|text| text.trim_start().to_owned()), None),
        }
    }

    /// The command that lists what could have been meant in place of an OCID, or gets what it names.
    fn looking_up(&self, verb: &str) -> Option<String> {
        let target = &self.explainer.lab.target;
        let region = self.case.region.as_deref().unwrap_or("<region>");
        let place = self.compartment();
        let endpoint = target.model.as_deref().filter(|model| is_endpoint(model));
        let agent = target.agent_endpoint.as_deref().filter(|_| self.cell.plane.name.starts_with("agent"));
        Some(match (agent, endpoint, verb) {
            (Some(ocid), _, "get") => format!(
                "oci generative-ai-agent agent-endpoint get --region {region} --agent-endpoint-id {ocid}"
            ),
            (Some(_), ..) => {
                format!(
                    "oci generative-ai-agent agent-endpoint list --region {region} --compartment-id {place}"
                )
            }
            (_, Some(ocid), "get") => {
                format!("oci generative-ai endpoint get --region {region} --endpoint-id {ocid}")
            }
            (_, Some(_), _) => format!(
                "oci generative-ai endpoint-collection list-endpoints --region {region} --compartment-id {place}"
            ),
            (.., "get") => return None,
            _ => {
                target.compartment.as_ref()?;
                let root = self.tenancy().unwrap_or_else(|| "<tenancy-ocid>".to_owned());
                format!(
                    "oci iam compartment list --compartment-id {root} --compartment-id-in-subtree true --all \
                     --query 'data[].{{name:name,id:id,state:\"lifecycle-state\"}}' --output table"
                )
            }
        })
    }

    /// The command that shows whether a connection comes about.
    fn reaching(&self) -> Option<String> {
        let address = preflight::Address::parse(&self.explainer.canonical(&self.seen?.url))?;
        Some(format!("curl -sS -o /dev/null -w '%{{remote_ip}} %{{http_code}}\\n' https://{}/", address.host))
    }

    /// The command that tries the other regions.
    fn elsewhere(&self) -> String {
        let operation = match self.explainer.lab.target.task {
            super::Task::Chat => String::new(),
            task => format!(" --operation {}", format!("{task:?}").to_lowercase()),
        };
        let model = self.case.model.as_deref().filter(|_| self.cell.plane.name.starts_with("inference"));
        let model = model.map(|model| format!(" --model {model}")).unwrap_or_default();
        format!("ociam probe --plane {} --regions supported{operation}{model}", self.cell.plane.name)
    }
}
