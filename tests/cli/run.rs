//! `exactract run`: verdicts, exit status, and the same bytes again.

use crate::common::{Answer, exactract};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::process::{Command, Stdio};

/// A report or record without the lines on wall time.
fn timeless(text: &str) -> String {
    text.lines()
        .filter(|line| !line.trim_start_matches([' ', '"']).starts_with("seconds"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The first lines of a report, by the word that each begins with.
fn first_lines(answer: &Answer) -> Vec<(String, String)> {
    let screen = answer.stdout.split("\n\n").next().unwrap_or_default();
    let split = |line: &str| (line[..12].trim().to_owned(), line[12..].to_owned());
    screen.lines().map(split).collect()
}

#[test]
fn the_bundled_victim_is_recovered() {
    let answer = exactract("run -v", &[]);
    assert_eq!((answer.status, answer.stderr.as_str()), (Some(0), ""));
    let lines = first_lines(&answer);
    let words: Vec<&str> = lines.iter().map(|(word, _)| word.as_str()).collect();
    assert_eq!(words[..4], ["EXTRACTED", "exact", "f64", "error"], "{}", answer.stdout);
    assert!(lines[1].1.starts_with("the same function on all of R^64, proved "), "{}", answer.stdout);
    assert!(lines[2].1.starts_with("32 of 32 neurons, 1797 of 1797 labels, largest weight error 2^-"));
    // One screen of a terminal without the tables.
    let plain = exactract("run", &[]).stdout;
    assert!(plain.lines().count() <= 40 && plain.lines().all(|line| line.chars().count() <= 100), "{plain}");
    assert!(answer.stdout.starts_with(plain.split("\n\n").next().unwrap()) && !plain.contains("kinks recovered"));
    let row = |name: &str| {
        let line = answer.stdout.lines().find(|line| line.starts_with(name)).unwrap();
        line[name.len()..].split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect::<Vec<_>>()
    };
    assert_eq!(row("kinks recovered"), ["32 of 32", "32 of 32"]);
    assert_eq!(row("same label"), ["1797 of 1797", "1797 of 1797"]);
    assert_eq!(row("equal to the victim"), ["yes", "no"]);
    assert_eq!(row("largest difference")[0], "0");
    let quiet = exactract("run --quiet", &[]);
    let expected =
        "In exact arithmetic the recovered network is the victim on all of R^64; the f64 run finds all 32 neurons";
    assert!(quiet.stdout.replace('\n', " ").starts_with(expected), "{}", quiet.stdout);
    assert!(quiet.stdout.lines().all(|line| line.len() <= 100) && !quiet.stdout.contains("next"), "{}", quiet.stdout);
}

#[test]
fn the_same_command_gives_the_same_bytes() {
    for command in ["run -v --random 20-10-2", "run -v --random 2-2-1 --attacker exact --attribution", "run"] {
        // The bundled victim's report is seen elsewhere; its record is compared once.
        for json in if command == "run" { &[" --json -"][..] } else { &["", " --json -"] } {
            let once = exactract(&format!("{command}{json} --threads 1"), &[]);
            let again = exactract(&format!("{command}{json} --threads 2"), &[]);
            assert!(once.stdout.contains("seconds") && !timeless(&once.stdout).contains("seconds"));
            assert_eq!(timeless(&once.stdout), timeless(&again.stdout), "{command}{json}");
            assert_eq!(once.status, again.status);
        }
    }
}

#[test]
fn another_seed_is_another_run() {
    let [one, two] = [1, 2].map(|seed| exactract(&format!("run --random 8-4-2 --json - --seed {seed}"), &[]).json());
    assert_ne!(one["victim"]["sha256"], two["victim"]["sha256"]);
    assert_eq!((&one["seed"], &two["seed"]), (&Value::from(1), &Value::from(2)));
}

#[test]
fn a_rounded_run_that_fails_is_status_1_and_says_where() {
    let command = "run --random 16-12-1 --victim-arithmetic f32";
    let (text, json) = (exactract(command, &[]), exactract(&format!("{command} --json -"), &[]));
    assert_eq!((text.status, json.status), (Some(1), Some(1)));
    let record = json.json();
    assert_eq!(record["answer"], "no");
    assert_eq!(record["runs"]["exact"]["equal"], true);
    let stopped = &record["runs"]["rounded"]["stopped"];
    let (stage, reason) = (stopped["stage"].as_str().unwrap(), stopped["reason"].as_str().unwrap());
    // The reason opens with its stage; people are not told twice.
    let told = reason.strip_prefix(&format!("{stage}: ")).unwrap_or_else(|| panic!("{reason}"));
    let paragraphs: Vec<String> = text.stdout.split("\n\n").map(|part| part.trim_end().replace('\n', " ")).collect();
    let said = paragraphs.iter().find_map(|part| part.strip_prefix(&format!("f64 stopped at {stage}")));
    let said = said.expect("why it stopped");
    assert!(said.ends_with(&format!(": {told}")), "{said}");
    assert_eq!(first_lines(&text)[0].0, "INCOMPLETE", "{}", text.stdout);
    assert_eq!(first_lines(&text)[1], (String::new(), format!("f64: stopped in {stage}")));
    assert_eq!((&record["result"], &record["why"]), (&"incomplete".into(), &format!("f64: stopped in {stage}").into()));
}

#[test]
fn a_spent_budget_is_status_3_with_what_is_known() {
    let answer = exactract("run --max-queries 10 --json -", &[]);
    assert_eq!(answer.status, Some(3));
    let record = answer.json();
    assert_eq!((&record["answer"], &record["result"]), (&"none".into(), &"stopped".into()));
    for run in ["exact", "rounded"] {
        let run = &record["runs"][run];
        assert_eq!(run["outcome"], "budget");
        assert_eq!(run["stopped"]["stage"], "critical points");
        assert!(run["queries"].as_u64().unwrap() <= 10);
        assert_eq!(run["queries"], run["queries_by_stage"]["locate"]);
        let reason = run["stopped"]["reason"].as_str().unwrap();
        assert!(reason.ends_with("10 allowed"), "{reason}");
    }
    let enough = record["runs"]["rounded"]["queries"].as_u64().unwrap();
    let whole = exactract("run --random 6-3-1 --json -", &[]).json();
    // The exact run looks farther out.
    let spent = whole["runs"]["exact"]["queries"].as_u64().unwrap();
    assert!(enough < whole["runs"]["rounded"]["queries"].as_u64().unwrap());
    assert_eq!(exactract(&format!("run --random 6-3-1 -q --max-queries {spent}"), &[]).status, Some(0));
    assert_eq!(exactract(&format!("run --random 6-3-1 -q --max-queries {}", spent - 1), &[]).status, Some(3));
}

#[test]
fn the_attribution_table_has_five_rows() {
    let command = "run --random 3-2-1 --attribution";
    let record = exactract(&format!("{command} --json -"), &[]).json();
    let rows = record["attribution"].as_array().unwrap();
    let cell = |row: &Value| {
        ["victim_arithmetic", "attacker", "policy"].map(|name| row["run"][name].as_str().unwrap().to_owned()).join(" ")
    };
    let expected = [
        "exact exact exact",
        "exact exact tolerance",
        "exact f64 tolerance",
        "f64 exact tolerance",
        "f64 f64 tolerance",
    ];
    assert_eq!(rows.iter().map(cell).collect::<Vec<_>>(), expected);
    // The first and the last are the two runs above the table.
    let same = |row: usize, run: &str| {
        let (mut a, mut b) = (rows[row]["run"].clone(), record["runs"][run].clone());
        (a["seconds"], b["seconds"]) = (Value::Null, Value::Null);
        assert_eq!(a, b);
    };
    same(0, "exact");
    same(4, "rounded");
    let text = exactract(command, &[]).stdout;
    for row in rows {
        let name = row["isolates"].as_str().unwrap();
        assert_eq!(text.lines().filter(|line| line.starts_with(name)).count(), 1, "{name}: {text}");
    }
    assert!(exactract("run --random 3-2-1 --json -", &[]).json()["attribution"].is_null());
}

#[test]
fn a_saved_network_is_a_victim_again() {
    let folder = tempfile::tempdir().unwrap();
    for ending in ["npz", "safetensors"] {
        let path = folder.path().join(format!("copy.{ending}"));
        let saved = exactract("run --random 8-4-2 -q --save", &[path.as_os_str()]);
        assert_eq!((saved.status, saved.stderr.as_str()), (Some(0), ""));
        let hash: String = Sha256::digest(std::fs::read(&path).unwrap()).iter().map(|b| format!("{b:02x}")).collect();
        let read = exactract("run --json -", &[path.as_os_str()]);
        assert_eq!(read.status, Some(0), "{}", read.stderr);
        let victim = &read.json()["victim"];
        assert_eq!(victim["sha256"], hash);
        assert_eq!((&victim["shape"], &victim["weights"]), (&Value::from("8-4-2"), &Value::from("f64")));
        assert_eq!(victim["source"], path.to_str().unwrap());
    }
}

#[test]
fn without_a_network_nothing_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.npz");
    let answer = exactract("run --max-queries 10 -q --save", &[path.as_os_str()]);
    assert_eq!(answer.status, Some(3));
    assert_eq!(answer.stderr, format!("exactract: no network to save in {}: the run stopped\n", path.display()));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exactract"));
    let mut child = command.args(["run", "--random", "6-3-1"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
#[cfg(target_os = "linux")]
fn an_interrupted_run_reports_and_is_status_3() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exactract"));
    command.args(["run", "--random", "784-64-1", "--lines", "64"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    // Interrupt 2 is bit 1 of the mask of caught signals, once the program listens.
    let listens = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).map(str::trim);
        mask.is_some_and(|mask| u64::from_str_radix(mask, 16).unwrap() & 2 != 0)
    };
    while !listens() {
        std::thread::yield_now();
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let answer = Answer::of(&child.wait_with_output().unwrap());
    assert_eq!(answer.status, Some(3));
    assert_eq!(answer.stderr, "exactract: stopping at the next batch; what is known so far follows\n");
    assert!(answer.stdout.contains("f64 stopped at critical points: interrupted after 0 queries"), "{}", answer.stdout);
    let lines = first_lines(&answer);
    assert_eq!(lines[0].0, "STOPPED", "{}", answer.stdout);
    assert!(lines[1].1.starts_with("interrupted after "), "{}", answer.stdout);
}
