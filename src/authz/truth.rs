//! Three-valued truth: what can't be known stays unknown, and only what can't change the answer is dropped.

/// Whether something holds. The order makes `min` a conjunction and `max` a disjunction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// It doesn't.
    False,
    /// It can't be known from what is given.
    Unknown,
    /// It does.
    True,
}

impl Truth {
    /// Both hold.
    pub fn and(self, other: Truth) -> Truth {
        self.min(other)
    }

    /// At least one holds.
    pub fn or(self, other: Truth) -> Truth {
        self.max(other)
    }

    /// All hold. Stops at the first that doesn't.
    pub fn all(each: impl IntoIterator<Item = Truth>) -> Truth {
        let mut all = Truth::True;
        for one in each {
            all = all.and(one);
            if all == Truth::False {
                break;
            }
        }
        all
    }

    /// At least one of them holds. Stops at the first that does.
    pub fn any(each: impl IntoIterator<Item = Truth>) -> Truth {
        let mut any = Truth::False;
        for one in each {
            any = any.or(one);
            if any == Truth::True {
                break;
            }
        }
        any
    }

    /// It does not hold.
    pub fn negated(self) -> Truth {
        match self {
            Truth::False => Truth::True,
            Truth::Unknown => Truth::Unknown,
            Truth::True => Truth::False,
        }
    }

    /// Whether it certainly holds.
    pub fn is_true(self) -> bool {
        self == Truth::True
    }
}

impl From<bool> for Truth {
    fn from(known: bool) -> Self {
        if known { Truth::True } else { Truth::False }
    }
}
