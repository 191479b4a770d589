//! What a run did: what each stage saw and found, in the arithmetic of the run or, erased, in ℚ.

mod each;
mod last_layer;
mod points;
mod polish;
mod rows;
mod sides;

pub use last_layer::{Fit, LastLayer};
pub use points::{Chord, Kink, Line, Located, Unresolved};
pub use polish::{Faint, Polished, Round};
pub use rows::{Gradient, Jump, Missed, Probes, Reason, Rows, Signature, Walked};
pub use sides::{Orientation, Oriented, Sides, Unoriented};

use crate::net::Shallow;
use crate::num::{Num, Rational, Scalar};

/// Everything that a run saw and found, as far as it came: a record a stage, in their order.
#[derive(Clone, Debug)]
pub struct Trace<T> {
    /// Critical points.
    pub located: Located<T>,
    /// Weight ratios.
    pub rows: Rows<T>,
    /// Signs.
    pub oriented: Oriented<T>,
    /// Rows once more.
    pub polished: Polished<T>,
    /// Last layers with the check of each: another one where the check refuses the one before.
    pub last_layers: Vec<LastLayer<T>>,
}

impl<T> Default for Trace<T> {
    fn default() -> Self {
        Self {
            located: Located::default(),
            rows: Rows::default(),
            oriented: Oriented::default(),
            polished: Polished::default(),
            last_layers: Vec::new(),
        }
    }
}

impl<T> Trace<T> {
    /// The rows as they stand: polished where polish was completed.
    pub fn signatures(&self) -> &[Signature<T>] {
        self.polished.signatures.as_ref().unwrap_or(&self.rows.signatures)
    }

    /// The rows as they stand, to be changed.
    pub fn signatures_mut(&mut self) -> &mut Vec<Signature<T>> {
        self.polished.signatures.as_mut().unwrap_or(&mut self.rows.signatures)
    }

    /// How rows were oriented; `None` where the run stopped before.
    pub fn orientation(&self) -> Option<&Orientation> {
        self.oriented.orientation.as_ref()
    }

    /// What the rows of a walk are from; `None` where it was not kept, or polish measured rows once more.
    pub fn walked(&self) -> Option<&Walked<T>> {
        let polished = self.polished.rounds.iter().any(|round| round.measured > 0);
        self.rows.walked.as_ref().filter(|_| !polished)
    }

    /// What the last layer was fitted to, where it was by least squares.
    pub fn fit(&self) -> Option<&Fit<T>> {
        self.last_layers.iter().rev().find_map(|last| last.fit.as_ref())
    }

    /// The recovered network.
    pub fn network(&self) -> Option<&Shallow<T>> {
        let last = self.last_layers.last().filter(|last| last.agrees == Some(true))?;
        last.network.as_ref()
    }

    /// The network that the check refused, where a run stopped there.
    pub fn refused(&self) -> Option<&Shallow<T>> {
        let last = self.last_layers.last().filter(|last| last.agrees == Some(false))?;
        last.network.as_ref()
    }

    /// The same trace over another kind of number; errors: the first of `f`.
    pub fn try_map<U, E>(&self, f: &mut impl FnMut(&T) -> Result<U, E>) -> Result<Trace<U>, E> {
        Ok(Trace {
            located: self.located.try_map(f)?,
            rows: self.rows.try_map(f)?,
            oriented: self.oriented.try_map(f)?,
            polished: self.polished.try_map(f)?,
            last_layers: self.last_layers.iter().map(|last| last.try_map(f)).collect::<Result<_, _>>()?,
        })
    }
}

impl<S: Scalar> Trace<Num<S>> {
    /// The same trace in ℚ, exactly; `None` where a number is infinite or NaN.
    pub fn exact(&self) -> Option<Trace<Rational>> {
        self.try_map(&mut |x: &Num<S>| x.0.exact().ok_or(())).ok()
    }
}
