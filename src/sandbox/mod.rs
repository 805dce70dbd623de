//! An OCI on loopback: real wire protocols, real signature checks, decisions by the evaluator, answers as OCI words
//! them, so that clients, policies and diagnoses can be tried without a tenancy.
//!
//! A request goes one way: `server` (sockets, at one of the `doors`) makes a [`Call`] of it, `serve` leads it on:
//! `route` finds the [`Route`], `authenticate` says who is calling, `authorize` asks the evaluator, and one function of
//! `planes` gives the [`Answer`]; `federation` gives out tokens. Whatever stops it on the way is a [`Failure`], which
//! `failure` words as the plane would. What clients are given lies in a `state` directory; what is served is the
//! current `world`. Binds and calls nothing but loopback.

mod authenticate;
mod authorize;
mod call;
mod change;
mod doors;
pub mod failure;
mod faults;
mod federation;
mod issue;
mod log;
pub mod planes;
mod principals;
pub mod route;
mod run;
mod serve;
mod server;
mod settings;
mod settle;
mod state;
mod store;
mod world;

pub use call::{Answer, Body, Call, Caller, Failure, Route, Target, form_pairs};
pub use change::Change;
pub use faults::{Faults, Spec as FaultSpec, SpecError as FaultError};
pub use run::{Options, Running, start};
pub use serve::Sandbox;
pub use settings::Settings;
pub use settle::join_all_groups;
pub use store::Store;
pub use world::{World, sample};
