//! How close decisions were: histograms of margins.

use super::axis::{WIDTH, tick};
use super::data::{Data, Kind, count, power};
use super::svg::{Anchor, Svg};
use super::{Drawing, Figure};
use crate::record::{CertifiedRecord, DualRecord, MarginBin, SignMargins};

/// A bar: where it starts, and its parts from the bottom up.
struct Bar {
    from: i32,
    parts: [usize; 3],
}

const CLASSES: [&str; 3] = ["a", "e", "b"];
const LEFT: f64 = 62.0;
const BOTTOM: f64 = 250.0;

/// A histogram with a logarithmic count, so that a single one is seen beside thousands; a bar is parted in proportion.
fn draw(bars: &[Bar], width: i32, names: [&str; 3], title: &str) -> Svg {
    let right = WIDTH - 10.0;
    let low = bars.iter().map(|bar| bar.from).min().unwrap_or(0);
    let high = bars.iter().map(|bar| bar.from).max().unwrap_or(0) + width;
    let step = (right - LEFT) / f64::from(high - low);
    let level = |n: usize| libm::log10(1.0 + n as f64);
    let sum = |bar: &Bar| bar.parts.iter().sum::<usize>();
    let most = bars.iter().map(sum).max().unwrap_or(0).max(1);
    let height = |n: usize| level(n) / level(most) * (BOTTOM - 18.0);
    let mut svg = Svg::new(WIDTH, BOTTOM + 66.0);
    let place = |at: i32| LEFT + f64::from(at - low) * step;
    let every = [2, 5, 10, 20, 50, 100].into_iter().find(|e| (high - low) / e <= 10).unwrap_or(200);
    svg.axis(|svg| {
        for at in (low..=high).filter(|at| at % every == 0) {
            svg.line("axis", [place(at), BOTTOM], [place(at), BOTTOM + 4.0]);
            svg.text("soft small", Anchor::Middle, [place(at), BOTTOM + 16.0], &tick(f64::from(at)));
        }
        svg.text("soft", Anchor::Middle, [(LEFT + right) / 2.0, BOTTOM + 34.0], title);
    });
    svg.axis(|svg| {
        let powers = std::iter::successors(Some(1), |n: &usize| n.checked_mul(10)).take_while(|n| *n <= most);
        for n in std::iter::once(0).chain(powers) {
            let y = BOTTOM - height(n);
            svg.line("rule", [LEFT, y], [right, y]);
            svg.text("soft small", Anchor::End, [LEFT - 5.0, y + 4.0], &n.to_string());
        }
        svg.turned("soft", Anchor::Middle, [12.0, BOTTOM / 2.0], -90.0, "decisions in a bar (log scale)");
    });
    if low < 0 && high > 0 {
        svg.line("axis", [place(0), 10.0], [place(0), BOTTOM]);
    }
    svg.line("axis", [LEFT, BOTTOM], [right, BOTTOM]);
    for bar in bars {
        let mut y = BOTTOM;
        for ((&n, class), name) in bar.parts.iter().zip(CLASSES).zip(names) {
            if n == 0 {
                continue;
            }
            let tip = format!("2^{} to 2^{}: {n} {name}", bar.from, bar.from + width);
            let part = (height(sum(bar)) * n as f64 / sum(bar) as f64).max(3.0);
            y -= part;
            svg.rect(class, [place(bar.from) + 0.5, y, f64::from(width) * step - 1.0, part], &tip);
            // What must not be overlooked carries its number.
            if class != "a" {
                svg.text(
                    "ink small strong",
                    Anchor::Middle,
                    [place(bar.from) + f64::from(width) * step / 2.0, y - 3.0],
                    &n.to_string(),
                );
            }
        }
    }
    let mut from = LEFT;
    for (class, name) in CLASSES.iter().zip(names).filter(|(_, name)| !name.is_empty()) {
        svg.rect(class, [from, BOTTOM + 47.0, 11.0, 11.0], "");
        svg.text("ink small", Anchor::Start, [from + 16.0, BOTTOM + 57.0], name);
        from += 34.0 + 6.2 * name.chars().count() as f64;
    }
    svg
}

/// Margins of the rounded run's decisions: as in the exact run, or not.
pub(super) fn decisions(record: &DualRecord) -> Option<Figure> {
    let mut data = Data::new([
        ("stage", "stage", Kind::Text),
        ("margin_log2", "log2 margin, from", Kind::Count),
        ("same", "as in the exact run", Kind::Count),
        ("different", "otherwise", Kind::Count),
    ]);
    let mut bars: std::collections::BTreeMap<i32, [usize; 3]> = Default::default();
    for stage in &record.stages {
        for &MarginBin { log2, same, different } in &stage.decisions.margins {
            let bar = bars.entry(log2).or_default();
            bar[0] += same;
            bar[2] += different;
            data.push([stage.name.clone().into(), i64::from(log2).into(), same.into(), different.into()]);
        }
    }
    if bars.is_empty() {
        return None;
    }
    let bars: Vec<Bar> = bars.into_iter().map(|(from, parts)| Bar { from, parts }).collect();
    let sum = |part: usize| bars.iter().map(|bar| bar.parts[part]).sum::<usize>();
    let (same, different) = (sum(0), sum(2));
    let near = bars.iter().filter(|bar| bar.from >= -2 && bar.from < 2);
    let near: usize = near.map(|bar| bar.parts.iter().sum::<usize>()).sum();
    let says = format!(
        "{near} of {} fell within 2 bits of a tolerance; {} not as in the exact run.",
        count(same + different, "decision"),
        match different {
            0 => "none went".to_owned(),
            1 => "1 went".to_owned(),
            n => format!("{n} went"),
        }
    );
    let svg = draw(
        &bars,
        MarginBin::WIDTH,
        ["as in the exact run", "", "otherwise"],
        "log2 of the number over its tolerance",
    );
    Some(Figure {
        id: "margins".to_owned(),
        title: "Margins of decisions".to_owned(),
        says,
        drawing: Some(Drawing {
            svg,
            key: "Right of 0 a number counts as other than zero, left of 0 as zero. Sites without a tolerance, where \
                  either answer is safe, are left out; exact zeros stand in the leftmost bar."
                .to_owned(),
        }),
        tables: vec![("Decisions by margin".to_owned(), data)],
    })
}

/// Margins of signs against their bounds: certified, undecided, wrong.
pub(super) fn signs(record: &DualRecord) -> Option<Figure> {
    let CertifiedRecord { sign_margins, signs_by, .. } = record.certified.as_ref()?;
    let mut data = Data::new([
        ("stage", "stage", Kind::Text),
        ("margin_log2", "log2 margin, from", Kind::Count),
        ("certified", "certified", Kind::Count),
        ("undecided", "undecided", Kind::Count),
        ("wrong", "wrong", Kind::Count),
    ]);
    let mut bars: std::collections::BTreeMap<i32, [usize; 3]> = Default::default();
    for SignMargins { stage, log2, counts } in sign_margins {
        let bar = bars.entry(*log2).or_default();
        for (sum, n) in bar.iter_mut().zip([counts.certified, counts.undecided, counts.wrong]) {
            *sum += n;
        }
        data.push([
            stage.clone().into(),
            i64::from(*log2).into(),
            counts.certified.into(),
            counts.undecided.into(),
            counts.wrong.into(),
        ]);
    }
    if bars.is_empty() {
        return None;
    }
    let bars: Vec<Bar> = bars.into_iter().map(|(from, parts)| Bar { from, parts }).collect();
    let sum = |part: usize| bars.iter().map(|bar| bar.parts[part]).sum::<usize>();
    let (certified, undecided, wrong) = (sum(0), sum(1), sum(2));
    let closest = bars.iter().find(|bar| bar.parts[0] > 0).map(|bar| bar.from);
    let closest = closest.map_or(String::new(), |from| {
        format!("; the closest certified one is {} of its bound or more", power(f64::from(from)))
    });
    let says = format!(
        "{certified} of {} certified, {undecided} undecided, {wrong} wrong{closest}.",
        count(certified + undecided + wrong, "sign")
    );
    let svg = draw(
        &bars,
        MarginBin::WIDTH,
        ["certified", "undecided", "wrong"],
        "log2 of the number over the bound on its error",
    );
    Some(Figure {
        id: "signs".to_owned(),
        title: "Margins of signs".to_owned(),
        says,
        drawing: Some(Drawing {
            svg,
            key: format!("Signs of ratios and of rows, by {signs_by}. Undecided and wrong ones carry their number."),
        }),
        tables: vec![("Signs by margin".to_owned(), data)],
    })
}
