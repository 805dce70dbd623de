//! A principal as a tenancy knows it: its groups, and the variables that its requests carry.

mod variables;

use std::collections::HashMap;
use std::sync::Arc;

use super::Truth;
use super::compiled::{ADMINISTRATORS_KEY, Compiled, UNKNOWN_SUBJECT};
use super::request::{GroupName, Principal, ResourcePrincipal};
use super::subject::{self, Members, SubjectMatch};
use super::tree::is_ocid;

pub use variables::tag_value;

/// A principal and its memberships.
pub struct Caller<'c> {
    compiled: &'c Compiled,
    principal: &'c Principal,
    /// Groups and dynamic groups that it is or may be in.
    member_of: HashMap<Arc<str>, (Truth, Option<Arc<str>>)>,
    /// Why it may be in further groups.
    further: Option<Arc<str>>,
    resource: Option<ResourcePrincipal>,
}

type Answer = (Truth, Option<Arc<str>>);

fn unknown(reason: impl Into<Arc<str>>) -> Answer {
    (Truth::Unknown, Some(reason.into()))
}

impl<'c> Caller<'c> {
    /// Looks a principal up in a tenancy.
    pub fn new(compiled: &'c Compiled, principal: &'c Principal) -> Self {
        let mut caller =
            Caller { compiled, principal, member_of: HashMap::new(), further: None, resource: None };
        match principal {
            Principal::Group(name) => caller.join(false, name),
            Principal::DynamicGroup(name) => caller.join(true, name),
            Principal::User { user, groups } => caller.join_users_groups(user, groups.as_deref()),
            Principal::Resource(resource) => {
                caller.resource = Some(caller.complete(resource));
                caller.join_dynamic_groups();
            }
            Principal::ApiKey(_)
            | Principal::Workload { .. }
            | Principal::Service(_)
            | Principal::Anyone
            | Principal::AnyMember => {}
        }
        caller
    }

    fn join(&mut self, dynamic: bool, name: &GroupName) {
        let names = &self.compiled.names;
        let key = if is_ocid(&name.name) {
            names.by_ocid(Some(dynamic), &name.name)
        } else {
            names.by_name(Some(dynamic), name.domain.as_deref(), &name.name)
        };
        self.member_of.insert(key, (Truth::True, None));
    }

    fn join_users_groups(&mut self, user: &str, groups: Option<&[GroupName]>) {
        if let Some(groups) = groups {
            groups.iter().for_each(|name| self.join(false, name));
            return;
        }
        let tenancy = &self.compiled.tenancy;
        let known = self.compiled.user(user);
        let named = |member: &String| {
            member.eq_ignore_ascii_case(user)
                || known.is_some_and(|known| {
                    member.eq_ignore_ascii_case(&known.name)
                        || known.ocid.as_ref().is_some_and(|ocid| member.eq_ignore_ascii_case(ocid))
                })
        };
        for group in tenancy.groups.iter().filter(|group| group.members.iter().any(named)) {
            let key = subject::key(false, group.domain.as_deref(), &group.name);
            self.member_of.insert(key, (Truth::True, None));
        }
        // Members may be listed by OCIDs that no list of users gives names to.
        let nameless = || {
            let unlisted = |member: &String| is_ocid(member) && self.compiled.user(member).is_none();
            !is_ocid(user) && tenancy.groups.iter().any(|group| group.members.iter().any(unlisted))
        };
        if let Some(known) = known {
            known.groups.iter().for_each(|name| self.join(false, &GroupName::parse(name)));
        } else if !tenancy.complete || nameless() {
            self.further = Some(format!("the groups of user `{user}` are not known").into());
        }
        for unseen in tenancy.unseen.iter().filter(|unseen| unseen.what == "members") {
            let Some(group) = &unseen.group else { continue };
            let key = subject::key(false, unseen.domain.as_deref(), group);
            let reason = format!("the members of group `{group}` were not seen: {}", unseen.why);
            self.member_of.entry(key).or_insert_with(|| unknown(reason));
        }
    }

    /// What the tenancy knows of a resource beyond what was asked with.
    fn complete(&self, asked: &ResourcePrincipal) -> ResourcePrincipal {
        let mut resource = asked.clone();
        if let Some(known) = asked.ocid.as_deref().and_then(|ocid| self.compiled.resource(ocid)) {
            resource.kind.get_or_insert_with(|| known.kind.clone());
            if resource.compartment.is_none() {
                resource.compartment.clone_from(&known.compartment);
            }
            resource.tags.get_or_insert_with(|| known.tags.clone());
        }
        // The type is the second word of the OCID; the reference holds one exception to that in neither direction.
        if resource.kind.is_none() {
            resource.kind =
                asked.ocid.as_deref().and_then(|ocid| ocid.split('.').nth(1)).map(str::to_lowercase);
        }
        resource
    }

    fn join_dynamic_groups(&mut self) {
        let mut joined = HashMap::new();
        for (key, known) in &self.compiled.names.known {
            let Some(rule) = &known.rule else { continue };
            let answer = match rule {
                Ok(rule) => match rule.holds(self) {
                    Truth::Unknown => {
                        let mut reasons = Vec::new();
                        rule.why_unknown(self, &mut reasons);
                        let why = reasons.first().cloned().unwrap_or_else(|| "a value is not known".into());
                        unknown(format!(
                            "whether dynamic group `{}` takes the resource in: {why}",
                            known.name
                        ))
                    }
                    truth => (truth, None),
                },
                Err(reason) => unknown(format!("of dynamic group `{}`, {reason}", known.name)),
            };
            if answer.0 != Truth::False {
                joined.insert(key.clone(), answer);
            }
        }
        if !self.compiled.names.complete {
            for key in &self.compiled.strange_groups {
                let name = key.rsplit(['/', '#']).next().unwrap_or(key);
                joined.entry(key.clone()).or_insert_with(|| {
                    unknown(format!("the matching rule of dynamic group `{name}` is not known"))
                });
            }
        }
        self.member_of = joined;
    }

    /// The keys under which grants for it are found; none when all must be looked at.
    pub fn keys(&self) -> Option<Vec<Arc<str>>> {
        if self.further.is_some() {
            return None;
        }
        let mut keys: Vec<Arc<str>> = vec!["any-user".into(), "any-group".into(), UNKNOWN_SUBJECT.into()];
        keys.extend(self.member_of.keys().cloned());
        match self.principal {
            Principal::Service(name) => keys.push(format!("s:{}", name.to_lowercase()).into()),
            Principal::Resource(_) | Principal::DynamicGroup(_) => keys.push("resource".into()),
            // A group by an OCID that the tenancy doesn't know may be any that is called by name.
            Principal::Group(name)
                if is_ocid(&name.name) && self.member_of.keys().any(|key| key.contains('#')) =>
            {
                return None;
            }
            _ => {}
        }
        Some(keys)
    }

    /// Whether no deny reaches it.
    pub fn is_administrator(&self) -> Truth {
        self.member_of.get(ADMINISTRATORS_KEY).map_or(Truth::False, |(truth, _)| *truth)
    }

    /// Whether a statement's subject takes it in, and why that isn't known.
    pub fn is(&self, subject: &SubjectMatch) -> Answer {
        match subject {
            SubjectMatch::AnyUser => (Truth::True, None),
            SubjectMatch::AnyGroup => match self.principal {
                Principal::User { .. }
                | Principal::Group(_)
                | Principal::DynamicGroup(_)
                | Principal::Resource(_)
                | Principal::AnyMember => (Truth::True, None),
                Principal::ApiKey(_) => {
                    unknown("whether `any-group` takes in GenAI API keys is not documented")
                }
                Principal::Workload { .. } => {
                    unknown("whether `any-group` takes in OKE workloads is not documented")
                }
                Principal::Service(_) => {
                    unknown("whether `any-group` takes in services is documented both ways")
                }
                Principal::Anyone => (Truth::False, None),
            },
            SubjectMatch::Members(members) => self.is_member(members),
            SubjectMatch::Service(names) => match self.principal {
                Principal::Service(name) => {
                    let name = name.to_lowercase();
                    let one_of = Truth::any(names.iter().map(|one| super::tree::same(one, &name)));
                    (one_of, Some("the name of the service is not known".into()))
                }
                _ => (Truth::False, None),
            },
            SubjectMatch::Resource(words) => match (self.principal, &self.resource) {
                (Principal::Resource(_), Some(ResourcePrincipal { kind: Some(kind), .. }))
                    if words.split(' ').next().is_some_and(|first| !first.eq_ignore_ascii_case(kind)) =>
                {
                    (Truth::False, None)
                }
                (Principal::Resource(_) | Principal::DynamicGroup(_), _) => {
                    unknown(format!("whom `resource {words}` takes in is not documented"))
                }
                _ => (Truth::False, None),
            },
            SubjectMatch::Unknown(_, reason) => unknown(reason.clone()),
        }
    }

    fn is_member(&self, members: &Members) -> Answer {
        let users = matches!(self.principal, Principal::User { .. } | Principal::Group(_));
        let resources = matches!(self.principal, Principal::Resource(_) | Principal::DynamicGroup(_));
        let fits = match members.dynamic {
            Some(true) => resources,
            Some(false) => users,
            None => users || resources,
        };
        if !fits {
            return (Truth::False, None);
        }
        let mut best: Answer = (Truth::False, None);
        for key in &members.keys {
            let answer = self.is_in(key);
            if answer.0 > best.0 {
                best = answer;
            }
        }
        if best.0 != Truth::True
            && let Some((_, reason)) = members.unknown.first()
        {
            return unknown(reason.clone());
        }
        best
    }

    fn is_in(&self, key: &Arc<str>) -> Answer {
        // A statement of another tenancy calls the group by an OCID that only its own tenancy has a name for.
        let own_name = match key.split_once('#') {
            Some((kind, ocid)) => self.compiled.names.by_ocid(Some(kind == "d"), ocid),
            None => key.clone(),
        };
        let key = &own_name;
        if let Some(answer) = self.member_of.get(key) {
            return answer.clone();
        }
        if let Some(reason) = &self.further {
            return unknown(reason.clone());
        }
        // One group by name, another by OCID: the same one, perhaps.
        let by_ocid = |key: &str| key.get(1..2) == Some("#");
        let ocid_known =
            |key: &Arc<str>| self.compiled.names.known.get(key).is_some_and(|known| known.ocid.is_some());
        let same_kind = |other: &&Arc<str>| other.get(..1) == key.get(..1);
        let blurred = self.member_of.keys().filter(same_kind).any(|own| {
            (by_ocid(key) && !by_ocid(own) && !ocid_known(own))
                || (by_ocid(own) && !by_ocid(key) && !ocid_known(key))
        });
        let nameless = |own: &&Arc<str>| {
            let (domain, name) = own.split_once('/').unwrap_or_default();
            key.get(..2) == own.get(..2)
                && key.rsplit_once('/').is_some_and(|(_, wanted)| wanted == name)
                && domain.get(2..).is_some_and(is_ocid)
        };
        if let Some(own) = self.member_of.keys().find(nameless) {
            let domain = own.get(2..).and_then(|own| own.split('/').next()).unwrap_or_default();
            return unknown(format!("which identity domain has the OCID `{domain}` is not known"));
        }
        if blurred && !self.compiled.names.complete {
            let ocid = key.get(2..).unwrap_or(key);
            return unknown(format!("which group has the OCID `{ocid}` is not known"));
        }
        (Truth::False, None)
    }

    /// The groups and dynamic groups that it certainly is in and whose names are known, Administrators last of all.
    pub fn certain_groups(&self) -> Vec<GroupName> {
        let certain = self
            .member_of
            .iter()
            .filter(|(key, (truth, _))| truth.is_true() && &***key != ADMINISTRATORS_KEY);
        let known =
            certain.filter_map(|(key, _)| self.compiled.names.known.get(key).map(|known| (key, known)));
        let from_tenancy = known.map(|(_, known)| {
            let domain = Some(known.domain.clone());
            GroupName { domain, name: known.name.clone() }
        });
        let mut names: Vec<_> = from_tenancy.collect();
        if let Principal::User { groups: Some(groups), .. } = self.principal
            && names.is_empty()
        {
            names.clone_from(groups);
        }
        names
    }
}
