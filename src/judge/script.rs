//! Decisions, and where in a run they stand.

use super::Site;
use std::cmp::Ordering;
use std::collections::HashMap;

/// The stages of an attack, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// Critical points along random lines.
    Locate,
    /// Rows up to a factor: second differences, ratios, relative signs.
    Signature,
    /// Which side of each hyperplane is active.
    Orientation,
    /// Rows once more, where they are measured best; in arithmetics that round.
    Polish,
    /// Output weights and biases.
    LastLayer,
    /// The recovered network against fresh answers.
    Check,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Self; 6] =
        [Self::Locate, Self::Signature, Self::Orientation, Self::Polish, Self::LastLayer, Self::Check];

    /// Name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Locate => "critical points",
            Self::Signature => "weight ratios",
            Self::Orientation => "signs",
            Self::Polish => "polish",
            Self::LastLayer => "last layer",
            Self::Check => "check",
        }
    }
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What a decision is about, independent of the order in which a run meets it.
///
/// A critical point is named by its line and by the path of halvings that isolated
/// it, so that a kink missed by one run does not rename the others. Points and outputs
/// have lines of their own, beyond those searched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Item {
    /// Index of the line.
    pub line: u32,
    /// The interval: a line starts with 4, 5, 6 (and 14, 15 far out), and node `n` splits into
    /// `2n` and `2n + 1`; 0 where a question is about all rows. The index of a point or an output.
    pub node: u128,
    /// 0 for the item as a whole, `j + 1` for input coordinate `j`.
    pub axis: u32,
}

impl Item {
    const POINTS: u32 = u32::MAX;
    const OUTPUTS: u32 = u32::MAX - 1;

    /// An interval of a line.
    pub fn new(line: u32, node: u128) -> Self {
        Self { line, node, axis: 0 }
    }

    /// A point whose answer becomes an equation, or is compared.
    pub fn point(index: usize) -> Self {
        Self::new(Self::POINTS, index as u128)
    }

    /// An output of the victim.
    pub fn output(index: usize) -> Self {
        Self::new(Self::OUTPUTS, index as u128)
    }

    /// Coordinate `j` of the item.
    pub fn axis(self, j: usize) -> Self {
        Self { axis: j as u32 + 1, ..self }
    }
}

impl std::fmt::Display for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.line, self.node) {
            (Self::POINTS, index) => write!(f, "point {index}")?,
            (Self::OUTPUTS, index) => write!(f, "output {index}")?,
            (_, 0) => f.write_str("all rows")?,
            (line, node) => write!(f, "line {} interval {node:x}", line + 1)?,
        }
        if self.axis > 0 { write!(f, " input {}", self.axis - 1) } else { Ok(()) }
    }
}

/// Where a decision stands in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The stage that asks.
    pub stage: Stage,
    /// The item asked about.
    pub item: Item,
    /// The how-many-eth question about this item in this stage.
    pub step: u32,
}

/// One number turned into a branch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decision {
    /// Where it stands.
    pub key: Key,
    /// Which question.
    pub site: Site,
    /// The answer.
    pub sign: Ordering,
    /// `log2(|x| / (τ·scale))` with the table's `τ` at the policy's bits, or at 53 (`τ = 1`
    /// where only zero is zero): positive where `|x|` is above it, `−∞` at zero, `∞` of any
    /// other `x` beside a scale of zero.
    pub margin: f32,
}

/// The decisions of a run, by key: what another run replays.
#[derive(Clone, Debug, Default)]
pub struct Script {
    answers: HashMap<Key, (Site, Ordering)>,
}

impl Script {
    /// The script of these decisions.
    pub fn new(decisions: &[Decision]) -> Self {
        Self { answers: decisions.iter().map(|d| (d.key, (d.site, d.sign))).collect() }
    }

    /// The answer to this site's question at this key, if the script has one.
    pub fn answer(&self, key: &Key, site: Site) -> Option<Ordering> {
        self.answers.get(key).and_then(|&(at, sign)| (at == site).then_some(sign))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_say_what_they_are() {
        let interval = Item::new(1, 0x2f);
        let items = [interval, interval.axis(3), Item::default().axis(0), Item::point(7), Item::output(2).axis(1)];
        let said =
            ["line 2 interval 2f", "line 2 interval 2f input 3", "all rows input 0", "point 7", "output 2 input 1"];
        assert_eq!(items.map(|item| item.to_string()), said);
    }
}
