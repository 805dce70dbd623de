//! `ociam probe`: credentials and target from the arguments, a run, a report.

mod args;
mod credentials;

use std::future::Future;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::authz::Tenancy;
use crate::catalog;
use crate::probe::config::{Place, place};
use crate::probe::transport::{Http, Limits as HttpLimits};
use crate::probe::{
    Endpoints, Explainer, Lab, Limits, MOST_EXPERIMENTS, MOST_READ, Outcome, Plan, PlannedRequest, Pointed,
    Progress, Reading, Regions, Row, Scope, Surroundings, System, Target, climb, plan, read_policies, record,
    run as run_matrix,
};
use crate::report::probe as report;

use super::rules::ListFormat;
use super::tenancy::{add_policies, read_tenancy};
use super::terminal::Terminal;
use super::{Answer, Failure, Global, Status, print_json};

pub(super) use args::ProbeArgs;
use args::ReadPolicies;
use credentials::Chosen;

/// Failures that get a ladder of their own; the others are as likely to have the same cause.
const MOST_LADDERS: usize = 6;

pub(super) fn run(args: &ProbeArgs, global: &Global, terminal: &Terminal) -> Answer {
    let endpoints = Arc::new(endpoints(args)?);
    let around: Arc<dyn Surroundings> = Arc::new(Pointed::new(Arc::new(System), Arc::clone(&endpoints)));
    let (tenancy, stored) = tenancy(args, terminal)?;
    let target = target(args, tenancy.as_ref())?;
    let scope = scope(args, &*around)?;
    let chosen = credentials::choose(args, &target, &scope, &endpoints, &*around)?;
    let mut outcome = Outcome {
        target: target.clone(),
        findings: chosen.findings.clone(),
        not_tried: chosen.not_tried.clone(),
        checks: chosen.checks.clone(),
        notes: chosen.notes.clone(),
        offline: args.offline,
        ..Outcome::default()
    };
    if !args.offline {
        outcome.plan = plan(chosen.credentials.clone(), &scope, &target, &endpoints, &*around);
    }
    let lab = Arc::new(Lab::new(
        Arc::clone(&around),
        Arc::clone(&endpoints),
        target,
        [outcome.plan.credentials.clone(), chosen.spare.clone()].concat(),
        http(args, &endpoints, &*around)?,
        Limits {
            retries: args.retries,
            requests: args.max_requests,
            at_once: usize::from(args.max_concurrency),
        },
    ));
    if args.dry_run {
        if args.snapshot.is_empty() && args.read_policies == ReadPolicies::Auto {
            outcome.notes.push(format!(
                "where a call is refused for want of rights, policies and what they name are read by up to {MOST_READ} \
                 list requests, as far as a credential may; `--read-policies never` sends none"
            ));
        }
        return dry_run(args, &lab, &outcome, terminal);
    }
    if chosen.credentials.is_empty() && outcome.findings.is_empty() {
        return Err(Failure::with_help(
            "there is no credential to try",
            match outcome.not_tried.first() {
                Some(each) => format!("{}: {}", each.method, each.why),
                None => "name one with --profile, --api-key or --auth".to_owned(),
            },
        ));
    }
    // Nothing is sent when the page that is to tell of it can't be kept.
    args.report.iter().try_for_each(|path| writable(path))?;
    if !args.offline {
        probe(args, global, &lab, [tenancy.as_ref(), stored.as_ref()], &chosen, &mut outcome)?;
    }
    let when = around.now().to_string();
    for path in &args.report {
        write_report(path, &outcome, &when)?;
    }
    match args.format {
        ListFormat::Json => {
            print_json(&report::document(&outcome))?;
        }
        ListFormat::Human => report::write(&outcome, terminal.out, &mut io::stdout().lock())?,
    }
    Ok(if outcome.is_good() { Status::Clean } else { Status::Findings })
}

fn endpoints(args: &ProbeArgs) -> Result<Endpoints, Failure> {
    let mut endpoints = Endpoints::default();
    if let Some(path) = &args.endpoints {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::usage(format!("can't read `{shown}`: {error}")))?;
        endpoints = Endpoints::from_json(&text).map_err(|why| {
            Failure::with_help(
                format!("`{shown}`: {why}"),
                "write {\"inference\": {\"us-chicago-1\": \"https://…\"}}",
            )
        })?;
    }
    for text in &args.endpoint {
        endpoints.add(text).map_err(Failure::usage)?;
    }
    Ok(endpoints)
}

/// The tenancy with all policies at hand, and what it is known to hold of them where that was said apart.
fn tenancy(args: &ProbeArgs, terminal: &Terminal) -> Result<(Option<Tenancy>, Option<Tenancy>), Failure> {
    if args.policies.is_empty() && args.snapshot.is_empty() {
        return Ok((None, None));
    }
    let mut tenancy = Tenancy::default();
    for path in &args.snapshot {
        tenancy.merge(read_tenancy(path)?);
    }
    let mut stored = None;
    if !args.policies.is_empty() {
        stored = (!args.snapshot.is_empty()).then(|| tenancy.clone());
        add_policies(&mut tenancy, &args.policies, terminal)?;
    }
    Ok((Some(tenancy), stored))
}

fn target(args: &ProbeArgs, tenancy: Option<&Tenancy>) -> Result<Target, Failure> {
    let named = |path: &str| {
        let rows = tenancy.map(|tenancy| tenancy.compartments.as_slice()).unwrap_or_default();
        let ocid =
            rows.iter().find(|row| row.path.eq_ignore_ascii_case(path)).and_then(|row| row.ocid.clone());
        ocid.unwrap_or_else(|| path.to_owned())
    };
    let sends = args.client.sends()?;
    let compartment = args.compartment.as_deref().or(sends.compartment()).map(named);
    Ok(Target {
        task: args.operation.task(),
        model: args.model.as_deref().or(sends.model()).map(str::to_owned),
        compartment,
        project: args.project.clone(),
        agent_endpoint: args.agent_endpoint.clone(),
        tenancy: args.tenancy_id.clone().or_else(|| tenancy.and_then(|tenancy| tenancy.ocid.clone())),
        sends,
    })
}

fn scope(args: &ProbeArgs, around: &dyn Surroundings) -> Result<Scope, Failure> {
    let find = |text: &str| place(text, around).map_err(|error| Failure::usage(error.to_string()));
    let regions = match args.regions.as_deref().map(str::trim) {
        None => Regions::Own,
        Some("supported") => Regions::Supported,
        Some("all") => Regions::All,
        Some(list) => {
            let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
            Regions::Named(names.map(find).collect::<Result<Vec<Place>, Failure>>()?)
        }
    };
    let asked = args.region.as_deref().map(find).transpose()?;
    // The variables that OCI's clients take for credentials without a region.
    let assumed = || {
        let names = ["OCI_REGION", "OCI_CLI_REGION"];
        names.into_iter().find_map(|name| place(&around.variable(name)?, around).ok())
    };
    Ok(Scope {
        planes: args.plane.iter().filter_map(|name| catalog::plane(name)).collect(),
        regions,
        place: asked.or_else(|| if args.profile.is_none() { assumed() } else { None }),
    })
}

fn http(args: &ProbeArgs, endpoints: &Endpoints, around: &dyn Surroundings) -> Result<Http, Failure> {
    let limits = HttpLimits {
        connect: Duration::from_secs(args.timeout.min(3)),
        total: Duration::from_secs(args.timeout),
        ..HttpLimits::default()
    };
    let http = Http::new(limits, endpoints.all());
    let Some(path) = around.variable("OCI_CLI_CERT_BUNDLE") else { return Ok(http) };
    let trusted = around.read_text(&around.expand(&path)).and_then(|pem| http.trusting(&pem));
    trusted.map_err(|why| Failure::usage(format!("OCI_CLI_CERT_BUNDLE: `{path}`: {why}")))
}

fn bar(args: &ProbeArgs, global: &Global) -> ProgressBar {
    if global.quiet || args.format == ListFormat::Json || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:24.cyan/dim} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    bar
}

/// Ends when a person presses Ctrl-C.
fn stopped() -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async {
        if tokio::signal::ctrl_c().await.is_err() {
            // Nobody can stop it then, but by killing it.
            std::future::pending::<()>().await;
        }
    })
}

/// Carries the plan out, then finds out about what failed.
fn probe(
    args: &ProbeArgs,
    global: &Global,
    lab: &Arc<Lab>,
    [tenancy, stored]: [Option<&Tenancy>; 2],
    chosen: &Chosen,
    outcome: &mut Outcome,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::usage(format!("can't begin: {error}")))?;
    let bar = bar(args, global);
    let shown = bar.clone();
    let progress = move |progress: Progress<'_>| match progress {
        Progress::Planned(requests) => shown.inc_length(u64::try_from(requests).unwrap_or(0)),
        Progress::Done(cell) => {
            shown.inc(1);
            shown.set_message(cell.plane.name);
        }
    };
    let mut plan = outcome.plan.clone();
    runtime.block_on(async {
        let (mut rows, mut finished) = run_matrix(lab, &plan, &progress, stopped()).await;
        let settled = plan.settle(&rows, &lab.target, &lab.endpoints);
        if finished && !settled.is_empty() {
            let cells = settled.iter().filter_map(|at| plan.cells.get(*at).cloned()).collect();
            let further = Plan { credentials: plan.credentials.clone(), cells };
            let (more, done) = run_matrix(lab, &further, &progress, stopped()).await;
            finished = done;
            for (at, row) in settled.into_iter().zip(more) {
                if let Some(place) = rows.get_mut(at) {
                    *place = Row { cell: at, ..row };
                }
            }
        }
        outcome.plan = plan.clone();
        outcome.interrupted = !finished;
        outcome.rows = rows;
        // Beside those of a configuration, those in force tell whether it was applied.
        let wanted = stored.is_none() && args.read_policies == ReadPolicies::Auto;
        let reading = if wanted && finished {
            bar.set_message("reading policies");
            tokio::select! {
                biased;
                () = stopped() => {
                    outcome.interrupted = true;
                    Reading::default()
                }
                reading = read_policies(lab, &plan, &outcome.rows) => reading,
            }
        } else {
            Reading::default()
        };
        outcome.notes.extend(reading.notes);
        let explainer = Explainer {
            lab,
            plan: &plan,
            tenancy: tenancy.or(reading.tenancy.as_ref()),
            stored: stored.or(reading.tenancy.as_ref().filter(|_| tenancy.is_some())),
            meant: !args.policies.is_empty(),
            changed: &args.changed.iter().cloned().collect(),
            chosen_by: chosen.chosen_by,
            key_ocid: args.key.api_key_id.as_deref(),
            others: &chosen.fingerprints,
        };
        outcome.rotation = explainer.rotation(&outcome.rows);
        bar.set_message("telling causes apart");
        outcome.interrupted |= !diagnose(args, &explainer, outcome).await;
        bar.set_message("closing");
        outcome.notes.extend(lab.close().await);
    });
    bar.finish_and_clear();
    // A session in the making must not hold the end up.
    runtime.shutdown_background();
    outcome.observations = lab.observations();
    Ok(())
}

/// Diagnoses all failures; false when stopped on the way.
async fn diagnose(args: &ProbeArgs, explainer: &Explainer<'_>, outcome: &mut Outcome) -> bool {
    let mut stop = stopped();
    let mut go_on = !outcome.interrupted;
    let rows: Vec<Row> = outcome.rows.clone();
    if !args.plane.is_empty() {
        outcome.findings.extend(explainer.not_taken(&rows));
    }
    for (number, group) in explainer.failures(&rows).iter().enumerate() {
        let Some((case, testimony)) = explainer.case(&rows, group) else { continue };
        let mut climbed = None;
        if go_on && number < MOST_LADDERS {
            tokio::select! {
                biased;
                () = &mut stop => go_on = false,
                found = climb(explainer, &rows, group, (&case, &testimony), args.wait, MOST_EXPERIMENTS) => climbed = Some(found),
            }
        }
        let climbed = climbed.unwrap_or_default();
        if let Some(mut finding) = explainer.finding(&rows, group, &case, &testimony, &climbed.seen) {
            record(&mut finding, climbed);
            outcome.findings.push(finding);
        }
    }
    go_on || outcome.interrupted
}

fn dry_run(args: &ProbeArgs, lab: &Lab, outcome: &Outcome, terminal: &Terminal) -> Answer {
    let mut requests: Vec<PlannedRequest> = Vec::new();
    let Plan { cells, .. } = &outcome.plan;
    for cell in cells.iter().filter(|cell| cell.decided.is_none()) {
        for ask in &cell.asks {
            match lab.preview(cell.credential, ask, cell.place.as_ref()) {
                Ok(request) => {
                    requests.push(request);
                    requests.extend(lab.preview_of_end(cell.credential, ask, cell.place.as_ref()));
                }
                Err(why) => requests.push(PlannedRequest::unknown(lab, cell.credential, ask, why)),
            }
        }
    }
    match args.format {
        ListFormat::Json => print_json(&report::planned(outcome, &requests)),
        ListFormat::Human => {
            report::write_plan(outcome, &requests, terminal.out, &mut io::stdout().lock())?;
            Ok(Status::Clean)
        }
    }
}

fn writable(path: &Path) -> Result<(), Failure> {
    let cannot = |why: &str| Failure::usage(format!("can't write `{}`: {why}", path.display()));
    if path.is_dir() {
        return Err(cannot("it is a folder"));
    }
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) if !folder.is_dir() => Err(cannot("its folder does not exist")),
        _ => Ok(()),
    }
}

fn write_report(path: &Path, outcome: &Outcome, when: &str) -> Result<(), Failure> {
    let html = path
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("html") || end.eq_ignore_ascii_case("htm"));
    let page = if html { report::html(outcome, when) } else { report::markdown(outcome, when) };
    let mut file = std::fs::File::create(path)
        .map_err(|error| Failure::usage(format!("can't write `{}`: {error}", path.display())))?;
    file.write_all(page.as_bytes())?;
    Ok(())
}
