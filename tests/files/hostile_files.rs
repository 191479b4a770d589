//! Files that lie, or are not what they seem: a clear error, no panic, no memory on their word.

use crate::common::{Entry, f64s, npy, npy_of, npz, safetensors, zip};
use crate::memory::{answer, complaint};
use exactract::format::read;
use proptest::prelude::*;
use std::path::Path;

/// A network of shape 2-3-1 as an `.npz`, with one array replaced, or left out.
fn arrays(name: &str, array: Option<Vec<u8>>) -> Vec<u8> {
    let good = |shape: &str, count: usize| Some(npy("<f8", shape, &f64s(&vec![0.5; count])));
    let mut arrays = vec![("A0", good("(2, 3)", 6)), ("b0", good("(3,)", 3)), ("A1", good("(3, 1)", 3))];
    arrays.push(("b1", good("(1,)", 1)));
    arrays.retain(|(other, _)| *other != name);
    arrays.push((name, array));
    npz(&arrays.into_iter().filter_map(|(name, array)| Some((name, array?))).collect::<Vec<_>>())
}

/// That network with these values and shape in place of one array's.
pub fn replaced(name: &str, shape: &str, values: &[f64]) -> Vec<u8> {
    arrays(name, Some(npy("<f8", shape, &f64s(values))))
}

/// That network with this header in place of the one of `A0`.
fn header(text: &str) -> Vec<u8> {
    arrays("A0", Some(npy_of(text, &f64s(&[0.5; 6]))))
}

#[test]
fn the_untouched_archive_is_fine() {
    assert_eq!(answer(&replaced("A0", "(2, 3)", &[0.5; 6])), Ok(()));
}

#[test]
fn paths_that_hold_no_network() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.npz");
    let said = || read(&path).unwrap_err().to_string();
    let starts = |text: &str| {
        let expected = format!("{}: {text}", path.display());
        assert!(said().starts_with(&expected), "{}", said());
    };
    starts("cannot be read: No such file");
    std::fs::write(&path, "").unwrap();
    starts("is empty");
    std::fs::write(&path, "A0 = 1").unwrap();
    starts("is not .npz, .safetensors or .onnx but of an unknown format");
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    starts("is a folder; name a .npz, .safetensors or .onnx file");
}

#[test]
fn files_of_other_kinds_are_named() {
    let said =
        |bytes: &[u8]| complaint(bytes).trim_start_matches("v: is not .npz, .safetensors or .onnx but ").to_owned();
    let array = "a single NumPy array; save A0, b0, A1 and b1 together with numpy.savez";
    assert_eq!(said(&npy("<f8", "(1,)", &[])), array);
    let pytorch = "a PyTorch checkpoint; convert its state dict in Python: \
                   safetensors.torch.save_file(torch.load('v.pt', weights_only=True), 'v.safetensors')";
    assert_eq!(said(&zip(&[Entry::plain("archive/data.pkl", b"\x80\x02}q\0.")])), pytorch);
    assert_eq!(said(b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."), pytorch);
    // A pickle is PyTorch's only where it says so.
    assert!(
        said(b"\x80\x04\x95\x10sklearn.neural_network._multilayer_perceptron.")
            .starts_with("a pickle of a scikit-learn")
    );
    assert!(said(b"\x80\x04}\x94(\x8c\x06coefs_\x94]\x8c\x0bintercepts_.").starts_with("a pickle with the arrays"));
    assert!(said(b"\x80\x04]\x94(K\x01e.").starts_with("a Python pickle, which is not read"));
    assert!(said(b"(dp0\nS'coefs_'\nS'intercepts_'\ncnumpy\n.").starts_with("a pickle with the arrays"));
    let objects = "a single NumPy array of Python objects, and pickles are not read; convert a list of weights and \
                   biases in Python: numpy.savez('v.npz', *numpy.load('v.npy', allow_pickle=True))";
    assert_eq!(said(&npy("|O", "(4,)", &[0; 32])), objects);
    let keras = "a Keras model or another HDF5 file; convert a Keras model in Python: numpy.savez('v.npz', \
                 **{'Ab'[i % 2] + str(i // 2): w for i, w in \
                 enumerate(keras.models.load_model('v.keras').get_weights())})";
    assert_eq!(said(b"\x89HDF\r\n\x1a\n"), keras);
    let archive = ["metadata.json", "config.json", "model.weights.h5"].map(|name| Entry::plain(name, b"{}"));
    assert_eq!(said(&zip(&archive)), keras);
    // The commands of the page on formats are those of the messages.
    let page = include_str!("../../docs/formats.md");
    for (command, told) in [("safetensors.torch.save_file(", pytorch), ("numpy.savez('v.npz', **", keras)] {
        let at = told.find(command).unwrap();
        assert!(page.contains(&told[at..]), "{}", &told[at..]);
    }
}

#[test]
fn tensors_that_do_not_fit() {
    let cases = [
        (replaced("b0", "(2,)", &[0.0; 2]), "'b0' has shape [2]; [3] would fit 'A0' of shape [2, 3]"),
        (replaced("A1", "(4, 1)", &[0.0; 4]), "'A1' has shape [4, 1]; [3, 1] would fit 'A0' of shape [2, 3]"),
        (replaced("A1", "(1, 3)", &[0.0; 3]), "'A1' has shape [1, 3]; [3, 3] would fit 'A0' of shape [2, 3]"),
        (replaced("b1", "(2,)", &[0.0; 2]), "'b1' has shape [2]; [1] would fit 'A1' of shape [3, 1]"),
        (replaced("A0", "(6,)", &[0.0; 6]), "'A0' has shape [6]; expected two axes, [inputs of the layer, units]"),
        (
            replaced("A1", "(1, 3, 1)", &[0.0; 3]),
            "'A1' has shape [1, 3, 1]; expected two axes, [inputs of the layer, units]",
        ),
        (replaced("A0", "(2, 0)", &[]), "'A0' has shape [2, 0]: every layer needs at least one unit"),
        (replaced("b1", "(0,)", &[]), "'b1' has shape [0]: every layer needs at least one unit"),
        (
            replaced("A0", "(0, 1152921504606846976)", &[]),
            "'A0' has shape [0, 1152921504606846976]: every layer needs at least one unit",
        ),
        (
            replaced("A0", "(2, 3)", &[0.0, 0.0, 0.0, 0.0, f64::NAN, 0.0]),
            "'A0' holds NaN at index 4; every entry must be finite",
        ),
        (replaced("b1", "(1,)", &[f64::NEG_INFINITY]), "'b1' holds -inf at index 0; every entry must be finite"),
    ];
    for (bytes, expected) in cases {
        assert_eq!(complaint(&bytes), format!("v: tensor {expected}"));
    }
}

#[test]
fn types_that_are_no_weights() {
    for descr in ["<i8", "|u1", "<c16", "<U4", "<M8[s]", "<f16"] {
        let said = complaint(&arrays("b0", Some(npy(descr, "(3,)", &[0; 64]))));
        assert_eq!(said, format!("v: tensor 'b0' has type {descr}; expected f16, bf16, f32 or f64"));
    }
    let said = complaint(&arrays("b0", Some(npy("|O", "(3,)", &[0; 64]))));
    let expected = "v: keeps Python objects in 'b0', and pickles are not read. In Python, convert it: v = numpy.load('v.npz', \
                    allow_pickle=True); numpy.savez('plain.npz', **{k: numpy.asarray(v[k], float) for k in v})";
    assert_eq!(said, expected);
    let record = npy_of("{'descr': [('x', '<f8')], 'fortran_order': False, 'shape': (3,), }\n", &[0; 24]);
    let said = complaint(&arrays("b0", Some(record)));
    assert_eq!(said, "v: tensor 'b0' has type [('x', '<f8')]; expected f16, bf16, f32 or f64");
}

#[test]
fn arrays_that_are_missing_or_too_many() {
    assert_eq!(
        complaint(&arrays("b0", None)),
        "v: has no tensor 'b0'; it holds A0, A1, b1. \
         Expected: A0 [inputs, hidden], b0 [hidden], A1 [hidden, outputs], b1 [outputs]; or name the arrays of the \
         layers with --keys W1,b1,W2,b2"
    );
    assert_eq!(
        complaint(&npz(&[])),
        "v: has no tensor 'A0'; it holds nothing. \
         Expected: A0 [inputs, hidden], b0 [hidden], A1 [hidden, outputs], b1 [outputs]; or name the arrays of the \
         layers with --keys W1,b1,W2,b2"
    );
    for (name, missing) in [("A2", "b2"), ("b2", "A2"), ("A3", "A2"), ("A4294967296", "A2")] {
        let said = complaint(&replaced(name, "(1, 1)", &[1.0]));
        assert!(said.starts_with(&format!("v: has no tensor '{missing}'; it holds A0, A1, ")), "{said}");
    }
    let twice = ["A0", "A0"].map(|name| (name, npy("<f8", "(1, 1)", &f64s(&[1.0]))));
    assert_eq!(complaint(&npz(&twice)), "v: is not a whole npz file, save it again: 'A0.npy' is in it twice");
}

#[test]
fn headers_of_arrays_that_lie() {
    let said = |text: &str| {
        let said = complaint(&header(text));
        let prefix = "v: is not a whole npz file, save it again: array 'A0'";
        said.strip_prefix(prefix).unwrap_or_else(|| panic!("{said}")).to_owned()
    };
    let shape = |shape: &str| said(&format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n"));
    assert_eq!(shape("(2, 4)"), " of shape [2, 4] needs 64 bytes, 48 are there");
    assert_eq!(shape("(2, 2)"), " of shape [2, 2] needs 32 bytes, more are there");
    let large = " is larger than the limit of 34603008 bytes";
    assert_eq!(shape("(1099511627776, 8)"), format!(" of shape [1099511627776, 8]{large}"));
    assert_eq!(
        shape("(4611686018427387904, 4611686018427387904)"),
        format!(" of shape [4611686018427387904, 4611686018427387904]{large}")
    );
    assert_eq!(shape("(-2, 3)"), " has a header without a shape");
    assert_eq!(shape("(1000000000000000000000000000000,)"), " has a header without a shape");
    assert_eq!(shape("6"), " has a header without a shape");
    assert_eq!(said("{'descr': '<f8', 'fortran_order': False, }\n"), " has a header without a shape");
    assert_eq!(said("{'descr': '<f8', 'shape': (2, 3), }\n"), " has a header without an order");
    assert_eq!(said("{'fortran_order': False, 'shape': (2, 3), }\n"), " has a header without a type");
    assert_eq!(said("(2, 3)\n"), " has a header that is no Python dictionary");
    assert_eq!(said("{'descr'"), " has a header that is no Python dictionary");
    assert_eq!(said("\u{e4}"), " has a header that is no Python dictionary");
    // A parser that tries a list twice a level would take 2^400 steps.
    assert_eq!(said(&"[".repeat(400)), " has a header that is nested too deeply");
    assert_eq!(said(&" ".repeat(20_000)), " has a header of 20000 bytes, more than NumPy reads");
}

#[test]
fn arrays_that_are_none() {
    let said = |bytes: &[u8]| complaint(&arrays("A0", Some(bytes.to_vec())));
    let prefix = "v: is not a whole npz file, save it again: array 'A0'";
    assert_eq!(said(b""), format!("{prefix} is no NumPy array"));
    assert_eq!(said(b"\x93NUMPY"), format!("{prefix} is no NumPy array"));
    assert_eq!(said(b"\x93NUMPI\x01\x00\x00\x00"), format!("{prefix} is no NumPy array"));
    assert_eq!(said(b"\x93NUMPY\x01\x00\x10\x00{}"), format!("{prefix} ends within its header"));
    assert_eq!(
        said(b"\x93NUMPY\x09\x00\x00\x00\x00\x00"),
        format!("{prefix} is of version 9.0; 1.0, 2.0 and 3.0 are read")
    );
    let said = said(b"\x93NUMPY\x02\x00\xff\xff\xff\xff{}");
    assert_eq!(said, format!("{prefix} has a header of 4294967295 bytes, more than NumPy reads"));
}

/// Two layers, `[2, 1]` with bias and `[1, 2]` without, after this change of the header; after none, a bias is infinite.
fn tensors(from: &str, to: &str) -> Vec<u8> {
    let header = r#"{"0.weight":{"dtype":"F64","shape":[2,1],"data_offsets":[0,16]},
        "0.bias":{"dtype":"F64","shape":[2],"data_offsets":[16,32]},
        "2.weight":{"dtype":"F64","shape":[1,2],"data_offsets":[32,48]}}"#;
    assert!(header.contains(from));
    let last_bias = if from == to { f64::INFINITY } else { 4.0 };
    safetensors(&header.replace(from, to), &f64s(&[1.0, 2.0, 3.0, last_bias, 5.0, 6.0]))
}

#[test]
fn safetensors_that_do_not_fit() {
    let cases = [
        ("0.bias", "0.bias", "tensor '0.bias' holds inf at index 1; every entry must be finite"),
        ("[1,2]", "[2,1]", "tensor '2.weight' has shape [2, 1]; [2, 2] would fit '0.weight' of shape [2, 1]"),
        (
            "\"0.weight\":{\"dtype\":\"F64\",\"shape\":[2,1]",
            "\"0.weight\":{\"dtype\":\"F64\",\"shape\":[1,2]",
            "tensor '2.weight' has shape [1, 2]; [2, 2] would fit '0.weight' of shape [1, 2]",
        ),
        ("[1,2]", "[2]", "tensor '2.weight' has shape [2]; expected two axes, [units, inputs of the layer]"),
        (
            "F64\",\"shape\":[1,2]",
            "I64\",\"shape\":[1,2]",
            "tensor '2.weight' has type I64; expected f16, bf16, f32 or f64",
        ),
        ("0.bias", "4.weight", "tensor '4.weight' has shape [2]; expected two axes, [units, inputs of the layer]"),
        (
            "2.weight",
            "2.kernel",
            "names its weights in two ways, '0.weight' and '2.kernel': rename them in one way, or choose layers that are \
             named in one way, in their order, with --layers NAME,NAME",
        ),
        (
            "[32,48]",
            "[32,56]",
            "is not a whole safetensors file, save it again: tensor '2.weight' ends at byte 56 of 48",
        ),
    ];
    for (from, to, expected) in cases {
        assert_eq!(complaint(&tensors(from, to)), format!("v: {expected}"));
    }
}

#[test]
fn safetensors_that_lie() {
    let said = |header: &str, data: &[u8]| complaint(&safetensors(header, data));
    let empty = r#"{"0.weight":{"dtype":"F64","shape":[1152921504606846976,0],"data_offsets":[0,0]},
        "2.weight":{"dtype":"F64","shape":[1,1],"data_offsets":[0,8]}}"#;
    assert_eq!(
        said(empty, &[0; 8]),
        "v: tensor '0.weight' has shape [1152921504606846976, 0]: every layer needs at least one unit"
    );
    // Nine tensors of 2^61 − 8 bytes: their end passes 2^64.
    let size = (1u64 << 61) - 8;
    let one = |i: u64| {
        let (start, end) = (u128::from(i) * u128::from(size), u128::from(i + 1) * u128::from(size));
        format!(r#""{i}.weight":{{"dtype":"F64","shape":[{}],"data_offsets":[{start},{end}]}}"#, size / 8)
    };
    let many: Vec<String> = (0..8).map(one).collect();
    assert!(said(&format!("{{{}}}", many.join(",")), &[]).contains("ends at byte"));
    let whole = tensors("0.bias", "0.bias");
    for length in 1..whole.len() {
        assert!(answer(&whole[..length]).is_err(), "cut to {length} bytes");
    }
    let mut long = whole.clone();
    long[..8].copy_from_slice(&(1u64 << 60).to_le_bytes());
    let said_of_long = complaint(&long);
    assert!(said_of_long.starts_with("v: is not a whole safetensors file"), "{said_of_long}");
    assert!(said("{", &[]).starts_with("v: is not a whole safetensors file"));
    assert!(said(&format!("{{\"a\":{}", "[".repeat(10_000)), &[]).starts_with("v: is not a whole safetensors file"));
}

/// Valid files to start from: bundled, compressed, stored.
fn seeds() -> [Vec<u8>; 3] {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let compressed = std::fs::read(folder.join("tests/data/compressed.npz")).unwrap();
    let bundled = std::fs::read(folder.join("data/digits-64-32-10.safetensors")).unwrap();
    [compressed, replaced("A0", "(2, 3)", &[0.5; 6]), bundled]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn no_byte_makes_a_reader_panic(
        seed in 0usize..3,
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..3), 0..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = seeds()[seed].clone();
        for (place, byte, region) in flips {
            // Headers stand at the beginning, and an archive's directory at the end.
            let near = bytes.len().min(400);
            let at = match region {
                0 => place.index(near),
                1 => bytes.len() - 1 - place.index(near),
                _ => place.index(bytes.len()),
            };
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = answer(&bytes);
    }

    #[test]
    fn no_header_makes_a_reader_panic(entries in prop::collection::vec(entry(), 0..5), rest in r"[\[\](){}', :0-9<-]{0,4}") {
        let _ = answer(&header(&format!("{{{}{rest}}}", entries.concat())));
        let _ = answer(&safetensors(&format!("{{{}}}", entries.concat().replace('\'', "\"")), &[0; 16]));
    }
}

/// An entry of a dictionary, mostly one of a header.
fn entry() -> impl Strategy<Value = String> {
    const KEYS: [&str; 6] = ["'descr'", "'fortran_order'", "'shape'", "'0.weight'", "'__metadata__'", "7"];
    const VALUES: [&str; 16] = [
        "'<f8'",
        "'>i9'",
        "''",
        "True",
        "None",
        "-1",
        "0",
        "9223372036854775808",
        "()",
        "(2, 3)",
        "(0,)",
        "[[[[1]]]]",
        "(18446744073709551615, 2)",
        "[('x', '<f8', (3,))]",
        "{'dtype': 'F64', 'shape': [2], 'data_offsets': [0, 16]}",
        "{'dtype': 'BF16', 'shape': [9223372036854775808, 2], 'data_offsets': [16, 8]}",
    ];
    (prop::sample::select(&KEYS), prop::sample::select(&VALUES)).prop_map(|(key, value)| format!("{key}: {value}, "))
}
