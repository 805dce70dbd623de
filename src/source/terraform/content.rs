//! What is in a block, read when something asks for it. Most blocks of a tree of folders declare what no policy
//! names, and to make trees of them would cost more than all else that is done with a file.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use super::read;
use super::syntax::Body;
use crate::diag::Finding;
use crate::text::{FileId, Span};

/// A block's content.
#[derive(Clone)]
pub struct Content {
    body: OnceLock<(Body, Vec<Finding>)>,
    later: Option<Later>,
}

/// Where to read it.
#[derive(Clone)]
struct Later {
    file: FileId,
    text: Arc<str>,
    block: Span,
    brace: usize,
}

impl Content {
    /// What stands in a block whose first brace is at byte `brace`, to be read when it is asked for.
    pub(super) fn later(file: FileId, text: &Arc<str>, block: Span, brace: usize) -> Self {
        let text = Arc::clone(text);
        Self { body: OnceLock::new(), later: Some(Later { file, text, block, brace }) }
    }

    /// Whether it is, or was, left for later.
    pub(super) fn is_later(&self) -> bool {
        self.later.is_some()
    }

    /// Whether one of these texts may stand in it: tells most blocks apart without reading them.
    pub(super) fn may_hold(&self, texts: &[&str]) -> bool {
        self.later.as_ref().is_none_or(|later| {
            let own = later.block.of(&later.text).as_bytes();
            texts.iter().any(|text| memchr::memmem::find(own, text.as_bytes()).is_some())
        })
    }

    /// What turned out to be wrong with it when it was read after the rest of its file.
    pub(in crate::source) fn problems(&self) -> &[Finding] {
        self.body.get().map_or(&[], |(_, problems)| problems)
    }
}

impl From<Body> for Content {
    fn from(body: Body) -> Self {
        Self { body: OnceLock::from((body, Vec::new())), later: None }
    }
}

impl Deref for Content {
    type Target = Body;

    fn deref(&self) -> &Body {
        let (body, _) = self.body.get_or_init(|| match &self.later {
            Some(Later { file, text, block, brace }) => read::block(*file, text, *block, *brace),
            None => (Body::default(), Vec::new()),
        });
        body
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
