//! Floating-point types that weights are stored in.

use half::{bf16, f16};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A floating-point type of stored weights, from narrow to wide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dtype {
    /// bfloat16.
    Bf16,
    /// IEEE 754 binary16.
    F16,
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary64.
    #[default]
    F64,
}

impl Dtype {
    /// Every type.
    pub const ALL: [Self; 4] = [Self::Bf16, Self::F16, Self::F32, Self::F64];

    /// The name that files, certificates and the command line use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bf16 => "bf16",
            Self::F16 => "f16",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }

    /// The type of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dtype| dtype.name() == name)
    }

    /// The weight of this type nearest to a value, ties to even.
    pub fn round(self, value: f64) -> f64 {
        match self {
            Self::Bf16 => f64::from(bf16::from_f64(value)),
            Self::F16 => f64::from(f16::from_f64(value)),
            Self::F32 => f64::from(value as f32),
            Self::F64 => value,
        }
    }

    /// Bytes of one weight.
    pub fn bytes(self) -> usize {
        match self {
            Self::Bf16 | Self::F16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// The narrowest type of which all weights of both are; of bf16 and f16 neither holds the other.
    pub fn holding_both(self, other: Self) -> Self {
        match (self, other) {
            (Self::Bf16, Self::F16) | (Self::F16, Self::Bf16) => Self::F32,
            _ => self.max(other),
        }
    }

    /// Little-endian bytes of weights, each rounded as [`Dtype::round`] does.
    pub fn encode(self, values: &[f64]) -> Vec<u8> {
        fn each<const N: usize>(values: &[f64], bytes: fn(f64) -> [u8; N]) -> Vec<u8> {
            values.iter().flat_map(|&x| bytes(x)).collect()
        }
        match self {
            Self::Bf16 => each(values, |x| bf16::from_f64(x).to_le_bytes()),
            Self::F16 => each(values, |x| f16::from_f64(x).to_le_bytes()),
            Self::F32 => each(values, |x| (x as f32).to_le_bytes()),
            Self::F64 => each(values, f64::to_le_bytes),
        }
    }

    /// The weights of little-endian bytes, exactly; a rest shorter than a weight is passed over.
    pub fn decode(self, bytes: &[u8]) -> Vec<f64> {
        fn each<const N: usize>(bytes: &[u8], lift: fn([u8; N]) -> f64) -> Vec<f64> {
            bytes.as_chunks::<N>().0.iter().map(|&chunk| lift(chunk)).collect()
        }
        match self {
            Self::Bf16 => each(bytes, |b| f64::from(bf16::from_le_bytes(b))),
            Self::F16 => each(bytes, |b| f64::from(f16::from_le_bytes(b))),
            Self::F32 => each(bytes, |b| f64::from(f32::from_le_bytes(b))),
            Self::F64 => each(bytes, f64::from_le_bytes),
        }
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
