//! An OCI on loopback: real wire protocols, real signature checks, decisions by the evaluator, answers as OCI words
//! them, so that clients, policies and diagnoses can be tried without a tenancy.
//!
//! A request goes one way: `server` (sockets) makes a [`Call`] of it, `route` finds the [`Route`], `authenticate`
//! says who is calling, `authorize` asks the evaluator, and one function of `planes` gives the [`Answer`]. Whatever
//! stops it on the way is a [`Failure`], which `failure` words as the plane would. Binds and calls nothing but loopback.

mod call;
mod change;
pub mod failure;
pub mod planes;
pub mod route;
mod store;

pub use call::{Answer, Body, Call, Caller, Failure, Route, Target, form_pairs};
pub use change::Change;
pub use store::Store;
