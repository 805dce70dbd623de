//! The public face of the library behind the `ociam` command.
//!
//! Arrows go down only: `text`, `diag`, `wire` → `policy`, `catalog` → `source` → `config` → `authz` → `lint`,
//! `diagnose` → `probe`, `sandbox` → `checklist` → `report` → `cli`. What talks to a network, `wire`, `probe` and
//! `sandbox`, is the feature `live`, on by default.

pub mod authz;
pub mod catalog;
pub mod checklist;
pub mod cli;
pub mod config;
pub mod diag;
pub mod diagnose;
pub mod lint;
pub mod policy;
#[cfg(feature = "live")]
pub mod probe;
pub mod report;
#[cfg(feature = "live")]
pub mod sandbox;
pub mod source;
pub mod text;
#[cfg(feature = "live")]
pub mod wire;
