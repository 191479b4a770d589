//! What a walk leaves in the trace.

use super::rows::Unit;
use super::search::GradientSearch;
use crate::attack::{Error, Run};
use crate::judge::Item;
use crate::linalg::Solve;
use crate::num::Num;
use crate::oracle::Batch;
use crate::trace::{Gradient, Jump, Missed, Reason, Signature, Walked};
use std::collections::HashMap;

impl<S: Solve> GradientSearch<S> {
    /// Writes rows, each with the answer at its critical point, and kinks without one to the trace.
    pub(super) fn record(&self, run: &mut Run<'_, S>, unexplained: &[Item]) -> Result<(), Error> {
        let bends = self.courses.iter().enumerate().flat_map(|(l, course)| course.bends.iter().map(move |b| (l, b)));
        run.trace.rows.missed = unexplained.iter().map(|&item| Missed { item, reason: Reason::Crowded }).collect();
        let place = |item: Item| bends.clone().find(|(_, bend)| bend.item == item);
        let of_gradients = self.units.iter().filter(|unit| unit.measured.is_none());
        let centers = of_gradients.filter_map(|unit| {
            let (line, bend) = place(unit.item)?;
            Some((self.courses[line].point(&bend.position), bend.mass.clone()))
        });
        let (centers, masses): (Vec<_>, Vec<_>) = centers.unzip();
        let answers = run.ask(&Batch::Points(&centers))?;
        let mut places = centers.into_iter().zip(answers).zip(masses);
        let signature = |unit: &Unit<S>| {
            if let Some(measured) = &unit.measured {
                return Some(measured.clone());
            }
            let ((center, answer), mass) = places.next()?;
            Some(Signature {
                item: unit.item,
                reference: unit.reference,
                row: unit.row.clone(),
                bias: unit.bias.clone(),
                strength: unit.strength.clone(),
                center,
                answer,
                mass,
                probes: None,
            })
        };
        *run.trace.signatures_mut() = self.units.iter().filter_map(signature).collect();
        Ok(())
    }

    /// What the rows are from, and the output biases.
    pub(in crate::attack) fn walked(&self) -> Walked<Num<S>> {
        let mut gradients = Vec::new();
        let mut places = HashMap::new();
        for (line, course) in self.courses.iter().enumerate() {
            for (index, segment) in course.segments.iter().enumerate() {
                let Some(gradient) = &segment.gradient else { continue };
                places.insert((line, index), gradients.len());
                gradients.push(Gradient {
                    point: gradient.point.clone(),
                    answer: gradient.answer.clone(),
                    steps: gradient.steps.clone(),
                    slopes: gradient.slopes.clone(),
                });
            }
        }
        let jump = |unit: &Unit<S>| {
            let source = unit.source.as_ref()?;
            let [from, to] = source.segments.map(|segment| places.get(&(source.line, segment)).copied());
            let (kinks, known) = (source.kinks.clone(), source.known.clone());
            Some(Jump { gradients: [from?, to?], kinks, own: source.own, known })
        };
        let jumps = self.units.iter().map(jump).collect();
        let base = self.best().and_then(|place| places.get(&place).copied());
        Walked { gradients, jumps, base }
    }
}
