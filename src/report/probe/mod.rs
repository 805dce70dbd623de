//! A run of the probe as people and programs read it: one file a form.

mod human;
mod json;
mod page;
mod tell;

pub use human::{write, write_plan};
pub use json::{document, planned};
pub use page::{html, markdown};
