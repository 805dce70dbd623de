//! The change in access between two states of a tenancy: what is granted now and was not before, and the reverse.
//!
//! Each grant is taken apart into one subject, one permission or verb, and one way to fulfil its condition. What no
//! grant of the other side certainly gives is a change, so that a wider policy is never called unchanged. A change
//! that may be none is marked as undecided.

use std::collections::HashMap;
use std::sync::Arc;

use super::action::{Action, Right};
use super::compile::{Grant, Scope, written_members};
use super::compiled::{Compiled, STRANGE_ACTION, UNKNOWN_SUBJECT, action_keys, right_keys, subject_keys};
use super::cover::{Of, covers_across, covers_apart_from_condition};
use super::subject::SubjectMatch;
use super::tree::{NodeId, ROOT};
use super::ways::{Way, contradicts, implies, ways};
use super::{ADMINISTRATORS_POLICY, Condition, Truth};
use crate::catalog::Verb;
use crate::policy::ast::{Rule, Statement};
use crate::text::Span;

/// How access changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChangeKind {
    /// A grant that is new, or gone.
    Grant,
    /// A grant that another one was made wider or narrower from.
    Widened,
    /// A deny that is gone, or new.
    Deny,
}

impl ChangeKind {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            ChangeKind::Grant => "grant",
            ChangeKind::Widened => "widened",
            ChangeKind::Deny => "deny",
        }
    }
}

/// One change of access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// How.
    pub kind: ChangeKind,
    /// Who.
    pub subject: String,
    /// What.
    pub action: String,
    /// Where.
    pub location: String,
    /// On what condition.
    pub condition: Option<String>,
    /// The statement that it comes from, by its place in the origins of its side: the new one for what is added,
    /// the old one for what is removed; of denies the other way round.
    pub origin: usize,
    /// The statement of the other side that this one includes.
    pub related: Option<usize>,
    /// Whether it may be no change at all.
    pub undecided: bool,
    /// Whether it is open to everybody.
    pub any_user: bool,
    /// Whether it holds in the whole tenancy.
    pub tenancy_wide: bool,
    width: Width,
}

/// How much a change opens: subject, place, verb, and whether there is no condition.
type Width = (u8, u8, u8, bool);

/// What has changed, widest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessDiff {
    /// Access that there was not before.
    pub added: Vec<Change>,
    /// Access that there is no more.
    pub removed: Vec<Change>,
}

/// Compares two states of a tenancy.
pub fn diff(old: &Compiled, new: &Compiled) -> AccessDiff {
    let mut added = uncovered(new, old, false);
    added.extend(uncovered(old, new, true));
    let mut removed = uncovered(old, new, false);
    removed.extend(uncovered(new, old, true));
    for changes in [&mut added, &mut removed] {
        changes.sort_by(|one, other| {
            (other.width, &one.location, &one.subject, &one.action, &one.condition, one.origin).cmp(&(
                one.width,
                &other.location,
                &other.subject,
                &other.action,
                &other.condition,
                other.origin,
            ))
        });
        changes.dedup_by(|one, other| {
            (&one.subject, &one.action, &one.location, &one.condition, one.kind)
                == (&other.subject, &other.action, &other.location, &other.condition, other.kind)
        });
    }
    AccessDiff { added, removed }
}

/// The changes that the grants (or denies) of one side make which the other side has nothing like.
fn uncovered(side: &Compiled, other: &Compiled, denies: bool) -> Vec<Change> {
    let mut changes = Vec::new();
    let before = places(other);
    for grant in side.grants.iter().filter(|grant| grant.kind.is_deny() == denies) {
        let Some(origin) = side.origin(grant) else { continue };
        let Statement::Rule(rule) = &origin.tree else {
            changes.extend(whole_hole(side, other, grant));
            continue;
        };
        if &*origin.policy == ADMINISTRATORS_POLICY {
            continue;
        }
        let atoms = atoms(side, grant, rule);
        let all = atoms.len();
        let open: Vec<_> = atoms
            .into_iter()
            .filter_map(|atom| match atom.covered(side, other) {
                Truth::True => None,
                cover => Some((atom, cover)),
            })
            .collect();
        if open.is_empty() {
            continue;
        }
        let clauses = Clauses::of(rule, &origin.text);
        let undecided = open.iter().all(|(_, cover)| *cover == Truth::Unknown);
        let related = if denies { None } else { related(side, other, &before, grant) };
        if open.len() == all {
            changes.push(clauses.change(side, grant, related, undecided, None));
        } else {
            let each = open.iter().map(|(atom, cover)| {
                clauses.change(side, grant, related, *cover == Truth::Unknown, Some((atom, &origin.text)))
            });
            changes.extend(each);
        }
    }
    changes
}

/// A statement that is unknown altogether.
fn whole_hole(side: &Compiled, other: &Compiled, grant: &Grant) -> Option<Change> {
    let origin = side.origin(grant)?;
    let there = other.origins.iter().any(|known| known.text == origin.text);
    (!there).then(|| Change {
        kind: ChangeKind::Grant,
        subject: origin.text.to_string(),
        action: String::new(),
        location: String::new(),
        condition: None,
        origin: grant.origin,
        related: None,
        undecided: true,
        any_user: false,
        tenancy_wide: false,
        width: (0, 0, 0, false),
    })
}

/// A part of a grant with one subject, one permission or verb, and one way to fulfil the condition.
struct Atom<'c> {
    grant: &'c Grant,
    /// The key of one group, or the text of one that isn't known, and how it is written.
    group: Option<(Arc<str>, String)>,
    action: Action,
    way: Option<Way>,
}

fn atoms<'c>(side: &'c Compiled, grant: &'c Grant, rule: &Rule) -> Vec<Atom<'c>> {
    let text = side.origin(grant).map(|origin| origin.text.clone()).unwrap_or_default();
    let groups: Vec<Option<(Arc<str>, String)>> = match &grant.subject {
        SubjectMatch::Members(members) => {
            let known = written_members(rule, &text, members);
            let unknown = members.unknown.iter().map(|(text, _)| (text.clone(), text.to_string()));
            known.into_iter().chain(unknown).map(Some).collect()
        }
        _ => vec![None],
    };
    let actions: Vec<Action> = match &grant.action {
        Action::Permissions(list, None) if list.len() > 1 => {
            list.iter().map(|one| Action::Permissions(vec![one.clone()], None)).collect()
        }
        action => vec![action.clone()],
    };
    let ways: Vec<Option<Way>> = match ways(grant.condition.as_ref()) {
        // What can never be fulfilled grants nothing.
        Some(ways) => ways.into_iter().filter(|way| !contradicts(way)).map(Some).collect(),
        None => vec![None],
    };
    let mut all = Vec::with_capacity(groups.len() * actions.len() * ways.len());
    for group in &groups {
        for action in &actions {
            for way in &ways {
                all.push(Atom { grant, group: group.clone(), action: action.clone(), way: way.clone() });
            }
        }
    }
    all
}

impl Atom<'_> {
    /// Whether some grant of the other side gives this.
    fn covered(&self, side: &Compiled, other: &Compiled) -> Truth {
        let subjects = match &self.group {
            Some((key, _)) => {
                vec!["any-user".into(), "any-group".into(), key.clone(), UNKNOWN_SUBJECT.into()]
            }
            None => {
                let mut keys = subject_keys(&self.grant.subject);
                keys.extend(["any-user".into(), UNKNOWN_SUBJECT.into()]);
                keys
            }
        };
        let scopes = self.scopes(side, other);
        let this = Of { compiled: side, grant: self.grant };
        let mut best = Truth::False;
        for candidate in other.look_up(Some(&subjects), &self.action_keys(), scopes.as_deref()) {
            let that = Of { compiled: other, grant: candidate };
            let group = self.group.as_ref().map(|(key, _)| key);
            let clauses = covers_apart_from_condition(that, this, group, &self.action);
            if clauses == Truth::False {
                continue;
            }
            let condition = match &self.way {
                Some(way) => implies(way, candidate.condition.as_ref()),
                None if candidate.condition == self.grant.condition => Truth::True,
                None => Truth::Unknown,
            };
            best = best.or(clauses.and(condition));
            if best.is_true() {
                break;
            }
        }
        best
    }

    fn action_keys(&self) -> Vec<Arc<str>> {
        let mut keys: Vec<Arc<str>> = vec!["t:all-resources".into(), STRANGE_ACTION.into()];
        match &self.action {
            Action::Permissions(list, _) => {
                keys.extend(list.iter().flat_map(|one| right_keys(&Right::permission(one))));
            }
            Action::Verb(verb, name) => {
                keys.push(format!("t:{}", name.name).into());
                if let Some(row) = name.row {
                    keys.extend(row.families.iter().map(|name| format!("t:{name}").into()));
                    // A list may hold all of it.
                    keys.extend(
                        row.permissions(*verb).map(|one| format!("p:{}", one.to_lowercase()).into()).take(64),
                    );
                } else {
                    keys.push("t?".into());
                }
            }
            action => keys.extend(action_keys(action)),
        }
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// The compartments of the other side that hold the place of this grant; none when all must be looked at.
    fn scopes(&self, side: &Compiled, other: &Compiled) -> Option<Vec<Option<NodeId>>> {
        let mut scopes = vec![None, Some(ROOT)];
        if let Scope::Node(id) = &self.grant.scope {
            for each in side.tree.chain(*id) {
                match other.tree.find(&side.tree.stable_key(each)) {
                    Some(found) => scopes.push(Some(found)),
                    // One known by OCID alone here may be known by name there.
                    None if side.tree.is_orphan(each) => return None,
                    None => {}
                }
            }
        }
        scopes.sort_unstable();
        scopes.dedup();
        Some(scopes)
    }
}

/// The grants of a tenancy by policy and place in it.
type Places<'c> = HashMap<(Arc<str>, usize), Vec<&'c Grant>>;

fn places(compiled: &Compiled) -> Places<'_> {
    let mut found = Places::new();
    for grant in &compiled.grants {
        if let Some(origin) = compiled.origin(grant) {
            found.entry((origin.policy.clone(), origin.index)).or_default().push(grant);
        }
    }
    found
}

/// A grant of the other side that this one includes: it was made wider.
fn related(side: &Compiled, other: &Compiled, before: &Places<'_>, grant: &Grant) -> Option<usize> {
    let origin = side.origin(grant)?;
    let this = Of { compiled: side, grant };
    let includes = |known: &&Grant| covers_across(this, Of { compiled: other, grant: known }) == Truth::True;
    // The one that stood at the same place first.
    let same_place = before.get(&(origin.policy.clone(), origin.index)).into_iter().flatten().copied();
    if let Some(found) = same_place.into_iter().find(includes) {
        return Some(found.origin);
    }
    let mut actions = action_keys(&grant.action);
    if let Action::Verb(_, name) = &grant.action {
        let members = name.row.iter().flat_map(|row| row.members);
        actions.extend(members.map(|member| Arc::from(format!("t:{member}"))));
    }
    let wide = matches!(grant.subject, SubjectMatch::AnyUser | SubjectMatch::AnyGroup);
    let subjects = subject_keys(&grant.subject);
    let alike = other.look_up((!wide).then_some(subjects.as_slice()), &actions, None);
    alike.into_iter().take(256).find(includes).map(|known| known.origin)
}

/// The clauses of a statement as written.
struct Clauses {
    subject: String,
    action: String,
    location: String,
    condition: Option<String>,
}

impl Clauses {
    fn of(rule: &Rule, text: &str) -> Self {
        let of = |span: Option<Span>| {
            let words: Vec<_> =
                span.map(|span| span.of(text)).unwrap_or_default().split_whitespace().collect();
            words.join(" ")
        };
        let condition = rule.condition.as_ref().and_then(|clause| clause.condition.as_ref());
        Self {
            subject: of(rule.subject.as_ref().map(|one| one.span)),
            action: of(rule.action.as_ref().map(|one| one.span)),
            location: of(rule.location.as_ref().map(|one| one.span)),
            condition: condition.map(|condition| of(Some(condition.span()))),
        }
    }

    fn change(
        &self,
        side: &Compiled,
        grant: &Grant,
        related: Option<usize>,
        undecided: bool,
        atom: Option<(&Atom<'_>, &str)>,
    ) -> Change {
        let (mut subject, mut action, mut condition) =
            (self.subject.clone(), self.action.clone(), self.condition.clone());
        if let Some((atom, text)) = atom {
            if let (Some((_, label)), SubjectMatch::Members(members)) = (&atom.group, &grant.subject) {
                let keyword = if members.dynamic == Some(true) { "dynamic-group" } else { "group" };
                subject = format!("{keyword} {label}");
            }
            action = match (&atom.action, &grant.action) {
                (Action::Permissions(one, _), Action::Permissions(all, _)) if one.len() < all.len() => {
                    atom.action.label()
                }
                _ => action,
            };
            if let Some(way) = atom.way.as_ref().filter(|way| !way.is_empty()) {
                condition = Some(way_text(way, text));
            }
        }
        let location = match &grant.scope {
            // The path from the root says more than a name that depends on the attachment.
            Scope::Node(id) if *id != ROOT && !side.tree.is_orphan(*id) => {
                format!("compartment {}", side.tree.label(*id))
            }
            _ => self.location.clone(),
        };
        let any_user = matches!(grant.subject, SubjectMatch::AnyUser | SubjectMatch::AnyGroup);
        let tenancy_wide = grant.scope == Scope::Node(ROOT);
        let kind = match (grant.kind.is_deny(), related) {
            (true, _) => ChangeKind::Deny,
            (false, Some(_)) => ChangeKind::Widened,
            (false, None) => ChangeKind::Grant,
        };
        Change {
            kind,
            subject,
            action,
            location,
            width: width(side, grant, condition.is_none()),
            condition,
            origin: grant.origin,
            related,
            undecided,
            any_user,
            tenancy_wide,
        }
    }
}

fn way_text(way: &Way, text: &str) -> String {
    let one = |condition: &Condition| match condition {
        Condition::Test(test) if test.values.len() == 1 => test.label(text),
        Condition::Test(test) => test.span.of(text).to_owned(),
        Condition::Unknown(_, _, span) => span.of(text).to_owned(),
        Condition::All(_) | Condition::Any(_) => String::new(),
    };
    let mut all: Vec<_> = way.iter().map(one).collect();
    all.dedup();
    match all.as_slice() {
        [one] => one.clone(),
        _ => format!("all {{{}}}", all.join(", ")),
    }
}

fn width(side: &Compiled, grant: &Grant, unconditional: bool) -> Width {
    let who = match grant.subject {
        SubjectMatch::AnyUser => 3,
        SubjectMatch::AnyGroup => 2,
        SubjectMatch::Unknown(..) => 1,
        _ => 0,
    };
    let place = match &grant.scope {
        Scope::Node(ROOT) | Scope::Foreign(..) => 255,
        Scope::Node(id) => 254u8.saturating_sub(u8::try_from(side.tree.chain(*id).len()).unwrap_or(254)),
        Scope::Unknown(..) => 128,
        Scope::Nowhere(_) => 0,
    };
    let what = match &grant.action {
        Action::Verb(verb, name) => {
            let step = match verb {
                Verb::Inspect => 1,
                Verb::Read => 2,
                Verb::Use => 3,
                Verb::Manage => 4,
            };
            let size = name.row.map_or(0, |row| match row.shape {
                crate::catalog::Shape::All => 20,
                crate::catalog::Shape::Family => 10,
                crate::catalog::Shape::Individual => 0,
            });
            size + step
        }
        Action::Unknown(..) => 5,
        _ => 1,
    };
    (who, place, what, unconditional)
}
