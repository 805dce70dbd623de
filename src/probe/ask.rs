//! A request to a plane: the catalogue's shape with the target's values filled in.

use serde_json::{Value, json};

use super::endpoints::Front;
use super::sends::{ClientSends, Compartments, name_model};
use super::transport::{Call, Purpose};
use crate::catalog::{self, Operation, Plane, Probe};

/// What the requests of a run are about.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// What is asked of inference.
    pub task: Task,
    /// The model's name, or the OCID of an endpoint.
    pub model: Option<String>,
    /// The compartment's OCID; the root of the caller's tenancy when none is named.
    pub compartment: Option<String>,
    /// The project's OCID.
    pub project: Option<String>,
    /// The agent endpoint's OCID.
    pub agent_endpoint: Option<String>,
    /// The tenancy's OCID; that of the credential when none is named.
    pub tenancy: Option<String>,
    /// What the person's own client sends to inference in its own way.
    pub sends: ClientSends,
}

/// What is asked of inference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Task {
    /// An answer to a message.
    #[default]
    Chat,
    /// The same by Responses.
    Responses,
    /// An embedding.
    Embed,
    /// A ranking.
    Rerank,
}

/// Which project header a request carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProjectHeader {
    /// The one that the request's shape names.
    #[default]
    AsNeeded,
    /// One, whether or not the shape names it.
    Always,
    /// None.
    Never,
}

/// A request before it has an address.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Its shape.
    pub probe: &'static Probe,
    /// The plane that it goes to.
    pub plane: &'static Plane,
    /// The base path, on planes with several.
    pub base: &'static str,
    /// The model, where it names one.
    pub model: Option<String>,
    /// The compartment, where it names one.
    pub compartment: Option<String>,
    /// The project header.
    pub project: ProjectHeader,
    /// The user whose keys are read.
    pub user: Option<String>,
    /// What it has of the person's own client.
    pub sends: ClientSends,
    /// The resource that it gets, where its path names one.
    pub resource: Option<String>,
    /// Whether it goes to the region's own host, whatever address a person named.
    pub own_host: bool,
}

/// A value that a request needs and that isn't known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lacking(pub &'static str);

impl Lacking {
    /// What to do about it.
    pub fn advice(self) -> String {
        match self.0 {
            "agent endpoint" => "name an agent endpoint with `--agent-endpoint`".to_owned(),
            "tenancy" => "no tenancy is known; name it with `--tenancy-id`".to_owned(),
            other => format!("no {other} is known; name it with `--{}`", other.replace(' ', "-")),
        }
    }
}

impl Ask {
    /// A request of this shape for a target.
    pub fn new(probe: &'static Probe, plane: &'static Plane, base: &'static str, target: &Target) -> Ask {
        Ask {
            probe,
            plane,
            base,
            model: target.model.clone(),
            compartment: target.compartment.clone(),
            project: ProjectHeader::AsNeeded,
            user: None,
            sends: ClientSends::default(),
            resource: None,
            own_host: false,
        }
    }

    /// The same for another model, in the shape that its format asks for.
    pub fn for_model(&self, model: &str) -> Ask {
        Ask { model: Some(model.to_owned()), ..self.clone() }.in_documented_form()
    }

    /// The same with the body that the catalogue has for its model.
    pub fn in_documented_form(&self) -> Ask {
        let shape = catalog::probe(chat_shape(self.model.as_deref(), None))
            .filter(|_| self.probe.name.starts_with("native-chat"));
        Ask { probe: shape.unwrap_or(self.probe), sends: self.sends.without_body(), ..self.clone() }
    }

    /// The path, its parts still open, under the base path that an address prescribes or under its own.
    pub fn path(&self, prescribed: Option<&str>) -> String {
        let path = self.probe.path.replace("{base}", self.base);
        let Some(prescribed) = prescribed else { return path };
        let own =
            self.plane.bases.iter().filter(|base| path.starts_with(**base)).max_by_key(|base| base.len());
        match own.and_then(|own| path.strip_prefix(own)) {
            Some(rest) => format!("{prescribed}{rest}"),
            None => path,
        }
    }

    /// The operation of the catalogue that this is.
    pub fn operation(&self) -> Option<&'static Operation> {
        let path = self.path(None);
        catalog::operations().iter().find(|row| {
            row.plane == Some(self.plane.name)
                && row.method == self.probe.method
                && row.paths.iter().any(|other| same_path(other, &path))
        })
    }

    /// What to call the operation in reports.
    pub fn name(&self) -> &'static str {
        self.operation().map_or(self.probe.name, |row| row.name)
    }

    /// The call, to be authorized. A signed call names the compartment in headers where the shape asks for it; a
    /// bearer does so only when the person named one.
    pub fn call(&self, front: &Front, target: &Target, signed: bool) -> Result<Call, Lacking> {
        let compartment = self.compartment.as_deref().or(target.tenancy.as_deref().filter(|_| signed));
        let path = self.fill_path(&self.path(front.base()), target, signed)?;
        let mut query = Vec::new();
        for row in self.probe.query {
            // What stands in parentheses or after a blank is for the reader.
            let word = row.split_whitespace().next().unwrap_or_default();
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            let value = match (name, value) {
                (_, "<tenancy>") => target.tenancy.as_deref().ok_or(Lacking("tenancy"))?,
                ("compartmentId", "") => compartment.ok_or(Lacking("compartment"))?,
                (_, "") => continue,
                (_, given) => given,
            };
            query.push((name.to_owned(), value.to_owned()));
        }
        let mut call = Call::new(self.probe.method, front.url(&path, &query), Purpose::Service);
        if let Some(body) = self.body(compartment) {
            call = call.json(&body);
        }
        let places = self.sends.compartment.headers();
        let headers = &mut call.request.headers;
        for row in self.probe.headers {
            if row.contains("OpenAI-Project")
                && self.project == ProjectHeader::AsNeeded
                && let Some(project) = &target.project
            {
                headers.set("OpenAI-Project", project);
            }
            let named = if signed { compartment } else { self.compartment.as_deref() };
            let shaped = places.is_none() && (signed || row.starts_with("IAM:"));
            let Some(compartment) = named.filter(|_| shaped) else { continue };
            for name in ["CompartmentId", "opc-compartment-id"] {
                if row.to_ascii_lowercase().contains(&name.to_ascii_lowercase()) {
                    headers.set(name, compartment);
                }
            }
        }
        for name in places.into_iter().flatten() {
            if let Some(compartment) = compartment {
                headers.set(name, compartment);
            }
        }
        if self.project == ProjectHeader::Always
            && let Some(project) = &target.project
        {
            headers.set("OpenAI-Project", project);
        }
        headers.set("accept", "application/json");
        Ok(call)
    }

    fn fill_path(&self, path: &str, target: &Target, signed: bool) -> Result<String, Lacking> {
        let mut filled = path.to_owned();
        // A bearer is refused for any agent endpoint, so none has to be named to see that.
        let agent = target.agent_endpoint.as_deref().or((!signed).then_some(MADE_UP_AGENT));
        let values: [(&str, &'static str, Option<&str>); 6] = [
            ("{userId}", "user", self.user.as_deref()),
            ("{tenancyId}", "tenancy", target.tenancy.as_deref()),
            ("{agentEndpointId}", "agent endpoint", agent),
            ("{sessionId}", "session", self.resource.as_deref().or(Some(MADE_UP_SESSION))),
            ("{projectId}", "project", target.project.as_deref()),
            ("{resourceId}", "identifier", self.resource.as_deref()),
        ];
        for (mark, what, value) in values {
            if filled.contains(mark) {
                filled = filled.replace(mark, value.ok_or(Lacking(what))?);
            }
        }
        if filled.contains('{') { Err(Lacking("identifier")) } else { Ok(filled) }
    }

    /// The body with the values filled in: the client's own, or that of the shape.
    pub(super) fn body(&self, compartment: Option<&str>) -> Option<Value> {
        let own = self.sends.body.as_ref().filter(|_| self.names_model());
        let mut body = match own {
            Some(own) => own.clone(),
            None => serde_json::from_str::<Value>(self.probe.body?).ok()?.as_object()?.clone(),
        };
        // A client's own body keeps what it says, unless a compartment was named.
        let compartment = match own {
            Some(_) if self.sends.compartment == Compartments::AsShaped => {
                self.compartment.as_deref().or_else(|| own?.get("compartmentId")?.as_str())
            }
            _ => compartment,
        };
        // Only native bodies know the field, unless a client is told to put it there.
        let shaped = body.contains_key("compartmentId");
        let native = self.plane.name == "inference";
        let there = match &self.sends.compartment {
            Compartments::Everywhere => native,
            places => places.in_body(shaped),
        };
        match compartment.filter(|_| there) {
            Some(compartment) => body.insert("compartmentId".to_owned(), json!(compartment)),
            None => body.shift_remove("compartmentId"),
        };
        let Some(model) = self.model.as_deref() else { return Some(Value::Object(body)) };
        name_model(&mut body, model);
        // A model that doesn't chat is asked in the general form, and says so itself.
        let listed = catalog::model(model).and_then(|row| row.native);
        let format = match own {
            Some(_) => self.sends.format,
            None => self.sends.format.or(listed).filter(|format| CHAT_FORMATS.contains(format)),
        };
        if let (Some(format), Some(chat)) =
            (format, body.get_mut("chatRequest").and_then(Value::as_object_mut))
        {
            chat.insert("apiFormat".to_owned(), json!(format));
        }
        Some(Value::Object(body))
    }

    /// The request that ends what this one opens.
    pub fn ends_by(&self) -> Option<&'static Probe> {
        catalog::probe("agent-delete-session").filter(|_| self.probe.name == "agent-create-session")
    }

    /// The request that ends what this one opened, as its answer tells.
    pub fn end_of(&self, answer: &Value, target: &Target) -> Option<Ask> {
        let id = answer.get("id").and_then(Value::as_str)?.to_owned();
        let end = Ask::new(self.ends_by()?, self.plane, self.base, target);
        Some(Ask { resource: Some(id), own_host: self.own_host, ..end })
    }

    /// Whether it names the model that it asks for.
    pub fn names_model(&self) -> bool {
        self.probe.body.is_some_and(|body| body.contains("\"model\"") || body.contains("\"servingMode\""))
    }
}

/// Names no session: the answer for a session that isn't there is as good for telling who is known.
const MADE_UP_SESSION: &str = "ocid1.genaiagentsession.oc1..ociamprobe";

const MADE_UP_AGENT: &str = "ocid1.genaiagentendpoint.oc1..ociamprobe";

/// Whether a model is in fact an endpoint of a dedicated AI cluster.
pub fn is_endpoint(model: &str) -> bool {
    model.starts_with("ocid1.generativeaiendpoint")
}

/// Whether two paths differ in the names of their open parts only.
fn same_path(one: &str, other: &str) -> bool {
    let open = |part: &str| part.starts_with('{');
    one.split('/').count() == other.split('/').count()
        && one.split('/').zip(other.split('/')).all(|(a, b)| a == b || (open(a) && open(b)))
}

/// The forms of native chat.
pub const CHAT_FORMATS: [&str; 3] = ["GENERIC", "COHERE", "COHEREV2"];

/// The shape of a native chat with a model, in a format that is given or in the model's own.
fn chat_shape(model: Option<&str>, given: Option<&'static str>) -> &'static str {
    let format = given.or_else(|| model.and_then(catalog::model).and_then(|row| row.native));
    if format == Some("COHERE") { "native-chat-cohere" } else { "native-chat-generic" }
}

/// The request that shows most about a plane; none for planes that nothing harmless can be asked of.
pub fn question(plane: &'static Plane, base: &'static str, target: &Target) -> Option<Ask> {
    let name = match (plane.name, target.task) {
        ("inference", Task::Embed) => "native-embed",
        ("inference", Task::Rerank) => "native-rerank",
        ("inference", _) => chat_shape(target.model.as_deref(), target.sends.format),
        ("inference-openai", Task::Responses) => "oai-responses",
        ("inference-openai", _) => "oai-chat",
        ("management", _) => "list-models",
        ("management-openai", _) => "cp-list-vector-stores",
        ("agent-management", _) => "agent-list-endpoints",
        ("agent-runtime", _) if target.agent_endpoint.is_some() => "agent-create-session",
        ("agent-runtime", _) => "agent-get-session",
        ("identity", _) => "identity-list-regions",
        ("limits", _) => "limits-list-values",
        ("sandbox", _) => "sandbox-list",
        _ => return None,
    };
    let ask = Ask::new(catalog::probe(name)?, plane, base, target);
    let sends =
        if plane.name.starts_with("inference") { target.sends.clone() } else { ClientSends::default() };
    Some(Ask { sends, ..ask })
}

/// A model that a region is known to serve on demand by this plane, other than one; the best known first.
pub fn known_good(
    plane: &str,
    task: Task,
    api_key: bool,
    region: &str,
    not: Option<&str>,
    today: &str,
) -> Option<&'static str> {
    use catalog::{Hosting, Life, Support};
    let capability = match task {
        Task::Chat | Task::Responses => "chat",
        Task::Embed => "embed",
        Task::Rerank => "rerank",
    };
    let suits = |model: &&catalog::Model| {
        let api = match (plane, task) {
            ("inference-openai", Task::Responses) => model.responses == Support::Yes,
            ("inference-openai", _) => model.chat_completions == Support::Yes,
            _ => model.native.is_some() || task != Task::Chat,
        };
        let served = model.in_region(region).is_some_and(|row| {
            row.expected.on_demand() == Some(true) && row.on_demand_retired.is_none_or(|end| end > today)
        });
        api && served
            && model.capability.to_ascii_lowercase().contains(capability)
            && model.life == Life::Active
            && (!api_key || model.api_key == Support::Yes)
            && Some(model.name) != not
    };
    let candidates = catalog::models().iter().filter(suits);
    candidates.min_by_key(|model| (model.hosting != Hosting::Hosted, model.name)).map(|model| model.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::endpoints::Endpoints;

    fn front(plane: &str, endpoint: Option<&str>) -> Front {
        let mut endpoints = Endpoints::default();
        if let Some(url) = endpoint {
            endpoints.add(&format!("{plane}={url}")).unwrap();
        }
        let place = crate::probe::config::Place {
            region: "us-chicago-1".into(),
            domain: "oraclecloud.com".into(),
            realm: None,
        };
        endpoints.front(catalog::plane(plane).unwrap(), &place).unwrap()
    }

    fn ask(plane: &str, target: &Target) -> Ask {
        let plane = catalog::plane(plane).unwrap();
        question(plane, plane.bases[0], target).unwrap()
    }

    #[test]
    fn a_chat_names_compartment_model_and_format() {
        let target = Target {
            model: Some("cohere.command-a-03-2025".into()),
            compartment: Some("ocid1.compartment.oc1..c".into()),
            ..Target::default()
        };
        let ask = ask("inference", &target);
        assert_eq!(ask.name(), "Chat");
        let call = ask.call(&front("inference", None), &target, true).unwrap();
        let body: Value = serde_json::from_slice(&call.request.body).unwrap();
        assert_eq!(body["compartmentId"], "ocid1.compartment.oc1..c");
        assert_eq!(body["servingMode"]["modelId"], "cohere.command-a-03-2025");
        assert_eq!(body["chatRequest"]["apiFormat"], "COHERE");
    }

    #[test]
    fn another_model_brings_its_own_shape() {
        let target = Target { compartment: Some("c".into()), ..Target::default() };
        let ask = ask("inference", &target);
        assert_eq!(ask.for_model("cohere.command-a-03-2025").probe.name, "native-chat-cohere");
        assert_eq!(ask.for_model("meta.llama-3.3-70b-instruct").probe.name, "native-chat-generic");
    }

    #[test]
    fn compartment_headers_go_with_signatures_and_with_keys_only_when_named() {
        let target = Target { tenancy: Some("ocid1.tenancy.oc1..t".into()), ..Target::default() };
        let ask = ask("inference-openai", &target);
        let header = |signed: bool, ask: &Ask| {
            let call = ask.call(&front("inference-openai", None), &target, signed).unwrap();
            call.request.headers.get("opc-compartment-id").map(str::to_owned)
        };
        assert_eq!(header(true, &ask).as_deref(), Some("ocid1.tenancy.oc1..t"));
        assert_eq!(header(false, &ask), None);
        let named = Ask { compartment: Some("ocid1.compartment.oc1..c".into()), ..ask };
        assert_eq!(header(false, &named).as_deref(), Some("ocid1.compartment.oc1..c"));
    }

    #[test]
    fn a_prescribed_base_path_replaces_the_planes_own() {
        let target = Target::default();
        let ask = ask("inference-openai", &target);
        let at = |url: &str| {
            ask.call(&front("inference-openai", Some(url)), &target, false).unwrap().url.path().to_owned()
        };
        assert_eq!(
            at("https://genai.example.com/20231130/actions/v1"),
            "/20231130/actions/v1/chat/completions"
        );
        assert_eq!(at("https://genai.example.com/api/v9"), "/api/v9/chat/completions");
        assert_eq!(at("http://127.0.0.1:1/p/r"), "/p/r/openai/v1/chat/completions");
    }

    #[test]
    fn what_is_missing_is_named() {
        let target = Target::default();
        let ask = ask("agent-runtime", &target);
        let lacking = ask.call(&front("agent-runtime", None), &target, true).unwrap_err();
        assert!(lacking.advice().contains("--agent-endpoint"));
    }

    #[test]
    fn the_shapes_of_all_planes_are_operations_of_the_catalogue() {
        let target = Target { tenancy: Some("t".into()), ..Target::default() };
        for plane in ["inference", "inference-openai", "management", "agent-management", "agent-runtime"] {
            assert!(ask(plane, &target).operation().is_some(), "{plane}");
        }
    }

    #[test]
    fn a_model_known_to_be_served_is_another_than_the_one_in_question() {
        let found = |not| known_good("inference-openai", Task::Chat, true, "us-chicago-1", not, "2026-11-21");
        let first = found(None).unwrap();
        assert_ne!(found(Some(first)), Some(first));
        assert_eq!(known_good("inference", Task::Chat, false, "xx-none-1", None, "2026-11-21"), None);
    }
}
