//! How good a copy is: accuracy, fidelity, transfer of adversarial examples, agreement of runs.

use super::adversarial::Attack;
use super::experiment::random;
use super::{Error, Images, Model};
use crate::net::gives_label;

/// Inputs on which something holds, of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Those on which it holds.
    pub of: usize,
    /// All.
    pub all: usize,
}

impl Share {
    /// In percent; NaN of nothing.
    pub fn percent(self) -> f64 {
        100.0 * self.of as f64 / self.all as f64
    }

    fn count(holds: impl Iterator<Item = bool>) -> Self {
        holds.fold(Self::default(), |share, holds| Self { of: share.of + usize::from(holds), all: share.all + 1 })
    }
}

/// Images on which copies are compared with the victim.
#[derive(Clone, Debug)]
pub struct Grounds {
    /// Held-out images with their true labels.
    pub test: Images,
    /// Random images.
    pub random: Images,
    /// Images made against the victim by PGD from the held-out ones.
    pub adversarial: Images,
    /// The victim's labels on each of them.
    labels: [Vec<Vec<usize>>; 3],
    /// The radius of adversarial examples.
    pub epsilon: f32,
}

/// What a copy reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Held-out images with their true label, ties counted as wrong.
    pub accuracy: Share,
    /// Held-out images with the victim's label; see [`gives_label`].
    pub test: Share,
    /// Random images with the victim's label.
    pub random: Share,
    /// Adversarial images with the victim's label.
    pub adversarial: Share,
    /// Images that FGSM on the copy changes the copy's label of, and those of them that change the victim's.
    pub fgsm: Share,
    /// The same by PGD.
    pub pgd: Share,
}

impl Grounds {
    /// Grounds of this victim: `test`, as many `random` images as asked for, and adversarial ones of radius `epsilon`.
    ///
    /// Errors: those of [`Images::new`].
    pub fn new(victim: &Model, test: Images, count: usize, epsilon: f32) -> Result<Self, Error> {
        let random = random(&test, count, 0)?;
        let adversarial = Attack::Pgd.craft(victim, &test, epsilon)?;
        let labels = [&test, &random, &adversarial].map(|images| victim.labels(images));
        Ok(Self { test, random, adversarial, labels, epsilon })
    }

    /// Held-out images at which the victim has a tie.
    pub fn ties(&self) -> usize {
        self.labels[0].iter().filter(|label| label.len() != 1).count()
    }

    /// A copy, measured. Exact where victim and copy are perceptrons.
    ///
    /// Errors: those of [`Images::new`].
    pub fn measure(&self, victim: &Model, copy: &Model) -> Result<Measured, Error> {
        let own = [&self.test, &self.random, &self.adversarial].map(|images| copy.labels(images));
        let same = |i: usize| {
            Share::count(self.labels[i].iter().zip(&own[i]).map(|(truth, copied)| gives_label(copied, truth)))
        };
        let transfer = |attack: Attack| {
            let made = attack.craft(copy, &self.test, self.epsilon)?;
            let (copied, truth) = (copy.labels(&made), victim.labels(&made));
            let fooled = (0..made.len()).filter(|&i| copied[i] != own[0][i]);
            Ok::<_, Error>(Share::count(fooled.map(|i| truth[i] != self.labels[0][i])))
        };
        Ok(Measured {
            accuracy: accuracy(&own[0], &self.test),
            test: same(0),
            random: same(1),
            adversarial: same(2),
            fgsm: transfer(Attack::Fgsm)?,
            pgd: transfer(Attack::Pgd)?,
        })
    }
}

/// Images whose one label is the true one.
pub fn accuracy(labels: &[Vec<usize>], images: &Images) -> Share {
    Share::count(labels.iter().zip(images.labels()).map(|(label, truth)| label[..] == [*truth]))
}

/// Agreement of every two runs, in percent: the least, the mean and the greatest; `None` of fewer than two.
///
/// `labels`: of each run on the same inputs.
pub fn agreement(labels: &[Vec<Vec<usize>>]) -> Option<[f64; 3]> {
    let pairs = labels.iter().enumerate().flat_map(|(i, a)| labels[i + 1..].iter().map(move |b| (a, b)));
    let all: Vec<f64> = pairs.map(|(a, b)| Share::count(a.iter().zip(b).map(|(a, b)| a == b)).percent()).collect();
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    let least = all.iter().copied().reduce(f64::min)?;
    Some([least, mean, all.iter().copied().reduce(f64::max)?])
}
