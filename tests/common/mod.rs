//! Files made byte by byte, the program run, records changed field by field.
#![allow(dead_code, reason = "every test program takes the part it needs")]

use exactract::attack::Strategy;
use exactract::experiment::Settings;
use exactract::linalg::Matrix;
use exactract::net::{Dtype, Shallow, random};
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Command;

/// Runs of the attack as published.
pub fn textbook() -> Settings {
    Settings { strategy: Strategy::Textbook, ..Settings::default() }
}

/// A random network with one output, the first unit of which is `2^by` times weaker than it was.
pub fn with_a_weak_unit(shape: &str, seed: u64, by: i32) -> Shallow<f64> {
    let plain = random(shape.parse().expect("a shape"), seed, Dtype::F64);
    let weaker = |o: usize, j: usize| plain.output()[(o, j)] * 2f64.powi(if j == 0 { -by } else { 0 });
    let output = Matrix::from_fn(1, plain.shape().hidden, weaker);
    let (hidden, biases) = (plain.hidden().clone(), [plain.hidden_bias(), plain.output_bias()].map(<[f64]>::to_vec));
    let [hidden_bias, output_bias] = biases;
    Shallow::new(hidden, hidden_bias, output, output_bias).expect("finite")
}

/// A `.npy` of version 1 with this header text and data.
pub fn npy_of(header: &str, data: &[u8]) -> Vec<u8> {
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), data].concat()
}

/// A `.npy` as NumPy describes it; `shape` as Python writes a tuple.
pub fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    npy_of(&format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n"), data)
}

/// Little-endian f64 entries.
pub fn f64s(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// A file of an archive: its name, how it is stored, its bytes as stored, and as unpacked.
pub struct Entry {
    pub name: String,
    pub method: u16,
    pub stored: Vec<u8>,
    pub crc: u32,
    pub unpacked: u32,
    /// Extra field of the central directory.
    pub extra: Vec<u8>,
}

impl Entry {
    /// A file stored as it is.
    pub fn plain(name: &str, bytes: &[u8]) -> Self {
        let (stored, unpacked) = (bytes.to_vec(), bytes.len() as u32);
        Self { name: name.to_owned(), method: 0, stored, crc: crc32(bytes), unpacked, extra: Vec::new() }
    }
}

/// A zip archive: local headers, the central directory, its end.
pub fn zip(entries: &[Entry]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        let offset = (out.len() as u32).to_le_bytes();
        let (name, size) = (entry.name.as_bytes(), entry.stored.len() as u32);
        let common = [
            &[20, 0, 0, 0][..],
            &entry.method.to_le_bytes(),
            &[0; 4],
            &entry.crc.to_le_bytes(),
            &size.to_le_bytes(),
            &entry.unpacked.to_le_bytes(),
            &(name.len() as u16).to_le_bytes(),
        ]
        .concat();
        out.extend([b"PK\x03\x04", &common[..], &[0, 0], name, &entry.stored].concat());
        let extra = (entry.extra.len() as u16).to_le_bytes();
        directory.extend(
            [b"PK\x01\x02\x14\x00", &common[..], &extra[..], &[0; 10], &offset[..], name, &entry.extra].concat(),
        );
    }
    let count = (entries.len() as u16).to_le_bytes();
    let (start, size) = ((out.len() as u32).to_le_bytes(), (directory.len() as u32).to_le_bytes());
    let end = [b"PK\x05\x06\0\0\0\0", &count[..], &count[..], &size[..], &start[..], &[0, 0]].concat();
    [out, directory, end].concat()
}

/// An `.npz` of these arrays.
pub fn npz(arrays: &[(&str, Vec<u8>)]) -> Vec<u8> {
    zip(&arrays.iter().map(|(name, bytes)| Entry::plain(&format!("{name}.npy"), bytes)).collect::<Vec<_>>())
}

/// The entries of an array in an `.npz` that NumPy wrote, as bytes.
pub fn entries(path: &Path, name: &str) -> Vec<u8> {
    let mut archive = ::zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
    let mut bytes = Vec::new();
    archive.by_name(&format!("{name}.npy")).unwrap().read_to_end(&mut bytes).unwrap();
    // Version 1.0: eight bytes, the length of the header in two, the header.
    let header = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    bytes.split_off(10 + header)
}

/// A `.safetensors` with this JSON header.
pub fn safetensors(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat()
}

/// The CRC-32 of zip and PNG.
pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { c >> 1 ^ 0xedb8_8320 } else { c >> 1 })
    })
}

/// Runs the program with these arguments, words apart by spaces, and then `more`.
pub fn exactract(arguments: &str, more: &[&std::ffi::OsStr]) -> Answer {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_exactract"));
    Answer::of(&command.args(arguments.split_whitespace()).args(more).output().unwrap())
}

/// What the program answered.
#[derive(Debug)]
pub struct Answer {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Answer {
    pub fn of(output: &std::process::Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { status: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// Standard output as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}

/// One field changed, chosen by `pick`: a digit, a sign, an index, a list shortened or lengthened.
pub fn mutate(value: &mut serde_json::Value, pick: &mut usize) -> bool {
    let mut here = || {
        let found = *pick == 0;
        *pick = pick.wrapping_sub(1);
        found
    };
    match value {
        serde_json::Value::String(text) => {
            // A digit, the sign, the whole.
            if here() {
                let at = text.find(|c: char| c.is_ascii_alphanumeric()).unwrap_or(0);
                let next = if text[at..].starts_with('9') { "1" } else { "9" };
                text.replace_range(at..(at + 1).min(text.len()), next);
                return true;
            }
            if here() {
                *text = text.strip_prefix('-').map_or_else(|| format!("-{text}"), str::to_owned);
                return true;
            }
            if here() {
                text.push('7');
                return true;
            }
            false
        }
        serde_json::Value::Number(number) => {
            here() && {
                *value = serde_json::Value::from(number.as_u64().unwrap_or(0) + 1);
                true
            }
        }
        serde_json::Value::Array(list) => {
            if !list.is_empty() && here() {
                list.pop();
                return true;
            }
            if !list.is_empty() && here() {
                list.insert(0, list[list.len() - 1].clone());
                return true;
            }
            if list.len() > 1 && list[0] != list[1] && here() {
                list.swap(0, 1);
                return true;
            }
            list.iter_mut().any(|item| mutate(item, pick))
        }
        serde_json::Value::Object(fields) => {
            let names: Vec<String> = fields.keys().cloned().collect();
            for name in &names {
                if here() {
                    fields.remove(name);
                    return true;
                }
                if here() {
                    fields.insert(name.clone(), serde_json::Value::Null);
                    return true;
                }
            }
            if here() {
                fields.insert("more".to_owned(), serde_json::Value::from(1));
                return true;
            }
            names.iter().any(|name| fields.get_mut(name).is_some_and(|item| mutate(item, pick)))
        }
        serde_json::Value::Null => {
            here() && {
                *value = serde_json::Value::from(0);
                true
            }
        }
        serde_json::Value::Bool(_) => false,
    }
}

/// All files below the folder of a sweep, by name, but for the lock.
pub fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.file_name().unwrap() != "lock" {
                found.insert(path.strip_prefix(folder).unwrap().display().to_string(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Both folders of a sweep hold the same files, byte for byte.
pub fn assert_same(a: &Path, b: &Path) {
    let (a, b) = (tree(a), tree(b));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (name, bytes) in &a {
        assert!(*bytes == b[name], "{name} differs");
    }
}

/// A Python that has these modules: the one named by `PYTHON`, or `python3` on the PATH.
///
/// Where it lacks one there is none, with a word, and the test is skipped; where `REQUIRE_PYTHON` is
/// set it fails. `tests/python.txt` has the packages.
pub fn python_with(modules: &str) -> Option<String> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let imported = Command::new(&python).args(["-c", &format!("import {modules}")]).output();
    if imported.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    let what = format!("{python} has not all of {modules}: install tests/python.txt");
    assert!(std::env::var_os("REQUIRE_PYTHON").is_none(), "{what}");
    eprintln!("skipped: {what}");
    None
}

/// What a script of this folder prints.
pub fn script(python: &str, name: &str, arguments: &[&Path]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign").join(name);
    let run = Command::new(python).arg(path).args(arguments).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap()
}
