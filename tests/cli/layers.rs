//! Network files whose layers the user chooses, standard input, and JSON from other hands, by the program itself.

use crate::common::{Answer, f64s, safetensors};
use assert_cmd::Command;
use exactract::format::{self, Dtype};
use exactract::net::random;
use std::fs;
use std::path::Path;

/// Runs in this folder, with these bytes as standard input.
fn run(folder: &Path, arguments: &str, input: &[u8]) -> Answer {
    let mut command = Command::cargo_bin("exactract").unwrap();
    command.current_dir(folder).args(arguments.split_whitespace()).write_stdin(input);
    Answer::of(&command.output().unwrap())
}

fn quiet(folder: &Path, arguments: &str) -> Answer {
    run(folder, arguments, &[])
}

/// A network 4-3-4 as `ref.npz`, and as `v.safetensors` with layers of these names, twice under two prefixes.
fn files(prefixes: &[&str], layers: [&str; 2]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let network = random("4-3-4".parse().unwrap(), 5, Dtype::F32);
    format::write(&folder.path().join("ref.npz"), &network, Dtype::F64).unwrap();
    let (mut header, mut data) = (Vec::new(), Vec::new());
    for prefix in prefixes {
        let [first, second] = layers.map(|layer| format!("{prefix}{layer}"));
        for (name, shape, values) in [
            (format!("{first}.weight"), "[3,4]", network.hidden().entries()),
            (format!("{first}.bias"), "[3]", network.hidden_bias()),
            (format!("{second}.weight"), "[4,3]", network.output().entries()),
            (format!("{second}.bias"), "[4]", network.output_bias()),
        ] {
            let start = data.len();
            data.extend(f64s(values));
            header
                .push(format!(r#""{name}":{{"dtype":"F64","shape":{shape},"data_offsets":[{start},{}]}}"#, data.len()));
        }
    }
    let bytes = safetensors(&format!("{{{}}}", header.join(",")), &data);
    fs::write(folder.path().join("v.safetensors"), bytes).unwrap();
    folder
}

#[test]
fn an_order_that_is_open_is_asked_for_and_kept() {
    let folder = files(&[""], ["encoder", "decoder"]);
    let here = folder.path();
    let refused = quiet(here, "run v.safetensors");
    let expected = "exactract: v.safetensors: holds layers that fit in more than one order, decoder, encoder (3-4-3) or \
                    encoder, decoder (4-3-4): choose with --layers decoder,encoder or --layers encoder,decoder\n";
    assert_eq!((refused.status, &*refused.stderr), (Some(2), expected));
    assert_eq!(quiet(here, "audit ref.npz v.safetensors --domain all").stderr, expected);
    let answer = quiet(here, "run -v v.safetensors --layers encoder,decoder --certificate c.json --json r.json");
    assert_eq!(answer.status, Some(0), "{answer:?}");
    let told = "layers    encoder.weight [3, 4], encoder.bias; decoder.weight [4, 3], decoder.bias\n";
    assert!(answer.stdout.contains(told), "{}", answer.stdout);
    let record: serde_json::Value = serde_json::from_slice(&fs::read(here.join("r.json")).unwrap()).unwrap();
    assert_eq!(record["victim"]["layers"][1], "decoder.weight [4, 3], decoder.bias");
    // Of two files the choice is for the one that has these layers.
    let audited = quiet(here, "audit ref.npz v.safetensors --domain all --layers encoder,decoder");
    assert_eq!(audited.status, Some(0), "{audited:?}");
    assert!(audited.stdout.contains("layers      encoder.weight [3, 4], encoder.bias; decoder"), "{}", audited.stdout);
    let wrong = quiet(here, "run v.safetensors --layers decoder,encoder -q --certificate d.json");
    assert_eq!(wrong.status, Some(0), "another network, and what was asked for: {wrong:?}");
    let checked = quiet(here, "check c.json --victim v.safetensors --layers encoder,decoder");
    assert_eq!(checked.status, Some(0), "{checked:?}");
    let checked = quiet(here, "check c.json --victim v.safetensors --layers decoder,encoder");
    assert_eq!(checked.status, Some(1), "{checked:?}");
    let pinned = quiet(here, "regress record b.json v.safetensors ref.npz --layers encoder,decoder");
    assert_eq!(pinned.status, Some(0), "{pinned:?}");
    assert_eq!(quiet(here, "regress check b.json").status, Some(0));
}

#[test]
fn a_sweep_takes_layers_from_its_request() {
    let folder = files(&[""], ["encoder", "decoder"]);
    let request = "[grid]\nfile = { path = \"v.safetensors\", layers = \"encoder,decoder\" }\ninputs = 8\n";
    fs::write(folder.path().join("s.toml"), request).unwrap();
    let answer = quiet(folder.path(), "sweep s.toml --out out -q");
    assert_eq!(answer.status, Some(0), "{answer:?}");
    fs::write(folder.path().join("s.toml"), request.replace("encoder,decoder", "encoder")).unwrap();
    let answer = quiet(folder.path(), "sweep s.toml --out other");
    assert_eq!(answer.status, Some(2), "{answer:?}");
    assert!(answer.stderr.contains("expected two or more names of layers"), "{answer:?}");
}

#[test]
fn one_of_several_networks_is_chosen_for_each_file() {
    let folder = files(&["online.", "target."], ["0", "2"]);
    let here = folder.path();
    let expected = "exactract: v.safetensors: holds several networks, online.0, online.2 (4-3-4); target.0, target.2 \
                    (4-3-4): choose one by its layers, as --layers online.0,online.2\n";
    for command in ["run v.safetensors", "audit v.safetensors v.safetensors"] {
        let refused = quiet(here, command);
        assert_eq!((refused.status, &*refused.stderr), (Some(2), expected));
    }
    let each = "audit v.safetensors v.safetensors --domain all --layers online.0,online.2 --layers target.0,target.2";
    let answer = quiet(here, each);
    assert_eq!(answer.status, Some(0), "{answer:?}");
    assert!(
        answer.stdout.contains("target.2.weight") && answer.stdout.contains("online.2.weight"),
        "{}",
        answer.stdout
    );
    for (arguments, expected) in [
        (
            "run v.safetensors --layers online.0,online.1",
            "has no layer 'online.1', which --layers names; its layers are",
        ),
        ("run v.safetensors --layers online.0", "expected two or more names of layers, as encoder,decoder"),
        ("run v.safetensors --layers online.0,online.0", "the layer online.0 is named twice"),
        ("run v.safetensors --layers a,b --layers c,d", "give it once"),
        ("run --random 3-2-1 --layers a,b", "--layers a,b: no network file is named"),
        ("run --layers a,b", "--layers a,b: no network file is named"),
        ("audit ref.npz ref.npz --layers a,b", "--layers a,b: no network file is named that has these layers"),
        ("audit ref.npz ref.npz --layers a,b --layers a,b --layers a,b", "3 times for 2 network files"),
        ("audit ref.npz v.safetensors --layers A1,A0 --layers online.2,online.1", "has no layer 'online.1'"),
    ] {
        let refused = quiet(here, arguments);
        assert_eq!(refused.status, Some(2), "{arguments}: {refused:?}");
        assert!(refused.stderr.contains(expected), "{arguments}: {}", refused.stderr);
    }
    format::write(&here.join("v.onnx"), &random("4-3-4".parse().unwrap(), 5, Dtype::F32), Dtype::F32).unwrap();
    let refused = quiet(here, "run v.onnx --layers a,b");
    assert!(refused.stderr.contains("is an ONNX model, whose graph tells the order of its layers"), "{refused:?}");
}

#[test]
fn a_minus_is_standard_input() {
    let folder = files(&[""], ["0", "2"]);
    let here = folder.path();
    let bytes = |name: &str| fs::read(here.join(name)).unwrap();
    for name in ["ref.npz", "v.safetensors"] {
        let answer = run(here, "run - --json r.json --certificate c.json", &bytes(name));
        assert_eq!(answer.status, Some(0), "{answer:?}");
        assert!(answer.stdout.starts_with("EXTRACTED   standard input, "), "{}", answer.stdout);
        assert_eq!(
            run(here, "check - --victim ref.npz", &bytes("c.json")).status,
            Some(if name == "ref.npz" { 0 } else { 1 })
        );
        assert_eq!(run(here, "report - --csv csv", &bytes("r.json")).status, Some(0));
        assert_eq!(run(here, "audit ref.npz - --domain all -q", &bytes(name)).status, Some(0));
    }
    assert_eq!(quiet(here, "regress record b.json ref.npz").status, Some(0));
    assert_eq!(run(here, "regress check -", &bytes("b.json")).status, Some(0));
    for (arguments, input, expected) in [
        ("audit - -", &bytes("ref.npz")[..], "standard input: is named twice, and can be read once"),
        ("run -", &[], "standard input: is empty"),
        ("check -", b"{}", "standard input: "),
        ("regress record b.json -", &[], "standard input has no name"),
    ] {
        let answer = run(here, arguments, input);
        assert_eq!(answer.status, Some(2), "{arguments}: {answer:?}");
        assert!(answer.stderr.contains(expected), "{arguments}: {answer:?}");
    }
}

#[test]
fn a_byte_order_mark_is_no_damage() {
    let folder = files(&[""], ["0", "2"]);
    let here = folder.path();
    assert_eq!(quiet(here, "run ref.npz -q --certificate c.json --json r.json").status, Some(0));
    assert_eq!(quiet(here, "audit ref.npz v.safetensors --domain all -q --certificate a.json").status, Some(0));
    assert_eq!(quiet(here, "regress record b.json ref.npz").status, Some(0));
    fs::write(here.join("s.toml"), "[grid]\nshape = \"2-2-1\"\ninputs = 4\n").unwrap();
    assert_eq!(quiet(here, "sweep s.toml --out out -q").status, Some(0));
    let cell = fs::read_dir(here.join("out/cells")).unwrap().next().unwrap().unwrap().path();
    let marked = ["c.json", "a.json", "r.json", "b.json", "out/plan.jsonl", "s.toml"].map(|name| here.join(name));
    for path in marked.iter().chain([&cell]) {
        fs::write(path, [b"\xef\xbb\xbf", &fs::read(path).unwrap()[..]].concat()).unwrap();
    }
    for arguments in [
        "check c.json",
        "check a.json",
        "report r.json",
        "regress check b.json",
        "sweep collect --out out",
        "sweep s.toml --out two -q",
    ] {
        let answer = quiet(here, arguments);
        assert_eq!(answer.status, Some(0), "{arguments}: {answer:?}");
    }
    let text = fs::read_to_string(here.join("r.json")).unwrap();
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(here.join("r.json"), wide).unwrap();
    let answer = quiet(here, "report r.json");
    assert_eq!(answer.status, Some(2));
    assert!(answer.stderr.starts_with("exactract: r.json: is UTF-16 text"), "{answer:?}");
}
