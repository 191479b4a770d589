//! Stages that strategies share: what each asks and concludes is written once.

pub(in crate::attack) mod canonical;
pub(in crate::attack) mod check;
pub mod linear;
pub(in crate::attack) mod locate;
