//! Deciding a request: the union of the allows, then the denies.

use std::sync::Arc;

use super::action::Right;
use super::caller::{Caller, tag_value};
use super::compile::Grant;
use super::compiled::Compiled;
use super::condition::Attributes;
use super::request::Request;
use super::tree::Target;
use super::value::Attribute;
use super::{Truth, time};
use crate::catalog;
use crate::policy::ast::RuleKind;

/// Whether a request is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It is.
    Allow,
    /// It isn't.
    Deny,
    /// It depends on what isn't known.
    Unknown,
}

impl Verdict {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Allow => "allow",
            Verdict::Deny => "deny",
            Verdict::Unknown => "unknown",
        }
    }
}

impl From<Truth> for Verdict {
    fn from(granted: Truth) -> Self {
        match granted {
            Truth::True => Verdict::Allow,
            Truth::False => Verdict::Deny,
            Truth::Unknown => Verdict::Unknown,
        }
    }
}

/// A statement that the answer depends on, by its place in [`Compiled::origins`], and why it isn't known to apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// The statement; none where nothing but the request leaves it open.
    pub origin: Option<usize>,
    /// What isn't known.
    pub reason: Arc<str>,
}

/// The answer to a request.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Whether it is granted.
    pub verdict: Verdict,
    /// The statements that grant it, by their places in [`Compiled::origins`].
    pub granted_by: Vec<usize>,
    /// The statements that take it away.
    pub denied_by: Vec<usize>,
    /// What isn't known and may change the answer.
    pub unknowns: Vec<Open>,
    /// The needs that aren't met, each with its alternatives.
    pub unmet: Vec<Vec<Right>>,
}

/// Decides a request to this tenancy by one of its own principals.
pub fn decide(compiled: &Compiled, request: &Request) -> Decision {
    Prepared::new(compiled, request).map_or_else(Decision::nowhere, |prepared| prepared.decide())
}

impl Decision {
    fn empty() -> Self {
        Self {
            verdict: Verdict::Deny,
            granted_by: Vec::new(),
            denied_by: Vec::new(),
            unknowns: Vec::new(),
            unmet: Vec::new(),
        }
    }

    fn nowhere(reason: String) -> Self {
        let unknowns = vec![Open { origin: None, reason: reason.into() }];
        Self { unknowns, ..Self::empty() }
    }

    fn finish(&mut self, granted: Truth) {
        self.verdict = granted.into();
        if granted != Truth::Unknown {
            self.unknowns.clear();
        }
        for list in [&mut self.granted_by, &mut self.denied_by] {
            list.sort_unstable();
            list.dedup();
        }
        let mut seen = std::collections::HashSet::new();
        self.unknowns.retain(|open| seen.insert((open.origin, open.reason.clone())));
    }
}

/// A request looked up in a tenancy.
pub struct Prepared<'c> {
    /// The tenancy.
    pub compiled: &'c Compiled,
    /// The request.
    pub request: &'c Request,
    /// Its principal.
    pub caller: Caller<'c>,
    /// Where it goes.
    pub target: Target,
}

/// How each clause of a grant fits a request.
#[derive(Clone, Debug)]
pub struct Fit {
    /// Who.
    pub subject: (Truth, Option<Arc<str>>),
    /// What.
    pub action: (Truth, Option<Arc<str>>),
    /// Where.
    pub location: (Truth, Option<Arc<str>>),
    /// On what condition.
    pub condition: Truth,
    /// Whether the statement is there.
    pub exists: Truth,
}

impl Fit {
    /// Whether the grant applies.
    pub fn whole(&self) -> Truth {
        self.subject.0.and(self.action.0).and(self.location.0).and(self.condition).and(self.exists)
    }
}

impl<'c> Prepared<'c> {
    /// Looks the request up; the error says why its target doesn't exist.
    pub fn new(compiled: &'c Compiled, request: &'c Request) -> Result<Self, String> {
        let target = compiled.tree.target(request.compartment.as_deref())?;
        Ok(Self { compiled, request, caller: Caller::new(compiled, &request.principal), target })
    }

    /// What the variables of conditions are for one right.
    pub fn context<'p>(&'p self, right: &'p Right) -> Context<'p> {
        Context {
            compiled: self.compiled,
            caller: &self.caller,
            target: &self.target,
            request: self.request,
            right,
        }
    }

    /// How a grant fits the request.
    pub fn fit(&self, grant: &Grant, right: &Right) -> Fit {
        Fit {
            subject: self.caller.is(&grant.subject),
            action: grant.action.gives(right, grant.effect()),
            location: self.compiled.reaches(grant, &self.target),
            condition: grant.holds(&self.context(right)),
            exists: grant.exists,
        }
    }

    fn reason(&self, grant: &Grant, right: &Right, fit: &Fit) -> Arc<str> {
        for (truth, reason) in [&fit.subject, &fit.action, &fit.location] {
            if let (Truth::Unknown, Some(reason)) = (truth, reason) {
                return reason.clone();
            }
        }
        if fit.condition == Truth::Unknown
            && let Some(condition) = &grant.condition
        {
            let mut reasons = Vec::new();
            condition.why_unknown(&self.context(right), &mut reasons);
            if let Some(reason) = reasons.first() {
                return reason.clone();
            }
        }
        "whether the statement exists depends on a condition that is not decided".into()
    }

    /// Decides it.
    pub fn decide(&self) -> Decision {
        let mut decision = Decision::empty();
        let keys = self.caller.keys();
        let exempt = self.caller.is_administrator();
        let mut whole = Truth::True;
        for alternatives in self.request.wanted.needs() {
            let mut met = Truth::False;
            for right in &alternatives {
                met = met.or(self.right(right, keys.as_deref(), exempt, &mut decision));
            }
            if met != Truth::True {
                decision.unmet.push(alternatives);
            }
            whole = whole.and(met);
        }
        if whole == Truth::False {
            decision.granted_by.clear();
        }
        decision.finish(whole);
        self.mind_the_unseen(&mut decision);
        decision
    }

    /// What was not seen may grant what nothing else does, and take away what something else grants.
    fn mind_the_unseen(&self, decision: &mut Decision) {
        let settled = match decision.verdict {
            Verdict::Deny => !decision.denied_by.is_empty(),
            Verdict::Allow => self.caller.is_administrator().is_true(),
            Verdict::Unknown => false,
        };
        if settled {
            return;
        }
        if let Some(reason) = self.compiled.unseen_policies(&self.target) {
            decision.unknowns.push(Open { origin: None, reason });
            decision.verdict = Verdict::Unknown;
        }
    }

    fn right(
        &self,
        right: &Right,
        keys: Option<&[Arc<str>]>,
        exempt: Truth,
        decision: &mut Decision,
    ) -> Truth {
        let (mut allowed, mut denied) = (Truth::False, Truth::False);
        let mut open = Vec::new();
        for grant in self.compiled.candidates(keys, right, &self.target) {
            let deny = match grant.kind {
                RuleKind::Allow => false,
                RuleKind::Deny => true,
                // It may be either, and denies nothing less than it allows.
                RuleKind::Hole => {
                    let fit = self.fit(grant, right);
                    if fit.whole() != Truth::False {
                        open.push((
                            true,
                            Open {
                                origin: Some(grant.origin),
                                reason: "whether the statement allows or denies is not known".into(),
                            },
                        ));
                        (allowed, denied) = (allowed.or(Truth::Unknown), denied.or(Truth::Unknown));
                    }
                    continue;
                }
                _ => continue,
            };
            // SPEC: no deny reaches the default Administrators group.
            if deny && exempt.is_true() {
                continue;
            }
            let fit = self.fit(grant, right);
            let mut applies = fit.whole();
            if deny {
                applies = applies.and(exempt.negated());
            }
            match applies {
                Truth::True if deny => decision.denied_by.push(grant.origin),
                Truth::True => decision.granted_by.push(grant.origin),
                Truth::Unknown => {
                    open.push((
                        deny,
                        Open { origin: Some(grant.origin), reason: self.reason(grant, right, &fit) },
                    ));
                }
                Truth::False => {}
            }
            let sum = if deny { &mut denied } else { &mut allowed };
            *sum = sum.or(applies);
        }
        if allowed == Truth::False && matches!(right, Right::Undocumented(_)) && open.is_empty() {
            let reason = format!("no page states which permission `{}` needs", self.request.wanted.label());
            open.push((false, Open { origin: None, reason: reason.into() }));
            allowed = Truth::Unknown;
        }
        // Only what can still change the answer is left open.
        let settled_allow = allowed.is_true();
        decision
            .unknowns
            .extend(open.into_iter().filter(|(deny, _)| *deny || !settled_allow).map(|(_, open)| open));
        allowed.and(denied.negated())
    }
}

/// The variables of a request, for one of the rights that it needs.
pub struct Context<'p> {
    /// The tenancy that the request is sent to.
    pub(super) compiled: &'p Compiled,
    /// Who makes it, as the caller's own tenancy knows.
    pub(super) caller: &'p Caller<'p>,
    /// Where it goes.
    pub(super) target: &'p Target,
    /// The request.
    pub(super) request: &'p Request,
    /// The right.
    pub(super) right: &'p Right,
}

impl Attributes for Context<'_> {
    fn attribute(&self, variable: &str) -> Attribute {
        let given = self.request.attributes.iter().find(|(name, _)| name.eq_ignore_ascii_case(variable));
        if let Some((_, values)) = given {
            return if values.is_empty() {
                Attribute::Absent
            } else {
                Attribute::Values(values.iter().map(|value| value.to_lowercase().into()).collect())
            };
        }
        if let Some(known) = self.caller.variable(variable) {
            return known;
        }
        match variable {
            "request.permission" => match self.right {
                Right::Permission(name, _) => Attribute::one(name),
                _ => Attribute::unknown("which permission the request needs is not documented"),
            },
            "request.operation" => match self.request.wanted.operation() {
                Some(name) => Attribute::one(name),
                None => Attribute::unknown("the operation of the request is not given"),
            },
            "request.region" => self.region(),
            "request.networksource.name" => match &self.request.network_source {
                Some(name) => Attribute::one(name),
                None => Attribute::unknown("the network source of the request is not given"),
            },
            "target.tenant.id" => match &self.compiled.tenancy.ocid {
                Some(ocid) => Attribute::one(ocid),
                None => Attribute::unknown("the OCID of the tenancy is not known"),
            },
            "target.compartment.id" | "target.compartment.name" => self.target_compartment(variable),
            "target.model.id" if self.request.model.is_some() => {
                Attribute::one(self.request.model.as_deref().unwrap_or_default())
            }
            _ => self.pattern(variable),
        }
    }
}

impl Context<'_> {
    fn region(&self) -> Attribute {
        let Some(asked) = &self.request.region else {
            return Attribute::unknown("the region of the request is not given");
        };
        match catalog::region(asked) {
            Some(catalog::Region { key: Some(key), .. }) => Attribute::one(key),
            _ if asked.len() == 3 => Attribute::one(asked),
            _ => Attribute::unknown(format!("the key of region `{asked}` is not known")),
        }
    }

    /// Whether the request is a list call; none when no operation is given.
    fn names_no_target(&self, words: &[&str]) -> Option<bool> {
        let name = self.request.wanted.operation()?;
        Some(words.iter().any(|word| name.starts_with(word)))
    }

    fn target_compartment(&self, variable: &str) -> Attribute {
        // SPEC: list calls don't carry the target's compartment.
        match self.names_no_target(&["List"]) {
            Some(true) => return Attribute::Absent,
            None if matches!(self.right, Right::Permission(name, _) if name.ends_with("_inspect")) => {
                return Attribute::unknown("whether the request is a list call is not given");
            }
            _ => {}
        }
        let tenancy = &self.compiled.tenancy;
        let root = self.compiled.tree.is_root_target(self.target);
        let known = match (variable, root) {
            ("target.compartment.id", true) => tenancy.ocid.as_deref().or(self.target.ocid.as_deref()),
            ("target.compartment.id", false) => self.target.ocid.as_deref(),
            (_, true) => tenancy.name.as_deref(),
            (_, false) => self.target.name.as_deref(),
        };
        match known {
            Some(value) => Attribute::one(value),
            None => {
                Attribute::unknown(format!("`{variable}` is not known for the compartment of the request"))
            }
        }
    }

    fn pattern(&self, variable: &str) -> Attribute {
        if variable == "request.utc-timestamp" || variable.starts_with("request.utc-timestamp.") {
            return self.time(variable);
        }
        if let Some(tag) = variable.strip_prefix("target.resource.compartment.tag.") {
            return self.compartments_tag(tag);
        }
        if let Some(tag) = variable.strip_prefix("target.resource.tag.") {
            // SPEC: neither list nor create calls name a resource.
            return match (self.names_no_target(&["List", "Create"]), &self.request.tags) {
                (Some(true), _) => Attribute::Absent,
                (_, Some(tags)) => {
                    tag_value(tags, tag).map_or(Attribute::Absent, |value| Attribute::Values(vec![value]))
                }
                _ => Attribute::unknown("the tags of the target are not given"),
            };
        }
        let Some(row) = catalog::variable(variable) else {
            return Attribute::unknown(format!("the catalogue does not know the variable `{variable}`"));
        };
        if row.scope == catalog::Scope::Service && !row.resource_types.is_empty() {
            let of_request = self.request.wanted.resource_types();
            let listed =
                |name: &Arc<str>| row.resource_types.iter().any(|one| one.eq_ignore_ascii_case(name));
            let uncharted =
                |name: &Arc<str>| catalog::resource_type(name).is_none_or(|known| !known.permissions_known());
            if !of_request.is_empty() && !of_request.iter().any(listed) && !of_request.iter().any(uncharted) {
                return Attribute::Absent;
            }
            let operation = self.request.wanted.operation();
            let other = operation
                .is_some_and(|name| !row.operations.iter().any(|one| one.eq_ignore_ascii_case(name)));
            if !row.operations.is_empty() && other && of_request.iter().any(listed) {
                return Attribute::Absent;
            }
        }
        Attribute::unknown(format!("the value of `{}` is not given", row.name))
    }

    fn time(&self, variable: &str) -> Attribute {
        let Some(now) = &self.request.time else {
            return Attribute::unknown("the time of the request is not given");
        };
        let Some(parts) = time::parts(now) else {
            return Attribute::unknown(format!("the time `{now}` of the request is not readable"));
        };
        match variable {
            "request.utc-timestamp" => Attribute::one(now),
            "request.utc-timestamp.month-of-year" => Attribute::one(&parts.month.to_string()),
            "request.utc-timestamp.day-of-month" => Attribute::one(&parts.day.to_string()),
            "request.utc-timestamp.day-of-week" => Attribute::one(parts.weekday),
            "request.utc-timestamp.time-of-day" => Attribute::one(&parts.clock),
            _ => Attribute::unknown(format!("the catalogue does not know the variable `{variable}`")),
        }
    }

    /// A tag of the target's compartment or of one above it.
    fn compartments_tag(&self, tag: &str) -> Attribute {
        let mut found = Vec::new();
        let mut blurred = self.target.open || !self.target.known;
        for id in &self.target.chain {
            match self.compiled.tree.tags(*id) {
                Some(tags) => found.extend(tag_value(tags, tag)),
                None => blurred = true,
            }
        }
        match (found.is_empty(), blurred) {
            (_, true) => Attribute::unknown("the tags of the compartments around the target are not known"),
            (true, false) => Attribute::Absent,
            (false, false) => Attribute::Values(found),
        }
    }
}
