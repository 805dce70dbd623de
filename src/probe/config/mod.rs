//! OCI config files, as each of Oracle's clients reads them.
//!
//! The clients disagree about inheritance, delimiters, comments and duplicates. [`ConfigFile`] keeps the lines;
//! [`ConfigFile::read`] reads a profile in the manner of one [`Reader`], and [`divergences`] says where another would
//! come to something else. Every complaint names file and line.

mod lines;
mod locate;
mod readers;
mod region;

pub use lines::{ConfigError, ConfigFile};
pub use locate::{Client, Found, Origin, Setting, Settings, active_profile, config_files, settings};
pub use readers::{Divergence, Profile, Reader, Value, divergences};
pub use region::{Place, PlaceError, place};
