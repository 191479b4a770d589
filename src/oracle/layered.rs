//! Oracles of networks of any depth: the first two maps by an oracle of one hidden layer, the others as the formula reads.

use super::{Batch, Dense, Evaluate, Incremental, Kernel, Plain};
use crate::net::{Activation, Affine, Error, Network, Shallow};
use crate::num::{Num, Rational, Scalar};
use rayon::prelude::*;

/// A network of at least one hidden layer.
///
/// The first two maps, where nearly all products are, are a network with one hidden layer, whose answers are the
/// pre-activations of the second; its oracle may use the structure of a batch.
pub struct Layered<S: Scalar> {
    head: Box<dyn Evaluate<S>>,
    tail: Option<Tail<S>>,
    context: S::Context,
}

/// What follows the second map.
struct Tail<S: Scalar> {
    activation: Activation<Num<S>>,
    network: Network<Num<S>>,
}

impl<S: Scalar> Layered<S> {
    /// An oracle in the arithmetic of the weights, as the formula reads.
    ///
    /// Errors: [`Error::Depth`] of a network without a hidden layer.
    pub fn new(network: &Network<Num<S>>, context: S::Context) -> Result<Self, Error> {
        Self::behind(network, context, |head| Box::new(Plain::new(head, context)))
    }

    fn behind(
        network: &Network<Num<S>>,
        context: S::Context,
        head: impl FnOnce(Shallow<Num<S>>) -> Box<dyn Evaluate<S>>,
    ) -> Result<Self, Error> {
        let (layers, activations) = (network.layers(), network.activations());
        let hidden = network.hidden_layers();
        if hidden == 0 {
            return Err(Error::Depth { shape: network.sizes(), hidden });
        }
        let part = |layers: &[Affine<Num<S>>], activations: &[Activation<Num<S>>]| {
            Network::with_activations(layers.to_vec(), activations.to_vec())
        };
        let first = Shallow::try_from(part(&layers[..2], &activations[..1])?)?;
        let tail = match activations.get(1) {
            Some(activation) => {
                Some(Tail { activation: activation.clone(), network: part(&layers[2..], &activations[2..])? })
            }
            None => None,
        };
        Ok(Self { head: head(first), tail, context })
    }
}

impl Layered<Rational> {
    /// The exact oracle of a network of floats. Errors: those of [`Layered::new`].
    pub fn exact(network: &Network<f64>) -> Result<Self, Error> {
        let network = network.map(|&w| Num::<Rational>::lift(w, ()));
        Self::behind(&network, (), |head| Box::new(Incremental::rational(&head)))
    }
}

impl Layered<f64> {
    /// The oracle of a network in `f64`. Errors: those of [`Layered::new`].
    pub fn rounded(network: &Network<f64>, kernel: Kernel) -> Result<Self, Error> {
        Self::behind(&network.map(|&w| Num(w)), (), |head| Box::new(Dense::<f64>::new(head.map(|w| w.0), kernel)))
    }
}

impl<S: Scalar> Evaluate<S> for Layered<S> {
    fn inputs(&self) -> usize {
        self.head.inputs()
    }

    fn outputs(&self) -> usize {
        self.tail.as_ref().map_or_else(|| self.head.outputs(), |tail| tail.network.outputs())
    }

    fn evaluate(&self, batch: &Batch<'_, S>) -> Vec<Vec<Num<S>>> {
        let values = self.head.evaluate(batch);
        let Some(Tail { activation, network }) = &self.tail else { return values };
        let answer = |values: Vec<Num<S>>| {
            let active: Vec<Num<S>> =
                values.iter().enumerate().map(|(unit, z)| activation.apply(unit, z, self.context)).collect();
            network.forward(&active, self.context)
        };
        values.into_par_iter().map(answer).collect()
    }
}
