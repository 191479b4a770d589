//! Certificates for Coq's kernel: `.v` files in the shape that `proofs/README.md` describes.

use super::Certificate;
use super::check::Checked;

/// One `.v` file, or why there is none.
#[derive(Clone, Debug)]
pub struct File {
    /// Its name.
    pub name: &'static str,
    /// Its text; else the reason, in words.
    pub content: Result<String, String>,
}

/// The files of a certificate that holds: `equality.v` and `box.v`.
pub fn files(_certificate: &Certificate, _checked: &Checked) -> Vec<File> {
    Vec::new()
}
