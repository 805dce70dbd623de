//! Points in time and times of day in conditions. All in UTC.

use std::sync::Arc;

use super::Truth;
use super::condition::{Operator, Test, Value};

/// Seconds since the start of the year 0, by the calendar.
pub fn instant(text: &str) -> Option<i64> {
    let text = text.trim().trim_end_matches(['z', 'Z']);
    let (date, clock) = text.split_once(['t', 'T', ' ']).unwrap_or((text, "00:00:00"));
    let mut parts = date.splitn(3, '-').map(|part| part.parse::<i16>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let date = jiff::civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let days = date.since(jiff::civil::Date::new(1, 1, 1).ok()?).ok()?.get_days();
    Some(i64::from(days) * 86_400 + i64::from(time_of_day(clock)?))
}

/// Whether a text is a point in time as requests carry it.
pub fn is_readable(text: &str) -> bool {
    instant(text).is_some() && parts(text).is_some()
}

/// Seconds since midnight of `05:00:00`, `05:00`, `2:01:00Z`.
fn time_of_day(text: &str) -> Option<u32> {
    let text = text.trim().trim_end_matches(['z', 'Z']);
    let mut parts = text.splitn(3, ':');
    let mut part = |limit: u32| {
        let part = parts.next().unwrap_or("0");
        let whole = part.split_once('.').map_or(part, |(whole, _)| whole);
        whole.parse::<u32>().ok().filter(|number| *number < limit)
    };
    let (hours, minutes, seconds) = (part(24)?, part(60)?, part(61)?);
    text.contains(':').then_some(hours * 3600 + minutes * 60 + seconds)
}

/// Whether a `before`, `after` or `between` test holds for the carried values.
pub fn holds(test: &Test, carried: &[Arc<str>]) -> Truth {
    let text = |at: usize| match test.values.get(at) {
        Some(Value::Text(text)) => Some(text.as_ref()),
        _ => None,
    };
    let Some(now) = carried.first() else { return Truth::Unknown };
    let whole = match test.operator {
        Operator::Before => instant(now).zip(text(0).and_then(instant)).map(|(now, limit)| now < limit),
        Operator::After => instant(now).zip(text(0).and_then(instant)).map(|(now, limit)| now > limit),
        Operator::Between => {
            let ends = text(0).and_then(time_of_day).zip(text(1).and_then(time_of_day));
            // SPEC: the span may run over midnight.
            time_of_day(now).zip(ends).map(|(now, (from, until))| {
                if from <= until { from <= now && now <= until } else { now >= from || now <= until }
            })
        }
        _ => None,
    };
    whole.map_or(Truth::Unknown, Truth::from)
}

/// The text of an instant as [`holds`] compares it, of a time given in any documented form.
pub fn parts(text: &str) -> Option<Parts> {
    instant(text)?;
    let plain = text.trim().trim_end_matches(['z', 'Z']);
    let (date, clock) = plain.split_once(['t', 'T', ' ']).unwrap_or((plain, "00:00:00"));
    let mut fields = date.splitn(3, '-').map(|part| part.parse::<i16>().ok());
    let (year, month, day) = (fields.next()??, fields.next()??, fields.next()??);
    let date = jiff::civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let weekday = match date.weekday() {
        jiff::civil::Weekday::Monday => "monday",
        jiff::civil::Weekday::Tuesday => "tuesday",
        jiff::civil::Weekday::Wednesday => "wednesday",
        jiff::civil::Weekday::Thursday => "thursday",
        jiff::civil::Weekday::Friday => "friday",
        jiff::civil::Weekday::Saturday => "saturday",
        jiff::civil::Weekday::Sunday => "sunday",
    };
    Some(Parts { month: month as u8, day: day as u8, weekday, clock: clock.to_owned() })
}

/// What conditions ask of an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// The English name, in lower case.
    pub weekday: &'static str,
    /// Hours, minutes, seconds.
    pub clock: String,
}

#[cfg(test)]
mod tests {
    use super::{instant, parts, time_of_day};

    #[test]
    fn the_documented_forms_of_time_are_read() {
        assert_eq!(instant("2020-04-01T05:00Z"), instant("2020-04-01T05:00:00Z"));
        assert_eq!(instant("2020-04-01Z"), instant("2020-04-01T00:00:00Z"));
        assert!(instant("2020-04-01T15:00:00Z") > instant("2020-04-01Z"));
        assert_eq!(instant("next week"), None);
        assert_eq!(time_of_day("2:01:00Z"), Some(7260));
        assert_eq!(time_of_day("25:00:00"), None);
        assert_eq!(parts("2026-11-21T05:00:00Z").map(|parts| parts.weekday), Some("saturday"));
    }
}
