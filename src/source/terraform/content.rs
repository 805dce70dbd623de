//! What is in a block, read when something asks for it. Most blocks of a tree of folders declare what no policy
//! names, and to make trees of them would cost more than all else that is done with a file.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use super::read;
use super::syntax::Body;
use crate::text::FileId;

/// A block's content.
#[derive(Clone)]
pub struct Content {
    body: OnceLock<Body>,
    later: Option<Later>,
}

/// Where to read it. The text was gone through already, and is known to be right.
#[derive(Clone)]
struct Later {
    file: FileId,
    text: Arc<str>,
    start: usize,
}

impl Content {
    /// What stands between the braces of which the first is at byte `start`, to be read when it is asked for.
    pub(super) fn later(file: FileId, text: &Arc<str>, start: usize) -> Self {
        Self { body: OnceLock::new(), later: Some(Later { file, text: Arc::clone(text), start }) }
    }

    /// Whether it is, or was, left for later.
    pub(super) fn is_later(&self) -> bool {
        self.later.is_some()
    }
}

impl From<Body> for Content {
    fn from(body: Body) -> Self {
        Self { body: OnceLock::from(body), later: None }
    }
}

impl Deref for Content {
    type Target = Body;

    fn deref(&self) -> &Body {
        self.body.get_or_init(|| {
            let later = self.later.as_ref();
            later.and_then(|later| read::block(later.file, &later.text, later.start)).unwrap_or_default()
        })
    }
}

impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}
