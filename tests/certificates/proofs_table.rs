//! `proofs/README.md` names what there is: theorems, the functions that rest on them, their tests.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Theorems of formulas and bounds that the crate computes.
const USED: [&str; 5] = ["theorem", "file", "statement", "Rust function", "test"];
/// Theorems of checkers that nothing in the crate computes: for certificates by hand.
const BY_HAND: [&str; 4] = ["theorem", "file", "statement", "example"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A file below the root; empty where there is none.
fn text(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_default()
}

/// The rows of the table with this header, cell by cell.
fn table<const N: usize>(page: &str, header: [&str; N]) -> Result<Vec<[String; N]>, String> {
    let cells = |line: &str| -> Option<Vec<String>> {
        let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
        Some(inner.split('|').map(|cell| cell.trim().to_owned()).collect())
    };
    let below = page.lines().skip_while(|line| cells(line).is_none_or(|cells| cells != header)).skip(2);
    let whole = |row: Vec<String>| {
        let row: [String; N] = row.try_into().map_err(|row| format!("not {N} cells: {row:?}"))?;
        if row.iter().any(String::is_empty) { Err(format!("an empty cell: {row:?}")) } else { Ok(row) }
    };
    let rows = below.map_while(cells).map(whole).collect::<Result<Vec<_>, _>>()?;
    if rows.is_empty() { Err(format!("no table {header:?}")) } else { Ok(rows) }
}

/// What stands between backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Whether a line opens with one of these words and then this name.
fn opens(line: &str, words: &[&str], name: &str) -> bool {
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '\'');
    words.iter().any(|word| {
        let rest = line.trim_start().strip_prefix(word).and_then(|rest| rest.trim_start().strip_prefix(name));
        rest.is_some_and(ends)
    })
}

/// What is wrong with a name `File.theorem`.
fn theorem(name: &str) -> Result<(), String> {
    let (file, theorem) = name.split_once('.').ok_or(format!("'{name}' names no file"))?;
    let stated = text(format!("proofs/theories/{file}.v"));
    let words = ["Theorem ", "Lemma ", "Corollary ", "Definition "];
    stated.lines().any(|line| opens(line, &words, theorem)).then_some(()).ok_or(format!("there is no theorem {name}"))
}

/// The files of a module, by its path from the crate: its own one, then those below.
fn module(path: &[&str]) -> Vec<PathBuf> {
    let place = path.iter().fold(PathBuf::from("src"), |place, part| place.join(part));
    let mut found = vec![place.with_extension("rs"), place.join("mod.rs")];
    found.retain(|path| root().join(path).is_file());
    let below = fs::read_dir(root().join(place)).into_iter().flatten().map(|entry| entry.unwrap().path());
    found.extend(below.filter(|path| path.extension().is_some_and(|ending| ending == "rs")));
    found
}

/// What is wrong with the path of a function, from the crate: in a module, or of a type or trait there.
fn function(path: &str) -> Result<(), String> {
    let parts: Vec<&str> = path.split("::").collect();
    let (name, before) = parts.split_last().ok_or("no path")?;
    let words = ["fn ", "pub fn ", "pub(super) fn ", "pub(crate) fn ", "pub const fn "];
    let defines = |code: &str| code.lines().any(|line| opens(line, &words, name));
    let found = match before.split_last() {
        Some((owner, modules)) if owner.starts_with(char::is_uppercase) => {
            // Blocks of the owner end where a brace stands at the line's start.
            let is_of_owner = |head: &str| {
                let head = head.trim_start_matches("pub ");
                (head.starts_with("impl") || head.starts_with("trait"))
                    && head.split(|c: char| !c.is_alphanumeric()).any(|word| word == *owner)
            };
            module(modules).iter().any(|file| {
                let code = text(file);
                let blocks = code.split("\n}").map(|block| block.trim_start());
                blocks
                    .flat_map(|block| block.lines().position(is_of_owner).map(|at| (block, at)))
                    .any(|(block, at)| block.lines().skip(at).any(|line| opens(line, &words, name)))
            })
        }
        _ => module(before).iter().any(|file| defines(&text(file))),
    };
    found.then_some(()).ok_or(format!("there is no function {path}"))
}

/// What is wrong with a list of tests: files, each with the names of tests in it.
fn tests(cell: &str) -> Result<(), String> {
    // Outside the backticks stand the files, inside them the tests.
    let (mut file, mut named) = ("", true);
    for (index, part) in cell.split('`').enumerate() {
        let part = part.trim_matches([' ', ',']);
        if index % 2 == 1 {
            let code = text(file);
            let lines: Vec<&str> = code.lines().collect();
            let at = lines.iter().position(|line| opens(line, &["fn "], part));
            let above = lines[..at.unwrap_or(0)].iter().rev().map(|line| line.trim());
            let mut marks = above.take_while(|line| line.starts_with("#[") || line.starts_with("//"));
            if !marks.any(|line| line == "#[test]") {
                return Err(format!("'{file}' has no test {part}"));
            }
            named = true;
        } else if !part.is_empty() {
            if !named {
                return Err(format!("no test of '{file}' is named"));
            }
            (file, named) = (part, false);
        }
    }
    named.then_some(()).ok_or(format!("no test of '{file}' is named"))
}

/// All that is wrong with the page.
fn complaints(page: &str) -> Vec<String> {
    let (used, by_hand) = match (table(page, USED), table(page, BY_HAND)) {
        (Ok(used), Ok(by_hand)) => (used, by_hand),
        (used, by_hand) => return [used.err(), by_hand.err()].into_iter().flatten().collect(),
    };
    let mut found = Vec::new();
    let mut names = Vec::new();
    let heads = used.iter().map(|row| (&row[0], &row[1])).chain(by_hand.iter().map(|row| (&row[0], &row[1])));
    for (cell, file) in heads {
        let [name] = quoted(cell)[..] else {
            found.push(format!("no theorem in {cell}"));
            continue;
        };
        names.push(name.to_owned());
        found.extend(theorem(name).err());
        if *file != format!("theories/{}.v", name.split('.').next().unwrap_or_default()) {
            found.push(format!("{name} does not stand in {file}"));
        }
    }
    for [name, _, _, functions, cell] in &used {
        let functions = quoted(functions);
        found.extend(functions.is_empty().then(|| format!("no function beside {name}")));
        found.extend(functions.into_iter().filter_map(|path| function(path).err()));
        found.extend(tests(cell).err());
    }
    for [name, _, _, example] in &by_hand {
        let module = quoted(name)[0].split('.').next().unwrap_or_default();
        let imported = |line: &str| line.starts_with("From Exactract") && quoted_words(line).any(|word| word == module);
        if !text(format!("proofs/{example}")).lines().any(imported) {
            found.push(format!("{example} does not use {module}"));
        }
    }
    let listed = text("proofs/theories/Assumptions.v");
    let listed: BTreeSet<&str> =
        listed.lines().filter_map(|line| line.strip_prefix("Print Assumptions ")?.strip_suffix('.')).collect();
    let unique: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    found.extend((unique.len() < names.len()).then(|| "a theorem stands there twice".to_owned()));
    found.extend(listed.symmetric_difference(&unique).map(|name| format!("{name} is only in one of the lists")));
    found
}

fn quoted_words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric())
}

#[test]
fn every_row_names_what_there_is() {
    assert_eq!(complaints(&text("proofs/README.md")), Vec::<String>::new());
}

#[test]
fn a_row_that_names_what_is_not_there_is_found() {
    let page = text("proofs/README.md");
    for (good, bad, expected) in [
        ("| `Bounds.ratio_bound` |", "| `Bounds.ratio_boun` |", "there is no theorem Bounds.ratio_boun"),
        ("| `Bounds.ratio_bound` |", "| `Bound.ratio_bound` |", "there is no theorem Bound.ratio_bound"),
        ("| theories/Ball.v | the sum", "| theories/B64.v | the sum", "Ball.badd_ok does not stand in theories/B64.v"),
        ("| `bounds::ratio` |", "| `bounds::ratios` |", "there is no function bounds::ratios"),
        ("| `bounds::ratio` |", "| none |", "no function beside `Bounds.ratio_bound`"),
        ("| `num::Ball::add` |", "| `num::Ball::encloses` |", "there is no function num::Ball::encloses"),
        ("| `num::Ball::add` |", "| `num::Rational::quotient` |", "there is no function num::Rational::quotient"),
        (
            "tests/bounds/a_priori.rs `ratios`",
            "tests/bounds/a_priori.rs `hold`",
            "'tests/bounds/a_priori.rs' has no test hold",
        ),
        (
            "tests/bounds/a_priori.rs `ratios`",
            "tests/bounds/a_priori.rs",
            "no test of 'tests/bounds/a_priori.rs' is named",
        ),
        ("tests/bounds/a_priori.rs `ratios`", "`ratios`", "'' has no test ratios"),
        ("tests/bounds/a_priori.rs `ratios`", "", "an empty cell"),
        ("| examples/System.v |", "| examples/Fit.v |", "examples/Fit.v does not use LinCheck"),
        ("\n| `Ball.bnet_ok` |", "\nBall.bnet_ok |", "Ball.bnet_ok is only in one of the lists"),
    ] {
        assert_eq!(page.matches(good).count(), 1, "{good}");
        let found = complaints(&page.replace(good, bad));
        assert!(found.iter().any(|complaint| complaint.starts_with(expected)), "{bad}: {found:?}");
    }
}

/// The comments of all files of the crate and of the checker, each as one line.
fn comments() -> Vec<(PathBuf, String)> {
    let (mut found, mut open) = (Vec::new(), vec![root().join("src"), root().join("crates/check/src")]);
    while let Some(folder) = open.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                open.push(path);
            } else {
                let code = text(&path);
                let comment =
                    |line: &str| line.trim_start().strip_prefix("//")?.trim_start_matches(['/', '!']).to_owned().into();
                let lines: Vec<String> = code.lines().filter_map(comment).collect();
                found.push((path, lines.join(" ")));
            }
        }
    }
    found
}

#[test]
fn theorems_that_comments_name_are_there() {
    let mut named = 0;
    for (path, comment) in comments() {
        for (at, word) in comment
            .match_indices("heorem")
            .filter(|(at, _)| comment[at + 6..].trim_start_matches('s').starts_with(" `"))
        {
            // Names follow each other with nothing but commas and "and" between them.
            for (index, part) in comment[at + word.len()..].split('`').enumerate() {
                if index % 2 == 1 {
                    assert_eq!(theorem(part), Ok(()), "{}", path.display());
                    named += 1;
                } else if !["s", "", ",", "and"].contains(&part.trim()) {
                    break;
                }
            }
        }
        for name in quoted(&comment) {
            let is_file = |file: &str| root().join(format!("proofs/theories/{file}.v")).is_file();
            if name.split_once('.').is_some_and(|(file, rest)| rest != "v" && is_file(file)) {
                assert_eq!(theorem(name), Ok(()), "{}", path.display());
            }
        }
    }
    assert!(named > 25, "{named}");
}
