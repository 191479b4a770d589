//! What the attack comes to on a model, and the checks of that.

use super::{Error, Request, check, decided};
use crate::compare::{NoBits, Recovered, Sameness, deep_dual};
use crate::experiment::{Settings, run_deep};
use crate::net::{Network, Shallow};
use crate::num::{Rational, Scalar};
use crate::record::{Answer, CheckRecord, CheckState, Conclusion, ExtractionRecord, Log2, Share, power};
use crate::study;

/// Bits of an f64 answer.
const ALL_BITS: u32 = f64::MANTISSA_DIGITS;

/// What the attack came to.
pub(super) struct Extraction {
    pub record: ExtractionRecord,
    /// Whether a run was ended from outside, so that the record does not tell what the attack comes to.
    pub cut_short: bool,
    /// Why there is no number of bits, where one was asked for.
    no_bits: Option<String>,
}

/// Attacks the model in f64 and exactly.
pub(super) fn measure(request: &Request<'_>) -> Result<Extraction, Error> {
    match Shallow::try_from(request.model.clone()) {
        Ok(model) => shallow(request, &model),
        Err(_) => deep(request.model, &request.settings),
    }
}

fn shallow(request: &Request<'_>, model: &Shallow<f64>) -> Result<Extraction, Error> {
    let asked = study::Request { settings: request.settings.clone(), ..study::Request::new(model, request.inputs) };
    let found = study::run(&asked)?;
    let conclusion = Conclusion::new(&found);
    let rounded = &found.dual.rounded;
    let weights = rounded.weights.as_ref();
    let search = || Recovered::new(&found.dual.exact.run, request.inputs)?.bits(&request.settings, &|_| ());
    let need = request.bits().then(search);
    let bits_needed = need.as_ref().and_then(|need| need.as_ref().ok()?.found.bits);
    let no_bits = match &need {
        Some(Err(why)) => Some(why.to_string()),
        Some(Ok(_)) if bits_needed.is_none() => Some(format!("answers of {ALL_BITS} bits are not enough")),
        _ => None,
    };
    let cut_short = conclusion.answer == Answer::None || matches!(&need, Some(Err(NoBits::CutShort(_))));
    Ok(Extraction {
        record: ExtractionRecord {
            strategy: request.settings.strategy.name().to_owned(),
            seed: request.settings.options.seed,
            exact: found.dual.exact.equality.as_ref().is_some_and(|equality| equality.difference().is_none()),
            complete: rounded.is_complete(),
            why: conclusion.why,
            found: weights.map_or(Share { count: 0, total: found.dual.kinks }, |weights| Share {
                count: weights.found,
                total: weights.kinks,
            }),
            weight_error_log2: weights.and_then(|weights| weights.error).map(|spread| Log2(spread.max)),
            bits_needed,
        },
        cut_short,
        no_bits,
    })
}

fn deep(model: &Network<f64>, settings: &Settings) -> Result<Extraction, Error> {
    let truth = model.map(|&w| Rational::lift(w, ()));
    let dual = deep_dual(&truth, run_deep(model, true, settings)?, run_deep(model, false, settings)?);
    let stopped = [&dual.exact, &dual.rounded].into_iter().find_map(|judged| {
        let (stage, error) = judged.run.stopped.as_ref()?;
        Some(format!("the {} run stopped in {stage}: {error}", judged.run.name))
    });
    let layers = &dual.rounded.layers;
    let units = truth.layers()[..truth.hidden_layers()].iter().map(|layer| layer.units()).sum();
    let found = Share { count: layers.iter().map(|layer| layer.found).sum(), total: units };
    let errors = layers.iter().filter_map(|layer| layer.error).map(|spread| spread.max);
    Ok(Extraction {
        record: ExtractionRecord {
            strategy: settings.strategy.name().to_owned(),
            seed: settings.options.seed,
            exact: dual.exact.sameness == Some(Sameness::Equal),
            complete: found.is_all() && dual.rounded.run.network.is_some(),
            why: stopped,
            found,
            weight_error_log2: errors.reduce(f64::max).map(Log2),
            bits_needed: None,
        },
        cut_short: dual.exact.run.was_cut_short() || dual.rounded.run.was_cut_short(),
        no_bits: None,
    })
}

/// The checks that ask for the attack.
pub(super) fn checks(request: &Request<'_>, found: &Extraction) -> Vec<CheckRecord> {
    let recovered = request.recovered.then(|| recovered(found, request.model.inputs()));
    let spare = request.spare.map(|least| {
        bits("spare bits", found, |needed| {
            let spare = ALL_BITS - needed;
            let says = format!("complete from answers of {needed} bits, {spare} of {ALL_BITS} to spare");
            (spare >= least, format!("{says}; {least} asked"))
        })
    });
    let resists = request.resists.map(|shown| {
        bits("resists", found, |needed| {
            let holds = shown < needed;
            let says = if holds { "too few" } else { "enough" };
            (holds, format!("{shown} bits are {says}: this attack and seed need {needed} for complete extraction"))
        })
    });
    recovered.into_iter().chain(spare).chain(resists).collect()
}

fn recovered(found: &Extraction, inputs: usize) -> CheckRecord {
    let record = &found.record;
    let exact = if record.exact {
        format!("the exact run found the function on all of R^{inputs}, proved")
    } else {
        "the exact run did not find the function".to_owned()
    };
    let error = record.weight_error_log2.map_or(String::new(), |error| match error {
        Log2(f64::NEG_INFINITY) => ", without error".to_owned(),
        Log2(max) => format!(", largest weight error {}", power(max)),
    });
    let why = record.why.as_ref().map_or(String::new(), |why| format!(" ({why})"));
    let state = if found.cut_short { CheckState::Open } else { decided(record.exact && record.complete) };
    check("recovered", state, format!("{exact}; the f64 run {} units{error}{why}", record.found))
}

/// A check of the bits needed; `says`: whether it holds of so many, in words.
fn bits(name: &str, found: &Extraction, says: impl Fn(u32) -> (bool, String)) -> CheckRecord {
    match (found.record.bits_needed, &found.no_bits) {
        (Some(needed), _) => {
            let (holds, says) = says(needed);
            check(name, decided(holds), says)
        }
        (None, _) if found.cut_short => {
            check(name, CheckState::Open, "the search for the fewest answer bits did not come to its end".to_owned())
        }
        // No number of bits up to all of them is a model that resists.
        (None, why) => {
            let why = why.as_ref().map_or("no search was made", String::as_str);
            check(
                name,
                decided(name == "resists"),
                format!("no number of answer bits gives complete extraction: {why}"),
            )
        }
    }
}
