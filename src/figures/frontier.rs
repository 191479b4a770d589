//! The frontier map: networks along one axis, bits along the other, fidelity as colour.
//!
//! A search runs at a few precisions only. Between two of them the map shows, seed by seed, what
//! lies between what they gave; beyond them, what the nearest gave. Where a run was made it has a dot.

use super::axis::colour;
use super::data::{Data, Kind, Value, count, decimals, word};
use super::svg::{Anchor, Svg, length};
use super::{Drawing, Figure};
use crate::record::RunRecord;
use crate::sweep::{CellRecord, Coefficient, Fitted, Goal, Group, Knobs, Law, RANDOM, Table, ends};

/// Place for the bits at the left, and height of the map.
const LEFT: f64 = 48.0;
/// Characters of a network's name under its column.
const NAME: usize = 24;
const TOP: f64 = 8.0;
const HEIGHT: f64 = 300.0;
/// The least height of the map: its axis has a title.
const LEAST: f64 = 144.0;

/// A map for each goal, way to attack and number of outputs.
pub(super) fn figures(table: &Table) -> Vec<Figure> {
    let mut parts: Vec<(&Knobs, usize)> = Vec::new();
    for group in &table.frontier.groups {
        if !parts.contains(&(&group.knobs, group.outputs)) {
            parts.push((&group.knobs, group.outputs));
        }
    }
    parts.into_iter().map(|(knobs, outputs)| Map::new(table, knobs, outputs).figure()).collect()
}

/// One column: a network, its searches, the law's prediction.
struct Column<'a> {
    name: String,
    group: &'a Group,
    searches: Vec<&'a CellRecord>,
    law: Option<f64>,
}

struct Map<'a> {
    knobs: &'a Knobs,
    law: Option<&'a Law>,
    columns: Vec<Column<'a>>,
    /// The least and the most bits at which anything ran.
    range: [u32; 2],
}

/// What a run gave, 0 to 1: reference labels that agree, none without a network; of weights bit for bit, all or nothing.
fn fidelity(goal: Goal, run: &RunRecord) -> f64 {
    match (goal, run.labels) {
        (Goal::Complete, Some(labels)) if labels.total > 0 => labels.percent() / 100.0,
        (Goal::Complete, _) => 0.0,
        (Goal::BitForBit, _) => f64::from(u8::from(reached(goal, run))),
    }
}

fn reached(goal: Goal, run: &RunRecord) -> bool {
    match goal {
        Goal::Complete => run.complete == Some(true),
        Goal::BitForBit => run.is_bit_for_bit(),
    }
}

/// What a search says of a precision, and whether it ran there.
fn between(goal: Goal, search: &CellRecord, bits: u32) -> Option<(f64, bool)> {
    let seen = || search.runs.iter().filter_map(|run| Some((run.answer_bits?, fidelity(goal, run))));
    let below = seen().take_while(|(at, _)| *at <= bits).last();
    let above = seen().find(|(at, _)| *at >= bits);
    Some(match (below, above) {
        (Some((low, value)), _) if low == bits => (value, true),
        (Some((low, from)), Some((high, to))) => {
            (from + (to - from) * f64::from(bits - low) / f64::from(high - low), false)
        }
        (Some((_, value)), None) | (None, Some((_, value))) => (value, false),
        (None, None) => return None,
    })
}

impl<'a> Map<'a> {
    fn new(table: &'a Table, knobs: &'a Knobs, outputs: usize) -> Self {
        let fitted = |fitted: &&Fitted| fitted.knobs == *knobs && fitted.outputs == outputs;
        let law = table.frontier.laws.iter().find(fitted).and_then(|fitted| fitted.law.as_ref());
        let mut groups: Vec<&Group> =
            table.frontier.groups.iter().filter(|g| g.knobs == *knobs && g.outputs == outputs).collect();
        // As they grow: by width first, named victims last.
        groups.sort_by_key(|g| (g.victim != RANDOM, g.hidden, g.inputs));
        let column = |group: &'a Group| {
            let shape = format!("{}-{}-{}", group.inputs, group.hidden, group.outputs);
            let random = group.victim == RANDOM;
            let name = if random { shape } else { format!("{} {shape}", group.victim) };
            let searches: Vec<_> = group.members.iter().filter_map(|&i| table.records.get(i)).collect();
            let law = law.filter(|_| random).map(|law| predicted(law, group));
            Column { name, group, searches, law }
        };
        let columns: Vec<Column<'_>> = groups.into_iter().map(column).collect();
        let ran = || columns.iter().flat_map(|c| &c.searches).flat_map(|s| &s.runs).filter_map(|run| run.answer_bits);
        let least = ran().min().unwrap_or(knobs.from);
        // Two precisions at least: one alone makes no axis.
        let range = [least, ran().max().unwrap_or(knobs.to).max(least + 1)];
        Self { knobs, law, columns, range }
    }

    fn figure(&self) -> Figure {
        let goal = match self.knobs.goal {
            Goal::Complete => "complete extraction",
            Goal::BitForBit => "weights bit for bit",
        };
        let (strategy, rest) = (strategy(self.knobs), arithmetics(self.knobs));
        let outputs = self.columns.first().map_or(1, |column| column.group.outputs);
        let several = if outputs > 1 { format!(", {outputs} outputs") } else { String::new() };
        Figure {
            id: format!("frontier-{}-{}{}", strategy.replace(' ', "-"), goal.replace(' ', "-"), unusual(self.knobs)),
            title: format!("Bits for {goal}: {strategy}, {rest}{several}"),
            says: self.says(),
            drawing: Some(Drawing { svg: self.draw(), key: self.key() }),
            tables: vec![
                ("Fewest bits that suffice".to_owned(), self.thresholds()),
                ("Every precision tried".to_owned(), self.probes()),
            ],
        }
    }

    fn key(&self) -> String {
        let colour = match self.knobs.goal {
            Goal::Complete => "share of reference labels that agree, none where no network came out",
            Goal::BitForBit => "share of networks that came back bit for bit",
        };
        let law = if self.law.is_some() { "; red dashes, the fitted law" } else { "" };
        format!(
            "Colour: {colour}, mean over seeds. Dots: precisions that ran; colours between them are interpolated. \
             Black line: the median of the fewest bits that suffice, bars from the 10th to the 90th percentile{law}."
        )
    }

    /// Where it starts and ends, how it grows, and what stops it.
    fn says(&self) -> String {
        let bits = |bits: Option<u32>| bits.map_or(format!("more than {}", self.knobs.to), |bits| bits.to_string());
        let what = match self.knobs.goal {
            Goal::Complete => "Complete extraction",
            Goal::BitForBit => "Every weight bit for bit",
        };
        let rank = |c: &&Column<'_>| c.group.median.unwrap_or(u32::MAX);
        let (Some(least), Some(most)) = (self.columns.iter().min_by_key(rank), self.columns.iter().max_by_key(rank))
        else {
            return "No search has ended.".to_owned();
        };
        let of = |column: &Column<'_>| format!("{} bits of an answer at {}", bits(column.group.median), column.name);
        let mut text = if least.group.median == most.group.median {
            let (n, bits) = (self.columns.len(), bits(least.group.median));
            format!("{what} takes {bits} bits of an answer at {}", if n > 1 { "all networks" } else { &least.name })
        } else {
            format!("{what} takes from {} to {}", of(least), of(most))
        };
        text += " (median over seeds).";
        if let Some(law) = self.law {
            let interval = |c: Coefficient| format!("{} [{}, {}]", two(c.value), two(c.low), two(c.high));
            let doubled = [(law.hidden, "hidden units"), (law.inputs, "inputs")];
            let terms =
                doubled.iter().filter_map(|(c, of)| Some(format!("{} bits for twice the {of}", interval((*c)?))));
            text += &format!(" It grows by {}, 95 % intervals.", terms.collect::<Vec<_>>().join(" and "));
            let open = doubled.iter().filter(|(c, _)| c.is_some_and(|c| c.low <= 0.0 && c.high >= 0.0));
            let open: Vec<_> = open.map(|(_, of)| *of).collect();
            if !open.is_empty() {
                text += &format!(" An effect of the {} cannot be told from none.", open.join(" or the "));
            }
            text += &format!(" {}", ends(law));
        }
        let mut stages = std::collections::BTreeMap::<&str, usize>::new();
        for stage in self.columns.iter().filter_map(|column| column.group.limited_by.as_deref()) {
            *stages.entry(stage).or_default() += 1;
        }
        if let Some((stage, times)) = stages.into_iter().max_by_key(|(_, times)| *times) {
            let stops = if stage == "result" {
                "most searches find a network that is not complete".to_owned()
            } else {
                format!("most searches stop in {stage}")
            };
            text += &format!(" One bit below, {stops} at {times} of {}.", count(self.columns.len(), "network"));
        }
        text
    }

    fn thresholds(&self) -> Data {
        let mut data = Data::new([
            ("network", "network", Kind::Text),
            ("seeds", "seeds", Kind::Count),
            ("p10", "10 %", Kind::Count),
            ("median", "median", Kind::Count),
            ("p90", "90 %", Kind::Count),
            ("law", "law", Kind::Real),
            ("above", "above range", Kind::Count),
            ("at_most", "at the least", Kind::Count),
            ("not_monotone", "not monotone", Kind::Count),
            ("limited_by", "one bit below, stops in", Kind::Text),
        ]);
        for Column { name, group, law, .. } in &self.columns {
            data.push([
                name.clone().into(),
                group.seeds.into(),
                group.p10.into(),
                group.median.into(),
                group.p90.into(),
                (*law).into(),
                group.above.into(),
                group.at_most.into(),
                group.not_monotone.into(),
                group.limited_by.clone().into(),
            ]);
        }
        data
    }

    fn probes(&self) -> Data {
        let mut data = Data::new([
            ("network", "network", Kind::Text),
            ("bits", "bits", Kind::Count),
            ("runs", "runs", Kind::Count),
            ("fidelity", "mean fidelity", Kind::Real),
            ("reached", "reached", Kind::Count),
            ("networks", "with a network", Kind::Count),
            ("worst_weight_error_log2", "log2 worst weight error", Kind::Real),
        ]);
        for column in &self.columns {
            for bits in self.range[0]..=self.range[1] {
                let runs = column.searches.iter().flat_map(|s| &s.runs).filter(|run| run.answer_bits == Some(bits));
                let runs: Vec<&RunRecord> = runs.collect();
                if runs.is_empty() {
                    continue;
                }
                let mean = runs.iter().map(|run| fidelity(self.knobs.goal, run)).sum::<f64>() / runs.len() as f64;
                let errors = runs.iter().filter_map(|run| run.weight_error_log2).map(|error| error.max.0);
                data.push([
                    column.name.clone().into(),
                    bits.into(),
                    runs.len().into(),
                    ((mean * 1e4).round() / 1e4).into(),
                    runs.iter().filter(|run| reached(self.knobs.goal, run)).count().into(),
                    runs.iter().filter(|run| run.labels.is_some()).count().into(),
                    errors.max_by(f64::total_cmp).map_or(Value::Empty, Value::Real),
                ]);
            }
        }
        data
    }

    fn draw(&self) -> Svg {
        let n = self.columns.len();
        let [least, most] = self.range;
        let rows = f64::from(most - least + 1);
        let (width, height) =
            ((400.0 / n as f64).clamp(16.0, 96.0), (HEIGHT / rows).clamp(5.0, 18.0).max(LEAST / rows));
        let bottom = TOP + rows * height;
        let names: Vec<String> = self.columns.iter().map(|column| short(&column.name)).collect();
        let longest = names.iter().map(|name| length("small", name)).fold(0.0, f64::max);
        // Names stand upright where they are too long to lie.
        let upright = longest + 6.0 > width;
        let below = if upright { longest * 0.87 + 14.0 } else { 20.0 };
        // The first name leans out to the left.
        let left = if upright { LEFT.max(longest / 2.0 - width / 2.0) } else { LEFT };
        let right = left + n as f64 * width;
        let mut svg = Svg::new((right + 12.0).max(left + 282.0), bottom + below + 50.0);
        // The lower edge of a precision: it suffices from there up.
        let edge = |bits: f64| bottom - (bits - f64::from(least)).clamp(0.0, rows) * height;
        self.bits_axis(&mut svg, &edge, [left, right]);
        for (i, column) in self.columns.iter().enumerate() {
            let x = left + i as f64 * width;
            for bits in least..=most {
                self.cell(&mut svg, column, bits, [x, edge(f64::from(bits + 1)), width, height]);
            }
            let middle = x + width / 2.0;
            if upright {
                svg.turned("ink small", Anchor::End, [middle + 4.0, bottom + 10.0], -60.0, &names[i]);
            } else {
                svg.text("ink small", Anchor::Middle, [middle, bottom + 15.0], &names[i]);
            }
        }
        self.lines(&mut svg, &edge, [left, width]);
        legend(&mut svg, [left, bottom + below + 14.0], self.knobs.goal);
        svg
    }

    fn bits_axis(&self, svg: &mut Svg, edge: &dyn Fn(f64) -> f64, [left, right]: [f64; 2]) {
        let [least, most] = self.range;
        let step = match most - least {
            0..4 => 1,
            4..=12 => 2,
            _ => 4,
        };
        svg.axis(|svg| {
            for bits in (least..=most).filter(|bits| bits % step == 0) {
                let y = (edge(f64::from(bits)) + edge(f64::from(bits + 1))) / 2.0;
                svg.text("soft small", Anchor::End, [left - 7.0, y + 4.0], &bits.to_string());
                svg.line("axis", [left - 4.0, y], [left, y]);
            }
            let middle = (edge(f64::from(least)) + edge(f64::from(most + 1))) / 2.0;
            svg.turned("soft", Anchor::Middle, [left - 35.0, middle], -90.0, "bits of an answer");
        });
        svg.rect("page", [left, edge(f64::from(most + 1)), right - left, edge(f64::from(least)) - TOP], "");
    }

    fn cell(&self, svg: &mut Svg, column: &Column<'_>, bits: u32, place: [f64; 4]) {
        let seen: Vec<_> = column.searches.iter().filter_map(|s| between(self.knobs.goal, s, bits)).collect();
        if seen.is_empty() {
            return;
        }
        let mean = seen.iter().map(|(value, _)| value).sum::<f64>() / seen.len() as f64;
        let ran = seen.iter().filter(|(_, ran)| *ran).count();
        let how = if ran == 0 { "between runs".to_owned() } else { count(ran, "run") };
        let tip = format!("{}, {bits} bits: {} %, {how}", column.name, decimals(mean * 100.0, 1));
        // A little over the edges, so that no line of the page shows between two cells.
        let [x, y, width, height] = place;
        svg.filled(&colour(mean), [x, y, width + 0.5, height + 0.5], &tip);
        if ran > 0 {
            let class = if mean > 0.5 { "dark" } else { "light" };
            svg.mark(class, super::svg::Shape::Circle, [x + width / 2.0, y + height / 2.0], 1.1, "");
        }
    }

    /// The median with its percentiles, and the law.
    fn lines(&self, svg: &mut Svg, edge: &dyn Fn(f64) -> f64, [left, width]: [f64; 2]) {
        let top = f64::from(self.range[1] + 1);
        let place = |bits: Option<u32>| edge(bits.map_or(top, f64::from));
        let mut steps: Vec<[f64; 2]> = Vec::new();
        let mut law: Vec<[f64; 2]> = Vec::new();
        for (i, column) in self.columns.iter().enumerate() {
            let x = left + i as f64 * width;
            let y = place(column.group.median);
            steps.extend([[x, y], [x + width, y]]);
            law.extend(column.law.map(|bits| [x + width / 2.0, edge(bits)]));
        }
        for class in ["halo", "front"] {
            svg.path(class, &steps);
            for (i, column) in self.columns.iter().enumerate() {
                let x = left + (i as f64 + 0.5) * width;
                svg.line(class, [x, place(column.group.p10)], [x, place(column.group.p90)]);
            }
        }
        if law.len() > 1 {
            svg.path("halo", &law);
            svg.path("law", &law);
        }
    }
}

/// A name that takes no more than its place: its middle gives way.
fn short(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= NAME {
        return name.to_owned();
    }
    let (head, tail) = (&letters[..NAME / 3], &letters[letters.len() - (NAME - NAME / 3 - 1)..]);
    head.iter().chain(&['…']).chain(tail).collect()
}

/// Bits that the law gives for a shape.
fn predicted(law: &Law, group: &Group) -> f64 {
    let term = |c: Option<Coefficient>, n: usize| c.map_or(0.0, |c| c.value * libm::log2(n as f64));
    let bits = law.constant.value + term(law.inputs, group.inputs) + term(law.hidden, group.hidden);
    (bits * 100.0).round() / 100.0
}

fn two(x: f64) -> String {
    decimals(x, 2)
}

/// The scale of colours.
fn legend(svg: &mut Svg, [left, y]: [f64; 2], goal: Goal) {
    const STEPS: usize = 24;
    let (from, width) = (left, 130.0 / STEPS as f64);
    for i in 0..STEPS {
        let share = (i as f64 + 0.5) / STEPS as f64;
        svg.filled(&colour(share), [from + i as f64 * width, y, width + 0.3, 12.0], "");
    }
    let what = match goal {
        Goal::Complete => "label fidelity",
        Goal::BitForBit => "bit for bit",
    };
    svg.text("soft small", Anchor::Start, [from, y + 26.0], "0");
    svg.text("soft small", Anchor::End, [from + 130.0, y + 26.0], "100 %");
    svg.text("ink small", Anchor::Start, [from + 140.0, y + 10.0], what);
}

/// `walk`, `walk polish`.
fn strategy(knobs: &Knobs) -> String {
    let extras = [(knobs.polish, " polish"), (knobs.snap, " snap")];
    let extras = extras.iter().filter(|(on, _)| *on).map(|(_, word)| *word);
    word(&knobs.strategy) + &extras.collect::<String>()
}

/// What tells the name of a figure from that of f64 weights, an ideal oracle and an f64 attacker.
fn unusual(knobs: &Knobs) -> String {
    let (oracle, attacker) = (word(&knobs.victim_arithmetic), word(&knobs.attacker));
    let parts = [
        (knobs.weights != "f64", format!("-{}-weights", knobs.weights)),
        (oracle != "exact", format!("-{oracle}-oracle")),
        (attacker != "f64", format!("-{attacker}-attacker")),
    ];
    parts.into_iter().filter(|(unusual, _)| *unusual).map(|(_, part)| part).collect()
}

fn arithmetics(knobs: &Knobs) -> String {
    let oracle = match word(&knobs.victim_arithmetic).as_str() {
        "exact" => "ideal oracle".to_owned(),
        rounded => format!("{rounded} oracle"),
    };
    let units = knobs.activation.as_ref().map_or(String::new(), |name| format!(", {name} units"));
    format!("{} weights{units}, {oracle}, {} attacker", knobs.weights, word(&knobs.attacker))
}
