//! Text and where it came from: files, spans, line index, and the map from each byte of an evaluated string back to
//! the file that the user edits; and what of a text must not be shown as it is. Depends on nothing else of the project.

mod files;
mod mapped;
mod secrets;
mod span;
mod visible;

pub use files::{FileId, Files, Place, Position, SourceFile};
pub use mapped::{Hole, HoleKind, MappedText, Origin, Segment, TextBuilder};
pub use secrets::{mask, mask_part, mask_shapes, redact, without_value};
pub use span::Span;
pub use visible::{visible, visible_in_place};
