//! Where a request goes: looking its compartment up, and whether a scope holds it.

use std::sync::Arc;

use super::{Found, NodeId, ROOT, Target, Tree, is_ocid, is_tenancy_ocid};
use crate::authz::{Truth, strange};

impl Tree {
    fn paths(&self) -> impl Iterator<Item = String> {
        let ids = (1..self.nodes.len()).map(|at| NodeId(at as u32));
        ids.filter_map(|id| self.path_below(ROOT, id)).filter(|path| !path.is_empty())
    }

    fn ambiguous(&self, name: &str) -> String {
        let tail = format!(":{}", name.to_lowercase());
        let fits = |path: &String| path.eq_ignore_ascii_case(name) || path.to_lowercase().ends_with(&tail);
        let mut paths: Vec<String> = self.paths().filter(fits).collect();
        paths.sort();
        format!("several compartments are called `{name}`; write the path: {}", paths.join(", "))
    }

    /// The path that a text most likely means, if one is near. Slashes are a habit of other tools.
    pub fn near(&self, asked: &str) -> Option<String> {
        if is_ocid(asked) {
            return None;
        }
        let paths: Vec<String> = self.paths().collect();
        let asked = asked.trim_matches(['/', ':']).replace('/', ":");
        let asked = asked.strip_prefix("root:").unwrap_or(&asked);
        let last = |path: &str| path.rsplit(':').next().unwrap_or_default().to_owned();
        let found = strange::nearest(asked, paths.iter().map(String::as_str)).map(str::to_owned);
        found.or_else(|| {
            let names: Vec<String> = paths.iter().map(|path| last(path)).collect();
            let close = strange::nearest(asked, names.iter().map(String::as_str))?;
            paths.iter().find(|path| last(path) == close).cloned()
        })
    }

    /// Where a request to the compartment with this path or OCID goes; none for an unnamed compartment.
    pub fn target(&self, asked: Option<&str>) -> Result<Target, String> {
        let Some(asked) = asked.map(str::trim) else {
            return Ok(Target {
                chain: vec![ROOT],
                open: true,
                known: false,
                name: None,
                ocid: None,
                asked: "".into(),
            });
        };
        let root =
            asked.is_empty() || asked.eq_ignore_ascii_case("tenancy") || asked.eq_ignore_ascii_case("root");
        let found = if root || (is_tenancy_ocid(asked) && self.ocid(ROOT).is_none()) {
            Some(ROOT)
        } else if is_ocid(asked) {
            self.by_ocid(asked)
        } else {
            let path = asked.split(':').map(str::trim).try_fold(ROOT, |at, name| self.child(at, name));
            match path {
                Some(id) => Some(id),
                None => match self.anywhere(&[asked]) {
                    Some(Found::Node(id)) => Some(id),
                    Some(_) => return Err(self.ambiguous(asked)),
                    None => None,
                },
            }
        };
        if let Some(id) = found {
            let mut chain = self.chain(id);
            let open = chain.last() != Some(&ROOT);
            if open {
                chain.push(ROOT);
            }
            let (name, ocid) = (self.name(id).cloned(), self.ocid(id).cloned());
            return Ok(Target { chain, open, known: true, name, ocid, asked: asked.into() });
        }
        if self.complete {
            let hint = match self.near(asked) {
                Some(close) => format!("; did you mean `{close}`?"),
                None => String::new(),
            };
            return Err(format!("the tenancy has no compartment `{asked}`{hint}"));
        }
        if is_ocid(asked) {
            let ocid = Some(asked.into());
            return Ok(Target {
                chain: vec![ROOT],
                open: true,
                known: false,
                name: None,
                ocid,
                asked: asked.into(),
            });
        }
        // The part of the path that is known tells what it lies in.
        let mut at = ROOT;
        for name in asked.split(':').map(str::trim) {
            match self.child(at, name) {
                Some(child) => at = child,
                None => break,
            }
        }
        let name = asked.rsplit(':').next().map(|name| Arc::from(name.trim()));
        Ok(Target { chain: self.chain(at), open: false, known: false, name, ocid: None, asked: asked.into() })
    }

    /// Whether a right in `scope` and everything below it reaches the target.
    pub fn reaches(&self, scope: NodeId, target: &Target) -> Truth {
        if scope == ROOT || target.chain.contains(&scope) {
            return Truth::True;
        }
        if target.open {
            // An OCID that is known to be another one is still perhaps that of a compartment above.
            return if self.is_root_target(target) { Truth::False } else { Truth::Unknown };
        }
        let chain_known = target.known
            && target
                .chain
                .iter()
                .all(|id| *id == ROOT || self.ocid(*id).is_some_and(|ocid| !ocid.starts_with("${")));
        if self.is_orphan(scope) && !chain_known && !self.is_root_target(target) {
            return Truth::Unknown;
        }
        Truth::False
    }

    /// Whether the target is the root compartment itself.
    pub fn is_root_target(&self, target: &Target) -> bool {
        target.known && target.chain.first() == Some(&ROOT)
    }
}
