//! Margins of decisions in bins, for histograms.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Decisions whose number lies in `2^log2 ≤ |x| / tolerance < 2^(log2 + 2)`; the first and the last
/// bin, at -64 and 62, take what lies beyond them, and exact zeros.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MarginBin {
    /// Where it starts, even.
    pub log2: i32,
    /// Answered alike by the exact run; of polish, which exact runs do not have, all.
    pub same: usize,
    /// Answered differently, or not asked, by the exact run.
    pub different: usize,
}

impl MarginBin {
    /// Bits in a bin.
    pub const WIDTH: i32 = 2;

    /// The start of the bin of a margin.
    pub(super) fn start(margin: f64) -> i32 {
        (margin / f64::from(Self::WIDTH)).floor().clamp(-32.0, 31.0) as i32 * Self::WIDTH
    }
}

/// Counts of margins in bins.
pub(super) fn bins(margins: &[(f32, bool)]) -> Vec<MarginBin> {
    let mut bins = std::collections::BTreeMap::<i32, MarginBin>::new();
    for &(margin, same) in margins {
        let log2 = MarginBin::start(f64::from(margin));
        let bin = bins.entry(log2).or_insert(MarginBin { log2, ..MarginBin::default() });
        *(if same { &mut bin.same } else { &mut bin.different }) += 1;
    }
    bins.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins_fall_into_bins() {
        let infinite = f32::INFINITY;
        let found = bins(&[(-infinite, true), (-0.5, true), (0.0, false), (1.9, true), (2.0, true), (infinite, true)]);
        let counts: Vec<_> = found.iter().map(|bin| (bin.log2, bin.same, bin.different)).collect();
        assert_eq!(counts, [(-64, 1, 0), (-2, 1, 0), (0, 1, 1), (2, 1, 0), (62, 1, 0)]);
    }
}
