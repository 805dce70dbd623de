//! `ociam snapshot`: a live tenancy, read by lists alone, as the tenancy file that the other commands take.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::authz::Unseen;
use crate::catalog::{self, List};
use crate::probe::Surroundings;
use crate::probe::auth::{AuthMethod, Candidate, Session, State, Wanted, discover};
use crate::probe::config::{Place, active_profile, place};
use crate::probe::snapshot::{Pace, Plan, Progress, Reader, Snapshot, Watch, take};
use crate::wire::KeyId;

use super::online::{Network, OnlineArgs};
use super::terminal::Terminal;
use super::{Answer, Failure, Global, Status};

/// Read a live tenancy, by lists alone, into a file that why, who-can and diff take
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  ociam snapshot --output acme.json
  ociam snapshot --profile PROD --compartment ml --output ml.json
  ociam snapshot --auth instance-principal --users > acme.json
  ociam why --tenancy acme.json --principal group:Devs --operation chat --compartment ml:prod

It needs rights to inspect what it reads. What it may not see stands under `unseen` in the file, and the
evaluator answers `not known` where that may matter.

Exit codes: 0 all was seen, 1 something could not be seen, 2 wrong usage or no usable credentials")]
pub(super) struct SnapshotArgs {
    /// Where to write it; standard output when left out
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Read policies at, above and below this compartment only (name, path or OCID), resources at and below it
    #[arg(long, value_name = "COMPARTMENT")]
    compartment: Option<String>,
    /// List users too, by name and OCID; members of groups are OCIDs otherwise
    #[arg(long)]
    users: bool,
    /// The profile of the config file
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// The auth method: user-api-key, session-token, instance-principal, resource-principal, oke-workload or
    /// delegation-token; the first that is set up when left out
    #[arg(long, value_name = "METHOD")]
    auth: Option<String>,
    /// The region to ask, whose Generative AI resources alone are read then; else those of all subscribed regions
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Requests at a time
    #[arg(long, value_name = "N", default_value = "8", value_parser = clap::value_parser!(u8).range(1..=64))]
    max_concurrency: u8,
    #[command(flatten)]
    online: OnlineArgs,
}

/// The planes that are asked.
const PLANES: [&str; 3] = ["identity", "management", "limits"];

pub(super) fn run(args: &SnapshotArgs, global: &Global, terminal: &Terminal) -> Answer {
    writable(args.output.as_deref())?;
    let Network { around, endpoints, http } = args.online.network(&PLANES)?;
    let asked = args.region.as_deref().map(|text| place(text, &*around)).transpose();
    let asked = asked.map_err(|error| Failure::usage(error.to_string()))?;
    let (method, held) = credential(args, &*around)?;
    let pace = Pace { concurrency: usize::from(args.max_concurrency), ..Pace::default() };
    let bar = bar(global);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::usage(format!("can't begin: {error}")))?;
    let shown = bar.clone();
    let watch: Watch = Arc::new(move |progress| match progress {
        Progress::Planned(more) => shown.inc_length(u64::try_from(more).unwrap_or(0)),
        Progress::Read(list) => {
            shown.inc(1);
            shown.set_message(list.name);
        }
        Progress::Waiting(wait) => shown.set_message(format!("waiting {} s as asked", wait.as_secs())),
    });
    let taken = runtime.block_on(async {
        let reader = Reader::new(around.clone(), http, method, endpoints, pace, watch).await;
        let reader = reader.map_err(|error| {
            Failure::with_help(
                format!("not authenticated: {error}"),
                "`ociam catalog auth-method` lists the ways to authenticate",
            )
        })?;
        let session = reader.session().await;
        let plan = Plan {
            tenancy: tenancy_of(&session).or(held.tenancy).ok_or_else(|| {
                Failure::with_help("the credential names no tenancy", "set `tenancy` in the profile")
            })?,
            here_only: asked.is_some(),
            place: asked.or_else(|| session.place().cloned()).or(held.place).ok_or_else(|| {
                Failure::with_help("the credential names no region", "name one with --region REGION")
            })?,
            compartment: args.compartment.clone(),
            users: args.users,
        };
        take(Arc::new(reader), &plan).await.map_err(|error| Failure::usage(error.to_string()))
    });
    bar.finish_and_clear();
    let taken = taken?;
    let text = format!("{:#}", taken.tenancy.to_json());
    match &args.output {
        Some(path) => std::fs::write(path, format!("{text}\n"))
            .map_err(|error| Failure::usage(format!("can't write `{}`: {error}", path.display())))?,
        None => writeln!(io::stdout().lock(), "{text}")?,
    }
    if !global.quiet {
        summary(&taken, args.output.as_deref())?;
    }
    report_unseen(&taken, terminal)?;
    Ok(if taken.refused.is_empty() { Status::Clean } else { Status::Findings })
}

/// Nothing is asked of anybody when the answer could not be kept.
fn writable(output: Option<&Path>) -> Result<(), Failure> {
    let Some(path) = output else { return Ok(()) };
    let cannot = |why: &str| Failure::usage(format!("can't write `{}`: {why}", path.display()));
    if path.is_dir() {
        return Err(cannot("it is a folder"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if !folder.is_dir() => Err(cannot("its folder does not exist")),
        _ => Ok(()),
    }
}

fn bar(global: &Global) -> ProgressBar {
    if global.quiet || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} lists  {msg}") {
        bar.set_style(style);
    }
    bar
}

/// What a credential says besides its session.
struct Said {
    tenancy: Option<String>,
    place: Option<Place>,
}

/// The credential to use: the first usable one of the method that was asked for, or of any that the service takes.
fn credential(
    args: &SnapshotArgs,
    around: &dyn Surroundings,
) -> Result<(Arc<dyn AuthMethod>, Said), Failure> {
    let taken = catalog::plane("identity").map_or(&[][..], |plane| plane.auth_methods);
    if let Some(asked) = &args.auth
        && !taken.contains(&asked.as_str())
    {
        let help = format!("write one of {}", taken.join(", "));
        let message = match catalog::auth_method(asked) {
            Some(_) => format!("the identity service does not take `{asked}`"),
            None => format!("there is no auth method `{asked}`"),
        };
        return Err(Failure::with_help(message, help));
    }
    let (profile, _) = active_profile(args.profile.as_deref(), around);
    let wanted = Wanted {
        config_file: args.online.config_file().map(str::to_owned),
        profile: Some(profile),
        instance: args.auth.as_deref() == Some("instance-principal"),
        ..Wanted::default()
    };
    let discovery = discover(&wanted, around);
    // A profile that was named goes before what the environment offers.
    let of_file = |candidate: &&Candidate| {
        let methods = ["user-api-key", "session-token", "delegation-token"];
        let named = args.profile.is_some() || args.online.config_file().is_some();
        !named || methods.contains(&candidate.method)
    };
    let fits = |candidate: &&Candidate| match &args.auth {
        Some(asked) => candidate.method == asked,
        None => taken.contains(&candidate.method) && of_file(candidate),
    };
    let fitting: Vec<&Candidate> = discovery.candidates.iter().filter(fits).collect();
    for candidate in &fitting {
        if let State::Usable(method) = &candidate.state {
            let told = candidate.held.region.as_deref().and_then(|region| place(region, around).ok());
            let place = method.place().cloned().or(told);
            return Ok((method.clone(), Said { tenancy: candidate.held.tenancy.clone(), place }));
        }
    }
    let mut reasons: Vec<String> = Vec::new();
    for candidate in fitting {
        if let State::NotUsable(unusable) = &candidate.state {
            reasons.push(format!("{}: {}", candidate.method, unusable.why));
        }
    }
    Err(Failure::with_help("there are no usable credentials", reasons.join("\n       ")))
}

fn tenancy_of(session: &Session) -> Option<String> {
    let token = session.token().and_then(|token| token.tenancy().map(str::to_owned));
    token.or_else(|| match session.signer()?.key_id() {
        KeyId::User { tenancy, .. } => Some(tenancy.clone()),
        _ => None,
    })
}

fn summary(taken: &Snapshot, output: Option<&Path>) -> io::Result<()> {
    let tenancy = &taken.tenancy;
    let statements: usize = tenancy.policies.iter().map(|policy| policy.statements.len()).sum();
    let count =
        |number: usize, one: &str, many: &str| format!("{number} {}", if number == 1 { one } else { many });
    let parts = [
        count(tenancy.compartments.len(), "compartment", "compartments"),
        format!(
            "{} with {}",
            count(tenancy.policies.len(), "policy", "policies"),
            count(statements, "statement", "statements")
        ),
        count(tenancy.groups.len(), "group", "groups"),
        count(tenancy.dynamic_groups.len(), "dynamic group", "dynamic groups"),
        count(tenancy.api_keys.len(), "GenAI API key", "GenAI API keys"),
    ];
    let to = output.map(|path| format!(" to {}", path.display())).unwrap_or_default();
    let asked = count(taken.sent, "request", "requests");
    writeln!(io::stderr().lock(), "wrote {}{to}, by {asked}", parts.join(", "))
}

/// What could not be seen, by list and reason.
fn report_unseen(taken: &Snapshot, terminal: &Terminal) -> io::Result<()> {
    let mut kinds: BTreeMap<(&str, &str), (&List, Vec<String>)> = BTreeMap::new();
    for (unseen, list) in &taken.refused {
        let entry = kinds.entry((&unseen.what, &unseen.why)).or_insert((list, Vec::new()));
        entry.1.extend(place_of(unseen));
    }
    if kinds.is_empty() {
        return Ok(());
    }
    let mut err = io::stderr().lock();
    let word = if terminal.err.color { "\u{1b}[1;33mwarning:\u{1b}[0m" } else { "warning:" };
    writeln!(err, "{word} not all could be seen")?;
    for ((what, why), (list, mut places)) in kinds {
        places.dedup();
        let more = places.len().saturating_sub(SHOWN);
        places.truncate(SHOWN);
        let mut of = if places.is_empty() { String::new() } else { format!(" of {}", places.join(", ")) };
        if more > 0 {
            of.push_str(&format!(" and {more} more"));
        }
        writeln!(err, "  {what}{of}: {why}; it takes the right to {}", list.needs)?;
    }
    Ok(())
}

/// Places named for one reason.
const SHOWN: usize = 4;

fn place_of(unseen: &Unseen) -> Option<String> {
    let domain = unseen.domain.as_ref().map(|domain| format!("domain {domain}"));
    let group = unseen.group.as_ref().map(|group| format!("group {group}"));
    let compartment = unseen.compartment.as_ref().map(|place| match place.as_str() {
        "" => "the root compartment".to_owned(),
        place => format!("compartment {place}"),
    });
    let named = group.or(domain).or(compartment);
    match (named, &unseen.region) {
        (Some(named), Some(region)) => Some(format!("{named} in {region}")),
        (named, region) => named.or_else(|| region.clone()),
    }
}
