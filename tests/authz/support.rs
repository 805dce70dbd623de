//! Reads the conformance tables of `fixtures/decisions`.

use std::collections::BTreeMap;
use std::path::Path;

use ociam::authz::{Compiled, Policy, Principal, Request, Tags, Tenancy, Wanted};
use serde::Deserialize;

/// One file of decisions.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Table {
    pub about: String,
    #[serde(default)]
    pub tenancy: Tenancy,
    /// The tenancy that principals of cross-tenancy cases come from.
    #[serde(default)]
    pub home: Option<Tenancy>,
    pub case: Vec<Case>,
}

/// One decision: policies, request, expected answer, and the sentence of the documentation that it follows from.
#[derive(Deserialize, Clone)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Case {
    pub name: String,
    /// Statements of a policy attached to the root compartment.
    #[serde(default)]
    pub statements: Vec<String>,
    #[serde(default)]
    pub policies: Vec<Policy>,
    /// Statements of the other tenancy.
    #[serde(default)]
    pub home_statements: Vec<String>,
    pub principal: String,
    pub operation: String,
    #[serde(default)]
    pub compartment: Option<String>,
    #[serde(default)]
    pub region: Option<String>,
    #[serde(default)]
    pub model: Option<String>,
    #[serde(default)]
    pub time: Option<String>,
    #[serde(default)]
    pub network_source: Option<String>,
    #[serde(default)]
    pub tags: Option<Tags>,
    #[serde(default)]
    pub attributes: BTreeMap<String, Vec<String>>,
    pub expect: String,
    pub because: String,
    pub source: String,
}

impl Case {
    pub fn tenancy(&self, table: &Table) -> Tenancy {
        let mut tenancy = table.tenancy.clone();
        if !self.statements.is_empty() {
            tenancy.policies.push(Policy {
                name: "policy".into(),
                compartment: Some(String::new()),
                ocid: None,
                statements: self.statements.iter().map(|text| text.as_str().into()).collect(),
            });
        }
        tenancy.policies.extend(self.policies.iter().cloned());
        tenancy
    }

    pub fn request(&self) -> Request {
        let principal =
            Principal::parse(&self.principal).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        let wanted = Wanted::parse(&self.operation).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        let mut request = Request::new(principal, wanted, self.compartment.as_deref());
        request.region.clone_from(&self.region);
        request.model.clone_from(&self.model);
        request.time.clone_from(&self.time);
        request.network_source.clone_from(&self.network_source);
        request.tags.clone_from(&self.tags);
        request.attributes.clone_from(&self.attributes);
        request
    }

    pub fn home(&self, table: &Table) -> Option<Compiled> {
        let mut home = table.home.clone()?;
        home.policies.push(Policy {
            name: "policy".into(),
            compartment: Some(String::new()),
            ocid: None,
            statements: self.home_statements.iter().map(|text| text.as_str().into()).collect(),
        });
        Some(Compiled::new(home))
    }
}

/// All tables, by file name.
pub fn tables() -> Vec<(String, Table)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/decisions");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let table = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, table)
    };
    files.into_iter().filter(|path| path.extension().is_some_and(|e| e == "toml")).map(read).collect()
}
