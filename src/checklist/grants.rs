//! The least statements for a call: who asks, what is asked for, and the fewest statements by which the evaluator
//! grants all of it. Nothing here knows a statement's wording: `authz` writes each, and takes the superfluous away.

use crate::authz::{
    Compartment, Compiled, DynamicGroup, GroupName, Policy, Prepared, Principal, Request, ResourcePrincipal,
    StatementText, Tenancy, Verdict, Wanted, decide, least_statement,
};
use crate::catalog;

use super::decision::Subject;
use super::facts::{Basis, Route};
use super::fill::{Params, substitute};
use super::wish::{NAMES, name_of};

/// A principal with what it must be granted.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Who: `caller`, or the name of a service.
    pub role: String,
    /// In words.
    pub title: String,
    /// The principal.
    pub principal: Principal,
    /// What it asks for.
    pub requests: Vec<Request>,
    /// The dynamic group that takes it in, where one does.
    pub dynamic_group: Option<Group>,
    /// The statements, in which `{key}` stands for what isn't known yet.
    pub statements: Vec<String>,
    /// What no statement could be written for.
    pub open: Vec<String>,
    /// Who says that it takes these requests.
    pub basis: Basis,
    /// What the statements are decided in: compartments and the dynamic group, no policies.
    tenancy: Tenancy,
}

/// A dynamic group to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its identity domain; none for Default.
    pub domain: Option<String>,
    /// Its matching rule, in which `{key}` stands for what isn't known yet.
    pub rule: String,
}

impl Group {
    /// As a statement names it.
    pub fn in_statement(&self) -> String {
        GroupName { domain: self.domain.clone(), name: self.name.clone() }.in_statement()
    }
}

impl Grant {
    /// The tenancy of these statements alone, in a policy attached to the root.
    pub fn tenancy_with<'s>(&self, statements: impl IntoIterator<Item = &'s str>) -> Tenancy {
        let statements =
            statements.into_iter().map(|text| StatementText::from(filled(text).as_str())).collect();
        let policy =
            Policy { name: "policy".into(), compartment: Some(String::new()), ocid: None, statements };
        Tenancy { policies: vec![policy], ..self.tenancy.clone() }
    }

    /// Whether all of its requests are allowed in a tenancy.
    pub fn allowed_in(&self, tenancy: Tenancy) -> bool {
        let compiled = Compiled::new(tenancy);
        self.requests.iter().all(|request| decide(&compiled, request).verdict == Verdict::Allow)
    }

    /// The principal in words, in which `{key}` stands for what isn't known yet.
    pub fn label(&self) -> String {
        reopened(&self.principal.label())
    }

    fn suffices(&self, statements: &[String]) -> bool {
        self.allowed_in(self.tenancy_with(statements.iter().map(String::as_str)))
    }

    /// Finds the statements, and then whether one of them follows from the others.
    fn write(&mut self) {
        let compiled = Compiled::new(self.tenancy_with([]));
        let mut found: Vec<String> = Vec::new();
        for request in &self.requests {
            let Ok(prepared) = Prepared::new(&compiled, request) else { continue };
            for alternatives in prepared.decide().unmet {
                match alternatives.iter().find_map(|right| least_statement(&prepared, right)) {
                    Some(text) => found.push(text),
                    None => self.open.push(request.wanted.label()),
                }
            }
        }
        let mut seen = std::collections::BTreeSet::new();
        found.retain(|text| seen.insert(text.clone()));
        let mut at = 0;
        while self.open.is_empty() && at < found.len() {
            let mut fewer = found.clone();
            fewer.remove(at);
            if self.suffices(&fewer) {
                found = fewer;
            } else {
                at += 1;
            }
        }
        self.statements = found.iter().map(|text| reopened(text)).collect();
    }
}

/// An OCID that stands in for one that isn't known yet: the evaluator wants to know all, and the user gets `{key}`.
fn stand_in(key: &str) -> String {
    let kind = name_of(key).and_then(|name| name.ocid).filter(|kind| !kind.is_empty()).unwrap_or("resource");
    format!("ocid1.{kind}.oc1..standin{}", key.replace('-', ""))
}

/// A text with stand-ins for what is open in it.
fn filled(text: &str) -> String {
    substitute(text, stand_in)
}

/// A text with what is open in place of stand-ins.
pub(super) fn reopened(text: &str) -> String {
    NAMES
        .iter()
        .filter(|name| name.ocid.is_some())
        .fold(text.to_owned(), |text, name| text.replace(&stand_in(name.key), &format!("{{{}}}", name.key)))
}

/// What is granted by a method on a route: to the caller first, then to the services behind it.
pub(super) fn grants(
    subject: &Subject<'_>,
    method: &str,
    route: &'static Route,
    params: &Params,
) -> Vec<Grant> {
    let place = Place::of(subject, params);
    let mut all = vec![caller(subject, method, route, params, &place)];
    for service in &subject.call.services {
        let kind = service.principal_types.first().cloned();
        let principal = Principal::Resource(ResourcePrincipal {
            kind,
            compartment: Some(place.target.clone()),
            ..ResourcePrincipal::default()
        });
        let group = Group {
            name: service.dynamic_group.clone(),
            domain: None,
            rule: known_only(&service.rule, params),
        };
        let wanted = service.requests.iter().filter_map(|text| Wanted::parse(text).ok());
        let requests =
            wanted.map(|wanted| Request::new(principal.clone(), wanted, Some(&place.target))).collect();
        all.push(Grant {
            role: service.name.clone(),
            title: service.title.clone(),
            principal,
            requests,
            tenancy: place.tenancy(Some(&group)),
            dynamic_group: Some(group),
            statements: Vec::new(),
            open: Vec::new(),
            basis: service.basis(),
        });
    }
    all.iter_mut().for_each(Grant::write);
    all
}

fn caller(
    subject: &Subject<'_>,
    method: &str,
    route: &'static Route,
    params: &Params,
    place: &Place,
) -> Grant {
    let types = catalog::auth_method(method).map(|row| row.principal_types).unwrap_or_default();
    let value = |key: &str| params.get(key).map_or_else(|| stand_in(key), str::to_owned);
    let domain = params.get("domain").filter(|name| !name.eq_ignore_ascii_case("Default")).map(str::to_owned);
    let mut group = None;
    let principal = match types {
        ["generativeaiapikey"] => Principal::ApiKey(value("api-key-ocid")),
        ["user"] => Principal::Group(GroupName { domain, name: value("group") }),
        ["workload"] => Principal::Workload {
            namespace: value("namespace"),
            account: value("service-account"),
            cluster: Some(value("cluster-ocid")),
        },
        _ => {
            let rule = match params.get("resource-ocid") {
                Some(_) => &subject.workload.resource_rule,
                None => &subject.workload.rule,
            };
            group = rule.as_ref().map(|rule| Group {
                name: value("dynamic-group"),
                domain,
                rule: known_only(rule, params),
            });
            Principal::Resource(ResourcePrincipal {
                kind: principal_type(subject, method, params),
                ocid: params.get("resource-ocid").map(str::to_owned),
                compartment: Some(place.workload.clone()),
                tags: None,
            })
        }
    };
    let requests = route.operations().map(|operation| {
        let wanted = Wanted::Operation(operation);
        let mut request = Request::new(principal.clone(), wanted, Some(&place.target));
        request.region = Some(subject.region.to_owned());
        request.model = subject.model().map(str::to_owned);
        request
    });
    Grant {
        role: "caller".into(),
        title: subject.workload.title.clone(),
        requests: requests.collect(),
        tenancy: place.tenancy(group.as_ref()),
        principal,
        dynamic_group: group,
        statements: Vec::new(),
        open: Vec::new(),
        basis: route.basis(),
    }
}

/// The principal type of a workload that has no credential of a user or key.
pub(super) fn principal_type(subject: &Subject<'_>, method: &str, params: &Params) -> Option<String> {
    let types = catalog::auth_method(method).map(|row| row.principal_types).unwrap_or_default();
    match types.first() {
        Some(kind) => Some((*kind).to_owned()),
        None => params
            .get("principal-type")
            .map(str::to_owned)
            .or_else(|| subject.workload.principal_types.first().cloned()),
    }
}

/// The template with what is known filled in, and the rest left open.
fn known_only(template: &str, params: &Params) -> String {
    substitute(template, |key| params.get(key).map_or_else(|| format!("{{{key}}}"), str::to_owned))
}

/// The compartments, as the evaluator is told of them.
struct Place {
    /// Path or OCID of the compartment that the calls name, empty for the root.
    target: String,
    /// Path or OCID of the compartment that the code runs in.
    workload: String,
    ocid: String,
    workload_ocid: String,
    root: String,
}

/// The path as the evaluator has it: empty for the root.
pub(super) fn path_of(compartment: &str) -> &str {
    match compartment.trim() {
        "tenancy" | "root" | "/" => "",
        path if path.starts_with("ocid1.tenancy.") => "",
        path => path,
    }
}

/// Whether a compartment, as a wish names it, is the root.
pub fn is_root(compartment: &str) -> bool {
    path_of(compartment).is_empty()
}

fn is_path(text: &str) -> bool {
    !text.is_empty() && !text.starts_with("ocid1.")
}

impl Place {
    fn of(subject: &Subject<'_>, params: &Params) -> Self {
        let target = path_of(subject.wish.compartment.as_deref().unwrap_or_default()).to_owned();
        let workload = params.get("workload-compartment").map_or(target.as_str(), path_of).to_owned();
        let value = |key: &str| params.get(key).map_or_else(|| stand_in(key), str::to_owned);
        let (ocid, workload_ocid) = (value("compartment-ocid"), value("workload-compartment-ocid"));
        Self { target, workload, ocid, workload_ocid, root: value("tenancy-ocid") }
    }

    fn tenancy(&self, group: Option<&Group>) -> Tenancy {
        let mut tenancy = Tenancy { ocid: Some(self.root.clone()), ..Tenancy::default() };
        let mut add = |path: &str, ocid: &str| {
            if is_path(path) && !tenancy.compartments.iter().any(|known| known.path == path) {
                let ocid = Some(ocid.to_owned());
                tenancy.compartments.push(Compartment { path: path.into(), ocid, ..Compartment::default() });
            }
        };
        add(&self.target, &self.ocid);
        add(&self.workload, &self.workload_ocid);
        if let Some(group) = group {
            tenancy.dynamic_groups.push(DynamicGroup {
                name: group.name.clone(),
                domain: group.domain.clone(),
                rule: StatementText::from(filled(&group.rule).as_str()),
                ..DynamicGroup::default()
            });
        }
        tenancy
    }
}
