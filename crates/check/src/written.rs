//! Names, bytes and seals of certificates.

use crate::quoted::quoted;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{self, Write};

/// Name and version of the layout of a run's certificate.
pub const FORMAT: &str = "exactract/certificate/1";

/// Name and version of the layout of an audit's certificate.
pub const AUDIT_FORMAT: &str = "exactract/certificate/audit/2";

/// Name and version of the layout of the certificate of an audit of deep networks.
pub const DEEP_FORMAT: &str = "exactract/certificate/deep-audit/2";

/// Bytes that are no certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// They are no JSON of this layout.
    #[error("not a certificate: {0}")]
    Layout(String),
    /// The layout has another name or version.
    #[error(
        "it has the layout {}, and this program reads {FORMAT}, {AUDIT_FORMAT} and {DEEP_FORMAT}: make the \
         certificate again with this program, or check it with the one that wrote it",
        quoted(.0)
    )]
    Format(String),
    /// The seal is not that of the content.
    #[error("the seal does not fit: the file was damaged or edited")]
    Seal,
}

/// Reads the bytes of a layout of this name.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8], format: &str) -> Result<T, Unreadable> {
    let found = self::format(bytes)?;
    if found != format {
        return Err(Unreadable::Format(found));
    }
    serde_json::from_slice(bytes).map_err(|error| Unreadable::Layout(error.to_string()))
}

/// The name of the layout of a certificate: the one field that every version has.
///
/// Errors: [`Unreadable::Layout`].
pub fn format(bytes: &[u8]) -> Result<String, Unreadable> {
    #[derive(Deserialize)]
    struct Version {
        format: String,
    }
    let version: Version = serde_json::from_slice(bytes).map_err(|error| Unreadable::Layout(error.to_string()))?;
    Ok(version.format)
}

/// JSON with a line a row.
pub(crate) fn lines(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let lines = Lines { depth: 0, in_array: Vec::new() };
    // Neither a vector nor strings and integers can fail to be written.
    let _ = value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, lines));
    bytes.push(b'\n');
    bytes
}

/// SHA-256 of compact JSON, in hexadecimal.
pub(crate) fn hash(value: &impl Serialize) -> String {
    /// Hashes what is written to it.
    struct Hasher(Sha256);
    impl Write for Hasher {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut hasher = Hasher(Sha256::new());
    let _ = serde_json::to_writer(&mut hasher, value);
    hasher.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// JSON with a line for every field and for every row: strings in an array stay on its line.
struct Lines {
    depth: usize,
    /// Whether the container at each depth is an array.
    in_array: Vec<bool>,
}

impl Lines {
    fn line<W: ?Sized + Write>(&self, writer: &mut W) -> io::Result<()> {
        write!(writer, "\n{:1$}", "", 2 * self.depth)
    }

    fn begin<W: ?Sized + Write>(&mut self, writer: &mut W, array: bool) -> io::Result<()> {
        if self.in_array.last() == Some(&true) {
            self.line(writer)?;
        }
        self.in_array.push(array);
        self.depth += 1;
        writer.write_all(if array { b"[" } else { b"{" })
    }
}

impl serde_json::ser::Formatter for Lines {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, true)
    }
    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth = self.depth.saturating_sub(1);
        self.in_array.pop();
        writer.write_all(b"]")
    }
    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, false)
    }
    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth = self.depth.saturating_sub(1);
        self.in_array.pop();
        // Small objects in a list stay on one line, as their fields do.
        if self.in_array.last() != Some(&true) {
            self.line(writer)?;
        }
        writer.write_all(b"}")
    }
    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if !first {
            writer.write_all(b",")?;
        }
        let depth = self.in_array.len();
        if depth >= 2 && self.in_array[depth - 2] {
            return if first { Ok(()) } else { writer.write_all(b" ") };
        }
        self.line(writer)
    }
    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}
