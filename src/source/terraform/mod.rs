//! Terraform and OpenTofu: configuration files in, statements with their places out.
//!
//! `syntax` is the tree, the same for native and JSON syntax; `read` makes it, with recovery; `module` puts a
//! directory's files together; `eval` resolves what Terraform would resolve without a plan.

pub mod eval;
pub mod module;
pub mod read;
pub mod syntax;
