//! `domain-prefix-missing`: a group of another identity domain, named without its domain.

use crate::diag::{Confidence, Severity};
use crate::lint::rule::{Category, Check, FixAvailability, Persona, Rule};
use crate::lint::{ConfigurationContext, Sink};
use crate::source::{Configuration, Declared, DeclaredKind};
use crate::text::MappedText;

use super::policies::unprefixed;

/// Flags groups that the configuration declares outside the Default domain and names without a prefix.
pub static RULE: Rule = Rule {
    name: "domain-prefix-missing",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    category: Category::References,
    persona: Persona::Default,
    fix: FixAvailability::None,
    docs: include_str!("../../../docs/rules/domain-prefix-missing.md"),
    checks: &[Check::Configuration(check)],
};

fn check(context: &ConfigurationContext<'_>, sink: &mut Sink<'_>) {
    for kind in [DeclaredKind::Group, DeclaredKind::DynamicGroup] {
        for parsed in context.statements {
            let text = parsed.source.text.as_str();
            for atom in unprefixed(parsed, kind) {
                let Some(name) = atom.known(text) else { continue };
                let same = |each: &&Declared| {
                    each.kind == kind && each.name.as_ref().is_some_and(|known| known.as_str().eq_ignore_ascii_case(name))
                };
                let mut declared = context.configuration.declared.iter().filter(same).peekable();
                let Some(domain) = declared.peek().and_then(|first| first.domain.clone()) else { continue };
                if declared.any(|each| each.domain.is_none()) {
                    continue;
                }
                let example = name_of(&domain, context.configuration).unwrap_or("<domain>");
                sink.report(context.located(parsed.source).locate(atom.span), format!("`{name}` is declared in another identity domain"))
                    .note("without a prefix a group of the Default domain is meant, which is another group or none")
                    .help(format!("write `'{example}'/'{name}'`"))
                    .statement(context.reference(parsed.source));
            }
        }
    }
}

/// The name of a domain that is given by its name or by an attribute of its resource.
fn name_of<'c>(domain: &'c str, configuration: &'c Configuration) -> Option<&'c str> {
    if !domain.contains('.') {
        return Some(domain);
    }
    let of_resource = |each: &&Declared| {
        each.kind == DeclaredKind::Domain && domain.strip_prefix(&*each.address).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let declared = configuration.declared.iter().find(of_resource)?;
    declared.name.as_ref().filter(|name| name.is_known()).map(MappedText::as_str)
}
