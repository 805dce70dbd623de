//! `ociam key`: a GenAI API key under inspection, for people and for cron.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Subcommand;
use jiff::Timestamp;

use crate::authz::ApiKey;
use crate::checklist::{Gravity, KeyReport, assess, key_from_json};
use crate::report::checklist::key_json;
use crate::text::mask_shapes;

use super::rules::ListFormat;
use super::terminal::Terminal;
use super::{Answer, Failure, Global, Status, print_json};

/// Look at a GenAI API key
#[derive(clap::Args)]
pub(super) struct KeyArgs {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Subcommand)]
enum KeyCommand {
    Check(Box<CheckArgs>),
}

/// Say whether a GenAI API key works, how long its secrets last, and what a rotation needs next
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  ociam key check --ocid ocid1.generativeaiapikey.oc1.us-chicago-1.… --warn-days 14
  ociam key check --secret env:OPENAI_API_KEY --region us-chicago-1 --try-secrets
  oci generative-ai api-key get --api-key-id … | ociam key check --from -

State and expiry are read from the management plane with the credential of a user or workload that may
`read generative-ai-apikey`: a key can't look at itself. A secret is never taken from an argument.

Exit codes, fit for cron: 0 the key works and nothing is due, 1 something fails, is due, or could not be seen,
2 wrong usage or unreadable input")]
struct CheckArgs {
    /// The key's OCID
    #[arg(long, value_name = "OCID")]
    ocid: Option<String>,
    /// The region that calls go to
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Read the key from what `oci generative-ai api-key get` printed, instead of asking; `-` is standard input
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Days before an expiry at which it is due
    #[arg(long, value_name = "N", default_value = "14", value_parser = clap::value_parser!(i64).range(0..=3650))]
    warn_days: i64,
    /// How to print it
    #[arg(long, value_enum, default_value = "human")]
    format: ListFormat,
    #[cfg(feature = "live")]
    #[command(flatten)]
    live: live::LiveArgs,
}

pub(super) fn run(args: &KeyArgs, global: &Global, terminal: &Terminal) -> Answer {
    match &args.command {
        KeyCommand::Check(args) => check(args, global, terminal),
    }
}

/// What was found besides the key itself.
#[derive(Default)]
struct Seen {
    key: Option<ApiKey>,
    remarks: Vec<crate::checklist::Remark>,
    /// What could not be looked at, and why.
    unseen: Vec<String>,
    /// The service's clock, where it answered: a machine's own may be wrong.
    now: Option<Timestamp>,
}

/// What the days left are counted by.
#[derive(Clone, Copy, PartialEq)]
enum Clock {
    Service,
    Machine,
}

impl Clock {
    fn word(self) -> &'static str {
        match self {
            Clock::Service => "service",
            Clock::Machine => "machine",
        }
    }
}

fn check(args: &CheckArgs, global: &Global, terminal: &Terminal) -> Answer {
    let mut seen = Seen::default();
    if let Some(path) = &args.from {
        seen.key = Some(read(path)?);
    }
    #[cfg(feature = "live")]
    live::look(args, &mut seen)?;
    let key = match (seen.key.take(), &args.ocid) {
        (Some(key), _) => key,
        (None, Some(ocid)) => ApiKey { ocid: ocid.trim().to_owned(), ..ApiKey::default() },
        (None, None) if seen.remarks.is_empty() && seen.unseen.is_empty() => {
            return Err(Failure::with_help(
                "there is no key to look at",
                "name it with --ocid, its secrets with --secret, or what the command line printed with --from",
            ));
        }
        (None, None) => ApiKey::default(),
    };
    let mut report = match key.ocid.is_empty() {
        true => KeyReport {
            ocid: String::new(),
            name: None,
            region: None,
            state: None,
            secrets: Vec::new(),
            remarks: Vec::new(),
            rotation: Vec::new(),
        },
        false => {
            assess(&key, args.region.as_deref(), seen.now.unwrap_or_else(Timestamp::now), args.warn_days)
        }
    };
    let clock = if seen.now.is_some() { Clock::Service } else { Clock::Machine };
    report.remarks.append(&mut seen.remarks);
    report.remarks.sort_by_key(|remark| std::cmp::Reverse(remark.gravity));
    let healthy = report.gravity() == Gravity::Note && seen.unseen.is_empty();
    match args.format {
        ListFormat::Json => {
            print_json(&key_json(&report, &seen.unseen, clock.word(), u8::from(!healthy)))?;
        }
        ListFormat::Human if healthy && global.quiet => {}
        ListFormat::Human => human(&report, &seen.unseen, clock, terminal)?,
    }
    Ok(if healthy { Status::Clean } else { Status::Findings })
}

fn read(path: &std::path::Path) -> Result<ApiKey, Failure> {
    let cannot = |error: io::Error| Failure::usage(format!("can't read `{}`: {error}", path.display()));
    let text = match path.to_str() {
        Some("-") => io::read_to_string(io::stdin().lock()).map_err(cannot)?,
        _ => std::fs::read_to_string(path).map_err(cannot)?,
    };
    // Names of secrets are shown; the secrets themselves are not looked at.
    let value: serde_json::Value = serde_json::from_str(&mask_shapes(&text))
        .map_err(|error| Failure::usage(format!("`{}` is no JSON: {error}", path.display())))?;
    key_from_json(&value).ok_or_else(|| {
        Failure::with_help(
            format!("`{}` holds no key", path.display()),
            "give what `oci generative-ai api-key get` prints",
        )
    })
}

fn human(report: &KeyReport, unseen: &[String], clock: Clock, terminal: &Terminal) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let paint = |text: &str, colour: &str| match terminal.out.color {
        true => format!("\u{1b}[{colour}m{text}\u{1b}[0m"),
        false => text.to_owned(),
    };
    if !report.ocid.is_empty() {
        let name = report.name.as_deref().map(|name| format!("{name}, ")).unwrap_or_default();
        let region = report.region.as_deref().map(|region| format!(" in {region}")).unwrap_or_default();
        let state = report.state.as_deref().map(|state| format!(": {state}")).unwrap_or_default();
        writeln!(out, "{name}{}{region}{state}", report.ocid)?;
    }
    let width = report.secrets.iter().map(|one| one.name.len()).max().unwrap_or_default();
    for one in &report.secrets {
        let left = match (&one.expires, one.days_left) {
            (Some(expires), Some(days)) if days >= 0 => format!("until {expires}, {days} days left"),
            (Some(expires), _) => format!("until {expires}"),
            (None, _) => "no expiry shown".to_owned(),
        };
        writeln!(out, "  secret {:width$}  {:8}  {left}", one.name, one.state)?;
    }
    if clock == Clock::Machine && report.secrets.iter().any(|one| one.days_left.is_some()) {
        writeln!(out, "  days are counted by this machine's clock")?;
    }
    for remark in &report.remarks {
        let (word, colour) = match remark.gravity {
            Gravity::Failing => ("failing", "1;31"),
            Gravity::Soon => ("soon", "1;33"),
            Gravity::Note => ("note", "36"),
        };
        let cause = remark.cause.map(|cause| format!(" [{cause}]")).unwrap_or_default();
        writeln!(out, "{}: {}{cause}", paint(word, colour), remark.text)?;
        if let Some(instead) = &remark.instead {
            writeln!(out, "  do: {instead}")?;
        }
    }
    for why in unseen {
        writeln!(out, "{}: {why}", paint("not seen", "1;33"))?;
    }
    if !report.rotation.is_empty() {
        writeln!(out, "the rotation, in order:")?;
        for (number, step) in report.rotation.iter().enumerate() {
            writeln!(out, "  {}. {step}", number + 1)?;
        }
    }
    if report.remarks.is_empty() && unseen.is_empty() {
        writeln!(out, "nothing is due")?;
    }
    Ok(())
}

#[cfg(feature = "live")]
mod live {
    //! What only the network and the secrets themselves tell.

    use super::{CheckArgs, Failure, Seen};
    use crate::catalog;
    use crate::checklist::{Gravity, Observed, Remark, Seen as Answer, key_from_json, ocid_parts};
    use crate::cli::online::{Online, OnlineArgs, Question};
    use crate::probe::auth::SecretSource;
    use crate::probe::preflight::{self, Strength};
    use crate::wire::parse_http_date;

    #[derive(clap::Args)]
    pub(super) struct LiveArgs {
        /// Where a secret of the key is: env:NAME, file:PATH, command:…, prompt, or - for standard input; at most two
        #[arg(long, value_name = "SOURCE", num_args = 1)]
        secret: Vec<SecretSource>,
        /// Send the smallest chat with each secret; costs a few tokens
        #[arg(long, requires = "secret")]
        try_secrets: bool,
        /// The model of that chat
        #[arg(long, value_name = "MODEL", default_value = "openai.gpt-oss-120b")]
        model: String,
        /// Send nothing
        #[arg(long, conflicts_with = "try_secrets")]
        offline: bool,
        /// The profile of the config file
        #[arg(long, value_name = "NAME")]
        profile: Option<String>,
        /// The auth method for the management plane; the first that is set up when left out
        #[arg(long, value_name = "METHOD")]
        auth: Option<String>,
        #[command(flatten)]
        online: OnlineArgs,
    }

    pub(super) fn look(args: &CheckArgs, seen: &mut Seen) -> Result<(), Failure> {
        let live = &args.live;
        if live.secret.len() > 2 {
            return Err(Failure::usage("a key has two secrets: give --secret twice at most"));
        }
        if let Some(auth) = live.auth.as_deref().filter(|auth| catalog::auth_method(auth).is_none()) {
            let names: Vec<&str> = catalog::auth_methods().iter().map(|row| row.name).collect();
            return Err(Failure::with_help(
                format!("there is no auth method `{auth}`"),
                format!("write one of {}", names.join(", ")),
            ));
        }
        let asked = args.from.is_none() && args.ocid.is_some() && !live.offline;
        if live.secret.is_empty() && !asked {
            return Ok(());
        }
        let instance = live.auth.as_deref() == Some("instance-principal");
        let mut online = Online::new(&live.online, live.profile.as_deref(), Vec::new(), instance)?;
        shapes(args, &online, seen)?;
        let own =
            args.ocid.as_deref().and_then(ocid_parts).and_then(|(_, _, region)| region).map(str::to_owned);
        if let Some(ocid) = args.ocid.as_deref().filter(|_| asked) {
            look_up(args, ocid.trim(), own.as_deref(), &mut online, seen);
        }
        if live.try_secrets {
            let region = args.region.clone().or(own);
            let region = region.ok_or_else(|| {
                Failure::with_help(
                    "no region to try the secrets in",
                    "name it with --region, or the key with --ocid",
                )
            })?;
            for source in &live.secret {
                attempt(args, source, &region, seen)?;
            }
        }
        Ok(())
    }

    /// Whether the secrets look like those of a GenAI API key.
    fn shapes(args: &CheckArgs, online: &Online, seen: &mut Seen) -> Result<(), Failure> {
        let mut first: Option<crate::wire::Secret> = None;
        for source in &args.live.secret {
            let secret = source.obtain("secret of the GenAI API key", online.around());
            let secret = secret.map_err(|error| Failure::usage(error.to_string()))?;
            let remark = match preflight::genai_secret(&secret) {
                Some(evidence) => Remark {
                    gravity: if evidence.strength == Strength::Possible {
                        Gravity::Note
                    } else {
                        Gravity::Failing
                    },
                    cause: evidence.cause,
                    text: format!("{source}: {}", evidence.text),
                    instead: evidence.instead,
                },
                None => Remark {
                    gravity: Gravity::Note,
                    cause: None,
                    text: format!("{source}: has the shape of a secret"),
                    instead: None,
                },
            };
            seen.remarks.push(remark);
            if first.as_ref().is_some_and(|first| first.same(&secret)) {
                seen.remarks.push(Remark {
                    gravity: Gravity::Soon,
                    cause: None,
                    text: "both sources hold the same secret: nothing stands by".to_owned(),
                    instead: Some("store the second secret of the key apart from the first".to_owned()),
                });
            }
            first.get_or_insert(secret);
        }
        Ok(())
    }

    fn look_up(args: &CheckArgs, ocid: &str, own: Option<&str>, online: &mut Online, seen: &mut Seen) {
        let region = own.or(args.region.as_deref());
        let Some(region) = region else {
            seen.unseen.push("state and expiry: the OCID names no region; name it with --region".to_owned());
            return;
        };
        let question = Question {
            plane: "management",
            method: "GET",
            path: format!("/20231130/apikeys/{ocid}"),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
        };
        let observed = match online.credential(args.live.auth.as_deref(), "management") {
            Ok(at) => online.send(at, region, &question),
            Err(why) => Observed::NotTried(why),
        };
        match observed {
            Observed::Answer(found) if found.status == 200 => match key_from_json(&found.body) {
                Some(key) => {
                    seen.key = Some(key);
                    seen.now = found.date.as_deref().and_then(parse_http_date);
                }
                None => seen.unseen.push("state and expiry: the answer isn't the expected one".to_owned()),
            },
            Observed::Answer(found) => {
                let status = found.status;
                let message = found.message.map(|text| format!(" ({text})")).unwrap_or_default();
                let hint = match status {
                    404 => "; the key isn't there, or whoever asks may not `read generative-ai-apikey`",
                    _ => "",
                };
                seen.unseen.push(format!("state and expiry: answered with {status}{message}{hint}"));
            }
            Observed::Failed(why, _) | Observed::NotTried(why) => {
                seen.unseen.push(format!("state and expiry: {why}"))
            }
        }
    }

    /// Tries one secret with the smallest chat.
    fn attempt(
        args: &CheckArgs,
        source: &SecretSource,
        region: &str,
        seen: &mut Seen,
    ) -> Result<(), Failure> {
        let mut online = Online::new(&args.live.online, None, vec![source.clone()], false)?;
        let question = Question {
            plane: "inference-openai",
            method: "POST",
            path: "/20231130/actions/v1/chat/completions".to_owned(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Some(serde_json::json!({
                "model": args.live.model,
                "messages": [{ "role": "user", "content": "." }],
                "max_tokens": 1,
            })),
        };
        let observed = match online.credential(Some("genai-api-key"), "inference-openai") {
            Ok(at) => online.send(at, region, &question),
            Err(why) => Observed::NotTried(why),
        };
        let found = match observed {
            Observed::Answer(found) => found,
            Observed::Failed(why, _) | Observed::NotTried(why) => {
                seen.unseen.push(format!("{source}: {why}"));
                return Ok(());
            }
        };
        let Answer { status, message, .. } = *found;
        let message = message.unwrap_or_default();
        let (gravity, cause, text) = match status {
            200..300 => (Gravity::Note, None, "authenticates, and may call".to_owned()),
            401 => (
                Gravity::Failing,
                Some("genai-secret-not-active"),
                format!("refused with 401 in `{region}`: inactive, revoked, expired, or of another region"),
            ),
            404 if message.contains("apikey") => (
                Gravity::Failing,
                Some("wrong-credential-kind"),
                format!("no key of `{region}` has this secret"),
            ),
            404 => (
                Gravity::Failing,
                Some("policy-missing"),
                format!("authenticates, but is answered with 404 ({message})"),
            ),
            // Limits and the form of a request are looked at once the caller is known.
            status => (Gravity::Note, None, format!("answered with {status} ({message})")),
        };
        seen.remarks.push(Remark { gravity, cause, text: format!("{source}: {text}"), instead: None });
        Ok(())
    }
}
