//! `ociam schema`: JSON Schemas of the outputs and of the configuration.

use std::io::{self, Write};

use crate::report::schema::ALL;

use super::{Answer, Failure, Status};

/// Print the JSON Schema of an output or of ociam.toml
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  ociam schema            which schemas there are\n  ociam schema lint")]
pub(super) struct SchemaArgs {
    /// Which schema; without a name they are listed
    name: Option<String>,
}

pub(super) fn run(args: &SchemaArgs) -> Answer {
    let mut out = io::stdout().lock();
    let Some(name) = &args.name else {
        let width = ALL.iter().map(|schema| schema.name.len()).max().unwrap_or(0);
        for schema in ALL {
            writeln!(out, "{:width$}  {}", schema.name, schema.about)?;
        }
        return Ok(Status::Clean);
    };
    let Some(schema) = ALL.iter().find(|schema| schema.name == name) else {
        let names: Vec<&str> = ALL.iter().map(|schema| schema.name).collect();
        return Err(Failure::with_help(
            format!("there is no schema `{name}`"),
            format!("write one of {}", names.join(", ")),
        ));
    };
    out.write_all(schema.text.as_bytes())?;
    Ok(Status::Clean)
}
