//! Terraform and OpenTofu: configuration files in, statements with their places out.
//!
//! `syntax` is the tree, the same for native and JSON syntax; `read` makes it, with recovery; `eval` resolves
//! what Terraform would resolve without a plan.

pub mod read;
pub mod syntax;
