//! The precision knobs of `run` and `sweep`, as a user meets them.

use crate::common::exactract;
use serde_json::Value;
use std::fs;

/// The record of a run.
fn record(arguments: &str) -> Value {
    exactract(&format!("run --json - {arguments}"), &[]).json()
}

fn refused(arguments: &str) -> String {
    let answer = exactract(arguments, &[]);
    assert_eq!((answer.status, answer.stdout.as_str()), (Some(2), ""), "{arguments}: {}", answer.stderr);
    answer.stderr
}

#[test]
fn knobs_that_cannot_be_are_refused_in_words() {
    for (arguments, expected) in [
        ("--attacker f16", "f16 is for victims: an attacker computes in f64, exact, or p64 for 64 bits"),
        (
            "--attacker double",
            "'double' is no arithmetic: write exact, f64, f32, f16, bf16, or p64 for floats of 64 bits",
        ),
        ("--victim-arithmetic p4", "'p4': bits must be from 8 to 1024, for example p64"),
        ("--answer-bits 54", "answers of 54 bits: an attacker in f64 holds 53: let it compute in p54 or exactly"),
        ("--answer-bits 7", "7 is not in 8..=1024"),
        ("--answer-decimals 301", "301 is not in 0..=300"),
        ("--answer-decimals 3 --answer-bits 20", "cannot be used with"),
        ("--question-bits 1025", "1025 is not in 8..=1024"),
        ("--certify --question-bits 40", "leave the rounding of questions out"),
        ("--attribution --victim-arithmetic exact", "or round answers"),
    ] {
        let said = refused(&format!("run --random 3-2-1 {arguments}"));
        assert!(said.contains(expected), "{arguments}: {said}");
    }
    if cfg!(feature = "gmp") {
        assert!(
            refused("run --certify --attacker p64").contains("certified bounds are on an attacker in f64 or exact")
        );
        let said = refused("run --attacker p64 --answer-bits 65");
        assert!(said.contains("an attacker in p64 holds 64: let it compute in p65 or exactly"), "{said}");
    } else {
        for knob in ["--attacker p64", "--victim-arithmetic p24"] {
            let said = refused(&format!("run --random 3-2-1 {knob}"));
            assert!(
                said.contains("is computed by MPFR, which this build is without: build with the default features"),
                "{said}"
            );
        }
    }
}

#[test]
fn an_oracle_of_sixteen_bits_reports_what_it_is() {
    for name in ["f16", "bf16"] {
        let record = record(&format!("--random 4-2-1 --victim-arithmetic {name}"));
        assert_eq!(record["runs"]["rounded"]["victim_arithmetic"], name);
        assert_eq!(record["runs"]["exact"]["equal"], true);
        assert_ne!(record["runs"]["rounded"]["equal"], true);
    }
}

#[test]
fn channels_are_said() {
    let record = record("--random 4-2-1 --question-bits 40 --answer-decimals 9");
    let (rounded, exact) = (&record["runs"]["rounded"], &record["runs"]["exact"]);
    assert_eq!((&rounded["question_bits"], &rounded["answer_decimals"]), (&40.into(), &9.into()));
    assert_eq!((&exact["question_bits"], &exact["answer_decimals"]), (&Value::Null, &Value::Null));
    let text = exactract("run -v --random 4-2-1 --question-bits 40 --answer-decimals 9", &[]).stdout;
    assert!(
        text.lines().any(|line| line.split_whitespace().eq("oracle is asked in exact 40 bits".split(' '))),
        "{text}"
    );
    assert!(text.contains("f64, 9 decimals"), "{text}");
}

#[test]
fn attribution_tells_a_channel_from_the_attacker() {
    let table =
        record("--random 4-2-1 --victim-arithmetic exact --answer-bits 40 --attribution")["attribution"].clone();
    let errors: Vec<Value> =
        table.as_array().unwrap().iter().map(|row| row["run"]["weight_error_log2"]["max"].clone()).collect();
    assert_eq!((&errors[0], &errors[1]), (&"-inf".into(), &"-inf".into()));
    let log2 = |i: usize| errors[i].as_f64().unwrap();
    // The attacker's own rounding is far below that of 40 bits.
    assert!(log2(2) < log2(3) - 5.0 && (log2(3) - log2(4)).abs() < 5.0, "{errors:?}");
}

#[cfg(feature = "gmp")]
#[test]
fn an_attacker_of_more_bits_goes_beyond_f64() {
    let answer = exactract("run -v --random 6-3-1 --attacker p128 --victim-arithmetic exact --answer-bits 100", &[]);
    assert_eq!((answer.status, answer.stderr.as_str()), (Some(0), ""));
    let line = |start: &str| {
        let line = answer.stdout.lines().find(|line| line.starts_with(start)).unwrap();
        line[start.len()..].split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("attacker computes in"), "exact p128");
    assert_eq!(line("oracle answers in"), "exact exact, 100 bits");
    assert!(answer.stdout.contains("p128        3 of 3 neurons, 1000 of 1000 labels"), "{}", answer.stdout);
    let one = |arguments: &str| record(&format!("--random 6-3-1 {arguments}"))["runs"]["rounded"].clone();
    let wide = one("--attacker p128 --victim-arithmetic p100");
    assert_eq!(
        (&wide["name"], &wide["attacker"], &wide["victim_arithmetic"]),
        (&"p128".into(), &"p128".into(), &"p100".into())
    );
    assert!(wide["weight_error_log2"]["max"].as_f64().unwrap() < -60.0, "{wide}");
    // 53 bits are those of f64, run by run.
    let mut runs = ["f64", "p53"].map(|name| one(&format!("--attacker {name} --victim-arithmetic {name}")));
    for run in &mut runs {
        for field in ["name", "attacker", "victim_arithmetic", "seconds"] {
            run[field] = Value::Null;
        }
    }
    assert_eq!(runs[0], runs[1]);
}

#[cfg(feature = "gmp")]
#[test]
fn threads_change_nothing_in_any_arithmetic() {
    let bytes = |threads: u32| {
        ["p40", "bf16", "f32"].map(|name| {
            let mut record = record(&format!(
                "--random 6-3-1 --attacker p80 --victim-arithmetic {name} --question-bits 30 --threads {threads}"
            ));
            ["rounded", "exact"].iter().for_each(|run| record["runs"][run]["seconds"] = Value::Null);
            record.to_string()
        })
    };
    assert_eq!(bytes(1), bytes(3));
}

/// Lines of a table of a sweep.
fn sweep(request: &str, table: &str) -> (Vec<Value>, String) {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (folder.path().join("request.toml"), folder.path().join("out"));
    fs::write(&file, request).unwrap();
    let answer = exactract("sweep --out", &[out.as_os_str(), file.as_os_str()]);
    assert_eq!((answer.status, answer.stderr.as_str()), (Some(0), ""), "{}", answer.stdout);
    let text = fs::read_to_string(out.join(table)).unwrap();
    (text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), answer.stdout)
}

/// That a row of a sweep is the run that a command makes.
fn is_the_run(row: &Value, run: &Value, what: &str) {
    for (name, expected) in run.as_object().unwrap() {
        // No cell is timed, or has an exact run beside it that tells causes.
        assert!(["seconds", "missing"].contains(&&**name) || row[name] == *expected, "{what}: {name}");
    }
}

#[test]
fn a_swept_knob_is_the_knob_of_a_run() {
    let mut sections = vec![
        ("victim_arithmetic = [\"f16\", \"bf16\"]", vec!["--victim-arithmetic f16", "--victim-arithmetic bf16"]),
        (
            "answer_decimals = [6, 12]",
            vec!["--victim-arithmetic exact --answer-decimals 6", "--victim-arithmetic exact --answer-decimals 12"],
        ),
        (
            "question_bits = [30, 53]",
            vec!["--victim-arithmetic exact --question-bits 30", "--victim-arithmetic exact --question-bits 53"],
        ),
    ];
    if cfg!(feature = "gmp") {
        sections.push((
            "attacker = \"p90\"\nanswer_bits = [40, 80]",
            vec![
                "--attacker p90 --victim-arithmetic exact --answer-bits 40",
                "--attacker p90 --victim-arithmetic exact --answer-bits 80",
            ],
        ));
        sections.push(("victim_arithmetic = \"p40\"", vec!["--victim-arithmetic p40"]));
    }
    for (knobs, commands) in sections {
        let (rows, _) =
            sweep(&format!("[grid]\nshape = \"6-3-1\"\nseed = 3\nstrategy = \"walk\"\n{knobs}"), "runs.jsonl");
        assert_eq!(rows.len(), commands.len());
        for command in commands {
            let run = record(&format!("--random 6-3-1 --seed 3 --strategy walk {command}"))["runs"]["rounded"].clone();
            let value = command.rsplit(' ').next().unwrap();
            let is = |row: &&Value| {
                let named = |name: &str| {
                    row[name].as_str() == Some(value)
                        || row[name].as_u64().map(|n| n.to_string()).as_deref() == Some(value)
                };
                ["victim_arithmetic", "answer_decimals", "question_bits", "answer_bits"].into_iter().any(named)
            };
            is_the_run(rows.iter().find(is).unwrap(), &run, command);
        }
    }
}

#[test]
fn a_swept_attribution_is_that_of_a_run() {
    let request = "[grid]\nshape = \"5-3-1\"\nseed = [0, 1]\nstrategy = \"textbook\"\nvictim_arithmetic = [\"f64\", \"f32\"]\nattribution = true\ninputs = 1000";
    let (rows, text) = sweep(request, "runs-by-cause.jsonl");
    assert_eq!(rows.len(), 20);
    for oracle in ["f64", "f32"] {
        for seed in [0, 1] {
            let command =
                format!("--random 5-3-1 --seed {seed} --strategy textbook --victim-arithmetic {oracle} --attribution");
            let table = record(&command)["attribution"].as_array().unwrap().clone();
            let practice = format!("textbook, {oracle} oracle, f64 attacker, unrounded, 4 lines");
            let ours: Vec<_> = rows.iter().filter(|row| row["seed"] == seed && row["explains"] == *practice).collect();
            assert_eq!((ours.len(), table.len()), (5, 5));
            for (row, expected) in ours.iter().zip(&table) {
                assert_eq!(row["isolates"], expected["isolates"]);
                for name in ["victim_arithmetic", "attacker", "policy"] {
                    assert_eq!(row[name], expected["run"][name]);
                }
                is_the_run(row, &expected["run"], &command);
            }
        }
    }
    assert!(
        text.contains(
            "who rounds: complete runs of all seeds, and the median of their worst weight errors: f64 weights,"
        ),
        "{text}"
    );
    // Below the table of the runs themselves.
    let line =
        text.lines().skip_while(|line| !line.starts_with("who rounds")).find(|line| line.contains("f32")).unwrap();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(line.starts_with("5-3-1 f32 2/2 0 2/2 0 2/2 2^-"), "{line}");
}

#[cfg(feature = "gmp")]
#[test]
fn a_frontier_goes_as_far_as_its_attacker() {
    // With answers of 53 bits, and an attacker in f64, the error ends above 2^-53.
    let request =
        "[frontier]\nshape = \"5-2-1\"\nstrategy = \"walk\"\nattacker = \"p96\"\nbits = [16, 80]\ninputs = 20";
    let (rows, text) = sweep(request, "runs.jsonl");
    assert!(rows.iter().any(|row| row["answer_bits"] == 80 && row["complete"] == true), "{text}");
    assert!(text.contains("exact oracle, p96 attacker, 16 to 80 searched"), "{text}");
    let errors = |bits: u64| {
        rows.iter().find(|row| row["answer_bits"] == bits).and_then(|row| row["weight_error_log2"]["max"].as_f64())
    };
    assert!(errors(80).unwrap() < -55.0, "{rows:?}");
}
