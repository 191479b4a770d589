//! Random draws: dyadic, from one named seeded generator.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A seeded generator for one purpose.
///
/// Draws of one purpose do not depend on how many another one made. They are dyadic, so
/// that every arithmetic can take them as they are.
///
/// ```
/// use exactract::net::Draw;
/// let (mut a, mut b) = (Draw::new(7, "lines"), Draw::new(7, "lines"));
/// assert_eq!(a.dyadic(20), b.dyadic(20));
/// ```
#[derive(Clone, Debug)]
pub struct Draw(ChaCha8Rng);

impl Draw {
    /// The generator of this seed for this purpose.
    pub fn new(seed: u64, purpose: &'static str) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        // FNV-1a of the purpose's name, as the number of an independent stream.
        let stream = purpose
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        generator.set_stream(stream);
        Self(generator)
    }

    /// An odd multiple of `2^−bits` in (−1, 1), uniformly; never zero. `1 ≤ bits ≤ 52`.
    pub fn dyadic(&mut self, bits: u32) -> f64 {
        let drawn = self.0.next_u64();
        let odd = (drawn >> (64 - bits)) | 1;
        let size = odd as f64 / (1u64 << bits) as f64;
        if drawn & 1 == 0 { size } else { -size }
    }

    /// An integer below `bound`, uniformly. `bound > 0`.
    pub fn below(&mut self, bound: usize) -> usize {
        // Draws from the incomplete last round are drawn again.
        let bound = bound as u64;
        let last = u64::MAX - u64::MAX % bound;
        loop {
            let drawn = self.0.next_u64();
            if drawn < last {
                return (drawn % bound) as usize;
            }
        }
    }

    /// A standard normal number.
    ///
    /// Marsaglia's polar method with `libm`: the same bits on every platform.
    pub fn normal(&mut self) -> f64 {
        loop {
            let (x, y) = (self.dyadic(52), self.dyadic(52));
            let square = x * x + y * y;
            if square < 1.0 && square > 0.0 {
                return x * libm::sqrt(-2.0 * libm::log(square) / square);
            }
        }
    }
}
