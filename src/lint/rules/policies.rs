//! What several rules ask of the statements of one policy together.

use std::collections::{BTreeMap, HashSet};

use crate::diag::Severity;
use crate::lint::{ConfigurationContext, ParsedStatement};
use crate::policy::ast::{
    ActionKind, Atom, Location, LocationKind, MemberKind, Rule, Statement, SubjectKind, TenancyRef,
};
use crate::source::{Declared, DeclaredKind};
use crate::text::Place;

/// The statements policy by policy, in order; where no policy is known, file by file.
pub(super) fn lists<'c, 'a>(context: &'c ConfigurationContext<'a>) -> Vec<Vec<&'c ParsedStatement<'a>>> {
    let mut lists: BTreeMap<(Option<usize>, u32), Vec<&ParsedStatement<'_>>> = BTreeMap::new();
    for parsed in context.statements {
        let source = parsed.source;
        let file = if source.policy.is_some() { 0 } else { source.place.file.0 };
        lists.entry((source.policy, file)).or_default().push(parsed);
    }
    lists.into_values().collect()
}

/// The alias that a define introduces.
pub(super) fn alias_of(parsed: &ParsedStatement<'_>) -> Option<String> {
    match &*parsed.statement {
        Statement::Define(define) => {
            Some(define.alias.as_ref()?.known(parsed.source.text.as_str())?.to_owned())
        }
        _ => None,
    }
}

/// Every alias of a tenancy that a statement uses.
pub(super) fn tenancies(parsed: &ParsedStatement<'_>) -> Vec<Atom> {
    let Statement::Rule(rule) = &*parsed.statement else { return Vec::new() };
    let origin = rule.origin.as_ref().and_then(|origin| match &origin.tenancy {
        TenancyRef::Alias(alias) => Some(*alias),
        TenancyRef::Any | TenancyRef::Hole => None,
    });
    let places = places(rule).into_iter().filter_map(|location| match &location.kind {
        LocationKind::Tenancy(alias) => *alias,
        LocationKind::Compartment { of, .. } | LocationKind::CompartmentId { of, .. } => *of,
        LocationKind::AnyTenancy | LocationKind::Hole | LocationKind::Error => None,
    });
    origin.into_iter().chain(places).collect()
}

/// The location of a statement, or those of both ends of an associate.
pub(super) fn places(rule: &Rule) -> Vec<&Location> {
    let ends = match rule.action.as_ref().map(|action| &action.kind) {
        Some(ActionKind::Associate { left, right }) => {
            vec![left.location.as_ref(), right.as_ref().and_then(|end| end.location.as_ref())]
        }
        _ => Vec::new(),
    };
    rule.location.as_ref().into_iter().chain(ends.into_iter().flatten()).collect()
}

/// The names of groups and dynamic groups of another tenancy that a statement admits.
pub(super) fn admitted(parsed: &ParsedStatement<'_>) -> Vec<(&'static str, Atom)> {
    let Statement::Rule(rule) = &*parsed.statement else { return Vec::new() };
    let (word, members) = match rule.subject.as_ref().map(|subject| &subject.kind) {
        Some(SubjectKind::Group(members)) => ("group", members),
        Some(SubjectKind::DynamicGroup(members)) => ("dynamic-group", members),
        _ => return Vec::new(),
    };
    let name = |kind: &MemberKind| match kind {
        MemberKind::Name { domain: None, name } => Some((word, *name)),
        _ => None,
    };
    let of = rule.origin.as_ref().is_some_and(|origin| matches!(origin.tenancy, TenancyRef::Alias(_)));
    members.iter().filter(|_| of).filter_map(|member| name(&member.kind)).collect()
}

/// The names of groups or dynamic groups in the subject of a statement of one's own tenancy.
pub(super) fn named(parsed: &ParsedStatement<'_>, kind: DeclaredKind) -> Vec<Atom> {
    members(parsed, kind).into_iter().map(|(_, name)| name).collect()
}

/// The declared groups of a kind that no statement names, with their names; none where a statement of the
/// configuration, or a part of one, is unknown, or none names any group of the kind.
pub(super) fn unnamed<'c>(
    context: &'c ConfigurationContext<'_>,
    kind: DeclaredKind,
) -> Vec<(&'c Declared, &'c str)> {
    let mut used = HashSet::new();
    for parsed in context.statements {
        let text = parsed.source.text.as_str();
        used.extend(named(parsed, kind).iter().map(|atom| atom.text(text).to_lowercase()));
    }
    let open = !context.configuration.unresolved.is_empty()
        || context.statements.iter().any(|parsed| !parsed.source.text.is_known());
    if used.is_empty() || open {
        return Vec::new();
    }
    let declared = context.configuration.declared.iter().filter(|each| each.kind == kind);
    declared
        .filter_map(|each| Some((each, each.name.as_ref().filter(|name| name.is_known())?.as_str())))
        .filter(|(_, name)| !used.contains(&name.to_lowercase()))
        .collect()
}

/// Those of them that have no domain before them.
pub(super) fn unprefixed(parsed: &ParsedStatement<'_>, kind: DeclaredKind) -> Vec<Atom> {
    members(parsed, kind).into_iter().filter(|(prefixed, _)| !prefixed).map(|(_, name)| name).collect()
}

/// The names in the compartment path of a statement of one's own tenancy.
pub(super) fn compartments(parsed: &ParsedStatement<'_>) -> Vec<Atom> {
    let Statement::Rule(rule) = &*parsed.statement else { return Vec::new() };
    match rule.location.as_ref().map(|location| &location.kind) {
        Some(LocationKind::Compartment { path, of: None }) => path.to_vec(),
        _ => Vec::new(),
    }
}

fn members(parsed: &ParsedStatement<'_>, kind: DeclaredKind) -> Vec<(bool, Atom)> {
    let Statement::Rule(rule) = &*parsed.statement else { return Vec::new() };
    if rule.origin.is_some() {
        return Vec::new();
    }
    let members = match (rule.subject.as_ref().map(|subject| &subject.kind), kind) {
        (Some(SubjectKind::Group(members)), DeclaredKind::Group)
        | (Some(SubjectKind::DynamicGroup(members)), DeclaredKind::DynamicGroup) => members,
        _ => return Vec::new(),
    };
    let name = |kind: &MemberKind| match kind {
        MemberKind::Name { domain, name } => Some((domain.is_some(), *name)),
        MemberKind::Id(_) | MemberKind::Hole => None,
    };
    members.iter().filter_map(|member| name(&member.kind)).collect()
}

/// A list of statements that no policy is known to hold may be taken from several.
pub(super) fn severity_in(parsed: &ParsedStatement<'_>) -> Severity {
    if parsed.source.policy.is_some() { Severity::Warning } else { Severity::Info }
}

/// Where the resource-type of a statement stands, or all of it.
pub(super) fn place_of_type(context: &ConfigurationContext<'_>, parsed: &ParsedStatement<'_>) -> Place {
    let Statement::Rule(rule) = &*parsed.statement else { return parsed.source.place };
    match rule.action.as_ref().map(|action| &action.kind) {
        Some(ActionKind::Verb { resource_type: Some(atom), .. }) => {
            context.located(parsed.source).locate(atom.span)
        }
        _ => parsed.source.place,
    }
}
