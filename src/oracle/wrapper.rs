//! Wrappers: what stands between a victim and its attacker, as a list that a request holds and a record names.

use super::{Access, Answer, Bridge, Channel, Rounding, Show};
use crate::num::Scalar;
use std::fmt;

/// One thing that changes questions or answers on their way. One that draws at random would hold its seed.
///
/// In a list the first stands next to the victim: an answer meets it first, a question last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrapper {
    /// Every coordinate of a question is rounded.
    Questions(Rounding),
    /// Every number of an answer is rounded.
    Answers(Rounding),
    /// No more than this is shown of an answer.
    Show(Access),
}

/// In words: `questions rounded to 40 bits`, `answers rounded to 6 decimals`, `shows topk:3`.
impl fmt::Display for Wrapper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Questions(rounding) => write!(f, "questions rounded to {rounding}"),
            Self::Answers(rounding) => write!(f, "answers rounded to {rounding}"),
            Self::Show(access) => write!(f, "shows {access}"),
        }
    }
}

/// A list of wrappers by what each part of it acts on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wrapping {
    /// Roundings of a question, in the order that it meets them.
    pub questions: Vec<Rounding>,
    /// Roundings of an answer that the victim's own access level shows, in the order that it meets them.
    pub answers: Vec<Rounding>,
    /// What an answer meets from the first change of the access level on.
    pub rest: Vec<Wrapper>,
}

impl Wrapping {
    /// The parts of a list.
    pub fn new(wrappers: &[Wrapper]) -> Self {
        let mut parts = Self::default();
        for wrapper in wrappers {
            match wrapper {
                // What is rounded on its way to the victim is a point, whatever is done to answers.
                Wrapper::Questions(rounding) => parts.questions.insert(0, *rounding),
                Wrapper::Answers(rounding) if parts.rest.is_empty() => parts.answers.push(*rounding),
                Wrapper::Answers(_) | Wrapper::Show(_) => parts.rest.push(*wrapper),
            }
        }
        parts
    }
}

/// A victim behind these wrappers. Without roundings of questions the structure of batches is kept.
///
/// `context`: of the arithmetic, which rounds once more where it does not hold what a wrapper leaves.
pub fn wrapped<S: Scalar>(
    victim: impl Answer<S> + 'static,
    wrappers: &[Wrapper],
    context: S::Context,
) -> Box<dyn Answer<S>> {
    let Wrapping { questions, answers, rest } = Wrapping::new(wrappers);
    let victim: Box<dyn Answer<S>> = Box::new(victim);
    let victim = answering(asking(victim, questions, context), answers, context);
    rest.into_iter().fold(victim, |victim, wrapper| match wrapper {
        Wrapper::Questions(rounding) => asking(victim, vec![rounding], context),
        Wrapper::Answers(rounding) => answering(victim, vec![rounding], context),
        Wrapper::Show(access) => Box::new(Show::new(victim, access, context)),
    })
}

/// A victim whose questions are rounded.
fn asking<S: Scalar>(victim: Box<dyn Answer<S>>, roundings: Vec<Rounding>, context: S::Context) -> Box<dyn Answer<S>> {
    if roundings.is_empty() {
        return victim;
    }
    let through = move |x: &S| Rounding::pass(&roundings, x, |x| S::nearest(x, context), S::clone);
    Box::new(Bridge::new(victim, through, S::clone))
}

/// A victim whose answers are rounded.
fn answering<S: Scalar>(
    victim: Box<dyn Answer<S>>,
    roundings: Vec<Rounding>,
    context: S::Context,
) -> Box<dyn Answer<S>> {
    if roundings.is_empty() { victim } else { Box::new(Channel::new(victim, roundings, context)) }
}
