//! Floats of few significant bits.

/// A kind of float, by its significant bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grid {
    /// bfloat16: 8 bits.
    Bf16,
    /// IEEE 754 binary16: 11 bits.
    F16,
    /// IEEE 754 binary32: 24 bits.
    F32,
}

impl Grid {
    /// All kinds, coarsest first.
    pub const ALL: [Self; 3] = [Self::Bf16, Self::F16, Self::F32];

    /// Name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bf16 => "bf16",
            Self::F16 => "f16",
            Self::F32 => "f32",
        }
    }

    /// Significant bits.
    pub fn bits(self) -> i32 {
        match self {
            Self::Bf16 => 8,
            Self::F16 => 11,
            Self::F32 => 24,
        }
    }
}

/// `2^exponent`, or the nearest normal number that is a power of two.
pub(super) fn exp2(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023).clamp(1, 2046) as u64) << 52)
}

/// `⌊log2 |x|⌋` of a normal number.
pub(super) fn binade(x: f64) -> i32 {
    ((x.to_bits() >> 52) & 0x7ff) as i32 - 1023
}

/// The float of `bits` significant bits nearest to `x`.
pub(super) fn on_grid(x: f64, bits: i32) -> f64 {
    if x == 0.0 {
        return 0.0;
    }
    // Adding a number this large and taking it away rounds to the grid's spacing.
    let large = 1.5 * exp2(binade(x) + f64::MANTISSA_DIGITS as i32 - bits);
    if x < 0.0 { (x - large) + large } else { (x + large) - large }
}

/// Digits after the binary point; none of zero.
pub(super) fn fraction_digits(x: f64) -> i32 {
    let bits = x.to_bits();
    let significand = bits & ((1 << 52) - 1) | 1 << 52;
    if x == 0.0 { 0 } else { (52 - binade(x) - significand.trailing_zeros() as i32).max(0) }
}

/// What an error leaves of a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Told {
    /// This float and no other.
    Is(f64),
    /// Several floats; so many more bits would tell them apart.
    Open(i32),
    /// No float.
    Off,
}

/// The float that `x` is, by the first of some errors that tells floats apart there.
///
/// `errors`: `log2`, relative to `beside`, from the least up; `nothing`: `log2` of the error,
/// relative to the same, with which a number that may be zero can only be zero.
pub(super) fn told(x: f64, bits: i32, errors: [i32; 4], beside: f64, nothing: i32) -> Told {
    // What lies within a few of its errors of zero may be of any size below.
    if x.abs() <= exp2(errors[0] + 2) * beside {
        return Told::Open(errors[0] - nothing);
    }
    let nearest = on_grid(x, bits);
    // A quarter of the spacing: beyond it two floats may be meant.
    let most = exp2(-bits - 2) * x.abs();
    let slacks = errors.map(|error| exp2(error) * beside);
    if slacks.iter().any(|slack| *slack < most && (x - nearest).abs() <= *slack) {
        return Told::Is(nearest);
    }
    let short = (slacks[errors.len() - 1] / most).log2();
    if short < 0.0 { Told::Off } else { Told::Open((slacks[0] / most).log2().max(0.0) as i32 + 1) }
}
