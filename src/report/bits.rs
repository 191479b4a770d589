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
/// `equal`: whether the exact run's network is the victim. `answers`: the bits that the answers of this run have, where
/// they are fewer than those of the search.
pub(super) fn text(needs: &[BitsRecord], equal: bool, answers: Option<u32>) -> String {
    let mut text: String = needs.iter().map(|need| sentences(need) + "\n").collect();
    text += &answers.and_then(|bits| too_few(needs, bits)).unwrap_or_default();
    if !equal && needs.iter().any(|need| need.none.is_none()) {
        text += "These are the bits of the network that the exact run recovered, which is not the victim: of the victim \
                 no precision is enough.\n";
    }
    text
}

/// What to change where the answers of this run have fewer bits than an attack needs: the search is on an ideal oracle,
/// which rounds each exact answer once.
fn too_few(needs: &[BitsRecord], answers: u32) -> Option<String> {
    let searched = || needs.iter().filter_map(|need| Some((need, need.threshold.as_ref()?)));
    let lacking: Vec<&str> = searched()
        .filter(|(_, found)| found.bits.is_none_or(|bits| bits > answers))
        .map(|(need, _)| need.strategy.as_str())
        .collect();
    let least = searched().filter_map(|(_, found)| found.bits).min();
    if lacking.is_empty() {
        return None;
    }
    let cure = least.filter(|least| *least > answers);
    let cure = cure.map_or(String::new(), |bits| format!(": take an oracle of {bits} bits or more, as f64"));
    Some(format!(
        "Answers of this run have {answers} bits, too few for the {} attack{cure}.\n",
        lacking.join(" and the ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Threshold;

    #[test]
    fn answers_of_too_few_bits_are_told() {
        let need = |strategy: &str, bits| BitsRecord {
            strategy: strategy.to_owned(),
            none: None,
            threshold: Some(Threshold { bits, at_most: false, monotone: true }),
            attacks: 9,
            asked_by: None,
        };
        let needs = [need("walk", Some(34)), need("textbook", Some(20))];
        let told = |answers| too_few(&needs, answers);
        assert_eq!(told(34), None);
        assert_eq!(told(24).unwrap(), "Answers of this run have 24 bits, too few for the walk attack.\n");
        let both = "Answers of this run have 16 bits, too few for the walk and the textbook attack: take an oracle of 20 \
                    bits or more, as f64.\n";
        assert_eq!(told(16).unwrap(), both);
        assert!(too_few(&[need("walk", None)], 24).unwrap().ends_with("too few for the walk attack.\n"));
    }
}
