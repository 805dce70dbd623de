//! What the terminal can show: colours and width.

use std::io::{IsTerminal, stderr, stdout};

use clap::builder::Styles;
use clap::builder::styling::{AnsiColor, Effects};

use crate::report::Style;

/// The colours of the help texts.
pub(super) const HELP: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().effects(Effects::BOLD))
    .usage(AnsiColor::Green.on_default().effects(Effects::BOLD))
    .literal(AnsiColor::Cyan.on_default().effects(Effects::BOLD))
    .placeholder(AnsiColor::Cyan.on_default());

/// When to colour.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum ColorChoice {
    /// When the output is a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What the two outputs can show.
pub(super) struct Terminal {
    /// Standard output.
    pub(super) out: Style,
    /// Standard error.
    pub(super) err: Style,
}

impl Terminal {
    /// Looks at the streams and the environment.
    pub(super) fn detect(choice: ColorChoice) -> Self {
        let width = |terminal: bool| {
            let size = if terminal { terminal_size::terminal_size() } else { None };
            size.map_or(100, |(width, _)| usize::from(width.0)).clamp(60, 160)
        };
        let style = |terminal: bool| Style { color: color(choice, terminal), width: width(terminal) };
        Self { out: style(stdout().is_terminal()), err: style(stderr().is_terminal()) }
    }

    /// The words that begin an error and its tip on standard error, styled.
    pub(super) fn error_words(&self) -> (&'static str, &'static str) {
        match self.err.color {
            true => ("\u{1b}[1;31merror:\u{1b}[0m", "\u{1b}[32mtip:\u{1b}[0m"),
            false => ("error:", "tip:"),
        }
    }
}

fn color(choice: ColorChoice, terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if set("NO_COLOR") => false,
        ColorChoice::Auto if std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
        ColorChoice::Auto => terminal && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
    }
}
