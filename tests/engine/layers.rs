//! The architecture as a test: modules import only from below, and so do the parts of the larger ones; tolerances live
//! in one table.

use crate::circles;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Modules from the lowest up, each with those that it may import.
const LAYERS: [(&str, &[&str]); 25] = [
    ("text", &[]),
    ("num", &[]),
    ("linalg", &["num"]),
    ("judge", &["num"]),
    ("net", &["num", "linalg"]),
    ("format", &["text", "num", "linalg", "net"]),
    ("oracle", &["num", "linalg", "judge", "net"]),
    ("trace", &["num", "judge", "net"]),
    ("bounds", &["num", "linalg"]),
    // `net` for random draws and the recovered network; a victim's weights stay behind `oracle`.
    ("attack", &["num", "linalg", "judge", "net", "oracle", "trace"]),
    ("experiment", &["num", "linalg", "judge", "net", "oracle", "trace", "attack"]),
    ("compare", &["num", "linalg", "judge", "net", "oracle", "trace", "attack", "experiment"]),
    ("ledger", &["num", "linalg", "judge", "net", "oracle", "trace", "bounds", "attack", "compare"]),
    (
        "certify",
        &["num", "linalg", "judge", "net", "oracle", "trace", "bounds", "attack", "experiment", "compare", "ledger"],
    ),
    ("study", &["num", "linalg", "judge", "net", "oracle", "attack", "experiment", "compare", "ledger", "certify"]),
    // On the checker's crate, and on nothing of the engine that it certifies: `num` and `net` to emit, `format` to
    // find the victim again.
    ("certificate", &["text", "num", "net", "format"]),
    ("audit", &["num", "linalg", "net", "certificate"]),
    (
        "record",
        &[
            "num",
            "judge",
            "net",
            "format",
            "oracle",
            "trace",
            "attack",
            "experiment",
            "compare",
            "ledger",
            "certify",
            "study",
            "audit",
        ],
    ),
    ("report", &["text", "judge", "oracle", "compare", "record"]),
    (
        "sweep",
        &["text", "num", "net", "format", "oracle", "attack", "experiment", "compare", "study", "record", "report"],
    ),
    ("regress", &["text", "num", "judge", "net", "trace", "experiment", "compare", "record", "report"]),
    ("gate", &["num", "net", "experiment", "compare", "study", "audit", "record"]),
    ("figures", &["text", "format", "record", "report", "sweep"]),
    (
        "learn",
        &[
            "text",
            "num",
            "linalg",
            "net",
            "format",
            "oracle",
            "attack",
            "experiment",
            "compare",
            "audit",
            "record",
            "report",
        ],
    ),
    (
        "cli",
        &[
            "text",
            "num",
            "judge",
            "net",
            "format",
            "oracle",
            "attack",
            "experiment",
            "compare",
            "ledger",
            "certify",
            "certificate",
            "study",
            "audit",
            "record",
            "report",
            "sweep",
            "regress",
            "gate",
            "figures",
            "learn",
        ],
    ),
];

/// What is in a module, from the lowest up: each part imports only from those before it.
const INSIDE: [(&str, &[&str]); 6] = [
    ("linalg", &["matrix", "compensated", "elimination", "modular", "lifting", "solve", "enclosed"]),
    (
        "net",
        &[
            "activation",
            "draw",
            "family",
            "label",
            "dtype",
            "shape",
            "error",
            "network",
            "shallow",
            "integral",
            "canonical",
            "normal",
            "same",
            "random",
            "samples",
            "adam",
            "trained",
        ],
    ),
    (
        "format",
        &[
            "graph",
            "header",
            "kind",
            "order",
            "error",
            "atomic",
            "bounded",
            "json",
            "archive",
            "tensor",
            "npy",
            "idx",
            "parts",
            "names",
            "choice",
            "layers",
            "keys",
            "positions",
            "onnx",
            "safetensors",
            "npz",
            "arrays",
            "samples",
        ],
    ),
    (
        "oracle",
        &[
            "access",
            "failure",
            "observation",
            "answer",
            "count",
            "plain",
            "dense",
            "precise",
            "incremental",
            "layered",
            "certified",
            "compensated",
            "function",
            "bridge",
            "channel",
            "show",
            "wrapper",
        ],
    ),
    ("attack", &["view", "run", "stages", "snap", "textbook", "walk", "peel"]),
    (
        "audit",
        &[
            "number",
            "history",
            "parts",
            "domain",
            "starts",
            "exactly",
            "pairing",
            "difference",
            "dual",
            "simplex",
            "coupled",
            "ascent",
            "tree",
            "outcome",
            "control",
            "labels",
            "equality",
            "layered",
            "search",
            "networks",
            "scale",
            "fit",
            "segment",
            "any",
            "certify",
            "certify_deep",
        ],
    ),
];

/// The crate of the checker, and the modules that stand on it.
const CHECKER: (&str, [&str; 4]) = ("exactract_check", ["text", "certificate", "audit", "cli"]);

/// All that the checker stands on.
const CHECKED_ON: [&str; 8] =
    ["num-bigint", "num-integer", "num-rational", "num-traits", "serde", "serde_json", "sha2", "thiserror"];

/// Where a number may become a branch only through the tolerance table.
const JUDGED: [&str; 7] = ["attack", "judge", "oracle", "experiment", "compare", "ledger", "certify"];

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn checker() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/check")
}

/// The Rust files of a module: `src/name.rs` and all below `src/name`.
fn files(module: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![src().join(module)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    let single = src().join(format!("{module}.rs"));
    found.extend(single.exists().then_some(single));
    assert!(!found.is_empty(), "module {module} has no files");
    found
}

/// A file without comments: links in prose are no imports.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The top-level modules named by paths that start at the crate's root.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        assert!(!name.is_empty(), "name one module after `crate::`, so that this test can read it: {rest:.40}");
        found.insert(name);
    }
    found
}

/// A file without its tests.
fn without_tests(code: &str) -> &str {
    code.split("#[cfg(test)]").next().unwrap_or_default()
}

/// Whether text holds a literal such as `1e-9`.
fn small_literal(code: &str) -> Option<&str> {
    let bytes = code.as_bytes();
    let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    let at = (1..bytes.len()).find(|&i| {
        matches!(bytes[i], b'e' | b'E') && digit(i - 1) && bytes.get(i + 1) == Some(&b'-') && digit(i + 2)
    })?;
    code.get(at.saturating_sub(8)..(at + 8).min(code.len()))
}

#[test]
fn imports_point_down() {
    for (module, allowed) in LAYERS {
        for path in files(module) {
            for import in imports(&code(&path)).into_iter().filter(|import| import != module) {
                assert!(
                    allowed.contains(&import.as_str()),
                    "{} imports {import}, which is not below {module}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn inside_a_module_imports_point_down_too() {
    let graph = circles::imports();
    for (module, order) in INSIDE {
        let parts = circles::inside(&graph, &[module.to_owned()]);
        let listed: BTreeSet<&str> = order.iter().copied().collect();
        assert_eq!(parts.keys().map(String::as_str).collect::<BTreeSet<_>>(), listed, "name all parts of {module}");
        for (index, part) in order.iter().enumerate() {
            for import in &parts[*part] {
                assert!(
                    order[..index].contains(&import.as_str()),
                    "{module}/{part} imports {import}, which does not stand before it"
                );
            }
        }
    }
}

/// A folder's first sentence says what it owns, and no other folder's says the same.
#[test]
fn every_folder_says_what_it_owns() {
    let mut told: BTreeMap<String, PathBuf> = BTreeMap::new();
    for file in LAYERS.iter().flat_map(|(module, _)| files(module)) {
        let folder = file.parent().unwrap();
        if folder == src() {
            continue;
        }
        let text = fs::read_to_string(folder.join("mod.rs")).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        let about = text.lines().map_while(|line| line.strip_prefix("//! ")).collect::<Vec<_>>().join(" ");
        let sentence = about.split_inclusive(". ").next().unwrap_or_default().trim().to_owned();
        assert!(sentence.len() > 20 && sentence.ends_with('.'), "{}: '{sentence}' is no sentence", folder.display());
        let other = told.insert(sentence.clone(), folder.to_owned());
        assert!(other.is_none_or(|other| other == folder), "{}: '{sentence}' is told twice", folder.display());
    }
    assert!(told.len() > LAYERS.len(), "{} folders", told.len());
}

#[test]
fn the_table_is_in_order() {
    for (index, (module, allowed)) in LAYERS.iter().enumerate() {
        let below: Vec<&str> = LAYERS[..index].iter().map(|(name, _)| *name).collect();
        for import in *allowed {
            assert!(below.contains(import), "{module} may import {import}, which does not stand above it in the table");
        }
    }
}

#[test]
fn the_table_names_the_modules_of_the_crate() {
    let root = fs::read_to_string(src().join("lib.rs")).unwrap();
    let declared: BTreeSet<&str> = root
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'))
        .collect();
    assert_eq!(declared, LAYERS.iter().map(|(name, _)| *name).collect());
    // The map at the top of the crate tells the same order; a module behind a feature is no link there.
    let told: Vec<&str> = root
        .lines()
        .filter_map(|line| line.strip_prefix("//! | ")?.trim_start_matches('[').strip_prefix('`')?.split_once('`'))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(told, LAYERS.map(|(name, _)| name));
}

#[test]
fn few_modules_stand_on_the_checker() {
    let (name, expected) = CHECKER;
    let found: BTreeSet<&str> = LAYERS
        .iter()
        .filter(|(module, _)| files(module).iter().any(|path| code(path).contains(name)))
        .map(|(module, _)| *module)
        .collect();
    assert_eq!(found, expected.into());
}

/// The checker's crate stands on plain arithmetic, JSON and a hash: no engine, no GMP, no build script.
#[test]
fn the_checker_stands_alone() {
    let manifest: toml::Table = fs::read_to_string(checker().join("Cargo.toml")).unwrap().parse().unwrap();
    let keys = |table: &toml::Value| -> BTreeSet<String> { table.as_table().unwrap().keys().cloned().collect() };
    let names = |names: &[&str]| -> BTreeSet<String> { names.iter().map(|name| (*name).to_owned()).collect() };
    assert_eq!(keys(&manifest.clone().into()), names(&["package", "dependencies", "dev-dependencies"]));
    assert_eq!(keys(&manifest["dependencies"]), names(&CHECKED_ON));
    assert_eq!(keys(&manifest["dev-dependencies"]), names(&["proptest"]));
    for table in ["dependencies", "dev-dependencies"] {
        for (name, given) in manifest[table].as_table().unwrap() {
            let given = given.as_table().map(|given| given.keys().cloned().collect()).unwrap_or_default();
            let plain: BTreeSet<String> = names(&["version", "features", "default-features"]);
            assert!(BTreeSet::is_subset(&given, &plain), "{name}: {given:?}");
        }
    }
    assert!(manifest["package"].get("build").is_none() && !checker().join("build.rs").exists());
}

/// Its files import from above them in the table that its map tells them in: a reader goes from the top down.
#[test]
fn the_checker_is_read_from_the_top_down() {
    let root = fs::read_to_string(checker().join("src/lib.rs")).unwrap();
    let rows = root.lines().filter_map(|line| line.strip_prefix("//! | `")?.split_once(" | ")).map(|(names, _)| names);
    let told: Vec<&str> = rows.flat_map(|names| names.split('`')).filter_map(|name| name.strip_suffix(".rs")).collect();
    let declared: BTreeSet<&str> = root
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'))
        .collect();
    assert_eq!(told.iter().copied().collect::<BTreeSet<_>>(), declared);
    for (index, name) in told.iter().enumerate() {
        let code = code(&checker().join(format!("src/{name}.rs")));
        for import in imports(without_tests(&code)) {
            assert!(told[..index].contains(&import.as_str()), "{name} imports {import}, which is not above it");
        }
    }
}

#[test]
fn tolerances_stand_in_the_table_alone() {
    for path in JUDGED.into_iter().flat_map(files) {
        let code = code(&path);
        assert_eq!(small_literal(&code), None, "{}: give it a row of the tolerance table", path.display());
    }
}

/// Files of the crate that hold one of these words.
fn holding(words: &[&str]) -> BTreeSet<String> {
    let held = |path: &PathBuf| words.iter().any(|word| code(path).contains(word));
    let all = LAYERS.iter().flat_map(|(module, _)| files(module)).filter(held);
    all.map(|path| path.strip_prefix(src()).unwrap().display().to_string()).collect()
}

/// A macro that prints panics where its stream is full, and shows whatever a file holds.
#[test]
fn one_file_writes_to_the_streams() {
    assert_eq!(holding(&["print!(", "println!(", "dbg!("]), BTreeSet::new());
    let streams = holding(&["io::stdout()", "io::stderr()"]);
    // The others ask whether it is a terminal.
    let expected = ["cli/output.rs", "cli/progress.rs", "cli/sweep_watch.rs"].map(str::to_owned);
    assert_eq!(streams, expected.into());
}

/// Whatever is named on a command line or in a file is read up to a limit.
#[test]
fn one_file_reads_files() {
    let readers = holding(&["File::open(", "fs::read(", "fs::read_to_string("]);
    // Beside it: folders are opened to be synced, and the kernel is asked for memory.
    let expected = ["format/atomic.rs", "format/bounded.rs", "sweep/memory.rs"].map(str::to_owned);
    assert_eq!(readers, expected.into());
}

#[test]
fn the_readers_of_this_test_read() {
    let text = "use crate::num::{Num, Scalar};\nlet x = crate::linalg::solve(a); // crate::cli\n";
    let plain: String = text.lines().map(|line| line.split("//").next().unwrap()).collect();
    assert_eq!(imports(&plain), ["linalg".to_owned(), "num".to_owned()].into());
    assert!(small_literal("if x < 1e-9 {").is_some() && small_literal("2.5E-3").is_some());
    assert!(small_literal("size-3, e-1, 1e9, 0xe - 4").is_none());
}
