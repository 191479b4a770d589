//! Reports: figures hold what sweeps and runs found, and pages need nothing but themselves.

use crate::common::{Answer, exactract};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A sweep with two frontiers and single runs, some of which stop.
const SWEEP: &str = "[frontier]\nshape = [\"6-2-1\", \"6-4-1\"]\nseed = [0, 1]\nbits = [12, 53]\ninputs = 50\n\
    strategy = [\"textbook\", \"walk\"]\n\
    [grid]\nshape = \"16-8-1\"\nseed = \"0..3\"\nvictim_arithmetic = [\"f64\", \"f32\"]\ninputs = 50";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn sweep(&self, request: &str) -> PathBuf {
        let (file, out) = (self.path("request.toml"), self.path("sweep"));
        fs::write(&file, request).unwrap();
        let answer = exactract("sweep -q --out", &[out.as_os_str(), file.as_os_str()]);
        assert_eq!(answer.status, Some(0), "{answer:?}");
        out
    }

    fn record(&self, name: &str, command: &str) -> PathBuf {
        let path = self.path(name);
        exactract(&format!("run -q {command} --json"), &[path.as_os_str()]);
        path
    }
}

fn report(inputs: &[&Path], options: &[(&str, &Path)]) -> Answer {
    let mut arguments: Vec<&std::ffi::OsStr> = inputs.iter().map(|path| path.as_os_str()).collect();
    arguments.extend(options.iter().flat_map(|(name, path)| [name.as_ref(), path.as_os_str()]));
    exactract("report", &arguments)
}

/// Rows of a CSV without quotes inside its fields, by the names of its columns.
fn csv(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut lines = text.lines().map(|line| line.split(',').map(|field| field.trim_matches('"').to_owned()));
    let names: Vec<String> = lines.next().unwrap().collect();
    lines.map(|line| names.iter().cloned().zip(line).collect()).collect()
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Elements that are opened are closed, in order; attributes are quoted.
fn is_balanced(page: &str) {
    let script = page.find("<script>").unwrap_or(page.len());
    let (mut open, mut rest) = (Vec::new(), &page[..script]);
    while let Some(at) = rest.find('<') {
        let end = at + rest[at..].find('>').unwrap();
        let tag = &rest[at + 1..end];
        assert!(!tag.contains('<') && tag.matches('"').count() % 2 == 0, "<{tag}>");
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "</{name}>");
        } else if !tag.ends_with('/') && !["meta", "!doctype"].contains(&name) {
            open.push(name);
        }
        rest = &rest[end + 1..];
        // Styles hold no elements.
        if name == "style" {
            rest = &rest[rest.find("</style>").unwrap_or(0)..];
        }
    }
    assert_eq!(open, ["html", "body"]);
}

#[test]
fn a_page_needs_nothing_else() {
    let folder = Folder::new();
    let sweep = folder.sweep(SWEEP);
    let record =
        folder.record("run.json", "--random 8-4-1 --seed 1 --strategy textbook --ledger --certify --attribution");
    let (first, second) = (folder.path("a.html"), folder.path("b.html"));
    for page in [&first, &second] {
        let answer = report(&[&sweep, &record], &[("--html", page)]);
        assert_eq!((answer.status, answer.stderr.as_str()), (Some(0), ""), "{answer:?}");
    }
    let page = fs::read_to_string(&first).unwrap();
    assert_eq!(page, fs::read_to_string(&second).unwrap());
    for word in ["http:", "https:", "//", "src=", "@import", "url(", "<link", "<img"] {
        // The script has comments.
        let before = &page[..page.find("<script>").unwrap()];
        assert!(
            !before.contains(word),
            "{word}: {}",
            before.split(word).nth(1).unwrap_or_default().chars().take(60).collect::<String>()
        );
    }
    let script = &page[page.find("<script>").unwrap()..];
    assert!(["fetch", "XMLHttp", "import", "WebSocket"].iter().all(|word| !script.contains(word)));
    is_balanced(&page);
    // Every link of the contents leads to a figure, and every drawing says what it is.
    let links: Vec<&str> = page.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(links.len() >= 9, "{links:?}");
    for link in &links {
        assert_eq!(page.matches(&format!("<figure id=\"{link}\"")).count(), 1, "{link}");
    }
    assert_eq!(page.matches("<svg").count(), page.matches("role=\"img\" aria-label=\"").count());
    assert!(page.matches("<svg").count() >= 8);
}

#[test]
fn the_frontier_map_holds_what_the_sweep_found() {
    let folder = Folder::new();
    let sweep = folder.sweep(SWEEP);
    let data = folder.path("csv");
    let answer = report(&[&sweep], &[("--csv", &data)]);
    assert_eq!(answer.status, Some(0), "{answer:?}");
    let collected = csv(&sweep.join("fewest-bits.csv"));
    let runs = csv(&sweep.join("runs.csv"));
    assert_eq!(collected.len(), 4);
    for group in collected {
        let name = format!("{}-{}-{}", group["inputs"], group["hidden"], group["outputs"]);
        let file = format!("frontier-{}-complete-extraction", group["strategy"]);
        let rows = csv(&data.join(format!("{file}.csv")));
        let row = rows.iter().find(|row| row["network"] == name).unwrap();
        for field in ["seeds", "p10", "median", "p90", "above", "limited_by"] {
            assert_eq!(row[field], group[field], "{name} {field}");
        }
        // Every precision that was tried: runs and successes counted again from the table of runs.
        for probe in
            csv(&data.join(format!("{file}-every-precision-tried.csv"))).iter().filter(|probe| probe["network"] == name)
        {
            let of: Vec<_> = runs
                .iter()
                .filter(|run| run["frontier"] == "true" && run["strategy"] == group["strategy"])
                .filter(|run| run["hidden"] == group["hidden"] && run["answer_bits"] == probe["bits"])
                .collect();
            assert_eq!(probe["runs"], of.len().to_string(), "{probe:?}");
            let complete = of.iter().filter(|run| run["complete"] == "true").count();
            assert_eq!(probe["reached"], complete.to_string(), "{probe:?}");
            let labels = |run: &&&BTreeMap<String, String>| run["labels_count"].parse().unwrap_or(0.0) / 50.0;
            let mean: f64 = of.iter().map(|run| labels(&run)).sum::<f64>() / of.len() as f64;
            assert!((probe["fidelity"].parse::<f64>().unwrap() - mean).abs() < 1e-4, "{probe:?}");
        }
    }
    let cells = csv(&data.join("cells.csv"));
    assert_eq!(cells.len(), fs::read_dir(sweep.join("cells")).unwrap().count());
    assert!(
        cells.iter().any(|cell| cell["outcome"] == "complete")
            && cells.iter().any(|cell| cell["outcome"] == "fewest bits")
    );
}

#[test]
fn figures_of_a_run_hold_its_record() {
    let folder = Folder::new();
    let whole =
        folder.record("whole.json", "--random 8-4-1 --seed 1 --strategy textbook --ledger --certify --attribution");
    let data = folder.path("csv");
    assert_eq!(report(&[&whole], &[("--csv", &data)]).status, Some(0));
    let record = json(&whole);
    let close = |text: &str, value: &Value| (text.parse::<f64>().unwrap() - value.as_f64().unwrap()).abs() < 1e-9;
    let stages: Vec<&Value> =
        record["stages"].as_array().unwrap().iter().filter(|stage| stage["bits_out"].is_number()).collect();
    let bars = csv(&data.join("run-waterfall.csv"));
    assert_eq!(bars.len(), stages.len());
    for (bar, stage) in bars.iter().zip(stages) {
        assert!(close(&bar["bits_in"], &stage["bits_in"]) && close(&bar["bits_out"], &stage["bits_out"]), "{bar:?}");
        let number = |name: &str| bar[name].parse::<f64>().unwrap();
        assert!((number("bits_in") - number("bits_lost") - number("bits_out")).abs() < 1e-9);
    }
    // Decisions in bins are those at sites with a tolerance; the exact run's answers split them.
    let margins = csv(&data.join("run-margins.csv"));
    let sum = |name: &str| margins.iter().map(|row| row[name].parse::<usize>().unwrap()).sum::<usize>();
    let asked: u64 =
        record["stages"].as_array().unwrap().iter().map(|s| s["decisions"]["asked"].as_u64().unwrap()).sum();
    assert!(sum("same") > 100 && sum("same") + sum("different") <= asked as usize);
    let signs = csv(&data.join("run-signs.csv"));
    let certified: u64 = signs.iter().map(|row| row["certified"].parse::<u64>().unwrap()).sum();
    let counted = ["relative_signs", "sides"].map(|name| record["certified"][name]["certified"].as_u64().unwrap());
    assert_eq!(certified, counted.iter().sum::<u64>());
    // The worst item of the ledger is the one that the sentence names.
    let text = report(&[&whole], &[]).stdout;
    let items = record["ledger"]["stages"].as_array().unwrap().iter().flat_map(|s| s["items"].as_array().unwrap());
    let worst = items
        .filter(|item| item["gap_log2"].is_number())
        .max_by(|a, b| a["total_log2"].as_f64().unwrap().total_cmp(&b["total_log2"].as_f64().unwrap()))
        .unwrap();
    let named = format!("The worst is {} in ", worst["item"].as_str().unwrap());
    assert!(text.contains(&named), "{named}: {text}");
    assert_eq!(csv(&data.join("run-attribution.csv")).len(), 5);
}

#[test]
fn what_has_no_data_says_what_gives_it() {
    let folder = Folder::new();
    let plain = folder.record("plain.json", "--random 3-2-1");
    let page = folder.path("page.html");
    assert_eq!(report(&[&plain], &[("--html", &page)]).status, Some(0));
    let page = fs::read_to_string(&page).unwrap();
    for (title, option) in
        [("Margins of signs", "--certify"), ("Bounds over errors", "--certify"), ("Who rounds", "--attribution")]
    {
        let line = page.split("<li>").find(|line| line.starts_with(title)).unwrap();
        assert!(line.contains(option), "{line}");
    }
    assert!(page.contains("id=\"run-waterfall\"") && !page.contains("id=\"run-signs\""));
}

#[test]
fn bad_inputs_are_refused_in_one_line() {
    let folder = Folder::new();
    let file = |name: &str, text: &str| {
        let path = folder.path(name);
        fs::write(&path, text).unwrap();
        path
    };
    let empty = folder.path("empty");
    fs::create_dir(&empty).unwrap();
    for (path, says) in [
        (folder.path("missing.json"), "cannot be read"),
        (file("text.json", "no JSON"), "is not JSON"),
        (file("other.json", "{\"schema\": \"exactract/learn/2\"}"), "is a record of exactract/learn/2, not of"),
        (file("audit.json", "{\"schema\": \"exactract/audit/2\"}"), "is no record of exactract/audit/2"),
        (file("old.json", "{\"schema\": \"exactract/run/1\"}"), "exactract/run/1; this program reads version 2"),
        (file("half.json", "{\"schema\": \"exactract/run/2\"}"), "is no record of exactract/run/2"),
        (empty, "there is no plan here"),
    ] {
        let answer = report(&[&path], &[]);
        assert_eq!((answer.status, answer.stdout.as_str()), (Some(2), ""), "{answer:?}");
        assert!(answer.stderr.contains(says) && answer.stderr.trim_end().lines().count() == 1, "{answer:?}");
    }
    let good = folder.record("good.json", "--random 3-2-1");
    let answer = report(&[&good], &[("--html", &folder.path("no/such/folder.html"))]);
    assert_eq!(answer.status, Some(2), "{answer:?}");
}

#[test]
fn files_in_pixels_and_columns_are_those_of_their_figures() {
    let folder = Folder::new();
    let record = folder.record("run.json", "--random 8-4-1 --seed 1 --strategy textbook --ledger --attribution");
    let [svg, png, csv_folder, parquet] = ["svg", "png", "csv", "parquet"].map(|name| folder.path(name));
    let answer = report(&[&record], &[("--svg", &svg), ("--csv", &csv_folder)]);
    assert_eq!(answer.status, Some(0), "{answer:?}");
    let names = |path: &Path| -> Vec<String> {
        let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        let mut names: Vec<_> = entries.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    let forms = [("--png", &png, cfg!(feature = "png")), ("--parquet", &parquet, cfg!(feature = "parquet"))];
    for (option, path, built) in forms {
        let answer = report(&[&record], &[(option, path)]);
        if !built {
            let says = format!("build with --features {}", &option[2..]);
            assert!(answer.status == Some(2) && answer.stderr.contains(&says) && !path.exists(), "{answer:?}");
            continue;
        }
        assert_eq!(answer.status, Some(0), "{answer:?}");
        assert_eq!(names(path), names(if option == "--png" { &svg } else { &csv_folder }));
    }
    #[cfg(feature = "png")]
    for name in names(&png) {
        // Twice the size that the SVG says, and drawn on: lines, and the letters of the title.
        let file = fs::read_to_string(svg.join(format!("{name}.svg"))).unwrap();
        let width: f64 = file.split(" width=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
        let bytes = fs::read(png.join(format!("{name}.png"))).unwrap();
        let pixels = resvg::tiny_skia::Pixmap::decode_png(&bytes).unwrap();
        assert_eq!(f64::from(pixels.width()), (2.0 * width).ceil(), "{name}");
        let dark = |(x, y): (u32, u32)| pixels.pixel(x, y).is_some_and(|pixel| pixel.red() < 128);
        let title = (16..240).flat_map(|x| (12..44).map(move |y| (x, y))).filter(|&place| dark(place)).count();
        assert!(title > 200, "{name}: {title} dark pixels in its title");
    }
    #[cfg(feature = "parquet")]
    for name in names(&parquet) {
        use parquet::file::reader::{FileReader, SerializedFileReader};
        let file = fs::File::open(parquet.join(format!("{name}.parquet"))).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let rows: Vec<Vec<String>> = reader
            .get_row_iter(None)
            .unwrap()
            .map(|row| row.unwrap().get_column_iter().map(|(_, field)| field.to_string()).collect())
            .collect();
        let expected = csv(&csv_folder.join(format!("{name}.csv")));
        assert_eq!(rows.len(), expected.len(), "{name}");
        let names: Vec<String> =
            reader.metadata().file_metadata().schema_descr().columns().iter().map(|c| c.name().to_owned()).collect();
        for (row, expected) in rows.iter().zip(&expected) {
            for (field, name) in row.iter().zip(&names) {
                let (field, text) = (field.trim_matches('"'), &expected[name]);
                let same = match (field.parse::<f64>(), text.parse::<f64>()) {
                    (Ok(a), Ok(b)) => a == b,
                    _ => field == text || (field == "null" && text.is_empty()),
                };
                assert!(same, "{name}: {field} beside {text}");
            }
        }
    }
}

/// A value without its fields named `seconds`.
fn timeless(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, _)| *name != "seconds");
            kept.map(|(name, value)| (name.clone(), timeless(value))).collect()
        }
        Value::Array(list) => list.iter().map(timeless).collect(),
        other => other.clone(),
    }
}

/// The figures of an audit hold its record, which is the same on every machine but for times.
#[test]
fn figures_of_an_audit_hold_its_record() {
    use exactract::net::{Dtype, random};
    let folder = Folder::new();
    let network = random("6-5-2".parse().unwrap(), 4, Dtype::F64);
    let mut index = 0u32;
    let near = network.map(|w| {
        index += 1;
        w * (1.0 + f64::from(index % 5) / 1024.0)
    });
    let [victim, copy] = [("v.npz", &network), ("c.npz", &near)].map(|(name, network)| {
        exactract::format::write(&folder.path(name), &network.clone().into(), Dtype::F64).unwrap();
        folder.path(name)
    });
    let audited = |name: &str| {
        let path = folder.path(name);
        let files = [victim.as_os_str(), copy.as_os_str(), path.as_os_str()];
        assert_eq!(exactract("audit -q --claim 1 --gap 0.01 --json", &[files[2], files[0], files[1]]).status, Some(0));
        path
    };
    let (first, second) = (audited("a.json"), audited("b.json"));
    let record = json(&first);
    assert_eq!(timeless(&record), timeless(&json(&second)));
    let data = folder.path("csv");
    let page = folder.path("a.html");
    let answer = report(&[&first], &[("--csv", &data), ("--html", &page)]);
    assert_eq!(answer.status, Some(0), "{answer:?}");
    is_balanced(&fs::read_to_string(&page).unwrap());
    let number = |row: &BTreeMap<String, String>, name: &str| row[name].parse::<f64>().unwrap();
    let bounds = csv(&data.join("audit-bounds.csv"));
    assert!(bounds.len() > 2, "{bounds:?}");
    for pair in bounds.windows(2) {
        for (name, sign) in [("seconds", 1.0), ("lower_log2", 1.0), ("upper_log2", -1.0)] {
            assert!(sign * number(&pair[1], name) >= sign * number(&pair[0], name), "{name}: {bounds:?}");
        }
    }
    let log2 = |end: &str| record["difference"][end]["log2"].as_f64().unwrap();
    let last = bounds.last().unwrap();
    assert_eq!([number(last, "lower_log2"), number(last, "upper_log2")], [log2("lower"), log2("upper")]);
    let way = csv(&data.join("audit-segment.csv"));
    let at_the_witness = way.last().unwrap();
    assert_eq!((way.len(), number(at_the_witness, "at")), (65, 1.0));
    let shown = number(at_the_witness, "difference").abs();
    assert!((shown / record["difference"]["lower"]["value"].as_f64().unwrap() - 1.0).abs() < 1e-12);
}
