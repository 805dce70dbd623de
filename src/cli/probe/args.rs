//! The arguments of `ociam probe`.

use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use serde_json::{Map, Value};

use crate::catalog;
use crate::cli::Failure;
use crate::cli::rules::ListFormat;
use crate::probe::auth::SecretSource;
use crate::probe::{CHAT_FORMATS, ClientSends, Compartments, Task};

/// Send test requests under each auth method to each plane, and say why those fail that do
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  ociam probe                                    every credential of this machine, on every plane
  ociam probe --auth genai-api-key --regions supported
  ociam probe --profile DEV --plane inference --model cohere.command-a-03-2025 --compartment ocid1.compartment…
  ociam probe --api-key env:KEY_ONE --standby env:KEY_TWO --region us-chicago-1
  ociam probe --model cohere.command-a-03-2025 --body request.json --compartment-in none
  ociam probe --policies infra --snapshot acme.json --report probe.html
  ociam probe --dry-run                          what would be sent, and what it costs

Requests are free or cost a token; each is shown by --dry-run. Secrets come from environment, file, command,
terminal or standard input, never from an argument, and go to hosts of Oracle's realms only.

Exit codes: 0 what could work does, 1 something fails, 2 wrong usage or unreadable input")]
pub(in crate::cli) struct ProbeArgs {
    /// Only these auth methods
    #[arg(long, value_name = "METHOD", value_delimiter = ',', value_parser = methods())]
    pub(super) auth: Vec<String>,
    /// Only these planes
    #[arg(long, value_name = "PLANE", value_delimiter = ',', value_parser = planes())]
    pub(super) plane: Vec<String>,
    /// The region of all requests; else each credential's own
    #[arg(long, value_name = "REGION", conflicts_with = "regions")]
    pub(super) region: Option<String>,
    /// Several regions: `supported`, `all`, or names with commas between; finds where an API key lives
    #[arg(long, value_name = "REGIONS")]
    pub(super) regions: Option<String>,
    /// The model, or the OCID of an endpoint of a dedicated AI cluster
    #[arg(long, value_name = "MODEL")]
    pub(super) model: Option<String>,
    /// What to ask of inference
    #[arg(long, value_name = "TASK", value_enum, default_value = "chat")]
    pub(super) operation: TaskArg,
    /// The compartment's OCID, or its path in the snapshot; the tenancy's root when left out
    #[arg(long, value_name = "COMPARTMENT")]
    pub(super) compartment: Option<String>,
    /// The OCID of the project, for the header OpenAI-Project
    #[arg(long, value_name = "OCID")]
    pub(super) project: Option<String>,
    /// The OCID of the agent endpoint to open a session on
    #[arg(long, value_name = "OCID")]
    pub(super) agent_endpoint: Option<String>,
    #[command(flatten)]
    pub(super) client: ClientArgs,
    /// The tenancy's OCID, where the credential doesn't tell
    #[arg(long, value_name = "OCID")]
    pub(super) tenancy_id: Option<String>,
    /// The profile of the OCI config file
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// The OCI config file
    #[arg(long, value_name = "FILE")]
    pub(super) config_file: Option<String>,
    /// Where the passphrase of the profile's key is: env:NAME, file:PATH, command:…, prompt, -
    #[arg(long, value_name = "SOURCE")]
    pub(super) passphrase: Option<SecretSource>,
    #[command(flatten)]
    pub(super) key: KeyArgs,
    #[command(flatten)]
    pub(super) oauth: OauthArgs,
    /// Where the policies are: Terraform, plans, OCI command-line output, text; the evaluator judges by them
    #[arg(long, value_name = "PATH")]
    pub(super) policies: Vec<PathBuf>,
    /// The tenancy: what `ociam snapshot` writes, or a hand-written file
    #[arg(long, value_name = "FILE")]
    pub(super) snapshot: Vec<PathBuf>,
    /// When to read policies live: where a call is refused and no snapshot is given, with a credential that may; or never
    #[arg(long, value_name = "WHEN", value_enum, default_value = "auto")]
    pub(super) read_policies: ReadPolicies,
    /// Send nothing: only check what can be checked here
    #[arg(long, conflicts_with = "dry_run")]
    pub(super) offline: bool,
    /// Show what would be sent and what it costs, and send nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Most requests in all
    #[arg(long, value_name = "N", default_value = "100")]
    pub(super) max_requests: u32,
    /// Seconds that an answer may take; a connection gets 3
    #[arg(long, value_name = "SECONDS", default_value = "20", value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(super) timeout: u64,
    /// Tries more after a 429, a server's error or silence
    #[arg(long, value_name = "N", default_value = "0", value_parser = clap::value_parser!(u32).range(0..=10))]
    pub(super) retries: u32,
    /// Requests at a time
    #[arg(long, value_name = "N", default_value = "16", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(super) max_concurrency: u16,
    /// After a failure, wait three minutes (or these seconds) and repeat where that tells whether a change is on its way
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(super) wait: Option<Option<u64>>,
    /// What changed lately, and how many minutes ago: policy, group, matching-rule, signing-key, genai-key, project, region
    #[arg(long, value_name = "WHAT=MINUTES", value_parser = changed)]
    pub(super) changed: Vec<(String, u32)>,
    /// Where a plane is, instead of its own host; plain HTTP to this machine only
    #[arg(long, value_name = "[PLANE=]URL")]
    pub(super) endpoint: Vec<String>,
    /// A JSON file `{plane: {region: URL}}` of where planes are; what it leaves out is nowhere
    #[arg(long, value_name = "FILE", env = "OCIAM_ENDPOINTS")]
    pub(super) endpoints: Option<PathBuf>,
    /// Write a page too: HTML for `.html`, else Markdown
    #[arg(long, value_name = "FILE")]
    pub(super) report: Vec<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value = "human")]
    pub(super) format: ListFormat,
}

/// What the person's own client sends to inference.
#[derive(clap::Args)]
#[command(next_help_heading = "What your client sends, to fail as it does")]
pub(super) struct ClientArgs {
    /// Where it puts the compartment: `body`, names of headers, or `none`; else as the documentation says
    #[arg(long, value_name = "PLACES")]
    pub(super) compartment_in: Option<String>,
    /// The `apiFormat` of its native chats; else the model's own
    #[arg(long, value_name = "FORMAT", ignore_case = true, value_parser = PossibleValuesParser::new(CHAT_FORMATS))]
    pub(super) api_format: Option<String>,
    /// Its whole body, a JSON file or - for standard input, without any secret; model and compartment are read from it
    #[arg(long, value_name = "FILE")]
    pub(super) body: Option<PathBuf>,
}

impl ClientArgs {
    /// What it sends, read and checked.
    pub(super) fn sends(&self) -> Result<ClientSends, Failure> {
        let compartment = self.compartment_in.as_deref().map(Compartments::parse).transpose();
        let compartment = compartment.map_err(|why| Failure::usage(format!("--compartment-in: {why}")))?;
        let body = self.body.as_deref().map(body).transpose()?;
        let of_body = body.as_ref().and_then(|body| body.get("chatRequest")?.get("apiFormat")?.as_str());
        let named = self.api_format.as_deref().or(of_body);
        let format =
            named.and_then(|name| CHAT_FORMATS.into_iter().find(|known| known.eq_ignore_ascii_case(name)));
        Ok(ClientSends { compartment: compartment.unwrap_or_default(), format, body })
    }
}

/// A body as a client sends it.
fn body(path: &Path) -> Result<Map<String, Value>, Failure> {
    let shown = path.display();
    let cannot = |why: String| Failure::usage(format!("--body: can't read `{shown}`: {why}"));
    let text = match path.to_str() {
        Some("-") => std::io::read_to_string(std::io::stdin()),
        _ => std::fs::read_to_string(path),
    };
    let text = text.map_err(|error| cannot(error.to_string()))?;
    match serde_json::from_str(&text).map_err(|error| cannot(format!("no JSON: {error}")))? {
        Value::Object(fields) => Ok(fields),
        _ => Err(cannot("it is no JSON object".to_owned())),
    }
}

/// Where the secrets of a GenAI API key are.
#[derive(clap::Args)]
pub(super) struct KeyArgs {
    /// The secret of a GenAI API key: env:NAME, file:PATH, command:…, prompt, or - for standard input
    #[arg(long, value_name = "SOURCE", group = "secret")]
    pub(super) api_key: Option<SecretSource>,
    /// The same from an environment variable
    #[arg(long, value_name = "NAME", group = "secret")]
    pub(super) api_key_env: Option<String>,
    /// The same from a file
    #[arg(long, value_name = "PATH", group = "secret")]
    pub(super) api_key_file: Option<PathBuf>,
    /// The same from standard input
    #[arg(long, group = "secret")]
    pub(super) api_key_stdin: bool,
    /// The same from a command's output
    #[arg(long, value_name = "LINE", group = "secret")]
    pub(super) api_key_command: Option<String>,
    /// The key's other secret, to be tried beside the first, in the same form as --api-key
    #[arg(long, value_name = "SOURCE")]
    pub(super) standby: Option<SecretSource>,
    /// The OCID of the key, for statements and for its state
    #[arg(long, value_name = "OCID")]
    pub(super) api_key_id: Option<String>,
}

impl KeyArgs {
    /// The source of the secret in use.
    pub(super) fn secret(&self) -> Option<SecretSource> {
        self.api_key
            .clone()
            .or_else(|| self.api_key_env.clone().map(SecretSource::Variable))
            .or_else(|| self.api_key_file.clone().map(SecretSource::File))
            .or_else(|| self.api_key_stdin.then_some(SecretSource::Stdin))
            .or_else(|| self.api_key_command.clone().map(SecretSource::Command))
    }
}

/// A client of an identity domain.
#[derive(clap::Args)]
pub(super) struct OauthArgs {
    /// The URL of the identity domain
    #[arg(long, value_name = "URL")]
    pub(super) oauth_domain: Option<String>,
    /// The client's id
    #[arg(long, value_name = "ID", requires = "oauth_secret")]
    pub(super) oauth_client: Option<String>,
    /// The client's secret, in the same form as --api-key
    #[arg(long, value_name = "SOURCE", requires = "oauth_client")]
    pub(super) oauth_secret: Option<SecretSource>,
    /// The scope of the hosted application
    #[arg(long, value_name = "SCOPE", requires = "oauth_client")]
    pub(super) oauth_scope: Option<String>,
    /// A third party's token to exchange for one of OCI, in the same form as --api-key
    #[arg(long, value_name = "SOURCE", requires = "oauth_client")]
    pub(super) subject_token: Option<SecretSource>,
}

/// When policies are read live.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum ReadPolicies {
    /// Where a call is refused for want of rights and no snapshot is given.
    Auto,
    /// Never.
    Never,
}

/// What to ask of inference.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(super) enum TaskArg {
    /// An answer to a message.
    Chat,
    /// The same by the Responses API.
    Responses,
    /// An embedding.
    Embed,
    /// A ranking.
    Rerank,
}

impl TaskArg {
    pub(super) fn task(self) -> Task {
        match self {
            TaskArg::Chat => Task::Chat,
            TaskArg::Responses => Task::Responses,
            TaskArg::Embed => Task::Embed,
            TaskArg::Rerank => Task::Rerank,
        }
    }
}

/// `policy=3`.
pub(in crate::cli) fn changed(text: &str) -> Result<(String, u32), String> {
    let known = crate::diagnose::CHANGES;
    let (what, minutes) =
        text.split_once('=').ok_or("write what changed and the minutes, such as `policy=3`")?;
    let what = known.iter().find(|known| known.eq_ignore_ascii_case(what.trim()));
    let what = what.ok_or_else(|| format!("name one of {}", known.join(", ")))?;
    let minutes = minutes.trim().parse().map_err(|_| format!("`{minutes}` is no number of minutes"))?;
    Ok(((*what).to_owned(), minutes))
}

fn methods() -> PossibleValuesParser {
    PossibleValuesParser::new(catalog::auth_methods().iter().map(|method| method.name))
}

fn planes() -> PossibleValuesParser {
    PossibleValuesParser::new(catalog::planes().iter().map(|plane| plane.name))
}
