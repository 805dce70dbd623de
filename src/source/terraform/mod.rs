//! Terraform and OpenTofu: configuration files in, statements with their places out.
//!
//! `syntax` is the tree, the same for native and JSON syntax, `content` those parts of it that are read late; `read` makes it, with recovery; `module` puts a
//! directory's files together; `eval` resolves what Terraform would resolve without a plan.

pub mod content;
pub mod eval;
pub mod module;
pub mod read;
pub mod syntax;
