//! `ociam parse`: the statements with their trees.

use std::io::{self, Write};
use std::mem::ManuallyDrop;

use rayon::prelude::*;

use crate::policy;
use crate::report;
use crate::text::{Place, mask_shapes, visible};

use super::input::{Input, InputArgs};
use super::terminal::Terminal;
use super::{Answer, Status, print_json};

/// Print every statement and matching rule with its place and tree
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ociam parse --format json modules/iam
  echo 'Allow group A to use keys in tenancy' | ociam parse -")]
pub(super) struct ParseArgs {
    #[command(flatten)]
    input: InputArgs,
    /// How to print
    #[arg(long, short = 'f', value_enum, default_value = "text")]
    format: ParseFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ParseFormat {
    /// One statement a line, behind its place.
    Text,
    /// One JSON document, described by `ociam schema parse`.
    Json,
}

pub(super) fn run(args: &ParseArgs, terminal: &Terminal) -> Answer {
    // The process ends with the run: freeing every text and value one by one would only cost time.
    let input = ManuallyDrop::new(Input::load(&args.input)?);
    input.check_readable(terminal)?;
    let configuration = &input.configuration;
    if args.format == ParseFormat::Json {
        print_json(&report::ParseDocument::of(configuration))?;
    } else {
        let mut out = io::BufWriter::new(io::stdout().lock());
        let at = |place: Place| match configuration.files.get(place.file) {
            Some(file) => format!("{}:{}", file.name, file.position(place.span.start()).line),
            None => String::new(),
        };
        let statements = configuration.statements.par_iter().map(|source| {
            let text = mask_shapes(source.text.as_str());
            let errors = policy::parse(&text, &source.text.hole_spans()).errors;
            (source.place, text, errors)
        });
        for (place, text, errors) in statements.collect::<Vec<_>>() {
            write_line(&mut out, &at(place), &text, &errors)?;
        }
        for source in &configuration.matching_rules {
            let text = mask_shapes(source.text.as_str());
            let errors = policy::parse_matching_rule(&text, &source.text.hole_spans()).errors;
            write_line(&mut out, &at(source.place), &text, &errors)?;
        }
        for unresolved in &configuration.unresolved {
            writeln!(out, "{}: unresolved: {}", at(unresolved.place), unresolved.reason)?;
        }
        out.flush()?;
        if configuration.is_empty() {
            writeln!(io::stderr().lock(), "no policy statement in {}", input.described())?;
        }
    }

    Ok(Status::Clean)
}

fn write_line(out: &mut dyn Write, at: &str, text: &str, errors: &[policy::SyntaxError]) -> io::Result<()> {
    writeln!(out, "{at}: {}", visible(text).split_whitespace().collect::<Vec<_>>().join(" "))?;
    for error in errors {
        writeln!(out, "    {}: {}", error.severity.as_str(), visible(&error.message))?;
    }
    Ok(())
}
