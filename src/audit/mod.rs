//! Two networks and a claim: equal on all of ℝ^d, or how far apart on a box, at which input.
//!
//! The answer is a sandwich. From above, [`search`](Sandwich) branches over the sides of
//! hyperplanes; every bound in it is a Lagrangian dual bound, whose multipliers are found in f64 and
//! whose value is computed in ℚ: sound for any multipliers. From below stands an input, at which both
//! networks are evaluated in ℚ, by code that shares nothing with the bound.
//!
//! | file | what |
//! |---|---|
//! | `number` | numbers as people write them; claims, also `2^-13.7`, compared exactly |
//! | `control` | when an audit stops, and whom it tells |
//! | `outcome` | what it is about, and what comes of it |
//! | `exactly` | both networks, evaluated in integers |
//! | `domain` | a box, as the image of the cube `[−1, 1]^d` |
//! | `pairing` | hyperplanes of both networks, near ones in pairs |
//! | `difference` | the difference of the networks over the cube, in integers |
//! | `simplex` | multipliers for a cell |
//! | `dual` | what they prove |
//! | `coupled` | what is proved where signs are open |
//! | `starts` | where ascents start |
//! | `ascent` | inputs with a large difference |
//! | `search` | branch and bound |
//! | `tree` | the cells of a search, kept for a certificate |
//! | `networks` | all outputs of two networks |
//! | `scale` | the output scale that favours the copy most |
//! | `fit` | the output scale that fits a copy at a few inputs |
//! | `segment` | the difference on the way to an input |
//! | `history` | how the bounds came together |
//! | `equality` | equality on ℝ^d, or an input at which the functions differ |
//! | `labels` | agreement on given inputs |
//! | `layered` | networks of any depth: a bound layer by layer |
//! | `any` | two networks of any depth |
//! | `parts` | the parts of a box in a search of deep networks, kept for a certificate |
//! | `certify`, `certify_deep` | what an audit leaves for others to check |

mod any;
mod ascent;
mod certify;
mod certify_deep;
mod control;
mod coupled;
mod difference;
mod domain;
mod dual;
mod equality;
mod exactly;
mod fit;
mod history;
mod labels;
mod layered;
mod networks;
mod number;
mod outcome;
mod pairing;
mod parts;
mod scale;
mod search;
mod segment;
mod simplex;
mod starts;
mod tree;

pub use any::audit_networks;
pub use certify::Audited;
pub use certify_deep::{AuditedDeep, CertificateError};
pub use control::Control;
pub use domain::{Domain, DomainError};
pub use equality::{Comparison, compare, compare_layered};
// An audit and the check of its certificate answer in the same words.
pub use exactract_check::{DIFFERENT, EQUAL, Verdict, in_units, sentence, with_decimals};
pub use fit::{Fit, fit};
pub use history::{History, Moment};
pub use labels::{Agreement, agreement};
pub use layered::{LayeredError, audit_layered, output_range_layered};
pub use number::Claim;
pub use outcome::{Audit, Sandwich, Scale, Witness};
pub use parts::Parts;
pub use scale::{audit, output_range};
pub use segment::{Segment, segment};

use crate::num::{Exact, Rational};

/// Integers of the default exact backend.
type Int = <Rational as Exact>::Integer;
