//! Numbers as `proofs/theories/Load.v` reads them.

use num_bigint::{BigInt, Sign};
use num_rational::BigRational;
use num_traits::ToPrimitive as _;

/// The float that is this number; `None` where none is.
pub(super) fn float(value: &BigRational) -> Option<f64> {
    let float = value.to_f64()?;
    // The conversion rounds, and may miss below the normal range: what came out must be the number.
    (BigRational::from_float(float).as_ref() == Some(value)).then_some(float)
}

/// A hexadecimal literal of `float_scope`: `0x1.8p+1`, `(-0x1p-3)`.
pub(super) fn hexadecimal(value: f64) -> String {
    let bits = value.to_bits();
    let (field, fraction) = ((bits >> 52 & 0x7ff) as i32, bits & ((1 << 52) - 1));
    let digits = format!("{fraction:013x}");
    let digits = digits.trim_end_matches('0');
    let point = if digits.is_empty() { "" } else { "." };
    let literal = match (field, fraction) {
        (0, 0) => "0x0p+0".to_owned(),
        (0, _) => format!("0x0{point}{digits}p-1022"),
        _ => format!("0x1{point}{digits}p{:+}", field - 1023),
    };
    // The kernel's −0 reads as 0: a weight is a number, not its sign.
    if value < 0.0 { format!("(-{literal})") } else { literal }
}

/// `P n d` or `M n d`: digits in base 2^62, least significant first.
pub(super) fn raw(value: &BigRational) -> String {
    let sign = if value.numer().sign() == Sign::Minus { 'M' } else { 'P' };
    format!("{sign} {} {}", digits(value.numer()), digits(value.denom()))
}

fn digits(value: &BigInt) -> String {
    let (mut rest, mask) = (value.magnitude().clone(), (1u64 << 62) - 1);
    let mut out = Vec::new();
    loop {
        let low = rest.iter_u64_digits().next().unwrap_or(0) & mask;
        out.push(low.to_string());
        rest >>= 62u32;
        if rest.bits() == 0 {
            return format!("[{}]", out.join("; "));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_found_and_written_exactly() {
        for value in [0.0, 1.0, -1.5, 0.1, f64::MAX, f64::MIN_POSITIVE, 5e-324, -2.5e-310, 2f64.powi(-1070)] {
            assert_eq!(float(&BigRational::from_float(value).unwrap()), Some(value));
        }
        assert_eq!(float(&BigRational::new(1.into(), 3.into())), None);
        assert_eq!(float(&BigRational::new(BigInt::from(1), BigInt::from(2).pow(1075))), None);
        assert_eq!(float(&BigRational::from_integer(BigInt::from(2).pow(1024))), None);
        let texts = [0.0, -0.0, 3.0, -0.125, 1.0 / 3.0, 5e-324, f64::MIN_POSITIVE].map(hexadecimal);
        let expected = [
            "0x0p+0",
            "0x0p+0",
            "0x1.8p+1",
            "(-0x1p-3)",
            "0x1.5555555555555p-2",
            "0x0.0000000000001p-1022",
            "0x1p-1022",
        ];
        assert_eq!(texts, expected);
    }

    #[test]
    fn digits_are_those_of_base_two_to_the_62() {
        assert_eq!(raw(&BigRational::new((-1).into(), 3.into())), "M [1] [3]");
        assert_eq!(raw(&BigRational::from_integer(0.into())), "P [0] [1]");
        let wide = BigRational::new(BigInt::from(1u128 << 62 | 5), BigInt::from(1u128 << 63));
        assert_eq!(raw(&wide), "P [5; 1] [0; 2]");
    }
}
