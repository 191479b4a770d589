//! Bad requests: status 2, a message that says what to do, and no file touched.

use crate::common::{exactract, npz};
use std::fs;
use std::path::Path;

/// Runs in an empty folder, which must stay empty; `{}` stands for it.
fn refused(arguments: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().to_str().unwrap();
    let answer = exactract(&arguments.replace("{}", here), &[]);
    assert_eq!((answer.status, answer.stdout.as_str()), (Some(2), ""), "{arguments}: {}", answer.stderr);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{arguments} left a file");
    answer.stderr.replace(here, "{}")
}

#[test]
fn shapes() {
    let said = |shape: &str| {
        let said = refused(&format!("run --random {shape}"));
        let prefix = format!("error: invalid value '{shape}' for '--random <SHAPE>': ");
        said.strip_prefix(&prefix).unwrap_or_else(|| panic!("{said}")).lines().next().unwrap().to_owned()
    };
    for shape in ["784-128", "a-b-c", "1--1", "784x128x1", "99999999999999999999-1-1", "1.5-2-3"] {
        let expected = "does not parse: write inputs-hidden-outputs, for example 784-128-1";
        assert_eq!(said(shape), format!("shape '{shape}' {expected}"));
    }
    assert_eq!(said("0-1-1"), "shape 0-1-1: every layer needs at least one unit");
    assert_eq!(
        said("99999999-99999999-1"),
        "shape 99999999-99999999-1 has 10000000000000000 parameters; the limit is 4194304"
    );
    let huge = "18446744073709551615-18446744073709551615-18446744073709551615";
    assert!(said(huge).ends_with("parameters; the limit is 4194304"));
}

#[test]
fn options() {
    for (arguments, expected) in [
        ("run --lines 0", "0 is not in 1..=1024"),
        ("run --threads 1025", "1025 is not in 0..=1024"),
        ("run --max-queries -1", "unexpected argument '-1'"),
        ("run --weights f32", "--random <SHAPE>"),
        ("run --kernel slow", "[possible values: portable, fast]"),
        ("run v.npz --random 3-3-1", "cannot be used with"),
        ("run --bogus", "unexpected argument '--bogus'"),
        ("run --attribution --victim-arithmetic exact", "let the victim answer in f32 or f64"),
        ("rum", "unrecognized subcommand 'rum'"),
        ("", "Usage: exactract <COMMAND>"),
        ("train", "--out <PATH>"),
        ("train --out {}/v.npz --rate 0", "expected a positive number"),
        ("train --out {}/v.npz --rate nan", "is no number: write a decimal"),
        ("train --out {}/v.npz --epochs 0", "0 is not in 1.."),
        ("run --max-queries 0", "0 is not in 1.."),
        ("run --random 2-2-1 --certificate {}/c --box 0,1/0", "the upper end divides by zero"),
        ("run --random 2-2-1 --certificate {}/c --box=-0.5", "expected two numbers, such as -1,1"),
        ("run --random 2-2-1 --certificate {}/c --box 1,0", "the interval is empty"),
        ("regress record {}/b.json --inputs 0", "0 is not in 1..=100000"),
        ("sweep s.toml --out {}/s --memory 0", "0 is not in 1.."),
        ("audit v.npz v.npz --claim 2^-1/2", "can be read in two ways"),
        ("audit v.npz v.npz --claim=-1", "is negative"),
        ("audit v.npz v.npz --unit 0", "expected a positive number"),
        ("audit v.npz v.npz --unit 2^-1/2", "can be read in two ways"),
        ("audit v.npz v.npz --gap nan", "is no number"),
        ("audit v.npz v.npz --time 2^40", "is more than 1000000000 seconds"),
        ("audit v.npz v.npz --domain none", "there is no such file"),
        ("audit v.npz v.npz --domain 0,1,2", "the upper end is no number"),
        ("train --out {}/v.npz --scale 2", "<DATA>"),
        ("train --out {}/v.npz --hidden 0", "shape 64-0-10: every layer needs at least one unit"),
        ("train --out {}/v.npz --hidden 99999999999", "the limit is 4194304"),
        ("train --out {}/v.npz --rate 1e300", "training diverged in epoch 1: take a smaller step size"),
    ] {
        let said = refused(arguments);
        assert!(said.contains(expected), "{arguments}: {said}");
    }
}

#[test]
fn files() {
    // A folder cannot be made below a file, whoever asks.
    for (arguments, expected) in [
        ("run {}/none.npz", "{}/none.npz: cannot be read: No such file or directory"),
        ("run {}", "{}: is a folder; name a .npz, .safetensors or .onnx file"),
        ("run --json {}/none/r.json", "{}/none/r.json: cannot be written: there is no folder {}/none; make it first"),
        ("run --json {}", "{}: is a folder"),
        ("run --json /dev/null/r.json", "/dev/null/r.json: cannot be written: there is no folder /dev/null"),
        ("run --save {}/none/v.npz", "{}/none/v.npz: cannot be written: there is no folder {}/none; make it first"),
        ("run --save {}/v.pt", "{}/v.pt: cannot be written: end the name in .npz, .safetensors or .onnx"),
        ("run --save -", "-: cannot be written: end the name in .npz, .safetensors or .onnx"),
        ("train --out {}/v.json", "{}/v.json: cannot be written: end the name in .npz, .safetensors or .onnx"),
        ("train --out {}/none/v.npz", "{}/none/v.npz: cannot be written: there is no folder {}/none; make it first"),
        ("train {}/none.npz --out {}/v.npz", "{}/none.npz: cannot be read: No such file or directory"),
    ] {
        let said = refused(arguments);
        assert!(said.starts_with(&format!("exactract: {expected}")), "{arguments}: {said}");
    }
}

#[test]
fn data_that_no_network_can_be_trained_on() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path().join("d.npz"), folder.path().join("v.npz"));
    let refused = |bytes: &[u8], expected: &str| {
        fs::write(&data, bytes).unwrap();
        let answer = exactract("train -q --out", &[out.as_os_str(), data.as_os_str()]);
        assert_eq!(answer.status, Some(2));
        let said = answer.stderr.strip_prefix(&format!("exactract: {}: ", data.display())).unwrap().to_owned();
        assert!(said.starts_with(expected), "{said}");
        assert!(!out.exists());
    };
    refused(b"", "is empty");
    refused(b"pixels", "is not a .npz of images [n, ...] and labels [n] but of an unknown format");
    refused(&npz(&[]), "has no tensor 'images'; it holds nothing. Expected: images [n, ...], labels [n]");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let network = fs::read(root.join("tests/data/c-order.npz")).unwrap();
    refused(&network, "has no tensor 'images'; it holds A0, A1, b0, b1. Expected: images [n, ...], labels [n]");
    let network = fs::read(root.join("data/digits-64-32-10.safetensors")).unwrap();
    refused(&network, "is not a .npz of images [n, ...] and labels [n] but a safetensors file");
    let digits = fs::read(root.join("data/digits.npz")).unwrap();
    refused(&digits[..digits.len() / 2], "is not a whole npz file, save it again: ");
}

#[test]
fn an_earlier_record_stays_until_there_is_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.json");
    fs::write(&path, "earlier").unwrap();
    for bad in ["run none.npz --json", "run --random 2-2-1 --save v.pt --json", "run --lines 0 --json"] {
        assert_eq!(exactract(bad, &[path.as_os_str()]).status, Some(2), "{bad}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "earlier");
    }
    assert_eq!(exactract("run --random 2-2-1 -q --json", &[path.as_os_str()]).status, Some(0));
    let record: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(record["victim"]["shape"], "2-2-1");
    // Nothing else is left in the folder.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_told_and_costs_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.npz");
    let answer = exactract("run --random 4-2-1 --json /dev/full --save", &[path.as_os_str()]);
    assert_eq!(answer.status, Some(2));
    assert_eq!(answer.stderr, "exactract: /dev/full: cannot be written: No space left on device (os error 28)\n");
    // The report and the network are there all the same.
    assert!(answer.stdout.starts_with("EXTRACTED "));
    assert!(path.exists());
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_exactract"));
    let output = command.args(["run", "--random", "4-2-1", "--json", "-"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, "exactract: standard output cannot be written: No space left on device (os error 28)\n");
}

#[test]
fn one_file_for_two_purposes() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_exactract"));
        let out = command.arg("run").args(arguments).output().unwrap();
        (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned())
    };
    let victim = path("v.npz");
    assert_eq!(run(&["--random", "2-1-1", "-q", "--save", &victim]).0, Some(0));
    let before = std::fs::read(&victim).unwrap();
    let (status, said) = run(&[&victim, "-q", "--save", &victim]);
    assert!(status == Some(2) && said.contains("the victim and --save name one file"), "{said}");
    assert_eq!(std::fs::read(&victim).unwrap(), before);
    let (both, other) = (path("both.npz"), path("./both.npz"));
    let (status, said) = run(&["--random", "2-1-1", "-q", "--json", &both, "--save", &other]);
    assert!(status == Some(2) && said.contains("--json and --save name one file"), "{said}");
    assert!(!std::path::Path::new(&both).exists());
}

#[cfg(not(feature = "learn"))]
#[test]
fn a_build_without_learning_says_so() {
    let expected = "exactract: learn: this build does not learn: build with --features learn\n";
    assert_eq!(refused("learn"), expected);
    assert_eq!(refused("learn --queries 20,40 --data {}/images"), expected);
}

/// An option that reads a number refuses a long one before it is read, and does not repeat it.
#[test]
fn long_numbers_are_refused_at_once() {
    let nines = "9".repeat(100_000);
    let start = std::time::Instant::now();
    for (arguments, number) in [
        ("run --random 2-2-1 --certificate none/c --box", format!("0,{nines}")),
        ("run --random 2-2-1 --certificate none/c --box", format!("1/{nines},1")),
        ("audit v.npz v.npz --domain", format!("0,{nines}")),
        ("audit v.npz v.npz --claim", nines.clone()),
        ("audit v.npz v.npz --claim", format!("2^-0.{nines}")),
        ("audit v.npz v.npz --unit", format!("0.{nines}")),
        ("audit v.npz v.npz --output-scale", nines.clone()),
        ("audit v.npz v.npz --gap", nines.clone()),
        ("audit v.npz v.npz --time", nines.clone()),
        ("train --out none/v.npz --rate", nines.clone()),
        ("regress record none/b.json --allow", nines),
    ] {
        let answer = exactract(arguments, &[std::ffi::OsStr::new(&number)]);
        assert_eq!(answer.status, Some(2), "{arguments}");
        assert!(answer.stderr.len() < 1000, "{arguments}: {}", answer.stderr.len());
        let told = answer.stderr.contains(" digits; at most 4096 are read");
        assert!(told || number.contains("2^"), "{arguments}: {}", answer.stderr);
    }
    assert!(start.elapsed() < std::time::Duration::from_secs(20));
}

/// Training data without two classes, and too few samples to hold any out.
#[test]
fn data_that_teaches_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path().join("d.npz"), folder.path().join("v.npz"));
    let train = |labels: &[f64]| {
        let n = labels.len();
        let inputs: Vec<f64> = (0..2 * n).map(|i| i as f64).collect();
        let arrays = [
            ("x", crate::common::npy("<f8", &format!("({n}, 2)"), &crate::common::f64s(&inputs))),
            ("labels", crate::common::npy("<f8", &format!("({n},)"), &crate::common::f64s(labels))),
        ];
        fs::write(&data, npz(&arrays)).unwrap();
        exactract("train --epochs 1 --hidden 2 -q --out", &[out.as_os_str(), data.as_os_str()])
    };
    let answer = train(&[0.0; 8]);
    assert!(answer.status == Some(2) && answer.stderr.contains("every label is 0"), "{answer:?}");
    assert!(!out.exists());
    let answer = train(&[0.0, 1.0, 0.0]);
    assert!(answer.status == Some(0) && answer.stdout.contains("held out   nothing"), "{answer:?}");
}
