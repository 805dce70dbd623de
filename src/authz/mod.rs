//! The evaluator: may this principal make this request, by which statement, and if not, by what clause.
//!
//! ```text
//! Tenancy ── Compiled::new ──► compartments, groups, grants by subject, action and compartment
//!                                   │
//!                        decide(request) ──► allow, deny or unknown, with reasons
//! ```
//!
//! Pure: values in, values out. Everything is three-valued: what a hole, a missing attribute or an open question of
//! the documentation leaves open comes out as unknown with its reason, never as a guess.

mod across;
mod action;
mod caller;
mod compile;
mod compiled;
mod condition;
mod cover;
mod decide;
mod diff;
mod from_configuration;
mod from_dump;
mod least;
mod near_miss;
mod overlap;
mod request;
mod strange;
mod subject;
mod tenancy;
mod time;
mod tree;
mod truth;
mod value;
mod ways;
mod who_can;

pub use across::{Across, Side, decide_across};
pub use action::{Action, Effect, Right, TypeName};
pub use compile::{Foreign, Grant, Origin, Scope};
pub use compiled::{ADMINISTRATORS_POLICY, Compiled};
pub use condition::{Condition, Operator, Test, Value};
pub use cover::{Of, covers, covers_across};
pub use decide::{Decision, Fit, Open, Prepared, Verdict, decide};
pub use diff::{AccessDiff, Change, ChangeKind, diff};
pub use from_dump::listed;
pub use least::statement as least_statement;
pub use near_miss::{Clause, Miss, NearMiss, near_misses};
pub use overlap::Overlaps;
pub use request::{GroupName, Principal, Request, ResourcePrincipal, Wanted};
pub use strange::{nearest, strange_names};
pub use subject::{Members, SubjectMatch};
pub use tenancy::{
    ApiKey, Compartment, Domain, DynamicGroup, Group, Placed, Policy, Resource, Secret, StatementText, Tags,
    Tenancy, TenancyError, Unseen, User,
};
pub use time::is_readable as is_readable_time;
pub use tree::{NodeId, ROOT, Target, Tree};
pub use truth::Truth;
pub use value::{Attribute, Pattern};
pub use ways::{ConditionTruth, condition_truth};
pub use who_can::{Able, who_can};
