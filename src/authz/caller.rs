//! A principal as a tenancy knows it: its groups, and the variables that its requests carry.

use std::collections::HashMap;
use std::sync::Arc;

use super::Truth;
use super::compiled::{ADMINISTRATORS_KEY, Compiled, UNKNOWN_SUBJECT};
use super::condition::Attributes;
use super::request::{GroupName, Principal, ResourcePrincipal};
use super::subject::{self, Known, Members, SubjectMatch};
use super::tenancy::Tags;
use super::tree::{ROOT, is_ocid};
use super::value::Attribute;

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
                    let one_of =
                        names.iter().fold(Truth::False, |truth, one| truth.or(super::tree::same(one, &name)));
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

    /// The principal type of a resource.
    pub fn resource_type(&self) -> Option<String> {
        self.resource.as_ref()?.kind.clone()
    }

    /// The OCID of the principal's compartment.
    pub fn compartment_ocid(&self) -> Option<String> {
        match self.compartment()? {
            Attribute::Values(values) => values.first().map(|value| value.to_string()),
            _ => None,
        }
    }

    fn groups(&self) -> impl Iterator<Item = (&Arc<str>, Option<&Known>)> {
        self.member_of.keys().map(|key| (key, self.compiled.names.known.get(key)))
    }

    fn compartment(&self) -> Option<Attribute> {
        let place = match self.principal {
            Principal::Resource(_) => self.resource.as_ref()?.compartment.as_deref()?,
            Principal::ApiKey(ocid) => self.compiled.api_key(ocid)?.compartment.as_deref()?,
            Principal::User { .. } | Principal::Group(_) => "",
            _ => return None,
        };
        if is_ocid(place) {
            return Some(Attribute::one(place));
        }
        let target = self.compiled.tree.target(Some(place)).ok()?;
        target.ocid.as_deref().map(Attribute::one)
    }

    /// What requests of this principal carry for a variable of the principal; none for other variables.
    pub fn variable(&self, name: &str) -> Option<Attribute> {
        use Attribute::Absent;
        let human = matches!(self.principal, Principal::User { .. } | Principal::Group(_));
        let anyone = matches!(self.principal, Principal::Anyone | Principal::AnyMember);
        let not_known = |what: &str| Attribute::unknown(format!("{what} of the principal is not known"));
        let or_unknown =
            |value: Option<&str>, what: &str| value.map_or_else(|| not_known(what), Attribute::one);
        let ocid = match self.principal {
            Principal::User { user, .. } if is_ocid(user) => Some(user.as_str()),
            Principal::User { user, .. } => self.compiled.user(user).and_then(|known| known.ocid.as_deref()),
            Principal::Resource(_) => self.resource.as_ref().and_then(|resource| resource.ocid.as_deref()),
            Principal::ApiKey(ocid) => Some(ocid.as_str()),
            _ => None,
        };
        let kind = match self.principal {
            Principal::User { .. } | Principal::Group(_) => Some("user"),
            Principal::ApiKey(_) => Some("generativeaiapikey"),
            Principal::Workload { .. } => Some("workload"),
            Principal::Service(_) => Some("service"),
            Principal::Resource(_) => self.resource.as_ref().and_then(|resource| resource.kind.as_deref()),
            Principal::DynamicGroup(_) | Principal::Anyone | Principal::AnyMember => None,
        };
        let only = |has: bool, value: Attribute| if has || anyone { value } else { Absent };
        Some(match name {
            "request.user.id" => only(human, or_unknown(ocid, "the OCID")),
            "request.user.name" => {
                let name = match self.principal {
                    Principal::User { user, .. } if !is_ocid(user) => Some(user.as_str()),
                    Principal::User { user, .. } => self.compiled.user(user).map(|known| known.name.as_str()),
                    _ => None,
                };
                only(human, or_unknown(name, "the user name"))
            }
            "request.user.mfatotpverified" => only(
                human,
                Attribute::unknown("whether the user passed multi-factor authentication is not known"),
            ),
            "request.groups.id" => only(human, self.group_ocids()),
            "request.principal.type" => or_unknown(kind, "the type"),
            "request.principal.id" => or_unknown(ocid, "the OCID"),
            "request.principal.compartment.id" => {
                self.compartment().unwrap_or_else(|| not_known("the compartment"))
            }
            "request.resource.compartment.id" => {
                let resource = matches!(self.principal, Principal::Resource(_) | Principal::DynamicGroup(_));
                only(resource, self.compartment().unwrap_or_else(|| not_known("the compartment")))
            }
            "request.instance.id" | "request.instance.compartment.id" => {
                let value = if name.ends_with(".compartment.id") {
                    self.compartment().unwrap_or_else(|| not_known("the compartment"))
                } else {
                    or_unknown(ocid, "the OCID")
                };
                match (self.principal, kind) {
                    (Principal::DynamicGroup(_), _) | (Principal::Resource(_), None) => {
                        Attribute::unknown("whether the principal is an instance is not known")
                    }
                    (Principal::Resource(_), Some(kind)) => {
                        only(kind.eq_ignore_ascii_case("instance"), value)
                    }
                    _ => only(false, not_known("the instance")),
                }
            }
            "request.principal.namespace"
            | "request.principal.service_account"
            | "request.principal.cluster_id" => match self.principal {
                Principal::Workload { namespace, account, cluster } => match name {
                    "request.principal.namespace" => Attribute::one(namespace),
                    "request.principal.service_account" => Attribute::one(account),
                    _ => or_unknown(cluster.as_deref(), "the cluster"),
                },
                Principal::DynamicGroup(_) => Absent,
                _ => only(false, not_known("the workload")),
            },
            "request.service.name" => match self.principal {
                Principal::Service(name) => Attribute::one(name),
                _ => only(false, not_known("the service")),
            },
            _ => {
                if let Some(tag) = name.strip_prefix("request.principal.group.tag.") {
                    return Some(only(human, self.group_tag(tag)));
                }
                let tag = name.strip_prefix("request.principal.compartment.tag.")?;
                return Some(self.compartment_tag(tag));
            }
        })
    }

    fn group_ocids(&self) -> Attribute {
        if let Some(reason) = &self.further {
            return Attribute::unknown(reason.clone());
        }
        let mut found = Vec::new();
        for (key, known) in self.groups() {
            let by_key = key.get(1..2).filter(|mark| *mark == "#").and_then(|_| key.get(2..));
            match known.and_then(|known| known.ocid.as_deref()).or(by_key) {
                Some(ocid) => found.push(Arc::from(ocid.to_lowercase())),
                None => {
                    let name = key.rsplit('/').next().unwrap_or(key);
                    return Attribute::unknown(format!("the OCID of group `{name}` is not known"));
                }
            }
        }
        found.sort_unstable();
        Attribute::Values(found)
    }

    fn group_tag(&self, tag: &str) -> Attribute {
        if let Some(reason) = &self.further {
            return Attribute::unknown(reason.clone());
        }
        let mut found = Vec::new();
        for (key, known) in self.groups() {
            match known {
                Some(known) if self.compiled.names.complete || !known.tags.is_empty() => {
                    found.extend(tag_value(&known.tags, tag));
                }
                _ => {
                    let name = key.rsplit('/').next().unwrap_or(key);
                    return Attribute::unknown(format!("the tags of group `{name}` are not known"));
                }
            }
        }
        if found.is_empty() { Attribute::Absent } else { Attribute::Values(found) }
    }

    fn compartment_tag(&self, tag: &str) -> Attribute {
        let not_known = || Attribute::unknown("the tags of the principal's compartment are not known");
        let tree = &self.compiled.tree;
        let place = match self.principal {
            Principal::User { .. } | Principal::Group(_) => return tags_of(tree.tags(ROOT), tag, not_known),
            Principal::Resource(_) => {
                self.resource.as_ref().and_then(|resource| resource.compartment.as_deref())
            }
            Principal::ApiKey(ocid) => self.compiled.api_key(ocid).and_then(|key| key.compartment.as_deref()),
            _ => None,
        };
        let target = place.and_then(|place| tree.target(Some(place)).ok()).filter(|target| target.known);
        let tags = target.as_ref().and_then(|target| target.chain.first()).and_then(|id| tree.tags(*id));
        tags_of(tags, tag, not_known)
    }
}

fn tags_of(tags: Option<&Tags>, tag: &str, not_known: impl Fn() -> Attribute) -> Attribute {
    match tags {
        Some(tags) => tag_value(tags, tag).map_or(Attribute::Absent, |value| Attribute::Values(vec![value])),
        None => not_known(),
    }
}

/// The value of a tag, `namespace.key` in any case.
pub fn tag_value(tags: &Tags, tag: &str) -> Option<Arc<str>> {
    let found = tags.iter().find(|(name, _)| name.eq_ignore_ascii_case(tag));
    found.map(|(_, value)| value.to_lowercase().into())
}

/// The variables of matching rules.
// SPEC: names are not checked; one that doesn't exist is never carried, so that its test is never true.
impl Attributes for Caller<'_> {
    fn attribute(&self, variable: &str) -> Attribute {
        let Some(resource) = &self.resource else { return Attribute::Absent };
        let not_known = |what: &str| Attribute::unknown(format!("the {what} of the resource is not known"));
        let or_unknown =
            |value: Option<&str>, what: &str| value.map_or_else(|| not_known(what), Attribute::one);
        let instance = match resource.kind.as_deref() {
            Some(kind) => Truth::from(kind.eq_ignore_ascii_case("instance")),
            None => Truth::Unknown,
        };
        let of_instance = |value: Attribute| match instance {
            Truth::True => value,
            Truth::False => Attribute::Absent,
            Truth::Unknown => not_known("type"),
        };
        let compartment = || self.compartment().unwrap_or_else(|| not_known("compartment"));
        match variable {
            "resource.type" => or_unknown(resource.kind.as_deref(), "type"),
            "resource.id" => or_unknown(resource.ocid.as_deref(), "OCID"),
            "resource.compartment.id" => compartment(),
            "instance.id" => of_instance(or_unknown(resource.ocid.as_deref(), "OCID")),
            "instance.compartment.id" => of_instance(compartment()),
            // Names of before identity domains; the service takes them, and what they match now is not documented.
            "compartment.id" | "instance.compartment_id" => {
                Attribute::unknown(format!("what the old name `{variable}` matches is not documented"))
            }
            _ => match variable.strip_prefix("tag.").and_then(|rest| rest.strip_suffix(".value")) {
                Some(tag) => tags_of(resource.tags.as_ref(), tag, || not_known("tags")),
                None => Attribute::Absent,
            },
        }
    }
}
