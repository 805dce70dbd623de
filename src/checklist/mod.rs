//! Onboarding a workload to Generative AI: from a wish to a decision, ordered steps, and what is done of them.
//!
//! ```text
//! Wish ── decide ──► Decision (every auth method, question by question)
//!   └──── plan ────► steps, least statements, environment, snippet ── verify(evidence) ──► done · missing · wrong
//! ```
//!
//! Pure: what was read, looked up or answered is handed in. Facts are data, in the catalogue and under `data/`; the
//! statements are written and judged by `authz`.

mod decision;
mod facts;
mod fill;
mod grants;
mod key;
mod nearest;
mod plan;
mod terraform;
mod verify;
mod wish;

pub use decision::{Answered, Candidate, Decision, decide};
pub use facts::{
    Api, Basis, Call, Client, Mode, Offer, Route, Service, Setup, Workload, Worth, call, calls, client,
    clients, workload, workloads,
};
pub use fill::Params;
pub use grants::{Grant, Group, is_root};
pub use key::{Gravity, KeyReport, Remark, SecretState, assess, key_from_json, ocid_parts};
pub use nearest::{Offered, near, offered};
pub use plan::{Block, CheckKind, Outcome, Plan, Snippet, Step, Variable, plan};
pub use terraform::terraform;
pub use verify::{
    Ask, Checked, Credential, Evidence, Live, Local, Observed, Seen, Status, Suspect, Trial, verify,
};
pub use wish::{NAMES, Name, Question, Wish, WishError, name_of};
