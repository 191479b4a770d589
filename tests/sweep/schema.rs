//! The published schema is the program's, and every record keeps to it.

use crate::common::exactract;
use exactract::format::{Dtype, write as write_network, write_inputs};
use exactract::net::random;
use exactract::record::{AuditRecord, DeepRecord, Document, DualRecord, Family, GateRecord, LearnRecord};
use exactract::regress::Baseline;
use exactract::sweep::{AttributedRow, CellRecord, Frontier, Row};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Why a value breaks a schema, if it does. A keyword that is not known here is an error of this test.
fn breaks(schema: &Value, value: &Value, root: &Value, place: &str) -> Option<String> {
    let Some(keywords) = schema.as_object() else {
        return (*schema != Value::Bool(true)).then(|| format!("{place}: nothing is allowed"));
    };
    keywords.iter().find_map(|(keyword, rule)| {
        let items = || value.as_array().into_iter().flatten().enumerate();
        let miss = |ok: bool| (!ok).then(|| format!("{place} is {value}; expected {keyword} {rule}"));
        match keyword.as_str() {
            "$schema" | "title" | "description" | "$defs" | "format" | "default" => None,
            "type" => match rule {
                Value::Array(kinds) => miss(kinds.iter().any(|kind| is_of(value, kind))),
                kind => miss(is_of(value, kind)),
            },
            "pattern" => miss(value.as_str().is_none_or(|text| matches(rule.as_str().unwrap(), text))),
            "const" => miss(value == rule),
            "enum" => miss(rule.as_array().unwrap().contains(value)),
            "minimum" => miss(value.as_f64().is_none_or(|x| x >= rule.as_f64().unwrap())),
            "maximum" => miss(value.as_f64().is_none_or(|x| x <= rule.as_f64().unwrap())),
            "minItems" => miss(value.as_array().is_none_or(|a| a.len() as u64 >= rule.as_u64().unwrap())),
            "maxItems" => miss(value.as_array().is_none_or(|a| a.len() as u64 <= rule.as_u64().unwrap())),
            "required" => {
                let missing = rule.as_array().unwrap().iter().find(|name| value.get(name.as_str().unwrap()).is_none());
                missing.filter(|_| value.is_object()).map(|name| format!("{place} has no {name}"))
            }
            "properties" => rule
                .as_object()
                .unwrap()
                .iter()
                .find_map(|(name, inner)| breaks(inner, value.get(name)?, root, &format!("{place}.{name}"))),
            "items" => items().find_map(|(i, item)| breaks(rule, item, root, &format!("{place}[{i}]"))),
            "additionalProperties" | "unevaluatedProperties" => {
                // All names that are listed stand in one place.
                let listed = |name: &String| schema["properties"].get(name).is_some();
                let mut more = value.as_object().into_iter().flatten().filter(|(name, _)| !listed(name));
                more.find_map(|(name, inner)| match rule {
                    Value::Bool(false) => Some(format!("{place} has {name}, which is not listed")),
                    rule => breaks(rule, inner, root, &format!("{place}.{name}")),
                })
            }
            "prefixItems" => items().find_map(|(i, item)| breaks(rule.get(i)?, item, root, &format!("{place}[{i}]"))),
            "anyOf" | "oneOf" => {
                let broken: Vec<_> = rule.as_array().unwrap().iter().map(|r| breaks(r, value, root, place)).collect();
                let fits = broken.iter().filter(|broken| broken.is_none()).count();
                let enough = if keyword == "oneOf" { fits == 1 } else { fits > 0 };
                (!enough).then(|| format!("{place} fits {fits} of: {broken:?}"))
            }
            "$ref" => {
                breaks(root.pointer(rule.as_str().unwrap().strip_prefix('#').unwrap()).unwrap(), value, root, place)
            }
            other => Some(format!("{place}: this test does not know the keyword {other}")),
        }
    })
}

/// Whether text matches `^(word|word|…)$`, where a word may end with `[0-9]+`.
fn matches(pattern: &str, text: &str) -> bool {
    let words = pattern.strip_prefix("^(").and_then(|rest| rest.strip_suffix(")$")).unwrap();
    words.split('|').any(|word| match word.strip_suffix("[0-9]+") {
        None => {
            assert!(word.bytes().all(|b| b.is_ascii_alphanumeric()), "this test does not know the pattern {pattern}");
            word == text
        }
        Some(start) => text
            .strip_prefix(start)
            .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())),
    })
}

fn is_of(value: &Value, kind: &Value) -> bool {
    match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("no type {other}"),
    }
}

/// Every name in a record that the schema does not list.
fn unlisted(schema: &Value, value: &Value, root: &Value, found: &mut Vec<String>) {
    if let Some(rule) = schema.get("$ref") {
        return unlisted(root.pointer(rule.as_str().unwrap().strip_prefix('#').unwrap()).unwrap(), value, root, found);
    }
    let choices = schema.get("anyOf").and_then(Value::as_array);
    if let Some(choice) = choices.and_then(|all| all.iter().find(|s| breaks(s, value, root, "").is_none())) {
        return unlisted(choice, value, root, found);
    }
    if let Some(items) = schema.get("items") {
        value.as_array().into_iter().flatten().for_each(|item| unlisted(items, item, root, found));
    }
    for (name, inner) in value.as_object().into_iter().flatten() {
        match schema.get("properties").and_then(|listed| listed.get(name)) {
            Some(rule) => unlisted(rule, inner, root, found),
            None if schema["additionalProperties"].is_object() => {
                unlisted(&schema["additionalProperties"], inner, root, found);
            }
            None => found.push(name.clone()),
        }
    }
}

/// The schema of all documents.
fn family() -> Value {
    let family = Family::default()
        .with::<DualRecord>(Document::Run)
        .with::<DeepRecord>(Document::Deep)
        .with::<CellRecord>(Document::Cell)
        .with::<Row>(Document::Sweep)
        .with::<AttributedRow>(Document::Attribution)
        .with::<Frontier>(Document::Frontier)
        .with::<Baseline>(Document::Baseline)
        .with::<LearnRecord>(Document::Learn)
        .with::<AuditRecord>(Document::Audit)
        .with::<GateRecord>(Document::Gate);
    family.schema().to_value()
}

/// Fails where a value is not the document that it should be, or is another one, too, or has a field that is not listed.
fn keeps(root: &Value, value: &Value, document: Document, what: &str) {
    let own = &root["documents"][document.schema()];
    assert_eq!(breaks(own, value, root, "record"), None, "{what}");
    let fits = root["oneOf"].as_array().unwrap().iter().filter(|layout| breaks(layout, value, root, "").is_none());
    assert_eq!(fits.count(), 1, "{what}: other documents");
    let mut more = Vec::new();
    unlisted(own, value, root, &mut more);
    assert!(more.is_empty(), "{what}: the schema does not list {more:?}");
}

#[test]
fn the_published_schema_is_the_programs() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/records.schema.json");
    let expected = serde_json::to_string_pretty(&family()).unwrap() + "\n";
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert!(published == expected, "{}: run this test with UPDATE_SCHEMA=1 and read the diff", path.display());
}

/// A name that two definitions have would be numbered, as `Row2`; and what documents share must be one definition.
#[test]
fn every_definition_has_a_name_of_its_own() {
    let root = family();
    let definitions = root["$defs"].as_object().unwrap();
    let numbered: Vec<&String> =
        definitions.keys().filter(|name| name.ends_with(|c: char| c.is_ascii_digit()) && *name != "Log2").collect();
    assert!(numbered.is_empty(), "{numbered:?}");
    let text = root.to_string();
    for (shared, most) in [("RunRecord", 1), ("NetworkRecord", 1), ("Share", 1), ("Stopped", 1), ("Outcome", 1)] {
        assert!(text.matches(&format!("#/$defs/{shared}\"")).count() > most, "{shared}");
    }
    assert_eq!(root["documents"].as_object().unwrap().len(), 10);
}

#[test]
fn every_record_of_a_deep_victim_keeps_to_its_schema() {
    let root = family();
    for command in ["6-5-4-2 --weights f32", "6-5-4-2 --max-queries 100", "4-6-3-1", "3-2-2-2-1"] {
        let record = exactract(&format!("run --json - --random {command}"), &[]).json();
        keeps(&root, &record, Document::Deep, command);
    }
}

#[test]
fn every_audit_keeps_to_its_schema() {
    let root = family();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, seed: u64| {
        let path = folder.path().join(name);
        let network = random("3-2-2".parse().unwrap(), seed, Dtype::F64);
        write_network(&path, &network, Dtype::F64).unwrap();
        path
    };
    let (victim, copy, data) = (write("a.npz", 1), write("b.npz", 2), folder.path().join("x.npz"));
    write_inputs(&data, &[vec![0.5, 0.0, 2.0], vec![0.0; 3]]).unwrap();
    for (options, second) in [
        ("--gap 1", &copy),
        ("--output-scale free --claim 2^-3", &copy),
        ("--time 0 --unit 3", &copy),
        ("--domain all", &copy),
        ("--domain all --output-scale free", &victim),
        ("", &victim),
    ] {
        let more = [victim.as_os_str(), second.as_os_str(), "--data".as_ref(), data.as_os_str()];
        let record = exactract(&format!("audit --json - {options}"), &more).json();
        keeps(&root, &record, Document::Audit, options);
    }
}

#[cfg(feature = "learn")]
#[test]
fn every_record_of_learning_keeps_to_its_schema() {
    let root = family();
    let short = "--batch 8 --random-inputs 20 --student 64-8-10 --queries 40";
    for options in [
        format!("{short} --seeds 2 --steps 3 --spread"),
        format!("{short} --steps 3 --victim truth --method supervised --seeds 1"),
        format!("{short} --seeds 2 --steps 3 --method direct,direct-f32,exact,supervised --access logits --audit 0.1"),
        format!("{short} --method supervised --seeds 1 --steps 9 --rate 1e37 --decay 0"),
    ] {
        let record = exactract(&format!("learn --json - {options}"), &[]).json();
        keeps(&root, &record, Document::Learn, &options);
    }
}

#[test]
fn every_record_keeps_to_the_schema() {
    let root = family();
    for command in [
        "--random 3-2-1 --attribution",
        "--random 3-2-1 --predict-bits",
        "--random 3-5-1 --predict-bits",
        "--random 3-5-1",
        "--random 2-2-1 --attacker exact",
        "--random 16-12-1 --victim-arithmetic f32",
        "--random 4-2-1 --victim-arithmetic exact",
        "--random 5-3-2 --max-queries 10 --attribution",
        "--random 5-3-2 --max-queries 200",
    ] {
        let record = exactract(&format!("run --json - {command}"), &[]).json();
        keeps(&root, &record, Document::Run, command);
        let parameters = record["victim"]["parameters"].as_f64().unwrap();
        for run in ["rounded", "exact"] {
            let run = &record["runs"][run];
            let ratio = run["queries"].as_f64().unwrap() / parameters;
            assert!((run["queries_per_parameter"].as_f64().unwrap() - ratio).abs() <= 0.00005);
            let sum: u64 = run["queries_by_stage"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
            assert_eq!(run["queries"], sum);
        }
        let stages = record["stages"].as_array().unwrap();
        assert_eq!(stages.len(), 5);
        for stage in stages {
            let of = |name: &str| stage["decisions"][name].as_u64().unwrap();
            assert_eq!(of("asked"), of("same") + of("different"));
        }
    }
}

#[test]
fn the_files_of_a_sweep_keep_to_their_schemas() {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (folder.path().join("request.toml"), folder.path().join("out"));
    let request = "[[grid]]\nshape = [\"3-2-1\", \"16-12-1\"]\nvictim_arithmetic = [\"f64\", \"f16\"]\ninputs = 10\n\
                   [[grid]]\nshape = \"3-2-1\"\nvictim_arithmetic = \"f32\"\nattribution = true\n\
                   question_bits = [20, \"unrounded\"]\nanswer_decimals = [9, \"unrounded\"]\ninputs = 10\n\
                   [[frontier]]\nshape = [\"4-2-1\", \"8-2-1\"]\nseed = [0, 1]\nstrategy = \"walk\"\nweights = \"f32\"\n\
                   snap = true\ninputs = 10\n";
    fs::write(&file, request).unwrap();
    let answer = exactract("sweep -q --out", &[out.as_os_str(), file.as_os_str()]);
    assert_eq!(answer.status, Some(0), "{answer:?}");
    let root = family();
    let keeps = |text: &str, document: Document| {
        keeps(&root, &serde_json::from_str(text).unwrap(), document, text.get(..200).unwrap_or(text));
    };
    for entry in fs::read_dir(out.join("cells")).unwrap() {
        keeps(&fs::read_to_string(entry.unwrap().path()).unwrap(), Document::Cell);
    }
    let rows = fs::read_to_string(out.join("runs.jsonl")).unwrap();
    assert!(rows.lines().count() > 20);
    rows.lines().for_each(|line| keeps(line, Document::Sweep));
    let rows = fs::read_to_string(out.join("runs-by-cause.jsonl")).unwrap();
    assert_eq!(rows.lines().count(), 2 * 2 * 5);
    rows.lines().for_each(|line| keeps(line, Document::Attribution));
    let frontier = fs::read_to_string(out.join("fewest-bits.json")).unwrap();
    keeps(&frontier, Document::Frontier);
    assert!(frontier.contains("\"law\": {"), "{frontier}");
}

#[test]
fn a_baseline_keeps_to_its_schema() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("baseline.json");
    let options = "regress record --random 3-2-1 --random 16-12-1 --strategy textbook --strategy walk --inputs 10";
    assert_eq!(exactract(options, &[path.as_os_str()]).status, Some(0));
    keeps(&family(), &serde_json::from_slice(&fs::read(&path).unwrap()).unwrap(), Document::Baseline, options);
}

#[test]
fn a_gate_keeps_to_its_schema() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.npz");
    write_network(&path, &random("3-2-1".parse().unwrap(), 1, Dtype::F64).into(), Dtype::F64).unwrap();
    let model = path.display();
    let options = format!("gate {model} --recovered --spare-bits 1 --released {model} --json -");
    keeps(&family(), &exactract(&options, &[]).json(), Document::Gate, &options);
}

#[test]
fn the_checker_of_this_test_checks() {
    let root = family();
    let layout = &root["documents"][Document::Run.schema()];
    let good = exactract("run --random 3-2-1 --json -", &[]).json();
    let broken = |change: &dyn Fn(&mut Value)| {
        let mut record = good.clone();
        change(&mut record);
        breaks(layout, &record, &root, "record")
    };
    assert_eq!(broken(&|_| {}), None);
    let cases: [(&dyn Fn(&mut Value), &str); 8] = [
        (&|r| drop(r.as_object_mut().unwrap().remove("verdict")), "record has no \"verdict\""),
        (&|r| r["seed"] = (-1).into(), "record.seed is -1"),
        (&|r| r["answer"] = "perhaps".into(), "record.answer"),
        (&|r| r["stages"][1]["decisions"]["asked"] = "2".into(), "record.stages[1].decisions.asked is \"2\""),
        (
            &|r| r["runs"]["exact"]["weight_error_log2"]["max"] = "infinite".into(),
            "record.runs.exact.weight_error_log2",
        ),
        (&|r| r["runs"]["rounded"]["labels"] = vec![1].into(), "record.runs.rounded.labels"),
        (&|r| r["runs"]["rounded"]["kinks"]["all"] = 1.into(), "record.runs.rounded.kinks"),
        (&|r| r["schema"] = "exactract/run/1".into(), "record.schema is \"exactract/run/1\""),
    ];
    for (change, expected) in cases {
        let said = broken(change).unwrap_or_default();
        assert!(said.starts_with(expected), "{expected}: {said}");
    }
    let pattern = "^(exact|p[0-9]+)$";
    assert!(matches(pattern, "exact") && matches(pattern, "p64"));
    assert!(!["", "p", "p6x", "exactly", "x"].iter().any(|text| matches(pattern, text)));
    let mut more = Vec::new();
    unlisted(layout, &serde_json::json!({"runs": {"rounded": {"extra": 1}}}), &root, &mut more);
    assert_eq!(more, ["extra"]);
}
