//! Figures of one run: what its JSON record holds.

use super::axis::{NAMES, Scale, WIDTH, bottom_axis, left_axis};
use super::data::{Data, Kind, Value, count, decimals, power};
use super::svg::{Anchor, Shape, Svg};
use super::{Drawing, Figure, Section, margins, ratios};
use crate::record::{AttributedRun, DualRecord, LedgerItem, Log2, Outcome, RunRecord, StageRecord};

/// Place for causes, which are longer.
const CAUSES: f64 = 196.0;
/// Height of a row of bars.
const ROW: f64 = 34.0;

/// The section of a record; `name`: its file.
pub(super) fn section(name: &str, record: &DualRecord) -> Section {
    let victim = &record.victim;
    let facts = [
        ("record", name.to_owned()),
        ("victim", format!("{}, {}, {} weights", victim.source, victim.shape, victim.weights)),
        ("sha256", victim.sha256.clone()),
        ("attack", format!("{}, seed {}, {} kernel", record.strategy, record.seed, record.kernel)),
        ("program", format!("exactract {}", record.program)),
        ("outcome", record.verdict.clone()),
    ];
    let again = |option: &str| format!("`exactract run … {option} --json {name}` gives it");
    let parts: [(&str, Option<Figure>, String); 6] = [
        ("Bits lost stage by stage", waterfall(record), "neither run came to a number".to_owned()),
        ("Error by neuron against the gap to the next kink", gaps(record), again("--ledger")),
        ("Margins of decisions", margins::decisions(record), "no decision was made".to_owned()),
        ("Margins of signs", margins::signs(record), again("--certify")),
        ("Who rounds: the attribution table", attribution(record), again("--attribution")),
        ("Bounds over errors", ratios::figure(record), again("--certify")),
    ];
    let (mut figures, mut absent) = (Vec::new(), Vec::new());
    for (title, figure, how) in parts {
        match figure {
            Some(figure) => figures.push(Figure { id: format!("run-{}", figure.id), ..figure }),
            None => absent.push((title.to_owned(), how)),
        }
    }
    let facts = facts.map(|(name, value)| (name.to_owned(), value)).to_vec();
    Section { title: format!("Run {} {}", victim.shape, record.strategy), facts, figures, absent }
}

fn waterfall(record: &DualRecord) -> Option<Figure> {
    let finite = |x: Option<Log2>| x.map(|Log2(x)| x).filter(|x| x.is_finite());
    let stages: Vec<(&StageRecord, f64, f64)> = record
        .stages
        .iter()
        .filter_map(|stage| Some((stage, finite(stage.bits_in)?, finite(stage.bits_out)?)))
        .collect();
    let (&(_, first, _), &(_, _, last)) = (stages.first()?, stages.last()?);
    let mut data = Data::new([
        ("stage", "stage", Kind::Text),
        ("bits_in", "bits in", Kind::Real),
        ("bits_lost", "lost", Kind::Real),
        ("bits_out", "bits out", Kind::Real),
        ("worst_error_log2", "log2 worst error", Kind::Real),
        ("median_error_log2", "log2 median error", Kind::Real),
    ]);
    let bottom = 10.0 + (stages.len() + 2) as f64 * ROW;
    let mut svg = Svg::new(WIDTH, bottom + 42.0);
    let ends = stages.iter().flat_map(|(_, before, after)| [*before, *after]);
    let scale = Scale::around(ends.chain([0.0]), [NAMES, WIDTH - 46.0]);
    bottom_axis(&mut svg, &scale, [6.0, bottom], "correct bits of the worst number");
    let mut bar = |row: usize, name: &str, class: &str, [from, to]: [f64; 2], label: &str| {
        let y = 10.0 + row as f64 * ROW;
        let (left, right) = (scale.place(from.min(to)), scale.place(from.max(to)));
        let (name, tip) = (name.to_owned(), format!("{name}: {label}"));
        svg.text("ink", Anchor::End, [NAMES - 8.0, y + 19.0], &name);
        svg.rect(class, [left, y + 4.0, (right - left).max(1.5), ROW - 12.0], &tip);
        svg.text("ink small", Anchor::Start, [right + 5.0, y + 18.0], label);
        // Down to the next bar.
        svg.line("axis", [scale.place(to), y + ROW - 8.0], [scale.place(to), y + ROW + 4.0]);
    };
    bar(0, "answers", "a", [0.0, first], &decimals(first, 1));
    for (row, (stage, before, after)) in stages.iter().enumerate() {
        let lost = before - after;
        let (class, label) =
            if lost < 0.0 { ("c", format!("+{}", decimals(-lost, 1))) } else { ("b", decimals(-lost, 1)) };
        bar(row + 1, &stage.name, class, [*before, *after], &label);
        let spread = stage.error_log2.as_ref();
        data.push([
            stage.name.clone().into(),
            (*before).into(),
            lost.into(),
            (*after).into(),
            spread.map(|s| s.max).into(),
            spread.map(|s| s.median).into(),
        ]);
    }
    bar(stages.len() + 1, "result", "a", [0.0, last], &decimals(last, 1));
    let (worst, before, after) = stages.iter().max_by(|a, b| (a.1 - a.2).total_cmp(&(b.1 - b.2)))?;
    let says = format!(
        "Of {} bits in the answers {} are left; {} loses most: {} bits.",
        decimals(first, 1),
        decimals(last, 1),
        worst.name,
        decimals(before - after, 1),
    );
    let replay = if record.replayed { " Errors are those of a replay along the exact run's decisions." } else { "" };
    let key = format!("Orange: bits lost by a stage; green: bits that a stage wins back by averaging.{replay}");
    Some(Figure {
        id: "waterfall".to_owned(),
        title: "Bits lost stage by stage".to_owned(),
        says,
        drawing: Some(Drawing { svg, key }),
        tables: vec![("Stages".to_owned(), data)],
    })
}

const STAGES: [(&str, Shape, &str); 3] =
    [("a", Shape::Circle, "circles"), ("b", Shape::Square, "squares"), ("c", Shape::Triangle, "triangles")];

fn gaps(record: &DualRecord) -> Option<Figure> {
    let mut data = Data::new([
        ("stage", "stage", Kind::Text),
        ("item", "neuron, by its critical point", Kind::Text),
        ("number", "worst number", Kind::Text),
        ("gap_log2", "log2 gap", Kind::Real),
        ("error_log2", "log2 error", Kind::Real),
        ("inherited_log2", "log2 inherited", Kind::Real),
        ("answers_log2", "log2 from answers", Kind::Real),
        ("local_log2", "log2 own rounding", Kind::Real),
        ("amplification_log2", "log2 amplification", Kind::Real),
    ]);
    let stages = &record.ledger.as_ref()?.stages;
    let placed = |item: &&LedgerItem| item.gap_log2.is_some();
    let points: Vec<(usize, &LedgerItem)> = stages
        .iter()
        .enumerate()
        .flat_map(|(i, stage)| stage.items.iter().filter(placed).map(move |x| (i, x)))
        .collect();
    let gap = |item: &LedgerItem| item.gap_log2.map_or(0.0, |Log2(x)| x);
    let error = |item: &LedgerItem| item.total_log2.0;
    let (worst_stage, worst) = *points.iter().max_by(|a, b| error(a.1).total_cmp(&error(b.1)))?;
    let (left, right, bottom) = (52.0, WIDTH - 14.0, 290.0);
    let across = Scale::around(points.iter().map(|(_, item)| gap(item)), [left, right]);
    let up = Scale::around(points.iter().map(|(_, item)| error(item)), [bottom, 12.0]);
    let mut svg = Svg::new(WIDTH, bottom + 62.0);
    left_axis(&mut svg, &up, [left, right], "log2 of the relative error");
    bottom_axis(&mut svg, &across, [12.0, bottom], "log2 of the gap to the next kink on the line");
    for (stage, item) in &points {
        let (class, shape, _) = STAGES[stage % STAGES.len()];
        let name = &stages[*stage].name;
        let what = item.item.clone().unwrap_or_default();
        let tip = format!("{name}, {what}, {}: {}, gap {}", item.number, power(error(item)), power(gap(item)));
        svg.mark(class, shape, [across.place(gap(item)), up.place(error(item))], 3.6, &tip);
        data.push([
            name.clone().into(),
            what.into(),
            item.number.clone().into(),
            gap(item).into(),
            item.total_log2.into(),
            item.inherited_log2.into(),
            item.answers_log2.into(),
            item.local_log2.into(),
            item.amplification_log2.into(),
        ]);
    }
    let [x, y] = [across.place(gap(worst)), up.place(error(worst))];
    svg.mark("ring", Shape::Circle, [x, y], 8.0, "");
    let (anchor, beside) = if x > (left + right) / 2.0 { (Anchor::End, -12.0) } else { (Anchor::Start, 12.0) };
    let name = worst.item.clone().unwrap_or_default();
    svg.text("ink small strong", anchor, [x + beside, y + 4.0], &format!("worst: {name}"));
    let mut from = left;
    for (i, stage) in stages.iter().enumerate().filter(|(i, _)| points.iter().any(|(s, _)| s == i)) {
        let (class, shape, _) = STAGES[i % STAGES.len()];
        svg.mark(class, shape, [from + 5.0, bottom + 51.0], 3.6, "");
        svg.text("ink small", Anchor::Start, [from + 14.0, bottom + 55.0], &stage.name);
        from += 26.0 + 6.4 * stage.name.chars().count() as f64;
    }
    // The stage that the worst neuron is worst in: those near a kink beside those far from one.
    let mut of_stage: Vec<&LedgerItem> =
        points.iter().filter(|(s, _)| *s == worst_stage).map(|(_, item)| *item).collect();
    of_stage.sort_by(|a, b| gap(a).total_cmp(&gap(b)));
    let quarter = of_stage.len() / 4;
    let mut says = format!(
        "The worst is {name} in {}, {}: {}, with the next kink {} away.",
        stages[worst_stage].name,
        worst.number,
        power(error(worst)),
        power(gap(worst)),
    );
    let middle = |items: &[&LedgerItem]| {
        let mut errors: Vec<f64> = items.iter().map(|item| error(item)).collect();
        errors.sort_by(f64::total_cmp);
        errors.get(errors.len() / 2).copied().filter(|x| x.is_finite())
    };
    if let (true, Some(near), Some(far)) =
        (quarter > 0, middle(&of_stage[..quarter]), middle(&of_stage[of_stage.len() - quarter..]))
    {
        let how = if near > far { "more" } else { "less" };
        says += &format!(
            " The quarter with the smallest gaps has a median error of {}, the one with the largest {}: {} bits {how}.",
            power(near),
            power(far),
            decimals((near - far).abs(), 1),
        );
    }
    Some(Figure {
        id: "gaps".to_owned(),
        title: "Error by neuron against the gap to the next kink".to_owned(),
        says,
        drawing: Some(Drawing {
            svg,
            key: "One mark an item: the worst number of a critical point, of a row, or of a unit's output weights; \
                  the ring is around the worst of all."
                .to_owned(),
        }),
        tables: vec![("Items with a gap".to_owned(), data)],
    })
}

fn attribution(record: &DualRecord) -> Option<Figure> {
    let rows = &record.attribution;
    if rows.is_empty() {
        return None;
    }
    let mut data = Data::new([
        ("isolates", "isolates", Kind::Text),
        ("oracle", "oracle", Kind::Text),
        ("attacker", "attacker", Kind::Text),
        ("policy", "zero means", Kind::Text),
        ("outcome", "outcome", Kind::Text),
        ("kinks_count", "kinks found", Kind::Count),
        ("kinks_total", "kinks", Kind::Count),
        ("weight_error_log2_max", "log2 worst weight error", Kind::Real),
        ("equal", "equal", Kind::Flag),
        ("queries", "queries", Kind::Count),
    ]);
    let bottom = 8.0 + rows.len() as f64 * 44.0;
    let bits = |run: &RunRecord| run.weight_error_log2.as_ref().map(|s| -s.max.0);
    let known = rows.iter().filter_map(|row| bits(&row.run)).filter(|x| x.is_finite());
    let scale = Scale::around(known.chain([0.0, 53.0]), [CAUSES, WIDTH - 14.0]);
    let mut svg = Svg::new(WIDTH, bottom + 42.0);
    bottom_axis(&mut svg, &scale, [4.0, bottom], "correct bits of the worst weight");
    for (i, AttributedRun { isolates, run }) in rows.iter().enumerate() {
        let y = 8.0 + i as f64 * 44.0;
        let end = CAUSES - 8.0;
        svg.text("ink small strong", Anchor::End, [end, y + 15.0], isolates);
        let oracle = run.victim_arithmetic.map(|arithmetic| arithmetic.to_string()).unwrap_or_default();
        let attacker = run.attacker.map(|arithmetic| arithmetic.to_string()).unwrap_or_default();
        let who = format!("{oracle} oracle, {attacker} attacker");
        svg.text("soft small", Anchor::End, [end, y + 29.0], &who);
        let (left, widest) = (CAUSES, WIDTH - 14.0);
        match bits(run) {
            Some(bits) if bits.is_finite() => {
                let right = scale.place(bits);
                svg.rect("a", [left, y + 8.0, (right - left).max(1.5), 22.0], &format!("{isolates}: {bits:.1} bits"));
                let label = decimals(bits, 1);
                if right + 40.0 < widest {
                    svg.text("ink small", Anchor::Start, [right + 5.0, y + 23.0], &label);
                } else {
                    svg.text("on small", Anchor::End, [right - 5.0, y + 23.0], &label);
                }
            }
            Some(_) => {
                svg.rect("c", [left, y + 8.0, widest - left, 22.0], &format!("{isolates}: exact"));
                svg.text("on small", Anchor::End, [widest - 6.0, y + 23.0], "every weight exact");
            }
            None => svg.text("ink small", Anchor::Start, [left + 4.0, y + 23.0], run.outcome.name()),
        }
        data.push([
            isolates.clone().into(),
            oracle.into(),
            attacker.into(),
            (if run.policy.as_deref() == Some("exact") { "zero" } else { "below tolerance" }).into(),
            run.outcome.name().into(),
            run.kinks.map(|kinks| kinks.count).into(),
            run.kinks.map(|kinks| kinks.total).into(),
            run.weight_error_log2.as_ref().map(|s| s.max).map_or(Value::Empty, Value::from),
            run.equal.into(),
            run.queries.into(),
        ]);
    }
    Some(Figure {
        id: "attribution".to_owned(),
        title: "Who rounds: the attribution table".to_owned(),
        says: blamed(rows),
        drawing: Some(Drawing {
            svg,
            key: "Five runs of one attack; each differs from the exact one in who rounds, or in what counts as zero."
                .to_owned(),
        }),
        tables: vec![("Runs".to_owned(), data)],
    })
}

/// Which of the runs that isolate a cause is the least right.
fn blamed(rows: &[AttributedRun]) -> String {
    let failed: Vec<&str> =
        rows.iter().filter(|row| row.run.outcome != Outcome::Complete).map(|row| row.isolates.as_str()).collect();
    if !failed.is_empty() {
        return format!("{} ended without a network: {}.", count(failed.len(), "run"), failed.join(", "));
    }
    let error = |row: &AttributedRun| row.run.weight_error_log2.as_ref().map_or(f64::INFINITY, |s| s.max.0);
    // The last row has all causes together.
    let Some((practice, causes)) = rows.split_last() else { return String::new() };
    let worst = causes.iter().max_by(|a, b| error(a).total_cmp(&error(b)));
    match worst {
        Some(cause) if error(cause) > f64::NEG_INFINITY => format!(
            "Of the causes alone, {} costs most: it leaves a worst weight error of {}, all together {}.",
            cause.isolates,
            power(error(cause)),
            power(error(practice)),
        ),
        _ => format!("No cause alone makes an error; all together leave {}.", power(error(practice))),
    }
}
