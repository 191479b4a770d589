//! The published schema is the program's, and every record keeps to it.

use crate::common::exactract;
use exactract::format::{Dtype, write as write_network, write_inputs};
use exactract::net::random;
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
                // Here they forbid; all names that are listed stand in one place.
                let listed = |name: &String| schema["properties"].get(name).is_some();
                let more = value.as_object().and_then(|object| object.keys().find(|name| !listed(name)));
                let forbids = *rule == Value::Bool(false);
                more.filter(|_| forbids).map(|name| format!("{place} has {name}, which is not listed"))
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
            None => found.push(name.clone()),
        }
    }
}

fn schema() -> Value {
    exactract::report::schema().to_value()
}

fn audit_schema() -> Value {
    exactract::report::audit_schema().to_value()
}

#[test]
fn the_published_schemas_are_the_programs() {
    let schemas = [
        ("run", schema()),
        ("audit", audit_schema()),
        ("deep", exactract::report::deep_schema().to_value()),
        #[cfg(feature = "learn")]
        ("learn", exactract::learn::schema().to_value()),
    ];
    for (name, schema) in schemas {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/{name}.schema.json"));
        let expected = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            fs::write(&path, &expected).unwrap();
        }
        let published = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            published == expected,
            "{} is not the program's: run this test with UPDATE_SCHEMA=1, or write there:\n{expected}",
            path.display()
        );
    }
}

#[test]
fn every_record_of_a_deep_victim_keeps_to_its_schema() {
    let root = exactract::report::deep_schema().to_value();
    for command in ["6-5-4-2 --weights f32", "6-5-4-2 --max-queries 100", "4-6-3-1", "3-2-2-2-1"] {
        let record = exactract(&format!("run --json - --random {command}"), &[]).json();
        assert_eq!(breaks(&root, &record, &root, "record"), None, "{command}");
        let mut unknown = Vec::new();
        unlisted(&root, &record, &root, &mut unknown);
        assert!(unknown.is_empty(), "{command}: the schema does not list {unknown:?}");
        assert_eq!(record["schema"], exactract::report::DEEP_SCHEMA);
    }
}

#[test]
fn every_audit_keeps_to_its_schema() {
    let root = audit_schema();
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
        assert_eq!(breaks(&root, &record, &root, "record"), None, "{options}");
        let mut unknown = Vec::new();
        unlisted(&root, &record, &root, &mut unknown);
        assert!(unknown.is_empty(), "{options}: the schema does not list {unknown:?}");
        assert_eq!(record["schema"], exactract::report::AUDIT_SCHEMA);
    }
}

#[cfg(feature = "learn")]
#[test]
fn every_record_of_learning_keeps_to_its_schema() {
    let root = exactract::learn::schema().to_value();
    let short = "--batch 8 --random-inputs 20 --student 64-8-10 --queries 40";
    for options in [
        format!("{short} --seeds 2 --steps 3 --spread"),
        format!("{short} --steps 3 --victim truth --method supervised --seeds 1"),
        format!("{short} --seeds 2 --steps 3 --method direct,direct-f32,exact,supervised --access logits --audit 0.1"),
        format!("{short} --method supervised --seeds 1 --steps 9 --rate 1e37 --decay 0"),
    ] {
        let record = exactract(&format!("learn --json - {options}"), &[]).json();
        assert_eq!(breaks(&root, &record, &root, "record"), None, "{options}");
        let mut unknown = Vec::new();
        unlisted(&root, &record, &root, &mut unknown);
        assert!(unknown.is_empty(), "{options}: the schema does not list {unknown:?}");
        assert_eq!(record["schema"], exactract::learn::SCHEMA);
    }
}

#[test]
fn every_record_keeps_to_the_schema() {
    let root = schema();
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
        assert_eq!(breaks(&root, &record, &root, "record"), None, "{command}");
        let mut more = Vec::new();
        unlisted(&root, &record, &root, &mut more);
        assert!(more.is_empty(), "{command}: the schema does not list {more:?}");
        assert_eq!(record["schema"], exactract::report::SCHEMA);
        let parameters = record["victim"]["parameters"].as_f64().unwrap();
        for run in ["f64", "exact"] {
            let run = &record["runs"][run];
            let ratio = run["queries"].as_f64().unwrap() / parameters;
            assert!((run["queries_per_parameter"].as_f64().unwrap() - ratio).abs() <= 0.00005);
            let sum: u64 = run["queries_by_purpose"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
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
    use exactract::sweep::{attribution_schema, cell_schema, frontier_schema, table_schema};
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
    let keeps = |root: &Value, text: &str, name: &str| {
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(breaks(root, &value, root, name), None, "{name}");
        let mut more = Vec::new();
        unlisted(root, &value, root, &mut more);
        assert!(more.is_empty(), "{name}: the schema does not list {more:?}");
    };
    let (cell, row) = (cell_schema().to_value(), table_schema().to_value());
    for entry in fs::read_dir(out.join("cells")).unwrap() {
        keeps(&cell, &fs::read_to_string(entry.unwrap().path()).unwrap(), "cell");
    }
    let rows = fs::read_to_string(out.join("runs.jsonl")).unwrap();
    assert!(rows.lines().count() > 20);
    rows.lines().for_each(|line| keeps(&row, line, "row"));
    let rows = fs::read_to_string(out.join("attribution.jsonl")).unwrap();
    assert_eq!(rows.lines().count(), 2 * 2 * 5);
    rows.lines().for_each(|line| keeps(&attribution_schema().to_value(), line, "attribution"));
    let frontier = fs::read_to_string(out.join("frontier.json")).unwrap();
    keeps(&frontier_schema().to_value(), &frontier, "frontier");
    assert!(frontier.contains("\"law\": {"), "{frontier}");
}

#[test]
fn the_checker_of_this_test_checks() {
    let root = schema();
    let good = exactract("run --random 3-2-1 --json -", &[]).json();
    let broken = |change: &dyn Fn(&mut Value)| {
        let mut record = good.clone();
        change(&mut record);
        breaks(&root, &record, &root, "record")
    };
    assert_eq!(broken(&|_| {}), None);
    let cases: [(&dyn Fn(&mut Value), &str); 6] = [
        (&|r| drop(r.as_object_mut().unwrap().remove("verdict")), "record has no \"verdict\""),
        (&|r| r["seed"] = (-1).into(), "record.seed is -1"),
        (&|r| r["answer"] = "perhaps".into(), "record.answer"),
        (&|r| r["stages"][1]["decisions"]["asked"] = "2".into(), "record.stages[1].decisions.asked is \"2\""),
        (
            &|r| r["runs"]["exact"]["weight_error_log2"]["max"] = "infinite".into(),
            "record.runs.exact.weight_error_log2",
        ),
        (&|r| r["runs"]["f64"]["label_agreement"] = vec![1].into(), "record.runs.f64.label_agreement"),
    ];
    for (change, expected) in cases {
        let said = broken(change).unwrap_or_default();
        assert!(said.starts_with(expected), "{expected}: {said}");
    }
    let pattern = "^(exact|p[0-9]+)$";
    assert!(matches(pattern, "exact") && matches(pattern, "p64"));
    assert!(!["", "p", "p6x", "exactly", "x"].iter().any(|text| matches(pattern, text)));
    let mut more = Vec::new();
    unlisted(&root, &serde_json::json!({"runs": {"f64": {"extra": 1}}}), &root, &mut more);
    assert_eq!(more, ["extra"]);
}
