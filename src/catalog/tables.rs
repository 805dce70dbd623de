//! The tables that `build.rs` makes of `data/`. Each is sorted by name without regard to case.

use super::Kind;
use super::fact::{Certainty, Fact, Source};
use super::genai::{ErrorCode, ErrorText, Hosting, Life, Mode, Model, ModelRegion, Probe, Support, Wording};
use super::iam::{Operation, Permission, ResourceType, Shape, Slip, Verb, WrongName};
use super::place::{AuthMethod, Delay, Limit, List, Plane, Realm, Region};
use super::principal::{OcidKind, Place, PrincipalType};
use super::traits::TraitRow;
use super::variable::{Scope, ValueType, Variable};

include!(concat!(env!("OUT_DIR"), "/catalog.rs"));
