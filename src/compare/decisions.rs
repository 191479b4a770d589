//! Two runs' decisions, aligned by key.

use crate::judge::{Decision, Key, Limit, Site, Stage};
use std::cmp::Ordering;
use std::collections::HashMap;

/// The decisions of one stage, counted.
#[derive(Clone, Debug, PartialEq)]
pub struct StageDecisions {
    /// The stage.
    pub stage: Stage,
    /// Questions that the rounded run asked.
    pub asked: usize,
    /// Those that the exact run asked, too, and answered alike.
    pub same: usize,
    /// Those that the exact run answered differently, or never asked; 0 in [`Stage::Polish`],
    /// which exact runs do not have.
    pub different: usize,
    /// The closest call of the rounded run among sites with a tolerance, `log2` of how far
    /// from it; `None` without one.
    pub closest_margin: Option<f64>,
    /// Margins of the rounded run at sites with a tolerance, in its order, see [`Decision::margin`];
    /// each with whether the exact run answers alike, always in [`Stage::Polish`].
    pub margins: Vec<(f32, bool)>,
}

/// The first question about an item that two runs answer differently.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Divergence {
    /// Where.
    pub key: Key,
    /// Which question.
    pub site: Site,
    /// The exact run's answer; `None` where it asked something else.
    pub exact: Option<Ordering>,
    /// The rounded run's answer.
    pub rounded: Ordering,
    /// The rounded run's margin, see [`Decision::margin`].
    pub margin: f64,
}

/// Counts per stage, and the first divergence in the order of the rounded run.
pub fn decisions(exact: &[Decision], rounded: &[Decision]) -> (Vec<StageDecisions>, Option<Divergence>) {
    let answers: HashMap<Key, &Decision> = exact.iter().map(|d| (d.key, d)).collect();
    let mut first = None;
    let mut stages: Vec<StageDecisions> = Stage::ALL.iter().map(|&stage| StageDecisions::none(stage)).collect();
    for decision in rounded {
        let twin = answers.get(&decision.key).filter(|d| d.site == decision.site).map(|d| d.sign);
        let stage = &mut stages[decision.key.stage as usize];
        stage.asked += 1;
        // Exact runs do not polish.
        let alone = decision.key.stage == Stage::Polish;
        let margin = f64::from(decision.margin).abs();
        // Where only zero is zero, either answer next to it is safe.
        let counts = decision.site.row().limit != Limit::Zero;
        if counts && margin.is_finite() && stage.closest_margin.is_none_or(|closest| margin < closest) {
            stage.closest_margin = Some(margin);
        }
        if counts {
            stage.margins.push((decision.margin, alone || twin == Some(decision.sign)));
        }
        if alone {
            continue;
        }
        if twin == Some(decision.sign) {
            stage.same += 1;
            continue;
        }
        stage.different += 1;
        first.get_or_insert(Divergence {
            key: decision.key,
            site: decision.site,
            exact: twin,
            rounded: decision.sign,
            margin: f64::from(decision.margin),
        });
    }
    stages.retain(|stage| stage.stage != Stage::Polish || stage.asked > 0);
    (stages, first)
}

impl StageDecisions {
    fn none(stage: Stage) -> Self {
        Self { stage, asked: 0, same: 0, different: 0, closest_margin: None, margins: Vec::new() }
    }
}
