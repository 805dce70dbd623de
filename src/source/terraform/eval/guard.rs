//! Under which undecided conditions a value is there.

use std::rc::Rc;

/// A conjunction of undecided conditions, each with the outcome that it must have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guard(Option<Rc<[(u32, bool)]>>);

impl Guard {
    /// No condition at all.
    pub fn always() -> Self {
        Self(None)
    }

    /// The condition of this number has this outcome.
    pub fn when(condition: u32, outcome: bool) -> Self {
        Self(Some(Rc::from([(condition, outcome)])))
    }

    /// Whether it holds whatever the conditions' outcome.
    pub fn is_always(&self) -> bool {
        self.0.is_none()
    }

    /// The opposite of a single condition; for several at once always, and `None` where nothing is left.
    pub fn negated(&self) -> Option<Guard> {
        match self.0.as_deref() {
            None => None,
            Some([(condition, outcome)]) => Some(Guard::when(*condition, !outcome)),
            Some(_) => Some(Guard::always()),
        }
    }

    /// Both hold; `None` when they contradict each other.
    pub fn and(&self, other: &Guard) -> Option<Guard> {
        let (Some(mine), Some(theirs)) = (&self.0, &other.0) else {
            return Some(if self.is_always() { other.clone() } else { self.clone() });
        };
        let mut all = mine.to_vec();
        for &(condition, outcome) in theirs.iter() {
            match all.iter().find(|(known, _)| *known == condition) {
                Some((_, known)) if *known != outcome => return None,
                Some(_) => {}
                None => all.push((condition, outcome)),
            }
        }
        all.sort_unstable();
        Some(Guard(Some(all.into())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contradictory_guards_do_not_combine() {
        let (yes, no) = (Guard::when(1, true), Guard::when(1, false));
        assert_eq!(yes.and(&no), None);
        assert_eq!(yes.and(&yes), Some(yes.clone()));
        assert_eq!(Guard::always().and(&no), Some(no.clone()));
        let both = yes.and(&Guard::when(0, false));
        assert_eq!(both.and_then(|both| both.and(&no)), None);
    }
}
