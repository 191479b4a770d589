//! Gates: each check passes where it holds, fails at its neighbour, and the status says so.

use crate::common::{Answer, exactract};
use exactract::compare::Inputs;
use exactract::experiment::Settings;
use exactract::format::{Dtype, write};
use exactract::gate::Request;
use exactract::net::{Network, Shallow, random, random_deep};
use exactract::record::{CheckState, NetworkRecord};
use serde_json::json;
use std::fs;
use std::path::Path;

const SHAPE: &str = "6-4-2";

fn model(seed: u64) -> Shallow<f64> {
    random(SHAPE.parse().unwrap(), seed, Dtype::F64)
}

fn save(folder: &Path, name: &str, network: &Network<f64>) -> String {
    let path = folder.join(name);
    write(&path, network, Dtype::F64).unwrap();
    path.display().to_string()
}

fn gate(arguments: &str) -> Answer {
    exactract(&format!("gate {arguments}"), &[])
}

/// The state of each check of a record on standard output, by name.
fn states(arguments: &str) -> Vec<(String, String)> {
    let record = gate(&format!("{arguments} --json -")).json();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    record["checks"].as_array().unwrap().iter().map(|check| (text(&check["name"]), text(&check["state"]))).collect()
}

fn is(found: &[(String, String)], expected: &[(&str, &str)]) {
    let found: Vec<(&str, &str)> = found.iter().map(|(name, state)| (name.as_str(), state.as_str())).collect();
    assert_eq!(found, expected);
}

#[test]
fn bits_pass_up_to_the_number_that_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    let model = save(folder.path(), "m.npz", &model(1).into());
    let needed =
        gate(&format!("{model} --spare-bits 0 --json -")).json()["extraction"]["bits_needed"].as_u64().unwrap();
    // The same number as the search of a run gives, which takes a network of its own.
    let run = exactract(&format!("run {model} --predict-bits --json -"), &[]).json();
    assert_eq!(run["bits_needed"][0]["threshold"]["bits"].as_u64(), Some(needed));
    let spare = 53 - needed;
    for (spare_bits, resists, expected) in [
        (spare, needed - 1, [("spare bits", "pass"), ("resists", "pass")]),
        (spare + 1, needed, [("spare bits", "fail"), ("resists", "fail")]),
    ] {
        is(&states(&format!("{model} --spare-bits {spare_bits} --resists-bits {resists}")), &expected);
    }
}

#[test]
fn a_released_network_is_this_function_to_the_last_bit() {
    let folder = tempfile::tempdir().unwrap();
    let network = model(2);
    let model = save(folder.path(), "m.npz", &network.clone().into());
    // A power of two moves from one layer to the next: the same function.
    let scaled = Shallow::new(
        network.hidden().map(|w| w * 4.0),
        network.hidden_bias().iter().map(|b| b * 4.0).collect(),
        network.output().map(|w| w / 4.0),
        network.output_bias().to_vec(),
    )
    .unwrap();
    let mut bias = network.output_bias().to_vec();
    bias[1] = bias[1].next_up();
    let beside = Shallow::new(network.hidden().clone(), network.hidden_bias().to_vec(), network.output().clone(), bias);
    for (name, other, state, status) in [("same.npz", scaled, "pass", 0), ("other.npz", beside.unwrap(), "fail", 1)] {
        let arguments = format!("{model} --released {}", save(folder.path(), name, &other.into()));
        is(&states(&arguments), &[("released", state)]);
        assert_eq!(gate(&arguments).status, Some(status));
    }
}

#[test]
fn a_copy_is_within_a_bound_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let network = model(3);
    let mut bias = network.output_bias().to_vec();
    bias[0] += 0.25;
    let moved = Shallow::new(network.hidden().clone(), network.hidden_bias().to_vec(), network.output().clone(), bias);
    let copy = save(folder.path(), "c.npz", &moved.unwrap().into());
    let model = save(folder.path(), "m.npz", &network.into());
    // The outputs differ by the rounding of a sum, about 1/4, everywhere.
    for (bound, state) in [("0.2501", "pass"), ("0.2499", "fail")] {
        let arguments = format!("{model} --copy {copy} --max-difference {bound}");
        is(&states(&arguments), &[("difference", state)]);
    }
    let junit = folder.path().join("g.xml");
    let answer =
        gate(&format!("{model} --recovered --copy {copy} --max-difference 0.2499 --junit {}", junit.display()));
    assert_eq!(answer.status, Some(1));
    let first = answer.stdout.lines().next().unwrap();
    assert!(first.starts_with("FAIL  1 pass, 1 fail: ") && first.ends_with("m.npz, 6-4-2, f64"), "{first}");
    let quiet = gate(&format!("{model} -q --recovered --copy {copy} --max-difference 0.2499")).stdout;
    assert!(quiet.contains("\nfail  difference ") && !quiet.contains("recovered"), "{quiet}");
    let xml = fs::read_to_string(junit).unwrap();
    assert!(xml.contains("tests=\"2\" failures=\"1\""), "{xml}");
    assert_eq!(xml.matches("<failure ").count(), 1, "{xml}");
}

#[test]
fn a_retrained_model_is_a_new_measurement() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) =
        (save(folder.path(), "m1.npz", &model(4).into()), save(folder.path(), "m2.npz", &model(5).into()));
    let baseline = folder.path().join("baseline.json");
    assert_eq!(gate(&format!("{first} --spare-bits 0 --json {}", baseline.display())).status, Some(0));
    let against = |model: &str, file: &Path| format!("{model} --baseline {}", file.display());
    is(&states(&against(&first, &baseline)), &[("baseline", "pass")]);
    is(&states(&against(&second, &baseline)), &[("baseline", "new")]);
    let junit = folder.path().join("g.xml");
    let retrained = gate(&format!("{} --junit {}", against(&second, &baseline), junit.display()));
    assert_eq!(retrained.status, Some(0));
    assert!(retrained.stdout.starts_with("NEW   1 new: "), "{}", retrained.stdout);
    let xml = fs::read_to_string(junit).unwrap();
    assert!(xml.contains("failures=\"0\" skipped=\"1\"") && xml.contains("<skipped "), "{xml}");
    // A measurement of the same model that was better by a bit, or by three bits of error, has moved.
    let record: serde_json::Value = serde_json::from_slice(&fs::read(&baseline).unwrap()).unwrap();
    let error = record["extraction"]["weight_error_log2"].as_f64().unwrap();
    let bits = record["extraction"]["bits_needed"].as_u64().unwrap();
    for (field, value, state) in [
        ("bits_needed", json!(bits - 1), "fail"),
        ("weight_error_log2", json!(error - 3.0), "fail"),
        ("weight_error_log2", json!(error - 1.0), "pass"),
    ] {
        let (mut was, file) = (record.clone(), folder.path().join("was.json"));
        was["extraction"][field] = value;
        fs::write(&file, was.to_string()).unwrap();
        is(&states(&against(&first, &file)), &[("baseline", state)]);
    }
}

/// An attack that was ended from outside decides nothing, whichever way a check is asked.
#[test]
fn an_attack_that_is_cut_short_leaves_checks_open() {
    let (network, inputs) = (Network::from(model(7)), Inputs::random(6, 10, 0));
    let settings = Settings { limit: Some(20), ..Settings::default() };
    let asked = Request {
        settings,
        recovered: true,
        spare: Some(1),
        resists: Some(10),
        ..Request::new(NetworkRecord::default(), &network, &inputs)
    };
    let record = exactract::gate::run(&asked).unwrap();
    assert_eq!(record.answer, CheckState::Open);
    assert!(record.checks.iter().all(|check| check.state == CheckState::Open), "{record:?}");
    assert!(record.checks[1..].iter().all(|check| check.says.ends_with("did not come to its end")), "{record:?}");
}

#[test]
fn deep_models_are_recovered_and_compared() {
    let folder = tempfile::tempdir().unwrap();
    let network = random_deep(&"5-4-3-1".parse().unwrap(), 1, Dtype::F32).unwrap();
    let model = save(folder.path(), "deep.npz", &network);
    is(
        &states(&format!("{model} --recovered --released {model} --copy {model} --max-difference 0")),
        &[("recovered", "pass"), ("released", "pass"), ("difference", "pass")],
    );
    let refused = gate(&format!("{model} --spare-bits 1"));
    assert_eq!(refused.status, Some(2));
    assert!(refused.stderr.contains("one hidden layer; the model is 5-4-3-1"), "{}", refused.stderr);
}

#[test]
fn what_cannot_be_checked_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let model = save(folder.path(), "m.npz", &model(6).into());
    let other = save(folder.path(), "o.npz", &random("5-4-2".parse().unwrap(), 1, Dtype::F64).into());
    let measured = folder.path().join("measured.json").display().to_string();
    assert_eq!(gate(&format!("{model} --json {measured}")).status, Some(0));
    // What was not measured then is said, and not compared.
    let more = gate(&format!("{model} --spare-bits 1 --baseline {measured}")).stdout;
    assert!(
        more.split_whitespace().collect::<Vec<_>>().join(" ").contains("answer bits, not measured before"),
        "{more}"
    );
    for (arguments, expected) in [
        (format!("{model} --released {other}"), "o.npz is 5-4-2, and the model is 6-4-2"),
        (format!("{model} --copy {model}"), "--max-difference <BOUND>"),
        (format!("{model} --copy {model} --max-difference 1 --domain all"), "--released asks for one function"),
        (format!("{model} --baseline {model}"), "is not JSON"),
        (format!("{model} --domain 0,1"), "--copy <FILE>"),
        (format!("{model} --baseline {measured} --json {measured}"), "written over the baseline"),
        (format!("{model} --baseline {measured} --seed 1"), "the attack walk, seed 0, and this is walk, seed 1"),
        (format!("{model} --baseline {measured} --strategy textbook"), "this is textbook, seed 0"),
        (format!("{model} --baseline {}/none.json", folder.path().display()), "none.json"),
    ] {
        let answer = gate(&arguments);
        assert_eq!(answer.status, Some(2), "{arguments}: {}", answer.stdout);
        assert!(answer.stderr.contains(expected), "{arguments}: {}", answer.stderr);
    }
}
