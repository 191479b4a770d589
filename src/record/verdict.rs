//! The verdict: one word for scripts, one sentence for people.

use crate::compare::{Dual, Equality, Judged};
use crate::study::Outcome;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The answer to "does the attack recover this victim, exactly and in floating point?"
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// The exact run's network is the victim, and the rounded run found all that answers determine.
    Yes,
    /// The exact run stopped, or rounding made the attack fail, or what was to be snapped was not.
    No,
    /// A run was interrupted, or spent its budget.
    None,
}

/// What a study comes to, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// The rounded run's network, or what it snaps to, is the victim, bit for bit up to the symmetries of the function.
    Equal,
    /// The exact run's network is the victim, and the rounded run found every neuron and gives every label.
    Extracted,
    /// The exact run's network is the victim; the rounded run lacks a part.
    Incomplete,
    /// The exact run's network is not the victim.
    NotEqual,
    /// A run stopped before it had a network.
    Stopped,
}

/// The word with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Conclusion {
    /// The word.
    pub result: Word,
    /// Why it is no better one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The answer that follows from it.
    pub answer: Answer,
}

impl Conclusion {
    /// Of a study.
    pub fn new(found: &Outcome) -> Self {
        let Dual { exact, rounded, .. } = &found.dual;
        let of = |word: Word, why: Option<String>| {
            let answer = match word {
                Word::Equal | Word::Extracted => Answer::Yes,
                Word::Incomplete | Word::NotEqual => Answer::No,
                Word::Stopped if found.was_cut_short() => Answer::None,
                Word::Stopped => Answer::No,
            };
            Self { result: word, why, answer }
        };
        if found.was_cut_short() {
            let runs =
                [exact, rounded].into_iter().chain(&found.attribution).filter(|judged| judged.run.was_cut_short());
            let why = runs.filter_map(|judged| judged.run.stopped.as_ref()).map(|(_, error)| error.to_string()).next();
            let bits = found.bits.iter().find_map(|(_, need)| need.as_ref().err()).map(ToString::to_string);
            return of(Word::Stopped, why.or(bits));
        }
        if let Some((_, error)) = &exact.run.stopped {
            return of(Word::Stopped, Some(format!("in exact arithmetic: {error}")));
        }
        match &exact.equality {
            Some(Equality::Equal) => {}
            Some(Equality::Different(what)) => return of(Word::NotEqual, Some(what.clone())),
            _ => return of(Word::NotEqual, Some("the exact run's network could not be compared".to_owned())),
        }
        if let Some(snap) = &found.snap {
            return match snap.victim() {
                Some(_) => of(Word::Equal, None),
                None => of(Word::Incomplete, Some("not snapped".to_owned())),
            };
        }
        if rounded.equality == Some(Equality::Equal) {
            return of(Word::Equal, None);
        }
        match lacking(rounded) {
            None => of(Word::Extracted, None),
            Some(what) => of(Word::Incomplete, Some(format!("{}: {what}", rounded.run.cell.name()))),
        }
    }
}

/// What a run lacks of a complete extraction.
fn lacking(judged: &Judged) -> Option<String> {
    if let Some((stage, _)) = &judged.run.stopped {
        return Some(format!("stopped in {stage}"));
    }
    let Some(weights) = &judged.weights else { return Some("its numbers overflowed".to_owned()) };
    if weights.found < weights.kinks {
        return Some(format!("{} of {} kinks", weights.found, weights.kinks));
    }
    let fidelity = judged.fidelity.as_ref()?;
    (fidelity.same < fidelity.total).then(|| format!("{} of {} labels", fidelity.same, fidelity.total))
}

/// The outcome in one sentence; `shape` and `kinks_a_unit`: the victim's.
pub(super) fn sentence(found: &Outcome, shape: &str, kinks_a_unit: usize) -> String {
    let dual = &found.dual;
    let inputs = shape.split('-').next().unwrap_or("d");
    let exact = match (&dual.exact.run.stopped, &dual.exact.equality) {
        (Some((_, error)), _) => format!("The exact run has no network ({error})"),
        (None, Some(Equality::Equal)) => {
            format!("In exact arithmetic the recovered network is the victim on all of R^{inputs}")
        }
        (None, Some(Equality::Different(what))) => format!("The exact run's network is not the victim ({what})"),
        (None, _) => "The exact run's network could not be compared with the victim".to_owned(),
    };
    format!("{exact}; {}.", rounded(found, kinks_a_unit))
}

fn rounded(found: &Outcome, kinks_a_unit: usize) -> String {
    let dual = &found.dual;
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
    let from = match &found.origin {
        Some(origin) => format!("; its largest error comes from {}", origin.stage),
        None => String::new(),
    };
    let plural = if weights.kinks == 1 { "" } else { "s" };
    let labels = match &dual.rounded.fidelity {
        Some(f) if f.same < f.total => format!(" and gives {} of {} labels", f.same, f.total),
        _ => String::new(),
    };
    let units = if kinks_a_unit > 1 { "kink" } else { "neuron" };
    format!("the {name} run finds {share} {} {units}{plural}{labels}{error}{from}", weights.kinks)
}
