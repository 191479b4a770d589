//! `exactract learn` on the digits.
#![cfg(feature = "learn")]

use crate::common::exactract;
use serde_json::Value;
use std::fs;

/// Two short runs of each method.
const SHORT: &str =
    "learn --queries 40,60 --seeds 2 --steps 60 --batch 16 --ramp 20 --random-inputs 50 --student 64-16-10";

#[test]
fn the_same_bytes_with_any_number_of_threads() {
    let one = exactract(&format!("{SHORT} --json - --threads 1"), &[]);
    assert_eq!((one.status, one.stderr.as_str()), (Some(0), ""));
    let record = one.json();
    assert_eq!(record["schema"], "exactract/learn/2");
    let rows: Vec<(&str, f64)> = (record["rows"].as_array().unwrap().iter())
        .map(|row| (row["method"].as_str().unwrap(), row["queries"].as_f64().unwrap()))
        .collect();
    assert_eq!(rows, [("supervised", 40.0), ("supervised", 60.0), ("mixmatch", 40.0), ("mixmatch", 60.0)]);
    assert_eq!(exactract(&format!("{SHORT} --json - --threads 2"), &[]).stdout, one.stdout);
    // Other seeds give another copy.
    assert_ne!(exactract(&format!("{SHORT} --json - --seed 7"), &[]).stdout, one.stdout);
}

#[test]
fn what_fools_a_directly_recovered_copy_fools_the_victim() {
    let folder = tempfile::tempdir().unwrap();
    let save = folder.path().as_os_str();
    let answer = exactract("learn --method direct,exact --access logits --seeds 1 --json - --save", &[save]);
    assert_eq!(answer.status, Some(0), "{}", answer.stderr);
    for (row, method) in answer.json()["rows"].as_array().unwrap().iter().zip(["direct", "exact"]) {
        let run = &row["runs"][0];
        assert_eq!(row["method"], method);
        assert_eq!(run["equal"], method == "exact");
        for part in ["labels", "labels_on_random", "labels_on_adversarial", "fgsm_transfers", "pgd_transfers"] {
            let (of, all) = (run[part]["count"].as_u64().unwrap(), run[part]["total"].as_u64().unwrap());
            assert!(all > 50 && of == all, "{method}, {part}: {of} of {all}");
        }
    }
    assert!(exactract::format::read_shallow(&folder.path().join("exact-0.safetensors")).is_ok());
}

#[test]
fn a_saved_copy_is_a_network_and_checkpoints_are_taken_up() {
    let folder = tempfile::tempdir().unwrap();
    let (copies, checkpoints) = (folder.path().join("copies"), folder.path().join("checkpoints"));
    let run = |more: &str| {
        let command = format!(
            "learn --method mixmatch --seeds 1 --batch 16 --random-inputs 50 --student 64-16-10 {more} --checkpoints"
        );
        exactract(
            &command,
            &[checkpoints.as_os_str(), "--save".as_ref(), copies.as_os_str(), "--json".as_ref(), "-".as_ref()],
        )
    };
    let whole = run("--steps 40");
    assert_eq!(whole.status, Some(0), "{}", whole.stderr);
    let copy = copies.join("mixmatch-60-0.safetensors");
    assert_eq!(exactract::format::read_shallow(&copy).unwrap().network.shape().to_string(), "64-16-10");
    let first = fs::read(&copy).unwrap();
    fs::remove_dir_all(&checkpoints).unwrap();
    assert_eq!(run("--steps 15").status, Some(0));
    assert_ne!(fs::read(&copy).unwrap(), first);
    assert_eq!(run("--steps 40").stdout, whole.stdout);
    assert!(fs::read(&copy).unwrap() == first, "taken up after 15 steps, the copy is another");
    let other = run("--steps 40 --rate 0.01");
    assert_eq!(other.status, Some(2));
    assert!(other.stderr.contains("is a checkpoint of another run"), "{}", other.stderr);
}

#[test]
fn requests_that_are_refused() {
    let refused = |arguments: &str, expected: &str| {
        let answer = exactract(&format!("learn {arguments}"), &[]);
        assert_eq!(answer.status, Some(2), "{arguments}: {answer:?}");
        assert!(
            answer.stderr.contains(expected) && answer.stderr.lines().count() < 4,
            "{arguments}: {}",
            answer.stderr
        );
    };
    refused("--method direct", "direct recovery needs the logits; access label does not show it: choose access logits");
    refused("--method direct --access logits --victim truth", "the data's own labels are no network");
    refused("--queries 2000", "2000 queries asked for, the data has 1438");
    refused("--queries 1438", "with unlabelled images beside them");
    refused("--access labels", "write label, label-score, topk:K, topk-logits:K, scores or logits");
    refused("--access topk:11", "there are 10 classes, ask for 1 to 10");
    refused("--temperature 2", "choose access label-score, topk:K, scores or logits");
    refused("--max-queries 59", "60 queries asked for, 59 allowed");
    refused("--student 784-64-10", "takes 784 inputs");
    refused("--student wrn-27-2", "6n + 4 layers");
    refused("--augment shift:8", "a shift of fewer pixels than the image is high and wide");
    refused("--victim truth --random-queries", "a random query needs a victim");
    refused("--victim truth --access scores", "choose access label");
    refused("--audit 1 --victim truth", "--audit: the data's own labels are no network");
    refused("--data nothing.npz", "nothing.npz: cannot be read");
}

#[test]
fn a_run_that_diverges_is_said() {
    let answer = exactract("learn --method supervised --seeds 1 --steps 50 --rate 1e37 --decay 0 --json -", &[]);
    assert_eq!(answer.status, Some(3), "{answer:?}");
    let reason = answer.json()["rows"][0]["runs"][0]["stopped"]["reason"].as_str().unwrap().to_owned();
    assert!(reason.starts_with("the loss is") && reason.contains("was the last good one"), "{reason}");
    let row: Value = answer.json()["rows"][0].clone();
    assert_eq!(row["summary"], Value::Null);
}

#[test]
fn on_a_gpu_or_why_not() {
    let answer = exactract(&format!("{SHORT} --device gpu --json -"), &[]);
    if answer.status == Some(0) {
        let record = answer.json();
        assert_eq!(record["student"]["device"], "gpu");
        // The same draws and the same arithmetic, but for the order of sums.
        let cpu = exactract(&format!("{SHORT} --json -"), &[]).json();
        for (gpu, cpu) in record["rows"].as_array().unwrap().iter().zip(cpu["rows"].as_array().unwrap()) {
            for (gpu, cpu) in gpu["runs"].as_array().unwrap().iter().zip(cpu["runs"].as_array().unwrap()) {
                let right = |run: &Value| run["accuracy"]["of"].as_i64().unwrap();
                assert!((right(gpu) - right(cpu)).abs() <= 3, "{gpu} {cpu}");
            }
        }
    } else {
        assert_eq!(answer.status, Some(2));
        let built = if cfg!(feature = "gpu") { "" } else { "this build has none: build with --features gpu\n" };
        assert!(answer.stderr.starts_with(&format!("exactract: --device gpu: {built}")), "{}", answer.stderr);
    }
}

#[test]
fn a_refused_network_is_handed_over_where_it_is_asked_for() {
    let answer = exactract(
        "learn --method direct,unchecked --access logits --answer-bits 32 --seeds 1 --random-inputs 50 --json -",
        &[],
    );
    let record = answer.json();
    let [direct, unchecked] = [0, 1].map(|i| &record["rows"][i]["runs"][0]);
    // One run has no copy, which is the status for no answer.
    assert_eq!(answer.status, Some(3), "{}", answer.stderr);
    assert!(direct["stopped"]["reason"].as_str().unwrap().starts_with("check"), "{direct}");
    assert_eq!(unchecked["stopped"], Value::Null);
    assert_eq!(unchecked["queries"], direct["queries"]);
    assert_eq!(unchecked["kinks"]["total"], 32);
    assert!(unchecked["kinks"]["count"].as_u64().unwrap() > 0, "{unchecked}");
}
