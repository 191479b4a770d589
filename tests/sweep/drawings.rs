//! Drawings and tables by their measures: no text leaves its drawing, every axis has ticks, no table hides columns.

use crate::common::exactract;
use std::fs;
use std::path::Path;

/// A sweep of what figures are made of: several shapes with a ledger, who rounds, searches, a victim with a long name.
const SWEEP: &str = "[[grid]]\nshape = [\"6-2-1\", \"6-4-1\", \"12-4-1\"]\nseed = [0, 1]\nledger = true\ninputs = 20\n\
    strategy = [\"textbook\", \"walk\"]\nvictim_arithmetic = [\"f64\", \"f32\"]\nattribution = true\n\
    [[frontier]]\nshape = [\"6-2-1\", \"6-4-1\", \"12-4-1\"]\nseed = [0, 1]\nbits = [12, 53]\ninputs = 20\n\
    [[frontier]]\nfile = \"a-victim-whose-name-is-rather-long.npz\"\nbits = [50, 53]\ninputs = 20\n";

/// What the program draws of a sweep and of a run: files by name, and the page.
fn drawn(folder: &Path) -> (Vec<(String, String)>, String) {
    let path = |name: &str| folder.join(name);
    let victim = path("a-victim-whose-name-is-rather-long.npz");
    exactract("run --random 5-2-1 -q --save", &[victim.as_os_str()]);
    fs::write(path("request.toml"), SWEEP).unwrap();
    let (out, request) = (path("sweep"), path("request.toml"));
    let answer = exactract("sweep -q --out", &[out.as_os_str(), request.as_os_str()]);
    assert_eq!(answer.status, Some(0), "{answer:?}");
    let options = "run --random 8-4-1 --seed 1 --strategy textbook --ledger --certify --attribution -q --json";
    exactract(options, &[path("run.json").as_os_str()]);
    let (svg, html) = (path("svg"), path("page.html"));
    let arguments = [
        out.as_os_str(),
        path("run.json").as_os_str().to_owned().as_os_str(),
        "--svg".as_ref(),
        svg.as_os_str(),
        "--html".as_ref(),
        html.as_os_str(),
    ]
    .map(ToOwned::to_owned);
    let arguments: Vec<&std::ffi::OsStr> = arguments.iter().map(AsRef::as_ref).collect();
    let answer = exactract("report", &arguments);
    assert_eq!(answer.status, Some(0), "{answer:?}");
    let files = fs::read_dir(svg).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let files = files.map(|path| (name(&path), fs::read_to_string(&path).unwrap())).collect();
    (files, fs::read_to_string(html).unwrap())
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next()
}

fn number(tag: &str, name: &str) -> f64 {
    attribute(tag, name).unwrap_or_else(|| panic!("{name}: {tag}")).parse().unwrap()
}

/// A text of a drawing: what it says, its class, whether an axis holds it, and the box that it takes from above.
struct Text {
    says: String,
    class: String,
    axis: Option<usize>,
    corners: [[f64; 2]; 4],
}

/// A letter is at most 0.6 of the size of its font in the fonts that are asked for, a bold one 0.63.
fn texts(svg: &str) -> Vec<Text> {
    let (mut found, mut groups, mut axes) = (Vec::new(), Vec::<(f64, Option<usize>)>::new(), 0);
    let mut rest = svg;
    while let Some(at) = rest.find('<') {
        let end = at + rest[at..].find('>').unwrap();
        let tag = &rest[at..end];
        rest = &rest[end + 1..];
        if tag.starts_with("<style") {
            rest = &rest[rest.find("</style>").unwrap()..];
        } else if tag == "</g" {
            groups.pop();
        } else if tag.starts_with("<g") {
            let (down, axis) = groups.last().copied().unwrap_or((0.0, None));
            let moved = attribute(tag, "transform").map_or(0.0, |text| {
                text.trim_start_matches("translate(0 ").trim_end_matches(')').parse::<f64>().unwrap()
            });
            let axis = if tag.contains("data-axis") {
                axes += 1;
                Some(axes)
            } else {
                axis
            };
            groups.push((down + moved, axis));
        } else if tag.starts_with("<text") {
            let says = rest[..rest.find('<').unwrap()].to_owned();
            let class = attribute(tag, "class").unwrap().to_owned();
            let letters = says.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">").chars().count() as f64;
            let size = if class.contains("small") { 11.0 } else { 13.0 };
            let long = letters * size * if class.contains("strong") { 0.63 } else { 0.6 };
            let (down, axis) = groups.last().copied().unwrap_or((0.0, None));
            let [x, y] = [number(tag, "x"), number(tag, "y")];
            let from = match attribute(tag, "text-anchor").unwrap_or("start") {
                "start" => 0.0,
                "middle" => -long / 2.0,
                _ => -long,
            };
            let turn = attribute(tag, "transform").map_or(0.0, |text| {
                let degrees = text.trim_start_matches("rotate(").split(' ').next().unwrap();
                degrees.parse::<f64>().unwrap().to_radians()
            });
            let corner = |dx: f64, dy: f64| {
                [x + dx * turn.cos() - dy * turn.sin(), down + y + dx * turn.sin() + dy * turn.cos()]
            };
            let (top, bottom) = (-0.75 * size, 0.2 * size);
            let corners =
                [(0.0, top), (long, top), (0.0, bottom), (long, bottom)].map(|(dx, dy)| corner(from + dx, dy));
            found.push(Text { says, class, axis, corners });
        }
    }
    found
}

/// Texts that leave their drawing, and axes with fewer than two ticks or without a title.
fn faults(svg: &str) -> Vec<String> {
    let bounds: Vec<f64> = attribute(svg, "viewBox").unwrap().split(' ').map(|text| text.parse().unwrap()).collect();
    let texts = texts(svg);
    let mut faults = Vec::new();
    for text in &texts {
        for [x, y] in text.corners {
            if !(-0.5..=bounds[2] + 0.5).contains(&x) || !(-0.5..=bounds[3] + 0.5).contains(&y) {
                faults.push(format!("'{}' reaches {x:.0}, {y:.0} of {:?}", text.says, &bounds[2..]));
                break;
            }
        }
        if text.class == "soft" && text.axis.is_none() {
            faults.push(format!("'{}' is the title of no axis", text.says));
        }
    }
    let axes = texts.iter().filter_map(|text| text.axis).max().unwrap_or(0);
    if axes == 0 {
        faults.push("there is no axis".to_owned());
    }
    for axis in 1..=axes {
        let of = || texts.iter().filter(move |text| text.axis == Some(axis));
        let ticks = of().filter(|text| text.class.contains("small")).count();
        let titles = of().filter(|text| text.class == "soft").count();
        if ticks < 2 || titles != 1 {
            faults.push(format!("axis {axis} has {ticks} ticks and {titles} titles"));
        }
    }
    faults
}

/// Pixels that a table takes at least, from above: words whole, in columns of numbers whole values.
fn width(table: &str) -> f64 {
    const LETTER: f64 = 8.3;
    let mut columns: Vec<f64> = Vec::new();
    for row in table.split("<tr>").skip(1) {
        for (i, cell) in
            row.split("<t").filter(|cell| cell.starts_with(['d', 'h']) && !cell.starts_with("head")).enumerate()
        {
            let (tag, rest) = cell.split_once('>').unwrap();
            let text = &rest[..rest.find('<').unwrap()];
            let longest = text.split_whitespace().map(|word| word.chars().count()).max().unwrap_or(0);
            let least: f64 = if tag.contains("\"w\"") { 144.0 } else { 0.0 };
            columns.resize(columns.len().max(i + 1), 0.0);
            columns[i] = columns[i].max(least.max(longest as f64 * LETTER) + 19.2);
        }
    }
    columns.iter().sum()
}

#[test]
fn drawings_hold_their_texts_and_axes_have_ticks() {
    let folder = tempfile::tempdir().unwrap();
    let (files, page) = drawn(folder.path());
    assert!(files.len() >= 12, "{:?}", files.iter().map(|(name, _)| name).collect::<Vec<_>>());
    for kind in ["error-by-shape", "bits-lost-by-shape", "causes-by-shape", "frontier-", "run-waterfall", "run-margins"]
    {
        assert!(files.iter().any(|(name, _)| name.starts_with(kind)), "{kind}");
    }
    for (name, svg) in &files {
        assert_eq!(faults(svg), Vec::<String>::new(), "{name}");
    }
    let drawings: Vec<&str> = page.split("<svg").skip(1).map(|rest| rest.split("</svg>").next().unwrap()).collect();
    assert_eq!(drawings.len(), files.len());
    for svg in drawings {
        assert_eq!(faults(svg), Vec::<String>::new());
    }
    // Tables that fit, or scroll where everybody sees it. A page of 1,200 pixels has 1,104 for a figure across it, and
    // 526 for one of two in a row.
    assert!(page.contains(".sideways{overflow-x:scroll;") && page.contains(".sideways::-webkit-scrollbar{height"));
    let (mut fit, mut scroll) = (0, 0);
    for figure in page.split("<figure").skip(1) {
        let room = if figure.starts_with(" id") && figure.split('>').next().unwrap().contains("wide") {
            1104.0
        } else {
            526.0
        };
        for table in figure.split("<div class=\"scroll").skip(1) {
            let sideways = table.starts_with(" sideways\"");
            let wide = width(table.split("</table>").next().unwrap());
            assert!(sideways || wide <= room, "{wide} of {room}: {}", &table[..200]);
            if sideways { scroll += 1 } else { fit += 1 }
        }
    }
    assert!(fit > 3 && scroll > 0, "{fit} {scroll}");
}

#[test]
fn this_test_sees_what_it_looks_for() {
    let svg = |body: &str| format!("<svg viewBox=\"0 0 100 50\">{body}</svg>");
    let tick = |x: f64| format!("<text class=\"soft small\" text-anchor=\"middle\" x=\"{x}\" y=\"30\">12</text>");
    let title = "<text class=\"soft\" text-anchor=\"middle\" x=\"50\" y=\"45\">bits</text>";
    let good = format!("<g data-axis=\"\">{}{}{title}</g>", tick(20.0), tick(80.0));
    assert_eq!(faults(&svg(&good)), Vec::<String>::new());
    for bad in [
        format!("<g data-axis=\"\">{}{title}</g>", tick(20.0)),
        format!("{good}<text class=\"ink\" text-anchor=\"start\" x=\"60\" y=\"20\">leaves</text>"),
        format!(
            "{good}<text class=\"ink\" text-anchor=\"end\" x=\"20\" y=\"20\" transform=\"rotate(-90 20 20)\">leaves</text>"
        ),
        format!("<g transform=\"translate(0 40)\">{good}</g>"),
        format!("{good}{title}"),
        String::new(),
    ] {
        assert!(!faults(&svg(&bad)).is_empty(), "{bad}");
    }
    let table = |cells: usize| format!("<table><tr>{}</tr>", "<td class=\"n\">123456789</td>".repeat(cells));
    assert!(width(&table(5)) < 526.0 && width(&table(6)) > 526.0);
}
