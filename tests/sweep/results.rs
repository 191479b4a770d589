//! What cells find: as `run` finds it, searched for where it is a frontier, and laid out as published.

use crate::common::exactract;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// The tables of a sweep: lines of `runs.jsonl`, `frontier.json` where there is one, standard output.
fn sweep(request: &str) -> (Vec<Value>, Option<Value>, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("request.toml");
    fs::write(&file, request).unwrap();
    let out = folder.path().join("out");
    let answer = exactract("sweep --out", &[out.as_os_str(), file.as_os_str()]);
    assert_eq!((answer.status, answer.stderr.as_str()), (Some(0), ""), "{}", answer.stdout);
    let text = fs::read_to_string(out.join("runs.jsonl")).unwrap();
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let csv = fs::read_to_string(out.join("runs.csv")).unwrap();
    let names: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    for row in &rows {
        assert!(names.iter().all(|name| row.get(name).is_some()) && names.len() == row.as_object().unwrap().len());
    }
    assert_eq!(csv.lines().count(), rows.len() + 1);
    let frontier = fs::read_to_string(out.join("frontier.json")).ok();
    (rows, frontier.map(|text| serde_json::from_str(&text).unwrap()), answer.stdout)
}

#[test]
fn a_cell_finds_what_run_finds() {
    let (rows, frontier, _) = sweep(
        "[grid]\nshape = [\"8-4-2\", \"16-12-1\"]\nseed = 3\nvictim_arithmetic = [\"f64\", \"f32\"]\nstrategy = [\"textbook\", \"walk\"]",
    );
    assert_eq!((rows.len(), frontier), (8, None));
    let mut stopped = 0;
    for row in &rows {
        let of = |name: &str| row[name].as_str().unwrap();
        let shape = ["inputs", "hidden", "outputs"].map(|name| row[name].to_string()).join("-");
        let (strategy, oracle) = (of("strategy"), of("victim_arithmetic"));
        let command =
            format!("run --random {shape} --seed 3 --strategy {strategy} --victim-arithmetic {oracle} --json -");
        let record = exactract(&command, &[]).json();
        let run = &record["runs"]["f64"];
        assert_eq!(row["sha256"], record["victim"]["sha256"]);
        let pairs = [
            ("queries", &run["queries"]),
            ("kinks_found", &run["kinks_matched"]["found"]),
            ("kinks", &run["kinks_matched"]["kinks"]),
            ("labels_same", &run["label_agreement"][0]),
            ("labels", &run["label_agreement"][1]),
            ("difference_log2", &run["max_abs_difference_log2"]),
            ("weight_error_log2", &run["weight_error_log2"]["max"]),
            ("equal", &run["equivalent"]),
            ("stage", &run["stopped"]["stage"]),
            ("reason", &run["stopped"]["reason"]),
        ];
        for (name, expected) in pairs {
            assert_eq!(row[name], *expected, "{name}: {command}");
        }
        assert_eq!(row["outcome"], run["outcome"]);
        stopped += usize::from(row["outcome"] == "stopped");
        assert_eq!(row["complete"], row["outcome"] == "complete" && row["sides_found"] == row["sides"]);
    }
    // A failed attack is a result with its reason.
    assert!(stopped > 0);
}

#[test]
fn a_spent_budget_is_a_result() {
    let (rows, _, text) = sweep("[grid]\nshape = \"8-4-2\"\nmax_queries = [10, 100000]");
    let outcomes: Vec<_> = rows.iter().map(|row| row["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["budget", "complete"]);
    assert!(
        text.contains("runs      2 in all: 1 complete, 0 with a network that is not, 0 stopped, 1 out of queries\n"),
        "{text}"
    );
}

#[test]
fn a_frontier_is_where_single_cells_say() {
    let (rows, frontier, text) =
        sweep("[frontier]\nshape = \"6-3-1\"\nstrategy = \"textbook\"\nseed = [0, 1]\nbits = [12, 53]\ninputs = 50");
    let frontier = frontier.unwrap();
    assert!(text.contains("bits for complete extraction: textbook"), "{text}");
    let group = &frontier["groups"][0];
    assert_eq!((&group["seeds"], &group["above"], &group["at_most"]), (&2.into(), &0.into(), &0.into()));
    for seed in [0, 1] {
        // Every precision, one by one.
        let (single, _, _) = sweep(&format!(
            "[grid]\nshape = \"6-3-1\"\nstrategy = \"textbook\"\nseed = {seed}\nanswer_bits = {:?}\ninputs = 50",
            (12..=53).collect::<Vec<_>>()
        ));
        let complete = |bits: u64| single.iter().find(|row| row["answer_bits"] == bits).unwrap()["complete"] == true;
        let searched: Vec<&Value> = rows.iter().filter(|row| row["seed"] == seed).collect();
        let (mut least, mut most) = (99, 0);
        for row in &searched {
            let bits = row["answer_bits"].as_u64().unwrap();
            assert_eq!(row["complete"], complete(bits), "seed {seed}, {bits} bits");
            if complete(bits) { least = least.min(bits) } else { most = most.max(bits) }
        }
        assert!(searched.len() <= 14, "{}", searched.len());
        let found = if seed == 0 { &group["p10"] } else { &group["p90"] }.as_u64().unwrap();
        println!("seed {seed}: {least} {most} {found}");
    }
    let (low, high) = (group["p10"].as_u64().unwrap(), group["p90"].as_u64().unwrap());
    assert!(low <= high && (13..53).contains(&low), "{group}");
    let bits_of = |seed: u64| {
        let complete =
            |bits: u64| rows.iter().any(|r| r["seed"] == seed && r["answer_bits"] == bits && r["complete"] == true);
        (12..=51).find(|&bits| (bits..bits + 3).all(complete))
    };
    let mut both = [bits_of(0).unwrap(), bits_of(1).unwrap()];
    both.sort_unstable();
    assert_eq!(both, [low, high]);
}

#[test]
fn weights_bit_for_bit_take_more_bits_than_a_complete_copy() {
    let request = "[frontier]\nshape = \"10-3-1\"\nweights = \"f32\"\nstrategy = \"walk\"\nsnap = true\nbits = [20, 53]\ninputs = 20";
    let (rows, frontier, text) = sweep(request);
    let groups = frontier.unwrap()["groups"].as_array().unwrap().clone();
    let bits = |goal: &str| groups.iter().find(|g| g["goal"] == goal).unwrap()["median"].as_u64();
    let (complete, exact) = (bits("complete").unwrap(), bits("bit_for_bit").unwrap());
    assert!(complete < exact, "{text}");
    for row in rows {
        let (snapped, bits) = (row["bit_for_bit"] == true, row["answer_bits"].as_u64().unwrap());
        assert!(!snapped || bits >= exact, "{row}");
        assert!(snapped || row["unsnapped"].is_string() || row["bit_for_bit"] == false, "{row}");
    }
}

#[test]
fn the_published_schemas_are_the_programs() {
    use exactract::sweep::{attribution_schema, cell_schema, frontier_schema, table_schema};
    let schemas = [
        ("cell", cell_schema()),
        ("sweep", table_schema()),
        ("attribution", attribution_schema()),
        ("frontier", frontier_schema()),
    ];
    for (name, schema) in schemas {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/{name}.schema.json"));
        let expected = serde_json::to_string_pretty(&schema.to_value()).unwrap() + "\n";
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            fs::write(&path, &expected).unwrap();
        }
        let published = fs::read_to_string(&path).unwrap_or_default();
        assert!(published == expected, "{}: run this test with UPDATE_SCHEMA=1 and read the diff", path.display());
    }
}
