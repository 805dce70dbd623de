//! Parts of a tenancy model from what the OCI command line prints: `oci iam compartment list --all`, `group list`,
//! `dynamic-group list`, `user list`, `policy list`, `region-subscription list`.

use serde_json::{Map, Value};

use super::tenancy::{
    Compartment, DynamicGroup, Group, Policy, Resource, StatementText, Tenancy, TenancyError, User,
};
use super::tree::is_tenancy_ocid;

impl Tenancy {
    /// Reads a tenancy file, or a list that the OCI command line printed.
    pub fn from_text_or_dump(text: &str) -> Result<Self, TenancyError> {
        let start = text.trim_start_matches('\u{feff}').trim_start();
        let dump = start.starts_with('[') && !start.starts_with("[[")
            || start.strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with("\"data\""));
        if !dump || toml::from_str::<toml::Table>(text).is_ok() {
            return Tenancy::from_text(text);
        }
        let mut tenancy = Tenancy::default();
        match tenancy.add_dump(text)? {
            0 => Err(TenancyError {
                message: "the list holds nothing that is part of a tenancy".into(),
                position: None,
            }),
            _ => Ok(tenancy),
        }
    }

    /// Adds what a dump holds and gives the number of things taken. A dump is a JSON object with `data`, or an
    /// array. Things of other kinds are passed over.
    pub fn add_dump(&mut self, text: &str) -> Result<usize, TenancyError> {
        let value: Value = serde_json::from_str(text).map_err(|error| TenancyError {
            message: error.to_string().split(" at line ").next().unwrap_or_default().to_owned(),
            position: Some((error.line(), error.column())),
        })?;
        let data = match &value {
            Value::Object(object) => object.get("data").unwrap_or(&Value::Null),
            other => other,
        };
        let single = std::slice::from_ref(data);
        let items = data.as_array().map_or(single, Vec::as_slice);
        Ok(items.iter().filter_map(Value::as_object).filter(|item| self.add_item(item)).count())
    }

    fn add_item(&mut self, item: &Map<String, Value>) -> bool {
        let text = |name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
        if let Some(region) = text("region-name") {
            self.regions.get_or_insert_default().push(region.clone());
            if item.get("is-home-region") == Some(&Value::Bool(true)) {
                self.home_region = Some(region);
            }
            return true;
        }
        let Some(ocid) = text("id") else { return false };
        // What is deleted is listed for a while.
        if text("lifecycle-state").is_some_and(|state| state == "DELETED" || state == "DELETING") {
            return false;
        }
        let parent = text("compartment-id");
        if let Some(root) = parent.as_ref().filter(|parent| is_tenancy_ocid(parent)) {
            self.ocid.get_or_insert_with(|| root.clone());
        }
        let place = parent.map(|parent| if is_tenancy_ocid(&parent) { String::new() } else { parent });
        let name = text("name").or_else(|| text("display-name"));
        let tags = tags(item);
        let kind = ocid.split('.').nth(1).unwrap_or_default().to_ascii_lowercase();
        match (kind.as_str(), name) {
            ("tenancy", name) => {
                self.ocid = Some(ocid);
                self.name = name;
                self.tags = tags;
            }
            ("compartment", Some(path)) => {
                let parent = place.filter(|place| !place.is_empty());
                self.compartments.push(Compartment { path, ocid: Some(ocid), parent, tags, address: None });
            }
            ("group", Some(name)) => {
                self.groups.push(Group { name, ocid: Some(ocid), tags, ..Group::default() });
            }
            ("dynamicgroup", Some(name)) => {
                let rule = StatementText::from(text("matching-rule").unwrap_or_default());
                self.dynamic_groups.push(DynamicGroup {
                    name,
                    ocid: Some(ocid),
                    rule,
                    ..DynamicGroup::default()
                });
            }
            ("user", Some(name)) => self.users.push(User { name, ocid: Some(ocid), ..User::default() }),
            ("policy", Some(name)) => {
                let list = item.get("statements").and_then(Value::as_array);
                let statements =
                    list.into_iter().flatten().filter_map(Value::as_str).map(StatementText::from);
                self.policies.push(Policy {
                    name,
                    compartment: place,
                    ocid: Some(ocid),
                    statements: statements.collect(),
                });
            }
            ("", _) => return false,
            (kind, name) => {
                let kind = kind.to_owned();
                self.resources.push(Resource { ocid, kind, name, compartment: place, tags });
            }
        }
        true
    }

    /// Adds everything of another model; what is said of the tenancy itself stays as it is where it is known.
    pub fn merge(&mut self, other: Tenancy) {
        self.name = self.name.take().or(other.name);
        self.ocid = self.ocid.take().or(other.ocid);
        self.home_region = self.home_region.take().or(other.home_region);
        self.regions = self.regions.take().or(other.regions);
        self.complete |= other.complete;
        self.tags.extend(other.tags);
        self.compartments.extend(other.compartments);
        self.domains.extend(other.domains);
        self.groups.extend(other.groups);
        self.dynamic_groups.extend(other.dynamic_groups);
        self.users.extend(other.users);
        self.policies.extend(other.policies);
        self.resources.extend(other.resources);
        self.api_keys.extend(other.api_keys);
        self.projects.extend(other.projects);
        self.endpoints.extend(other.endpoints);
        self.limits.extend(other.limits);
    }
}

fn tags(item: &Map<String, Value>) -> super::Tags {
    let mut found = super::Tags::new();
    for (namespace, keys) in item.get("defined-tags").and_then(Value::as_object).into_iter().flatten() {
        for (key, value) in keys.as_object().into_iter().flatten() {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            found.insert(format!("{namespace}.{key}"), value);
        }
    }
    found
}
