//! `ociam demo`: an embedded OCI, a Terraform file with mistakes, and three failed calls with their causes, each by
//! the command that the reader would type.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::terminal::Terminal;
use super::{Answer, Failure, Status};
use crate::sandbox::{self, Options};

/// The Terraform of the walk.
const TERRAFORM: &str = include_str!("../../fixtures/demo.tf");
/// A model that the sample's home region serves.
const MODEL: &str = "meta.llama-3.3-70b-instruct";
/// Another region of the sample tenancy than that of its API key.
const ELSEWHERE: &str = "eu-frankfurt-1";

/// Walk through it all on an embedded OCI: a lint, a probe, three failures and their causes
#[derive(clap::Args)]
#[command(after_help = "\
It needs no tenancy and no configuration, listens on 127.0.0.1 only and leaves nothing behind.

Exit codes: 0 shown to the end, 2 it could not be")]
pub(super) struct DemoArgs {}

pub(super) fn run(_: &DemoArgs, terminal: &Terminal) -> Answer {
    let work = Work::new()?;
    fs::write(work.0.join("main.tf"), TERRAFORM)?;
    let state = work.0.join("oci");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let running = sandbox::start(Options::new(state.clone())).await.map_err(Failure::usage)?;
        let walk = Walk { terminal, work: &work.0, state: &state };
        // The commands wait for answers that this runtime gives.
        let walked = tokio::task::block_in_place(|| walk.all());
        running.stop().await.map_err(Failure::usage)?;
        walked
    })?;
    Ok(Status::Clean)
}

/// A folder that is gone when the walk is over.
struct Work(PathBuf);

impl Work {
    fn new() -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("ociam-demo-{}", std::process::id()));
        fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        // What can't be removed is the system's to clear away.
        let _ = fs::remove_dir_all(&self.0);
    }
}

struct Walk<'a> {
    terminal: &'a Terminal,
    work: &'a Path,
    state: &'a Path,
}

impl Walk<'_> {
    fn all(&self) -> Result<(), Failure> {
        self.say(
            "An OCI is running on loopback",
            "It checks signatures, knows a tenancy and decides by its policies, as the real one does. The models only\n\
             pretend. In your own shell it is `ociam sandbox --state DIR`.",
        )?;
        self.say(
            "Before the merge: is this policy file right?",
            "Four statements, of which one is right. The second is misspelt, the third is open to everybody, and the\n\
             fourth names a principal type that does not exist, so it never grants anything.",
        )?;
        self.ociam(&["lint", "main.tf"])?;
        self.say(
            "After a failed call: what works, what doesn't?",
            "A request under each credential to each plane; this one asks with a user's key and with an API key.",
        )?;
        let both = ["probe", "--auth", "user-api-key,genai-api-key", "--region", "us-chicago-1"];
        self.ociam(&[&both[..], &["--plane", "inference,inference-openai", "--model", MODEL]].concat())?;
        self.say(
            "First failure: 401 in another region",
            "The same API key, one region further. The service says only that authentication failed.",
        )?;
        let key = ["probe", "--auth", "genai-api-key", "--plane"];
        self.ociam(&[&key[..], &["inference-openai", "--region", ELSEWHERE, "--model", MODEL]].concat())?;
        self.say(
            "Second failure: 404 for a colleague",
            "Bob is in a group that no statement names. With the tenancy's policies at hand the evaluator says which\n\
             statement comes nearest, and what to write.",
        )?;
        let bob = ["probe", "--auth", "user-api-key", "--profile", "BOB", "--plane", "inference"];
        self.ociam(&[&bob[..], &["--model", MODEL, "--snapshot", "oci/tenancy.json"]].concat())?;
        self.say(
            "Third failure: an API key and an agent",
            "The agent runtime takes signed requests only, and answers an API key as if there were nothing.",
        )?;
        self.ociam(&[&key[..], &["agent-runtime", "--region", "us-chicago-1"]].concat())?;
        self.say(
            "That was it",
            "ociam lint .            your policies, before the merge\n\
             ociam probe             your credentials, against the real OCI\n\
             ociam diagnose          an error that you paste\n\
             ociam checklist         what a new workload needs, step by step",
        )
    }

    fn say(&self, title: &str, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        let (bold, end) = if self.terminal.out.color { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
        writeln!(out, "\n{bold}== {title}{end}\n\n{text}\n")?;
        out.flush()?;
        Ok(())
    }

    /// Shows a command and runs it, with nothing of the reader's own credentials.
    fn ociam(&self, arguments: &[&str]) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        let shown = arguments.join(" ");
        writeln!(out, "$ ociam {shown}\n")?;
        out.flush()?;
        drop(out);
        let kept = ["PATH", "TERM", "LANG", "SystemRoot", "CLICOLOR_FORCE"];
        let kept = kept.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        let secret = fs::read_to_string(self.state.join("genai_api_key"))?;
        let config = self.state.join("config");
        let status = Command::new(std::env::current_exe()?)
            .args(["--isolated", "--color", if self.terminal.out.color { "always" } else { "never" }])
            .args(arguments)
            .current_dir(self.work)
            .env_clear()
            .envs(kept)
            .env("HOME", self.work)
            .env("OCIAM_ENDPOINTS", self.state.join("endpoints.json"))
            .env("OCI_CLI_CONFIG_FILE", &config)
            .env("OCI_GENAI_API_KEY", OsStr::new(secret.trim()))
            .status()?;
        match status.code() {
            Some(0 | 1) => Ok(()),
            _ => Err(Failure::usage(format!("`ociam {shown}` could not be shown"))),
        }
    }
}
