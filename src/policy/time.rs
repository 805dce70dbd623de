//! The time variables: which operators they take, and which values.
//!
//! The only variables that the language itself treats apart; all others are the catalogue's business.

use super::ast::{Test, TestKind, Value, ValueKind};
use super::error::{SyntaxError, SyntaxErrorKind as Kind};
use crate::diag::Severity;
use crate::text::Span;

/// What a time variable holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Clock {
    Timestamp,
    TimeOfDay,
    Month,
    DayOfMonth,
    DayOfWeek,
    /// No time.
    Other,
}

impl Clock {
    fn of(variable: &str) -> Clock {
        let Some(rest) =
            variable.get(..21).filter(|start| start.eq_ignore_ascii_case("request.utc-timestamp"))
        else {
            return Clock::Other;
        };
        let rest = variable.get(rest.len()..).unwrap_or("").to_ascii_lowercase();
        match rest.as_str() {
            "" => Clock::Timestamp,
            ".time-of-day" => Clock::TimeOfDay,
            ".month-of-year" => Clock::Month,
            ".day-of-month" => Clock::DayOfMonth,
            ".day-of-week" => Clock::DayOfWeek,
            _ => Clock::Other,
        }
    }
}

/// Reports an operator or value that doesn't fit a time variable, and a time operator on another one.
pub(super) fn check(text: &str, test: &Test, errors: &mut Vec<SyntaxError>) {
    let variable = match &test.kind {
        TestKind::Compare { variable, .. }
        | TestKind::In { variable, .. }
        | TestKind::Time { variable, .. }
        | TestKind::Between { variable, .. } => variable,
        TestKind::Present(_) | TestKind::Absent(_) | TestKind::Call { .. } => return,
    };
    let Some(name) = variable.known(text) else { return };
    let clock = Clock::of(name);
    let mut misfit = |message: &str, help: &str| {
        errors.push(problem(Kind::OperatorMisfit, test.span, message, help));
    };
    match (&test.kind, clock) {
        (TestKind::Time { .. }, Clock::Timestamp) | (TestKind::Between { .. }, Clock::TimeOfDay) => {}
        (_, Clock::Timestamp) => {
            misfit(
                "`request.utc-timestamp` takes `before` and `after` only",
                "write `before '<time>'` or `after '<time>'`",
            );
            return;
        }
        (_, Clock::TimeOfDay) => {
            misfit(
                "`request.utc-timestamp.time-of-day` takes `between` only",
                "write `between '<time>' and '<time>'`",
            );
            return;
        }
        (TestKind::Time { .. }, _) => {
            misfit(
                "`before` and `after` go with `request.utc-timestamp` only",
                "write `=`, `!=`, `in` or `not in`",
            );
            return;
        }
        (TestKind::Between { .. }, _) => {
            misfit(
                "`between` goes with `request.utc-timestamp.time-of-day` only",
                "write `=`, `!=`, `in` or `not in`",
            );
            return;
        }
        _ => {}
    }
    if clock != Clock::Other {
        for value in values(&test.kind) {
            check_value(text, clock, value, errors);
        }
    }
}

fn values(kind: &TestKind) -> Vec<Value> {
    match kind {
        TestKind::Compare { value, .. } | TestKind::Time { value, .. } => vec![*value],
        TestKind::In { values, .. } => values.clone(),
        TestKind::Between { from, until, .. } => vec![*from, *until],
        TestKind::Present(_) | TestKind::Absent(_) | TestKind::Call { .. } => Vec::new(),
    }
}

fn check_value(text: &str, clock: Clock, value: Value, errors: &mut Vec<SyntaxError>) {
    if value.kind != ValueKind::Literal {
        return;
    }
    let Some(written) = value.atom.known(text) else { return };
    let number = |most: u32| {
        let digits = !written.is_empty() && written.bytes().all(|byte| byte.is_ascii_digit());
        digits && written.parse::<u32>().is_ok_and(|number| (1..=most).contains(&number))
    };
    let (fits, help) = match clock {
        Clock::Timestamp => {
            (is_timestamp(written), "write an ISO 8601 time in UTC, such as `'2026-04-01T15:00:00Z'`")
        }
        Clock::TimeOfDay => (is_time(written), "write a time in UTC, such as `'17:00:00Z'`"),
        Clock::Month => (number(12), "write a number from `'1'` to `'12'`"),
        Clock::DayOfMonth => (number(31), "write a number from `'1'` to `'31'`"),
        Clock::DayOfWeek => (is_day(written), "write the English name of the day, such as `'monday'`"),
        Clock::Other => return,
    };
    if !fits {
        let message = format!("`{written}` is not in the form that this variable takes");
        errors.push(problem(Kind::MalformedTime, value.atom.span, &message, help));
    }
}

fn problem(kind: Kind, span: Span, message: &str, help: &str) -> SyntaxError {
    let mut error = SyntaxError::new(kind, Severity::Error, span, message);
    error.help(help);
    error
}

fn is_day(word: &str) -> bool {
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
        .iter()
        .any(|day| day.eq_ignore_ascii_case(word))
}

/// `2020-04-01T15:00:00Z`, `2020-04-01T05:00Z`, `2020-04-01Z`, and fractions of a second or no `Z`.
fn is_timestamp(word: &str) -> bool {
    let (date, time) = match word.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (word.trim_end_matches(['Z', 'z']), None),
    };
    let mut parts = date.split('-');
    let (year, month, day) =
        (parts.next().unwrap_or(""), parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let fits = in_range(year, 4, 4, 0, 9999)
        && in_range(month, 1, 2, 1, 12)
        && in_range(day, 1, 2, 1, days_of(month.parse().unwrap_or(0), year.parse().unwrap_or(0)));
    fits && parts.next().is_none() && time.is_none_or(is_time)
}

fn days_of(month: u32, year: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// `05:00:00`, `2:01:00Z`, `17:00Z`.
fn is_time(word: &str) -> bool {
    let word = word.trim_end_matches(['Z', 'z']);
    let word = word
        .split_once('.')
        .filter(|(_, part)| part.bytes().all(|b| b.is_ascii_digit()))
        .map_or(word, |(w, _)| w);
    let word = word.strip_suffix("+00:00").unwrap_or(word);
    let mut parts = word.split(':');
    let hour = parts.next().is_some_and(|hour| in_range(hour, 1, 2, 0, 24));
    let minute = parts.next().is_some_and(|minute| in_range(minute, 2, 2, 0, 59));
    let second = parts.next().is_none_or(|second| in_range(second, 2, 2, 0, 60));
    hour && minute && second && parts.next().is_none()
}

fn in_range(digits: &str, shortest: usize, longest: usize, least: u32, most: u32) -> bool {
    (shortest..=longest).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && digits.parse::<u32>().is_ok_and(|number| (least..=most).contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_time_forms_fit_and_others_do_not() {
        for time in [
            "2020-04-01T15:00:00Z",
            "2020-04-01T05:00Z",
            "2020-04-01Z",
            "2026-12-31T00:00:00.000Z",
            "2028-02-29Z",
        ] {
            assert!(is_timestamp(time), "{time}");
        }
        for time in [
            "01/01/2022",
            "2022-13-01Z",
            "2026-02-29Z",
            "2026-04-31T00:00:00Z",
            "tomorrow",
            "2022-01-01T25:00Z",
            "",
        ] {
            assert!(!is_timestamp(time), "{time}");
        }
        assert!(is_time("05:00:00") && is_time("2:01:00Z") && !is_time("5pm") && !is_time("17"));
    }
}
