//! What one file, or one group of files, contributes to the [`Configuration`], and how contributions join.

use std::collections::HashSet;
use std::sync::Arc;

use crate::diag::Finding;
use crate::policy::holes;
use crate::text::{HoleKind, MappedText, Place, Span, TextBuilder};

use super::configuration::{
    Configuration, Declared, MatchingRuleSource, PolicySource, Role, Root, StatementSource, Unresolved,
};
use super::detect::{self, Kind};

/// A contribution; `policy` indices count within it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parts {
    /// See [`Configuration::statements`].
    pub statements: Vec<StatementSource>,
    /// See [`Configuration::matching_rules`].
    pub matching_rules: Vec<MatchingRuleSource>,
    /// See [`Configuration::policies`].
    pub policies: Vec<PolicySource>,
    /// See [`Configuration::declared`].
    pub declared: Vec<Declared>,
    /// See [`Configuration::unresolved`].
    pub unresolved: Vec<Unresolved>,
    /// See [`Configuration::problems`].
    pub problems: Vec<Finding>,
    /// See [`Configuration::comments`].
    pub comments: Vec<Place>,
}

impl Parts {
    /// Whether nothing of a policy, a dynamic group or the tenancy was found. Problems don't count.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
            && self.matching_rules.is_empty()
            && self.policies.is_empty()
            && self.declared.is_empty()
            && self.unresolved.is_empty()
    }

    /// Appends another contribution.
    pub(super) fn append(&mut self, other: Parts) {
        let shift = self.policies.len();
        self.policies.extend(other.policies);
        self.statements.extend(other.statements.into_iter().map(|mut statement| {
            statement.policy = statement.policy.map(|policy| policy + shift);
            statement
        }));
        self.matching_rules.extend(other.matching_rules);
        self.declared.extend(other.declared);
        self.unresolved.extend(other.unresolved);
        self.problems.extend(other.problems);
        self.comments.extend(other.comments);
    }

    /// Adds a statement. Template text in it becomes holes; `home` is where it stands, for an empty text.
    pub(super) fn statement(
        &mut self,
        text: MappedText,
        home: Place,
        policy: Option<usize>,
        index: Option<usize>,
        role: Role,
    ) {
        let place = own_place(&text, home);
        self.statements.push(StatementSource {
            text: with_holes(text),
            policy,
            index,
            place,
            maybe: false,
            role,
        });
    }

    /// Adds a matching rule, as [`Parts::statement`] does.
    pub(super) fn matching_rule(
        &mut self,
        text: MappedText,
        home: Place,
        address: Option<Arc<str>>,
        name: Option<MappedText>,
        role: Role,
    ) {
        let place = own_place(&text, home);
        self.matching_rules.push(MatchingRuleSource {
            text: with_holes(text),
            address,
            name,
            place,
            maybe: false,
            role,
            root: Root::File(place.file),
        });
    }
}

impl Configuration {
    /// Adds a contribution.
    pub fn absorb(&mut self, parts: Parts) {
        let shift = self.policies.len();
        self.policies.extend(parts.policies);
        self.statements.extend(parts.statements.into_iter().map(|mut statement| {
            statement.policy = statement.policy.map(|policy| policy + shift);
            statement
        }));
        self.matching_rules.extend(parts.matching_rules);
        self.declared.extend(parts.declared);
        self.unresolved.extend(parts.unresolved);
        self.problems.extend(parts.problems);
        self.comments.extend(parts.comments);
    }

    /// Brings the lists into their order, and drops what stands there twice: what is also known to be used, and
    /// repetitions through aliases.
    pub fn settle(&mut self) {
        self.leave_to_terraform();
        let used: HashSet<Place> =
            self.statements.iter().filter(|s| s.policy.is_some()).map(|s| s.place).collect();
        let mut seen = HashSet::new();
        self.statements.retain(|statement| match statement.policy {
            Some(_) => true,
            None => {
                !used.contains(&statement.place)
                    && seen.insert((statement.place, statement.text.as_str().to_owned()))
            }
        });
        self.statements.sort_by_key(|s| (s.place, s.policy, s.index));
        self.matching_rules.sort_by(|a, b| (a.place, &a.address).cmp(&(b.place, &b.address)));
        self.matching_rules.dedup_by(|a, b| a.place == b.place && a.address == b.address && a.text == b.text);
        self.declared.sort_by(|a, b| (a.place, &a.address).cmp(&(b.place, &b.address)));
        self.unresolved.sort_by(|a, b| (a.place, &a.address).cmp(&(b.place, &b.address)));
        self.problems.sort_by(|a, b| (a.place, a.rule, &a.message).cmp(&(b.place, b.rule, &b.message)));
        self.comments.sort_unstable();
        self.comments.dedup();
    }

    /// Drops the statements and rules of a data file that Terraform reads for its own policies and groups: the
    /// resource says more of them than the file alone.
    fn leave_to_terraform(&mut self) {
        let applied = |root: &Root| matches!(root, Root::Directory(_));
        let policy_root = |policy: Option<usize>| Some(&self.policies.get(policy?)?.root);
        let statements = self.statements.iter().filter(|s| policy_root(s.policy).is_some_and(applied));
        let rules = self.matching_rules.iter().filter(|rule| applied(&rule.root));
        let data = |place: &Place| detect::by_name(self.files.name(place.file)) != Some(Kind::Terraform);
        let places = statements.map(|s| s.place).chain(rules.map(|rule| rule.place)).filter(data);
        let claimed = Claimed::new(places.collect());
        if claimed.0.is_empty() {
            return;
        }
        let own: Vec<bool> = self.policies.iter().map(|policy| !applied(&policy.root)).collect();
        let is_own = |policy: Option<usize>| policy.is_none_or(|at| own.get(at).copied().unwrap_or(false));
        let mut left: HashSet<usize> = HashSet::new();
        let mut bereft: HashSet<usize> = HashSet::new();
        self.statements.retain(|statement| {
            let kept = !(is_own(statement.policy) && claimed.holds(statement.place));
            if let Some(policy) = statement.policy {
                if kept {
                    left.insert(policy)
                } else {
                    bereft.insert(policy)
                };
            }
            kept
        });
        self.matching_rules.retain(|rule| applied(&rule.root) || !claimed.holds(rule.place));
        let kept = |index: usize, _: &PolicySource| left.contains(&index) || !bereft.contains(&index);
        keep_policies(&mut self.policies, &mut self.statements, kept);
    }
}

/// The stretches of files that something lays claim to, sorted and without overlap.
struct Claimed(Vec<Place>);

impl Claimed {
    fn new(mut places: Vec<Place>) -> Self {
        places.sort_unstable();
        let mut joined: Vec<Place> = Vec::with_capacity(places.len());
        for place in places {
            match joined.last_mut() {
                Some(last) if last.file == place.file && place.span.start() < last.span.end() => {
                    last.span = last.span.to(place.span);
                }
                _ => joined.push(place),
            }
        }
        Self(joined)
    }

    fn holds(&self, place: Place) -> bool {
        let after =
            self.0.partition_point(|own| (own.file, own.span.end()) <= (place.file, place.span.start()));
        self.0.get(after).is_some_and(|own| own.file == place.file && own.span.overlaps(place.span))
    }
}

/// Drops policies, and lets the statements of the others count them anew.
pub(super) fn keep_policies(
    policies: &mut Vec<PolicySource>,
    statements: &mut [StatementSource],
    keep: impl Fn(usize, &PolicySource) -> bool,
) {
    let mut renamed = vec![None; policies.len()];
    let mut kept = Vec::new();
    for (index, policy) in std::mem::take(policies).into_iter().enumerate() {
        if keep(index, &policy) {
            if let Some(slot) = renamed.get_mut(index) {
                *slot = Some(kept.len());
            }
            kept.push(policy);
        }
    }
    *policies = kept;
    for statement in statements {
        statement.policy = statement.policy.and_then(|policy| renamed.get(policy).copied().flatten());
    }
}

/// Where a text stands in its own file, quotes excluded.
fn own_place(text: &MappedText, home: Place) -> Place {
    if text.as_str().is_empty() {
        return home;
    }
    text.locate(Span::new(0, text.as_str().len()), home.file).unwrap_or(home)
}

/// The same text with its template expressions and placeholders as holes. For hosts that fill them in
/// later, and so can't know them.
pub(super) fn with_holes(text: MappedText) -> MappedText {
    let mut found = holes(text.as_str());
    found.retain(|span| !text.holes().iter().any(|hole| hole.span.overlaps(*span)));
    if found.is_empty() {
        return text;
    }
    let mut builder = TextBuilder::new();
    let mut at = 0;
    for span in found {
        builder.push_mapped(&text.slice(Span::new(at, span.start())));
        let part = text.slice(span);
        let written = part.as_str();
        let places = part.segments().iter().map(|segment| segment.source);
        let source =
            places.reduce(
                |a, b| if a.file == b.file { Place { file: a.file, span: a.span.to(b.span) } } else { a },
            );
        let (kind, reason) = if written.starts_with(['<', '#']) {
            (HoleKind::Placeholder, format!("`{written}` is a placeholder"))
        } else {
            (HoleKind::Any, format!("`{written}` is filled in elsewhere"))
        };
        if let Some(source) = source {
            builder.push_hole(written, source, None, kind, reason);
        }
        at = span.end();
    }
    builder.push_mapped(&text.slice(Span::new(at, text.as_str().len())));
    builder.finish()
}
