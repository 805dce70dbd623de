//! `ociam sandbox`: an OCI on loopback, until it is told to end.

use std::io::{self, Write};
use std::path::PathBuf;

use super::tenancy::{add_policies, read_tenancy};
use super::terminal::Terminal;
use super::{Answer, Failure, Status};
use crate::sandbox::{self, FaultSpec, Settings};

/// Serve an OCI on loopback: signatures, federation and policies for real, models that only pretend
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  ociam sandbox --state /tmp/oci               then, in another shell: . /tmp/oci/env.sh
  ociam sandbox --state /tmp/oci --tenancy acme.toml
  ociam sandbox --state /tmp/oci --policies infra/iam
  ociam sandbox --state /tmp/oci --fault skew=20m --fault slow=3s@management

It listens on 127.0.0.1 only and ends on Ctrl-C. The state directory holds keys, tokens, an OCI config file, env.sh
and endpoints.json. While it runs, faults are read and set at its /sandbox/faults. requests.jsonl says of each request how it was authenticated and which statement decided it.

Exit codes: 0 ended as told, 2 wrong usage or unreadable input")]
pub(super) struct SandboxArgs {
    /// Where its state lies; made if need be, kept for the next run
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// The port of the main door; 0 or none takes that of the last run, or a free one
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// The tenancy to serve, as `ociam schema tenancy` describes it; a sample when there is none
    #[arg(long, value_name = "FILE")]
    tenancy: Option<PathBuf>,
    /// Serve these policies in place of the tenancy's own: Terraform folders and files, plans, text. Without
    /// --tenancy the user of the sample is in every group that they name
    #[arg(long, value_name = "PATH")]
    policies: Vec<PathBuf>,
    /// Let something go wrong: `NAME[=VALUE][@WHERE,…]`, such as `skew=20m` or `429-quota@inference,us-chicago-1`;
    /// `list` shows them all
    #[arg(long = "fault", value_name = "FAULT")]
    faults: Vec<String>,
}

pub(super) fn run(args: &SandboxArgs, terminal: &Terminal) -> Answer {
    if args.faults.iter().any(|fault| fault == "list") {
        let mut out = io::stdout().lock();
        for (name, what) in FaultSpec::all() {
            writeln!(out, "{name:<26} {what}")?;
        }
        return Ok(Status::Clean);
    }
    let faults = args.faults.iter().map(|text| FaultSpec::parse(text));
    let faults = faults.collect::<Result<Vec<_>, _>>().map_err(|error| Failure::usage(error.to_string()))?;
    let options = sandbox::Options {
        port: args.port,
        tenancy: served(args, terminal)?,
        faults,
        ..sandbox::Options::new(args.state.clone())
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let ended = ended()?;
        let running = sandbox::start(options).await.map_err(Failure::usage)?;
        let mut out = io::stdout().lock();
        writeln!(out, "ready {}", running.address)?;
        out.flush()?;
        drop(out);
        ended.await;
        running.stop().await.map_err(Failure::usage)
    })?;
    Ok(Status::Clean)
}

/// What to serve; none for what the state directory or the sample says.
fn served(
    args: &SandboxArgs,
    terminal: &Terminal,
) -> Result<Option<(crate::authz::Tenancy, Settings)>, Failure> {
    let given = match &args.tenancy {
        None if args.policies.is_empty() => return Ok(None),
        None => sandbox::sample().map_err(Failure::usage)?,
        Some(path) => {
            let tenancy = read_tenancy(path)?;
            let text = std::fs::read_to_string(path)?;
            let settings = Settings::from_text(&text).map_err(|error| {
                let at = error.position.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
                Failure::usage(format!("{}{at}: {}", path.display(), error.message))
            })?;
            (tenancy, settings)
        }
    };
    let (mut tenancy, settings) = given;
    if !args.policies.is_empty() {
        tenancy.policies.clear();
        // Whatever the policies name is there, unless the tenancy says that it knows all there is.
        tenancy.complete &= args.tenancy.is_some();
        add_policies(&mut tenancy, &args.policies, terminal)?;
    }
    if args.tenancy.is_none() {
        let user = tenancy.users.first().map(|user| user.name.clone()).unwrap_or_default();
        sandbox::join_all_groups(&mut tenancy, &user);
    }
    Ok(Some((tenancy, settings)))
}

/// Waits for the signal to end.
#[cfg(unix)]
fn ended() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Waits for the signal to end.
#[cfg(not(unix))]
fn ended() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
