//! `invalid-ocid`: an OCID that can't be one, or one of the wrong kind for its place.

use crate::catalog::{self, Kind, Place as OcidPlace};
use crate::diag::{Applicability, Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Located, MatchingRuleContext, Sink, StatementContext};
use crate::policy::ast::{
    ActionKind, Atom, DefineKind, Location, LocationKind, MemberKind, Statement, SubjectKind, Test, ValueKind,
};
use crate::text::Span;

use super::values::{values_of, variable_of};

/// Flags malformed OCIDs, OCIDs of realms and regions that do not exist, and OCIDs of the wrong kind.
pub static RULE: Rule = Rule {
    name: "invalid-ocid",
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Names,
    persona: Persona::Default,
    fix: FixAvailability::Sometimes,
    docs: include_str!("../../../docs/rules/invalid-ocid.md"),
    checks: &[Check::Statement(check_statement), Check::MatchingRule(check_matching_rule)],
};

fn check_statement(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    match context.statement {
        Statement::Define(define) => {
            let place = match define.kind {
                Some(DefineKind::Tenancy) => Some(OcidPlace::Tenancy),
                Some(DefineKind::Group) => Some(OcidPlace::Group),
                Some(DefineKind::DynamicGroup) => Some(OcidPlace::DynamicGroup),
                Some(DefineKind::Compartment) => Some(OcidPlace::Compartment),
                _ => None,
            };
            if let Some(ocid) = &define.ocid {
                atom(context, ocid, place, sink);
            }
        }
        Statement::Rule(rule) => {
            let (members, place) = match rule.subject.as_ref().map(|subject| &subject.kind) {
                Some(SubjectKind::Group(members)) => (members.as_slice(), Some(OcidPlace::Group)),
                Some(SubjectKind::DynamicGroup(members)) => (members.as_slice(), Some(OcidPlace::DynamicGroup)),
                Some(SubjectKind::UnknownGroup(members)) => (members.as_slice(), None),
                _ => (&[][..], None),
            };
            for member in members {
                if let MemberKind::Id(ocid) = &member.kind {
                    atom(context, ocid, place, sink);
                }
            }
            location(context, rule.location.as_ref(), sink);
            if let Some(ActionKind::Associate { left, right }) = rule.action.as_ref().map(|action| &action.kind) {
                location(context, left.location.as_ref(), sink);
                location(context, right.as_ref().and_then(|end| end.location.as_ref()), sink);
            }
            for test in context.tests() {
                in_test(context, test, sink);
            }
        }
        Statement::Hole(_) | Statement::Unknown(_) => {}
    }
}

fn check_matching_rule(context: &MatchingRuleContext<'_>, sink: &mut Sink<'_>) {
    for test in context.tests() {
        in_test(context, test, sink);
    }
}

fn location(at: &Located<'_>, location: Option<&Location>, sink: &mut Sink<'_>) {
    match location.map(|location| &location.kind) {
        Some(LocationKind::CompartmentId { ocid, .. }) => atom(at, ocid, Some(OcidPlace::Compartment), sink),
        Some(LocationKind::Compartment { path, .. }) => {
            for name in path.iter().filter(|name| looks_like_ocid(name.text(at.text))) {
                atom(at, name, Some(OcidPlace::Compartment), sink);
            }
        }
        _ => {}
    }
}

fn in_test(at: &Located<'_>, test: &Test, sink: &mut Sink<'_>) {
    let variable = variable_of(test).and_then(|atom| atom.known(at.text)).unwrap_or("").to_ascii_lowercase();
    let place = match variable.as_str() {
        "instance.id" | "request.instance.id" => Some(OcidPlace::Instance),
        "request.user.id" | "target.user.id" => Some(OcidPlace::User),
        "request.groups.id" | "target.group.id" => Some(OcidPlace::Group),
        name if name.ends_with("compartment.id") => Some(OcidPlace::Compartment),
        _ => None,
    };
    for value in values_of(test).into_iter().filter(|value| value.kind == ValueKind::Literal) {
        if place.is_some() && variable != "target.group.id" || looks_like_ocid(value.atom.text(at.text)) {
            ocid(at, &value.atom, place, true, sink);
        }
    }
}

/// Whether somebody meant an OCID.
fn looks_like_ocid(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.starts_with("ocid") && lower.contains(['.', ':']) && lower.len() > 6 || lower.starts_with("ocd1.")
}

fn atom(at: &Located<'_>, atom: &Atom, place: Option<OcidPlace>, sink: &mut Sink<'_>) {
    ocid(at, atom, place, false, sink);
}

fn ocid(
    at: &Located<'_>,
    atom: &Atom,
    place: Option<OcidPlace>,
    misspelt_prefix: bool,
    sink: &mut Sink<'_>,
) {
    let Some(text) = atom.known(at.text) else { return };
    // Values that are no OCIDs at all are the matter of the condition's type, documentation dots are not.
    if !looks_like_ocid(text) || text.contains("...") || text.contains('…') {
        return;
    }
    let span = atom.inner(at.text);
    let part = |start: usize, len: usize| Span::new(span.start() + start, span.start() + start + len);
    let Some(rest) = text.get(..6).filter(|start| start.eq_ignore_ascii_case("ocid1.")).and_then(|_| text.get(6..))
    else {
        // Outside conditions the parser reports it.
        if !misspelt_prefix {
            return;
        }
        // Tenancies of the first years have OCIDs of this form.
        if text.starts_with("ocid1:") {
            return;
        }
        let end = text.find(['.', ':']).unwrap_or(text.len());
        let written = text.get(..end).unwrap_or(text);
        sink.report(at.locate(part(0, end)), format!("`{written}` does not begin an OCID"))
            .note("every OCID begins with `ocid1.`, so this names nothing")
            .help("write `ocid1`")
            .fix(at.fix("write `ocid1`", Applicability::Safe, part(0, end), "ocid1"));
        return;
    };
    let parts: Vec<&str> = rest.split('.').collect();
    let (&[kind, realm, ..], true) = (parts.as_slice(), parts.len() >= 3) else {
        sink.report(at.locate(span), format!("`{text}` is too short to be an OCID"))
            .help("copy the whole OCID, `ocid1.<kind>.<realm>.[region].<unique>`");
        return;
    };
    if parts.last().is_none_or(|unique| unique.is_empty()) {
        sink.report(at.locate(span), format!("`{text}` lacks its unique part"))
            .help("copy the whole OCID, `ocid1.<kind>.<realm>.[region].<unique>`");
        return;
    }
    wrong_kind(at, part(6, kind.len()), kind, place, sink);
    let realm_at = 6 + kind.len() + 1;
    if catalog::realm(realm).is_none() && realm.starts_with("oc") {
        sink.report(at.locate(part(realm_at, realm.len())), format!("there is no realm `{realm}`"))
            .severity(Severity::Warning)
            .confidence(Confidence::Medium)
            .help("copy the OCID again; that of the commercial realm holds `oc1`");
    }
    let region = parts.get(2).copied().unwrap_or("");
    if parts.len() >= 4 && region.contains('-') && catalog::region(region).is_none() {
        let at_region = part(realm_at + realm.len() + 1, region.len());
        let report = sink
            .report(at.locate(at_region), format!("there is no region `{region}`"))
            .severity(Severity::Warning)
            .confidence(Confidence::Medium);
        match catalog::suggest(Kind::Region, region) {
            Some(near) => report.help(format!("copy the OCID again; perhaps `{near}` is meant")),
            None => report.help("copy the OCID again"),
        };
    }
}

fn wrong_kind(at: &Located<'_>, span: Span, kind: &str, place: Option<OcidPlace>, sink: &mut Sink<'_>) {
    let (Some(place), Some(known)) = (place, catalog::ocid_kind(kind)) else { return };
    if known.places.contains(&place) {
        return;
    }
    let (wanted, example) = match place {
        OcidPlace::Group => ("a group", "group"),
        OcidPlace::DynamicGroup => ("a dynamic group", "dynamicgroup"),
        OcidPlace::Compartment => ("a compartment", "compartment"),
        OcidPlace::Tenancy => ("a tenancy", "tenancy"),
        OcidPlace::User => ("a user", "user"),
        OcidPlace::Instance => ("an instance", "instance"),
        _ => return,
    };
    sink.report(at.locate(span), format!("this OCID is of the kind `{kind}`, where that of {wanted} is needed"))
        .note("an OCID of another kind never matches")
        .help(format!("put the OCID that begins with `ocid1.{example}.`"));
}
