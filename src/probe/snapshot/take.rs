//! Which lists are read, in which order, and what becomes of the answers.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use reqwest::Url;
use serde_json::Value;
use tokio::task::JoinSet;

use super::reader::{Progress, Read, Reader, Refusal};
use crate::authz::{Tenancy, Unseen, nearest};
use crate::catalog::{self, List};
use crate::probe::Front;
use crate::probe::config::Place;
use crate::probe::transport::is_loopback;

/// What to read.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The tenancy's OCID.
    pub tenancy: String,
    /// Where requests that concern no region go.
    pub place: Place,
    /// Whether resources of Generative AI are read there alone, and not in every subscribed region that offers it.
    pub here_only: bool,
    /// The path or OCID of a compartment: policies are read at, below and above it only, resources at and below it.
    pub compartment: Option<String>,
    /// Whether users are listed.
    pub users: bool,
}

/// A tenancy as far as it was seen.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The tenancy, with what was not seen.
    pub tenancy: Tenancy,
    /// Lists that were refused, with what they need.
    pub refused: Vec<(Unseen, &'static List)>,
    /// Requests sent.
    pub sent: usize,
}

/// Why there is no snapshot at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotError {
    /// The first request was refused for want of authentication.
    NotAuthenticated(String),
    /// Nothing came back from the identity service.
    Unreachable(String),
    /// There is no such compartment, or it can't be told.
    NoCompartment(String),
    /// The catalogue lacks a list.
    NoList(&'static str),
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SnapshotError::NotAuthenticated(why) => write!(f, "not authenticated: {why}"),
            SnapshotError::Unreachable(why) => write!(f, "the identity service can't be reached: {why}"),
            SnapshotError::NoCompartment(text) => f.write_str(text),
            SnapshotError::NoList(name) => write!(f, "the catalogue has no list `{name}`"),
        }
    }
}

impl std::error::Error for SnapshotError {}

fn list(name: &'static str) -> Result<&'static List, SnapshotError> {
    catalog::list(name).ok_or(SnapshotError::NoList(name))
}

/// A list to be read, with what its items belong to.
pub(super) struct Job {
    list: &'static List,
    /// Where its service is.
    pub(super) front: Result<Front, String>,
    /// What fills its path and query.
    pub(super) values: Vec<(&'static str, String)>,
    place: Place,
    /// The OCID of the compartment.
    pub(super) compartment: Option<String>,
    /// The name of the identity domain.
    domain: Option<String>,
    /// The group, by its place in the tenancy, and its name.
    group: Option<(usize, String)>,
}

impl Job {
    /// What to note when it isn't seen.
    fn unseen(&self, why: String) -> Unseen {
        let regional = matches!(self.list.plane, "management" | "limits");
        let what = self.list.name.strip_prefix("domain-").unwrap_or(self.list.name);
        Unseen {
            what: what.to_owned(),
            compartment: self.compartment.clone(),
            region: regional.then(|| self.place.region.clone()),
            domain: self.domain.clone(),
            group: self.group.as_ref().map(|(_, name)| name.clone()),
            why,
        }
    }
}

/// The tenancy in the making.
pub(super) struct Taking<'p> {
    reader: Arc<Reader>,
    pub(super) plan: &'p Plan,
    pub(super) tenancy: Tenancy,
    pub(super) refused: Vec<(Unseen, &'static List)>,
    /// Left out as asked.
    left_out: Vec<Unseen>,
    /// Names and URLs of identity domains besides Default.
    domains: Vec<(String, String)>,
}

/// Reads a tenancy. Fails only where nothing can be read at all, or what was asked for is not there.
pub async fn take(reader: Arc<Reader>, plan: &Plan) -> Result<Snapshot, SnapshotError> {
    let mut taking = Taking::new(reader, plan);
    taking.roots().await?;
    taking.lists().await?;
    taking.insides().await?;
    Ok(taking.finish())
}

impl<'p> Taking<'p> {
    /// A tenancy of which nothing is known yet.
    pub(super) fn new(reader: Arc<Reader>, plan: &'p Plan) -> Self {
        let tenancy = Tenancy { ocid: Some(plan.tenancy.clone()), ..Tenancy::default() };
        Taking { reader, plan, tenancy, refused: Vec::new(), left_out: Vec::new(), domains: Vec::new() }
    }
}

impl Taking<'_> {
    pub(super) fn job(&self, name: &'static str, place: &Place) -> Result<Job, SnapshotError> {
        let list = list(name)?;
        Ok(Job {
            list,
            front: self.reader.front(list, place),
            values: vec![("tenancy", self.plan.tenancy.clone())],
            place: place.clone(),
            compartment: None,
            domain: None,
            group: None,
        })
    }

    /// The tenancy, its regions and its compartments: what all else depends on.
    async fn roots(&mut self) -> Result<(), SnapshotError> {
        let first = self.job("tenancy", &self.plan.place)?;
        for (job, read) in self.run(vec![first]).await {
            // Without authentication or connection nothing else will do either.
            match &read.refusal {
                Some(Refusal { status: Some(401), why }) => {
                    return Err(SnapshotError::NotAuthenticated(why.clone()));
                }
                Some(Refusal { status: None, why }) => return Err(SnapshotError::Unreachable(why.clone())),
                _ => self.note(&job, read),
            }
        }
        let place = &self.plan.place;
        let jobs = vec![self.job("regions", place)?, self.job("compartments", place)?];
        self.read(jobs).await;
        self.tenancy.name_compartments();
        Ok(())
    }

    /// All that is kept by tenancy, compartment and region.
    async fn lists(&mut self) -> Result<(), SnapshotError> {
        let place = self.plan.place.clone();
        let mut jobs = vec![self.job("groups", &place)?, self.job("dynamic-groups", &place)?];
        if self.plan.users {
            jobs.push(self.job("users", &place)?);
        }
        let (above, inside) = self.chosen()?;
        let root = self.plan.tenancy.clone();
        let all: Vec<String> = self.tenancy.compartments.iter().filter_map(|one| one.ocid.clone()).collect();
        let within = |name: &'static str, place: &Place, compartment: &String, this: &Self| {
            let mut job = this.job(name, place)?;
            job.values.push(("compartment", compartment.clone()));
            job.compartment = Some(compartment.clone());
            Ok(job)
        };
        for compartment in std::iter::once(&root).chain(&all) {
            jobs.push(within("domains", &place, compartment, self)?);
        }
        for compartment in above.iter().chain(&inside) {
            jobs.push(within("policies", &place, compartment, self)?);
        }
        for region in self.regions() {
            let endpoints = &self.reader.endpoints;
            // One address for all regions is asked once; where all are given, those are asked that are.
            let regional = |plane: &str| {
                let once = region == place || !endpoints.is_same_everywhere(plane);
                once && endpoints.regions(plane).is_none_or(|named| named.contains(&region.region.as_str()))
            };
            if regional("limits") {
                jobs.push(self.job("limits", &region)?);
            }
            if regional("management") {
                for compartment in &inside {
                    for name in ["api-keys", "projects", "endpoints"] {
                        jobs.push(within(name, &region, compartment, self)?);
                    }
                }
            }
        }
        self.read(jobs).await;
        Ok(())
    }

    /// What is kept by group and by identity domain.
    async fn insides(&mut self) -> Result<(), SnapshotError> {
        let place = self.plan.place.clone();
        let identity = self.job("groups", &place)?.front;
        let mut jobs = Vec::new();
        for (at, group) in self.tenancy.groups.iter().enumerate() {
            let Some(ocid) = &group.ocid else { continue };
            let mut job = self.job("members", &place)?;
            job.values.push(("group", ocid.clone()));
            job.group = Some((at, group.name.clone()));
            jobs.push(job);
        }
        jobs.extend(self.of_domains(&identity)?);
        self.read(jobs).await;
        Ok(())
    }

    /// Groups and dynamic groups of the identity domains that were listed.
    pub(super) fn of_domains(&self, identity: &Result<Front, String>) -> Result<Vec<Job>, SnapshotError> {
        let place = &self.plan.place;
        let mut jobs = Vec::new();
        for (name, url) in &self.domains {
            let front = self.domain_front(url, identity);
            let users = self.plan.users.then_some("domain-users");
            for list in ["domain-groups", "domain-dynamic-groups"].into_iter().chain(users) {
                let mut job = self.job(list, place)?;
                job.front.clone_from(&front);
                job.domain = Some(name.clone());
                jobs.push(job);
            }
        }
        Ok(jobs)
    }

    /// Where the service of an identity domain is: as a person says, else as the identity service tells. An address on
    /// this machine is believed only of an identity service on this machine, and none where all addresses are given.
    fn domain_front(&self, told: &str, identity: &Result<Front, String>) -> Result<Front, String> {
        let parsed = |text: &str| Url::parse(text).map_err(|_| "its address is no URL".to_owned());
        if let Some(named) = self.reader.around.endpoint("identity-domain") {
            return parsed(&named).map(Front::at);
        }
        if self.reader.endpoints.regions("identity").is_some() {
            return Err("the endpoints name no identity-domain".to_owned());
        }
        let told = parsed(told)?;
        let here = |url: &Url| url.host_str().is_some_and(is_loopback);
        match identity {
            Ok(identity) if here(&told) && !here(&identity.url("/", &[])) => {
                Err("its address is on this machine".to_owned())
            }
            _ => Ok(Front::at(told)),
        }
    }

    /// The compartments above those that were asked for, and those themselves, all by OCID.
    fn chosen(&mut self) -> Result<(Vec<String>, Vec<String>), SnapshotError> {
        let root = self.plan.tenancy.clone();
        let known: Vec<(String, String)> = self
            .tenancy
            .compartments
            .iter()
            .filter_map(|one| Some((one.path.to_lowercase(), one.ocid.clone()?)))
            .collect();
        let asked = self.plan.compartment.as_deref().map(str::trim);
        let Some(asked) = asked.filter(|asked| !asked.is_empty() && *asked != root && *asked != "tenancy")
        else {
            let all = std::iter::once(root).chain(known.into_iter().map(|(_, ocid)| ocid));
            return Ok((Vec::new(), all.collect()));
        };
        let path = asked.to_lowercase();
        let found = known.iter().find(|(known, ocid)| *known == path || ocid.eq_ignore_ascii_case(asked));
        let Some((top, _)) = found.cloned() else {
            if asked.starts_with("ocid1.") {
                return Ok((vec![root], vec![asked.to_owned()]));
            }
            let hint = match nearest(&path, known.iter().map(|(path, _)| path.as_str())) {
                Some(close) => format!("; did you mean `{close}`?"),
                None => String::new(),
            };
            return Err(SnapshotError::NoCompartment(format!("there is no compartment `{asked}`{hint}")));
        };
        let below = |path: &str, top: &str| {
            path.strip_prefix(top).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        };
        let (mut above, mut inside) = (vec![root], Vec::new());
        for (path, ocid) in known {
            if below(&path, &top) {
                inside.push(ocid);
            } else if below(&top, &path) {
                above.push(ocid);
            } else if path.rsplit_once(':').is_none_or(|(parent, _)| below(&top, parent)) {
                // What lies below it is left out with it.
                self.left_out.push(Unseen {
                    what: "policies".to_owned(),
                    compartment: Some(ocid),
                    why: format!("only `{asked}` was asked for"),
                    ..Unseen::default()
                });
            }
        }
        Ok((above, inside))
    }

    /// The regions whose resources are read, the one that requests go to first. All lie in one realm.
    fn regions(&self) -> Vec<Place> {
        let here = &self.plan.place;
        let mut found = vec![here.clone()];
        if !self.plan.here_only {
            let offers = |name: &str| catalog::region(name).is_none_or(|region| region.genai);
            let others =
                self.tenancy.regions.iter().flatten().filter(|name| **name != here.region && offers(name));
            found.extend(others.map(|name| Place { region: name.clone(), ..here.clone() }));
        }
        found
    }

    pub(super) async fn read(&mut self, jobs: Vec<Job>) {
        for (job, read) in self.run(jobs).await {
            self.note(&job, read);
        }
    }

    /// Reads lists side by side; the answers come in the order of the questions.
    pub(super) async fn run(&self, jobs: Vec<Job>) -> Vec<(Arc<Job>, Read)> {
        let watch = &self.reader.watch;
        watch(Progress::Planned(jobs.len()));
        let jobs: Vec<Arc<Job>> = jobs.into_iter().map(Arc::new).collect();
        let mut reads: Vec<Option<Read>> = jobs.iter().map(|_| None).collect();
        let mut tasks = JoinSet::new();
        for (at, job) in jobs.iter().enumerate() {
            let (reader, job) = (self.reader.clone(), job.clone());
            tasks.spawn(async move {
                let values: Vec<(&str, &str)> =
                    job.values.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let read = match &job.front {
                    Ok(front) => reader.read(job.list, front, &values).await,
                    Err(why) => Read::lost(why),
                };
                (at, job.list, read)
            });
        }
        while let Some(joined) = tasks.join_next().await {
            let Ok((at, list, read)) = joined else { continue };
            watch(Progress::Read(list));
            if let Some(slot) = reads.get_mut(at) {
                *slot = Some(read);
            }
        }
        let read = |read: Option<Read>| read.unwrap_or_else(|| Read::lost("the reading broke off"));
        jobs.into_iter().zip(reads.into_iter().map(read)).collect()
    }

    /// Takes in what was read, and notes what wasn't.
    pub(super) fn note(&mut self, job: &Job, read: Read) {
        if let Some(refusal) = read.refusal {
            self.refused.push((job.unseen(refusal.why), job.list));
        }
        if job.list.name == "memberships" {
            self.take_memberships(&read.items);
            return;
        }
        if job.list.name == "members" {
            self.take_members(job, &read.items);
            return;
        }
        if job.list.name == "domains" {
            self.note_domains(&read.items);
        }
        let mut part = Tenancy::default();
        for item in &read.items {
            part.add_item(item);
        }
        // A list holds things of its own kind only.
        part.resources.clear();
        if job.domain.is_some() {
            part.groups.iter_mut().for_each(|one| one.domain.clone_from(&job.domain));
            part.dynamic_groups.iter_mut().for_each(|one| one.domain.clone_from(&job.domain));
            part.users.iter_mut().for_each(|one| one.domain.clone_from(&job.domain));
        }
        if job.compartment.is_some() {
            let place = &job.compartment;
            part.policies.iter_mut().for_each(|one| one.compartment.clone_from(place));
            for one in &mut part.api_keys {
                (one.compartment, one.region) = (place.clone(), Some(job.place.region.clone()));
            }
            for one in part.projects.iter_mut().chain(&mut part.endpoints) {
                (one.compartment, one.region) = (place.clone(), Some(job.place.region.clone()));
            }
        }
        for (name, value) in std::mem::take(&mut part.limits) {
            let held = self.tenancy.limits.get(&name);
            let name = match held {
                Some(held) if *held == value => continue,
                Some(_) => format!("{name}@{}", job.place.region),
                None => name,
            };
            self.tenancy.limits.insert(name, value);
        }
        self.tenancy.home_region = part.home_region.take().or_else(|| self.tenancy.home_region.take());
        self.tenancy.merge(part);
    }

    fn take_memberships(&mut self, items: &[Value]) {
        let text = |item: &Value, name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
        let pairs = items.iter().filter_map(|item| Some((text(item, "groupId")?, text(item, "userId")?)));
        for (ocid, user) in pairs {
            let group = self.tenancy.groups.iter_mut().find(|one| one.ocid.as_ref() == Some(&ocid));
            group.into_iter().for_each(|group| group.members.push(user.clone()));
        }
    }

    fn take_members(&mut self, job: &Job, items: &[Value]) {
        let members = items.iter().filter_map(|item| item.get("userId")?.as_str().map(str::to_owned));
        if let Some(group) = job.group.as_ref().and_then(|(at, _)| self.tenancy.groups.get_mut(*at)) {
            group.members.extend(members);
        }
    }

    /// Default's groups are those that the identity service itself lists.
    fn note_domains(&mut self, items: &[Value]) {
        for item in items {
            let text = |name: &str| item.get(name).and_then(Value::as_str);
            let default = text("type").is_some_and(|kind| kind.eq_ignore_ascii_case("DEFAULT"));
            let active = text("lifecycleState").is_none_or(|state| state.eq_ignore_ascii_case("ACTIVE"));
            if let (Some(name), Some(url)) = (text("displayName"), text("url"))
                && !default
                && active
            {
                self.domains.push((name.to_owned(), url.to_owned()));
            }
        }
    }

    pub(super) fn finish(self) -> Snapshot {
        let mut tenancy = self.tenancy;
        tenancy.complete = self.refused.is_empty() && self.left_out.is_empty();
        tenancy.unseen = self.refused.iter().map(|(unseen, _)| unseen.clone()).chain(self.left_out).collect();
        for group in &mut tenancy.groups {
            group.members.sort();
            group.members.dedup();
        }
        let mut seen = HashSet::new();
        tenancy.domains.retain(|domain| seen.insert(domain.ocid.clone()));
        tenancy.name_compartments();
        tenancy.name_domains();
        tenancy.mask_secrets();
        let mut refused = self.refused;
        for ((unseen, _), named) in refused.iter_mut().zip(&tenancy.unseen) {
            unseen.clone_from(named);
        }
        Snapshot { tenancy, refused, sent: self.reader.sent() }
    }
}
