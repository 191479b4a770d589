//! Certificates of audits: what the checker accepts is true, and what an audit leaves is accepted.

use crate::common::mutate;
use exactract::audit::{Audit, Audited, Claim, Comparison, Control, Domain, Scale, Verdict, audit, compare};
use exactract::certificate::{AuditCertificate, Refusal, check_audit, identify_audit};
use exactract::format::{Dtype, Victim};
use exactract::linalg::Matrix;
use exactract::net::{Shallow, random};
use exactract::num::{Exact, Num, Rational, Scalar};
use exactract_check::prove::claimed_by;
use exactract_check::{Cell, StatedClaim};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

fn lifted(network: &Shallow<f64>) -> Shallow<Rational> {
    network.map(|&w| Rational::lift(w, ()))
}

fn party<'a>(name: &str, network: &'a Shallow<Rational>) -> Audited<'a> {
    Audited { network, name: name.to_owned(), sha256: "0".repeat(64) }
}

fn number(text: &str) -> Rational {
    <Rational as Exact>::parse(text).unwrap()
}

fn audited(victim: &Shallow<Rational>, copy: &Shallow<Rational>, domain: &Domain, scale: &Scale, gap: f64) -> Audit {
    let control = Control {
        gap,
        deadline: Instant::now() + Duration::from_secs(60),
        interrupted: &AtomicBool::new(false),
        keep: true,
        claim: None,
        more: Duration::ZERO,
        progress: &|_, _| {},
    };
    audit(victim, copy, domain, scale, &control)
}

fn certified(
    victim: &Shallow<Rational>,
    copy: &Shallow<Rational>,
    domain: &Domain,
    scale: &Scale,
    gap: f64,
) -> (Audit, AuditCertificate) {
    let audit = audited(victim, copy, domain, scale, gap);
    let free = *scale == Scale::Free;
    let certificate = audit.certificate(&party("v.npz", victim), &party("c.npz", copy), domain, free).unwrap();
    (audit, certificate)
}

/// The bound from above that a certificate states.
fn upper(certificate: &AuditCertificate) -> Rational {
    certificate.at_most.as_ref().unwrap().outputs.iter().map(|output| number(&output.bound)).max().unwrap()
}

fn lower(certificate: &AuditCertificate) -> Rational {
    certificate.at_least.as_ref().map(|stated| number(&stated.bound)).unwrap_or_default()
}

/// A network in which every coincidence is likely.
fn sized(inputs: usize, units: usize, outputs: usize) -> impl Strategy<Value = Shallow<Rational>> {
    let entries = |n: usize| prop::collection::vec((-6i64..=6).prop_map(|n| number(&format!("{n}/2"))), n);
    (entries(inputs * units), entries(units), entries(units * outputs), entries(outputs)).prop_map(
        move |(hidden, hidden_bias, output, output_bias)| {
            let hidden = Matrix::from_entries(units, inputs, hidden).unwrap();
            let output = Matrix::from_entries(outputs, units, output).unwrap();
            Shallow::new(hidden, hidden_bias, output, output_bias).unwrap()
        },
    )
}

/// Two networks: any, or the second near the first.
fn pairs() -> impl Strategy<Value = (Shallow<Rational>, Shallow<Rational>)> {
    (1usize..4, 1usize..5, 1usize..5, 1usize..3, any::<bool>(), 1i32..40).prop_flat_map(|(d, h, i, k, near, fine)| {
        let errors = prop::collection::vec(-4i64..=4, (d + 1) * h + (h + 1) * k);
        (sized(d, h, k), sized(d, i, k), errors).prop_map(move |(first, second, errors)| {
            let mut errors = errors.into_iter();
            let small = Rational::power_of_two(-fine);
            let close = first.map(|x| x.add(&small.mul(&Rational::integer(errors.next().unwrap()))));
            (first, if near { close } else { second })
        })
    })
}

/// The largest difference at corners and edges of the box, at the scale.
fn seen(victim: &Shallow<Rational>, copy: &Shallow<Rational>, ends: [&Rational; 2], scale: &Rational) -> Rational {
    let value = |network: &Shallow<Rational>, x: &[Num<Rational>]| network.map(|w| Num(w.clone())).forward(x, ());
    let inputs = victim.shape().inputs;
    let middle = ends[0].add(ends[1]).div(&Rational::integer(2)).unwrap();
    let points = (0..3usize.pow(inputs as u32)).map(|index| {
        let digit = |j: usize| index / 3usize.pow(j as u32) % 3;
        (0..inputs).map(|j| Num([ends[0], ends[1], &middle][digit(j)].clone())).collect::<Vec<_>>()
    });
    let largest = |x: Vec<Num<Rational>>| {
        let both = value(victim, &x).into_iter().zip(value(copy, &x));
        both.map(|(f, g)| scale.mul(&g.0).sub(&f.0).magnitude()).max().unwrap()
    };
    points.map(largest).max().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// What an audit leaves is accepted, states what the audit found, and holds.
    #[test]
    fn certificates_of_audits_hold((victim, copy) in pairs(), ends in (-4i64..4, 0i64..5), eighths in 1i64..20, free in any::<bool>()) {
        let ends = [Rational::integer(ends.0), Rational::integer(ends.0 + ends.1)];
        let domain = Domain::cube(&ends[0], &ends[1], victim.shape().inputs).unwrap();
        let scale = if free { Scale::Free } else { Scale::Fixed(number(&format!("{eighths}/8"))) };
        let (audit, certificate) = certified(&victim, &copy, &domain, &scale, 1e-6);
        let read = AuditCertificate::parse(&certificate.bytes()).unwrap();
        prop_assert_eq!(&read, &certificate);
        let checked = check_audit(&read).unwrap();
        prop_assert_eq!(checked.at_most.unwrap().0.len(), victim.shape().outputs);
        let (lower, upper) = (lower(&certificate), upper(&certificate));
        prop_assert_eq!(&lower, &audit.lower);
        prop_assert!(upper >= audit.lower, "{} {}", upper.log2(), audit.lower.log2());
        prop_assert!(upper >= seen(&victim, &copy, [&ends[0], &ends[1]], &audit.scale));
    }

    /// Equal everywhere, or different at an input.
    #[test]
    fn comparisons_leave_certificates((victim, copy) in pairs(), same in any::<bool>()) {
        let copy = if same { victim.clone() } else { copy };
        let comparison = compare(&victim, &copy, &Scale::Fixed(Rational::integer(1)));
        let certificate = comparison.certificate(&party("v", &victim), &party("c", &copy)).unwrap().unwrap();
        let equal = matches!(comparison, Comparison::Equal { .. });
        prop_assert_eq!(certificate.equality.is_some(), equal);
        prop_assert_eq!(certificate.at_least.is_some(), !equal);
        prop_assert!(equal || lower(&certificate) > Rational::default());
        prop_assert!(check_audit(&certificate).is_ok());
    }
}

/// All cells are kept here, and the bound is the audit's but for rounded factors: in nearly all
/// cases. Where the multipliers of an empty cell are huge the checker's bound may be looser.
#[test]
fn certificates_are_as_tight_as_the_audit() {
    let mut runner = TestRunner::deterministic();
    let (mut loose, cases) = (0, 400);
    for case in 0..cases {
        let (victim, copy) = pairs().new_tree(&mut runner).unwrap().current();
        let domain = Domain::cube(&number("-2"), &number("2"), victim.shape().inputs).unwrap();
        let scale = if case % 2 == 0 { Scale::Free } else { Scale::Fixed(Rational::integer(1)) };
        let (audit, certificate) = certified(&victim, &copy, &domain, &scale, 1e-6);
        let more = audit.upper.mul(&Rational::integer(1).add(&Rational::power_of_two(-20)));
        loose += usize::from(upper(&certificate) > more.add(&Rational::power_of_two(-200)));
    }
    assert!(loose * 100 <= cases, "{loose} of {cases}");
}

/// Many units, few of them decided: terms are bounded together, and the checker finds the same.
#[test]
fn open_signs_are_bounded_together() {
    let victim = random("20-12-1".parse().unwrap(), 1, Dtype::F64);
    let mut index = 0u32;
    let copy = victim.map(|w| {
        index += 1;
        w * (1.0 + f64::from(index * 37 % 19) * 1e-9)
    });
    let (victim, copy) = (lifted(&victim), lifted(&copy));
    let domain = Domain::cube(&Rational::integer(-1), &Rational::integer(1), 20).unwrap();
    let (audit, certificate) = certified(&victim, &copy, &domain, &Scale::Fixed(Rational::integer(1)), 0.9);
    let proof = &certificate.at_most.as_ref().unwrap().outputs[0];
    let together = |cell: &Cell| matches!(cell, Cell::Leaf(leaf) if leaf.together.is_some());
    assert!(proof.above.iter().chain(&proof.below).any(together));
    let upper = upper(&certificate);
    let near = audit.upper.mul(&Rational::integer(1).add(&Rational::power_of_two(-16)));
    assert!(upper <= near && lower(&certificate) <= upper, "{} {}", upper.log2(), audit.upper.log2());
    // Another weight or another factor proves another bound, and never a smaller one than the largest difference.
    let mut forged = certificate.clone();
    let cells = &mut forged.at_most.as_mut().unwrap().outputs[0].above;
    for cell in cells.iter_mut() {
        if let Cell::Leaf(leaf) = cell
            && let Some(together) = &mut leaf.together
        {
            together.weights[3] = "1".to_owned();
            together.factor[2][1] = "0".to_owned();
        }
    }
    let Err(Refusal::False(what)) = check_audit(&forged.sealed()) else { panic!("accepted") };
    assert!(what.contains("less than what the cells give"), "{what}");
}

/// The largest difference at vertices of a fine grid, to hold forged bounds against.
fn sample(victim: &Shallow<Rational>, copy: &Shallow<Rational>, free: bool) -> AuditCertificate {
    let domain = Domain::cube(&Rational::integer(-1), &Rational::integer(1), victim.shape().inputs).unwrap();
    let scale = if free { Scale::Free } else { Scale::Fixed(number("3/2")) };
    let mut certificate = certified(victim, copy, &domain, &scale, 1e-6).1;
    certificate.claim = Some(claimed_by(&certificate, "2^-0.5", "3/4").unwrap());
    certificate.sealed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Every field: a change is never accepted; sealed again, only where what is then stated is true.
    #[test]
    fn no_changed_field_is_accepted(
        (victim, copy) in (1usize..3, 1usize..4, 1usize..3).prop_flat_map(|(d, h, k)| (sized(d, h, k), sized(d, h, k))),
        free in any::<bool>(), same in 0u8..3,
    ) {
        let certificate = if same == 0 {
            let comparison = compare(&victim, &victim, &Scale::Fixed(Rational::integer(1)));
            comparison.certificate(&party("v", &victim), &party("c", &victim)).unwrap().unwrap()
        } else {
            sample(&victim, &copy, free)
        };
        let copy = if same == 0 { &victim } else { &copy };
        let original = serde_json::to_value(&certificate).unwrap();
        for first in 0.. {
            let (mut value, mut pick) = (original.clone(), first);
            if !mutate(&mut value, &mut pick) {
                prop_assert!(first > 20, "only {} changes", first);
                break;
            }
            // Where there is nothing, nothing was taken away.
            if value == original {
                continue;
            }
            let refused = AuditCertificate::parse(&serde_json::to_vec(&value).unwrap());
            prop_assert!(refused.is_err(), "{value}");
            // Sealed again by somebody who wants to be believed.
            let Ok(forged) = serde_json::from_value::<AuditCertificate>(value) else { continue };
            let Ok(forged) = AuditCertificate::parse(&forged.sealed().bytes()) else { continue };
            if check_audit(&forged).is_err() {
                continue;
            }
            // Networks that are not those of the files are found out by `--victim` and `--copy`.
            if forged.victim.network != certificate.victim.network || forged.copy.network != certificate.copy.network {
                continue;
            }
            let scale = number(&forged.scale);
            if forged.equality.is_some() {
                let equal = matches!(compare(&victim, copy, &Scale::Fixed(scale.clone())), Comparison::Equal { .. });
                prop_assert!(equal);
            }
            if forged.at_most.is_some() {
                let ends = forged.domain.clone().unwrap();
                let ends = [&ends.lower, &ends.upper].map(|ends| ends.iter().map(|x| number(x)).collect::<Vec<_>>());
                let cube = [&ends[0][0], &ends[1][0]];
                if ends[0].iter().all(|x| x == cube[0]) && ends[1].iter().all(|x| x == cube[1]) {
                    prop_assert!(upper(&forged) >= seen(&victim, copy, cube, &scale));
                }
            }
            if let Some(StatedClaim { bound, unit, verdict }) = &forged.claim {
                // By the engine's own reader of claims.
                let (claim, unit) = (bound.parse::<Claim>().unwrap(), exactract::num::number(unit).unwrap());
                let lower = forged.at_least.as_ref().map(|stated| number(&stated.bound)).unwrap_or_default();
                let proved = forged.at_most.is_some() && claim.is_proved_by(&upper(&forged), &unit);
                prop_assert_eq!(proved, *verdict == Verdict::Proved, "{:?}", forged.claim);
                prop_assert_eq!(claim.is_refuted_by(&lower, &unit), *verdict == Verdict::Refuted, "{:?}", forged.claim);
            }
            if let Some(stated) = &forged.at_least {
                let bound = number(&stated.bound);
                let points: Vec<Vec<Rational>> =
                    stated.inputs.iter().map(|x| x.iter().map(|x| number(x)).collect()).collect();
                let reached = |scale: &Rational| {
                    points.iter().map(|x| seen_at(&victim, copy, x, scale)).max().unwrap() >= bound
                };
                let at_every = (1..40).all(|n| reached(&number(&format!("{n}/8"))));
                let shown = if stated.turn.is_some() { at_every } else { reached(&scale) };
                prop_assert!(shown);
            }
        }
    }
}

fn seen_at(victim: &Shallow<Rational>, copy: &Shallow<Rational>, x: &[Rational], scale: &Rational) -> Rational {
    let x: Vec<_> = x.iter().map(|x| Num(x.clone())).collect();
    let value = |network: &Shallow<Rational>| network.map(|w| Num(w.clone())).forward(&x, ());
    let both = value(victim).into_iter().zip(value(copy));
    both.map(|(f, g)| scale.mul(&g.0).sub(&f.0).magnitude()).max().unwrap()
}

#[test]
fn networks_are_held_against_files() {
    let network = random("2-2-1".parse().unwrap(), 3, Dtype::F64);
    let file = Victim::made(network.clone(), Dtype::F64).unwrap();
    let (victim, copy) = (lifted(&network), lifted(&network.map(|w| w * 1.5)));
    let mut certificate = sample(&victim, &copy, false);
    certificate.victim.sha256 = file.sha256.clone();
    let checked = check_audit(&certificate.clone().sealed()).unwrap();
    let said = identify_audit(&certificate, &checked, [Some(&file), None]).unwrap();
    assert!(said[0].contains("those of the file given") && said[1].contains("--copy"), "{said:?}");
    let error = identify_audit(&certificate, &checked, [None, Some(&file)]).unwrap_err().to_string();
    assert!(error.contains("the copy is not the file given to --copy: 9 of 9 weights"), "{error}");
}

/// Each statement that could hide a hole is refused for its own reason.
#[test]
fn forged_proofs_are_refused() {
    let victim = lifted(&random("2-3-1".parse().unwrap(), 5, Dtype::F64));
    let copy = victim.map(|w| w.mul(&number("9/8")));
    let certificate = sample(&victim, &copy, false);
    let refused = |word: &str, change: &dyn Fn(&mut AuditCertificate)| {
        let mut forged = certificate.clone();
        change(&mut forged);
        let error = check_audit(&forged.sealed()).unwrap_err().to_string();
        assert!(error.contains(word), "{word}: {error}");
    };
    let at_most = |c: &mut AuditCertificate| c.at_most.take().unwrap();
    refused("less than what the cells give", &|c| c.at_most.as_mut().unwrap().outputs[0].bound = "0".to_owned());
    let longer = |c: &mut AuditCertificate, change: &dyn Fn(&mut Vec<Cell>)| {
        let proof = &mut c.at_most.as_mut().unwrap().outputs[0];
        change(if proof.above.len() > proof.below.len() { &mut proof.above } else { &mut proof.below });
    };
    refused("cells are missing", &|c| longer(c, &|cells| drop(cells.pop())));
    refused("cannot be split by term", &|c| longer(c, &|cells| cells[1] = cells[0].clone()));
    refused("more cells than splits", &|c| longer(c, &|cells| cells.push(cells[cells.len() - 1].clone())));
    refused("is negative", &|c| {
        longer(c, &|cells| {
            for cell in cells {
                if let Cell::Leaf(leaf) = cell {
                    leaf.multipliers.iter_mut().for_each(|x| *x = "-1".to_owned());
                }
            }
        });
    });
    refused("is in no term", &|c| c.at_most.as_mut().unwrap().terms.clear());
    refused("is in two terms", &|c| {
        let terms = &mut c.at_most.as_mut().unwrap().terms;
        terms.push(terms[0].clone());
    });
    refused("is not its factor times its plane", &|c| {
        let place = &mut c.at_most.as_mut().unwrap().matching.copy[0].as_mut().unwrap();
        place.scale = "7".to_owned();
    });
    refused("without a box", &|c| (c.domain, c.at_least) = (None, None));
    refused("is outside the box", &|c| c.at_least.as_mut().unwrap().inputs[0][0] = "2".to_owned());
    refused("more than what the inputs show", &|c| c.at_least.as_mut().unwrap().bound = "9".to_owned());
    refused("it states nothing", &|c| {
        at_most(c);
        c.at_least = None;
    });
    refused("is negative", &|c| c.scale = "-1".to_owned());
}

proptest! {
    /// The checker reads claims as the engine does, and shows them: two readers, none of which knows the other.
    #[test]
    fn claims_are_read_alike(
        text in "[-+]?(2\\^)?[-+]?[0-9]{0,3}(\\.[0-9]{0,5})?([eE][-+]?[0-9]{1,2})?(/[0-9]{1,2})?", p in 0i64..99, q in 1i64..99,
    ) {
        let own = text.parse::<Claim>();
        let checkers = exactract_check::Claim::parse(&text);
        prop_assert_eq!(own.is_ok(), checkers.is_ok(), "{} {:?} {:?}", text, own, checkers);
        let (Ok(own), Ok(checkers)) = (own, checkers) else { return Ok(()) };
        let one = Rational::integer(1);
        let bound = Rational::integer(p).div(&Rational::integer(q)).unwrap();
        let other = num_rational::BigRational::new(p.into(), q.into());
        let proved = checkers.verdict(None, Some(&other)) == Verdict::Proved;
        prop_assert_eq!(own.is_proved_by(&bound, &one), proved, "{} {}/{}", text, p, q);
        let refuted = checkers.verdict(Some(&other), None) == Verdict::Refuted;
        prop_assert_eq!(own.is_refuted_by(&bound, &one), refuted, "{} {}/{}", text, p, q);
    }
}
