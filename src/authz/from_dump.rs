//! Parts of a tenancy model from what the services list: as the OCI command line prints it (`oci iam policy list`,
//! `oci identity-domains groups list` and so on) and as the services themselves answer.
//!
//! The two differ in the spelling of field names only: `matching-rule` there, `matchingRule` here.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::tenancy::{
    ApiKey, Compartment, Domain, DynamicGroup, Group, Placed, Policy, Resource, Secret, StatementText, Tags,
    Tenancy, TenancyError, User,
};
use super::tree::{is_ocid, is_tenancy_ocid};
use crate::catalog;

/// How deep compartments may nest for their paths to be written out; OCI allows six levels.
const DEPTH_LIMIT: usize = 64;

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
        let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))?;
        let data = match &value {
            Value::Object(object) => object.get("data").unwrap_or(&Value::Null),
            other => other,
        };
        Ok(listed(data).iter().filter(|item| self.add_item(item)).count())
    }

    /// Adds one thing of a list; whether it is part of a tenancy.
    pub fn add_item(&mut self, item: &Value) -> bool {
        let Some(object) = item.as_object() else { return false };
        let item = Item(object);
        if let Some(region) = item.text("region-name") {
            if item.get("is-home-region") == Some(&Value::Bool(true)) {
                self.home_region = Some(region.clone());
            }
            let regions = self.regions.get_or_insert_default();
            if !regions.contains(&region) {
                regions.push(region);
            }
            return true;
        }
        if let (Some(_), Some(name), Some(value)) =
            (item.get("scope-type"), item.text("name"), item.get("value").and_then(Value::as_i64))
        {
            // One row for each availability domain.
            let held = self.limits.entry(name).or_insert(value);
            *held = value.max(*held);
            return true;
        }
        // What is deleted is listed for a while.
        if item.text("lifecycle-state").is_some_and(|state| state == "DELETED" || state == "DELETING") {
            return false;
        }
        // The `id` of things in an identity domain is none that policies know.
        let Some(ocid) = item.text("ocid").or_else(|| item.text("id")) else { return false };
        let parent = item.text("compartment-id");
        let root = parent.as_ref().filter(|parent| is_tenancy_ocid(parent)).cloned();
        if let Some(root) = root.or_else(|| item.text("tenancy-ocid")) {
            self.ocid.get_or_insert(root);
        }
        let place = parent.map(|parent| if is_tenancy_ocid(&parent) { String::new() } else { parent });
        self.add_kind(&item, ocid, place)
    }

    fn add_kind(&mut self, item: &Item<'_>, ocid: String, compartment: Option<String>) -> bool {
        let name = item.text("name").or_else(|| item.text("user-name")).or_else(|| item.text("display-name"));
        let domain = item.text("domain-ocid");
        let state = item.text("lifecycle-state");
        let tags = item.tags();
        match (item.kind(&ocid).as_str(), name) {
            ("tenancy", name) => {
                self.ocid = Some(ocid);
                self.name = name;
                self.tags = tags;
                if let Some(region) = item.text("home-region-key").as_deref().and_then(catalog::region) {
                    self.home_region = Some(region.name.to_owned());
                }
            }
            ("compartment", Some(path)) => {
                let parent = compartment.filter(|place| !place.is_empty());
                self.compartments.push(Compartment { path, ocid: Some(ocid), parent, tags, address: None });
            }
            ("domain", Some(name)) => self.domains.push(Domain { name, ocid: Some(ocid) }),
            ("group", Some(name)) => {
                let members = item.objects("members").filter_map(|member| {
                    member.text("ocid").or_else(|| member.text("name")).or_else(|| member.text("display"))
                });
                let members = members.collect();
                self.groups.push(Group { name, domain, ocid: Some(ocid), members, tags, address: None });
            }
            ("dynamicgroup", Some(name)) => {
                let rule = StatementText::from(item.text("matching-rule").unwrap_or_default());
                self.dynamic_groups.push(DynamicGroup {
                    name,
                    domain,
                    ocid: Some(ocid),
                    rule,
                    address: None,
                });
            }
            ("user", Some(name)) => {
                let named = item.objects("groups").filter_map(|group| group.text("display"));
                let groups = named.map(|group| match &domain {
                    Some(domain) => format!("{domain}/{group}"),
                    None => group,
                });
                let groups = groups.collect();
                self.users.push(User { name, domain, ocid: Some(ocid), groups });
            }
            ("policy", Some(name)) => {
                let list = item.get("statements").and_then(Value::as_array);
                let statements = list.into_iter().flatten().filter_map(Value::as_str);
                let statements = statements.map(StatementText::from).collect();
                self.policies.push(Policy { name, compartment, ocid: Some(ocid), statements });
            }
            ("generativeaiapikey", name) => {
                let secrets = item.objects("keys").map(|key| Secret {
                    name: key.text("key-name"),
                    state: key.text("state"),
                    expires: key.text("time-expiry"),
                });
                let (secrets, region) = (secrets.collect(), region_of(&ocid));
                self.api_keys.push(ApiKey { ocid, name, region, compartment, state, secrets });
            }
            (kind @ ("generativeaiproject" | "generativeaiendpoint"), name) => {
                let region = region_of(&ocid);
                let list = if kind.ends_with("project") { &mut self.projects } else { &mut self.endpoints };
                list.push(Placed { ocid, name, region, compartment, state });
            }
            ("", _) => return false,
            (kind, name) => {
                let kind = kind.to_owned();
                self.resources.push(Resource { ocid, kind, name, compartment, tags });
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
        self.unseen.extend(other.unseen);
    }

    /// Calls identity domains by their names where lists call them by their OCIDs.
    pub fn name_domains(&mut self) {
        let names: HashMap<String, String> = self
            .domains
            .iter()
            .filter_map(|domain| Some((domain.ocid.as_ref()?.to_lowercase(), domain.name.clone())))
            .collect();
        if names.is_empty() {
            return;
        }
        let rename = |domain: &mut String| {
            if let Some(name) = names.get(&domain.to_lowercase()) {
                domain.clone_from(name);
            }
        };
        self.groups.iter_mut().filter_map(|group| group.domain.as_mut()).for_each(rename);
        self.dynamic_groups.iter_mut().filter_map(|group| group.domain.as_mut()).for_each(rename);
        for user in &mut self.users {
            user.domain.iter_mut().for_each(rename);
            for group in &mut user.groups {
                if let Some((domain, name)) = group.split_once('/')
                    && let Some(known) = names.get(&domain.to_lowercase())
                {
                    *group = format!("{known}/{name}");
                }
            }
        }
    }

    /// Calls compartments by their paths where lists call them by their OCIDs, and sorts what has an order of its
    /// own nowhere. A compartment whose parents aren't all known keeps its parent's OCID.
    pub fn name_compartments(&mut self) {
        let key = |ocid: &str| ocid.to_lowercase();
        let by_ocid: HashMap<String, (String, Option<String>)> = self
            .compartments
            .iter()
            .filter_map(|one| Some((key(one.ocid.as_deref()?), (one.path.clone(), one.parent.clone()))))
            .collect();
        let path_of = |ocid: &str| {
            let mut names = Vec::new();
            let mut at = Some(key(ocid));
            while let Some(ocid) = at {
                let (name, parent) = by_ocid.get(&ocid)?;
                names.push(name.as_str());
                at = parent.as_deref().map(key);
                if names.len() > DEPTH_LIMIT {
                    return None;
                }
            }
            names.reverse();
            Some(names.join(":"))
        };
        let root = self.ocid.as_deref().map(key);
        let rename = |place: &mut String| {
            if root.as_deref() == Some(key(place).as_str()) {
                place.clear();
            } else if is_ocid(place)
                && let Some(path) = path_of(place)
            {
                *place = path;
            }
        };
        for compartment in &mut self.compartments {
            if let Some(path) = compartment.ocid.as_deref().and_then(path_of) {
                (compartment.path, compartment.parent) = (path, None);
            }
        }
        self.policies.iter_mut().filter_map(|one| one.compartment.as_mut()).for_each(rename);
        self.resources.iter_mut().filter_map(|one| one.compartment.as_mut()).for_each(rename);
        self.api_keys.iter_mut().filter_map(|one| one.compartment.as_mut()).for_each(rename);
        let placed = self.projects.iter_mut().chain(&mut self.endpoints);
        placed.filter_map(|one| one.compartment.as_mut()).for_each(rename);
        self.unseen.iter_mut().filter_map(|one| one.compartment.as_mut()).for_each(rename);
        self.compartments.sort_by(|one, other| (&one.path, &one.ocid).cmp(&(&other.path, &other.ocid)));
        self.policies.sort_by(|one, other| {
            (&one.compartment, &one.name, &one.ocid).cmp(&(&other.compartment, &other.name, &other.ocid))
        });
    }
}

/// The things that an answer lists: those of an array, of its `items` or `Resources`, or the answer itself.
pub fn listed(answer: &Value) -> &[Value] {
    let list = match answer {
        Value::Array(list) => Some(list),
        Value::Object(object) => ["items", "resources", "Resources"]
            .iter()
            .find_map(|name| object.get(*name).and_then(Value::as_array)),
        _ => None,
    };
    list.map_or(std::slice::from_ref(answer), Vec::as_slice)
}

/// The region in an OCID, by its identifier where the catalogue knows it.
fn region_of(ocid: &str) -> Option<String> {
    let text = ocid.split('.').nth(3).filter(|region| !region.is_empty())?;
    Some(catalog::region(text).map_or(text, |region| region.name).to_owned())
}

/// One thing of a list. Fields are called as the command line calls them.
struct Item<'a>(&'a Map<String, Value>);

impl<'a> Item<'a> {
    fn get(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name).or_else(|| self.0.get(&camel(name)))
    }

    fn text(&self, name: &str) -> Option<String> {
        self.get(name).and_then(Value::as_str).map(str::to_owned)
    }

    fn objects(&self, name: &str) -> impl Iterator<Item = Item<'a>> + use<'a> {
        let list = self.get(name).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_object).map(Item)
    }

    /// What it is, by its OCID; by its schema where an identity domain gives it none.
    fn kind(&self, ocid: &str) -> String {
        if is_ocid(ocid) {
            return ocid.split('.').nth(1).unwrap_or_default().to_ascii_lowercase();
        }
        let schemas = self.get("schemas").and_then(Value::as_array).into_iter().flatten();
        let mut words = schemas.filter_map(Value::as_str).filter_map(|schema| schema.rsplit(':').next());
        let kind = words.find_map(|word| match word {
            "Group" => Some("group"),
            "DynamicResourceGroup" => Some("dynamicgroup"),
            "User" => Some("user"),
            _ => None,
        });
        kind.unwrap_or_default().to_owned()
    }

    fn tags(&self) -> Tags {
        let mut found = Tags::new();
        for (namespace, keys) in self.get("defined-tags").and_then(Value::as_object).into_iter().flatten() {
            for (key, value) in keys.as_object().into_iter().flatten() {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                found.insert(format!("{namespace}.{key}"), value);
            }
        }
        // Identity domains keep them apart, as an extension whose name the command line spells in its own way.
        let extension =
            self.0.iter().find(|(name, _)| name.ends_with(":OCITags") || name.ends_with("-oci-tags"));
        for tag in extension
            .and_then(|(_, value)| value.as_object())
            .map(Item)
            .iter()
            .flat_map(|held| held.objects("defined-tags"))
        {
            if let (Some(namespace), Some(key), Some(value)) =
                (tag.text("namespace"), tag.text("key"), tag.text("value"))
            {
                found.insert(format!("{namespace}.{key}"), value);
            }
        }
        found
    }
}

/// `matching-rule` as `matchingRule`.
fn camel(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    let mut up = false;
    for c in name.chars() {
        match (c, up) {
            ('-', _) => up = true,
            (c, true) => {
                text.push(c.to_ascii_uppercase());
                up = false;
            }
            (c, false) => text.push(c),
        }
    }
    text
}
