//! A tenancy model from what the sources read: policies, and the groups and compartments declared beside them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::tenancy::{Compartment, Domain, DynamicGroup, Group, Policy, StatementText, Tenancy};
use crate::source::{
    Attachment, Configuration, Declared, DeclaredKind, MatchingRuleSource, PolicySource, Role, Root,
    StatementSource,
};
use crate::text::{MappedText, Place};

/// The name of the policy that statements without one are put in.
const LOOSE: &str = "statements";

/// The part of a configuration that makes one tenancy, with the numbers of policies and statements.
#[derive(Default)]
struct Selected<'c> {
    declared: Vec<&'c Declared>,
    matching_rules: Vec<&'c MatchingRuleSource>,
    policies: Vec<(usize, &'c PolicySource)>,
    statements: Vec<(usize, &'c StatementSource)>,
}

impl Tenancy {
    /// The tenancy that a configuration describes. Nothing is held to be complete: what isn't declared may exist.
    pub fn from_configuration(configuration: &Configuration) -> Self {
        let mut tenancy = Tenancy::default();
        tenancy.add_configuration(configuration);
        tenancy
    }

    /// The tenancies that the parts of a configuration describe which are applied together, those without a statement
    /// left out.
    pub fn of_roots(configuration: &Configuration) -> Vec<Self> {
        let mut parts: BTreeMap<&Root, Selected> = BTreeMap::new();
        let roots: Vec<Root> =
            configuration.statements.iter().map(|source| configuration.root_of(source)).collect();
        for (numbered, root) in configuration.statements.iter().enumerate().zip(&roots) {
            parts.entry(root).or_default().statements.push(numbered);
        }
        for one in &configuration.declared {
            if let Some(part) = parts.get_mut(&one.root) {
                part.declared.push(one);
            }
        }
        for one in &configuration.matching_rules {
            if let Some(part) = parts.get_mut(&one.root) {
                part.matching_rules.push(one);
            }
        }
        for (at, one) in configuration.policies.iter().enumerate() {
            if let Some(part) = parts.get_mut(&one.root) {
                part.policies.push((at, one));
            }
        }
        let tenancy = |part: &Selected| {
            let mut tenancy = Tenancy::default();
            tenancy.add(configuration, part);
            tenancy
        };
        parts.values().map(tenancy).collect()
    }

    /// Adds what a configuration describes.
    pub fn add_configuration(&mut self, configuration: &Configuration) {
        let all = Selected {
            declared: configuration.declared.iter().collect(),
            matching_rules: configuration.matching_rules.iter().collect(),
            policies: configuration.policies.iter().enumerate().collect(),
            statements: configuration.statements.iter().enumerate().collect(),
        };
        self.add(configuration, &all);
    }

    fn add(&mut self, configuration: &Configuration, part: &Selected) {
        let locals = Locals::new(&part.declared);
        for declared in &part.declared {
            self.declare(declared, configuration, &locals);
        }
        for source in part.matching_rules.iter().filter(|source| source.role == Role::Policy) {
            let rule = statement(configuration, &source.text, source.place, source.maybe, None);
            let address = source.address.as_deref().unwrap_or_default();
            match self.dynamic_groups.iter_mut().find(|group| group.address.as_deref() == Some(address)) {
                Some(group) => group.rule = rule,
                None => {
                    let Some(name) = &source.name else { continue };
                    self.dynamic_groups.push(DynamicGroup {
                        name: name.as_str().to_owned(),
                        rule,
                        address: source.address.clone(),
                        ..DynamicGroup::default()
                    });
                }
            }
        }
        let first = self.policies.len();
        self.policies.extend(part.policies.iter().map(|(_, policy)| Policy {
            name: policy.address.to_string(),
            compartment: locals.attachment(&policy.attachment),
            ..Policy::default()
        }));
        let mut loose = Policy { name: LOOSE.into(), compartment: Some(String::new()), ..Policy::default() };
        for &(at, source) in &part.statements {
            if source.role == Role::Prose {
                continue;
            }
            // What only reads like a statement may not be in force.
            let maybe = source.maybe || source.role == Role::Candidate;
            let policy = source.policy.and_then(|at| configuration.policies.get(at));
            let maybe = maybe || policy.is_some_and(|policy| policy.maybe);
            let mut text = statement(configuration, &source.text, source.place, maybe, source.index);
            text.source = Some(at);
            let own =
                source.policy.and_then(|at| part.policies.binary_search_by_key(&at, |(at, _)| *at).ok());
            match own.and_then(|own| self.policies.get_mut(first + own)) {
                Some(policy) => policy.statements.push(text),
                None => loose.statements.push(text),
            }
        }
        if !loose.statements.is_empty() {
            self.policies.push(loose);
        }
    }

    fn declare(&mut self, declared: &Declared, configuration: &Configuration, locals: &Locals) {
        let Some(name) = declared.name.as_ref().map(|name| name.as_str().to_owned()) else { return };
        let ocid = Some(locals.ocid(&declared.address));
        let address = Some(declared.address.clone());
        let domain = || {
            let written = declared.domain.as_deref()?;
            let of_address = configuration
                .declared
                .iter()
                .find(|other| other.kind == DeclaredKind::Domain && &*other.address == written);
            Some(
                of_address
                    .and_then(|other| other.name.as_ref())
                    .map_or(written, |name| name.as_str())
                    .to_owned(),
            )
        };
        match declared.kind {
            DeclaredKind::Group => {
                self.groups.push(Group { name, domain: domain(), ocid, address, ..Group::default() });
            }
            DeclaredKind::DynamicGroup => {
                let rule = StatementText::default();
                self.dynamic_groups.push(DynamicGroup { name, domain: domain(), ocid, rule, address });
            }
            DeclaredKind::Compartment => {
                let parent = match locals.attachment(&declared.parent) {
                    Some(root) if root.is_empty() => None,
                    Some(parent) => Some(parent),
                    // Some compartment that isn't known.
                    None => Some(locals.ocid("unknown")),
                };
                self.compartments.push(Compartment {
                    path: name,
                    ocid,
                    parent,
                    address,
                    ..Compartment::default()
                });
            }
            DeclaredKind::Domain => self.domains.push(Domain { name, ocid }),
        }
    }
}

fn statement(
    configuration: &Configuration,
    text: &MappedText,
    place: Place,
    maybe: bool,
    index: Option<usize>,
) -> StatementText {
    let at = configuration.files.get(place.file).map(|file| {
        let line = file.position(place.span.start()).line;
        Arc::from(format!("{}:{line}", file.name))
    });
    let holes = text.holes().to_vec();
    StatementText { text: text.as_str().into(), holes, maybe, place: at, index, source: None }
}

/// The addresses by which statements speak of what is declared.
struct Locals {
    /// The address inside its own module, where only one module declares it.
    local: HashMap<Arc<str>, Arc<str>>,
}

impl Locals {
    fn new(declared: &[&Declared]) -> Self {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for one in declared {
            *counts.entry(within_module(&one.address)).or_default() += 1;
        }
        let unique = declared.iter().filter(|one| counts.get(within_module(&one.address)) == Some(&1));
        let local = unique.map(|one| (one.address.clone(), Arc::from(within_module(&one.address)))).collect();
        Self { local }
    }

    /// What stands for the OCID of something declared: the template text that refers to it.
    fn ocid(&self, address: &str) -> String {
        format!("${{{}.id}}", self.local.get(address).map_or(address, |local| local))
    }

    fn attachment(&self, attachment: &Attachment) -> Option<String> {
        match attachment {
            Attachment::Root => Some(String::new()),
            Attachment::Declared(address) => Some(self.ocid(address)),
            Attachment::Ocid(ocid) => Some(ocid.to_string()),
            Attachment::Unknown => None,
        }
    }
}

/// An address without the modules that it lies in.
fn within_module(address: &str) -> &str {
    let mut rest = address;
    while let Some(inner) = rest.strip_prefix("module.") {
        // The name may have an index with dots in it: `module.iam["a.b"].oci_…`.
        let mut depth = 0usize;
        let end = inner.char_indices().find(|(_, c)| {
            match c {
                '[' => depth += 1,
                ']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            *c == '.' && depth == 0
        });
        match end.and_then(|(at, _)| inner.get(at + 1..)) {
            Some(after) => rest = after,
            None => break,
        }
    }
    rest
}
