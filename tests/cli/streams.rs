//! Streams that cannot be written, and files that never end: a status, never a panic, never memory without a limit.

#![cfg(target_os = "linux")]

use std::fs::OpenOptions;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn program(arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exactract"));
    command.args(arguments.split_whitespace()).stdin(Stdio::null());
    command
}

fn full() -> Stdio {
    OpenOptions::new().write(true).open("/dev/full").unwrap().into()
}

/// A pipe whose reader has gone.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

/// One request of each kind of answer, with the status that it has where all streams can be written.
const REQUESTS: [(&str, i32); 10] = [
    ("run --random 2-2-1 -q", 0),
    ("run --random 2-2-1 --json -", 0),
    ("run --random 4-3-1 --max-queries 5 -q", 3),
    ("run none.npz", 2),
    ("run --bogus", 2),
    ("check none", 2),
    ("check tests/data/posing.certificate.json", 0),
    ("sweep collect --out none", 2),
    ("--help", 0),
    ("--version", 0),
];

fn status(arguments: &str, out: Stdio, err: Stdio) -> Option<i32> {
    program(arguments).stdout(out).stderr(err).status().unwrap().code()
}

#[test]
fn a_stream_that_is_full_or_closed_costs_no_panic() {
    for (arguments, usual) in REQUESTS {
        let of = |out: Stdio, err: Stdio| status(arguments, out, err);
        assert_eq!(of(Stdio::null(), Stdio::null()), Some(usual), "{arguments}");
        // Nobody is left to be told what standard error cannot take, and a reader that has gone has seen enough.
        for err in [full, closed] {
            assert_eq!(of(Stdio::null(), err()), Some(usual), "{arguments}, stderr");
            assert_eq!(of(closed(), err()), Some(usual), "{arguments}, stdout closed");
            // An answer that is lost is none; a bad request has no answer.
            assert_eq!(of(full(), err()), Some(2), "{arguments}, stdout full");
        }
    }
}

#[test]
fn an_answer_that_is_lost_is_told() {
    for (arguments, usual) in REQUESTS {
        let output = program(arguments).stdout(full()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let expected = "exactract: standard output cannot be written: No space left on device (os error 28)\n";
        assert!(said == expected || usual == 2, "{arguments}: {said}");
    }
}

/// Every option that reads a file, each given one that never ends, in little memory.
#[test]
fn files_that_never_end_are_read_up_to_a_limit() {
    let folder = tempfile::tempdir().unwrap();
    let here = |name: &str| folder.path().join(name).display().to_string();
    let made = program("run --random 2-2-1 -q --save").arg(here("v.npz")).status().unwrap();
    assert!(made.success());
    let request = here("request.toml");
    std::fs::write(&request, "[grid]\nfile = \"/dev/zero\"\n").unwrap();
    let v = here("v.npz");
    let start = Instant::now();
    for arguments in [
        "report /dev/zero".to_owned(),
        "regress check /dev/zero".to_owned(),
        "regress record none/b.json /dev/zero".to_owned(),
        "check /dev/zero".to_owned(),
        "check tests/data/posing.certificate.json --victim /dev/zero".to_owned(),
        "run /dev/zero".to_owned(),
        "train /dev/zero --out none/v.npz".to_owned(),
        format!("audit /dev/zero {v}"),
        format!("audit {v} /dev/zero"),
        format!("audit {v} {v} --domain /dev/zero"),
        format!("audit {v} {v} --data /dev/zero"),
        format!("sweep /dev/zero --out {}", here("s")),
        format!("sweep plan {request} --out {}", here("s")),
    ] {
        // A gibibyte is the largest limit of all: twice that is as much as a growing buffer takes.
        let limited = format!("ulimit -v 4000000; exec \"$0\" {arguments}");
        let output = Command::new("sh").args(["-c", &limited, env!("CARGO_BIN_EXE_exactract")]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments}: {said}");
        assert!(said.starts_with("exactract: ") && said.lines().count() == 1, "{arguments}: {said}");
    }
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    assert!(!Path::new(&here("s/plan.jsonl")).exists());
}

/// A run that does not fit is refused before GMP finds out.
#[test]
fn a_run_that_does_not_fit_into_memory_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let baseline = folder.path().join("b.json").display().to_string();
    for (limit, arguments) in [
        ("-v 65536", "run --random 64-32-10 -q --threads 2".to_owned()),
        ("-v 65536", "run --random 64-32-10 -q --threads 2 --strategy textbook".to_owned()),
        ("-v 120000", "run --random 64-32-10 -q --threads 2".to_owned()),
        ("-d 20000", "run --random 64-32-10 -q --threads 2".to_owned()),
        ("-v 1000000", "run --random 2048-2000-1 -q --threads 2".to_owned()),
        ("-v 65536", format!("regress record {baseline} --random 64-32-10")),
    ] {
        let limited = format!("ulimit {limit}; exec \"$0\" {arguments}");
        let output = Command::new("sh").args(["-c", &limited, env!("CARGO_BIN_EXE_exactract")]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments}: {said}");
        assert!(said.contains("MiB of memory, and") && said.lines().count() == 1, "{arguments}: {said}");
    }
    // What is left is enough for a small one.
    let output = Command::new("sh")
        .args([
            "-c",
            "ulimit -v 400000; exec \"$0\" run --random 4-2-1 -q --threads 2",
            env!("CARGO_BIN_EXE_exactract"),
        ])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}
