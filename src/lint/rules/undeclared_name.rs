//! `undeclared-name`: a name that the configuration declares nowhere, though it declares others of its kind.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::catalog::Trait;
use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{ConfigurationContext, ParsedStatement, Sink};
use crate::source::{DeclaredKind, Root};
use crate::text::Place;

use super::policies::{compartments, named, unprefixed};

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

/// The kinds of names, and what users call them.
const KINDS: [(DeclaredKind, &str); 3] =
    [(DeclaredKind::Group, "group"), (DeclaredKind::DynamicGroup, "dynamic group"), (DeclaredKind::Compartment, "compartment")];

fn check(context: &ConfigurationContext<'_>, sink: &mut Sink<'_>) {
    let mixed = of_other_kind(context, sink);
    for (kind, word) in KINDS {
        for used in Used::of(context, kind, &names(context, kind), &mixed).values() {
            used.tell(context, word, sink);
        }
    }
}

/// Reports groups that are declared as dynamic groups, and the other way round; names are unique among both.
/// Gives the places.
fn of_other_kind(context: &ConfigurationContext<'_>, sink: &mut Sink<'_>) -> HashSet<Place> {
    let [(group, a_group), (dynamic, a_dynamic_group), _] = KINDS;
    let (groups, dynamics) = (Kind::of(context, group), Kind::of(context, dynamic));
    let mut told = HashSet::new();
    for parsed in context.statements {
        let root = context.configuration.root_of(parsed.source);
        for (kind, own, other, word, other_word) in
            [(group, &groups, &dynamics, a_group, a_dynamic_group), (dynamic, &dynamics, &groups, a_dynamic_group, a_group)]
        {
            for atom in unprefixed(parsed, kind) {
                let Some(name) = atom.known(parsed.source.text.as_str()) else { continue };
                let lower = name.to_lowercase();
                let has = |names: &Names<'_>| names.get(&root).is_some_and(|names| names.contains_key(&lower));
                let place = context.located(parsed.source).locate(atom.span);
                if own.open.contains(&root) || has(&own.names) || !has(&other.names) || !told.insert(place) {
                    continue;
                }
                sink.report(place, format!("`{name}` is declared as a {other_word}, not as a {word}"))
                    .severity(Severity::Warning)
                    .confidence(Confidence::Medium)
                    .note("no group can have the name of a dynamic group, so the statement is rejected or grants nothing")
                    .help(format!("write `{}` before the name", other_word.replace(' ', "-")))
                    .statement(context.reference(parsed.source));
            }
        }
    }
    told
}

/// The declared names of a kind, by what is applied together; those in lower case lead to those as written.
type Names<'c> = BTreeMap<Root, HashMap<String, &'c str>>;

fn names<'c>(context: &'c ConfigurationContext<'_>, kind: DeclaredKind) -> Names<'c> {
    let Kind { mut names, open } = Kind::of(context, kind);
    names.retain(|root, _| !open.contains(root));
    names
}

/// The declared names of a kind that are known, and what declares others too.
struct Kind<'c> {
    names: Names<'c>,
    open: BTreeSet<Root>,
}

impl<'c> Kind<'c> {
    fn of(context: &'c ConfigurationContext<'_>, kind: DeclaredKind) -> Self {
        let mut names = Names::new();
        let mut open = BTreeSet::new();
        for declared in context.configuration.declared.iter().filter(|each| each.kind == kind) {
            match declared.name.as_ref().filter(|name| name.is_known()).map(|name| name.as_str()) {
                Some(name) => {
                    names.entry(declared.root.clone()).or_default().insert(name.to_lowercase(), name);
                }
                // It may be any name.
                None => {
                    open.insert(declared.root.clone());
                }
            }
        }
        Self { names, open }
    }
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
    fn of(
        context: &'c ConfigurationContext<'a>,
        kind: DeclaredKind,
        names: &'n Names<'c>,
        passed_over: &HashSet<Place>,
    ) -> BTreeMap<Root, Self> {
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
                } else if !Trait::BuiltInGroup.is_of(&lower) {
                    let place = context.located(parsed.source).locate(atom.span);
                    if !passed_over.contains(&place) && told.insert(place) {
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
