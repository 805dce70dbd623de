//! What the rules ask that compare the grants of a configuration with each other.

use std::collections::HashMap;

use rayon::prelude::*;

use crate::authz::{Compiled, Grant, Overlaps, ROOT, Scope, Truth};
use crate::lint::ConfigurationContext;
use crate::source::{Role, StatementSource};
use crate::text::Place;

/// A statement and another one that leaves it without effect.
pub(super) struct Overlap<'c> {
    /// The statement.
    pub(super) source: &'c StatementSource,
    /// What it comes to.
    pub(super) grant: &'c Grant,
    /// The other statement.
    pub(super) other_source: &'c StatementSource,
    /// What that comes to.
    pub(super) other: &'c Grant,
}

impl Overlap<'_> {
    /// Whether both stand in the same policy, and it is known which.
    pub(super) fn is_in_one_policy(&self) -> bool {
        self.source.policy.is_some() && self.source.policy == self.other_source.policy
    }
}

/// The grant that leaves another one without effect, of those that the closure lets through.
pub(super) type Find =
    for<'c> fn(&Overlaps<'c>, &'c Compiled, &'c Grant, &dyn Fn(&Grant) -> bool) -> Option<&'c Grant>;

/// Every statement for which `find` gives another one, whatever policy instance uses it.
pub(super) fn overlaps<'c>(context: &'c ConfigurationContext<'_>, find: Find) -> Vec<Overlap<'c>> {
    let mut uses: HashMap<Place, usize> = HashMap::new();
    for source in &context.configuration.statements {
        *uses.entry(source.place).or_default() += 1;
    }
    let tenancies = context.tenancies.par_iter().zip(context.overlaps);
    let mut found: Vec<Overlap<'c>> =
        tenancies.flat_map_iter(|(compiled, all)| of_tenancy(context, compiled, all, find)).collect();
    // What one literal says for several policies is in vain when it is so for all of them.
    let mut hits: HashMap<Place, usize> = HashMap::new();
    for overlap in &found {
        *hits.entry(overlap.source.place).or_default() += 1;
    }
    found.retain(|overlap| hits.get(&overlap.source.place) == uses.get(&overlap.source.place));
    found
}

/// Those of one tenancy.
fn of_tenancy<'c>(
    context: &'c ConfigurationContext<'_>,
    compiled: &'c Compiled,
    all: &Overlaps<'c>,
    find: Find,
) -> Vec<Overlap<'c>> {
    let source_of = |grant: &Grant| source_of(context, compiled, grant);
    let overlap = |grant: &'c Grant| {
        let source = source_of(grant).filter(|source| source.role == Role::Policy && !grant.never)?;
        let fits = |other: &Grant| {
            source_of(other).is_some_and(|other_source| {
                comparable(context, compiled, (grant, source), (other, other_source))
            })
        };
        let other = find(all, compiled, grant, &fits)?;
        Some(Overlap { source, grant, other_source: source_of(other)?, other })
    };
    compiled.grants.iter().filter_map(overlap).collect()
}

fn source_of<'c>(
    context: &'c ConfigurationContext<'_>,
    compiled: &Compiled,
    grant: &Grant,
) -> Option<&'c StatementSource> {
    context.configuration.statements.get(compiled.origin(grant)?.source?)
}

/// Whether the words of both statements are known to mean the same.
fn comparable(
    context: &ConfigurationContext<'_>,
    compiled: &Compiled,
    (grant, source): (&Grant, &StatementSource),
    (other, other_source): (&Grant, &StatementSource),
) -> bool {
    if source.place == other_source.place || other.exists != Truth::True {
        return false;
    }
    let known = source.text.is_known() && other_source.text.is_known();
    if source.policy == other_source.policy {
        return known || is_settled(source) && is_settled(other_source);
    }
    let module = |source: &StatementSource| {
        let policy = context.configuration.policies.get(source.policy?)?;
        Some(policy.address.rsplit_once("oci_identity_policy.").map_or("", |(module, _)| module))
    };
    // A bare name depends on where the policy is attached.
    let attached = |grant: &Grant| compiled.origin(grant).is_some_and(|origin| origin.attached.is_some());
    let placed = matches!(&other.scope, Scope::Node(id) if *id == ROOT) || attached(grant) && attached(other);
    let same_module = || module(source).zip(module(other_source)).is_some_and(|(one, other)| one == other);
    placed && (known || same_module() && is_settled(source) && is_settled(other_source))
}

/// Whether every unknown value is one of its module, the same wherever its text stands.
pub(super) fn is_settled(source: &StatementSource) -> bool {
    let text = source.text.as_str();
    source.text.holes().iter().all(|hole| {
        let inner = hole.span.of(text).strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        inner.is_some_and(|inner| {
            let inner = inner.trim();
            let named =
                ["var.", "local.", "data.", "module.", "oci_"].iter().any(|start| inner.starts_with(start));
            named
                && inner
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '[' | ']' | '"'))
        })
    })
}
