//! Problems of the files themselves, as findings: not valid, too deep, too large, unreadable. What is wrong
//! with a statement is the rules' business.

use crate::diag::{Confidence, Finding, Severity};
use crate::text::Place;

/// The name under which a file, or a part of it, that can't be read is reported.
pub const UNREADABLE_SOURCE: &str = "unreadable-source";

/// A part of a file that can't be read, so that statements in it may go unseen.
pub fn unreadable(place: Place, message: impl Into<String>, help: Option<&str>) -> Finding {
    Finding {
        rule: UNREADABLE_SOURCE,
        severity: Severity::Error,
        confidence: Confidence::High,
        message: message.into(),
        note: None,
        help: help.map(str::to_owned),
        place,
        labels: Vec::new(),
        statement: None,
        fix: None,
    }
}
