//! The zip archives that `.npz` files are: arrays found by name and unpacked, or packed.
//!
//! The `zip` crate reserves memory for as many entries as an archive announces, keeps one of two
//! entries of the same name, and, where one directory cannot be read, looks for another further
//! up in the file. The directory's end is therefore compared with the file, and the names of the
//! directory against one another, before the crate sees either.

use super::Problem;
use std::collections::{BTreeMap, HashSet};
use std::io::{Cursor, Read, Write};
use zip::read::ZipReadOptions;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// What follows the name of an array.
const ENDING: &str = ".npy";
/// Bytes of the record at a directory's end, but for its comment.
const END: usize = 22;
/// Bytes of the record before it in archives of more than 4 GiB.
const WIDE_END: usize = 20;
/// Bytes of a directory's entry, but for its name, extra fields and comment.
const ENTRY: usize = 46;

pub(super) fn damaged(reason: impl ToString) -> Problem {
    Problem::Damaged { format: "npz", reason: reason.to_string() }
}

/// An archive of arrays.
pub(super) struct Archive<'b> {
    zip: ZipArchive<Cursor<&'b [u8]>>,
    /// Number of the entry of each array.
    arrays: BTreeMap<String, usize>,
}

impl<'b> Archive<'b> {
    pub(super) fn open(bytes: &'b [u8]) -> Result<Self, Problem> {
        let (directory, entries) = directory(bytes)?;
        check_names(directory, entries)?;
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
        // Extra fields can rename an entry, and a name has more than one encoding.
        if zip.len() != entries {
            return Err(damaged("two of its files have one name"));
        }
        let mut arrays = BTreeMap::new();
        for (index, file) in zip.file_names().enumerate() {
            let file = file.map_err(damaged)?;
            let Some(name) = file.strip_suffix(ENDING) else { continue };
            if arrays.insert(name.to_owned(), index).is_some() {
                return Err(twice(&file));
            }
        }
        Ok(Self { zip, arrays })
    }

    /// The names of the arrays, sorted.
    pub(super) fn names(&self) -> Vec<String> {
        self.arrays.keys().cloned().collect()
    }

    /// The bytes of an array's `.npy`, as they are unpacked; `None` where there is none of that name.
    ///
    /// Reading ends with an error where there are more bytes than the archive says, and at the last
    /// byte where their checksum is another.
    pub(super) fn array(&mut self, name: &str) -> Result<Option<impl Read>, Problem> {
        let Some(&index) = self.arrays.get(name) else { return Ok(None) };
        let entry = self.zip.by_index_data(index).map_err(damaged)?;
        match entry.compression() {
            CompressionMethod::AES => return Err(damaged(format!("'{name}{ENDING}' is encrypted"))),
            _ if entry.encrypted() => return Err(damaged(format!("'{name}{ENDING}' is encrypted"))),
            CompressionMethod::Stored | CompressionMethod::Deflated => {}
            other => {
                let reason = format!("'{name}{ENDING}' is packed by the method {other}; Stored and Deflated are read");
                return Err(damaged(reason));
            }
        }
        self.zip.by_index_with_options(index, ZipReadOptions::new()).map(Some).map_err(damaged)
    }
}

fn twice(file: &str) -> Problem {
    damaged(format!("'{file}' is in it twice"))
}

/// The little-endian number of 16 bits at a place; 0 past the end.
fn short(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |field| usize::from(u16::from_le_bytes(*field)))
}

/// The directory of an archive, and how many entries it has.
///
/// The record behind it is the last one in the file, and fits it: the crate finds the same and no other.
fn directory(bytes: &[u8]) -> Result<(&[u8], usize), Problem> {
    // A comment of at most 2^16 − 1 bytes follows the record.
    let tail = bytes.len().saturating_sub(END + usize::from(u16::MAX));
    let at = bytes[tail..].windows(END).rposition(|record| record.starts_with(b"PK\x05\x06"));
    let at = tail + at.ok_or_else(|| damaged("it has no directory"))?;
    if at.checked_sub(WIDE_END).is_some_and(|wide| bytes[wide..].starts_with(b"PK\x06\x07")) {
        return Err(damaged("its directory is in the form for more than 4 GiB"));
    }
    let record = &bytes[at..];
    let [disk, first_disk, entries, all_entries] = [4, 6, 8, 10].map(|field| short(record, field));
    let [size, offset] = [12, 16].map(|field| short(record, field) | short(record, field + 2) << 16);
    let start = at.checked_sub(size).filter(|&start| offset <= start);
    match start.map(|start| &bytes[start..at]) {
        Some(directory)
            if (disk, first_disk, entries) == (0, 0, all_entries)
                && entries <= size / ENTRY
                && END + short(record, 20) <= record.len() =>
        {
            Ok((directory, entries))
        }
        _ => Err(damaged("the end of its directory does not fit it")),
    }
}

/// Errors where two entries have the same name, or there are fewer of them.
fn check_names(directory: &[u8], entries: usize) -> Result<(), Problem> {
    let mut names = HashSet::new();
    let mut rest = directory;
    for _ in 0..entries {
        let [name, extra, comment] = [28, 30, 32].map(|field| short(rest, field));
        let name = rest.get(ENTRY..ENTRY + name).filter(|_| rest.starts_with(b"PK\x01\x02"));
        let name = name.ok_or_else(|| damaged("its directory is cut short"))?;
        if !names.insert(name) {
            return Err(twice(&String::from_utf8_lossy(name)));
        }
        rest = rest.get(ENTRY + name.len() + extra + comment..).unwrap_or_default();
    }
    Ok(())
}

/// The bytes of an archive of arrays, each the bytes of an `.npy`; the same for the same arrays.
///
/// Errors: [`Problem::Write`].
pub(super) fn packed(arrays: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Vec<u8>, Problem> {
    // The first day of the format, not now.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in arrays {
        zip.start_file(format!("{name}{ENDING}"), options).map_err(|e| Problem::Write(e.into()))?;
        zip.write_all(&bytes).map_err(Problem::Write)?;
    }
    Ok(zip.finish().map_err(|e| Problem::Write(e.into()))?.into_inner())
}
