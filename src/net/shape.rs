//! Sizes of the layers of a network.

use std::fmt;
use std::str::FromStr;

/// Why sizes of layers make no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// A layer has no units.
    #[error("shape {0}: every layer needs at least one unit")]
    Empty(Sizes),
    /// A shape string does not read as `inputs-hidden-outputs`.
    #[error("shape '{0}' does not parse: write inputs-hidden-outputs, for example 784-128-1")]
    Unreadable(String),
    /// The network is larger than this program reads.
    #[error("shape {shape} has {parameters} parameters; the limit is {limit}")]
    TooLarge {
        /// The shape asked for.
        shape: Sizes,
        /// Its parameters.
        parameters: u128,
        /// The limit.
        limit: u128,
    },
}

/// Sizes of the layers, written `inputs-hidden-outputs`.
///
/// ```
/// let shape: exactract::net::Shape = "784-128-1".parse()?;
/// assert_eq!(shape.parameters(), 100_609);
/// # Ok::<(), exactract::net::ShapeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Number of inputs, `d`.
    pub inputs: usize,
    /// Number of hidden units, `h`.
    pub hidden: usize,
    /// Number of outputs, `k`.
    pub outputs: usize,
}

impl Shape {
    /// The largest number of parameters that is read or made: 2^22, four million.
    ///
    /// An exact run holds each in several rationals, about a kibibyte in all.
    pub const MOST_PARAMETERS: u128 = 1 << 22;

    /// Weights and biases, counted.
    pub fn parameters(self) -> u128 {
        let [d, h, k] = [self.inputs, self.hidden, self.outputs].map(|n| n as u128);
        (d + 1).saturating_mul(h).saturating_add((h + 1).saturating_mul(k))
    }

    /// The shape itself, if no layer is empty and the size is within the limit.
    ///
    /// Errors: [`ShapeError::Empty`], [`ShapeError::TooLarge`].
    pub fn checked(self) -> Result<Self, ShapeError> {
        if self.inputs == 0 || self.hidden == 0 || self.outputs == 0 {
            return Err(ShapeError::Empty(self.into()));
        }
        let (parameters, limit) = (self.parameters(), Self::MOST_PARAMETERS);
        if parameters > limit {
            return Err(ShapeError::TooLarge { shape: self.into(), parameters, limit });
        }
        Ok(self)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.inputs, self.hidden, self.outputs)
    }
}

impl FromStr for Shape {
    type Err = ShapeError;

    fn from_str(text: &str) -> Result<Self, ShapeError> {
        let sizes: Result<Vec<usize>, _> = text.split('-').map(str::parse).collect();
        match sizes.as_deref() {
            Ok(&[inputs, hidden, outputs]) => Self { inputs, hidden, outputs }.checked(),
            _ => Err(ShapeError::Unreadable(text.to_owned())),
        }
    }
}

/// Sizes of the layers of a network of any depth, from the inputs to the outputs, written `784-64-32-10`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sizes(pub(super) Vec<usize>);

impl Sizes {
    /// The sizes, inputs first.
    pub fn as_slice(&self) -> &[usize] {
        &self.0
    }

    /// The shape of a network with one hidden layer, where it is one.
    pub fn shallow(&self) -> Option<Shape> {
        let &[inputs, hidden, outputs] = &self.0[..] else { return None };
        Some(Shape { inputs, hidden, outputs })
    }

    /// Weights and biases, counted.
    pub fn parameters(&self) -> u128 {
        let layer = |pair: &[usize]| (pair[0] as u128 + 1).saturating_mul(pair[1] as u128);
        self.0.windows(2).map(layer).fold(0, u128::saturating_add)
    }

    /// The sizes themselves, if no layer is empty and the size is within [`Shape::MOST_PARAMETERS`].
    ///
    /// Errors: [`ShapeError::Empty`], [`ShapeError::TooLarge`].
    pub fn checked(self) -> Result<Self, ShapeError> {
        if self.0.contains(&0) {
            return Err(ShapeError::Empty(self));
        }
        let (parameters, limit) = (self.parameters(), Shape::MOST_PARAMETERS);
        if parameters > limit {
            return Err(ShapeError::TooLarge { shape: self, parameters, limit });
        }
        Ok(self)
    }
}

impl FromStr for Sizes {
    type Err = ShapeError;

    /// Errors: [`ShapeError::Unreadable`] of fewer than three sizes or of what is no number; those of [`Sizes::checked`].
    fn from_str(text: &str) -> Result<Self, ShapeError> {
        let sizes: Result<Vec<usize>, _> = text.split('-').map(str::parse).collect();
        match sizes {
            Ok(sizes) if sizes.len() > 2 => Self(sizes).checked(),
            _ => Err(ShapeError::Unreadable(text.to_owned())),
        }
    }
}

impl From<Shape> for Sizes {
    fn from(shape: Shape) -> Self {
        Self(vec![shape.inputs, shape.hidden, shape.outputs])
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: Vec<String> = self.0.iter().map(usize::to_string).collect();
        f.write_str(&sizes.join("-"))
    }
}
