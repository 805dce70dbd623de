//! `ociam why`: may this principal make this request, by which statement, and if not, by what clause.

mod across;

use std::io::{self, Write};
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::authz::{
    Compiled, Decision, NearMiss, Prepared, Principal, Request, Verdict, least_statement, near_misses,
};

use super::rules::ListFormat;
use super::tenancy::{RequestArgs, TenancyArgs, remark};
use super::terminal::Terminal;
use super::{Answer, Failure, Status, print_json};

/// Say whether a principal may make a request, by which statement, and if not, what would have to change
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  ociam why --policies infra --principal group:Devs --operation chat --compartment ml:prod
  ociam why --tenancy acme.toml --principal genai-api-key:ocid1.generativeaiapikey… --operation responses --compartment ml
  ociam why --tenancy acme.json --from guests.json --principal group:Devs --operation chat --compartment ml

Exit codes: 0 allowed, 1 denied or not known, 2 wrong usage or unreadable input")]
pub(super) struct WhyArgs {
    #[command(flatten)]
    tenancy: TenancyArgs,
    /// Who: group:NAME, user:NAME, dynamic-group:NAME, genai-api-key:OCID, resource:{type=…,compartment=…},
    /// workload:NAMESPACE/ACCOUNT@CLUSTER, service:NAME, any-user
    #[arg(long, value_name = "PRINCIPAL")]
    principal: String,
    #[command(flatten)]
    request: RequestArgs,
    /// The tenancy that the principal comes from, where that is another one: its tenancy file, or its policies. It
    /// must endorse what the tenancy of the other options admits
    #[arg(long, value_name = "PATH")]
    from: Vec<PathBuf>,
    /// How to print the answer
    #[arg(long, value_enum, default_value = "human")]
    format: ListFormat,
}

pub(super) fn run(args: &WhyArgs, terminal: &Terminal) -> Answer {
    let principal = Principal::parse(&args.principal).map_err(Failure::usage)?;
    let request = args.request.request(principal)?;
    let compiled = Compiled::new(args.tenancy.load(terminal)?);
    if !args.from.is_empty() {
        return across::run(&args.from, &compiled, &request, args.format, terminal);
    }
    let prepared = Prepared::new(&compiled, &request).map_err(Failure::usage)?;
    remark(&compiled, &compiled, &request)?;
    let decision = prepared.decide();
    let misses = near_misses(&prepared, &decision);
    let least: Vec<String> = decision
        .unmet
        .iter()
        .filter_map(|one_of| one_of.iter().find_map(|right| least_statement(&prepared, right)))
        .collect();
    match args.format {
        ListFormat::Json => {
            print_json(&answer_json(&compiled, &decision, &misses, &least))?;
        }
        ListFormat::Human => human(&prepared, &decision, &misses, &least, terminal)?,
    }
    Ok(if decision.verdict == Verdict::Allow { Status::Clean } else { Status::Findings })
}

/// A statement for programs.
pub(super) fn statement_json(compiled: &Compiled, at: usize) -> Value {
    compiled.origins.get(at).map_or(Value::Null, |origin| {
        json!({
            "policy": &*origin.policy,
            "index": origin.index,
            "text": &*origin.text,
            "place": origin.place.as_deref(),
        })
    })
}

fn answer_json(compiled: &Compiled, decision: &Decision, misses: &[NearMiss], least: &[String]) -> Value {
    let statements = |list: &[usize]| list.iter().map(|at| statement_json(compiled, *at)).collect::<Vec<_>>();
    let near: Vec<_> = misses
        .iter()
        .map(|miss| {
            let failed: Vec<_> = miss
                .failed
                .iter()
                .map(|one| json!({ "clause": one.clause.as_str(), "expected": one.expected, "actual": one.actual }))
                .collect();
            let first = miss.failed.first();
            json!({
                "statement": statement_json(compiled, miss.origin),
                "clause": first.map(|one| one.clause.as_str()),
                "expected": first.map(|one| &one.expected),
                "actual": first.map(|one| &one.actual),
                "failed": failed,
                "rejected": miss.rejected,
                "edit": miss.edit,
                "attach": miss.attach,
            })
        })
        .collect();
    let unknowns: Vec<_> = decision
        .unknowns
        .iter()
        .map(|open| {
            let statement = open.origin.map(|at| statement_json(compiled, at));
            json!({ "statement": statement, "reason": &*open.reason })
        })
        .collect();
    json!({
        "schema_version": 1,
        "decision": decision.verdict.as_str(),
        "granted_by": statements(&decision.granted_by),
        "denied_by": statements(&decision.denied_by),
        "near_misses": near,
        "unknowns": unknowns,
        "least_statements": least,
    })
}

/// A statement for people: its text, then where it stands.
pub(super) fn write_statement(
    out: &mut impl Write,
    compiled: &Compiled,
    at: usize,
    lead: &str,
) -> io::Result<()> {
    let Some(origin) = compiled.origins.get(at) else { return Ok(()) };
    let words: Vec<_> = origin.text.split_whitespace().collect();
    writeln!(out, "{lead}{}", words.join(" "))?;
    let place = origin.place.as_deref().map(|place| format!(", {place}")).unwrap_or_default();
    let indent = " ".repeat(lead.chars().count());
    writeln!(out, "{indent}in `{}`, statement {}{place}", origin.policy, origin.index + 1)
}

/// The answer in a word, coloured.
fn verdict_word(verdict: Verdict, terminal: &Terminal) -> String {
    let (word, colour) = match verdict {
        Verdict::Allow => ("allowed", "32"),
        Verdict::Deny => ("denied", "31"),
        Verdict::Unknown => ("not known", "33"),
    };
    if terminal.out.color { format!("\u{1b}[1;{colour}m{word}\u{1b}[0m") } else { word.to_owned() }
}

/// Where a request goes, in words.
fn place(request: &Request) -> String {
    match request.compartment.as_deref() {
        None => "an unnamed compartment".to_owned(),
        Some("" | "tenancy" | "root") => "the root compartment".to_owned(),
        Some(asked) => format!("compartment {asked}"),
    }
}

fn human(
    prepared: &Prepared<'_>,
    decision: &Decision,
    misses: &[NearMiss],
    least: &[String],
    terminal: &Terminal,
) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let (compiled, request) = (prepared.compiled, prepared.request);
    let place = place(request);
    let (who, what) = (request.principal.label(), request.wanted.label());
    let word = verdict_word(decision.verdict, terminal);
    writeln!(out, "{word}: {what} by {who} in {place}")?;
    let mut section = |title: &str, list: &[usize]| -> io::Result<()> {
        if list.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{title}")?;
        list.iter().try_for_each(|at| write_statement(&mut out, compiled, *at, "  "))
    };
    section("granted by", &decision.granted_by)?;
    section("taken away by", &decision.denied_by)?;
    if !decision.unknowns.is_empty() {
        writeln!(out, "\nit depends on")?;
        for open in &decision.unknowns {
            writeln!(out, "  {}", open.reason)?;
            if let Some(at) = open.origin {
                write_statement(&mut out, compiled, at, "    ")?;
            }
        }
    }
    if decision.verdict == Verdict::Deny && decision.denied_by.is_empty() && misses.is_empty() {
        writeln!(out, "\nno statement comes near to granting it")?;
    }
    if !misses.is_empty() {
        writeln!(out, "\nthe statements that come closest")?;
    }
    for (number, miss) in misses.iter().enumerate() {
        write_statement(&mut out, compiled, miss.origin, &format!("  {}. ", number + 1))?;
        if let Some(rejected) = &miss.rejected {
            writeln!(out, "     OCI rejects it: {rejected}")?;
        }
        for failed in &miss.failed {
            let (clause, said, has) = (failed.clause.as_str(), &failed.expected, &failed.actual);
            writeln!(out, "     {clause}: it says `{said}`; the request has `{has}`")?;
        }
        if let Some(edit) = &miss.edit {
            let attach =
                if miss.attach.is_some() { ", in a policy attached to the root compartment" } else { "" };
            writeln!(out, "     would grant it{attach}: {edit}")?;
        }
    }
    if !least.is_empty() {
        writeln!(out, "\nthe least that grants it, in a policy attached to the root compartment")?;
        least.iter().try_for_each(|text| writeln!(out, "  {text}"))?;
    }
    Ok(())
}
