//! `ociam why --from`: whether one tenancy endorses and the other admits a request.

use std::io::{self, Write};
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::authz::{Across, Compiled, Request, Side, Tenancy, Truth, Verdict, decide_across};
use crate::cli::rules::ListFormat;
use crate::cli::tenancy::{remark, state};
use crate::cli::terminal::Terminal;
use crate::cli::{Answer, Failure, Status, print_json};

use super::{place, statement_json, verdict_word, write_statement};

pub(super) fn run(
    from: &[PathBuf],
    target: &Compiled,
    request: &Request,
    format: ListFormat,
    terminal: &Terminal,
) -> Answer {
    let mut home = Tenancy::default();
    for path in from {
        home.merge(state(path, &Tenancy::default(), terminal)?);
    }
    if home.ocid.is_some() && home.ocid == target.tenancy.ocid {
        return Err(Failure::with_help(
            "both tenancies are the same one",
            "leave --from out for a request inside a tenancy",
        ));
    }
    let home = Compiled::new(home);
    let across = decide_across(&home, target, request).map_err(Failure::usage)?;
    remark(&home, target, request)?;
    let sides = Sides { home: &home, target };
    match format {
        ListFormat::Json => {
            print_json(&answer_json(&across, &sides))?;
        }
        ListFormat::Human => human(&across, &sides, request, terminal)?,
    }
    Ok(if across.verdict == Verdict::Allow { Status::Clean } else { Status::Findings })
}

struct Sides<'c> {
    home: &'c Compiled,
    target: &'c Compiled,
}

impl Sides<'_> {
    fn of(&self, side: Side) -> &Compiled {
        match side {
            Side::Home => self.home,
            Side::Target => self.target,
        }
    }

    /// The tenancy as a person calls it.
    fn name(&self, side: Side) -> String {
        let tenancy = &self.of(side).tenancy;
        let otherwise = if side == Side::Home { "of the principal" } else { "of the target" };
        tenancy.name.clone().or_else(|| tenancy.ocid.clone()).unwrap_or_else(|| otherwise.to_owned())
    }
}

fn word(side: Side) -> &'static str {
    match side {
        Side::Home => "home",
        Side::Target => "target",
    }
}

fn answer_json(across: &Across, sides: &Sides<'_>) -> Value {
    let statement = |side: Side, at: usize| {
        let mut shown = statement_json(sides.of(side), at);
        if let Some(object) = shown.as_object_mut() {
            object.insert("tenancy".to_owned(), json!(word(side)));
        }
        shown
    };
    let list =
        |list: &[(Side, usize)]| list.iter().map(|(side, at)| statement(*side, *at)).collect::<Vec<_>>();
    let unknowns: Vec<_> = across
        .unknowns
        .iter()
        .map(|(side, open)| {
            let statement = open.origin.map(|at| statement(*side, at));
            json!({ "statement": statement, "reason": &*open.reason, "tenancy": word(*side) })
        })
        .collect();
    let truth = |truth: Truth| match truth {
        Truth::True => json!(true),
        Truth::False => json!(false),
        Truth::Unknown => Value::Null,
    };
    let (home, target) = across.least.clone().unwrap_or_default();
    json!({
        "schema_version": 1,
        "decision": across.verdict.as_str(),
        "endorsed": truth(across.endorsed),
        "admitted": truth(across.admitted),
        "granted_by": list(&across.granted_by),
        "denied_by": list(&across.denied_by),
        "near_misses": [],
        "unknowns": unknowns,
        "least_statements": target,
        "least_statements_home": home,
    })
}

fn human(across: &Across, sides: &Sides<'_>, request: &Request, terminal: &Terminal) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let (home, target) = (sides.name(Side::Home), sides.name(Side::Target));
    let (who, what, word) =
        (request.principal.label(), request.wanted.label(), verdict_word(across.verdict, terminal));
    writeln!(out, "{word}: {what} by {who} of tenancy {home} in {} of tenancy {target}", place(request))?;
    for (side, truth, verb) in [
        (Side::Home, across.endorsed, ["endorses", "endorse"]),
        (Side::Target, across.admitted, ["admits", "admit"]),
    ] {
        let name = sides.name(side);
        let [does, to_do] = verb;
        match truth {
            Truth::True => writeln!(out, "\ntenancy {name} {does} it")?,
            Truth::False => writeln!(out, "\ntenancy {name} does not {to_do} it")?,
            Truth::Unknown => writeln!(out, "\nwhether tenancy {name} {does} it is not known")?,
        }
        for (_, at) in across.granted_by.iter().filter(|(of, _)| *of == side) {
            write_statement(&mut out, sides.of(side), *at, "  ")?;
        }
        for (_, at) in across.denied_by.iter().filter(|(of, _)| *of == side) {
            write_statement(&mut out, sides.of(side), *at, "  taken away by: ")?;
        }
        for (_, open) in across.unknowns.iter().filter(|(of, _)| *of == side) {
            writeln!(out, "  it depends: {}", open.reason)?;
            if let Some(at) = open.origin {
                write_statement(&mut out, sides.of(side), at, "    ")?;
            }
        }
    }
    match &across.least {
        Some((endorse, admit)) => {
            let sides = [(home, across.endorsed, endorse), (target, across.admitted, admit)];
            for (name, truth, statements) in sides {
                // A side that has said its part needs no more.
                if truth == Truth::True {
                    continue;
                }
                writeln!(out, "\nthe least, in a policy attached to the root compartment of tenancy {name}")?;
                statements.iter().try_for_each(|text| writeln!(out, "  {text}"))?;
            }
        }
        None if across.verdict != Verdict::Allow && across.denied_by.is_empty() => {
            writeln!(
                out,
                "\nwhat both sides must say can be told where both tenancy files hold the OCIDs of tenancy and group"
            )?;
        }
        None => {}
    }
    Ok(())
}
