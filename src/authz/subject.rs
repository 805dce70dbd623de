//! Whom a statement speaks of: groups by name, domain and OCID, and the rules of dynamic groups.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::condition::{self, Condition, Language, Text};
use super::tenancy::{DynamicGroup, Group, StatementText, Tags, Tenancy};
use crate::diag::Severity;
use crate::policy;

/// Whom a statement speaks of.
#[derive(Clone, Debug)]
pub enum SubjectMatch {
    /// Everybody, services included.
    AnyUser,
    /// Users, instances and resources.
    AnyGroup,
    /// The members of groups or dynamic groups.
    Members(Members),
    /// Services by name, in lower case.
    Service(Vec<Arc<str>>),
    /// `resource …`, its words in lower case.
    Resource(Arc<str>),
    /// It isn't known: the text, in lower case, and the reason.
    Unknown(Arc<str>, Arc<str>),
}

/// Groups or dynamic groups.
#[derive(Clone, Debug)]
pub struct Members {
    /// Whether they are dynamic groups; none where the keyword isn't known.
    pub dynamic: Option<bool>,
    /// Those that are known, by the keys of the tenancy.
    pub keys: Vec<Arc<str>>,
    /// Those that aren't: text, in lower case, and reason.
    pub unknown: Vec<(Arc<str>, Arc<str>)>,
}

/// A group or dynamic group of the tenancy.
#[derive(Clone, Debug)]
pub struct Known {
    /// Whether it is a dynamic group.
    pub dynamic: bool,
    /// Its domain as written.
    pub domain: String,
    /// Its name as written.
    pub name: String,
    /// Its OCID.
    pub ocid: Option<Arc<str>>,
    /// Its tags.
    pub tags: Tags,
    /// A dynamic group's rule, or why it isn't known.
    pub rule: Option<Result<Condition, Arc<str>>>,
}

/// The groups and dynamic groups of a tenancy, by name and by OCID.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// By key.
    pub known: HashMap<Arc<str>, Known>,
    by_ocid: HashMap<Arc<str>, Arc<str>>,
    texts: HashSet<String>,
    /// Whether groups that aren't here don't exist.
    pub complete: bool,
}

/// What a group without a domain belongs to.
pub const DEFAULT_DOMAIN: &str = "Default";

/// The key of a group called by name.
pub fn key(dynamic: bool, domain: Option<&str>, name: &str) -> Arc<str> {
    let domain = domain.filter(|domain| !domain.is_empty()).unwrap_or(DEFAULT_DOMAIN).to_lowercase();
    let kind = if dynamic { 'd' } else { 'g' };
    format!("{kind}:{domain}/{}", name.to_lowercase()).into()
}

/// The key of a group that only its OCID is known of.
fn ocid_key(dynamic: bool, ocid: &str) -> Arc<str> {
    format!("{}#{}", if dynamic { 'd' } else { 'g' }, ocid.to_lowercase()).into()
}

impl Names {
    /// The names of a tenancy, with the matching rules compiled.
    pub fn new(tenancy: &Tenancy) -> Self {
        let mut names = Names { complete: tenancy.complete, ..Names::default() };
        for Group { name, domain, ocid, tags, .. } in &tenancy.groups {
            names.add(false, domain.as_deref(), name, ocid.as_deref(), tags.clone(), None);
        }
        for DynamicGroup { name, domain, ocid, rule, .. } in &tenancy.dynamic_groups {
            let rule = Some(compile_rule(rule));
            names.add(true, domain.as_deref(), name, ocid.as_deref(), Tags::new(), rule);
        }
        names
    }

    fn add(
        &mut self,
        dynamic: bool,
        domain: Option<&str>,
        name: &str,
        ocid: Option<&str>,
        tags: Tags,
        rule: Option<Result<Condition, Arc<str>>>,
    ) {
        let key = key(dynamic, domain, name);
        self.texts.insert(name.to_lowercase());
        if let Some(ocid) = ocid {
            self.by_ocid.insert(ocid.to_lowercase().into(), key.clone());
            self.texts.insert(ocid.to_lowercase());
        }
        let domain = domain.unwrap_or(DEFAULT_DOMAIN).to_owned();
        self.known.insert(
            key,
            Known { dynamic, domain, name: name.to_owned(), ocid: ocid.map(Arc::from), tags, rule },
        );
    }

    /// Whether a text with a hole is that of a name or OCID that the tenancy has.
    pub fn is_known_text(&self, text: &str) -> bool {
        self.texts.contains(&text.to_lowercase())
    }

    /// The key of a group called by name.
    pub fn by_name(&self, dynamic: Option<bool>, domain: Option<&str>, name: &str) -> Arc<str> {
        let group = key(false, domain, name);
        match dynamic {
            Some(dynamic) => key(dynamic, domain, name),
            None if self.known.contains_key(&group) => group,
            None => key(true, domain, name),
        }
    }

    /// The key of a group called by OCID: that of its name where the tenancy knows it.
    pub fn by_ocid(&self, dynamic: Option<bool>, ocid: &str) -> Arc<str> {
        let known = self.by_ocid.get(&*ocid.to_lowercase());
        known.cloned().unwrap_or_else(|| ocid_key(dynamic.unwrap_or(false), ocid))
    }
}

/// Compiles a matching rule; the error says why it isn't known or in force.
fn compile_rule(rule: &StatementText) -> Result<Condition, Arc<str>> {
    let spans: Vec<_> = rule.holes.iter().map(|hole| hole.span).collect();
    let parsed = policy::parse_matching_rule(&rule.text, &spans);
    if let Some(error) = parsed.errors.iter().find(|error| error.severity == Severity::Error) {
        return Err(format!("its matching rule can't be read: {}", error.message).into());
    }
    let text = Text { text: &rule.text, holes: &rule.holes, language: Language::Rule };
    let mut conditions: Vec<_> =
        parsed.rule.conditions.iter().map(|condition| condition::compile(condition, &text)).collect();
    match conditions.len() {
        0 => Err("its matching rule is not known".into()),
        1 => Ok(conditions.remove(0)),
        // The older engine took several conditions and joined them by any.
        _ => Err("its matching rule has no outer any or all".into()),
    }
}
