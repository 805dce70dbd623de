//! Where faults come in: moments in the way of a request at which something may go wrong on purpose.

use std::time::Duration;

use super::call::{Answer, Call, Caller, Failure, Route};

/// A moment in the way of a request.
#[derive(Clone, Copy, Debug)]
pub enum Moment<'a> {
    /// It has come in; nothing is known of it.
    Arrived,
    /// It is known who asks for what.
    Authenticated(&'a Route, &'a Caller),
    /// The answer is ready.
    Answered(&'a Answer),
}

/// What goes wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It is refused.
    Refuse(Failure),
    /// Something else answers.
    Instead(Answer),
    /// Nothing happens for a while, then it goes on.
    Wait(Duration),
    /// The connection ends without an answer.
    HangUp,
    /// The connection ends after so many bytes of the body.
    CutAfter(usize),
}

/// Decides what goes wrong, if anything.
pub trait Faults: Send + Sync {
    /// What happens to a call at a moment; nothing, as a rule.
    fn at(&self, moment: Moment<'_>, call: &Call) -> Vec<Fault>;
}

/// Nothing goes wrong.
#[derive(Clone, Copy, Debug)]
pub struct NoFaults;

impl Faults for NoFaults {
    fn at(&self, _: Moment<'_>, _: &Call) -> Vec<Fault> {
        Vec::new()
    }
}
