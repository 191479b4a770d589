//! The answer bits that complete extraction needs, for people.

use crate::record::{AskedRecord, BitsRecord};

/// The number with who asks for it.
fn sentences(need: &BitsRecord) -> String {
    let Some(threshold) = &need.threshold else {
        let why = need.none.as_deref().unwrap_or("no search was made");
        return format!("Complete extraction by the {} attack: {why}.", need.strategy);
    };
    let bits = match threshold.bits {
        Some(bits) if threshold.at_most => format!("at most {bits} bits, the fewest that are tried"),
        Some(bits) => format!("{bits} bits"),
        None => "more than 53 bits".to_owned(),
    };
    let mut text = format!(
        "Complete extraction by the {} attack needs answers of {bits} (found by {} attacks).",
        need.strategy, need.attacks
    );
    if let Some(asked) = &need.asked_by {
        text += &format!(" With {} bits the first part to fail is {}{}", asked.bits, asked.part, of_neurons(asked));
        text += &asked.stopped.as_ref().map_or(String::new(), |why| format!("; the run stops in {why}"));
        text += ".";
    }
    if !threshold.monotone {
        text += " Some attack with fewer bits succeeded where one with more failed.";
    }
    text
}

fn of_neurons(asked: &AskedRecord) -> String {
    match &asked.neurons[..] {
        [] => String::new(),
        [neuron] => format!(", for the neuron of {neuron}"),
        [weakest, ..] => format!(", for {} neurons, the weakest that of {weakest}", asked.neurons.len()),
    }
}

/// A paragraph a strategy, the run's own first.
///
/// `equal`: whether the exact run's network is the victim.
pub(super) fn text(needs: &[BitsRecord], equal: bool) -> String {
    let mut text: String = needs.iter().map(|need| sentences(need) + "\n").collect();
    if !equal && needs.iter().any(|need| need.none.is_none()) {
        text += "These are the bits of the network that the exact run recovered, which is not the victim: of the victim \
                 no precision is enough.\n";
    }
    text
}
