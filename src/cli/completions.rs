//! `ociam completions`: scripts that complete the command line.

use std::io::{self, Write};

use clap_complete::Shell;

use super::{Answer, Status, command};

/// Print a completion script for a shell
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  ociam completions bash > /etc/bash_completion.d/ociam\n  ociam completions zsh > \"${fpath[1]}/_ociam\""
)]
pub(super) struct CompletionsArgs {
    /// Which shell
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs) -> Answer {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command(), "ociam", &mut script);
    io::stdout().lock().write_all(&script)?;
    Ok(Status::Clean)
}
