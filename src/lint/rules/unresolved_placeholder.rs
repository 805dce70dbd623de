//! `unresolved-placeholder`: what an example had the reader replace. Brackets are the parser's; here are the words.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{Located, MatchingRuleContext, Sink, StatementContext};
use crate::policy::ast::{Atom, Location, LocationKind, MemberKind, Statement, SubjectKind, Test, ValueKind};
use crate::source::Role;

use super::values::values_of;

/// Flags names and OCIDs that stand for one that is still to come.
pub static RULE: Rule = Rule {
    name: "unresolved-placeholder",
    severity: Severity::Error,
    confidence: Confidence::High,
    category: Category::Syntax,
    persona: Persona::Default,
    fix: FixAvailability::Sometimes,
    docs: include_str!("../../../docs/rules/unresolved-placeholder.md"),
    checks: &[Check::Parser, Check::Statement(check_statement), Check::MatchingRule(check_matching_rule)],
};

fn check_statement(context: &StatementContext<'_>, sink: &mut Sink<'_>) {
    let applied = context.uses.iter().any(|used| used.role == Role::Policy && used.policy.is_some());
    let mut names: Vec<Atom> = Vec::new();
    match context.statement {
        Statement::Define(define) => names.extend(define.ocid),
        Statement::Rule(rule) => {
            let members = match rule.subject.as_ref().map(|subject| &subject.kind) {
                Some(
                    SubjectKind::Group(members)
                    | SubjectKind::DynamicGroup(members)
                    | SubjectKind::UnknownGroup(members),
                ) => members.as_slice(),
                _ => &[],
            };
            for member in members {
                match &member.kind {
                    MemberKind::Name { domain, name } => names.extend(domain.iter().chain([name])),
                    MemberKind::Id(ocid) => names.push(*ocid),
                    MemberKind::Hole => {}
                }
            }
            names.extend(in_location(rule.location.as_ref()));
            names.extend(context.tests().into_iter().flat_map(in_test));
        }
        Statement::Hole(_) | Statement::Unknown(_) => {}
    }
    for atom in names.into_iter().filter(|atom| !context.is_misread(atom.span)) {
        tell(context, &atom, applied, sink);
    }
}

fn check_matching_rule(context: &MatchingRuleContext<'_>, sink: &mut Sink<'_>) {
    let applied = context.uses.iter().any(|used| used.role == Role::Policy);
    for atom in context.tests().into_iter().flat_map(in_test) {
        tell(context, &atom, applied, sink);
    }
}

fn in_location(location: Option<&Location>) -> Vec<Atom> {
    match location.map(|location| &location.kind) {
        Some(LocationKind::Compartment { path, .. }) => path.to_vec(),
        Some(LocationKind::CompartmentId { ocid, .. }) => vec![*ocid],
        _ => Vec::new(),
    }
}

fn in_test(test: &Test) -> Vec<Atom> {
    values_of(test).into_iter().filter(|value| value.kind == ValueKind::Literal).map(|value| value.atom).collect()
}

fn tell(at: &Located<'_>, atom: &Atom, applied: bool, sink: &mut Sink<'_>) {
    let Some(written) = atom.known(at.text).filter(|written| stands_for_another(written)) else { return };
    let place = at.locate(atom.inner(at.text));
    // The default of a variable is there to be replaced by whoever applies it.
    let own = at.is_at_home(place);
    sink.report(place, format!("`{written}` stands for a name or OCID that is still to come"))
        .severity(if applied && own { Severity::Warning } else { Severity::Info })
        .confidence(Confidence::Medium)
        .note("it names nothing, unless something is really called that")
        .help("put the real name or OCID in its place");
}

/// Whether a name is one that examples use for what the reader has to fill in.
pub(super) fn stands_for_another(name: &str) -> bool {
    let whole = name;
    let name = match name.get(..6).filter(|start| start.eq_ignore_ascii_case("ocid1.")) {
        Some(_) => name.rsplit('.').next().unwrap_or(name),
        None => name,
    };
    let lower = name.to_lowercase();
    let words: Vec<&str> = lower.split(['-', '_', ' ', '.']).filter(|word| !word.is_empty()).collect();
    match words.as_slice() {
        // Two letters may well be the name of something.
        [only] => {
            (only.len() >= 3 && only.bytes().all(|letter| letter == b'x'))
                || ["todo", "tbd", "fixme", "changeme", "replaceme", "placeholder"].contains(only)
                || only.ends_with("uniqueid")
        }
        ["replace" | "change" | "fill", "me", ..] | ["replace", "with" | "by", _, ..] => true,
        ["your", _, ..] | ["enter" | "insert" | "put", "your", ..] | ["unique", "id"] => true,
        ["insert" | "enter" | "put", .., "here"] | [.., "goes", "here"] => true,
        [.., "group" | "compartment" | "tenancy" | "bucket", "ocid"] | ["group" | "compartment" | "tenancy", "name"] => true,
        ["dynamic", "group", "name"] => true,
        // In the place of an OCID's unique part.
        [_, .., "ocid"] => name.len() < whole.len(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::stands_for_another;

    #[test]
    fn words_of_examples_are_told_from_names() {
        for name in [
            "YOUR_COMPARTMENT_NAME",
            "your-group",
            "REPLACE_ME",
            "changeme",
            "replace_with_group_name",
            "COMPARTMENT_OCID",
            "group-name",
            "ocid1.compartment.oc1..xxxxxxxxxxxx",
            "ocid1.compartment.oc1..your_ocid",
            "insert-ocid-here",
            "ocid1.tenancy.Partner-ocid",
            "ocid1.compartment.oc1..exampleuniqueID",
            "ocid1.group.oc1..aaaaaaaaexampleuniqueID",
        ] {
            assert!(stands_for_another(name), "{name}");
        }
        for name in [
            "YourGroupAdmins",
            "my-compartment",
            "replacements",
            "xx",
            "Example",
            "group-names-auditors",
            "change-managers",
            "ocid1.compartment.oc1..aaaaaaaaexample",
            "todo-app",
            "here",
            "",
        ] {
            assert!(!stands_for_another(name), "{name}");
        }
    }
}
