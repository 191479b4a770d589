//! `exactract audit` from the command line: answers, exit statuses, files.

use crate::common::{exactract, f64s, npy, npz};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// A network 2-2-1 in a file.
fn network(folder: &Path, name: &str, output: [f64; 2]) -> PathBuf {
    let path = folder.join(name);
    let arrays = [
        ("A0", npy("<f8", "(2, 2)", &f64s(&[1.0, -0.5, 0.25, 1.0]))),
        ("b0", npy("<f8", "(2,)", &f64s(&[0.125, -0.25]))),
        ("A1", npy("<f8", "(2, 1)", &f64s(&output))),
        ("b1", npy("<f8", "(1,)", &f64s(&[0.5]))),
    ];
    std::fs::write(&path, npz(&arrays)).unwrap();
    path
}

struct Files {
    folder: tempfile::TempDir,
    victim: PathBuf,
    copy: PathBuf,
}

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let victim = network(folder.path(), "victim.npz", [1.0, -1.0]);
        // The first unit weighs 2^-9 more: it is at most 1.375, the largest difference 2^-9·1.375.
        let copy = network(folder.path(), "copy.npz", [1.0 + 1.0 / 512.0, -1.0]);
        Self { folder, victim, copy }
    }

    fn audit(&self, options: &str, more: &[&OsStr]) -> crate::common::Answer {
        let files = [self.victim.as_os_str(), self.copy.as_os_str()];
        exactract(&format!("audit {options}"), &[&files, more].concat())
    }
}

#[test]
fn claims_have_their_status() {
    let files = Files::new();
    // 1.375/512 = 0.002685546875.
    for (options, status, said) in [
        ("--claim 0.002685546875", 0, "The claim 0.002685546875 (about 2^-8.5406) is proved"),
        ("--claim 0.002685546874", 1, "The claim 0.002685546874 (about 2^-8.5406) is refuted"),
        ("--claim 2^-8.54", 0, "The claim 2^-8.54 (about 2.6866e-3) is proved"),
        ("--claim 2^-8.55", 1, "is refuted"),
        ("--claim 11/8 --unit 1/512", 0, "is proved"),
        ("--claim 11/8 --unit 2^-9", 0, "is proved"),
        ("--claim 2^-9 --domain=-2^-1,0.5", 0, "The claim 2^-9 (0.001953125) is proved"),
        // The first vertex tried is where the difference is largest.
        ("--claim 2^-8.55 --time 0", 1, "is refuted"),
        ("", 0, "The largest difference is between 2^-8.5406 and 2^-8.5405."),
        ("--domain 0,0", 0, "between 2^-12.0000 and 2^-12.0000"),
        ("--output-scale free --claim 0.002", 0, "is proved"),
        ("--output-scale 2 --claim 0.5", 1, "is refuted"),
    ] {
        let answer = files.audit(&format!("{options} --quiet"), &[]);
        assert_eq!(answer.status, Some(status), "{options}: {answer:?}");
        assert!(answer.stdout.contains(said), "{options}: {answer:?}");
    }
}

#[test]
fn everywhere() {
    let files = Files::new();
    let answer = files.audit("--domain all", &[]);
    assert_eq!(answer.status, Some(1), "{answer:?}");
    assert!(answer.stdout.contains("first difference        kink 1 differs at output 0"), "{answer:?}");
    assert!(answer.stdout.contains("\nThe networks are not the same function.\n"), "{answer:?}");
    let same = exactract("audit --domain all", &[files.victim.as_os_str(), files.victim.as_os_str()]);
    assert_eq!(same.status, Some(0), "{same:?}");
    assert!(same.stdout.contains("the same function on all inputs"), "{same:?}");
}

#[test]
fn files_are_read_and_written() {
    let files = Files::new();
    let path = |name: &str| files.folder.path().join(name);
    let (bounds, data, witness) = (path("box.npz"), path("data.npz"), path("w.npz"));
    let unnamed = path("box");
    let ends = [("lower", npy("<f8", "(2,)", &f64s(&[-1.0, -1.0]))), ("upper", npy("<f8", "(2,)", &f64s(&[1.0, 1.0])))];
    std::fs::write(&bounds, npz(&ends)).unwrap();
    // A file is a file by being there, whatever its name ends in.
    std::fs::write(&unnamed, npz(&ends)).unwrap();
    let answer = files.audit("--quiet", &["--domain".as_ref(), unnamed.as_ref()]);
    assert_eq!(answer.status, Some(0), "{answer:?}");
    // Inside, at the victim's zero, and outside.
    let points = f64s(&[1.0, 1.0, -0.25, 0.625, 3.0, 0.0]);
    std::fs::write(&data, npz(&[("x", npy("<f8", "(3, 2)", &points))])).unwrap();
    let more: Vec<&OsStr> = vec![
        "--domain".as_ref(),
        bounds.as_ref(),
        "--data".as_ref(),
        data.as_ref(),
        "--witness".as_ref(),
        witness.as_ref(),
    ];
    let answer = files.audit("--json -", &more);
    assert_eq!(answer.status, Some(0), "{answer:?}");
    let record = answer.json();
    assert_eq!(record["schema"], "exactract/audit/2");
    assert_eq!((&record["answer"], &record["closed"]), (&"bounded".into(), &true.into()));
    let labels = &record["labels"];
    let counts = ["inputs", "same", "outside", "proved"].map(|name| labels[name].as_u64().unwrap());
    assert_eq!(counts, [3, 3, 1, 2], "{labels}");
    // The witness, read back as data, is an input of the domain.
    let again: Vec<&OsStr> = vec!["--data".as_ref(), witness.as_ref()];
    let again = files.audit("--json -", &again).json();
    assert_eq!((&again["labels"]["inputs"], &again["labels"]["outside"]), (&1.into(), &0.into()));
    let difference = record["difference"]["lower"]["value"].as_f64().unwrap();
    assert!((difference - 1.375 / 512.0).abs() < 1e-9, "{difference}");
}

/// An audit that time cuts off states what holds, shows it, and names what did not end.
#[test]
fn what_time_cut_off_is_named() {
    let mut files = Files::new();
    // Largest at (1, 3/4), where the second unit is at its kink: 1.3125/512. Of the first points, (1, 1) is best: 1.125/512.
    files.copy = network(files.folder.path(), "other.npz", [1.0 + 1.0 / 512.0, -1.0 - 1.0 / 512.0]);
    let data = files.folder.path().join("data.npz");
    std::fs::write(&data, npz(&[("x", npy("<f8", "(50, 2)", &f64s(&[0.5; 100])))])).unwrap();
    let more: [&OsStr; 2] = ["--data".as_ref(), data.as_ref()];
    let unfinished = |record: &serde_json::Value| -> Vec<String> {
        record["unfinished"].as_array().unwrap().iter().map(|what| what.as_str().unwrap().to_owned()).collect()
    };
    let answer = files.audit("--time 0 --json -", &more);
    // Nothing was claimed: both bounds are the answer, wherever time ends.
    assert_eq!(answer.status, Some(0), "{answer:?}");
    let record = answer.json();
    assert_eq!((&record["answer"], &record["closed"]), (&"bounded".into(), &false.into()));
    let labels = "labels: 50 of 50 inputs were not compared";
    assert_eq!(unfinished(&record), ["the search", "the search for the victim's output range", labels], "{record}");
    assert_eq!(record["difference"]["lower"]["value"], 1.125 / 512.0, "{record}");
    assert_eq!((&record["labels"]["compared"], &record["labels"]["inputs"]), (&0.into(), &50.into()));
    assert_eq!(record["witnesses"].as_array().unwrap().len(), 1);
    for (options, status, said) in [("--time 0", 3, "is open"), ("", 1, "is refuted")] {
        let answer = files.audit(&format!("-q --claim 5/2048 {options}"), &[]);
        assert_eq!(answer.status, Some(status), "{options}: {answer:?}");
        assert!(answer.stdout.contains(said), "{options}: {answer:?}");
    }
    let answer = files.audit("--time 0 --output-scale free", &[]);
    assert!(answer.stdout.contains("the best so far: the search for the one that favours"), "{answer:?}");
    assert!(answer.stdout.contains("unfinished              the search for the scale"), "{answer:?}");
    // A search that ends has nothing to say of it.
    let record = files.audit("--json -", &more).json();
    assert!(unfinished(&record).is_empty() && record["labels"]["compared"] == 50, "{record}");
    let answer = files.audit("--output-scale free", &[]);
    assert!(answer.stdout.contains(", the one that favours the copy most\n"), "{answer:?}");
}

#[test]
fn inputs_go_by_the_names_of_data_sets() {
    let files = Files::new();
    let data = files.folder.path().join("data.npz");
    let asked = |arrays: &[&str]| {
        let array = |name| (name, npy("<f8", "(2, 2)", &f64s(&[1.0, 1.0, 0.5, 0.0])));
        let arrays: Vec<_> = arrays.iter().copied().map(array).collect();
        std::fs::write(&data, npz(&arrays)).unwrap();
        files.audit("--json -", &["--data".as_ref(), data.as_ref()])
    };
    for name in ["x", "X", "images", "inputs", "data"] {
        let answer = asked(&["labels", name]);
        assert_eq!(answer.json()["labels"]["same"], 2, "{name}: {answer:?}");
    }
    for (arrays, said) in [
        (&["y"][..], "it holds y. Expected: inputs [n, ...], under one of the names x, X, images, inputs, data"),
        (&["X", "images", "y"], "holds X, images, y, of which more than one could be the inputs; keep one, say X"),
    ] {
        let answer = asked(arrays);
        assert_eq!(answer.status, Some(2), "{answer:?}");
        assert!(answer.stderr.contains("data.npz") && answer.stderr.contains(said), "{answer:?}");
    }
}

#[test]
fn bad_requests() {
    let files = Files::new();
    for (options, said) in [
        ("--domain 1,-1", "the interval is empty"),
        ("--domain here", "is no interval such as -1,1, there is no such file"),
        ("--claim 2^x", "as in 2^-13.7"),
        ("--claim 2^-1/2", "can be read in two ways"),
        ("--unit 0", "expected a positive number"),
        ("--output-scale -1", "-1"),
        ("--output-scale best", "or fixed, or free"),
        ("--gap nan", "is no number"),
        ("--witness -", "name a file"),
        ("--domain all --claim 2^-9", "leave one out"),
    ] {
        let answer = files.audit(options, &[]);
        assert_eq!((answer.status, answer.stdout.as_str()), (Some(2), ""), "{options}: {answer:?}");
        assert!(answer.stderr.contains(said), "{options}: {answer:?}");
    }
    let over: Vec<&OsStr> = vec!["--json".as_ref(), files.copy.as_ref()];
    assert_eq!(files.audit("", &over).status, Some(2));
}

/// A copy that is a thousand times its victim: the scale is named, with the command that asks for it.
#[test]
fn another_scale_is_named_with_its_command() {
    let mut files = Files::new();
    let plain = files.audit("", &[]);
    assert!(!plain.stdout.contains("--output-scale"), "{plain:?}");
    files.copy = network(files.folder.path(), "thousand.npz", [1000.0, -1000.0]);
    // Its bias is not multiplied: no scale makes the two one function.
    let answer = files.audit("--claim 2^-9", &[]);
    assert_eq!(answer.status, Some(1), "{answer:?}");
    let (victim, copy) = (files.victim.display(), files.copy.display());
    let said = answer.stdout.replace(" \\\n                ", " ");
    assert!(said.contains(&format!("exactract audit --claim 2^-9 {victim} {copy} --output-scale free\n")), "{said}");
    let record = files.audit("--json -", &[]).json();
    let better = &record["better_scale"];
    let scale = better["scale"].as_f64().unwrap();
    assert!((scale * 1000.0 - 1.0).abs() < 1e-2, "{better}");
    assert!(better["fitted"]["value"].as_f64().unwrap() * 16.0 < better["given"]["value"].as_f64().unwrap());
    let free = files.audit("--output-scale free --json -", &[]).json();
    assert!(free["better_scale"].is_null());
    assert!(free["difference"]["upper"]["value"].as_f64() < record["difference"]["lower"]["value"].as_f64());
}

#[test]
fn the_unit_of_a_claim_is_explained() {
    let files = Files::new();
    for (options, said) in [
        ("--claim 0.05", "0.05 (about 2^-4.3219): no output is off by more than 0.05"),
        (
            "--claim 2^-3 --unit 1/4",
            "2^-3 (0.125) in units of 1/4 of the victim's outputs: no output is off by more than 0.03125",
        ),
    ] {
        let answer = files.audit(options, &[]);
        let text = answer.stdout.replace("\n            ", " ");
        assert!(text.contains(said), "{options}: {answer:?}");
    }
}

/// A file of a network of these sizes, every weight drawn and multiplied, with more arrays than the network has.
fn drawn(path: &Path, sizes: &[usize], (seed, factor): (u64, f64), more: usize) {
    let mut draw = exactract::net::Draw::new(seed, "cli audit");
    let mut values = |n: usize| f64s(&(0..n).map(|_| factor * draw.dyadic(10)).collect::<Vec<_>>());
    let mut arrays = Vec::new();
    for (i, ends) in sizes.windows(2).enumerate() {
        arrays.push((format!("A{i}"), npy("<f8", &format!("({}, {})", ends[0], ends[1]), &values(ends[0] * ends[1]))));
        arrays.push((format!("b{i}"), npy("<f8", &format!("({},)", ends[1]), &values(ends[1]))));
    }
    let passed = |i| (format!("an_array_that_is_passed_over_{i}"), npy("<f8", "(1,)", &f64s(&[0.0])));
    arrays.extend((0..more).map(passed));
    let arrays: Vec<(&str, Vec<u8>)> = arrays.iter().map(|(name, bytes)| (&**name, bytes.clone())).collect();
    std::fs::write(path, npz(&arrays)).unwrap();
}

/// A bound that is larger than the victim's output range is called what it is, with what would help.
#[test]
fn a_bound_that_says_nothing_is_called_so() {
    let folder = tempfile::tempdir().unwrap();
    let [victim, copy] = ["v.npz", "c.npz"].map(|name| folder.path().join(name));
    drawn(&victim, &[4, 8, 8, 8, 8, 8, 1], (1, 1.0), 0);
    drawn(&copy, &[4, 8, 8, 8, 8, 8, 1], (1, 1.0 + 1.0 / 64.0), 0);
    let files = [victim.as_os_str(), copy.as_os_str()];
    let answer = exactract("audit --time 0", &files);
    assert_eq!(answer.status, Some(0), "{answer:?}");
    let said = answer.stdout.replace('\n', " ");
    for said_of in ["The bound says nothing: it is ", " times the victim's output range", "--time 10", "a smaller box"]
    {
        assert!(said.contains(said_of), "{said_of}: {answer:?}");
    }
    let record = exactract("audit --time 0 --json -", &files).json();
    assert_eq!(record["says_nothing"], true);
    // A copy that is farther off than the range is no case of a bound that says nothing.
    drawn(&copy, &[4, 8, 8, 8, 8, 8, 1], (1, 4.0), 0);
    let record = exactract("audit --time 0 --json -", &files).json();
    assert_eq!(record["says_nothing"], false, "{record}");
}

/// Networks of many layers and outputs, with long names: what is printed fits a screen, and the record has all.
#[test]
fn what_is_printed_fits_a_screen() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join("a-folder-with-a-long-name/and-another-folder-in-it-with-a-longer-one");
    std::fs::create_dir_all(&here).unwrap();
    let sizes = [vec![4], vec![8; 12], vec![120]].concat();
    let file = |name: &str, seed: u64| {
        let path = here.join(name);
        drawn(&path, &sizes, (seed, 1.0), 9);
        path
    };
    let (victim, copy) = (file("the-first-of-two-networks.npz", 1), file("the-second-of-two-networks.npz", 2));
    let certificate = here.join("c.json");
    let more: [&OsStr; 4] = [victim.as_ref(), copy.as_ref(), "--certificate".as_ref(), certificate.as_ref()];
    let digits = format!("0.{}1", "0".repeat(200));
    let answer = exactract(&format!("audit --time 2 --claim {digits}"), &more);
    assert_eq!(answer.status, Some(1), "{answer:?}");
    let checked = exactract("check", &[certificate.as_os_str()]);
    assert_eq!(checked.status, Some(0), "{checked:?}");
    // Commands to type hold names and numbers that no line break may cut.
    for text in [answer.stdout.split("\nnext ").next().unwrap(), &checked.stdout] {
        let long: Vec<&str> = text.lines().filter(|line| line.chars().count() > 100).collect();
        assert!(long.is_empty() && text.lines().count() <= 40, "{long:#?}\n{text}");
    }
    assert!(answer.stdout.contains("115 outputs with smaller bounds than these 5"), "{}", answer.stdout);
    let record = exactract("audit --time 0 --json -", &more[..2]).json();
    assert_eq!(record["outputs"].as_array().unwrap().len(), 120);
}
