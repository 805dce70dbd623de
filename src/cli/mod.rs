//! The subcommands: arguments in, a call to the core, a report out.

pub mod catalog;
