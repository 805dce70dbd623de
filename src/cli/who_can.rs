//! `ociam who-can`: everybody who can make a request, and by which statement.

use std::io::{self, Write};

use serde_json::json;

use crate::authz::{Able, Compiled, Principal, Verdict, who_can};

use super::rules::ListFormat;
use super::tenancy::{RequestArgs, TenancyArgs, remark};
use super::terminal::Terminal;
use super::why::{statement_json, write_statement};
use super::{Answer, Failure, Status, print_json};

/// List the principals that a request would be granted to
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  ociam who-can --policies infra --operation chat --compartment ml
  ociam who-can --tenancy acme.toml --operation 'manage policies' --compartment tenancy")]
pub(super) struct WhoCanArgs {
    #[command(flatten)]
    tenancy: TenancyArgs,
    #[command(flatten)]
    request: RequestArgs,
    /// How to print them
    #[arg(long, value_enum, default_value = "human")]
    format: ListFormat,
}

pub(super) fn run(args: &WhoCanArgs, terminal: &Terminal) -> Answer {
    let request = args.request.request(Principal::Anyone)?;
    let compiled = Compiled::new(args.tenancy.load(terminal)?);
    let able = who_can(&compiled, &request).map_err(Failure::usage)?;
    remark(&compiled, &compiled, &request)?;
    if args.format == ListFormat::Json {
        let each: Vec<_> = able.iter().map(|able| able_json(&compiled, able)).collect();
        return print_json(&json!({ "schema_version": 1, "principals": each }));
    }
    let mut out = io::stdout().lock();
    if able.is_empty() {
        writeln!(out, "nobody can")?;
    }
    for able in &able {
        let word = if able.verdict == Verdict::Allow { "" } else { " (depends)" };
        writeln!(out, "{}{word}", able.who)?;
        if !able.members.is_empty() {
            writeln!(out, "  members: {}", able.members.join(", "))?;
        }
        for reason in &able.depends_on {
            writeln!(out, "  depends on: {reason}")?;
        }
        for at in &able.granted_by {
            write_statement(&mut out, &compiled, *at, "  ")?;
        }
    }
    Ok(Status::Clean)
}

fn able_json(compiled: &Compiled, able: &Able) -> serde_json::Value {
    let statements: Vec<_> = able.granted_by.iter().map(|at| statement_json(compiled, *at)).collect();
    json!({
        "principal": able.who,
        "decision": able.verdict.as_str(),
        "statements": statements,
        "depends_on": able.depends_on.iter().map(|reason| &**reason).collect::<Vec<_>>(),
        "members": able.members,
    })
}
