//! Near misses: the statements that come closest to granting a refused request, the clauses they fail by, and the
//! smallest edit that would do. Every edit is compiled and tried before it is offered.

mod edit;

use super::action::{Action, Right};
use super::compile::{Grant, Origin};
use super::condition::{Attributes, Condition};
use super::decide::{Decision, Fit, Prepared, Verdict};
use super::least;
use super::subject::SubjectMatch;
use super::value::Attribute;
use super::{ADMINISTRATORS_POLICY, Truth};
use crate::catalog::Verb;
use crate::policy::ast::{ActionKind, Rule, RuleKind, Statement};
use crate::text::Span;

/// How many near misses are worth reading.
const WORTH_READING: usize = 5;

/// A clause of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Clause {
    /// Who.
    Subject,
    /// The verb, or the list of permissions.
    Verb,
    /// The resource-type.
    ResourceType,
    /// Where.
    Location,
    /// On what condition.
    Condition,
}

impl Clause {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Clause::Subject => "subject",
            Clause::Verb => "verb",
            Clause::ResourceType => "resource-type",
            Clause::Location => "location",
            Clause::Condition => "condition",
        }
    }
}

/// A clause that a request fails by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    /// Which.
    pub clause: Clause,
    /// What the statement says.
    pub expected: String,
    /// What the request has.
    pub actual: String,
}

/// A statement that would have granted the request but for a clause or two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearMiss {
    /// The statement, by its place in [`super::Compiled::origins`].
    pub origin: usize,
    /// The clauses that failed.
    pub failed: Vec<Miss>,
    /// Why OCI rejects the statement as it stands.
    pub rejected: Option<String>,
    /// The statement with the fewest changes that grants the request.
    pub edit: Option<String>,
    /// Where the edited statement must be attached, if its policy can't reach the target: `tenancy`.
    pub attach: Option<String>,
}

/// The statements that come closest to what a decision left unmet, best first.
pub fn near_misses(prepared: &Prepared<'_>, decision: &Decision) -> Vec<NearMiss> {
    if decision.verdict == Verdict::Allow {
        return Vec::new();
    }
    let Some(right) = decision.unmet.first().and_then(|alternatives| alternatives.first()) else {
        return Vec::new();
    };
    let compiled = prepared.compiled;
    let mut ranked = Vec::new();
    for grant in compiled.grants.iter().chain(&compiled.rejected) {
        let Some(origin) = compiled.origin(grant) else { continue };
        if grant.kind != RuleKind::Allow || &*origin.policy == ADMINISTRATORS_POLICY {
            continue;
        }
        let fit = prepared.fit(grant, right);
        if let Some(distance) = distance(prepared, grant, origin, &fit, right) {
            ranked.push((distance, grant.origin, grant, fit));
        }
    }
    ranked.sort_by_key(|(distance, at, ..)| (*distance, *at));
    let nearest = ranked.first().map(|(distance, ..)| *distance).unwrap_or_default();
    ranked
        .into_iter()
        .take(WORTH_READING)
        // Beside a statement that fails by one clause, one that fails by three is noise.
        .filter(|(distance, ..)| *distance <= nearest.max(8) + 4)
        .filter_map(|(_, at, grant, fit)| {
            let origin = compiled.origins.get(at)?;
            let Statement::Rule(rule) = &origin.tree else { return None };
            let near = Near { prepared, grant, origin, rule, fit: &fit, right };
            let (edit, attach) = near.edit().unzip();
            Some(NearMiss {
                origin: at,
                failed: near.misses(),
                rejected: origin.rejected.clone(),
                edit,
                attach: attach.flatten(),
            })
        })
        .collect()
}

/// A statement that comes near, with what it was held against.
#[derive(Clone, Copy)]
struct Near<'a> {
    prepared: &'a Prepared<'a>,
    grant: &'a Grant,
    origin: &'a Origin,
    rule: &'a Rule,
    fit: &'a Fit,
    right: &'a Right,
}

/// How far a statement is from granting the request; none when it does, or is about something else altogether.
fn distance(
    prepared: &Prepared<'_>,
    grant: &Grant,
    origin: &Origin,
    fit: &Fit,
    right: &Right,
) -> Option<u32> {
    let fails = |truth: Truth| truth == Truth::False;
    let mut distance = 0;
    if fails(fit.action.0) {
        match action_clause(&grant.action, right) {
            Clause::Verb => distance += 2,
            _ if same_service(&grant.action, right) => distance += 5,
            _ => return None,
        }
    }
    if fails(fit.condition) {
        // A statement for another kind of principal is further off than one with another value.
        distance += if other_type(prepared, grant, right) { 6 } else { 1 };
    }
    if fails(fit.location.0) {
        distance += 3;
    }
    if fails(fit.subject.0) {
        distance += if same_kind(prepared, &grant.subject) { 4 } else { 6 };
    }
    // What is only unknown is no near miss: it is told of as open.
    let rejected = u32::from(origin.rejected.is_some());
    (distance + rejected > 0).then_some(distance + rejected)
}

/// Whether a condition asks for another type of principal.
fn other_type(prepared: &Prepared<'_>, grant: &Grant, right: &Right) -> bool {
    let context = prepared.context(right);
    let tests = grant.condition.as_ref().map(Condition::tests).unwrap_or_default();
    let mut types = tests.iter().filter(|test| &*test.variable == "request.principal.type").peekable();
    types.peek().is_some() && types.all(|test| test.holds(&context).0 == Truth::False)
}

/// Whether a variable says who makes the request.
fn says_who(variable: &str) -> bool {
    ["principal.", "user.", "groups.", "service.", "instance.", "resource."]
        .iter()
        .any(|part| variable.strip_prefix("request.").is_some_and(|rest| rest.starts_with(part)))
}

/// The condition without the tests that say who makes the request.
fn without_who(condition: &Condition) -> Option<Condition> {
    match condition {
        Condition::Test(test) => (!says_who(&test.variable)).then(|| condition.clone()),
        Condition::All(items) => {
            let mut kept: Vec<_> = items.iter().filter_map(without_who).collect();
            if kept.len() > 1 { Some(Condition::All(kept)) } else { kept.pop() }
        }
        // An alternative without its ways for some would be none for others.
        Condition::Any(_) => {
            condition.tests().iter().all(|test| !says_who(&test.variable)).then(|| condition.clone())
        }
        Condition::Unknown(..) => Some(condition.clone()),
    }
}

fn same_kind(prepared: &Prepared<'_>, subject: &SubjectMatch) -> bool {
    let SubjectMatch::Members(members) = subject else { return false };
    use super::Principal::{DynamicGroup, Group, Resource, User};
    match prepared.request.principal {
        User { .. } | Group(_) => members.dynamic != Some(true),
        Resource(_) | DynamicGroup(_) => members.dynamic != Some(false),
        _ => false,
    }
}

/// Whether the verb or the resource-type is what an action lacks.
fn action_clause(action: &Action, right: &Right) -> Clause {
    match action {
        Action::Verb(_, name) => {
            let (widest, _) = Action::Verb(Verb::Manage, name.clone()).gives(right, super::Effect::Allow);
            if widest == Truth::False { Clause::ResourceType } else { Clause::Verb }
        }
        Action::Permissions(list, _) => {
            let types: Vec<_> = right.grants().iter().map(|(_, row)| row.name).collect();
            let related = list.iter().any(|one| {
                crate::catalog::permission(one)
                    .is_some_and(|row| row.grants.iter().any(|(of, _)| types.contains(of)))
            });
            if related { Clause::Verb } else { Clause::ResourceType }
        }
        _ => Clause::ResourceType,
    }
}

fn same_service(action: &Action, right: &Right) -> bool {
    let wanted: Vec<_> = right.grants().iter().map(|(_, row)| row.service).collect();
    let near = |row: &crate::catalog::ResourceType| {
        wanted.iter().any(|one| one.starts_with(row.service) || row.service.starts_with(one))
    };
    match (action, right) {
        (Action::Verb(_, name), Right::Type(_, other)) if name.row.is_none() || other.row.is_none() => {
            let word = |text: &str| text.split('-').next().unwrap_or(text).to_owned();
            word(&name.name) == word(&other.name)
        }
        (Action::Verb(_, name), _) => match name.row {
            Some(row) => near(row),
            // A name that the catalogue doesn't know is most likely a misspelt one of the same service.
            None => right.grants().iter().any(|(_, row)| {
                let word = |text: &str| text.split('-').take(2).collect::<Vec<_>>().join("-");
                word(&name.name) == word(row.name)
            }),
        },
        (Action::Permissions(list, _), _) => list.iter().any(|one| {
            crate::catalog::permission(one).is_some_and(|row| {
                row.grants.iter().any(|(of, _)| crate::catalog::resource_type(of).is_some_and(near))
            })
        }),
        _ => false,
    }
}

impl Near<'_> {
    /// The clauses that the request fails by.
    fn misses(&self) -> Vec<Miss> {
        let Near { prepared, grant, origin, rule, fit, right } = *self;
        let text = &origin.text;
        let of = |span: Option<Span>| span.map(|span| span.of(text).to_owned()).unwrap_or_default();
        let mut found = Vec::new();
        let mut add =
            |clause, expected: String, actual: String| found.push(Miss { clause, expected, actual });
        if fit.subject.0 != Truth::True {
            add(
                Clause::Subject,
                of(rule.subject.as_ref().map(|one| one.span)),
                prepared.request.principal.label(),
            );
        }
        if fit.action.0 != Truth::True {
            let written = rule.action.as_ref();
            let needed = least::action(prepared.request, right);
            match (action_clause(&grant.action, right), written.map(|action| &action.kind)) {
                (Clause::Verb, Some(ActionKind::Verb { verb_span, .. })) => {
                    let verb = needed.split(' ').next().unwrap_or_default().to_owned();
                    add(Clause::Verb, verb_span.of(text).to_owned(), verb);
                }
                (Clause::ResourceType, Some(ActionKind::Verb { resource_type: Some(name), .. })) => {
                    let wanted = needed.split_once(' ').map_or(needed.clone(), |(_, name)| name.to_owned());
                    add(Clause::ResourceType, name.span.of(text).to_owned(), wanted);
                }
                (clause, _) => add(clause, of(written.map(|action| action.span)), right.label()),
            }
        }
        if fit.location.0 != Truth::True {
            let asked = match prepared.request.compartment.as_deref() {
                None => "a compartment that is not given".to_owned(),
                Some("") => "tenancy".to_owned(),
                Some(asked) => asked.to_owned(),
            };
            add(Clause::Location, of(rule.location.as_ref().map(|one| one.span)), asked);
        }
        if let (Some(condition), true) = (&grant.condition, fit.condition != Truth::True) {
            let context = prepared.context(right);
            let failing: Vec<_> =
                condition.tests().into_iter().filter(|test| test.holds(&context).0 != Truth::True).collect();
            let expected: Vec<_> = failing.iter().map(|test| test.span.of(text)).collect();
            let mut actual: Vec<String> = Vec::new();
            for test in &failing {
                let said = format!("{} {}", test.variable, carried(&context.attribute(&test.variable)));
                if !actual.contains(&said) {
                    actual.push(said);
                }
            }
            let whole = of(rule.condition.as_ref().map(|one| one.span));
            let expected = if expected.is_empty() { whole } else { expected.join(", ") };
            add(Clause::Condition, expected, actual.join(", "));
        }
        found
    }
}

fn carried(attribute: &Attribute) -> String {
    match attribute {
        Attribute::Absent => "is absent".into(),
        Attribute::Unknown(_) => "is not known".into(),
        Attribute::Values(values) => {
            let quoted: Vec<_> = values.iter().map(|value| format!("'{value}'")).collect();
            format!("is {}", quoted.join(", "))
        }
    }
}
