//! Cells with a ledger: what `run --ledger --certify` says, in columns; and files of every kind as victims.

use crate::common::exactract;
use exactract::format::{Dtype, write as write_network};
use exactract::net::{Family, random, random_deep};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Lines of `runs.jsonl` and standard output of a sweep in this folder.
fn sweep(folder: &Path, request: &str, out: &str) -> (Vec<Value>, String) {
    let file = folder.join("request.toml");
    fs::write(&file, request).unwrap();
    let out = folder.join(out);
    let answer = exactract("sweep --out", &[out.as_os_str(), file.as_os_str()]);
    assert_eq!((answer.status, answer.stderr.as_str()), (Some(0), ""), "{}", answer.stdout);
    let text = fs::read_to_string(out.join("runs.jsonl")).unwrap();
    (text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), answer.stdout)
}

/// A column of a CSV without quoted commas before it.
fn column(csv: &str, name: &str) -> Vec<String> {
    let place = csv.lines().next().unwrap().split(',').position(|head| head == name).unwrap();
    csv.lines().skip(1).map(|line| line.split(',').nth(place).unwrap().to_owned()).collect()
}

#[test]
fn losses_are_those_of_run() {
    let folder = tempfile::tempdir().unwrap();
    let request = "[grid]\nshape = \"12-6-2\"\nseed = 3\nvictim_arithmetic = \"f64\"\n\
                   strategy = [\"textbook\", \"walk\"]\nledger = true\ncertify = true";
    let (rows, text) = sweep(folder.path(), request, "out");
    assert_eq!(rows.len(), 2);
    for row in &rows {
        let strategy = row["strategy"].as_str().unwrap();
        let command = format!("run --random 12-6-2 --seed 3 --strategy {strategy} --ledger --certify --json -");
        let record = exactract(&command, &[]).json();
        let of = |list: &Value, name: &str| {
            list.as_array().unwrap().iter().find(|stage| stage["name"] == name).unwrap().clone()
        };
        let stages = [("locate", "critical points"), ("signature", "weight ratios"), ("last_layer", "last layer")];
        for (column, name) in stages {
            let loss = &row["losses"][column];
            let stage = of(&record["stages"], name);
            for bits in ["bits_in", "bits_lost", "bits_out"] {
                assert!(
                    loss[bits].is_number() && loss[bits] == stage[bits],
                    "{strategy} {name} {bits}: {loss} {stage}"
                );
            }
            let items = of(&record["ledger"]["stages"], name)["items"].as_array().unwrap().clone();
            let total = |item: &Value| item["total_log2"].as_f64().unwrap_or(f64::NEG_INFINITY);
            let worst = items.iter().max_by(|a, b| total(a).total_cmp(&total(b))).unwrap();
            assert_eq!(loss["worst_error_log2"], worst["total_log2"], "{strategy} {name}");
            for part in ["inherited_log2", "answers_log2", "local_log2"] {
                assert_eq!(loss[part], worst[part], "{strategy} {name} {part}");
            }
            let certified = of(&record["certified"]["stages"], name);
            assert_eq!(loss["bound_log2"], certified["bound_log2"]["max"], "{strategy} {name}");
            assert_eq!(loss["without_bound"], certified["without_bound"], "{strategy} {name}");
        }
        assert_eq!(row["losses"]["made_in"], record["origin"]["stage"]);
        assert_eq!(row["losses"]["made_by"], record["origin"]["made_by"]);
        for verdict in ["certified", "undecided", "wrong"] {
            let counts = ["relative_signs", "sides"].map(|signs| record["certified"][signs][verdict].as_u64().unwrap());
            assert_eq!(row["losses"]["signs"][verdict], counts.iter().sum::<u64>());
        }
    }
    // The table has them, over the one seed.
    let line = text.lines().find(|line| line.starts_with("12-6-2  textbook")).unwrap();
    let lost = rows.iter().find(|row| row["strategy"] == "textbook").unwrap()["losses"]["locate"]["bits_lost"].as_f64();
    assert!(line.contains(" 1 of 1 ") && line.contains(&format!(" {:.1} ", lost.unwrap())), "{line}: {lost:?}");
    // Weights, oracle and strategy are columns of every table of runs.
    let csv = fs::read_to_string(folder.path().join("out/runs-by-shape.csv")).unwrap();
    assert_eq!(column(&csv, "victim_weights"), ["f64", "f64"]);
    assert_eq!(column(&csv, "victim_arithmetic"), ["f64", "f64"]);
    assert_eq!(column(&csv, "strategy"), ["textbook", "walk"]);
    let csv = fs::read_to_string(folder.path().join("out/runs.csv")).unwrap();
    assert_eq!(column(&csv, "losses_signature_bits_lost").len(), 2);
    assert!(column(&csv, "losses_signature_bits_lost").iter().all(|bits| bits.parse::<f64>().is_ok()), "{csv}");
}

#[test]
fn a_ledger_changes_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let request = |more: &str| {
        format!(
            "[grid]\nshape = \"10-4-1\"\nweights = \"f32\"\nseed = \"0..3\"\nsnap = [false, true]\n{more}inputs = 50"
        )
    };
    let (plain, text) = sweep(folder.path(), &request(""), "plain");
    assert!(text.contains("\nledger = true adds the bits that each stage loses"), "{text}");
    let (with, _) = sweep(folder.path(), &request("ledger = true\n"), "ledger");
    assert_eq!((plain.len(), with.len()), (6, 6));
    for (plain, with) in plain.iter().zip(with) {
        let mut with = with;
        assert!(with["losses"]["locate"]["bits_lost"].is_number(), "{with}");
        with.as_object_mut().unwrap().remove("losses");
        with["id"] = plain["id"].clone();
        assert_eq!(*plain, with);
    }
}

#[test]
fn files_of_every_kind_are_victims() {
    let folder = tempfile::tempdir().unwrap();
    let relu = random("6-3-2".parse().unwrap(), 5, Dtype::F64);
    for ending in ["npz", "safetensors", "onnx"] {
        let path = folder.path().join(format!("relu.{ending}"));
        write_network(&path, &relu.clone().into(), Dtype::F64).unwrap();
    }
    let leaky = relu.clone().with_activation(Family::Leaky(0.25).whole().unwrap()).unwrap();
    write_network(&folder.path().join("leaky.onnx"), &leaky.into(), Dtype::F64).unwrap();
    let prelu = relu.clone().with_activation(Family::Parametric.draw(3, 1)).unwrap();
    write_network(&folder.path().join("prelu.onnx"), &prelu.into(), Dtype::F64).unwrap();
    let request = "[grid]\nfile = [\"relu.npz\", \"relu.safetensors\", \"relu.onnx\", \"leaky.onnx\", \"prelu.onnx\", \
                   { path = \"relu.npz\", activation = \"leaky:0.25\" }]\ninputs = 50\n\
                   [[zip]]\nshape = \"6-3-2\"\nactivation = [\"leaky:0.25\", \"abs\"]\ninputs = 50\n";
    let (rows, text) = sweep(folder.path(), request, "out");
    let found = |source: &str, activation: &str| {
        let is = |row: &&Value| row["victim"]["source"] == source && row["victim"]["activation"] == activation;
        let row = rows.iter().find(is).unwrap_or_else(|| panic!("{source} {activation}: {text}"));
        assert_eq!((&row["outcome"], &row["complete"]), (&"complete".into(), &true.into()), "{row}");
        row.clone()
    };
    for name in ["relu.npz", "relu.safetensors", "relu.onnx"] {
        found(name, "relu");
    }
    for (name, activation) in [("leaky.onnx", "leaky:0.25"), ("prelu.onnx", "prelu"), ("relu.npz", "leaky:0.25")] {
        let row = found(name, activation);
        // As `run` finds it.
        let told = if name == "relu.npz" { " --activation leaky:0.25" } else { "" };
        let path = folder.path().join(name);
        let command = format!("run --victim-arithmetic exact{told} --json -");
        let record = exactract(&command, &[path.as_os_str()]).json();
        for field in ["queries", "queries_per_parameter", "weight_error_log2", "kinks"] {
            assert_eq!(row[field], record["runs"]["rounded"][field], "{name} {field}");
        }
    }
    let deep = folder.path().join("deep.npz");
    write_network(&deep, &random_deep(&"4-3-2-1".parse().unwrap(), 0, Dtype::F64).unwrap(), Dtype::F64).unwrap();
    let (file, out) = (folder.path().join("deep.toml"), folder.path().join("deep"));
    fs::write(&file, "[grid]\nfile = \"deep.npz\"\n").unwrap();
    let answer = exactract("sweep --out", &[out.as_os_str(), file.as_os_str()]);
    let said =
        "deep.npz: a sweep attacks one hidden layer, and 4-3-2-1 has 2, which exactract run attacks, one network a";
    assert!(answer.status == Some(2) && answer.stderr.contains(said), "{answer:?}");
    found("random", "leaky:0.25");
    found("random", "abs");
}
