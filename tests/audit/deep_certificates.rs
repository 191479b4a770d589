//! Certificates of audits of deep networks: what the checker accepts is true, and what an audit leaves is accepted.

use crate::common::{exactract, mutate};
use crate::layered::{Point, SHORT, cases, control, layers, quotient, vertices};
use exactract::audit::{Audit, AuditedDeep, CertificateError, Claim, Control, Domain, Verdict, audit_layered};
use exactract::certificate::{DeepCertificate, Refusal, check_deep};
use exactract::net::{Activation, Network};
use exactract::num::{Exact, Rational, Scalar};
use exactract_check::StatedClaim;
use exactract_check::prove::deep_claimed_by;
use proptest::prelude::*;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

fn party<'a>(name: &str, network: &'a Network<Rational>) -> AuditedDeep<'a> {
    AuditedDeep { network, name: name.to_owned(), sha256: "0".repeat(64) }
}

fn number(text: &str) -> Rational {
    <Rational as Exact>::parse(text).unwrap()
}

/// An audit to within a gap, and its certificate.
fn certified(
    [victim, copy]: [&Network<Rational>; 2],
    domain: &Domain,
    scale: &Rational,
    gap: f64,
) -> (Audit, DeepCertificate) {
    let interrupted = AtomicBool::new(false);
    let deadline = Instant::now() + SHORT;
    let control = Control { gap, keep: true, deadline, ..control(&interrupted) };
    let audit = audit_layered(victim, copy, domain, scale, &control).unwrap();
    let mut certificate = audit.certificate_deep(&party("v", victim), &party("c", copy), domain).unwrap();
    certificate.claim = Some(deep_claimed_by(&certificate, "2^-0.5", "3/4").unwrap());
    (audit, certificate.sealed())
}

fn bounds(certificate: &DeepCertificate) -> Vec<Rational> {
    certificate.at_most.as_ref().unwrap().bounds.iter().map(|bound| number(bound)).collect()
}

/// The largest difference of each output at vertices of all regions. Exact.
fn truth(networks: [&Network<Rational>; 2], ends: &[(Rational, Rational)], scale: &Rational) -> Vec<Rational> {
    let outputs = |network: &Network<Rational>, x: &Point| layers(network, x).pop().unwrap();
    let at = |x: &Point| -> Vec<Rational> {
        let both = outputs(networks[1], x).into_iter().zip(outputs(networks[0], x));
        both.map(|(g, f)| scale.mul(&g).sub(&f).magnitude()).collect()
    };
    let largest =
        |one: Vec<Rational>, other: Vec<Rational>| one.into_iter().zip(other).map(|(a, b)| a.max(b)).collect();
    vertices(networks, ends).iter().map(at).reduce(largest).unwrap()
}

fn ends(quarters: &[(i64, i64)]) -> Vec<(Rational, Rational)> {
    quarters.iter().map(|(l, w)| (quotient(*l, 4), quotient(l + w, 4))).collect()
}

fn domain(ends: &[(Rational, Rational)]) -> Domain {
    let (lower, upper): (Vec<_>, Vec<_>) = ends.iter().cloned().unzip();
    let inputs = lower.len();
    Domain::new(lower, upper, inputs).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Bounds that the checker derives hold wherever the parts end, and are near those of the audit.
    ///
    /// Not the same but for rounding: a range that ends at zero in one arithmetic reaches beyond it in another, and a
    /// unit that may switch has other planes than one that does not.
    #[test]
    fn certificates_of_deep_audits_hold(
        (victim, copy, quarters) in cases(), eighths in 1i64..24, gap in prop::sample::select(vec![0.05, 0.5, 4.0]),
    ) {
        let (ends, scale) = (ends(&quarters), quotient(eighths, 8));
        let (audit, certificate) = certified([&victim, &copy], &domain(&ends), &scale, gap);
        let read = DeepCertificate::parse(&certificate.bytes()).unwrap();
        prop_assert_eq!(&read, &certificate);
        let checked = check_deep(&read).unwrap();
        prop_assert_eq!(checked.at_least.map(|bound| bound.to_string()), Some(audit.lower.to_string()));
        let truth = truth([&victim, &copy], &ends, &scale);
        for (bound, truth) in bounds(&certificate).iter().zip(&truth) {
            prop_assert!(bound >= truth, "{bound} < {truth}");
        }
        let upper = bounds(&certificate).into_iter().max().unwrap();
        let near = audit.upper.mul(&Rational::integer(2));
        prop_assert!(upper <= near.add(&Rational::power_of_two(-40)), "{upper} {}", audit.upper);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Every field: a change is never accepted; sealed again, only where what is then stated is true.
    #[test]
    fn no_changed_field_of_a_deep_certificate_is_accepted((victim, copy, quarters) in cases()) {
        let (ends, one) = (ends(&quarters), Rational::integer(1));
        let (_, certificate) = certified([&victim, &copy], &domain(&ends), &one, 1.0);
        let original = serde_json::to_value(&certificate).unwrap();
        for first in 0.. {
            let (mut value, mut pick) = (original.clone(), first);
            if !mutate(&mut value, &mut pick) {
                prop_assert!(first > 20, "only {} changes", first);
                break;
            }
            if value == original {
                continue;
            }
            let refused = DeepCertificate::parse(&serde_json::to_vec(&value).unwrap());
            prop_assert!(refused.is_err(), "{value}");
            // Sealed again by somebody who wants to be believed.
            let Ok(forged) = serde_json::from_value::<DeepCertificate>(value) else { continue };
            let Ok(forged) = DeepCertificate::parse(&forged.sealed().bytes()) else { continue };
            if check_deep(&forged).is_err() {
                continue;
            }
            // Networks that are not those of the files are found out by `--victim` and `--copy`.
            if forged.victim.layers != certificate.victim.layers || forged.copy.layers != certificate.copy.layers {
                continue;
            }
            let side = |ends: &[String]| ends.iter().map(|x| number(x)).collect::<Vec<_>>();
            let other: Vec<(Rational, Rational)> =
                side(&forged.domain.lower).into_iter().zip(side(&forged.domain.upper)).collect();
            let truth = truth([&victim, &copy], &other, &number(&forged.scale));
            if forged.at_most.is_some() {
                prop_assert!(bounds(&forged).iter().zip(&truth).all(|(bound, truth)| bound >= truth));
            }
            if let Some(StatedClaim { bound, unit, verdict }) = &forged.claim {
                let (claim, unit) = (bound.parse::<Claim>().unwrap(), exactract::num::number(unit).unwrap());
                let largest = truth.iter().max().unwrap();
                let holds = !claim.is_refuted_by(largest, &unit);
                match verdict {
                    Verdict::Proved => prop_assert!(holds, "{:?}", forged.claim),
                    Verdict::Refuted => prop_assert!(!holds, "{:?}", forged.claim),
                    Verdict::Open => {}
                }
            }
            if let Some(stated) = &forged.at_least {
                prop_assert!(number(&stated.bound) <= truth.into_iter().max().unwrap());
            }
        }
    }
}

/// A pair whose box is halved, more than once.
fn sample() -> ([Network<Rational>; 2], DeepCertificate) {
    let victim = crate::layered::drawn(&[2, 4, 3, 2]).map(|w| Rational::lift(*w, ()));
    let copy = victim.map(|w| w.mul(&number("33/32")).add(&number("1/64")));
    let box_ = domain(&[(number("-1"), number("1")), (number("-1"), number("1"))]);
    let (_, certificate) = certified([&victim, &copy], &box_, &Rational::integer(1), 0.01);
    ([victim, copy], certificate)
}

/// Each statement that could hide a hole is refused for its own reason.
#[test]
fn forged_deep_proofs_are_refused() {
    let (_, certificate) = sample();
    let parts = &certificate.at_most.as_ref().unwrap().parts;
    assert!(parts.len() > 5, "{parts:?}");
    let refused = |word: &str, change: &dyn Fn(&mut DeepCertificate)| {
        let mut forged = certificate.clone();
        change(&mut forged);
        let error = check_deep(&forged.sealed()).unwrap_err().to_string();
        assert!(error.contains(word), "{word}: {error}");
    };
    fn at_most(c: &mut DeepCertificate) -> &mut exactract_check::Covered {
        c.at_most.as_mut().unwrap()
    }
    refused("less than what the parts give", &|c| at_most(c).bounds[0] = "0".to_owned());
    refused("more than what the parts give", &|c| at_most(c).bounds[0] = "100".to_owned());
    refused("parts of the box are missing", &|c| at_most(c).parts.truncate(1));
    refused("more parts than halves", &|c| at_most(c).parts.push(None));
    refused("which does not vary", &|c| at_most(c).parts[0] = Some(2));
    refused("less than what the parts give", &|c| at_most(c).parts = vec![None]);
    refused("among the inner ones", &|c| at_most(c).inner = vec![1000]);
    refused("among the inner ones", &|c| at_most(c).inner = vec![0, 0]);
    refused("too often", &|c| {
        at_most(c).parts = [vec![Some(0); 100], vec![None; 101]].concat();
    });
    refused("is none, or in two pairs", &|c| at_most(c).pairs[0][0].copy = Some(9));
    refused("is in no pair", &|c| at_most(c).pairs[1][0].victim = None);
    refused("is not positive", &|c| at_most(c).pairs[0][0].factor = "-1".to_owned());
    refused("pairs of 1 hidden layers", &|c| at_most(c).pairs.truncate(1));
    refused("binary places", &|c| at_most(c).places = 200);
    refused("is outside the box", &|c| c.at_least.as_mut().unwrap().inputs[0][0] = "2".to_owned());
    refused("more than what the inputs show", &|c| c.at_least.as_mut().unwrap().bound = "9".to_owned());
    refused("it states nothing", &|c| (c.at_least, c.at_most) = (None, None));
    let claim = |change: fn(&mut StatedClaim)| move |c: &mut DeepCertificate| change(c.claim.as_mut().unwrap());
    let verdict = certificate.claim.as_ref().unwrap().verdict;
    assert_ne!(verdict, Verdict::Open);
    refused("claim: stated as open", &claim(|claim| claim.verdict = Verdict::Open));
    let turned = if verdict == Verdict::Proved { "2^-99" } else { "2^99" };
    refused("claim: stated as", &|c| c.claim.as_mut().unwrap().bound = turned.to_owned());
    refused("claim: stated as", &|c| c.claim.as_mut().unwrap().unit = turned.to_owned());
    refused("is no unit", &claim(|claim| claim.unit = "-1".to_owned()));
    refused("the scale is not positive", &|c| c.scale = "0".to_owned());
    // Another way to halve the box proves another bound, and never less than the largest difference.
    let mut other = certificate.clone();
    at_most(&mut other).parts = vec![Some(1), None, None];
    assert!(matches!(check_deep(&other.sealed()), Err(Refusal::False(_))));
}

/// The copy by the order of its units alone: other pairs show no more than they are worth.
#[test]
fn pairs_are_not_believed() {
    let (_, certificate) = sample();
    let mut forged = certificate.clone();
    let pairs = &mut forged.at_most.as_mut().unwrap().pairs[0];
    let (first, second) = (pairs[0].copy, pairs[1].copy);
    (pairs[0].copy, pairs[1].copy) = (second, first);
    let Err(Refusal::False(what)) = check_deep(&forged.sealed()) else { panic!("accepted") };
    assert!(what.contains("what the parts give"), "{what}");
}

#[test]
fn units_other_than_relu_have_no_deep_certificate() {
    let ([victim, copy], _) = sample();
    let leaky = victim.clone().activated(vec![Activation::Leaky(number("1/4")), Activation::Relu]).unwrap();
    let box_ = domain(&[(number("-1"), number("1")), (number("-1"), number("1"))]);
    let interrupted = AtomicBool::new(false);
    let control = Control { gap: 1.0, keep: true, ..control(&interrupted) };
    let audit = audit_layered(&leaky.relu_form(), &copy, &box_, &Rational::integer(1), &control).unwrap();
    let refused = audit.certificate_deep(&party("v", &leaky), &party("c", &copy), &box_).unwrap_err();
    assert_eq!(refused, CertificateError::Activation);
}

/// From files to a certificate, and back.
#[test]
fn deep_certificates_go_through_files() {
    let folder = tempfile::tempdir().unwrap();
    let network = crate::layered::drawn(&[3, 6, 5, 2]);
    let copy = network.map(|w| f64::from(*w as f32));
    let path = |name: &str| folder.path().join(name);
    for (name, network) in [("v.npz", &network), ("c.npz", &copy)] {
        exactract::format::write(&path(name), network, exactract::format::Dtype::F64).unwrap();
    }
    let (victim, copy, left) = (path("v.npz"), path("c.npz"), path("left.json"));
    let files = [victim.as_os_str(), copy.as_os_str()];
    let audited = exactract("audit -q --gap 1 --certificate", &[&[left.as_os_str()], &files[..]].concat());
    assert_eq!(audited.status, Some(0), "{audited:?}");
    let all = ["--victim".as_ref(), files[0], "--copy".as_ref(), files[1], left.as_os_str()];
    let checked = exactract("check", &all);
    assert_eq!(checked.status, Some(0), "{checked:?}");
    for said in ["3-6-5-2", "at least   shown at an input", "domain     [-1, 1]^3", "parts"] {
        assert!(checked.stdout.contains(said), "{checked:?}");
    }
    assert_eq!(checked.stdout.matches("hash and weights are those of the file given").count(), 2, "{checked:?}");
    let other = exactract("check --victim", &[files[1], left.as_os_str()]);
    assert_eq!(other.status, Some(1), "{other:?}");
    assert!(other.stdout.contains("the victim is not the file given to --victim: "), "{other:?}");
}
