//! How good a copy is: accuracy, fidelity, transfer of adversarial examples, agreement of runs.

use super::adversarial::Attack;
use super::experiment::random;
use super::{Error, Images, Model};
use crate::net::gives_label;
use crate::record::{RunRecord, Share};

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

    /// A run with what was measured of its copy. Exact where victim and copy are perceptrons.
    ///
    /// Errors: those of [`Images::new`].
    pub fn measure(&self, victim: &Model, copy: &Model, run: RunRecord) -> Result<RunRecord, Error> {
        let own = [&self.test, &self.random, &self.adversarial].map(|images| copy.labels(images));
        let same =
            |i: usize| Share::of(self.labels[i].iter().zip(&own[i]).map(|(truth, copied)| gives_label(copied, truth)));
        let transfer = |attack: Attack| {
            let made = attack.craft(copy, &self.test, self.epsilon)?;
            let (copied, truth) = (copy.labels(&made), victim.labels(&made));
            let fooled = (0..made.len()).filter(|&i| copied[i] != own[0][i]);
            Ok::<_, Error>(Share::of(fooled.map(|i| truth[i] != self.labels[0][i])))
        };
        Ok(RunRecord {
            accuracy: Some(accuracy(&own[0], &self.test)),
            labels: Some(same(0)),
            labels_on_random: Some(same(1)),
            labels_on_adversarial: Some(same(2)),
            fgsm_transfers: Some(transfer(Attack::Fgsm)?),
            pgd_transfers: Some(transfer(Attack::Pgd)?),
            ..run
        })
    }
}

/// Images whose one label is the true one.
pub fn accuracy(labels: &[Vec<usize>], images: &Images) -> Share {
    Share::of(labels.iter().zip(images.labels()).map(|(label, truth)| label[..] == [*truth]))
}

/// Agreement of every two runs, in percent: the least, the mean and the greatest; `None` of fewer than two.
///
/// `labels`: of each run on the same inputs.
pub fn agreement(labels: &[Vec<Vec<usize>>]) -> Option<[f64; 3]> {
    let pairs = labels.iter().enumerate().flat_map(|(i, a)| labels[i + 1..].iter().map(move |b| (a, b)));
    let all: Vec<f64> = pairs.map(|(a, b)| Share::of(a.iter().zip(b).map(|(a, b)| a == b)).percent()).collect();
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    let least = all.iter().copied().reduce(f64::min)?;
    Some([least, mean, all.iter().copied().reduce(f64::max)?])
}
