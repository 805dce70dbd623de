//! `undeclared-name`: a name that the configuration declares nowhere, though it declares others of its kind.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{ConfigurationContext, ParsedStatement, Sink};
use crate::source::{DeclaredKind, Root};
use crate::text::Place;

use super::policies::{compartments, named};

/// Flags names that are nearly a declared one, or the odd one out among names that are all declared.
pub static RULE: Rule = Rule {
    name: "undeclared-name",
    severity: Severity::Info,
    confidence: Confidence::Low,
    category: Category::References,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/undeclared-name.md"),
    checks: &[Check::Configuration(check)],
};

/// How many declared names statements must use for each undeclared one before that is the odd one out.
const DECLARED_FOR_EACH_ODD: usize = 3;

/// Groups that every tenancy has.
const BUILT_IN: [&str; 4] = ["administrators", "all domain users", "idcs_administrators", "domain_administrators"];

/// The kinds of names, and what users call them.
const KINDS: [(DeclaredKind, &str); 3] =
    [(DeclaredKind::Group, "group"), (DeclaredKind::DynamicGroup, "dynamic group"), (DeclaredKind::Compartment, "compartment")];

fn check(context: &ConfigurationContext<'_>, sink: &mut Sink<'_>) {
    for (kind, word) in KINDS {
        for used in Used::of(context, kind, &names(context, kind)).values() {
            used.tell(context, word, sink);
        }
    }
}

/// The declared names of a kind, by what is applied together; those in lower case lead to those as written.
type Names<'c> = BTreeMap<Root, HashMap<String, &'c str>>;

fn names<'c>(context: &'c ConfigurationContext<'_>, kind: DeclaredKind) -> Names<'c> {
    let mut names = Names::new();
    let mut open = BTreeSet::new();
    for declared in context.configuration.declared.iter().filter(|each| each.kind == kind) {
        let Some(name) = declared.name.as_ref().filter(|name| name.is_known()) else {
            // It may be any name.
            open.insert(&declared.root);
            continue;
        };
        names.entry(declared.root.clone()).or_default().insert(name.as_str().to_lowercase(), name.as_str());
    }
    names.retain(|root, _| !open.contains(root));
    names
}

/// Where a name stands: its place, how it is written, and the statement.
type Uses<'c, 'a> = Vec<(Place, &'c str, &'c ParsedStatement<'a>)>;

/// The names of one kind that the statements of one root use, in lower case.
struct Used<'n, 'c, 'a> {
    names: &'n HashMap<String, &'c str>,
    declared: HashSet<String>,
    undeclared: BTreeMap<String, Uses<'c, 'a>>,
}

impl<'n, 'c, 'a> Used<'n, 'c, 'a> {
    fn of(context: &'c ConfigurationContext<'a>, kind: DeclaredKind, names: &'n Names<'c>) -> BTreeMap<Root, Self> {
        let mut all = BTreeMap::new();
        let mut told = HashSet::new();
        for parsed in context.statements {
            let root = context.configuration.root_of(parsed.source);
            let Some(names) = names.get(&root) else { continue };
            let used: &mut Used<'_, '_, '_> =
                all.entry(root).or_insert_with(|| Used { names, declared: HashSet::new(), undeclared: BTreeMap::new() });
            let text = parsed.source.text.as_str();
            let atoms = if kind == DeclaredKind::Compartment { compartments(parsed) } else { named(parsed, kind) };
            for atom in atoms {
                let Some(name) = atom.known(text) else { continue };
                let lower = name.to_lowercase();
                if names.contains_key(&lower) {
                    used.declared.insert(lower);
                } else if !BUILT_IN.contains(&lower.as_str()) {
                    let place = context.located(parsed.source).locate(atom.span);
                    if told.insert(place) {
                        used.undeclared.entry(lower).or_default().push((place, name, parsed));
                    }
                }
            }
        }
        all
    }

    fn tell(&self, context: &ConfigurationContext<'_>, word: &str, sink: &mut Sink<'_>) {
        let odd_ones = self.declared.len() >= DECLARED_FOR_EACH_ODD * self.undeclared.len();
        for (name, places) in &self.undeclared {
            let near = nearest(name, self.names);
            if near.is_none() && !odd_ones {
                continue;
            }
            // What is only odd is worth one word.
            let told = if near.is_some() { places.len() } else { 1 };
            for (place, written, parsed) in places.iter().take(told) {
                let report = sink.report(*place, format!("this configuration declares no {word} `{written}`"));
                let report = match near {
                    Some(near) => report
                        .note(format!("it declares `{near}`; a statement that names a {word} which does not exist grants nothing or is rejected"))
                        .help(format!("write `{near}`, if that is the one you mean")),
                    None => report
                        .note(format!("it declares every other {word} that its statements name; one that does not exist grants nothing or is rejected"))
                        .help(format!("declare the {word}, correct its name, or leave it where another configuration makes it")),
                };
                report.statement(context.reference(parsed.source));
            }
        }
    }
}

/// The declared name that is meant, where one is a slip away.
fn nearest<'c>(name: &str, names: &HashMap<String, &'c str>) -> Option<&'c str> {
    let limit = (name.chars().count() / 3).clamp(1, 3);
    let near = names.iter().filter(|(known, _)| known.len().abs_diff(name.len()) <= 4 * limit);
    let (distance, near) = near.map(|(known, written)| (strsim::damerau_levenshtein(known, name), *written)).min()?;
    (distance <= limit).then_some(near)
}
