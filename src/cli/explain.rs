//! `ociam explain`: the page of a rule.

use std::io::{self, Write};

use crate::lint::rules;
use crate::report;

use super::rules::{ListFormat, rule_json};
use super::terminal::Terminal;
use super::{Answer, Failure, Status, print_json};

/// Print the page of a rule: what it finds, why it matters, examples, the fix
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  ociam explain any-user-without-condition\n  ociam explain unknown-verb --format json"
)]
pub(super) struct ExplainArgs {
    /// The rule's name, as findings show it
    rule: String,
    /// How to print it
    #[arg(long, value_enum, default_value = "human")]
    format: ListFormat,
}

pub(super) fn run(args: &ExplainArgs, terminal: &Terminal) -> Answer {
    let Some(rule) = rules::find(&args.rule) else {
        let message = format!("there is no rule `{}`", args.rule);
        return Err(match rules::nearest(&args.rule) {
            Some(near) => Failure::with_help(message, format!("a similar name exists: `{near}`")),
            None => Failure::with_help(message, "`ociam rules` lists them"),
        });
    };
    if args.format == ListFormat::Json {
        let mut value = rule_json(rule);
        if let Some(fields) = value.as_object_mut() {
            fields.insert("page".to_owned(), rule.docs.into());
        }
        return print_json(&value);
    }
    io::stdout().lock().write_all(report::page(rule.docs, terminal.out).as_bytes())?;
    Ok(Status::Clean)
}
