//! Activations by name: what a file, a command or an attacker says that the units of a network compute.

use super::{Activation, Draw};
use std::fmt;
use std::str::FromStr;

/// The form of an activation, without what is particular to a unit.
///
/// Written `relu`, `leaky:0.01`, `prelu`, `relu6`, `clip:-1,1`, `abs` or `identity`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Family {
    /// `max(z, 0)`.
    #[default]
    Relu,
    /// `z` above zero, and this slope below.
    Leaky(f64),
    /// The same, each unit with a slope of its own.
    Parametric,
    /// `z` clipped to an interval.
    Clip(f64, f64),
    /// `|z|`.
    Abs,
    /// `z`.
    Identity,
}

/// Why a name names no activation that can be attacked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownActivation {
    /// It reads as none.
    #[error("'{0}' is no activation: write relu, leaky:0.01, prelu, relu6, clip:-1,1, abs or identity")]
    Name(String),
    /// Its numbers make no activation.
    #[error("'{name}': {why}")]
    Numbers {
        /// What was written.
        name: String,
        /// What is wrong with the numbers.
        why: &'static str,
    },
    /// It bends everywhere.
    #[error(
        "'{0}' is not piecewise linear: its units have no hyperplanes at which the answers bend, and the direct attack \
         finds units by these"
    )]
    Smooth(String),
}

/// Activations that exporters name and that bend everywhere.
const SMOOTH: [&str; 10] = ["gelu", "silu", "swish", "tanh", "sigmoid", "elu", "selu", "softplus", "mish", "hardswish"];

impl Family {
    /// The family, where its numbers make an activation with a kink. A slope of −1 makes `|z|`, whose units have no
    /// sides to be found.
    ///
    /// Errors: the reason.
    pub fn checked(self) -> Result<Self, &'static str> {
        match self {
            Self::Leaky(slope) if !slope.is_finite() => Err("the slope is not finite"),
            Self::Leaky(1.0) => Err("a slope of 1 is no kink: the layer is affine, and no answer shows its units"),
            Self::Leaky(-1.0) => Ok(Self::Abs),
            Self::Clip(low, high) if !(low.is_finite() && high.is_finite()) => Err("an end is not finite"),
            Self::Clip(low, high) if low >= high => Err("the first end must be below the second"),
            _ => Ok(self),
        }
    }

    /// Whether flipping a unit gives another unit: see [`Activation::has_sides`].
    pub fn has_sides(self) -> bool {
        self.whole().is_none_or(|activation| activation.has_sides())
    }

    /// The one activation of this family; `None` of [`Self::Parametric`], whose units have a slope each.
    pub fn whole(self) -> Option<Activation<f64>> {
        match self {
            Self::Relu => Some(Activation::Relu),
            Self::Leaky(slope) => Some(Activation::Leaky(slope)),
            Self::Parametric => None,
            Self::Clip(low, high) => Some(Activation::Clip { low, high }),
            Self::Abs => Some(Activation::Abs),
            Self::Identity => Some(Activation::Identity),
        }
    }

    /// An activation of this family for a layer of `units` units; slopes of [`Self::Parametric`] are drawn from
    /// multiples of `2^−8` in (−1/2, 1/2).
    pub fn draw(self, units: usize, seed: u64) -> Activation<f64> {
        self.whole().unwrap_or_else(|| {
            let mut draw = Draw::new(seed, "slopes");
            Activation::Parametric((0..units).map(|_| draw.dyadic(8) / 2.0).collect())
        })
    }
}

impl Activation<f64> {
    /// The family that it belongs to.
    pub fn family(&self) -> Family {
        match self {
            Self::Relu => Family::Relu,
            Self::Leaky(slope) => Family::Leaky(*slope),
            Self::Parametric(_) => Family::Parametric,
            Self::Clip { low, high } => Family::Clip(*low, *high),
            Self::Abs => Family::Abs,
            Self::Identity => Family::Identity,
        }
    }
}

/// The shortest decimals that read back as the same floats.
impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Relu => f.write_str("relu"),
            Self::Leaky(slope) => write!(f, "leaky:{slope}"),
            Self::Parametric => f.write_str("prelu"),
            Self::Clip(0.0, 6.0) => f.write_str("relu6"),
            Self::Clip(low, high) => write!(f, "clip:{low},{high}"),
            Self::Abs => f.write_str("abs"),
            Self::Identity => f.write_str("identity"),
        }
    }
}

impl FromStr for Family {
    type Err = UnknownActivation;

    fn from_str(text: &str) -> Result<Self, UnknownActivation> {
        let name = || text.to_owned();
        let plain: String = text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
        if SMOOTH.contains(&plain.as_str()) {
            return Err(UnknownActivation::Smooth(name()));
        }
        let number = |text: &str| text.trim().parse::<f64>().map_err(|_| UnknownActivation::Name(name()));
        let family = match text.split_once(':') {
            None => match text {
                "relu" => Self::Relu,
                "prelu" => Self::Parametric,
                "relu6" => Self::Clip(0.0, 6.0),
                "hardtanh" => Self::Clip(-1.0, 1.0),
                "abs" => Self::Abs,
                "identity" => Self::Identity,
                _ => return Err(UnknownActivation::Name(name())),
            },
            Some(("leaky", slope)) => Self::Leaky(number(slope)?),
            Some(("clip", ends)) => match ends.split_once(',') {
                Some((low, high)) => Self::Clip(number(low)?, number(high)?),
                None => return Err(UnknownActivation::Name(name())),
            },
            Some(_) => return Err(UnknownActivation::Name(name())),
        };
        family.checked().map_err(|why| UnknownActivation::Numbers { name: name(), why })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for name in ["relu", "leaky:0.01", "leaky:-0.5", "prelu", "relu6", "clip:-1,1", "abs", "identity"] {
            assert_eq!(name.parse::<Family>().unwrap().to_string(), name);
        }
        assert_eq!("hardtanh".parse(), Ok(Family::Clip(-1.0, 1.0)));
        assert_eq!("leaky:-1".parse(), Ok(Family::Abs));
        let said = |name: &str| name.parse::<Family>().unwrap_err().to_string();
        for name in ["", "leaky", "leaky:", "leaky:x", "clip:1", "clip:1,x", "step", "relu:1"] {
            assert!(said(name).contains("is no activation"), "{name}");
        }
        for (name, why) in [
            ("leaky:1", "no kink"),
            ("leaky:inf", "not finite"),
            ("clip:1,1", "below the second"),
            ("clip:0,inf", "not finite"),
            ("gelu", "not piecewise linear"),
            ("HardSwish", "not piecewise linear"),
        ] {
            assert!(said(name).contains(why), "{name}: {}", said(name));
        }
    }
}
