//! Baselines: nothing moves by itself, and what is slipped into a run is caught and located.

use crate::common::exactract;
use exactract::attack::{Options, Strategy};
use exactract::experiment::{Arithmetic, Cell, Finished, Settings, run_cell};
use exactract::judge::{Policy, Site, Stage};
use exactract::net::{Dtype, Shallow, random};
use exactract::num::Num;
use exactract::oracle::{Batch, Evaluate, Oracle};
use exactract::record::NetworkRecord;
use exactract::regress::{Baseline, Checked, Finding, Pin, RunName, Snapshot};
use serde_json::Value;
use std::cmp::Ordering;
use std::fs;
use std::path::Path;

const PRACTICE: Cell = Cell::tolerant(Arithmetic::F64, Arithmetic::F64);

/// One run of a random victim, with a part that can be exchanged.
struct Trial {
    victim: Shallow<f64>,
    run: RunName,
    settings: Settings,
}

impl Trial {
    fn new(shape: &str, seed: u64, strategy: Strategy) -> Self {
        let victim = random(shape.parse().unwrap(), seed, Dtype::F64);
        let (source, weights) = ("random".to_owned(), "f64".to_owned());
        let pin = NetworkRecord { source, weights, shape: shape.to_owned(), ..NetworkRecord::default() };
        let name = strategy.name().to_owned();
        let run = RunName { victim: pin, seed, strategy: name, polish: false, lines: 4, reference_inputs: 50 };
        let options = Options { seed, ..Options::default() };
        Self { victim, run, settings: Settings { strategy, options, ..Settings::default() } }
    }

    fn plain(&self) -> Snapshot {
        Snapshot::new(&self.run, &self.victim, &PRACTICE, &|cell, replay| {
            run_cell(&self.victim, cell, &self.settings, replay)
        })
    }

    /// With another f64 oracle, or another tolerance table.
    fn exchanged(&self, answer: Option<fn(Shallow<f64>) -> Cast>, table: Policy) -> Snapshot {
        Snapshot::new(&self.run, &self.victim, &PRACTICE, &|cell, replay| match (cell.attacker, answer) {
            (Arithmetic::Exact, _) => run_cell(&self.victim, cell, &self.settings, replay),
            (_, None) => run_cell(&self.victim, cell, &self.settings, Some(replay.unwrap_or(table.clone()))),
            (_, Some(answer)) => {
                let mut oracle = Oracle::held(answer(self.victim.clone()));
                let policy = replay.unwrap_or(table.clone());
                let outcome = self.settings.strategy.extract::<f64>((), &mut oracle, policy, self.settings.options);
                Finished {
                    cell: cell.clone(),
                    trace: outcome.trace.exact(),
                    decisions: outcome.decisions,
                    tally: outcome.tally,
                    stopped: outcome.stopped,
                    seconds: 0.0,
                }
            }
        })
    }

    fn baseline(&self) -> Baseline {
        let empty = Baseline::new(0.5, Vec::new());
        let runs = vec![self.plain().pinned(self.run.clone(), &empty.sites)];
        // Through its file, as a check has it.
        Baseline::read(&Baseline { runs, ..empty }.bytes()).unwrap()
    }

    fn check(&self, now: &Snapshot) -> Checked {
        let baseline = self.baseline();
        baseline.runs[0].check(&baseline, now, &Pin::ALL)
    }
}

fn finding(checked: &Checked, pin: Pin) -> &Finding {
    checked.findings.iter().find(|finding| finding.pin == pin).unwrap()
}

const TABLE: Policy = Policy::Tolerance { bits: f64::MANTISSA_DIGITS };

/// An f64 oracle with a fault.
struct Cast {
    network: Shallow<f64>,
    fault: Fault,
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// Positive terms first, then negative ones: sums cancel at the end.
    Order,
    /// Pre-activations pass through an f32 when probes around a point are asked.
    NarrowProbes,
}

impl Evaluate<f64> for Cast {
    fn inputs(&self) -> usize {
        self.network.shape().inputs
    }

    fn outputs(&self) -> usize {
        self.network.shape().outputs
    }

    fn evaluate(&self, batch: &Batch<'_, f64>) -> Vec<Vec<Num<f64>>> {
        let network = &self.network;
        let narrow = self.fault == Fault::NarrowProbes && matches!(batch, Batch::Probes { .. });
        let sum = |row: &[f64], point: &[Num<f64>], bias: f64| {
            let mut terms: Vec<f64> = row.iter().zip(point).map(|(w, x)| w * x.0).collect();
            if self.fault == Fault::Order {
                terms.sort_by(|a, b| b.total_cmp(a));
            }
            let sum: f64 = terms.iter().fold(0.0, |sum, term| sum + term) + bias;
            if narrow { f64::from(sum as f32) } else { sum }
        };
        let one = |point: Vec<Num<f64>>| {
            let rows = network.hidden().iter_rows().zip(network.hidden_bias());
            let active: Vec<f64> = rows.map(|(row, bias)| sum(row, &point, *bias).max(0.0)).collect();
            let outputs = network.output().iter_rows().zip(network.output_bias());
            outputs.map(|(row, bias)| Num(row.iter().zip(&active).fold(0.0, |s, (w, z)| s + w * z) + bias)).collect()
        };
        (0..batch.len()).map(|i| one(batch.point(i))).collect()
    }
}

#[test]
fn nothing_moves_by_itself() {
    for strategy in [Strategy::Textbook, Strategy::Walk] {
        let trial = Trial::new("6-4-1", 1, strategy);
        let checked = trial.check(&trial.plain());
        assert!(!checked.moved(), "{}", checked.text());
        assert!(checked.findings.iter().all(|finding| finding.items > 0), "{}", checked.text());
    }
}

#[test]
fn a_worse_order_of_summation_is_located() {
    let trial = Trial::new("64-4-1", 3, Strategy::Textbook);
    let worse = |network| Cast { network, fault: Fault::Order };
    let checked = trial.check(&trial.exchanged(Some(worse), TABLE));
    for pin in [Pin::ExactDecisions, Pin::ExactNumbers] {
        assert_eq!(finding(&checked, pin).moved, 0, "{}", checked.text());
    }
    let moved = finding(&checked, Pin::Numbers);
    // The first critical point whose position is another, found by hand.
    let traces = [None, Some(worse as fn(_) -> _)].map(|fault| first_positions(&trial, fault));
    let first = traces[0].iter().zip(&traces[1]).find(|(a, b)| a != b).unwrap().0;
    assert_eq!((moved.stage, moved.item.as_ref()), (Some(Stage::Locate), Some(&first.0)), "{}", checked.text());
    assert!(moved.bits.is_some_and(|bits| (-60.0..-30.0).contains(&bits)), "{}", checked.text());
    // And by bits, where they are lost.
    let lost = finding(&checked, Pin::Errors);
    assert!(lost.moved > 0 && lost.bits.is_some_and(|bits| bits > 0.5), "{}", checked.text());
}

/// Items and positions of critical points, in order.
fn first_positions(trial: &Trial, fault: Option<fn(Shallow<f64>) -> Cast>) -> Vec<(String, String)> {
    let mut oracle = match fault {
        Some(fault) => Oracle::held(fault(trial.victim.clone())),
        None => Oracle::held(exactract::oracle::Dense::<f64>::new(trial.victim.clone(), Default::default())),
    };
    let outcome = trial.settings.strategy.extract::<f64>((), &mut oracle, TABLE, trial.settings.options);
    outcome.trace.located.kinks.iter().flatten().map(|k| (k.item.to_string(), format!("{:?}", k.position))).collect()
}

#[test]
fn a_tolerance_a_sixteenth_as_large_is_located() {
    let trial = Trial::new("16-12-1", 3, Strategy::Textbook);
    let (site, by) = (Site::Inside, -4);
    let bits = f64::MANTISSA_DIGITS;
    let checked = trial.check(&trial.exchanged(None, Policy::Adjusted { bits, site, by }));
    assert_eq!(finding(&checked, Pin::ExactDecisions).moved, 0);
    let moved = finding(&checked, Pin::Decisions);
    // The first number of that site that lies between the new tolerance and the old one.
    let run = run_cell(&trial.victim, &PRACTICE, &trial.settings, None);
    let between = |margin: f32| margin <= 0.0 && margin > by as f32;
    let first = run.decisions.iter().find(|d| d.site == site && d.sign == Ordering::Equal && between(d.margin));
    let first = first.expect("a decision that hangs on this tolerance").key;
    assert_eq!(
        (moved.stage, moved.item.clone()),
        (Some(first.stage), Some(first.item.to_string())),
        "{}",
        checked.text()
    );
    assert!(moved.says.contains("\"inside\" was zero, is negative"), "{}", checked.text());
}

#[test]
fn a_tolerance_that_nothing_hangs_on_moves_nothing() {
    let trial = Trial::new("6-4-1", 1, Strategy::Walk);
    let policy = Policy::Adjusted { bits: f64::MANTISSA_DIGITS, site: Site::Affine, by: 4 };
    assert!(!trial.check(&trial.exchanged(None, policy)).moved());
}

#[test]
fn an_f32_cast_in_one_stage_is_located_there() {
    let trial = Trial::new("8-4-1", 2, Strategy::Textbook);
    let narrow = |network| Cast { network, fault: Fault::NarrowProbes };
    let checked = trial.check(&trial.exchanged(Some(narrow), TABLE));
    for pin in [Pin::Numbers, Pin::Decisions] {
        let moved = finding(&checked, pin);
        assert_eq!(moved.stage, Some(Stage::Signature), "{}", checked.text());
    }
    let lost = finding(&checked, Pin::Errors);
    assert!(
        lost.says.contains("weight ratios lost") || lost.says.contains("weight ratios is not"),
        "{}",
        checked.text()
    );
    assert!(!lost.says.contains("critical points"), "{}", checked.text());
    assert!(lost.bits.is_some_and(|bits| bits > 10.0), "{}", checked.text());
}

#[test]
fn an_f32_oracle_is_caught_from_the_first_stage_on() {
    let trial = Trial::new("8-4-1", 2, Strategy::Textbook);
    let rounded = Cell::tolerant(Arithmetic::F32, Arithmetic::F64);
    let now = Snapshot::new(&trial.run, &trial.victim, &PRACTICE, &|cell, replay| {
        let cell = if cell.exact_policy { cell } else { &rounded };
        run_cell(&trial.victim, cell, &trial.settings, replay)
    });
    let checked = trial.check(&now);
    assert_eq!(finding(&checked, Pin::Numbers).stage, Some(Stage::Locate), "{}", checked.text());
    assert!(finding(&checked, Pin::Errors).bits.is_some_and(|bits| bits > 20.0), "{}", checked.text());
    assert_eq!(finding(&checked, Pin::ExactNumbers).moved, 0);
}

/// A baseline of two small runs, beside a file that it names.
fn recorded(folder: &Path) -> std::path::PathBuf {
    let (baseline, victim) = (folder.join("ci/baseline.json"), folder.join("nets/victim.npz"));
    for path in [&baseline, &victim] {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
    }
    let network = random("3-2-2".parse().unwrap(), 5, Dtype::F32);
    exactract::format::write(&victim, &network, exactract::format::Dtype::F64).unwrap();
    let options = "regress record --random 4-3-1 --seed 1 --strategy textbook --strategy walk --inputs 20";
    let answer = exactract(options, &[baseline.as_os_str(), victim.as_os_str()]);
    assert_eq!(answer.status, Some(0), "{answer:?}");
    baseline
}

fn check(baseline: &Path, options: &str) -> crate::common::Answer {
    exactract(&format!("regress check {options}"), &[baseline.as_os_str()])
}

#[test]
fn a_baseline_is_kept_until_something_moves() {
    let folder = tempfile::tempdir().unwrap();
    let baseline = recorded(folder.path());
    let junit = folder.path().join("junit.xml");
    let answer = check(&baseline, &format!("--junit {}", junit.display()));
    assert_eq!(answer.status, Some(0), "{answer:?}");
    assert!(answer.stdout.ends_with("Nothing moved.\n"), "{}", answer.stdout);
    let suites = fs::read_to_string(&junit).unwrap();
    assert!(suites.contains("tests=\"24\" failures=\"0\"") && suites.matches("<testsuite ").count() == 4, "{suites}");

    // One bit of one number, as if the program had been another when it was recorded.
    let text = fs::read_to_string(&baseline).unwrap();
    let mut changed: Value = serde_json::from_str(&text).unwrap();
    let rows = changed["runs"][3]["rounded"]["numbers"]["weight ratios"].as_object_mut().unwrap();
    let (item, bits) = rows.iter_mut().next().unwrap();
    let (item, last) = (item.clone(), bits.as_str().unwrap().to_owned());
    let flipped = u64::from_str_radix(&last[last.len() - 16..], 16).unwrap() ^ 1;
    *bits = Value::from(format!("{}{flipped:016x}", &last[..last.len() - 16]));
    fs::write(&baseline, changed.to_string()).unwrap();
    let answer = check(&baseline, &format!("--quiet --junit {}", junit.display()));
    assert_eq!(answer.status, Some(1), "{answer:?}");
    assert!(
        answer.stdout.contains("f64 numbers      MOVED  1 of") && answer.stdout.contains("1 of 4 runs moved."),
        "{}",
        answer.stdout
    );
    // Lines are broken between words.
    let said = answer.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(&format!("weight ratios, {item}: bias moved by 2^-5")), "{}", answer.stdout);
    let suites = fs::read_to_string(&junit).unwrap();
    assert!(suites.contains("failures=\"1\"") && suites.contains(&format!("weight ratios, {item}")), "{suites}");
    // What was not asked for does not count.
    assert_eq!(check(&baseline, "--only errors --only decisions").status, Some(0));
}

#[test]
fn a_tolerance_can_be_tried_before_it_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let baseline = recorded(folder.path());
    let answer = check(&baseline, "--tolerance slope=40");
    assert_eq!(answer.status, Some(1), "{answer:?}");
    let said = answer.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("\"slope\" was "), "{}", answer.stdout);
    let answer = check(&baseline, "--tolerance accord=3");
    assert!(answer.status == Some(2) && answer.stderr.contains("no site is called accord"), "{answer:?}");
}

#[test]
fn a_baseline_without_its_victim_is_a_bad_request() {
    let folder = tempfile::tempdir().unwrap();
    let baseline = recorded(folder.path());
    let victim = folder.path().join("nets/victim.npz");
    let network = random("3-2-2".parse().unwrap(), 6, Dtype::F32);
    exactract::format::write(&victim, &network, exactract::format::Dtype::F64).unwrap();
    let answer = check(&baseline, "");
    assert!(answer.status == Some(2) && answer.stderr.contains("has sha256 "), "{answer:?}");
    fs::remove_file(&victim).unwrap();
    assert_eq!(check(&baseline, "").status, Some(2));
    let old = "is a record of exactract/baseline/1; this program reads version 2: make it again with this program";
    for (text, says) in [
        ("{}", "names no schema"),
        ("", "is not JSON"),
        ("{\"schema\": \"exactract/baseline/1\", \"runs\": []}", old),
        ("{\"schema\": \"exactract/baseline/2\"}", "is no record of exactract/baseline/2"),
    ] {
        fs::write(&baseline, text).unwrap();
        let answer = check(&baseline, "");
        assert!(answer.status == Some(2) && answer.stderr.contains(says), "{answer:?}");
    }
}

/// A check of nothing would find that nothing moved.
#[test]
fn a_baseline_without_runs_or_with_one_twice_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = recorded(folder.path());
    let whole: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let runs = whole["runs"].as_array().unwrap().clone();
    for (runs, said) in [(Vec::new(), "holds no run"), ([&runs[..], &runs[..1]].concat(), "holds a run twice")] {
        let mut changed = whole.clone();
        changed["runs"] = runs.into();
        std::fs::write(&path, changed.to_string()).unwrap();
        let answer = crate::common::exactract("regress check", &[path.as_os_str()]);
        assert_eq!((answer.status, answer.stdout.as_str()), (Some(2), ""), "{answer:?}");
        assert!(answer.stderr.contains(said), "{answer:?}");
    }
    // Asked for twice, recorded once.
    let twice = folder.path().join("twice.json");
    let options = "regress record --random 2-2-1 --seed 1 --seed 1 --inputs 10";
    let answer = crate::common::exactract(options, &[twice.as_os_str()]);
    assert!(answer.status == Some(0) && answer.stderr.contains("asked for twice, recorded once"), "{answer:?}");
    assert_eq!(crate::common::exactract("regress check", &[twice.as_os_str()]).status, Some(0));
}
