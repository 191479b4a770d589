//! `exactract run` on victims with several hidden layers.

use crate::common::exactract;

#[test]
fn a_deep_victim_is_found_layer_by_layer() {
    let answer = exactract("run --random 10-10-10-1 --weights f32 --seed 1", &[]);
    assert_eq!((answer.status, answer.stderr.as_str()), (Some(0), ""), "{}", answer.stdout);
    let proved = "In exact arithmetic the recovered network is proved to be the victim on all of R^10; in f64 the recovered \
                  network is proved to be the victim on all of R^10.";
    assert!(answer.stdout.trim_end().replace('\n', " ").ends_with(proved), "{}", answer.stdout);
    let record = exactract("run --random 10-10-10-1 --weights f32 --seed 1 --json -", &[]).json();
    for run in ["exact", "rounded"] {
        assert_eq!(record["runs"][run]["equality"], "equal");
        assert_eq!(record["runs"][run]["recovered"], "10-10-10-1");
        let found: Vec<_> =
            record["runs"][run]["layers"].as_array().unwrap().iter().map(|layer| &layer["units"]["count"]).collect();
        assert_eq!(found, [10, 10]);
    }
}

#[test]
fn a_deep_victim_in_a_file_is_found() {
    let folder = tempfile::tempdir().unwrap();
    for ending in ["npz", "safetensors", "onnx"] {
        let path = folder.path().join(format!("victim.{ending}"));
        let copy = folder.path().join(format!("copy.{ending}"));
        let sizes = "6-5-4-2".parse().unwrap();
        let network = exactract::net::random_deep(&sizes, 3, exactract::net::Dtype::F32).unwrap();
        exactract::format::write(&path, &network, exactract::net::Dtype::F32).unwrap();
        let more = [path.as_os_str(), "--save".as_ref(), copy.as_os_str()];
        let record = exactract("run --json -", &more).json();
        assert_eq!(record["runs"]["exact"]["equality"], "equal", "{ending}");
        assert_eq!(record["victim"]["shape"], "6-5-4-2");
        if record["runs"]["rounded"]["outcome"] == "complete" {
            assert_eq!(exactract::format::read(&copy).unwrap().network.sizes(), sizes);
        }
    }
}

#[test]
fn what_a_deep_run_does_not_do_is_refused() {
    for option in ["--certify", "--polish", "--snap f32", "--strategy walk", "--ledger", "--attacker exact"] {
        let answer = exactract(&format!("run --random 4-3-2-1 {option}"), &[]);
        assert_eq!(answer.status, Some(2), "{option}");
        assert!(answer.stderr.contains("for networks with one hidden layer; this one is 4-3-2-1"), "{}", answer.stderr);
    }
    let answer = exactract("run --random 4-3-2-1 --activation abs", &[]);
    assert_eq!(answer.status, Some(2), "{}", answer.stderr);
}

#[test]
fn a_budget_leaves_the_layers_found_so_far() {
    let record = exactract("run --random 10-10-10-1 --max-queries 600 --json -", &[]).json();
    assert_eq!((&record["answer"], &record["runs"]["exact"]["outcome"]), (&"none".into(), &"budget".into()));
    assert_eq!(record["runs"]["exact"]["layers"].as_array().unwrap().len(), 1);
    assert_eq!(record["runs"]["exact"]["queries"].as_u64().map(|spent| spent <= 600), Some(true));
    assert_eq!(exactract("run --random 10-10-10-1 --max-queries 600", &[]).status, Some(3));
}

#[test]
fn a_victim_out_of_reach_stops_with_a_reason() {
    let answer = exactract("run --random 3-6-2-1", &[]);
    assert_eq!(answer.status, Some(1));
    let reason = "the algorithm does not reach this victim";
    assert!(answer.stdout.replace('\n', " ").contains(reason), "{}", answer.stdout);
}
