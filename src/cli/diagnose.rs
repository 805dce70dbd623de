//! `ociam diagnose`: from a pasted error to ranked causes.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::diagnose::{Case, Reading, Report, diagnose, extract};
use crate::report::diagnosis_json;

use super::rules::ListFormat;
use super::{Answer, Failure, Status, print_json};

/// Rank the causes of an error of OCI Generative AI that you paste
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  python app.py 2>&1 | ociam diagnose --auth-method genai-api-key
  ociam diagnose error.log --region us-chicago-1 --model cohere.command-a-03-2025
  ociam diagnose error.log --statement \"allow group devs to read generative-ai-family in tenancy\"
  ociam diagnose --case case.json --format json")]
pub(super) struct DiagnoseArgs {
    /// What you saw: a traceback, CLI error, curl output, HAR file, log line; standard input without it
    file: Option<PathBuf>,
    /// A case as JSON (`-` is standard input) instead of pasted text
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    case: Option<PathBuf>,
    /// How the call was authenticated: genai-api-key, user-api-key, session-token, instance-principal, …
    #[arg(long)]
    auth_method: Option<String>,
    /// The plane that was called: inference, inference-openai, management, agent-runtime, …
    #[arg(long)]
    plane: Option<String>,
    /// The region that was called
    #[arg(long)]
    region: Option<String>,
    /// The model that was called
    #[arg(long)]
    model: Option<String>,
    /// Who called: OCID, or one of the forms of `ociam why --principal`
    #[arg(long)]
    principal: Option<String>,
    /// Path or OCID of the compartment that the call names
    #[arg(long)]
    compartment: Option<String>,
    /// A statement that is in force; may be given several times
    #[arg(long, value_name = "TEXT")]
    statement: Vec<String>,
    /// The matching rule of a dynamic group; may be given several times
    #[arg(long, value_name = "TEXT")]
    matching_rule: Vec<String>,
    /// The region in which the GenAI API key was created
    #[arg(long, value_name = "REGION")]
    key_region: Option<String>,
    /// How to print the causes
    #[arg(long, value_enum, default_value = "human")]
    format: ListFormat,
}

pub(super) fn run(args: &DiagnoseArgs) -> Answer {
    let mut case = match &args.case {
        Some(path) => {
            let text = read(Some(path))?;
            serde_json::from_str::<Case>(&text).map_err(|error| {
                Failure::with_help(
                    format!("`{}` is no case: {error}", path.display()),
                    "give an object with `error`, `auth_method`, `plane`, `region`, `model`, `policies`, `request`",
                )
            })?
        }
        None => extract(&read(args.file.as_deref())?),
    };
    let given = [
        (&args.auth_method, &mut case.auth_method),
        (&args.plane, &mut case.plane),
        (&args.region, &mut case.region),
        (&args.model, &mut case.model),
        (&args.principal, &mut case.principal),
        (&args.compartment, &mut case.compartment),
        (&args.key_region, &mut case.key_region),
    ];
    for (flag, field) in given {
        if flag.is_some() {
            field.clone_from(flag);
        }
    }
    case.policies.extend_from_slice(&args.statement);
    case.matching_rules.extend_from_slice(&args.matching_rule);
    let (reading, report) = (Reading::of(&case), diagnose(&case));
    match args.format {
        ListFormat::Json => print_json(&report_json(&reading, &report)),
        ListFormat::Human => print_human(&reading, &report),
    }
}

/// The text of a file, or of standard input without one.
fn read(path: Option<&Path>) -> Result<String, Failure> {
    let bytes = match path.filter(|path| *path != Path::new("-")) {
        Some(path) => fs::read(path)
            .map_err(|error| Failure::usage(format!("can't read `{}`: {error}", path.display())))?,
        None => {
            let mut bytes = Vec::new();
            io::stdin().lock().read_to_end(&mut bytes)?;
            bytes
        }
    };
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn report_json(reading: &Reading, report: &Report) -> serde_json::Value {
    let ruled_out: Vec<_> =
        report.ruled_out.iter().map(|each| json!({ "cause": each.cause, "because": each.because })).collect();
    json!({
        "schema_version": 1,
        "read": reading,
        "diagnoses": report.diagnoses.iter().map(diagnosis_json).collect::<Vec<_>>(),
        "ruled_out": ruled_out,
    })
}

/// What was read, in one line; none where nothing was.
fn read_line(reading: &Reading) -> Option<String> {
    let named = [
        ("", reading.status.map(|status| status.to_string())),
        ("", reading.code.clone().filter(|code| code.parse().ok() != reading.status)),
        ("plane ", reading.plane.clone()),
        ("region ", reading.region.clone()),
        ("model ", reading.model.clone()),
        ("auth method ", reading.auth_method.clone()),
        ("opc-request-id ", reading.opc_request_id.clone()),
    ];
    let parts: Vec<_> =
        named.into_iter().filter_map(|(name, value)| value.map(|value| format!("{name}{value}"))).collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

fn print_human(reading: &Reading, report: &Report) -> Answer {
    let mut out = io::stdout().lock();
    if report.diagnoses.is_empty() {
        writeln!(out, "there is nothing to go by: paste the error, with its status and message")?;
        return Ok(Status::Clean);
    }
    if let Some(line) = read_line(reading) {
        writeln!(out, "read: {line}\n")?;
    }
    for (number, each) in report.diagnoses.iter().enumerate() {
        writeln!(out, "{}. {} ({:.0} %)", number + 1, each.cause, each.confidence * 100.0)?;
        writeln!(out, "   {}", each.explanation)?;
        for evidence in each.evidence.iter().take(3) {
            writeln!(out, "   because {}", evidence.text)?;
        }
        writeln!(out, "   do: {}", each.remedy.text)?;
        for line in each.remedy.statements.iter().chain(&each.remedy.commands) {
            writeln!(out, "       {line}")?;
        }
        writeln!(out, "   to tell: {}", each.next_check)?;
        if let Some(why) = each.probe_cannot_show {
            writeln!(out, "   `ociam probe` can't show it: {why}")?;
        }
        writeln!(out)?;
    }
    for each in &report.ruled_out {
        writeln!(out, "not {}: {}", each.cause, each.because)?;
    }
    Ok(Status::Clean)
}
