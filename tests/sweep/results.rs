//! What cells find: as `run` finds it, searched for where it is a frontier, and laid out as published.

use crate::common::exactract;
use serde_json::Value;
use std::fs;

/// The tables of a sweep: lines of `runs.jsonl`, `fewest-bits.json` where there is one, standard output.
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
    let mut lines = csv.lines().map(fields);
    let names = lines.next().unwrap();
    for (row, fields) in rows.iter().zip(lines.by_ref()) {
        // Whatever a row says stands in its line, under the same name.
        let mut said = Vec::new();
        leaves(row, "", &mut said);
        let table: Vec<(String, String)> =
            names.iter().cloned().zip(fields).filter(|(_, value)| !value.is_empty()).collect();
        let told = |said: &(String, String)| IN_LINES_ALONE.contains(&&*said.0) || table.contains(said);
        let more = said.iter().find(|said| !told(said));
        assert!(more.is_none() && table.iter().all(|field| said.contains(field)), "{more:?} {table:?} {said:?}");
    }
    assert!(lines.next().is_none());
    let frontier = fs::read_to_string(out.join("fewest-bits.json")).ok();
    (rows, frontier.map(|text| serde_json::from_str(&text).unwrap()), answer.stdout)
}

/// What a line of JSON says and its line of CSV leaves out.
const IN_LINES_ALONE: [&str; 1] = ["reference_inputs"];

/// Fields of a line of CSV.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => fields.last_mut().unwrap().push(c),
        }
    }
    fields
}

/// The values of a record by their columns' names, without those that are `null`.
fn leaves(value: &Value, name: &str, found: &mut Vec<(String, String)>) {
    let join = |inner: &String| if name.is_empty() { inner.clone() } else { format!("{name}_{inner}") };
    match value {
        Value::Null => {}
        Value::Object(fields) => fields.iter().for_each(|(inner, value)| leaves(value, &join(inner), found)),
        Value::String(text) => found.push((name.to_owned(), text.replace('"', ""))),
        other => found.push((name.to_owned(), other.to_string())),
    }
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
        let mut run = record["runs"]["rounded"].clone();
        assert_eq!(row["victim"]["sha256"], record["victim"]["sha256"]);
        // Every field of the run but its time, and the causes that the exact run tells, which no cell makes.
        for field in ["seconds", "missing"] {
            run.as_object_mut().unwrap().remove(field);
        }
        for (name, expected) in run.as_object().unwrap() {
            assert_eq!(row[name], *expected, "{name}: {command}");
        }
        stopped += usize::from(row["outcome"] == "stopped");
        let sides = &row["sides"];
        assert_eq!(row["complete"], row["outcome"] == "complete" && sides["count"] == sides["total"]);
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
        let (snapped, bits) = (row["snapped"]["equal"] == true, row["answer_bits"].as_u64().unwrap());
        assert!(!snapped || bits >= exact, "{row}");
        assert!(row["snapped"]["verdict"].is_string(), "{row}");
    }
}
