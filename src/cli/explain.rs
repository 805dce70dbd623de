//! `ociam explain`: the page of a rule, or what is known of an error without a request.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::diagnose::{Answered, Known};
use crate::lint::{Category, rules};
use crate::report;

use super::config::tell_renamed;
use super::rules::{ListFormat, rule_json};
use super::terminal::Terminal;
use super::{Answer, Failure, Status, print_json};

/// Print the page of a rule, or what an error means, which causes give it and how to tell them apart
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  ociam explain any-user-without-condition
  ociam explain unknown-verb --format json
  ociam explain 404
  ociam explain \"Entity with key\"
  ociam explain NotAuthenticated")]
pub(super) struct ExplainArgs {
    /// A rule's name, as findings show it; or a status, a code, a part of a message, an ORA number, a cause
    #[arg(value_name = "WHAT")]
    rule: String,
    /// How to print it
    #[arg(long, value_enum, default_value = "human")]
    format: ListFormat,
}

pub(super) fn run(args: &ExplainArgs, terminal: &Terminal) -> Answer {
    let renamed = rules::renamed(&args.rule);
    if let Some(renamed) = renamed {
        tell_renamed(renamed, "", terminal)?;
    }
    let Some(rule) = rules::find(renamed.map_or(&args.rule, |renamed| renamed.new)) else {
        if let Some(known) = Known::of(&args.rule) {
            return match args.format {
                ListFormat::Json => print_json(&known_json(&known)),
                ListFormat::Human => print_known(&known),
            };
        }
        let message = format!("there is no rule `{}`", args.rule);
        if Category::ALL.iter().any(|category| category.as_str() == args.rule) {
            let list = format!("it is a category: `ociam rules --category {}` lists its rules", args.rule);
            return Err(Failure::with_help(message, list));
        }
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

fn known_json(known: &Known) -> Value {
    let codes: Vec<_> = known
        .codes
        .iter()
        .map(|code| json!({ "status": code.status, "code": code.code, "meaning": code.meaning, "retry": code.retry }))
        .collect();
    let answer = |answer: &Answered| {
        let conditions: Vec<_> = answer
            .conditions
            .iter()
            .map(|(condition, tell_apart)| json!({ "condition": condition, "tell_apart": tell_apart }))
            .collect();
        let causes: Vec<_> = answer.report.diagnoses.iter().map(report::diagnosis_json).collect();
        json!({
            "status": answer.status,
            "message": answer.message,
            "codes": answer.codes,
            "planes": answer.planes,
            "conditions": conditions,
            "causes": causes,
        })
    };
    let cause = known.cause.map(|(name, cause)| {
        json!({
            "cause": name,
            "explanation": cause.what,
            "remedy": cause.fix,
            "commands": cause.commands,
            "check": cause.check,
            "probe_cannot_show": cause.probe_cannot_show,
        })
    });
    json!({
        "schema_version": 1,
        "codes": codes,
        "answers": known.answers.iter().map(answer).collect::<Vec<_>>(),
        "cause": cause,
    })
}

/// A cause below this share is not worth a line.
const WORTH_A_LINE: f64 = 0.005;
/// How many causes of an answer are told in full, when it is the only one.
const IN_FULL: usize = 3;

fn print_known(known: &Known) -> Answer {
    let mut out = io::stdout().lock();
    if let Some((name, cause)) = known.cause {
        writeln!(out, "{name}: {}", cause.what)?;
        writeln!(out, "do: {}", cause.fix)?;
        for command in &cause.commands {
            writeln!(out, "    {command}")?;
        }
        writeln!(out, "to tell: {}", cause.check)?;
        if let Some(why) = &cause.probe_cannot_show {
            writeln!(out, "`ociam probe` can't show it: {why}")?;
        }
    }
    for code in &known.codes {
        let status = code.status.map(|status| format!("{status} ")).unwrap_or_default();
        let again = if code.retry { "; trying again may help" } else { "" };
        writeln!(out, "{status}{}: {}{again}", code.code, code.meaning)?;
    }
    let several = known.answers.len() > 1;
    for answer in &known.answers {
        writeln!(out)?;
        print_answered(&mut out, answer, several)?;
    }
    Ok(Status::Clean)
}

fn print_answered(out: &mut impl Write, answer: &Answered, several: bool) -> io::Result<()> {
    let status = answer.status.map_or("no answer".to_owned(), |status| status.to_string());
    match &answer.message {
        Some(message) => writeln!(out, "{status} `{}`", message.trim())?,
        None => writeln!(out, "{status}, its text not on record")?,
    }
    if !answer.planes.is_empty() {
        writeln!(out, "  seen on: {}", answer.planes.join(", "))?;
    }
    for (condition, tell_apart) in &answer.conditions {
        let apart = if tell_apart.is_empty() { String::new() } else { format!(" (to tell: {tell_apart})") };
        writeln!(out, "  comes when {condition}{apart}")?;
    }
    let likely = answer.report.diagnoses.iter().filter(|each| each.confidence >= WORTH_A_LINE);
    for (number, each) in likely.enumerate() {
        writeln!(
            out,
            "  {}. {} ({:.0} %): {}",
            number + 1,
            each.cause,
            each.confidence * 100.0,
            each.explanation
        )?;
        if !several && number < IN_FULL {
            writeln!(out, "     do: {}", each.remedy.text)?;
            for line in each.remedy.statements.iter().chain(&each.remedy.commands) {
                writeln!(out, "         {line}")?;
            }
            writeln!(out, "     to tell: {}", each.next_check)?;
        } else if several && number == 0 {
            writeln!(out, "     to tell: {}", each.next_check)?;
        }
    }
    for each in &answer.report.ruled_out {
        writeln!(out, "  not {}: {}", each.cause, each.because)?;
    }
    Ok(())
}
