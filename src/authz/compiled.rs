//! A tenancy made ready for deciding: every statement compiled, and found by who, what and where.

use std::collections::HashMap;
use std::sync::Arc;

use smallvec::SmallVec;

use super::Truth;
use super::action::{Action, Right};
use super::compile::{self, Foreign, Grant, Input, Origin, Scope};
use super::subject::{Names, SubjectMatch};
use super::tenancy::{StatementText, Tenancy};
use super::tree::{NodeId, ROOT, Target, Tree};
use crate::catalog;

/// The statement that every tenancy has and nobody can change.
const ADMINISTRATORS: &str = "allow group Administrators to manage all-resources in tenancy";
/// The policy that it stands in.
pub const ADMINISTRATORS_POLICY: &str = "Tenant Admin Policy";
/// The key of the group that denies never reach.
pub const ADMINISTRATORS_KEY: &str = "g:default/administrators";

type Grants = SmallVec<[u32; 4]>;
/// Grants by the compartment they start at; those of an unknown place under none.
type ByScope = HashMap<Option<NodeId>, Grants>;
type ByAction = HashMap<Arc<str>, ByScope>;

/// A tenancy made ready for deciding.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The tenancy.
    pub tenancy: Tenancy,
    /// Its compartments.
    pub tree: Tree,
    /// Its groups.
    pub names: Names,
    /// What its statements come to, those that OCI rejects left out.
    pub grants: Vec<Grant>,
    /// Its statements.
    pub origins: Vec<Origin>,
    /// What the statements that OCI rejects would come to.
    pub rejected: Vec<Grant>,
    /// Grants by subject, by action, by the compartment they start at.
    index: HashMap<Arc<str>, ByAction>,
    /// Dynamic groups that statements name and whose rule isn't known.
    pub strange_groups: Vec<Arc<str>>,
    users: HashMap<String, usize>,
    resources: HashMap<String, usize>,
    api_keys: HashMap<String, usize>,
}

impl Compiled {
    /// Compiles a tenancy.
    pub fn new(mut tenancy: Tenancy) -> Self {
        tenancy.name_domains();
        let mut tree = Tree::new(&tenancy);
        let names = Names::new(&tenancy);
        let mut compiled = Compiled {
            grants: Vec::new(),
            origins: Vec::new(),
            rejected: Vec::new(),
            index: HashMap::new(),
            strange_groups: Vec::new(),
            users: HashMap::new(),
            resources: HashMap::new(),
            api_keys: HashMap::new(),
            tree: tree.clone(),
            names,
            tenancy,
        };
        let built_in: StatementText = ADMINISTRATORS.into();
        let built_in_policy: Arc<str> = ADMINISTRATORS_POLICY.into();
        compiled.take(
            &Input { policy: &built_in_policy, index: 0, statement: &built_in, attached: Some(ROOT) },
            &[],
            &mut tree,
        );
        let policies = std::mem::take(&mut compiled.tenancy.policies);
        // Attachments first: what a bare name means depends on all that is known of the tree.
        let attached: Vec<_> = policies
            .iter()
            .map(|policy| policy.compartment.as_deref().map(|at| tree.attachment(at)))
            .collect();
        for (policy, attached) in policies.iter().zip(attached) {
            let name: Arc<str> = policy.name.as_str().into();
            let aliases: Vec<_> = policy.statements.iter().filter_map(compile::alias).collect();
            for (at, statement) in policy.statements.iter().enumerate() {
                let index = statement.index.unwrap_or(at);
                compiled.take(&Input { policy: &name, index, statement, attached }, &aliases, &mut tree);
            }
        }
        compiled.tenancy.policies = policies;
        compiled.tree = tree;
        compiled.index_all();
        let by_ocid = |ocid: &str| ocid.to_lowercase();
        for (at, user) in compiled.tenancy.users.iter().enumerate() {
            compiled.users.entry(user.name.to_lowercase()).or_insert(at);
            if let Some(ocid) = &user.ocid {
                compiled.users.insert(by_ocid(ocid), at);
            }
        }
        for (at, resource) in compiled.tenancy.resources.iter().enumerate() {
            compiled.resources.insert(by_ocid(&resource.ocid), at);
        }
        for (at, key) in compiled.tenancy.api_keys.iter().enumerate() {
            compiled.api_keys.insert(by_ocid(&key.ocid), at);
        }
        compiled
    }

    fn take(&mut self, input: &Input<'_>, aliases: &[compile::Alias], tree: &mut Tree) {
        let (origin, grant) = compile::compile(input, aliases, tree, &self.names);
        let at = self.origins.len();
        if let Some(mut grant) = grant {
            grant.origin = at;
            let list = if origin.rejected.is_none() { &mut self.grants } else { &mut self.rejected };
            list.push(grant);
        }
        self.origins.push(origin);
    }

    /// The statement of a grant.
    pub fn origin(&self, grant: &Grant) -> Option<&Origin> {
        self.origins.get(grant.origin)
    }

    /// The user with this name or OCID.
    pub fn user(&self, name: &str) -> Option<&super::tenancy::User> {
        self.tenancy.users.get(*self.users.get(&name.to_lowercase())?)
    }

    /// The resource with this OCID.
    pub fn resource(&self, ocid: &str) -> Option<&super::tenancy::Resource> {
        self.tenancy.resources.get(*self.resources.get(&ocid.to_lowercase())?)
    }

    /// The GenAI API key with this OCID.
    pub fn api_key(&self, ocid: &str) -> Option<&super::tenancy::ApiKey> {
        self.tenancy.api_keys.get(*self.api_keys.get(&ocid.to_lowercase())?)
    }

    fn index_all(&mut self) {
        let mut strange = std::collections::BTreeSet::new();
        for (at, grant) in self.grants.iter().enumerate() {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            let scope = match &grant.scope {
                Scope::Node(id) => Some(*id),
                _ => None,
            };
            if let SubjectMatch::Members(members) = &grant.subject {
                let unruled = |key: &&Arc<str>| {
                    key.starts_with('d')
                        && self.names.known.get(*key).is_none_or(|known| known.rule.is_none())
                };
                strange.extend(members.keys.iter().filter(unruled).cloned());
            }
            for subject in subject_keys(&grant.subject) {
                let by_action = self.index.entry(subject).or_default();
                for action in action_keys(&grant.action) {
                    let by_scope = by_action.entry(action).or_default();
                    let list = by_scope.entry(scope).or_default();
                    if list.last() != Some(&at) {
                        list.push(at);
                    }
                }
            }
        }
        self.strange_groups = strange.into_iter().collect();
    }

    /// The grants that may bear on a right at a target, for these subject keys; every subject's when there are none.
    pub fn candidates(&self, subjects: Option<&[Arc<str>]>, right: &Right, target: &Target) -> Vec<&Grant> {
        // Whether scopes beside those of the chain may turn out to hold the target.
        let unnamed = |id: &NodeId| self.tree.ocid(*id).is_none() && *id != ROOT;
        let wide = target.open || !target.known || target.chain.iter().any(unnamed);
        let scopes: Vec<_> = target.chain.iter().copied().map(Some).chain([None]).collect();
        self.look_up(subjects, &right_keys(right), (!wide).then_some(scopes.as_slice()))
    }

    /// The grants under these keys, in order; of every subject or compartment where none are given.
    pub(super) fn look_up(
        &self,
        subjects: Option<&[Arc<str>]>,
        actions: &[Arc<str>],
        scopes: Option<&[Option<NodeId>]>,
    ) -> Vec<&Grant> {
        let mut found: Vec<u32> = Vec::new();
        let mut of_subject = |by_action: &ByAction| {
            for by_scope in actions.iter().filter_map(|action| by_action.get(action)) {
                match scopes {
                    None => found.extend(by_scope.values().flatten()),
                    Some(scopes) => {
                        found.extend(scopes.iter().filter_map(|scope| by_scope.get(scope)).flatten())
                    }
                }
            }
        };
        match subjects {
            Some(subjects) => subjects.iter().filter_map(|key| self.index.get(key)).for_each(&mut of_subject),
            None => self.index.values().for_each(&mut of_subject),
        }
        found.sort_unstable();
        found.dedup();
        found.into_iter().filter_map(|at| self.grants.get(at as usize)).collect()
    }

    /// Whether the scope of a grant holds the target, and why that isn't known.
    pub fn reaches(&self, grant: &Grant, target: &Target) -> (Truth, Option<Arc<str>>) {
        match &grant.scope {
            Scope::Node(id) => {
                let truth = self.tree.reaches(*id, target);
                let reason = (truth == Truth::Unknown).then(|| {
                    let asked = if target.asked.is_empty() {
                        "the compartment of the request is not given".to_owned()
                    } else {
                        format!(
                            "whether compartment `{}` lies in `{}` is not known",
                            target.asked,
                            self.tree.label(*id)
                        )
                    };
                    Arc::from(asked)
                });
                (truth, reason)
            }
            Scope::Unknown(_, reason) => (Truth::Unknown, Some(reason.clone())),
            Scope::Foreign(..) | Scope::Nowhere(_) => (Truth::False, None),
        }
    }

    /// Why there may be further statements that bear on a target: the policies of a compartment at or above it are
    /// among what was not seen.
    pub fn unseen_policies(&self, target: &Target) -> Option<Arc<str>> {
        let unseen = self.tenancy.unseen.iter().filter(|unseen| unseen.what == "policies");
        let bearing = |place: &str| {
            let root = place.is_empty() || self.tenancy.ocid.as_deref().is_some_and(|ocid| ocid == place);
            let id = if root {
                Some(ROOT)
            } else if super::tree::is_ocid(place) {
                self.tree.by_ocid(place)
            } else {
                self.tree.find(&format!("/{}", place.to_lowercase()))
            };
            id.is_none_or(|id| self.tree.reaches(id, target) != Truth::False)
        };
        let mut found = unseen.filter(|unseen| unseen.compartment.as_deref().is_none_or(bearing));
        let first = found.next()?;
        let place = match first.compartment.as_deref() {
            None => "some compartments".to_owned(),
            Some("") => "the root compartment".to_owned(),
            Some(place) => format!("compartment `{place}`"),
        };
        Some(format!("the policies of {place} were not seen: {}", first.why).into())
    }

    /// Whether a tenancy is the one that a statement names.
    pub fn is_tenancy(foreign: &Foreign, ocid: &str) -> (Truth, Option<Arc<str>>) {
        match foreign {
            Foreign::Any => (Truth::True, None),
            Foreign::Ocid(known) => (super::tree::same(known, ocid), None),
            Foreign::Unknown(_, reason) => (Truth::Unknown, Some(reason.clone())),
        }
    }
}

/// The key of subjects that aren't known.
pub const UNKNOWN_SUBJECT: &str = "?";

pub(super) fn subject_keys(subject: &SubjectMatch) -> Vec<Arc<str>> {
    match subject {
        SubjectMatch::AnyUser => vec!["any-user".into()],
        SubjectMatch::AnyGroup => vec!["any-group".into()],
        SubjectMatch::Members(members) => {
            let mut keys = members.keys.clone();
            // A group that only its OCID is known of may be any group that only its name is known of.
            if !members.unknown.is_empty() || keys.iter().any(|key| key.get(1..2) == Some("#")) {
                keys.push(UNKNOWN_SUBJECT.into());
            }
            keys
        }
        SubjectMatch::Service(names) => names.iter().map(|name| format!("s:{name}").into()).collect(),
        SubjectMatch::Resource(_) => vec!["resource".into()],
        SubjectMatch::Unknown(..) => vec![UNKNOWN_SUBJECT.into()],
    }
}

/// The key of actions that aren't known.
pub(super) const STRANGE_ACTION: &str = "?";
const STRANGE_PERMISSION: &str = "p?";
const STRANGE_TYPE: &str = "t?";

pub(super) fn action_keys(action: &Action) -> Vec<Arc<str>> {
    match action {
        Action::Verb(_, name) => {
            let mut keys = vec![format!("t:{}", name.name).into()];
            if name.row.is_none_or(|row| !row.permissions_known()) {
                keys.push(STRANGE_TYPE.into());
            }
            keys
        }
        Action::Permissions(list, reason) => {
            let mut keys: Vec<Arc<str>> = list.iter().map(|name| format!("p:{name}").into()).collect();
            if list.iter().any(|name| catalog::permission(name).is_none_or(|row| row.grants.is_empty())) {
                keys.push(STRANGE_PERMISSION.into());
            }
            if reason.is_some() {
                keys.push(STRANGE_ACTION.into());
            }
            keys
        }
        Action::Associate(text) => vec![format!("a:{text}").into()],
        Action::Unknown(..) => vec![STRANGE_ACTION.into()],
    }
}

pub(super) fn right_keys(right: &Right) -> Vec<Arc<str>> {
    let mut keys: Vec<Arc<str>> = vec![STRANGE_ACTION.into(), "t:all-resources".into()];
    let grants = right.grants();
    for (_, row) in &grants {
        keys.push(format!("t:{}", row.name).into());
        keys.extend(row.families.iter().map(|name| format!("t:{name}").into()));
    }
    match right {
        Right::Permission(name, _) => {
            keys.push(format!("p:{name}").into());
            if grants.is_empty() {
                keys.push(STRANGE_TYPE.into());
            }
        }
        Right::Type(_, name) => {
            keys.push(format!("t:{}", name.name).into());
            keys.push(STRANGE_PERMISSION.into());
            if let Some(row) = name.row {
                keys.extend(
                    row.permissions(catalog::Verb::Manage)
                        .map(|one| format!("p:{}", one.to_lowercase()).into()),
                );
            } else {
                keys.push(STRANGE_TYPE.into());
            }
        }
        Right::Undocumented(_) => keys.extend([STRANGE_PERMISSION.into(), STRANGE_TYPE.into()]),
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}
