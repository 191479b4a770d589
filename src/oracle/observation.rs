//! Observations: what an oracle showed of one answer.

use super::{Access, Failure};
use crate::num::Num;

/// What was shown of the answer to one question.
///
/// A label is an output's index; of a single output it is 0 or 1, see [`Access`].
#[derive(Clone, Debug)]
pub enum Observation<S> {
    /// The label.
    Label(usize),
    /// The label and its score.
    LabelScore(usize, Num<S>),
    /// Labels with their scores, the largest first.
    TopScores(Vec<(usize, Num<S>)>),
    /// Labels with their logits, the largest first.
    TopLogits(Vec<(usize, Num<S>)>),
    /// All scores, `[outputs]`.
    Scores(Vec<Num<S>>),
    /// All logits, `[outputs]`.
    Logits(Vec<Num<S>>),
}

impl<S> Observation<S> {
    /// How much is shown.
    pub fn access(&self) -> Access {
        match self {
            Self::Label(_) => Access::Label,
            Self::LabelScore(..) => Access::LabelScore,
            Self::TopScores(top) => Access::TopScores(top.len()),
            Self::TopLogits(top) => Access::TopLogits(top.len()),
            Self::Scores(_) => Access::Scores,
            Self::Logits(_) => Access::Logits,
        }
    }

    /// The numbers shown, in their order.
    pub fn numbers(&self) -> Vec<&S> {
        match self {
            Self::Label(_) => Vec::new(),
            Self::LabelScore(_, score) => vec![&score.0],
            Self::TopScores(top) | Self::TopLogits(top) => top.iter().map(|(_, y)| &y.0).collect(),
            Self::Scores(all) | Self::Logits(all) => all.iter().map(|y| &y.0).collect(),
        }
    }

    /// The logits, `[outputs]`; `None` where something else is shown.
    pub fn logits(self) -> Option<Vec<Num<S>>> {
        match self {
            Self::Logits(all) => Some(all),
            _ => None,
        }
    }

    /// The labels shown, in their order; none where all numbers are.
    pub fn labels(&self) -> Vec<usize> {
        match self {
            Self::Label(label) | Self::LabelScore(label, _) => vec![*label],
            Self::TopScores(top) | Self::TopLogits(top) => top.iter().map(|(label, _)| *label).collect(),
            Self::Scores(_) | Self::Logits(_) => Vec::new(),
        }
    }

    /// The same labels with other numbers.
    pub fn map<T>(self, mut f: impl FnMut(S) -> T) -> Observation<T> {
        let mut one = |y: Num<S>| Num(f(y.0));
        match self {
            Self::Label(label) => Observation::Label(label),
            Self::LabelScore(label, score) => Observation::LabelScore(label, one(score)),
            Self::TopScores(top) => Observation::TopScores(top.into_iter().map(|(o, y)| (o, one(y))).collect()),
            Self::TopLogits(top) => Observation::TopLogits(top.into_iter().map(|(o, y)| (o, one(y))).collect()),
            Self::Scores(all) => Observation::Scores(all.into_iter().map(one).collect()),
            Self::Logits(all) => Observation::Logits(all.into_iter().map(one).collect()),
        }
    }

    /// Errors unless an oracle of so many outputs shows this at this access level.
    ///
    /// `question`: its number in its batch. Errors: [`Failure::Length`], [`Failure::Shown`], [`Failure::Label`].
    pub(super) fn check(&self, question: usize, access: Access, outputs: usize) -> Result<(), Failure> {
        let (shows, found) = (self.access(), self.numbers().len());
        // Of two answers that show as many numbers as they have, the length alone can be wrong.
        if std::mem::discriminant(&shows) != std::mem::discriminant(&access) {
            return Err(Failure::Shown { question, shows, access });
        }
        let expected = match access {
            Access::Label => 0,
            Access::LabelScore => 1,
            Access::TopScores(count) | Access::TopLogits(count) => count,
            Access::Scores | Access::Logits => outputs,
        };
        if found != expected {
            return Err(Failure::Length { question, expected, found });
        }
        let (labels, classes) = (self.labels(), outputs.max(2));
        match (0..labels.len()).find(|&i| labels[i] >= classes || labels[..i].contains(&labels[i])) {
            Some(i) => Err(Failure::Label { question, label: labels[i], classes }),
            None => Ok(()),
        }
    }
}
