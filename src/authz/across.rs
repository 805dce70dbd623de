//! Requests across tenancies: the caller's own tenancy must endorse what the other one admits.

use std::collections::HashSet;
use std::sync::Arc;

use super::Truth;
use super::action::Right;
use super::caller::Caller;
use super::compile::{Grant, Scope};
use super::compiled::Compiled;
use super::decide::{Context, Open, Prepared, Verdict};
use super::least;
use super::least::join;
use super::request::{GroupName, Request};
use super::subject;
use super::tenancy::{Policy, Tenancy};
use super::tree::{ROOT, Target, is_ocid};
use crate::policy::ast::RuleKind;

/// One of the two tenancies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The caller's own, which endorses.
    Home,
    /// The one that the request is sent to, which admits.
    Target,
}

/// The answer to a request across tenancies. Statements are told by their places in the origins of their side.
#[derive(Clone, Debug)]
pub struct Across {
    /// Whether it is granted.
    pub verdict: Verdict,
    /// Whether the caller's own tenancy endorses it.
    pub endorsed: Truth,
    /// Whether the other one admits it.
    pub admitted: Truth,
    /// The statements that grant it.
    pub granted_by: Vec<(Side, usize)>,
    /// The statements that take it away.
    pub denied_by: Vec<(Side, usize)>,
    /// What isn't known and may change the answer.
    pub unknowns: Vec<(Side, Open)>,
    /// The least statements that grant it, for policies attached to the root compartments of home and target; none
    /// where it is granted, or where they can't be written for want of an OCID.
    pub least: Option<(Vec<String>, Vec<String>)>,
}

/// Decides a request by a principal of the tenancy `home` to the tenancy `target`; the error says why its target
/// doesn't exist.
pub fn decide_across(home: &Compiled, target: &Compiled, request: &Request) -> Result<Across, String> {
    let mut across = judge(home, target, request)?;
    if across.verdict != Verdict::Allow {
        across.least = least_statements(home, target, request);
    }
    Ok(across)
}

fn judge(home: &Compiled, target: &Compiled, request: &Request) -> Result<Across, String> {
    let caller = Caller::new(home, &request.principal);
    let reached = target.tree.target(request.compartment.as_deref())?;
    let mut across = Across {
        verdict: Verdict::Deny,
        endorsed: Truth::True,
        admitted: Truth::True,
        granted_by: Vec::new(),
        denied_by: Vec::new(),
        unknowns: Vec::new(),
        least: None,
    };
    let mut whole = Truth::True;
    for alternatives in request.wanted.needs() {
        let mut met = [Truth::False; 3];
        for right in &alternatives {
            let context = Context { compiled: target, caller: &caller, target: &reached, request, right };
            let endorsed = across.side(Side::Home, home, &context, target);
            let admitted = across.side(Side::Target, target, &context, home);
            let [either, one, other] = met;
            met = [either.or(endorsed.and(admitted)), one.or(endorsed), other.or(admitted)];
        }
        let [either, endorsed, admitted] = met;
        whole = whole.and(either);
        across.endorsed = across.endorsed.and(endorsed);
        across.admitted = across.admitted.and(admitted);
    }
    across.finish(whole, target, &reached);
    Ok(across)
}

impl Across {
    /// What the statements of one side come to for one right.
    fn side(&mut self, side: Side, compiled: &Compiled, context: &Context<'_>, other: &Compiled) -> Truth {
        let (mut allowed, mut denied) = (Truth::False, Truth::False);
        for grant in &compiled.grants {
            let of_side = match grant.kind {
                RuleKind::Endorse | RuleKind::DenyEndorse => Side::Home,
                RuleKind::Admit | RuleKind::DenyAdmit => Side::Target,
                RuleKind::Allow | RuleKind::Deny | RuleKind::Hole => continue,
            };
            if of_side != side {
                continue;
            }
            let (applies, reason) = applies(side, compiled, grant, context, other);
            let deny = grant.kind.is_deny();
            match applies {
                Truth::True if deny => self.denied_by.push((side, grant.origin)),
                Truth::True => self.granted_by.push((side, grant.origin)),
                Truth::Unknown => self.unknowns.push((side, Open { origin: Some(grant.origin), reason })),
                Truth::False => {}
            }
            let sum = if deny { &mut denied } else { &mut allowed };
            *sum = sum.or(applies);
        }
        allowed.and(denied.negated())
    }

    fn finish(&mut self, whole: Truth, target: &Compiled, reached: &Target) {
        self.verdict = whole.into();
        if whole == Truth::False {
            self.unknowns.clear();
        }
        if self.denied_by.is_empty()
            && let Some(reason) = target.unseen_policies(reached)
        {
            self.verdict = Verdict::Unknown;
            self.unknowns.push((Side::Target, Open { origin: None, reason }));
        }
        if self.verdict == Verdict::Allow {
            self.unknowns.clear();
        }
        for list in [&mut self.granted_by, &mut self.denied_by] {
            list.sort_unstable_by_key(|(side, at)| (*side == Side::Target, *at));
            list.dedup();
        }
        let mut seen = HashSet::new();
        self.unknowns.retain(|(side, open)| seen.insert((*side, open.origin, open.reason.clone())));
    }
}

/// Whether a statement of one side applies, and why that isn't known.
fn applies(
    side: Side,
    compiled: &Compiled,
    grant: &Grant,
    context: &Context<'_>,
    other: &Compiled,
) -> (Truth, Arc<str>) {
    let other_ocid = other.tenancy.ocid.as_deref().unwrap_or("${tenancy.id}");
    let (from, place) = match side {
        Side::Home => ((Truth::True, None), endorsed_place(grant, other, other_ocid, context.target)),
        Side::Target => {
            let from = match &grant.of {
                Some(foreign) => Compiled::is_tenancy(foreign, other_ocid),
                None => (Truth::Unknown, Some("the statement names no tenancy".into())),
            };
            (from, compiled.reaches(grant, context.target))
        }
    };
    let who = context.caller.is(&grant.subject);
    let action = grant.action.gives(context.right, grant.effect());
    let condition = grant.holds(context);
    let whole = from.0.and(who.0).and(place.0).and(action.0).and(condition).and(grant.exists);
    let reason = [from, who, action, place].into_iter().find_map(|(truth, reason)| {
        let tenancy = || "which of the tenancies the statement means is not known".into();
        (truth == Truth::Unknown).then(|| reason.unwrap_or_else(tenancy))
    });
    let of_condition = || {
        let mut reasons = Vec::new();
        grant.condition.as_ref()?.why_unknown(context, &mut reasons);
        reasons.into_iter().next()
    };
    let otherwise = || "whether the statement exists depends on a condition that is not decided".into();
    (whole, reason.or_else(of_condition).unwrap_or_else(otherwise))
}

/// Whether the place that an endorse names is the one that the request goes to.
fn endorsed_place(
    grant: &Grant,
    other: &Compiled,
    ocid: &str,
    reached: &Target,
) -> (Truth, Option<Arc<str>>) {
    match &grant.scope {
        Scope::Foreign(foreign, path) => {
            let (tenancy, reason) = Compiled::is_tenancy(foreign, ocid);
            let inside = path.as_ref().map_or(Truth::True, |path| match other.tree.target(Some(path)) {
                Ok(target) if target.known => {
                    let at = target.chain.first().copied().unwrap_or(ROOT);
                    other.tree.reaches(at, reached)
                }
                _ => Truth::Unknown,
            });
            let not_known = || "where the compartment that the statement names lies is not known".into();
            let reason = if tenancy == Truth::Unknown { reason } else { Some(not_known()) };
            (tenancy.and(inside), reason)
        }
        Scope::Node(ROOT) => (
            Truth::Unknown,
            Some("what an endorse in the caller's own tenancy does is not documented".into()),
        ),
        Scope::Unknown(_, reason) => (Truth::Unknown, Some(reason.clone())),
        Scope::Node(_) | Scope::Nowhere(_) => (Truth::False, None),
    }
}

/// What both sides must say at least, tried before it is offered.
fn least_statements(
    home: &Compiled,
    target: &Compiled,
    request: &Request,
) -> Option<(Vec<String>, Vec<String>)> {
    let (home_ocid, target_ocid) = (home.tenancy.ocid.as_deref()?, target.tenancy.ocid.as_deref()?);
    let (home_alias, target_alias) = (alias(&home.tenancy, "Home"), alias(&target.tenancy, "Target"));
    let prepared = Prepared::new(target, request).ok()?;
    let caller = Caller::new(home, &request.principal);
    let (subject, pins) = least::subject(&request.principal, &caller)?;
    let (place, _) = least::location(&prepared, Some(ROOT));
    let condition = join(None, &pins).map(|condition| format!(" where {condition}")).unwrap_or_default();
    let mut endorse = vec![format!("define tenancy {target_alias} as {target_ocid}")];
    let mut admit = vec![format!("define tenancy {home_alias} as {home_ocid}")];
    // The other tenancy knows the group by its OCID alone.
    let admitted = match subject.split_once(' ') {
        None => subject.clone(),
        Some((keyword, name)) => {
            let ocid = group_ocid(home, keyword == "dynamic-group", name)?;
            let called = format!("{home_alias}Callers");
            admit.push(format!("define {keyword} {called} as {ocid}"));
            format!("{keyword} {called}")
        }
    };
    let mut actions = Vec::new();
    for right in request.wanted.needs().iter().filter_map(|alternatives| alternatives.first()) {
        if matches!(right, Right::Undocumented(_)) {
            return None;
        }
        actions.push(least::action(request, right));
    }
    for action in actions {
        endorse.push(format!("endorse {subject} to {action} in tenancy {target_alias}{condition}"));
        admit.push(format!("admit {admitted} of tenancy {home_alias} to {action} in {place}{condition}"));
    }
    let with = |side: &Compiled, statements: &[String]| {
        let mut tenancy = side.tenancy.clone();
        let statements = statements.iter().map(|text| text.as_str().into()).collect();
        let compartment = Some(String::new());
        tenancy.policies.push(Policy { name: "least".into(), compartment, ocid: None, statements });
        Compiled::new(tenancy)
    };
    let tried = judge(&with(home, &endorse), &with(target, &admit), request).ok()?;
    (tried.verdict == Verdict::Allow).then_some((endorse, admit))
}

/// What a statement of the other tenancy may call this one.
fn alias(tenancy: &Tenancy, otherwise: &str) -> String {
    let name = tenancy.name.as_deref().unwrap_or_default();
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
    if plain && begins { name.to_owned() } else { otherwise.to_owned() }
}

fn group_ocid(home: &Compiled, dynamic: bool, name: &str) -> Option<String> {
    if let Some(ocid) = name.strip_prefix("id ") {
        return Some(ocid.trim().to_owned());
    }
    let group = GroupName::parse(name);
    if is_ocid(&group.name) {
        return Some(group.name);
    }
    let key = subject::key(dynamic, group.domain.as_deref(), &group.name);
    home.names.known.get(&key)?.ocid.as_deref().map(str::to_owned)
}
