//! `ociam rules`: the rules with what each finds.

use std::io::{self, Write};

use serde_json::json;

use crate::lint::{Category, FixAvailability, Persona, Rule, rules};

use super::terminal::Terminal;
use super::{Answer, Status, print_json};

/// List the rules
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  ociam rules\n  ociam rules --category genai\n  ociam rules --format json"
)]
pub(super) struct RulesArgs {
    /// Only the rules of a category
    #[arg(long, value_name = "CATEGORY", value_parser = Category::ALL.map(Category::as_str))]
    category: Option<String>,
    /// How to print them
    #[arg(long, value_enum, default_value = "human")]
    format: ListFormat,
}

/// How lists are printed.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum ListFormat {
    /// For people.
    Human,
    /// One JSON document.
    Json,
}

pub(super) fn run(args: &RulesArgs, terminal: &Terminal) -> Answer {
    let wanted =
        |rule: &&&Rule| args.category.as_deref().is_none_or(|category| rule.category.as_str() == category);
    let listed: Vec<&Rule> = rules::all().iter().filter(wanted).copied().collect();
    if args.format == ListFormat::Json {
        let rules: Vec<_> = listed.iter().map(|rule| rule_json(rule)).collect();
        return print_json(&json!({ "schema_version": 1, "rules": rules }));
    }
    let mut out = io::stdout().lock();
    let bold = |text: &str| match terminal.out.color {
        true => format!("\u{1b}[1m{text}\u{1b}[0m"),
        false => text.to_owned(),
    };
    for category in Category::ALL {
        let of_category: Vec<_> = listed.iter().filter(|rule| rule.category == category).collect();
        let Some(width) = of_category.iter().map(|rule| rule.name.len()).max() else { continue };
        writeln!(out, "{}", bold(category.as_str()))?;
        for rule in of_category {
            let fix = if rule.fix == FixAvailability::None { ' ' } else { '*' };
            let persona = match rule.persona {
                Persona::Default => String::new(),
                asked_for => format!(" ({})", asked_for.as_str()),
            };
            let (name, severity) = (rule.name, rule.severity.as_str());
            writeln!(out, "  {name:width$} {fix} {severity:7}  {}{persona}", rule.summary())?;
        }
        writeln!(out)?;
    }
    writeln!(out, "{} in all; * has a fix. `ociam explain RULE` tells more about one.", listed.len())?;
    Ok(Status::Clean)
}

/// A rule's facts for programs.
pub(super) fn rule_json(rule: &Rule) -> serde_json::Value {
    json!({
        "name": rule.name,
        "summary": rule.summary(),
        "category": rule.category.as_str(),
        "severity": rule.severity.as_str(),
        "confidence": rule.confidence.as_str(),
        "persona": rule.persona.as_str(),
        "fix": rule.fix.as_str(),
        "since": rule.since(),
        "former_names": rules::former_names(rule.name).collect::<Vec<_>>(),
    })
}
