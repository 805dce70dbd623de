//! `invalid-ocid`: an OCID that can't be one, or one of the wrong kind for its place.

use crate::catalog::{self, Kind, Place as OcidPlace};
use crate::diag::{Applicability, Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Located, MatchingRuleContext, Sink, StatementContext};
use crate::policy::ast::{
    ActionKind, Atom, DefineKind, Location, LocationKind, MemberKind, Statement, SubjectKind, Test, ValueKind,
};
use crate::text::Span;

use super::unresolved_placeholder::stands_for_another;
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
    let cluster = variable == "request.principal.cluster_id";
    let resource = variable == "resource.id";
    for value in values_of(test).into_iter().filter(|value| value.kind == ValueKind::Literal) {
        if place.is_some() && variable != "target.group.id" || looks_like_ocid(value.atom.text(at.text)) {
            ocid(at, &value.atom, place, true, sink);
            if cluster {
                not_a_cluster(at, &value.atom, sink);
            }
            if resource {
                not_a_resource(at, &value.atom, sink);
            }
        }
    }
}

/// Reports the OCID of something that is known not to be a Kubernetes cluster.
fn not_a_cluster(at: &Located<'_>, atom: &Atom, sink: &mut Sink<'_>) {
    let kind = atom.known(at.text).and_then(|text| text.split('.').nth(1));
    let Some(kind) = kind.filter(|kind| *kind != "cluster" && catalog::ocid_kind(kind).is_some()) else { return };
    sink.report(at.locate(atom.inner(at.text)), format!("this OCID is of the kind `{kind}`, where that of a Kubernetes cluster is needed"))
        .note("an OCID of another kind never matches")
        .help("put the OCID that begins with `ocid1.cluster.`");
}

/// Reports the OCID of what holds resources or principals, and is none.
fn not_a_resource(at: &Located<'_>, atom: &Atom, sink: &mut Sink<'_>) {
    let kind = atom.known(at.text).and_then(|text| text.split('.').nth(1));
    let Some(kind) = kind.filter(|kind| ["compartment", "tenancy", "group", "dynamicgroup"].contains(kind)) else { return };
    let help = match kind {
        "compartment" | "tenancy" => "write `resource.compartment.id` for all resources of a compartment",
        _ => "put the OCID of a resource: a function, a job, an agent",
    };
    sink.report(at.locate(atom.inner(at.text)), format!("this OCID is of the kind `{kind}`, where that of a resource is needed"))
        .note("an OCID of another kind never matches")
        .help(help);
}

/// Whether an example cut the OCID short, and says so in its last part.
fn is_short_and_to_come(text: &str) -> bool {
    text.matches('.').count() < 4 && stands_for_another(text)
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
    // What stands for an OCID to come is another rule's to tell.
    if !looks_like_ocid(text) || text.contains("...") || text.contains('…') || is_short_and_to_come(text) {
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
    if let (&[_, _, unique], false) = (parts.as_slice(), at.has_hole(span))
        && is_unique_part(unique)
    {
        sink.report(at.locate(span), format!("`{text}` has one dot too few"))
            .severity(Severity::Warning)
            .confidence(Confidence::Medium)
            .note("behind the realm an OCID has its region, which is empty for what belongs to all regions")
            .help("copy the whole OCID, `ocid1.<kind>.<realm>.[region].<unique>`");
        return;
    }
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
    if let Some(found) = catalog::region(region).filter(|_| parts.len() >= 4)
        && catalog::realm(realm).is_some()
        && !found.realm.eq_ignore_ascii_case(realm)
    {
        sink.report(at.locate(part(6 + kind.len() + 1, realm.len() + 1 + region.len())), format!("region `{}` is not in realm `{realm}`", found.name))
            .severity(Severity::Warning)
            .confidence(Confidence::Medium)
            .note(format!("it lies in realm `{}`, so no resource has this OCID", found.realm))
            .help("copy the OCID again");
    }
}

/// Whether the text can be the last part of an OCID, and not a region or the stand-in of an example.
fn is_unique_part(text: &str) -> bool {
    text.len() >= 20 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) || text.starts_with("aaaaaaaa")
}

fn wrong_kind(at: &Located<'_>, span: Span, kind: &str, place: Option<OcidPlace>, sink: &mut Sink<'_>) {
    let Some(place) = place else { return };
    let known = catalog::ocid_kind(kind);
    if known.is_some_and(|known| known.places.contains(&place)) {
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
    if known.is_none() {
        let slip = strsim::damerau_levenshtein(&kind.to_ascii_lowercase(), example);
        if (1..=2).contains(&slip) {
            sink.report(at.locate(span), format!("`{kind}` is no kind of OCID that is known"))
                .severity(Severity::Warning)
                .confidence(Confidence::Medium)
                .note("an OCID of another kind never matches")
                .help(format!("copy the OCID again; that of {wanted} begins with `ocid1.{example}.`"));
        }
        return;
    }
    sink.report(at.locate(span), format!("this OCID is of the kind `{kind}`, where that of {wanted} is needed"))
        .note("an OCID of another kind never matches")
        .help(format!("put the OCID that begins with `ocid1.{example}.`"));
}
