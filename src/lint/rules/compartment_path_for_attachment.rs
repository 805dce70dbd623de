//! `compartment-path-for-attachment`: a compartment path that leads nowhere from where the policy is attached.

use std::collections::HashMap;

use crate::diag::{Applicability, Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{ConfigurationContext, ParsedStatement, Sink};
use crate::policy::ast::{LocationKind, RuleKind, Statement};
use crate::source::{Attachment, DeclaredKind, Root};
use crate::text::Span;

/// Flags paths to declared compartments that do not start at the compartment the policy is attached to.
pub static RULE: Rule = Rule {
    name: "compartment-path-for-attachment",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    category: Category::References,
    persona: Persona::Default,
    fix: FixAvailability::Sometimes,
    docs: include_str!("../../../docs/rules/compartment-path-for-attachment.md"),
    checks: &[Check::Configuration(check)],
};

/// How deep compartments nest at most.
const DEPTH: usize = 8;

/// A compartment above: the root, or the one declared under an address.
type Above<'c> = Option<&'c str>;

/// The compartments that one configuration declares, where all of their names are known.
#[derive(Default)]
struct Declared<'c> {
    /// Name as declared and parent by address; no parent where it isn't known.
    by_address: HashMap<&'c str, (&'c str, Option<Above<'c>>)>,
    /// Addresses by name in lower case.
    by_name: HashMap<String, Vec<&'c str>>,
}

impl<'c> Declared<'c> {
    /// The names from below `from` down to a compartment; `None` where it doesn't lie there for certain.
    fn path(&self, from: Above<'c>, address: &'c str) -> Option<Vec<&'c str>> {
        let mut names = Vec::new();
        let mut at = address;
        while names.len() < DEPTH {
            let (name, parent) = self.by_address.get(at)?;
            names.push(*name);
            match (*parent)? {
                above if above == from => {
                    names.reverse();
                    return Some(names);
                }
                Some(above) => at = above,
                None => return None,
            }
        }
        None
    }

    /// Whether a compartment with this name may lie directly below `from`.
    fn may_be_child(&self, from: Above<'c>, name: &str) -> bool {
        let named = self.by_name.get(name).into_iter().flatten();
        let parents = named.filter_map(|address| self.by_address.get(address));
        parents.into_iter().any(|(_, parent)| parent.is_none_or(|parent| parent == from))
    }
}

fn check(context: &ConfigurationContext<'_>, sink: &mut Sink<'_>) {
    let declared = declared(context);
    if declared.is_empty() {
        return;
    }
    for parsed in context.statements {
        let Some((span, names)) = path_of(parsed) else { continue };
        let Some(policy) = parsed.source.policy.and_then(|at| context.configuration.policies.get(at)) else {
            continue;
        };
        let Some(Some(tree)) = declared.get(&policy.root) else { continue };
        let from: Above<'_> = match &policy.attachment {
            Attachment::Root => None,
            Attachment::Declared(address) if tree.by_address.contains_key(&**address) => Some(address),
            _ => continue,
        };
        let own = from.and_then(|address| tree.by_address.get(address)).map(|(name, _)| *name);
        let (Some(first), Some(last)) = (names.first(), names.last()) else { continue };
        let is_itself = names.len() == 1 && own.is_some_and(|own| own.to_lowercase() == *first);
        if is_itself || tree.may_be_child(from, first) {
            continue;
        }
        // What the path means, when just one compartment can be meant.
        let meant = |address: &&&str| {
            let whole = tree.path(None, address);
            let whole = whole.map(|whole| whole.iter().map(|name| name.to_lowercase()).collect::<Vec<_>>());
            whole.is_some_and(|whole| whole.ends_with(&names))
        };
        let mut all = tree.by_name.get(last).into_iter().flatten().filter(meant);
        let (Some(address), None) = (all.next(), all.next()) else { continue };
        let place = context.located(parsed.source).locate(span);
        let written = span.of(parsed.source.text.as_str());
        let written = written.get("compartment".len()..).unwrap_or(written).trim();
        let at = own.map_or_else(|| "the tenancy".to_owned(), |name| format!("`{name}`"));
        let place_of = |address: &str| {
            let found = context.configuration.declared.iter().find(|one| *one.address == *address);
            found.map(|one| one.place)
        };
        let itself = from == Some(*address);
        let right =
            if itself { own.map(str::to_owned) } else { tree.path(from, address).map(|path| path.join(":")) };
        let report = match &right {
            Some(right) => {
                let located = context.located(parsed.source);
                sink.report(place, format!("`{written}` does not lie directly below {at}, where the policy is attached"))
                    .note("a path starts below the compartment that the policy is attached to; OCI rejects one that leads nowhere")
                    .help(format!("write `compartment {right}`"))
                    .fix(located.fix(
                        format!("write `compartment {right}`"),
                        Applicability::Unsafe,
                        span,
                        &format!("compartment {right}"),
                    ))
            }
            None => sink
                .report(place, format!("`{written}` lies outside {at}, where the policy is attached"))
                .note("a policy reaches the compartment it is attached to and those below it; OCI rejects a statement that reaches further")
                .help("attach the policy to the tenancy or to a compartment above both"),
        };
        let report = report.statement(context.reference(parsed.source));
        match place_of(address) {
            Some(declared) => report.label(declared, "declared here"),
            None => report,
        };
    }
}

/// The compartments of each part that is applied together; none where a name isn't known, which may be any.
fn declared<'c>(context: &'c ConfigurationContext<'_>) -> HashMap<Root, Option<Declared<'c>>> {
    let mut found: HashMap<Root, Option<Declared<'c>>> = HashMap::new();
    for one in &context.configuration.declared {
        if one.kind != DeclaredKind::Compartment {
            continue;
        }
        let slot = found.entry(one.root.clone()).or_insert_with(|| Some(Declared::default()));
        let Some(name) = one.name.as_ref().filter(|name| name.is_known()) else {
            *slot = None;
            continue;
        };
        let Some(tree) = slot else { continue };
        let name = name.as_str();
        let parent = match &one.parent {
            Attachment::Root => Some(None),
            Attachment::Declared(address) => Some(Some(&**address)),
            Attachment::Ocid(_) | Attachment::Unknown => None,
        };
        tree.by_name.entry(name.to_lowercase()).or_default().push(&one.address);
        tree.by_address.insert(&one.address, (name, parent));
    }
    found
}

/// The path that a statement names, in lower case, where all of it is known.
fn path_of(parsed: &ParsedStatement<'_>) -> Option<(Span, Vec<String>)> {
    let Statement::Rule(rule) = &*parsed.statement else { return None };
    if !matches!(rule.kind, RuleKind::Allow | RuleKind::Deny) {
        return None;
    }
    let location = rule.location.as_ref()?;
    let LocationKind::Compartment { path, of: None } = &location.kind else { return None };
    let text = parsed.source.text.as_str();
    let names: Option<Vec<String>> = path.iter().map(|atom| Some(atom.known(text)?.to_lowercase())).collect();
    Some((location.span, names?))
}
