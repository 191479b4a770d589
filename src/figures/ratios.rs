//! Bounds over errors, stage by stage: how many times the error each kind of bound is.

use super::axis::{NAMES, Scale, WIDTH, bottom_axis};
use super::data::{Data, Kind, power};
use super::svg::{Anchor, Shape, Svg};
use super::{Drawing, Figure};
use crate::record::{CertifiedStage, DualRecord, Log2, SpreadRecord};

const FORMS: [(&str, &str, Shape); 4] = [
    ("measured answers", "a", Shape::Circle),
    ("certified", "b", Shape::Square),
    ("running", "c", Shape::Triangle),
    ("a priori", "d", Shape::Diamond),
];

fn forms(stage: &CertifiedStage) -> [Option<&SpreadRecord>; 4] {
    [&stage.measured_answers_log2, &stage.certified_log2, &stage.running_log2, &stage.a_priori_log2].map(Option::as_ref)
}

pub(super) fn figure(record: &DualRecord) -> Option<Figure> {
    let stages = &record.certified.as_ref()?.stages;
    let mut data = Data::new([
        ("stage", "stage", Kind::Text),
        ("bound", "bound", Kind::Text),
        ("median_log2", "log2 median ratio", Kind::Real),
        ("max_log2", "log2 largest ratio", Kind::Real),
        ("numbers", "numbers", Kind::Count),
        ("without_bound", "without bound", Kind::Count),
    ]);
    let finite = |Log2(x): &Log2| Some(*x).filter(|x| x.is_finite());
    let shown: Vec<_> = stages.iter().filter(|stage| forms(stage).iter().any(Option::is_some)).collect();
    let all = shown.iter().flat_map(|stage| forms(stage)).flatten().flat_map(|s| [finite(&s.median), finite(&s.max)]);
    let scale = Scale::around(all.flatten().chain([0.0]), [NAMES, WIDTH - 14.0]);
    if shown.is_empty() {
        return None;
    }
    let row = 84.0;
    let bottom = 6.0 + shown.len() as f64 * row;
    let mut svg = Svg::new(WIDTH, bottom + 62.0);
    bottom_axis(&mut svg, &scale, [4.0, bottom], "log2 of bound over error");
    for (i, stage) in shown.iter().enumerate() {
        let y = 6.0 + i as f64 * row;
        svg.text("ink", Anchor::End, [NAMES - 10.0, y + row / 2.0 + 4.0], &stage.name);
        for (k, (spread, (name, class, shape))) in forms(stage).into_iter().zip(FORMS).enumerate() {
            let Some(spread) = spread else { continue };
            let y = y + 16.0 + k as f64 * 17.0;
            let tip =
                format!("{}, {name}: median {}, largest {}", stage.name, power(spread.median.0), power(spread.max.0));
            if let (Some(median), Some(max)) = (finite(&spread.median), finite(&spread.max)) {
                svg.line("axis", [scale.place(median), y], [scale.place(max), y]);
                svg.mark(class, shape, [scale.place(median), y], 4.2, &tip);
            }
            data.push([
                stage.name.clone().into(),
                name.into(),
                spread.median.into(),
                spread.max.into(),
                stage.numbers.into(),
                stage.without_bound.into(),
            ]);
        }
    }
    let mut from = 8.0;
    for (name, class, shape) in FORMS {
        svg.mark(class, shape, [from + 5.0, bottom + 50.0], 4.2, "");
        svg.text("ink small", Anchor::Start, [from + 15.0, bottom + 54.0], name);
        from += 32.0 + 6.4 * name.chars().count() as f64;
    }
    let medians = shown.iter().filter_map(|stage| Some((stage, stage.certified_log2.as_ref()?.median.0)));
    let widest = medians.filter(|(_, x)| x.is_finite()).max_by(|a, b| a.1.total_cmp(&b.1));
    let holds = record.certified.as_ref().is_some_and(|certified| certified.holds);
    let mut says = match widest {
        Some((stage, x)) => {
            format!("Certified bounds are widest in {}: {} times the error in the median.", stage.name, power(x))
        }
        None => "No number has a certified bound.".to_owned(),
    };
    says += if holds { " No bound is below its error." } else { " A BOUND IS BROKEN: this is a defect." };
    Some(Figure {
        id: "ratios".to_owned(),
        title: "Bounds over errors".to_owned(),
        says,
        drawing: Some(Drawing {
            svg,
            key:
                "Marks: the median over the numbers of a stage; lines reach to the largest. At 0 a bound is the error."
                    .to_owned(),
        }),
        tables: vec![("Ratios".to_owned(), data)],
    })
}
