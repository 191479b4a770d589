//! Adam's constants, for every trainer of the crate.
//!
//! Its update stands twice: for victims over `f64` numbers in a fixed order, the same bits on every platform, without
//! the deep-learning crate; for students over whole tensors, on whatever device holds them, with weight decay and an
//! averaged copy. Sums and roots of the two are other operations, so that one formula for both would have to bring an
//! arithmetic of its own; what must not differ are these numbers.
//!
//! Source: Kingma & Ba, *Adam* (ICLR 2015), algorithm 1 and section 2.

/// Decay of the mean gradient and of the mean square, `β1` and `β2`.
pub const DECAY: (f64, f64) = (0.9, 0.999);

/// Keeps a step finite where a gradient has always been zero, `ε`.
pub const GUARD: f64 = 1e-8;
