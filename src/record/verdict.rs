//! The verdict: one word for scripts, one sentence for people.

use super::Subject;
use crate::compare::{Dual, Equality, Judged};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The answer to "does the attack recover this victim, exactly and in floating point?"
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// The exact run's network is the victim, and the rounded run found every neuron.
    Yes,
    /// The exact run stopped, or rounding made the attack fail.
    No,
    /// A run was interrupted, or spent its budget.
    None,
}

/// The answer of a dual run.
pub fn answer(dual: &Dual) -> Answer {
    if dual.exact.run.was_cut_short() || dual.rounded.run.was_cut_short() {
        return Answer::None;
    }
    let equal = dual.exact.equality == Some(Equality::Equal);
    if equal && found_all(&dual.rounded) { Answer::Yes } else { Answer::No }
}

fn found_all(judged: &Judged) -> bool {
    let agrees = judged.fidelity.as_ref().is_some_and(|f| f.same == f.total);
    agrees && judged.weights.as_ref().is_some_and(|w| w.found == w.kinks)
}

pub(super) fn sentence(dual: &Dual, subject: &Subject) -> String {
    let inputs = subject.victim.shape.split('-').next().unwrap_or("d");
    let exact = match (&dual.exact.run.stopped, &dual.exact.equality) {
        (Some((_, error)), _) => format!("The exact run has no network ({error})"),
        (None, Some(Equality::Equal)) => {
            format!("In exact arithmetic the recovered network is the victim on all of R^{inputs}")
        }
        (None, Some(Equality::Different(what))) => format!("The exact run's network is not the victim ({what})"),
        (None, _) => "The exact run's network could not be compared with the victim".to_owned(),
    };
    format!("{exact}; {}.", rounded(dual, subject.kinks_a_unit))
}

fn rounded(dual: &Dual, kinks_a_unit: usize) -> String {
    let name = dual.rounded.run.cell.name();
    if let Some((_, error)) = &dual.rounded.run.stopped {
        return format!("the {name} run has none ({error})");
    }
    let Some(weights) = &dual.rounded.weights else {
        return format!("the {name} run's numbers overflowed");
    };
    let share = if weights.kinks == 1 && weights.found == 1 {
        "the".to_owned()
    } else if weights.found == weights.kinks {
        "all".to_owned()
    } else {
        format!("{} of", weights.found)
    };
    let error = match weights.error {
        Some(spread) if spread.max.is_finite() => format!(", the worst to 2^{:.1}", spread.max),
        Some(_) => ", without error".to_owned(),
        None => String::new(),
    };
    let loss = dual.errors.iter().filter_map(|e| Some((e.stage, e.bits_lost?))).max_by(|a, b| a.1.total_cmp(&b.1));
    let loss = match loss {
        Some((stage, bits)) if bits > 0.0 => format!("; most bits are lost in {stage}: {bits:.1}"),
        _ => String::new(),
    };
    let plural = if weights.kinks == 1 { "" } else { "s" };
    let labels = match &dual.rounded.fidelity {
        Some(f) if f.same < f.total => format!(" and gives {} of {} labels", f.same, f.total),
        _ => String::new(),
    };
    let found = if kinks_a_unit > 1 { "kink" } else { "neuron" };
    format!("the {name} run finds {share} {} {found}{plural}{labels}{error}{loss}", weights.kinks)
}
