//! How many bits an oracle's answers must have for complete extraction, predicted from one exact run.
//!
//! The exact run gives the network, and with it everything that decides an attack on rounded
//! answers: where lines cross hyperplanes, the jumps of slopes there, how large answers are, which
//! steps fit between neighbours. The prediction puts the attack's own questions to these numbers:
//! for each precision, does a number stand out of its row of the tolerance table, and is an error
//! of typical size below `2^−8`? It asks no oracle and rounds no answer.
//!
//! | file | what |
//! |---|---|
//! | `geometry` | the exact run's network along its lines, in `f64` |
//! | `locate` | the kinks that show |
//! | `textbook` | rows by second differences |
//! | `walk/` | rows by gradients, signs and last layer out of one of them |
//! | `layers` | signs by preimages, least squares, check, labels |
//!
//! A rounded answer `y` is off by `√(E[m⁻²]/3)·|y|·2^−p ≈ 0.42·|y|·2^−p`, normal, independent of
//! the others. Nothing is fitted.

mod geometry;
mod held;
mod layers;
mod locate;
mod textbook;
mod walk;

use super::{Finished, Inputs};
use crate::attack::textbook::locate::line;
use crate::attack::walk::search::MORE;
use crate::attack::{Options, Strategy};
use crate::judge::{Item, Site, Stage};
use crate::num::{Rational, Scalar};
use crate::trace::Orientation;
use geometry::Geometry;
use held::Held;
use layers::Labelled;
use rayon::prelude::*;

/// The precisions that are looked at, in bits.
const RANGE: std::ops::RangeInclusive<u32> = 8..=53;
/// A row is found when no entry is off by more than this.
const NEAR: f64 = 1.0 / 256.0;

/// Answers of so many bits, and what counts as zero beside them.
#[derive(Clone, Copy)]
struct Level {
    bits: u32,
    /// `2^−bits`.
    unit: f64,
}

impl Level {
    fn new(bits: u32) -> Self {
        Self { bits, unit: 2f64.powi(-(bits as i32)) }
    }

    fn tolerance(self, site: Site) -> f64 {
        site.log2_tolerance(self.bits).map_or(0.0, |k| 2f64.powi(k))
    }

    fn is_zero(self, site: Site, x: f64, scale: f64) -> bool {
        x.abs() <= self.tolerance(site) * scale
    }
}

/// What has to hold, in the order in which the attack comes to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What a stage hands on.
    Stage(Stage),
    /// The victim's label at every input.
    Labels,
}

impl Part {
    /// All parts, in order.
    pub const ALL: [Self; 6] = [
        Self::Stage(Stage::Locate),
        Self::Stage(Stage::Signature),
        Self::Stage(Stage::Orientation),
        Self::Stage(Stage::LastLayer),
        Self::Stage(Stage::Check),
        Self::Labels,
    ];

    /// Name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stage(stage) => stage.name(),
            Self::Labels => "labels",
        }
    }
}

/// The bits that one part needs, given what the parts before it hand on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The part.
    pub part: Part,
    /// For all of it; `None`: more than 53.
    pub whole: Option<u32>,
    /// For each unit of the exact run's network, in its order; empty where units have no part of their own.
    pub units: Vec<Option<u32>>,
}

impl Need {
    /// The unit that needs most, if it needs as many as the whole.
    pub fn asked_by(&self) -> Option<usize> {
        let number = |bits: Option<u32>| bits.unwrap_or(u32::MAX);
        let most = self.units.iter().map(|need| number(*need)).max()?;
        self.units.iter().position(|need| number(*need) == most).filter(|_| most >= number(self.whole))
    }

    /// The median of the units; `None` of none, `Some(None)` where it is more than 53.
    pub fn median(&self) -> Option<Option<u32>> {
        let mut sorted: Vec<u32> = self.units.iter().map(|need| need.unwrap_or(u32::MAX)).collect();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).map(|&bits| Some(bits).filter(|&bits| bits != u32::MAX))
    }
}

/// The bits that a strategy needs of a victim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prediction {
    /// The attack.
    pub strategy: Strategy,
    /// For complete extraction; `None`: more than 53.
    pub bits: Option<u32>,
    /// Part by part.
    pub needs: Vec<Need>,
    /// What names each unit: the critical point at which the exact run found it.
    pub items: Vec<Item>,
}

impl Prediction {
    /// The first part that needs as many bits as the whole.
    pub fn asked_by(&self) -> Option<&Need> {
        let number = |bits: Option<u32>| bits.unwrap_or(u32::MAX);
        self.needs.iter().find(|need| number(need.whole) >= number(self.bits))
    }
}

/// Why nothing can be predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unpredicted {
    /// The exact run has no network.
    #[error("the exact run has no network to predict from")]
    NoNetwork,
    /// The exact run's network has no active sides.
    #[error(
        "the exact run found no active sides (units cancel, or their rows are dependent): by this attack no precision \
         is enough for complete extraction"
    )]
    Unoriented,
}

/// The answer bits that `strategy` will need of the victim of an exact run: every kink to `2^−8` in
/// the gauge of [`super::weight_error`], every unit active on its side, the victim's label at every
/// input. Of an oracle that rounds the exact answer once, and an attacker in `f64`.
///
/// `options`: of the attack; polish is not predicted. `inputs`: where labels count.
///
/// A prediction, no bound: `docs/prediction.md` has how it did.
///
/// Errors: [`Unpredicted`].
pub fn predict(
    exact: &Finished,
    strategy: Strategy,
    options: Options,
    inputs: &Inputs,
) -> Result<Prediction, Unpredicted> {
    let trace = exact.trace.as_ref().ok_or(Unpredicted::NoNetwork)?;
    let network = trace.network.as_ref().ok_or(Unpredicted::NoNetwork)?;
    if !matches!(trace.orientation, Some(Orientation::Preimages(_) | Orientation::Shares(_))) {
        return Err(Unpredicted::Unoriented);
    }
    let inputs = Labelled::new(network, &inputs.points);
    let network = network.map(|x: &Rational| f64::nearest(x, ()));
    let more = if strategy == Strategy::Walk { MORE } else { 0 };
    let lines: Vec<_> =
        (0..options.lines + more).map(|index| line(options.seed, index, network.shape().inputs)).collect();
    let geometry = Geometry::new(&network, &lines);
    let levels: Vec<u32> = RANGE.collect();
    let at = |&bits: &u32| match strategy {
        Strategy::Textbook => Held::of_textbook(&geometry, options, Level::new(bits), &inputs),
        Strategy::Walk => Held::of_walk(&geometry, options, Level::new(bits), &inputs),
    };
    let held: Vec<Held> = levels.par_iter().map(at).collect();
    let need = |holds: &dyn Fn(&Held) -> bool| {
        let holds: Vec<bool> = held.iter().map(holds).collect();
        levels.get(step(&holds)).copied()
    };
    let needs = Part::ALL.iter().enumerate().map(|(index, &part)| {
        let of_unit = |unit: usize| need(&|held| held.units[index].get(unit).is_none_or(|held| *held));
        let units = if held.iter().any(|held| !held.units[index].is_empty()) { geometry.units.len() } else { 0 };
        Need { part, whole: need(&|held| held.passed[index]), units: (0..units).map(of_unit).collect() }
    });
    let needs = needs.collect();
    let bits = need(&|held| held.passed.iter().all(|passed| *passed));
    let items = geometry.units.iter().filter_map(|unit| Some(trace.signatures.get(unit.index)?.item)).collect();
    Ok(Prediction { strategy, bits, needs, items })
}

/// Where a step from *no* to *yes* fits best: the index of the first *yes*.
///
/// An attack is not monotone near its limit, and nor is what is predicted of it: the step that
/// goes against the fewest precisions, and of several the last.
fn step(holds: &[bool]) -> usize {
    let against = |first: usize| holds.iter().enumerate().filter(|&(index, held)| *held != (index >= first)).count();
    // Of equals the last: it comes first in reverse.
    (0..=holds.len()).rev().min_by_key(|&first| against(first)).unwrap_or_default()
}

/// Whether a row with its bias, scaled to any entry, is a unit's to `2^−8`.
fn is_near(geometry: &Geometry, (entries, bias): (&[f64], f64), unit: usize) -> bool {
    let truth = &geometry.units[unit];
    let factor = 1.0 / entries[truth.top];
    let near = |x: f64| x.abs() <= NEAR;
    factor.is_finite()
        && entries.iter().zip(&truth.row).all(|(x, w)| near(x * factor - w))
        && near((bias * factor - truth.bias) / (1.0 + truth.bias.abs()))
}

#[cfg(test)]
mod tests {
    use super::step;

    #[test]
    fn a_step_goes_against_the_fewest() {
        let holds = |text: &str| text.chars().map(|c| c == '1').collect::<Vec<bool>>();
        let at = ["0000", "1111", "0011", "0010111", "0110001", "01"].map(|text| step(&holds(text)));
        assert_eq!(at, [4, 0, 2, 4, 6, 1]);
    }
}
