//! Arithmetics by name: what a victim answers in, and what an attacker computes in.

use crate::oracle::MOST_BITS;
use std::fmt;
use std::str::FromStr;

/// The fewest bits of a p-bit arithmetic.
const LEAST_BITS: u32 = 8;

/// An arithmetic that a victim answers in, or an attacker computes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arithmetic {
    /// ℚ.
    Exact,
    /// IEEE 754 binary64.
    F64,
    /// IEEE 754 binary32; for victims.
    F32,
    /// Stored in IEEE 754 binary16, summed in binary32; for victims.
    F16,
    /// Stored in bfloat16, summed in binary32; for victims.
    Bf16,
    /// Floats of so many bits, in which every operation rounds; MPFR.
    #[cfg(feature = "gmp")]
    Precise(u32),
}

impl Arithmetic {
    /// Significant bits of its numbers; `None` in ℚ.
    pub fn bits(self) -> Option<u32> {
        match self {
            Self::Exact => None,
            Self::F64 => Some(f64::MANTISSA_DIGITS),
            Self::F32 => Some(f32::MANTISSA_DIGITS),
            Self::F16 => Some(crate::num::Narrow::F16.digits()),
            Self::Bf16 => Some(crate::num::Narrow::Bf16.digits()),
            #[cfg(feature = "gmp")]
            Self::Precise(bits) => Some(bits),
        }
    }

    /// Whether an attack runs in it: the others are for victims alone.
    pub fn attacks(self) -> bool {
        !matches!(self, Self::F32 | Self::F16 | Self::Bf16)
    }
}

/// The name in commands, files and reports: `exact`, `f64`, `f32`, `f16`, `bf16`, `p64` for 64 bits.
impl fmt::Display for Arithmetic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact => f.write_str("exact"),
            Self::F64 => f.write_str("f64"),
            Self::F32 => f.write_str("f32"),
            Self::F16 => f.write_str("f16"),
            Self::Bf16 => f.write_str("bf16"),
            #[cfg(feature = "gmp")]
            Self::Precise(bits) => write!(f, "p{bits}"),
        }
    }
}

/// Why a name names no arithmetic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownArithmetic {
    /// It reads as none.
    #[error("'{0}' is no arithmetic: write exact, f64, f32, f16, bf16, or p64 for floats of 64 bits")]
    Name(String),
    /// The bits are out of range.
    #[error("'{0}': bits must be from {LEAST_BITS} to {MOST_BITS}, for example p64")]
    Bits(String),
    /// This build computes in no p-bit floats.
    #[error("'{0}' is computed by MPFR, which this build is without: build with the default features")]
    NotBuilt(String),
}

impl FromStr for Arithmetic {
    type Err = UnknownArithmetic;

    fn from_str(text: &str) -> Result<Self, UnknownArithmetic> {
        match text {
            "exact" => return Ok(Self::Exact),
            "f64" => return Ok(Self::F64),
            "f32" => return Ok(Self::F32),
            "f16" => return Ok(Self::F16),
            "bf16" => return Ok(Self::Bf16),
            _ => {}
        }
        let digits = text.strip_prefix('p').filter(|d| d.bytes().all(|b| b.is_ascii_digit()) && !d.starts_with('0'));
        let digits = digits.filter(|d| !d.is_empty()).ok_or_else(|| UnknownArithmetic::Name(text.to_owned()))?;
        let bits = digits.parse().ok().filter(|bits| (LEAST_BITS..=MOST_BITS).contains(bits));
        precise(bits.ok_or_else(|| UnknownArithmetic::Bits(text.to_owned()))?)
    }
}

#[cfg(feature = "gmp")]
fn precise(bits: u32) -> Result<Arithmetic, UnknownArithmetic> {
    Ok(Arithmetic::Precise(bits))
}

#[cfg(not(feature = "gmp"))]
fn precise(bits: u32) -> Result<Arithmetic, UnknownArithmetic> {
    Err(UnknownArithmetic::NotBuilt(format!("p{bits}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for name in ["exact", "f64", "f32", "f16", "bf16"] {
            assert_eq!(name.parse::<Arithmetic>().unwrap().to_string(), name);
        }
        for (name, said) in [("p7", "bits must be from 8"), ("p1025", "to 1024"), ("p99999999999", "bits must be")] {
            assert!(name.parse::<Arithmetic>().unwrap_err().to_string().contains(said), "{name}");
        }
        for name in ["", "p", "64", "p064", "p+64", "P64", "p6x", "double"] {
            assert_eq!(name.parse::<Arithmetic>(), Err(UnknownArithmetic::Name(name.to_owned())));
        }
    }

    #[cfg(feature = "gmp")]
    #[test]
    fn bits_follow_a_p() {
        for bits in [8, 53, 64, 1024] {
            let arithmetic: Arithmetic = format!("p{bits}").parse().unwrap();
            assert_eq!((arithmetic, arithmetic.bits()), (Arithmetic::Precise(bits), Some(bits)));
            assert_eq!(arithmetic.to_string(), format!("p{bits}"));
        }
    }

    #[cfg(not(feature = "gmp"))]
    #[test]
    fn without_mpfr_the_message_says_what_to_build() {
        let said = "p64".parse::<Arithmetic>().unwrap_err().to_string();
        assert!(said.contains("MPFR") && said.contains("default features"), "{said}");
    }
}
