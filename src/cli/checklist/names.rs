//! A flag for every name that a checklist may need, made of the list in the core.

use std::collections::BTreeMap;

use clap::{Arg, ArgMatches, Command};

use crate::checklist::NAMES;

/// Names and OCIDs by what they name.
#[derive(Clone, Debug, Default)]
pub(super) struct NameArgs(pub(super) BTreeMap<String, String>);

impl clap::FromArgMatches for NameArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut found = Self::default();
        found.update_from_arg_matches(matches)?;
        Ok(found)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for name in NAMES {
            if let Some(value) = matches.get_one::<String>(name.key) {
                self.0.insert(name.key.to_owned(), value.clone());
            }
        }
        Ok(())
    }
}

impl clap::Args for NameArgs {
    fn augment_args(command: Command) -> Command {
        NAMES.iter().fold(command, |command, name| {
            let mut help = name.what.chars();
            let mut help: String =
                help.next().map(|c| c.to_uppercase().to_string() + help.as_str()).unwrap_or_default();
            if let Some(default) = name.default {
                help.push_str(&format!(" [default: {default}]"));
            }
            let value = if name.ocid.is_some() { "OCID" } else { "NAME" };
            command.arg(
                Arg::new(name.key)
                    .long(name.key)
                    .value_name(value)
                    .help(help)
                    .help_heading("Names of your tenancy"),
            )
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
