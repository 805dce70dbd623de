//! Numbers in the form that `%v` and `%g` give them.

/// The shorter of `123.5` and `1.2e+07`, with so many digits at most. `None` takes as many as the number has.
pub fn general(number: f64, precision: Option<usize>) -> String {
    let shown = match precision {
        Some(digits) => format!("{number:.*e}", digits.clamp(1, 100) - 1),
        None => format!("{number:e}"),
    };
    let (mantissa, exponent) = shown.split_once('e').unwrap_or((&shown, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let mantissa = match mantissa.contains('.') {
        true => mantissa.trim_end_matches('0').trim_end_matches('.'),
        false => mantissa,
    };
    let digits = mantissa.chars().filter(char::is_ascii_digit).count();
    let limit = match precision {
        None => 6,
        Some(limit) if limit > digits && i32::try_from(digits).is_ok_and(|digits| digits > exponent) => {
            digits
        }
        Some(limit) => limit.max(1),
    };
    if exponent < -4 || i32::try_from(limit).is_ok_and(|limit| exponent >= limit) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    let decimals = i32::try_from(digits).unwrap_or(0) - 1 - exponent;
    format!("{number:.*}", usize::try_from(decimals).unwrap_or(0))
}
