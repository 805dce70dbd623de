//! Questions to a person at the terminal, for what a wish leaves open.

use std::io::{self, Write};

use crate::checklist::{Question, Wish};

use super::{Failure, people_are_there};

/// Asks for what is missing; without a person it is a failure that names it all.
pub(super) fn complete(wish: &mut Wish) -> Result<(), Failure> {
    let questions = wish.questions();
    if questions.is_empty() {
        return Ok(());
    }
    if !people_are_there() {
        let missing: Vec<String> = questions.iter().map(|question| format!("--{}", question.field)).collect();
        let help = questions.first().map(choices).unwrap_or_default();
        return Err(Failure::with_help(format!("missing: {}", missing.join(", ")), help));
    }
    for question in questions {
        let answer = one(&question)?;
        wish.answer(question.field, &answer);
    }
    Ok(())
}

fn choices(question: &Question) -> String {
    let names: Vec<&str> = question.choices.iter().map(|(name, _)| name.as_str()).collect();
    match names.is_empty() {
        true => question.text.to_owned(),
        false => format!("--{} is one of {}", question.field, names.join(", ")),
    }
}

/// Asks until the answer is one: a choice by name or number, or any text where there are no choices.
fn one(question: &Question) -> Result<String, Failure> {
    let mut err = io::stderr().lock();
    let width = question.choices.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (number, (name, what)) in question.choices.iter().enumerate() {
        writeln!(err, "  {:2}. {name:width$}  {what}", number + 1)?;
    }
    loop {
        let default = question.default.as_deref().map(|text| format!(" [{text}]")).unwrap_or_default();
        write!(err, "{}{default}? ", question.text)?;
        err.flush()?;
        let mut line = String::new();
        if io::stdin().read_line(&mut line)? == 0 {
            return Err(Failure::usage(format!("--{} is missing", question.field)));
        }
        let text = line.trim();
        let text = if text.is_empty() { question.default.as_deref().unwrap_or_default() } else { text };
        let by_number =
            text.parse::<usize>().ok().and_then(|number| question.choices.get(number.checked_sub(1)?));
        if let Some((name, _)) = by_number {
            return Ok(name.clone());
        }
        // A region may be newer than the list.
        let listed = question.choices.iter().any(|(name, _)| name == text);
        if !text.is_empty() && (question.choices.is_empty() || listed || question.field == "region") {
            return Ok(text.to_owned());
        }
        writeln!(err, "write a name or number of the list")?;
    }
}

/// Asks whether something is done that nothing here shows.
pub(super) fn is_done(title: &str) -> Result<bool, Failure> {
    let mut err = io::stderr().lock();
    write!(err, "{title}: is that done [y/N]? ")?;
    err.flush()?;
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
