//! Labels of outputs, with exact ties.

use crate::num::Rational;
use std::cmp::Ordering;

/// The label of some outputs: those that reach the maximum, in order.
///
/// A single output tells two classes apart by its sign: `[0]` below zero, `[1]` above, `[0, 1]` at zero.
/// Exact, ties included; none of no outputs.
pub fn label(outputs: &[Rational]) -> Vec<usize> {
    match outputs {
        [one] => match one.cmp(&Rational::default()) {
            Ordering::Less => vec![0],
            Ordering::Equal => vec![0, 1],
            Ordering::Greater => vec![1],
        },
        many => {
            let best = many.iter().max();
            (0..many.len()).filter(|&o| Some(&many[o]) == best).collect()
        }
    }
}

/// The index of the first largest number; 0 of none. For numbers without ties to tell, such as rounded logits.
pub fn first_largest(values: &[f64]) -> usize {
    (1..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}

/// Whether a copy gives the victim's label: each class that reaches the copy's maximum reaches the victim's.
///
/// Where the victim has a tie, each of the tied classes is its label. A copy that ties one of them with
/// another class may name the other, which is a miss.
pub fn gives_label(copy: &[usize], victim: &[usize]) -> bool {
    copy.iter().all(|class| victim.contains(class))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::Scalar;

    fn of(outputs: &[f64]) -> Vec<usize> {
        label(&outputs.iter().map(|&y| Rational::lift(y, ())).collect::<Vec<_>>())
    }

    #[test]
    fn a_label_is_all_that_reach_the_maximum() {
        assert_eq!(of(&[1.0, 3.0, 3.0]), [1, 2]);
        assert_eq!([-1.0, 0.0, f64::from_bits(1)].map(|y| of(&[y])), [vec![0], vec![0, 1], vec![1]]);
    }

    /// Over all pairs of labels of three classes: a copy agrees if and only if nothing it may name is wrong.
    #[test]
    fn any_of_the_tied_classes_is_the_victims_label() {
        let sets = || (1..8u8).map(|set| (0..3).filter(|&class| set >> class & 1 == 1).collect::<Vec<usize>>());
        for victim in sets() {
            for copy in sets() {
                let wrong = (0..3).any(|class| copy.contains(&class) && !victim.contains(&class));
                assert_eq!(gives_label(&copy, &victim), !wrong, "{copy:?} {victim:?}");
            }
        }
        assert!(gives_label(&of(&[2.0]), &of(&[0.0])) && !gives_label(&of(&[0.0]), &of(&[2.0])));
    }
}
