//! Figures of one audit: how the bounds came together, and the difference on the way to the witness.

use super::axis::{Scale, WIDTH, bottom_axis, left_axis};
use super::data::{Data, Kind, decimals, power};
use super::svg::{Anchor, Shape, Svg};
use super::{Drawing, Figure, Section};
use crate::record::{AuditRecord, MomentRecord, SegmentRecord};

const LEFT: f64 = 60.0;
const RIGHT: f64 = WIDTH - 14.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 250.0;

/// The section of a record; `name`: its file.
pub(super) fn section(name: &str, record: &AuditRecord) -> Section {
    let network = |network: &crate::record::NetworkRecord| format!("{}, {}", network.source, network.shape);
    let facts = [
        ("record", name.to_owned()),
        ("victim", network(&record.victim)),
        ("victim sha256", record.victim.sha256.clone()),
        ("copy", network(&record.copy)),
        ("copy sha256", record.copy.sha256.clone()),
        ("domain", record.domain.clone()),
        ("scale", record.scale.to_string()),
        ("unit", record.unit_written.clone()),
        ("program", format!("exactract {}", record.program)),
        ("outcome", record.verdict.clone()),
    ];
    let how = "an audit on a box gives it: `exactract audit … --json FILE`".to_owned();
    let parts: [(&str, Option<Figure>); 2] = [
        ("Bounds over time", bounds(&record.progress)),
        ("The difference on the way to the witness", record.segment.as_ref().and_then(segment)),
    ];
    let (mut figures, mut absent) = (Vec::new(), Vec::new());
    for (title, figure) in parts {
        match figure {
            Some(figure) => figures.push(figure),
            None => absent.push((title.to_owned(), how.clone())),
        }
    }
    let facts = facts.map(|(name, value)| (name.to_owned(), value)).to_vec();
    Section { title: format!("Audit of {}", record.copy.source), facts, figures, absent }
}

/// Both bounds, step by step.
fn bounds(moments: &[MomentRecord]) -> Option<Figure> {
    let last = moments.last()?;
    let mut data = Data::new([
        ("seconds", "seconds", Kind::Real),
        ("lower_log2", "log2 at least", Kind::Real),
        ("upper_log2", "log2 at most", Kind::Real),
    ]);
    for MomentRecord { seconds, lower, upper } in moments {
        let real = |log2: Option<f64>| log2.unwrap_or(f64::NEG_INFINITY);
        data.push([(*seconds).into(), real(lower.log2).into(), real(upper.log2).into()]);
    }
    let logarithms = moments.iter().flat_map(|moment| [moment.lower.log2, moment.upper.log2]).flatten();
    let up = Scale::around(logarithms, [BOTTOM, TOP]);
    let across = Scale::around(moments.iter().map(|moment| moment.seconds).chain([0.0]), [LEFT, RIGHT]);
    let mut svg = Svg::new(WIDTH, BOTTOM + 42.0);
    left_axis(&mut svg, &up, [LEFT, RIGHT], "log2 of the largest difference");
    bottom_axis(&mut svg, &across, [TOP, BOTTOM], "seconds");
    for (class, shape, name, of) in [
        ("b", Shape::Square, "at most", (|moment| moment.upper.log2) as fn(&MomentRecord) -> Option<f64>),
        ("a", Shape::Circle, "at least", |moment| moment.lower.log2),
    ] {
        let mut before: Option<[f64; 2]> = None;
        for moment in moments {
            let Some(log2) = of(moment) else { continue };
            let point = [across.place(moment.seconds), up.place(log2)];
            // A bound stands until it is improved.
            if let Some(before) = before {
                let corner = [point[0], before[1]];
                svg.line("axis", before, corner);
                svg.line("axis", corner, point);
            }
            let tip = format!("{name} {} after {} s", power(log2), moment.seconds);
            svg.mark(class, shape, point, 3.5, &tip);
            before = Some(point);
        }
    }
    let says = match (last.lower.log2, last.upper.log2) {
        (Some(lower), Some(upper)) => format!(
            "After {} s the largest difference is between {} and {}: {} bits are open.",
            decimals(last.seconds, 1),
            power(lower),
            power(upper),
            decimals(upper - lower, 2)
        ),
        (None, Some(upper)) => format!("The largest difference is at most {}; no input shows one.", power(upper)),
        (_, None) => "There is no difference.".to_owned(),
    };
    Some(Figure {
        id: "audit-bounds".to_owned(),
        title: "Bounds over time".to_owned(),
        says,
        drawing: Some(Drawing {
            svg,
            key: "Squares: at most, proved. Circles: at least, shown at an input.".to_owned(),
        }),
        tables: vec![("Bounds".to_owned(), data)],
    })
}

/// The difference on the way from the centre of the domain to the witness.
fn segment(segment: &SegmentRecord) -> Option<Figure> {
    let SegmentRecord { output, at, difference } = segment;
    let largest = difference.iter().map(|x| x.abs()).fold(0.0, f64::max);
    if largest == 0.0 {
        return None;
    }
    let mut data = Data::new([("at", "part of the way", Kind::Real), ("difference", "difference", Kind::Real)]);
    at.iter().zip(difference).for_each(|(at, difference)| data.push([(*at).into(), (*difference).into()]));
    let across = Scale::around(at.iter().copied(), [LEFT, RIGHT]);
    let up = Scale::around(difference.iter().map(|x| x / largest).chain([0.0]), [BOTTOM, TOP]);
    let mut svg = Svg::new(WIDTH, BOTTOM + 42.0);
    left_axis(&mut svg, &up, [LEFT, RIGHT], &format!("difference over {}", power(largest.log2())));
    bottom_axis(&mut svg, &across, [TOP, BOTTOM], "from the centre of the domain to the witness");
    svg.line("axis", [LEFT, up.place(0.0)], [RIGHT, up.place(0.0)]);
    let points: Vec<[f64; 2]> =
        at.iter().zip(difference).map(|(at, x)| [across.place(*at), up.place(x / largest)]).collect();
    for (pair, (at, x)) in points.windows(2).zip(at.iter().zip(difference)) {
        svg.line("axis", pair[0], pair[1]);
        svg.mark("a", Shape::Circle, pair[0], 2.0, &format!("{x:e} at {at}"));
    }
    if let (Some(end), Some(x)) = (points.last(), difference.last()) {
        svg.mark("b", Shape::Square, *end, 4.0, &format!("{x:e} at the witness"));
        svg.text("ink small", Anchor::End, [end[0] - 8.0, end[1] + 4.0], "witness");
    }
    let (first, last) = (difference.first()?.abs(), difference.last()?.abs());
    let of = |x: f64| if x == 0.0 { "0".to_owned() } else { power(x.log2()) };
    let says = format!(
        "Output {output} is off by {} at the centre of the domain and by {} at the witness.",
        of(first),
        of(last)
    );
    Some(Figure {
        id: "audit-segment".to_owned(),
        title: "The difference on the way to the witness".to_owned(),
        says,
        drawing: Some(Drawing {
            svg,
            key: "The copy times the scale minus the victim, exact at each mark; straight between two bends."
                .to_owned(),
        }),
        tables: vec![("Differences".to_owned(), data)],
    })
}
