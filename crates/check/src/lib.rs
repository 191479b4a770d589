//! The independent checker of exactract's certificates: from the numbers in a file to yes or no.
//!
//! A certificate says that a copy of a neural network with one hidden layer is its victim, or how far off
//! it is, or of any depth, how far off. [`check()`], [`check_audit()`] and [`check_deep()`] derive its statements again from the networks in it. No field is
//! believed: what a certificate says of planes, factors and bounds is derived from the weights. The crate stands on
//! integers and fractions (`num-bigint`, `num-rational`), JSON and a hash, and on nothing of the engine that writes
//! certificates: it has its own parser of numbers, its own networks, its own sums.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let bytes = include_bytes!("../tests/data/run.json");
//! use exactract_check::{Certificate, check};
//! let certificate = Certificate::parse(bytes)?;
//! let checked = check(&certificate)?;
//! assert!(checked.equality.is_some());
//! # Ok(())
//! # }
//! ```
//!
//! # How to read it
//!
//! From the top down; a file imports only from above.
//!
//! | file | what |
//! |---|---|
//! | `refusal.rs` | why a certificate is not accepted |
//! | `screen.rs` | lines that fit a screen |
//! | `quoted.rs` | names that a certificate's writer chose, made safe for a screen |
//! | `written.rs` | names of the layouts, bytes, seals |
//! | `number.rs` | numbers, fractions over one denominator, an interval |
//! | `claim.rs` | claims, compared exactly, and the sentence that answers one |
//! | `record.rs` | the layout of a run's certificate |
//! | `audit_record.rs` | the layout of an audit's certificate |
//! | `activation.rs` | activations as sums of ReLU units |
//! | `network.rs` | the one reader of [`Weights`] |
//! | `measure.rs` | the theorem behind equality and the bound on a box |
//! | `check.rs` | **the statements of a run** |
//! | `cube.rs` | a box as the image of a cube |
//! | `terms.rs` | the theorem behind bounds from above: the difference of two networks, from planes in pairs |
//! | `together.rs` | terms of open signs, all at once |
//! | `cells.rs` | the difference, bounded cell by cell |
//! | `check_audit.rs` | **the statements of an audit** |
//! | `deep_record.rs` | the layout of the certificate of an audit of deep networks |
//! | `deep_network.rs` | networks of any depth, and two of them unit by unit |
//! | `deep_fixed.rs` | integers that stand for values and coefficients |
//! | `deep_planes.rs` | the theorem behind bounds of deep networks: planes of what a unit hands on |
//! | `deep_rows.rs` | bounds substituted back, layer by layer |
//! | `deep_pass.rs` | one pass over a part of a box |
//! | `check_deep.rs` | **the statements of an audit of deep networks** |
//! | `identity.rs` | whether the networks are those that the certificate says |
//! | `prove.rs` | for whoever writes certificates |
//! | `report.rs`, `audit_report.rs` | what was found, as text |
//!
//! What somebody else says of a network's identity is compared, not read: [`identify`] takes the weights and the
//! hash of a file as a [`Reference`].
#![deny(missing_docs)]
#![forbid(unsafe_code)]
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod activation;
mod audit_record;
mod audit_report;
mod cells;
mod check;
mod check_audit;
mod check_deep;
mod claim;
mod cube;
mod deep_fixed;
mod deep_network;
mod deep_pass;
mod deep_planes;
mod deep_record;
mod deep_rows;
mod identity;
mod measure;
mod network;
mod number;
pub mod prove;
mod quoted;
mod record;
mod refusal;
mod report;
mod screen;
mod terms;
mod together;
mod written;

pub use audit_record::{AtLeast, AtMost, AuditCertificate, Cell, Ends, Leaf, Party, Proof, Term, Together};
pub use audit_report::{audit_report, deep_report};
pub use check::{BoxShown, Checked, EqualityShown, Sizes, check};
pub use check_audit::{AuditChecked, check_audit};
pub use check_deep::{DeepChecked, check_deep};
pub use claim::{Claim, ClaimChecked, DIFFERENT, EQUAL, StatedClaim, Verdict, in_units, sentence, with_decimals};
pub use deep_record::{Covered, DeepCertificate, DeepLayer, DeepParty, Reached, UnitPair};
pub use identity::{DeepReference, Reference, ReferenceActivation, identify, identify_audit, identify_deep};
pub use measure::{Layout, Placed};
pub use network::Network;
pub use quoted::quoted;
pub use record::{Activation, BoxBound, Certificate, Equality, Matching, Owner, Place, Plane, Source, Victim, Weights};
pub use refusal::Refusal;
pub use report::report;
pub use screen::wrapped;
pub use written::{AUDIT_FORMAT, DEEP_FORMAT, FORMAT, Unreadable, format};
