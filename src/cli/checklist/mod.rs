//! `ociam checklist`: what it takes to call Generative AI from a workload, in order, and how far it is done.

mod ask;
#[cfg(feature = "live")]
mod live;
mod names;
mod state;

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::checklist::{
    self, CheckKind, Checked, Evidence, Outcome, Plan, Status as Found, Wish, WishError, plan,
};
use crate::report::checklist::{Checklist, ChecklistFormat, decision_json, write, write_decision};
use crate::text::mask_shapes;

use super::tenancy::{add_policies, read_tenancy};
use super::terminal::Terminal;
use super::{Answer, Failure, Status, print_json};
use names::NameArgs;
use state::State;

/// Say what it takes to call Generative AI from a workload, step by step, and check how far it is done
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  ociam checklist --workload functions --call chat --region us-chicago-1 --compartment ml:prod
  ociam checklist --file wish.toml --format markdown > ticket.md
  ociam checklist --file wish.toml --terraform > genai.tf
  ociam checklist --file wish.toml --verify --policies infra --snapshot acme.json --state progress.json
  ociam checklist --file wish.toml --verify --live

A wish in a file holds the same names as the flags; names of your tenancy stand under `[names]`.

Exit codes: 0 a checklist, or nothing missing or wrong; 1 something is missing or wrong, or no auth method does it;
2 wrong usage or unreadable input")]
pub(super) struct ChecklistArgs {
    /// A wish as TOML or JSON; flags go before it
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Where the code runs: laptop, ci, compute, functions, oke, container-instances, data-science,
    /// autonomous-database, outside-oci, cloud-shell
    #[arg(long, value_name = "WORKLOAD")]
    workload: Option<String>,
    /// What it calls: chat, embeddings, rerank, responses, conversations, vector-search, agents, agents-rag, nl2sql
    #[arg(long, value_name = "CALL")]
    call: Option<String>,
    /// The region of the calls
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// The compartment that the calls name: path from the root (ml:prod), OCID, or `tenancy`
    #[arg(long, value_name = "COMPARTMENT")]
    compartment: Option<String>,
    /// The model
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// The client: openai, oci, langchain, litellm, curl, oci-cli, select-ai
    #[arg(long, value_name = "CLIENT")]
    client: Option<String>,
    /// The auth method, where it is settled: the checklist then says whether it can work
    #[arg(long, value_name = "METHOD")]
    auth_method: Option<String>,
    /// The model runs on a dedicated AI cluster
    #[arg(long)]
    dedicated: bool,
    #[command(flatten)]
    names: NameArgs,
    /// How to print it
    #[arg(long, value_enum, default_value = "human")]
    format: ChecklistFormat,
    /// Print the dynamic group and the policy as Terraform instead
    #[arg(long, conflicts_with_all = ["verify", "format"])]
    terraform: bool,
    /// Check each step: done, missing, wrong, or not checkable from here
    #[arg(long)]
    verify: bool,
    /// Where the policies are, to verify against: Terraform folders and files, plans, OCI command-line output
    #[arg(long, value_name = "PATH", requires = "verify")]
    policies: Vec<PathBuf>,
    /// A tenancy file, as `ociam snapshot` writes it, to verify against
    #[arg(long, value_name = "FILE", requires = "verify")]
    snapshot: Vec<PathBuf>,
    /// Remember in this file what is done; a step that is done is not checked again
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Note a step as done, by its name
    #[arg(long, value_name = "STEP", requires = "state")]
    done: Vec<String>,
    /// As of another day than today, as in 2026-11-21
    #[arg(long, value_name = "DATE")]
    today: Option<String>,
    #[cfg(feature = "live")]
    #[command(flatten)]
    live: live::LiveArgs,
}

impl From<WishError> for Failure {
    fn from(error: WishError) -> Self {
        Failure::with_help(error.message, error.help)
    }
}

pub(super) fn run(args: &ChecklistArgs, terminal: &Terminal) -> Answer {
    let mut state = args.state.as_deref().map(State::load).transpose()?;
    let given = args.wish()?;
    let mut wish = match state.as_mut().and_then(|state| state.wish.take()) {
        Some(noted) => noted.overlaid(given),
        None => given,
    };
    wish.check()?;
    ask::complete(&mut wish)?;
    let today = args.today()?;
    let plan = match plan(&wish, &today)? {
        Outcome::Plan(plan) => plan,
        Outcome::Impossible(decision) => {
            let mut out = io::stdout().lock();
            if args.format == ChecklistFormat::Json {
                print_json(
                    &serde_json::json!({ "schema_version": 1, "wish": wish, "method": null, "decision": decision_json(&decision) }),
                )?;
            } else {
                let asked =
                    decision.asked.as_deref().map_or("no auth method does this:".to_owned(), |asked| {
                        format!("`{asked}` can't do this:")
                    });
                writeln!(out, "{asked}\n")?;
                write_decision(&decision, terminal.out, &mut out)?;
            }
            return Ok(Status::Findings);
        }
    };
    if args.terraform {
        io::stdout().lock().write_all(checklist::terraform(&plan).as_bytes())?;
        return Ok(Status::Clean);
    }
    if let Some(unknown) = args.done.iter().find(|id| plan.steps.iter().all(|step| step.id != **id)) {
        let ids: Vec<&str> = plan.steps.iter().map(|step| step.id.as_str()).collect();
        return Err(Failure::with_help(
            format!("there is no step `{unknown}`"),
            format!("write one of {}", ids.join(", ")),
        ));
    }
    let mut state = state.unwrap_or_default();
    state.begin(&wish, &plan)?;
    args.done.iter().for_each(|id| state.note(id, &today, "noted as done"));
    let checked = if args.verify { Some(args.check(&plan, &mut state, &today, terminal)?) } else { None };
    let list = Checklist { plan: &plan, checked: checked.as_deref() };
    write(args.format, &list, terminal.out, &mut io::stdout().lock())?;
    if let Some(path) = &args.state {
        state.save(path)?;
    }
    let undone = list.count(Found::Missing) + list.count(Found::Wrong);
    Ok(if undone > 0 { Status::Findings } else { Status::Clean })
}

impl ChecklistArgs {
    /// The wish of file and flags.
    fn wish(&self) -> Result<Wish, Failure> {
        let flags = Wish {
            workload: self.workload.clone(),
            call: self.call.clone(),
            region: self.region.clone(),
            compartment: self.compartment.clone(),
            model: self.model.clone(),
            client: self.client.clone(),
            auth_method: self.auth_method.clone(),
            dedicated: self.dedicated,
            names: self.names.0.clone(),
        };
        let Some(path) = &self.file else { return Ok(flags) };
        let text = read(path)?;
        let wish = Wish::from_text(&text).map_err(|error| {
            Failure::with_help(
                format!("{}: {error}", path.display()),
                "write `workload`, `call`, `region`, `compartment`, and names of your tenancy under `[names]`",
            )
        })?;
        Ok(wish.overlaid(flags))
    }

    fn today(&self) -> Result<String, Failure> {
        match &self.today {
            None => Ok(Timestamp::now().to_string().chars().take(10).collect()),
            Some(text) => match text.parse::<jiff::civil::Date>() {
                Ok(day) => Ok(day.to_string()),
                Err(_) => Err(Failure::with_help(format!("`{text}` is no day"), "write it as in 2026-11-21")),
            },
        }
    }

    /// Checks every step with whatever was named to look at.
    fn check(
        &self,
        plan: &Plan,
        state: &mut State,
        today: &str,
        terminal: &Terminal,
    ) -> Result<Vec<Checked>, Failure> {
        let mut evidence =
            Evidence { now: Timestamp::now(), remembered: state.remembered(), ..Evidence::default() };
        if !self.snapshot.is_empty() || !self.policies.is_empty() {
            let mut tenancy = crate::authz::Tenancy::default();
            for path in &self.snapshot {
                tenancy.merge(read_tenancy(path)?);
            }
            if !self.policies.is_empty() {
                add_policies(&mut tenancy, &self.policies, terminal)?;
            }
            evidence.tenancy = Some(tenancy);
        }
        #[cfg(feature = "live")]
        let mut checked = live::verify(&self.live, plan, evidence)?;
        #[cfg(not(feature = "live"))]
        let mut checked = checklist::verify(plan, &mut evidence);
        for row in &mut checked {
            let step = plan.steps.iter().find(|step| step.id == row.step);
            let person = step.is_some_and(|step| step.check == CheckKind::Person);
            if person && row.status == Found::NotCheckable && people_are_there() {
                let title = step.map_or("", |step| step.title.as_str());
                if ask::is_done(title)? {
                    (row.status, row.found) = (Found::Done, format!("said to be done on {today}"));
                }
            }
            if row.status == Found::Done {
                state.note(&row.step, today, &row.found);
            }
        }
        Ok(checked)
    }
}

/// Whether questions can be asked.
fn people_are_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// The largest file of a wish or of remembered steps.
const MAX_BYTES: u64 = 1 << 20;

fn read(path: &Path) -> Result<String, Failure> {
    let covered = |text: String| mask_shapes(&text).into_owned();
    let cannot = |error: io::Error| Failure::usage(format!("can't read `{}`: {error}", path.display()));
    if path == Path::new("-") {
        return io::read_to_string(io::stdin().lock()).map(covered).map_err(cannot);
    }
    if std::fs::metadata(path).map_err(cannot)?.len() > MAX_BYTES {
        return Err(Failure::usage(format!("`{}` is larger than 1 MiB", path.display())));
    }
    // No name has the shape of a secret, and names are shown.
    std::fs::read_to_string(path).map(covered).map_err(cannot)
}
