//! What a configuration only refers to becomes real: addresses become OCIDs, compartments and groups that only
//! statements name are there. A service has nothing unknown; what a pull request leaves open is settled as the
//! apply would settle it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::principals::{self, ocid};
use crate::authz::{
    Compartment, Compiled, Domain, DynamicGroup, Group, ROOT, Scope, StatementText, SubjectMatch, Tenancy,
};
use crate::text::{Hole, HoleKind, Span};

/// What stands for an OCID, and the OCID.
type Names = BTreeMap<String, String>;

/// Whether a text is the template text of a reference, all of it.
fn is_reference(text: &str) -> bool {
    text.starts_with("${") && text.ends_with('}')
}

/// Something that a configuration may declare and the tenancy already have.
trait Named {
    fn ocid(&mut self) -> &mut Option<String>;
    /// What tells it from others of its kind.
    fn key(&self) -> String;
    /// Takes over what the configuration says of it.
    fn adopt(&mut self, declared: Self);
}

impl Named for Compartment {
    fn ocid(&mut self) -> &mut Option<String> {
        &mut self.ocid
    }
    fn key(&self) -> String {
        format!("{}:{}", self.parent.as_deref().unwrap_or_default(), self.path).to_lowercase()
    }
    fn adopt(&mut self, declared: Self) {
        self.tags.extend(declared.tags);
    }
}

impl Named for Group {
    fn ocid(&mut self) -> &mut Option<String> {
        &mut self.ocid
    }
    fn key(&self) -> String {
        in_domain(self.domain.as_deref(), &self.name)
    }
    fn adopt(&mut self, declared: Self) {
        self.members.extend(declared.members);
        let mut seen = BTreeSet::new();
        self.members.retain(|member| seen.insert(member.to_lowercase()));
    }
}

impl Named for DynamicGroup {
    fn ocid(&mut self) -> &mut Option<String> {
        &mut self.ocid
    }
    fn key(&self) -> String {
        in_domain(self.domain.as_deref(), &self.name)
    }
    fn adopt(&mut self, declared: Self) {
        self.rule = declared.rule;
    }
}

impl Named for Domain {
    fn ocid(&mut self) -> &mut Option<String> {
        &mut self.ocid
    }
    fn key(&self) -> String {
        self.name.to_lowercase()
    }
    fn adopt(&mut self, _: Self) {}
}

fn in_domain(domain: Option<&str>, name: &str) -> String {
    format!("{}/{name}", domain.unwrap_or("Default")).to_lowercase()
}

/// Joins what a configuration declares to what the tenancy has under the same name, and notes which OCID each address
/// stands for.
fn unite<T: Named>(list: &mut Vec<T>, kind: &str, realm: &str, names: &mut Names) {
    let declared = |one: &mut T| one.ocid().as_deref().is_some_and(is_reference);
    let (mut fresh, mut kept) = (Vec::new(), Vec::new());
    for mut one in std::mem::take(list) {
        if declared(&mut one) { fresh.push(one) } else { kept.push(one) }
    }
    let mut places: BTreeMap<String, usize> =
        kept.iter().enumerate().map(|(at, one)| (one.key(), at)).collect();
    for mut one in fresh {
        let reference = one.ocid().take().unwrap_or_default();
        let key = one.key();
        let made = || ocid(kind, realm, "", &reference);
        let same = places.get(&key).and_then(|at| kept.get_mut(*at));
        match same {
            Some(same) => {
                names.insert(reference.clone(), same.ocid().get_or_insert_with(made).clone());
                same.adopt(one);
            }
            None => {
                names.insert(reference.clone(), one.ocid().insert(made()).clone());
                places.insert(key, kept.len());
                kept.push(one);
            }
        }
    }
    *list = kept;
}

/// Gives OCIDs to what is known by its address, and a place to policies whose attachment isn't known: the root.
pub fn settle(tenancy: &mut Tenancy) {
    let realm = principals::realm(tenancy);
    let mut names = Names::new();
    unite(&mut tenancy.compartments, "compartment", realm, &mut names);
    unite(&mut tenancy.groups, "group", realm, &mut names);
    unite(&mut tenancy.dynamic_groups, "dynamicgroup", realm, &mut names);
    unite(&mut tenancy.domains, "domain", realm, &mut names);
    let root = tenancy.ocid.clone().unwrap_or_default();
    let set = |text: &mut String| {
        if let Some(ocid) = names.get(text.as_str()) {
            text.clone_from(ocid);
        }
    };
    let set_optional = |text: &mut Option<String>| text.as_mut().into_iter().for_each(&set);
    for one in &mut tenancy.compartments {
        set_optional(&mut one.parent);
        // A parent that nobody declares lies below nothing that is known.
        one.parent = one.parent.take().filter(|parent| !is_reference(parent));
    }
    tenancy.groups.iter_mut().flat_map(|one| &mut one.members).for_each(&set);
    for one in &mut tenancy.dynamic_groups {
        one.rule = settled(&one.rule, &names, &root);
    }
    for one in &mut tenancy.policies {
        set_optional(&mut one.compartment);
        let known = one.compartment.take().filter(|place| !is_reference(place));
        one.compartment = Some(known.unwrap_or_default());
        one.statements.iter_mut().for_each(|statement| *statement = settled(statement, &names, &root));
    }
    tenancy.resources.iter_mut().for_each(|one| set_optional(&mut one.compartment));
    tenancy.api_keys.iter_mut().for_each(|one| set_optional(&mut one.compartment));
    for one in tenancy.projects.iter_mut().chain(&mut tenancy.endpoints) {
        set_optional(&mut one.compartment);
    }
}

/// A text with OCIDs in place of references to them; the tenancy's where a reference is to that.
fn settled(text: &StatementText, names: &Names, root: &str) -> StatementText {
    let source: &str = &text.text;
    let mut pieces: Vec<(Range<usize>, Option<&Hole>)> =
        text.holes.iter().map(|hole| (hole.span.range(), Some(hole))).collect();
    let mut at = 0;
    // References that nobody marked as holes, since the text has been through a file.
    while let Some(found) = source.get(at..).and_then(|rest| rest.find("${")).map(|offset| at + offset) {
        let marked = text.holes.iter().find(|hole| hole.span.contains(found));
        at = marked.map_or_else(|| closing(source, found), |hole| hole.span.end()).max(found + 2);
        if marked.is_none() {
            pieces.push((found..at, None));
        }
    }
    pieces.sort_by_key(|(span, _)| span.start);
    let mut fresh = String::with_capacity(source.len());
    let mut holes = Vec::new();
    let mut done = 0;
    for (span, hole) in pieces {
        fresh.push_str(source.get(done..span.start).unwrap_or_default());
        done = span.end;
        let start = fresh.len();
        let reference = source.get(span).unwrap_or_default();
        let of_tenancy = hole.is_some_and(|hole| hole.kind == HoleKind::Ocid("tenancy"));
        match names.get(reference) {
            Some(ocid) => fresh.push_str(ocid),
            None if of_tenancy => fresh.push_str(root),
            None => {
                fresh.push_str(reference);
                holes.extend(hole.map(|hole| Hole { span: Span::new(start, fresh.len()), ..hole.clone() }));
            }
        }
    }
    fresh.push_str(source.get(done..).unwrap_or_default());
    StatementText { text: fresh.into(), holes, ..text.clone() }
}

/// The end of a template that begins at a place.
fn closing(text: &str, from: usize) -> usize {
    let mut depth = 0usize;
    for (offset, c) in text.get(from..).unwrap_or_default().char_indices() {
        match c {
            '{' => depth += 1,
            '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return from + offset + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// Adds the compartments that only statements name. From then on everything is known.
pub fn add_named_compartments(tenancy: &mut Tenancy) {
    if tenancy.complete {
        return;
    }
    let realm = principals::realm(tenancy);
    let compiled = Compiled::new(tenancy.clone());
    let tree = &compiled.tree;
    let mut paths = BTreeSet::new();
    for grant in &compiled.grants {
        let Scope::Node(scope) = grant.scope else { continue };
        for node in tree.chain(scope).into_iter().filter(|node| tree.ocid(*node).is_none()) {
            paths.extend(tree.path_below(ROOT, node).filter(|path| !path.is_empty()));
        }
    }
    for path in paths {
        let ocid = Some(ocid("compartment", realm, "", &path));
        tenancy.compartments.push(Compartment { path, ocid, ..Compartment::default() });
    }
    tenancy.complete = true;
}

/// Makes a user a member of every group that the policies declare or name, so that they can be tried out.
pub fn join_all_groups(tenancy: &mut Tenancy, user: &str) {
    let compiled = Compiled::new(tenancy.clone());
    for group in &mut tenancy.groups {
        if group.address.is_some() {
            group.members.push(user.to_owned());
        }
    }
    let named = compiled.grants.iter().filter_map(|grant| match &grant.subject {
        SubjectMatch::Members(members) if members.dynamic != Some(true) => Some(&members.keys),
        _ => None,
    });
    let named: BTreeSet<&str> = named.flatten().map(|key| &**key).collect();
    for key in named {
        let Some((domain, name)) = key.strip_prefix("g:").and_then(|rest| rest.split_once('/')) else {
            continue;
        };
        let known = tenancy.groups.iter().any(|group| {
            group.name.to_lowercase() == name
                && group.domain.as_deref().unwrap_or("Default").to_lowercase() == domain
        });
        if !known && name != "administrators" {
            let domain = (domain != "default").then(|| domain.to_owned());
            let members = vec![user.to_owned()];
            tenancy.groups.push(Group { name: name.to_owned(), domain, members, ..Group::default() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str, holes: &[(&str, HoleKind)]) -> StatementText {
        let hole = |(shown, kind): &(&str, HoleKind)| {
            let start = text.find(shown).unwrap();
            Hole { span: Span::new(start, start + shown.len()), kind: *kind, reason: "unknown".into() }
        };
        StatementText { holes: holes.iter().map(hole).collect(), ..StatementText::from(text) }
    }

    #[test]
    fn references_become_ocids_and_other_holes_move_with_their_text() {
        let names =
            Names::from([("${oci_identity_group.devs.id}".to_owned(), "ocid1.group.oc1..devs".to_owned())]);
        let given = text(
            "allow group id ${oci_identity_group.devs.id} to use x in compartment id ${var.root} where a = '${f({})}'",
            &[("${oci_identity_group.devs.id}", HoleKind::Ocid("group")), ("${f({})}", HoleKind::Any)],
        );
        let settled = settled(&given, &names, "ocid1.tenancy.oc1..t");
        assert_eq!(
            &*settled.text,
            "allow group id ocid1.group.oc1..devs to use x in compartment id ${var.root} where a = '${f({})}'"
        );
        let [hole] = &settled.holes[..] else { panic!("{:?}", settled.holes) };
        assert_eq!(settled.text.get(hole.span.range()), Some("${f({})}"));
    }

    #[test]
    fn the_tenancy_is_itself() {
        let given = text(
            "allow any-user to use x in compartment id ${var.t}",
            &[("${var.t}", HoleKind::Ocid("tenancy"))],
        );
        let settled = settled(&given, &Names::new(), "ocid1.tenancy.oc1..t");
        assert_eq!(&*settled.text, "allow any-user to use x in compartment id ocid1.tenancy.oc1..t");
        assert!(settled.holes.is_empty());
    }

    #[test]
    fn what_is_declared_joins_what_is_there_under_the_same_name() {
        let group = |ocid: &str, members: &[&str]| Group {
            name: "Devs".into(),
            ocid: Some(ocid.into()),
            members: members.iter().map(|&name| name.to_owned()).collect(),
            ..Group::default()
        };
        let mut groups =
            vec![group("ocid1.group.oc1..devs", &["ana"]), group("${oci_identity_group.devs.id}", &["bob"])];
        let mut names = Names::new();
        unite(&mut groups, "group", "oc1", &mut names);
        assert_eq!(groups, [group("ocid1.group.oc1..devs", &["ana", "bob"])]);
        assert_eq!(names["${oci_identity_group.devs.id}"], "ocid1.group.oc1..devs");
    }
}
