//! The compartment tree, and how a statement's location is resolved against it.
//!
//! A compartment may be known by its path, by its OCID, or by both. One that only a statement mentions is taken in
//! on the way, unless the tenancy is known completely: then it doesn't exist.

mod target;

use std::collections::HashMap;
use std::sync::Arc;

use super::Truth;
use super::tenancy::{Tags, Tenancy};

/// How deep a tree may be; what lies deeper is treated as of unknown place.
const DEPTH_LIMIT: usize = 64;

/// A compartment of a [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

/// The root compartment of every tree.
pub const ROOT: NodeId = NodeId(0);

#[derive(Clone, Debug)]
struct Node {
    name: Option<Arc<str>>,
    ocid: Option<Arc<str>>,
    parent: Option<NodeId>,
    tags: Option<Tags>,
}

/// Compartments by path and by OCID.
#[derive(Clone, Debug)]
pub struct Tree {
    nodes: Vec<Node>,
    by_ocid: HashMap<Arc<str>, NodeId>,
    children: HashMap<(NodeId, Box<str>), NodeId>,
    complete: bool,
}

/// Where a request goes, as far as the tree knows.
#[derive(Clone, Debug)]
pub struct Target {
    /// The compartment itself where the tree has it, and those above it, the root last.
    pub chain: Vec<NodeId>,
    /// Whether it may lie inside compartments besides those of the chain.
    pub open: bool,
    /// Whether the compartment itself heads the chain.
    pub known: bool,
    /// Its name.
    pub name: Option<Arc<str>>,
    /// Its OCID.
    pub ocid: Option<Arc<str>>,
    /// The path or OCID as asked for.
    pub asked: Arc<str>,
}

/// What a path or OCID stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// This compartment.
    Node(NodeId),
    /// No compartment, for this reason.
    Nowhere(String),
    /// It can't be known, for this reason.
    Unknown(String),
}

/// Whether a text is an OCID, or stands for one that a configuration will know.
pub fn is_ocid(text: &str) -> bool {
    text.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("ocid1."))
        || (text.starts_with("${") && text.ends_with(".id}"))
}

/// Whether two texts name the same thing; unknown where one holds a value that isn't known.
pub fn same(one: &str, other: &str) -> Truth {
    if one.eq_ignore_ascii_case(other) || one.to_lowercase() == other.to_lowercase() {
        Truth::True
    } else if one.contains("${") || other.contains("${") {
        Truth::Unknown
    } else {
        Truth::False
    }
}

impl Tree {
    /// The tree of a tenancy. Compartments whose parent isn't there are of unknown place.
    pub fn new(tenancy: &Tenancy) -> Self {
        let root = Node {
            name: None,
            ocid: tenancy.ocid.as_deref().map(Arc::from),
            parent: None,
            tags: (tenancy.complete || !tenancy.tags.is_empty()).then(|| tenancy.tags.clone()),
        };
        let mut tree = Tree {
            nodes: vec![root],
            by_ocid: HashMap::new(),
            children: HashMap::new(),
            complete: tenancy.complete,
        };
        if let Some(ocid) = &tenancy.ocid {
            tree.by_ocid.insert(ocid.to_lowercase().into(), ROOT);
        }
        // Parents may stand after their children: first all OCIDs, then the links.
        let mut made = Vec::with_capacity(tenancy.compartments.len());
        for compartment in &tenancy.compartments {
            let known =
                compartment.ocid.as_deref().and_then(|ocid| tree.by_ocid.get(&*ocid.to_lowercase()).copied());
            let id = match (known, &compartment.parent) {
                (Some(id), _) => id,
                (None, None) => tree.take_path(ROOT, &compartment.path),
                (None, Some(_)) => tree.add(Some(&compartment.path), None, None),
            };
            if let Some(ocid) = &compartment.ocid {
                tree.name_ocid(id, ocid);
            }
            if let Some(node) = tree.nodes.get_mut(id.0 as usize)
                && (tenancy.complete || !compartment.tags.is_empty())
            {
                node.tags = Some(compartment.tags.clone());
            }
            made.push(id);
        }
        // Paths of parents may themselves lie under a parent given by OCID, so parents by OCID come first.
        for by_ocid in [true, false] {
            for (compartment, id) in tenancy.compartments.iter().zip(&made) {
                let Some(parent) = &compartment.parent else { continue };
                if is_ocid(parent) != by_ocid {
                    continue;
                }
                let above = match tree.by_ocid.get(&*parent.to_lowercase()) {
                    Some(above) => Some(*above),
                    None if by_ocid => None,
                    None => Some(tree.take_path(ROOT, parent)),
                };
                tree.hang(*id, above, &compartment.path);
            }
        }
        tree
    }

    fn add(&mut self, name: Option<&str>, ocid: Option<&str>, parent: Option<NodeId>) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        let tags = self.complete.then(Tags::new);
        self.nodes.push(Node { name: name.map(Arc::from), ocid: None, parent: None, tags });
        if let (Some(parent), Some(name)) = (parent, name) {
            self.hang(id, Some(parent), name);
        }
        if let Some(ocid) = ocid {
            self.name_ocid(id, ocid);
        }
        id
    }

    fn name_ocid(&mut self, id: NodeId, ocid: &str) {
        self.by_ocid.entry(ocid.to_lowercase().into()).or_insert(id);
        if let Some(node) = self.nodes.get_mut(id.0 as usize) {
            node.ocid = Some(ocid.into());
        }
    }

    fn hang(&mut self, id: NodeId, parent: Option<NodeId>, name: &str) {
        let Some(parent) = parent.filter(|parent| !self.chain(*parent).contains(&id)) else { return };
        self.children.entry((parent, name.to_lowercase().into())).or_insert(id);
        if let Some(node) = self.nodes.get_mut(id.0 as usize) {
            node.parent = Some(parent);
        }
    }

    /// The compartment at a path below `from`, made where it isn't there.
    fn take_path(&mut self, from: NodeId, path: &str) -> NodeId {
        let mut at = from;
        for name in path.split(':').map(str::trim).filter(|name| !name.is_empty()).take(DEPTH_LIMIT) {
            at = match self.child(at, name) {
                Some(child) => child,
                None => self.add(Some(name), None, Some(at)),
            };
        }
        at
    }

    fn child(&self, parent: NodeId, name: &str) -> Option<NodeId> {
        self.children.get(&(parent, name.to_lowercase().into())).copied()
    }

    fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)
    }

    /// The compartment with this OCID.
    pub fn by_ocid(&self, ocid: &str) -> Option<NodeId> {
        self.by_ocid.get(&*ocid.to_lowercase()).copied()
    }

    /// The OCID of a compartment.
    pub fn ocid(&self, id: NodeId) -> Option<&Arc<str>> {
        self.node(id)?.ocid.as_ref()
    }

    /// The name of a compartment; the root has none.
    pub fn name(&self, id: NodeId) -> Option<&Arc<str>> {
        self.node(id)?.name.as_ref()
    }

    /// The defined tags of a compartment, where they are known.
    pub fn tags(&self, id: NodeId) -> Option<&Tags> {
        self.node(id)?.tags.as_ref()
    }

    /// Whether compartments that aren't here don't exist.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// A compartment and those above it, itself first; ends with the root where its place is known.
    pub fn chain(&self, id: NodeId) -> Vec<NodeId> {
        let mut chain = vec![id];
        while let Some(parent) = chain.last().and_then(|last| self.node(*last)).and_then(|node| node.parent) {
            if chain.len() > DEPTH_LIMIT {
                break;
            }
            chain.push(parent);
        }
        chain
    }

    /// Whether the place of a compartment under the root is not known.
    pub fn is_orphan(&self, id: NodeId) -> bool {
        self.chain(id).last() != Some(&ROOT)
    }

    /// The path from `from`, empty for itself; none where it doesn't lie below or a name isn't known.
    pub fn path_below(&self, from: NodeId, id: NodeId) -> Option<String> {
        let mut names = Vec::new();
        for each in self.chain(id) {
            if each == from {
                names.reverse();
                return Some(names.join(":"));
            }
            names.push(self.name(each)?.to_string());
        }
        None
    }

    /// How a compartment is called in reports: `tenancy`, its path, or its OCID.
    pub fn label(&self, id: NodeId) -> String {
        match self.path_below(ROOT, id) {
            Some(path) if path.is_empty() => "tenancy".into(),
            Some(path) => path,
            None => self.ocid(id).or(self.name(id)).map_or_else(String::new, |text| text.to_string()),
        }
    }

    /// A key that stays the same in another tree of the same tenancy.
    pub fn stable_key(&self, id: NodeId) -> String {
        match self.path_below(ROOT, id) {
            Some(path) => format!("/{}", path.to_lowercase()),
            None => self.label(id).to_lowercase(),
        }
    }

    /// The compartment with this stable key.
    pub fn find(&self, key: &str) -> Option<NodeId> {
        let Some(path) = key.strip_prefix('/') else { return self.by_ocid(key) };
        path.split(':').filter(|name| !name.is_empty()).try_fold(ROOT, |at, name| self.child(at, name))
    }

    /// The compartment that a policy names as its own: path from the root, or OCID. Made where it isn't there.
    pub fn attachment(&mut self, place: &str) -> NodeId {
        let place = place.trim();
        if place.is_empty() || place.eq_ignore_ascii_case("tenancy") || place.eq_ignore_ascii_case("root") {
            return ROOT;
        }
        if is_ocid(place) {
            if let Some(id) = self.by_ocid(place) {
                return id;
            }
            if is_tenancy_ocid(place) {
                return ROOT;
            }
            return self.add(None, Some(place), None);
        }
        self.take_path(ROOT, place)
    }

    /// What a path in a statement stands for in a policy attached to `attached`.
    // SPEC: a bare name is the attachment compartment itself or one of its children; a longer path starts below it.
    pub fn resolve_path(&mut self, attached: Option<NodeId>, names: &[&str]) -> Found {
        let Some((first, rest)) = names.split_first() else {
            return Found::Unknown("the location is not readable".into());
        };
        let from = attached.unwrap_or(ROOT);
        let own = self.name(from).is_some_and(|name| same(name, first).is_true());
        if own && rest.is_empty() {
            return Found::Node(from);
        }
        let mut at = Some(from);
        for name in names {
            let next = at.and_then(|at| self.child(at, name));
            at = next.or_else(|| self.by_ocid(name).filter(|_| is_ocid(name)));
        }
        if let Some(id) = at {
            return Found::Node(id);
        }
        if own {
            return Found::Unknown(format!(
                "whether a path may start with the compartment `{first}` that the policy is attached to is not documented"
            ));
        }
        if attached.is_none()
            && let Some(found) = self.anywhere(names)
        {
            return found;
        }
        if self.complete {
            let path = names.join(":");
            return Found::Nowhere(format!(
                "there is no compartment `{path}` at or directly below `{}`, which the policy is attached to",
                self.label(from)
            ));
        }
        if names.iter().any(|name| is_ocid(name)) {
            return Found::Unknown(format!("where compartment `{}` lies is not known", names.join(":")));
        }
        Found::Node(self.take_path(from, &names.join(":")))
    }

    /// Where a path that starts at an unknown compartment may lie.
    fn anywhere(&self, names: &[&str]) -> Option<Found> {
        let last = names.last()?;
        let mut matching = self.nodes.iter().enumerate().filter_map(|(at, node)| {
            let id = NodeId(at as u32);
            let named = node.name.as_deref().is_some_and(|name| same(name, last).is_true());
            let chain = self.chain(id);
            let fits = names
                .iter()
                .rev()
                .zip(&chain)
                .all(|(name, id)| self.name(*id).is_some_and(|known| same(known, name).is_true()));
            (named && fits && chain.len() > names.len()).then_some(id)
        });
        let first = matching.next()?;
        Some(match matching.next() {
            None => Found::Node(first),
            Some(_) => Found::Unknown(format!(
                "several compartments are called `{}`, and where the policy is attached is not known",
                names.join(":")
            )),
        })
    }

    /// What `compartment id …` stands for in a policy attached to `attached`.
    pub fn resolve_ocid(&mut self, attached: Option<NodeId>, ocid: &str) -> Found {
        if is_tenancy_ocid(ocid) || self.by_ocid(ocid) == Some(ROOT) {
            return Found::Unknown(
                "whether `compartment id` takes the OCID of the tenancy is not documented; `in tenancy` is"
                    .into(),
            );
        }
        let id = match self.by_ocid(ocid) {
            Some(id) => id,
            None if self.complete => return Found::Nowhere(format!("there is no compartment `{ocid}`")),
            None => self.add(None, Some(ocid), None),
        };
        let below = attached
            .is_none_or(|from| self.is_orphan(id) || self.is_orphan(from) || self.chain(id).contains(&from));
        if below {
            Found::Node(id)
        } else {
            Found::Nowhere(format!(
                "compartment `{}` does not lie at or below `{}`, which the policy is attached to",
                self.label(id),
                self.label(attached.unwrap_or(ROOT))
            ))
        }
    }
}

/// Whether this is the OCID of a tenancy.
pub fn is_tenancy_ocid(text: &str) -> bool {
    text.get(..14).is_some_and(|start| start.eq_ignore_ascii_case("ocid1.tenancy."))
}
