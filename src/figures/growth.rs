//! Sweeps over shapes: error, bits lost and whose rounding it is, against the hidden units and the inputs.

use super::data::{Data, Kind, Value, count, decimals, power, word};
use super::panels::{Mark, STYLES, Series, draw};
use super::{Drawing, Figure};
use crate::record::{Log2, LossRecord};
use crate::sweep::{AttributedRow, Law, RANDOM, ShapeRow, Side, StageMedians, Table, trend};

/// The figures that the single runs of a sweep give: nothing where they are of one shape.
pub(super) fn figures(table: &Table) -> Vec<Figure> {
    let random: Vec<&ShapeRow> = table.shapes.iter().filter(|row| row.victim.source == RANDOM).collect();
    let mut settings: Vec<String> = random.iter().map(|row| row.setting()).collect();
    settings.sort_unstable();
    settings.dedup();
    let mut figures = Vec::new();
    for setting in &settings {
        let rows: Vec<&ShapeRow> = random.iter().copied().filter(|row| row.setting() == *setting).collect();
        if !several(rows.iter().map(|row| (row.inputs, row.hidden))) {
            continue;
        }
        let ways: Vec<Vec<&ShapeRow>> = by(&rows, |row| row.way());
        figures.extend(ways.chunks(STYLES.len()).map(|ways| errors(ways, setting)));
        figures.extend(ways.iter().filter_map(|rows| losses(rows, setting)));
    }
    figures.extend(causes(table));
    figures
}

/// Whether there are two shapes or more.
fn several(mut shapes: impl Iterator<Item = (usize, usize)>) -> bool {
    let first = shapes.next();
    shapes.any(|shape| Some(shape) != first)
}

/// Words as a part of a file's name.
fn slug(words: &str) -> String {
    words.replace(", ", "-").replace(' ', "-")
}

/// The items by a word, in the order in which the words come first.
fn by<T: Copy>(items: &[T], word: impl Fn(T) -> String) -> Vec<Vec<T>> {
    let mut found: Vec<(String, Vec<T>)> = Vec::new();
    for &item in items {
        let of = word(item);
        match found.iter_mut().find(|(known, _)| *known == of) {
            Some((_, items)) => items.push(item),
            None => found.push((of, vec![item])),
        }
    }
    found.into_iter().map(|(_, items)| items).collect()
}

const BOTH: &str = "Marks: the median over the seeds, from the least to the largest; lines join networks that are alike \
                    in the other side.";

fn errors(ways: &[Vec<&ShapeRow>], setting: &str) -> Figure {
    let mut data = Data::new([
        ("network", "network", Kind::Text),
        ("weights", "weights", Kind::Text),
        ("strategy", "strategy", Kind::Text),
        ("oracle", "oracle", Kind::Text),
        ("attacker", "attacker", Kind::Text),
        ("inputs", "inputs", Kind::Count),
        ("hidden", "hidden", Kind::Count),
        ("outputs", "outputs", Kind::Count),
        ("seeds", "seeds", Kind::Count),
        ("complete", "complete", Kind::Count),
        ("weight_error_log2_least", "log2 error, least", Kind::Real),
        ("weight_error_log2_median", "median", Kind::Real),
        ("weight_error_log2_most", "largest", Kind::Real),
    ]);
    let mut says = Vec::new();
    let mut without = Vec::new();
    let mut series = Vec::new();
    for rows in ways {
        let mark = |row: &&ShapeRow| {
            let over = row.weight_error_log2?;
            Some(Mark {
                inputs: row.inputs,
                hidden: row.hidden,
                value: over.median.0,
                spread: [over.least.0, over.most.0],
                tip: format!("{}: {}, {} of {} complete", row.name(), power(over.median.0), row.complete, row.seeds),
            })
        };
        let name = rows.first().map(|row| row.way()).unwrap_or_default();
        series.push(Series { name: name.clone(), marks: rows.iter().filter_map(mark).collect() });
        let seen: Vec<_> =
            rows.iter().flat_map(|row| row.errors().iter().map(|&error| (row.inputs, row.hidden, error))).collect();
        match trend(&seen) {
            Some(law) => says.push(format!("{name}: the worst weight error grows by {}.", grows(&law))),
            None => without.push(name),
        }
        for row in rows {
            let over = |pick: fn(&crate::sweep::OverSeeds) -> Log2| row.weight_error_log2.as_ref().map(pick);
            data.push([
                row.name().into(),
                row.victim.weights.clone().into(),
                word(&row.strategy).into(),
                word(&row.victim_arithmetic).into(),
                word(&row.attacker).into(),
                row.inputs.into(),
                row.hidden.into(),
                row.outputs.into(),
                row.seeds.into(),
                row.complete.into(),
                over(|over| over.least).into(),
                over(|over| over.median).into(),
                over(|over| over.most).into(),
            ]);
        }
    }
    if !without.is_empty() {
        let ways = without.join("; ");
        says.push(format!("Too few shapes or seeds end with a network to say how the error grows: {ways}."));
    }
    Figure {
        id: "error-by-shape".to_owned(),
        title: format!("Error as networks grow: {setting}"),
        says: says.join(" "),
        drawing: Some(Drawing {
            svg: draw(&series, "log2 of the worst weight error"),
            key: format!("{BOTH} Runs without a network have no error, and count as not complete."),
        }),
        tables: vec![("Errors".to_owned(), data)],
    }
}

/// How a number grows with both sides, in words.
fn grows(law: &Law) -> String {
    let two = |x: f64| decimals(x, 2);
    let term = |(coefficient, side): (Option<crate::sweep::Coefficient>, Side)| {
        let c = coefficient?;
        let of = match side {
            Side::Hidden => "hidden units",
            Side::Inputs => "inputs",
        };
        Some(format!("{} [{}, {}] bits for twice the {of}", two(c.value), two(c.low), two(c.high)))
    };
    let terms = [(law.hidden, Side::Hidden), (law.inputs, Side::Inputs)];
    let terms: Vec<String> = terms.into_iter().filter_map(term).collect();
    format!("{}, 95 % intervals", terms.join(" and "))
}

fn losses(rows: &[&ShapeRow], setting: &str) -> Option<Figure> {
    let mut data = Data::new([
        ("network", "network", Kind::Text),
        ("inputs", "inputs", Kind::Count),
        ("hidden", "hidden", Kind::Count),
        ("stage", "stage", Kind::Text),
        ("bits_lost", "bits lost", Kind::Real),
        ("worst_error_log2", "log2 worst error", Kind::Real),
        ("inherited_log2", "inherited", Kind::Real),
        ("answers_log2", "from answers", Kind::Real),
        ("local_log2", "own rounding", Kind::Real),
        ("bound_log2", "certified bound", Kind::Real),
    ]);
    let mut series: Vec<Series> = Vec::new();
    for (i, name) in LossRecord::names().into_iter().enumerate() {
        let stage =
            |row: &ShapeRow| row.losses.map(|losses| losses.stages()[i]).filter(|stage| stage.bits_lost.is_some());
        let mark = |row: &&ShapeRow| {
            let lost = stage(row)?.bits_lost?.0;
            let tip = format!("{}: {} bits", row.name(), decimals(lost, 1));
            Some(Mark { inputs: row.inputs, hidden: row.hidden, value: lost, spread: [lost, lost], tip })
        };
        let marks: Vec<Mark> = rows.iter().filter_map(mark).filter(|mark| mark.value.is_finite()).collect();
        if !marks.is_empty() {
            series.push(Series { name: name.to_owned(), marks });
        }
        for row in rows {
            let Some(StageMedians {
                bits_lost,
                worst_error_log2,
                inherited_log2,
                answers_log2,
                local_log2,
                bound_log2,
            }) = stage(row)
            else {
                continue;
            };
            data.push([
                row.name().into(),
                row.inputs.into(),
                row.hidden.into(),
                name.into(),
                bits_lost.into(),
                worst_error_log2.into(),
                inherited_log2.into(),
                answers_log2.into(),
                local_log2.into(),
                bound_log2.into(),
            ]);
        }
    }
    if series.is_empty() {
        return None;
    }
    let way = rows.first().map(|row| row.way()).unwrap_or_default();
    let range = |series: &Series| {
        let values = || series.marks.iter().map(|mark| mark.value);
        let (least, most) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
        format!("{} lose {} to {} bits", series.name, decimals(least, 1), decimals(most, 1))
    };
    let mut says =
        series.iter().map(range).collect::<Vec<_>>().join(", ").replace("last layer lose", "the last layer loses");
    says = format!("Over these networks {says} (medians over seeds).");
    let made: Vec<Vec<&str>> =
        by(&rows.iter().filter_map(|row| row.made_in.as_deref()).collect::<Vec<_>>(), str::to_owned);
    if let Some(most) = made.iter().max_by_key(|rows| rows.len()) {
        let (times, all) = (most.len(), count(rows.len(), "network"));
        says += &format!(" The largest error of the result is mostly made in {} at {times} of {all}.", most[0]);
    }
    Some(Figure {
        id: format!("bits-lost-by-shape-{}", slug(&way)),
        title: format!("Bits lost by stage as networks grow: {way}, {setting}"),
        says,
        drawing: Some(Drawing {
            svg: draw(&series, "bits lost"),
            key: "Marks: the median over the seeds; lines join networks that are alike in the other side. Below 0 a stage \
                  wins bits back by averaging."
                .to_owned(),
        }),
        tables: vec![("Stages".to_owned(), data)],
    })
}

/// The runs that tell who rounds, a figure for each way to attack random victims.
fn causes(table: &Table) -> Vec<Figure> {
    let rows: Vec<&AttributedRow> = table.attribution.iter().collect();
    let groups = by(&rows, |row| format!("{} {} {}", row.victim.source, row.victim.weights, row.table()[4]));
    groups.iter().map(|rows| cause(rows)).collect()
}

fn cause(rows: &[&AttributedRow]) -> Figure {
    let mut data = Data::new([
        ("network", "network", Kind::Text),
        ("inputs", "inputs", Kind::Count),
        ("hidden", "hidden", Kind::Count),
        ("isolates", "isolates", Kind::Text),
        ("seeds", "seeds", Kind::Count),
        ("complete", "complete", Kind::Count),
        ("weight_error_log2_least", "log2 error, least", Kind::Real),
        ("weight_error_log2_median", "median", Kind::Real),
        ("weight_error_log2_most", "largest", Kind::Real),
    ]);
    let mut series = Vec::new();
    let mut largest: Vec<(String, f64)> = Vec::new();
    for alike in by(rows, |row| row.isolates.clone()) {
        let mut marks = Vec::new();
        for seeds in by(&alike, |row| row.victim.shape.clone()) {
            let first = seeds[0];
            let mut errors: Vec<f64> =
                seeds.iter().filter_map(|row| row.run.weight_error_log2.map(|error| error.max.0)).collect();
            errors.sort_by(f64::total_cmp);
            let complete = seeds.iter().filter(|row| row.run.complete == Some(true)).count();
            let middle = errors.get(errors.len().saturating_sub(1) / 2).copied();
            let shape = first.victim.shape.clone();
            let real = |x: Option<f64>| x.map_or(Value::Empty, Value::Real);
            data.push([
                shape.clone().into(),
                first.inputs.into(),
                first.hidden.into(),
                first.isolates.clone().into(),
                seeds.len().into(),
                complete.into(),
                real(errors.first().copied()),
                real(middle),
                real(errors.last().copied()),
            ]);
            let (Some(value), Some(&least), Some(&most)) = (middle, errors.first(), errors.last()) else { continue };
            let tip = format!("{shape}: {}, {complete} of {} complete", power(value), seeds.len());
            marks.push(Mark { inputs: first.inputs, hidden: first.hidden, value, spread: [least, most], tip });
        }
        let last = marks.iter().max_by_key(|mark| (mark.hidden, mark.inputs)).map(|mark| mark.value);
        largest.extend(last.map(|value| (alike[0].isolates.clone(), value)));
        series.push(Series { name: alike[0].isolates.clone(), marks });
    }
    let first = rows[0];
    let outputs = count(first.outputs, "output");
    let shape = rows.iter().max_by_key(|row| (row.hidden, row.inputs)).map_or("", |row| &row.victim.shape);
    let said = |(name, value): &(String, f64)| format!("{name} {}", power(*value));
    let says = format!(
        "At {shape} the median of the worst weight error is, by what a run isolates: {}.",
        largest.iter().map(said).collect::<Vec<_>>().join(", ")
    );
    Figure {
        id: format!("causes-by-shape-{}-{}-oracle", word(&first.strategy), first.oracle()),
        title: format!(
            "Who rounds as networks grow: {} weights, {outputs}, {}",
            first.victim.weights,
            first.table()[4]
        ),
        says,
        drawing: Some(Drawing {
            svg: draw(&series, "log2 of the worst weight error"),
            key: format!(
                "{BOTH} Five runs of one attack: each isolates one cause of errors, the last has all of them."
            ),
        }),
        tables: vec![("Causes".to_owned(), data)],
    }
}
