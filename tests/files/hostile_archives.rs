//! Archives that lie: a clear error, no panic, no memory on their word.

use crate::common::{Entry, crc32, f64s, npy, zip};
use crate::hostile_files::replaced;
use crate::memory::{answer, complaint};

#[test]
fn archives_that_are_damaged() {
    let whole = replaced("A0", "(2, 3)", &[0.5; 6]);
    for length in 1..whole.len() {
        assert!(answer(&whole[..length]).is_err(), "cut to {length} bytes");
    }
    // The checksum sees every flipped bit of a weight.
    let weights = whole.windows(8).position(|w| w == 0.5f64.to_le_bytes()).unwrap();
    for bit in 0..8 * 24 {
        let mut flipped = whole.clone();
        flipped[weights + bit / 8] ^= 1 << (bit % 8);
        assert!(complaint(&flipped).contains("array 'b0': Invalid checksum"), "bit {bit}: {}", complaint(&flipped));
    }
}

#[test]
fn a_directory_that_announces_more_entries_than_bytes_could_hold() {
    let mut bytes = replaced("A0", "(2, 3)", &[0.5; 6]);
    let end = bytes.split_off(bytes.len() - 22);
    // Many entries, in the end record of zip64 and in its locator.
    let (record, count) = ((bytes.len() as u64).to_le_bytes(), (bytes.len() as u64).to_le_bytes());
    bytes.extend([b"PK\x06\x06", &44u64.to_le_bytes()[..], &[0; 12], &count, &count, &[0; 16]].concat());
    bytes.extend([b"PK\x06\x07\0\0\0\0", &record[..], &[1, 0, 0, 0], &end].concat());
    let expected = "its directory is in the form for more than 4 GiB";
    assert_eq!(complaint(&bytes), format!("v: is not a whole npz file, save it again: {expected}"));
}

/// Without a directory of zip64: more entries than the directory has room for, another size or place of it.
#[test]
fn an_end_that_does_not_fit_its_directory() {
    let whole = replaced("A0", "(2, 3)", &[0.5; 6]);
    let end = whole.len() - 22;
    let changed = |at: usize, value: &[u8]| {
        let mut bytes = whole.clone();
        bytes[at..][..value.len()].copy_from_slice(value);
        complaint(&bytes).trim_start_matches("v: is not a whole npz file, save it again: ").to_owned()
    };
    let said = |field: usize, value: &[u8]| changed(end + field, value);
    let misfit = "the end of its directory does not fit it";
    assert_eq!(said(4, &[1]), misfit);
    assert_eq!(said(8, &[5]), misfit);
    assert_eq!(said(8, &[255; 4]), misfit);
    assert_eq!(said(8, &[5, 0, 5, 0]), misfit);
    assert_eq!(said(12, &[0; 4]), misfit);
    assert_eq!(said(12, &[255; 4]), misfit);
    assert_eq!(said(16, &[255; 4]), misfit);
    assert_eq!(said(20, &[1]), misfit);
    // The name of the last entry, b1.npy, is longer than what is left.
    assert_eq!(changed(end - 52 + 28, &[7]), "its directory is cut short");
    // An earlier end, which would announce 65,535 entries, is not looked for.
    let mut two = whole.clone();
    two[end + 8..end + 12].fill(255);
    two.extend(&whole[end..]);
    assert_eq!(complaint(&two), format!("v: is not a whole npz file, save it again: its directory is cut short"));
}

#[test]
fn what_stands_before_an_archive_or_behind_it_does_not_matter() {
    let whole = replaced("A0", "(2, 3)", &[0.5; 6]);
    let mut bytes = [b"PK", &[0; 100][..], &whole].concat();
    assert_eq!(answer(&bytes), Ok(()));
    let comment = bytes.len() - 2;
    bytes[comment] = 9;
    bytes.extend(b"a comment and more");
    assert_eq!(answer(&bytes), Ok(()));
}

/// One name in two encodings, and one that an extra field makes the same.
#[test]
fn names_that_are_twice_in_it_in_another_way() {
    let array = npy("<f8", "(1, 1)", &f64s(&[1.0]));
    let said =
        |bytes: &[u8]| complaint(bytes).trim_start_matches("v: is not a whole npz file, save it again: ").to_owned();
    // In code page 437, the byte 0x84 is ä.
    let mut bytes = zip(&["ä.npy", "?.npy"].map(|name| Entry::plain(name, &array)));
    let names: Vec<_> = (0..bytes.len()).filter(|&at| bytes[at..].starts_with(b"?.npy")).collect();
    names.iter().for_each(|&at| bytes[at] = 0x84);
    assert_eq!((names.len(), said(&bytes)), (2, "'ä.npy' is in it twice".to_owned()));
    let renamed = |from: &str, to: &str| {
        let mut entry = Entry::plain(from, &array);
        // Unicode path: version 1, the checksum of the name that it replaces, the name.
        let field = [&[1], &crc32(from.as_bytes()).to_le_bytes()[..], to.as_bytes()].concat();
        entry.extra = [&0x7075u16.to_le_bytes()[..], &(field.len() as u16).to_le_bytes(), &field].concat();
        entry
    };
    let entries = [Entry::plain("A0.npy", &array), renamed("x.npy", "A0.npy")];
    assert_eq!(said(&zip(&entries)), "two of its files have one name");
}

#[test]
fn methods_that_are_not_read_are_named() {
    for (method, name) in [(93, "Zstd"), (12, "Bzip2"), (14, "Lzma"), (9, "Deflate64")] {
        let mut entry = Entry::plain("A0.npy", &npy("<f8", "(1, 1)", &f64s(&[1.0])));
        entry.method = method;
        let expected = format!("'A0.npy' is packed by the method {name}; Stored and Deflated are read");
        assert_eq!(complaint(&zip(&[entry])), format!("v: is not a whole npz file, save it again: {expected}"));
    }
}

#[test]
fn an_entry_that_is_encrypted() {
    let mut bytes = replaced("A0", "(2, 3)", &[0.5; 6]);
    let flags = (0..bytes.len()).filter(|&at| bytes[at..].starts_with(b"PK\x01\x02")).map(|at| at + 8);
    flags.collect::<Vec<_>>().iter().for_each(|&at| bytes[at] |= 1);
    assert!(complaint(&bytes).ends_with("npy' is encrypted"), "{}", complaint(&bytes));
}

#[test]
fn an_entry_that_claims_encryption_without_it() {
    let mut entry = Entry::plain("A0.npy", &npy("<f8", "(1, 1)", &f64s(&[1.0])));
    // AES, version 2, vendor "AE", 256 bits, stored.
    entry.extra = vec![0x01, 0x99, 7, 0, 2, 0, b'A', b'E', 3, 0, 0];
    entry.method = 99;
    assert_eq!(complaint(&zip(&[entry])), "v: is not a whole npz file, save it again: 'A0.npy' is encrypted");
}

/// A deflate stream of these bytes, then `2064·rounds + 1` zeros, in 13 bytes a round.
fn deflated_with_zeros(start: &[u8], rounds: usize) -> Vec<u8> {
    let length = start.len() as u16;
    let stored = [&[0], &length.to_le_bytes()[..], &(!length).to_le_bytes(), start].concat();
    let mut bits: Vec<bool> = vec![true, true, false];
    let mut huffman = |code: u32, length: u32| bits.extend((0..length).rev().map(|i| code >> i & 1 == 1));
    huffman(0b0011_0000, 8);
    for _ in 0..8 * rounds {
        // Length 258, distance 1.
        huffman(0b1100_0101, 8);
        huffman(0, 5);
    }
    huffman(0, 7);
    let zeros = bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |sum, &bit| sum << 1 | u8::from(bit)));
    stored.into_iter().chain(zeros).collect()
}

#[test]
fn an_entry_is_not_unpacked_beyond_what_its_header_needs() {
    // 4 MiB of zeros follow one number; were they unpacked, memory would show it.
    let stored = deflated_with_zeros(&npy("<f8", "(1, 1)", &f64s(&[1.0])), 2000);
    let archive = |unpacked| {
        let (name, stored) = ("A0.npy".into(), stored.clone());
        zip(&[Entry { name, method: 8, stored, crc: 0, unpacked, extra: Vec::new() }])
    };
    assert!(archive(0).len() < 27_000);
    let said = |unpacked| complaint(&archive(unpacked));
    let prefix = "v: is not a whole npz file, save it again: array 'A0'";
    for unpacked in [1 << 22, u32::MAX] {
        assert_eq!(said(unpacked), format!("{prefix} of shape [1, 1] needs 8 bytes, more are there"));
    }
    // Nor beyond what the archive says.
    assert_eq!(said(20), format!("{prefix}: File is larger than its declared uncompressed size"));
}
