//! Where the reports of a run go: one to standard output, any number of others to files.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::builder::{EnumValueParser, PossibleValue, TypedValueParser};

use crate::report::{self, Format, Report, Style};
use crate::source::reason;

use super::super::terminal::Terminal;
use super::super::{Failure, Global};
use super::LintArgs;

/// Width of the reports that go to files.
const FILE_WIDTH: usize = 100;

/// A format, and the file that it goes to unless that is standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ReportTo {
    format: Format,
    file: Option<PathBuf>,
}

/// Reads `FORMAT` or `FORMAT=FILE`.
#[derive(Clone)]
pub(super) struct ReportParser;

impl TypedValueParser for ReportParser {
    type Value = ReportTo;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<ReportTo, clap::Error> {
        let formats = EnumValueParser::<Format>::new();
        let split = value.to_str().and_then(|text| text.split_once('='));
        let Some((format, file)) = split else {
            return Ok(ReportTo { format: formats.parse_ref(command, argument, value)?, file: None });
        };
        let format = formats.parse_ref(command, argument, OsStr::new(format))?;
        if file.is_empty() {
            let message = format!("no file stands behind `{}`", value.to_string_lossy());
            return Err(command.clone().error(clap::error::ErrorKind::ValueValidation, message));
        }
        Ok(ReportTo { format, file: (file != "-").then(|| PathBuf::from(file)) })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let formats = EnumValueParser::<Format>::new();
        let values: Vec<PossibleValue> = formats.possible_values()?.collect();
        Some(Box::new(values.into_iter()))
    }
}

/// The reports that the arguments ask for, the one for standard output among them.
pub(super) fn wanted(args: &LintArgs) -> Result<Vec<ReportTo>, Failure> {
    let mut reports = args.format.clone();
    if reports.is_empty() {
        reports.push(ReportTo { format: Format::Human, file: None });
    }
    if let Some(file) = &args.output_file {
        let mut open = reports.iter_mut().filter(|report| report.file.is_none());
        match open.next() {
            Some(report) => report.file = Some(file.clone()),
            None => return Err(Failure::usage("`--output-file` has no format left to write")),
        }
    }
    let mut places = BTreeSet::new();
    if let Some(twice) = reports.iter().find(|report| !places.insert(report.file.clone())) {
        return Err(match &twice.file {
            Some(file) => Failure::usage(format!("two formats can't go to `{}`", file.display())),
            None => Failure::with_help(
                "only one format can go to standard output",
                "give the others a file, such as `--format sarif=ociam.sarif`",
            ),
        });
    }
    if args.statistics
        && let Some(other) = reports.iter().find(|report| !statistics_in(report.format))
    {
        return Err(Failure::with_help(
            format!("`--statistics` can't be printed as {}", word(other.format)),
            "use it with `human` or `json`",
        ));
    }
    if args.shows_hidden() && !reports.iter().any(|report| report.format.shows_hidden()) {
        return Err(Failure::with_help(
            "what is hidden can't be shown in this format",
            "use it with `human`, `plain`, `json` or `sarif`",
        ));
    }
    Ok(reports)
}

fn statistics_in(format: Format) -> bool {
    matches!(format, Format::Human | Format::Json)
}

fn word(format: Format) -> String {
    use clap::ValueEnum;
    format.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

/// Writes every report; the one on standard output to `first`, where it must go elsewhere.
pub(super) fn write(
    args: &LintArgs,
    reports: &[ReportTo],
    report: &Report<'_>,
    terminal: &Terminal,
    global: &Global,
    first: Option<&mut dyn Write>,
) -> Result<(), Failure> {
    let mut first = first;
    for to in reports {
        match &to.file {
            Some(path) => {
                let style = Style { color: false, width: FILE_WIDTH };
                to_file(path, |out| one(args, to.format, report, style, global, out))?;
            }
            None => match first.take() {
                Some(out) => one(args, to.format, report, terminal.err, global, out)?,
                None => {
                    let mut out = BufWriter::new(io::stdout().lock());
                    one(args, to.format, report, terminal.out, global, &mut out)?;
                    out.flush()?;
                }
            },
        }
    }
    Ok(())
}

fn to_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let written = File::create(path).and_then(|file| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.flush()
    });
    written.map_err(|error| Failure::usage(format!("can't write `{}`: {}", path.display(), reason(&error))))
}

fn one(
    args: &LintArgs,
    format: Format,
    report: &Report<'_>,
    style: Style,
    global: &Global,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Json if args.statistics => report::statistics_json(report.findings, out),
        _ if args.statistics => report::statistics(report.findings, out),
        format if format.is_for_people() && global.quiet => {
            report::write_findings_as(format, report, style, out)
        }
        format => report::write(format, report, style, out),
    }
}
