//! A count of all.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Those of which something holds, and all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// Those of which it holds.
    pub count: usize,
    /// All.
    pub total: usize,
}

impl Share {
    /// Counts.
    pub fn of(holds: impl Iterator<Item = bool>) -> Self {
        holds.fold(Self::default(), |share, holds| Self {
            count: share.count + usize::from(holds),
            total: share.total + 1,
        })
    }

    /// In percent; NaN of nothing.
    pub fn percent(self) -> f64 {
        100.0 * self.count as f64 / self.total as f64
    }

    /// Whether it holds of all.
    pub fn is_all(self) -> bool {
        self.count == self.total
    }
}

/// `31 of 32`.
impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {}", self.count, self.total)
    }
}
