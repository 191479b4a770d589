//! Certificates that hold, and their neighbours, which do not.

use exactract_check::{
    AuditCertificate, Certificate, Checked, Reference, Refusal, Source, StatedClaim, Verdict, Weights, check,
    check_audit, identify,
};
use num_rational::BigRational;
use num_traits::ToPrimitive as _;
use std::path::Path;
use std::process::{Command, Output};

/// `exactract run --random 2-3-1 --seed 3 --weights f32 --box -99,99 --certificate run.json`.
const RUN: &[u8] = include_bytes!("data/run.json");
/// `exactract audit v.safetensors c.npz --gap 0.01 --claim 2^-49.9 --unit 1/2 --certificate audit.json`, of a network of three units and what
/// `exactract run v.safetensors --save c.npz` recovers.
const AUDIT: &[u8] = include_bytes!("data/audit.json");

fn run() -> Certificate {
    Certificate::parse(RUN).unwrap()
}

fn audit() -> AuditCertificate {
    AuditCertificate::parse(AUDIT).unwrap()
}

/// The weights of a network, one after the other.
fn numbers(weights: &mut Weights) -> Vec<&mut String> {
    let Weights { hidden, hidden_bias, output, output_bias, .. } = weights;
    let rows = hidden.iter_mut().chain(output).flatten();
    rows.chain(hidden_bias).chain(output_bias).collect()
}

/// The neighbours in which one weight of the network, which `of` finds, is another number.
fn with_another_weight<T: Clone>(of: impl Fn(&mut T) -> &mut Weights, certificate: &T) -> Vec<T> {
    let count = numbers(of(&mut certificate.clone())).len();
    let one = |index: usize| {
        let mut changed = certificate.clone();
        numbers(of(&mut changed))[index].push('7');
        changed
    };
    assert!(count > 0);
    (0..count).map(one).collect()
}

#[test]
fn a_certificate_is_read_and_written_alike() {
    assert_eq!(run().bytes(), RUN);
    assert_eq!(audit().bytes(), AUDIT);
}

/// Every unit of both networks bends inside the box, so that every weight is of account there.
#[test]
fn no_other_victim_and_no_other_copy_is_accepted() {
    let (mut equality, mut near) = (run(), run());
    (equality.near, near.equality) = (None, None);
    let accepted = |neighbours: Vec<Certificate>| -> Vec<usize> {
        (0..neighbours.len()).filter(|index| check(&neighbours[*index]).is_ok()).collect()
    };
    let none: [usize; 0] = [];
    assert!(check(&equality).is_ok() && check(&near).is_ok());
    assert_eq!(accepted(with_another_weight(|c| &mut c.victim.network, &equality)), none);
    assert_eq!(accepted(with_another_weight(|c| &mut c.equality.as_mut().unwrap().copy, &equality)), none);
    assert_eq!(accepted(with_another_weight(|c| &mut c.near.as_mut().unwrap().copy, &near)), none);
    assert_eq!(accepted(with_another_weight(|c| &mut c.victim.network, &near)), none);
}

#[test]
fn no_other_party_of_an_audit_is_accepted() {
    let checked = check_audit(&audit()).unwrap();
    let (bounds, _) = checked.at_most.unwrap();
    assert!(checked.at_least.unwrap() <= *bounds.iter().max().unwrap());
    for other in with_another_weight(|c: &mut AuditCertificate| &mut c.victim.network, &audit()) {
        assert!(check_audit(&other).is_err());
    }
    for other in with_another_weight(|c: &mut AuditCertificate| &mut c.copy.network, &audit()) {
        assert!(check_audit(&other).is_err());
    }
}

/// The claim of the certificate is proved by less than a fiftieth of a bit: its neighbours are not.
#[test]
fn no_other_claim_of_an_audit_is_accepted() {
    let checked = check_audit(&audit()).unwrap();
    assert_eq!(checked.claim.as_ref().unwrap().verdict, Verdict::Proved);
    let sentence = checked.sentence();
    assert!(
        sentence.starts_with(
            "The claim 2^-49.9 (about 9.5193e-16) in units of 1/2 is proved: at most 2^-49.9125 (about 9.437e-16)."
        ),
        "{sentence}"
    );
    let refused = |change: &dyn Fn(&mut StatedClaim), said: &str| {
        let mut forged = audit();
        change(forged.claim.as_mut().unwrap());
        let refusal = check_audit(&forged).unwrap_err();
        assert!(matches!(&refusal, Refusal::False(_)), "{refusal}");
        assert!(refusal.to_string().contains(said), "{said}: {refusal}");
    };
    refused(&|claim| claim.bound = "2^-49.92".to_owned(), "is open");
    refused(&|claim| claim.bound = "2^-50.6".to_owned(), "is refuted");
    refused(&|claim| claim.unit = "0.49".to_owned(), "is open");
    refused(&|claim| claim.unit = "1/4".to_owned(), "is refuted");
    refused(&|claim| claim.verdict = Verdict::Open, "stated as open");
    refused(&|claim| claim.verdict = Verdict::Refuted, "stated as refuted");
    // The bounds are part of the claim's ground.
    let mut forged = audit();
    forged.at_most = None;
    assert!(check_audit(&forged).unwrap_err().to_string().contains("is open"));
    let mut forged = audit();
    (forged.domain, forged.at_most) = (None, None);
    assert!(check_audit(&forged).unwrap_err().to_string().contains("without a box"));
}

#[test]
fn bounds_are_those_derived_to_the_last_digit() {
    let number = |text: &str| text.parse::<BigRational>().unwrap();
    let unit = BigRational::new(1.into(), num_bigint::BigInt::from(2).pow(400));
    for (unit, word) in [(-&unit, "less than"), (unit, "more than")] {
        let mut forged = run();
        let bound = &mut forged.near.as_mut().unwrap().bounds[0];
        *bound = (number(bound) + &unit).to_string();
        assert!(matches!(check(&forged), Err(Refusal::False(what)) if what.contains(word)));
        let mut forged = audit();
        let bound = &mut forged.at_most.as_mut().unwrap().outputs[0].bound;
        *bound = (number(bound) + &unit).to_string();
        assert!(matches!(check_audit(&forged), Err(Refusal::False(what)) if what.contains(word)));
    }
}

/// The victim of the certificate as floats.
fn reference(certificate: &Certificate) -> Reference {
    let Weights { hidden, hidden_bias, output, output_bias, .. } = &certificate.victim.network;
    let row = |row: &Vec<String>| -> Vec<f64> {
        row.iter().map(|text| text.parse::<BigRational>().unwrap().to_f64().unwrap()).collect()
    };
    Reference {
        activation: None,
        hidden: hidden.iter().map(row).collect(),
        hidden_bias: row(hidden_bias),
        output: output.iter().map(row).collect(),
        output_bias: row(output_bias),
        sha256: certificate.victim.sha256.clone(),
    }
}

#[test]
fn a_victim_is_compared_number_by_number() {
    let certificate = run();
    let checked = check(&certificate).unwrap();
    let none = |_: &Source| Ok(None);
    let said = |given: &Reference| identify(&certificate, &checked, none, Some(given)).map_err(|e| e.to_string());
    let truth = reference(&certificate);
    assert_eq!(said(&truth), Ok("hash and weights are those of the file given".to_owned()));
    let refused = |word: &str, change: &dyn Fn(&mut Reference)| {
        let mut other = truth.clone();
        change(&mut other);
        let what = said(&other).unwrap_err();
        assert!(what.starts_with("the victim is not the file given: ") && what.contains(word), "{word}: {what}");
    };
    let moved = |x: &mut f64| *x = x.next_up();
    refused("1 of 13 weights and biases differ; the first is the weight 1 of hidden unit 2, ", &|other| {
        moved(&mut other.hidden[2][1])
    });
    refused("the first is the bias of hidden unit 0, ", &|other| moved(&mut other.hidden_bias[0]));
    refused("the first is the weight 2 of output 0, ", &|other| moved(&mut other.output[0][2]));
    refused("the first is the bias of output 0, ", &|other| moved(&mut other.output_bias[0]));
    refused("the first is the bias of output 0, NaN there", &|other| other.output_bias[0] = f64::NAN);
    refused("all weights are the same, and the SHA-256 is 0000", &|other| other.sha256 = "0".repeat(64));
    let shape = |change: &dyn Fn(&mut Reference)| refused("its shape is ", change);
    shape(&|other| other.hidden[1].push(0.0));
    shape(&|other| _ = other.hidden[0].pop());
    shape(&|other| _ = other.hidden.pop());
    shape(&|other| _ = other.hidden_bias.pop());
    shape(&|other| other.output[0].push(0.0));
    shape(&|other| other.output.push(vec![0.0; 3]));
    shape(&|other| other.output_bias.clear());
}

#[test]
fn a_victim_is_compared_with_its_source() {
    let certificate = run();
    let checked = check(&certificate).unwrap();
    let made = |given: Reference| identify(&certificate, &checked, |_| Ok(Some(given)), None);
    let truth = reference(&certificate);
    let said = made(truth.clone()).unwrap();
    assert_eq!(said, "hash and weights are those of the random network of seed 3, made again");
    let other = made(Reference { output_bias: vec![0.0], ..truth }).unwrap_err();
    let said = other.to_string();
    assert!(said.starts_with("the victim is not its source: 1 of 13 weights and biases differ"), "{said}");
    let mut huge = certificate.clone();
    huge.victim.source =
        Source::Random { shape: "9-99999999-1".to_owned(), seed: 3, weights: "f32".to_owned(), activation: None };
    let asked = |_: &Source| -> Result<Option<Reference>, Refusal> { panic!("asked for another shape") };
    let error = identify(&huge, &checked, asked, None).unwrap_err();
    assert_eq!(error, Refusal::False("the victim is 2-3-1, its source '9-99999999-1'".to_owned()));
    let alone = |checked: &Checked| identify(&certificate, checked, |_| Ok(None), None).unwrap();
    assert!(alone(&checked).contains("not compared"));
}

fn program(path: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_exactract-check")).arg(path).output().unwrap()
}

#[test]
fn the_program_answers_by_its_status() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    for name in ["run.json", "audit.json"] {
        let found = program(&data.join(name));
        let text = String::from_utf8(found.stdout).unwrap();
        assert_eq!(found.status.code(), Some(0), "{text}");
        assert!(text.contains("shown") && text.ends_with("\nThe certificate holds.\n"), "{text}");
        // An audit's certificate answers its claim.
        let answer =
            "The claim 2^-49.9 (about 9.5193e-16) in units of 1/2 is proved: at most 2^-49.9125 (about 9.437e-16).";
        assert_eq!(text.replace('\n', " ").contains(answer), name == "audit.json", "{text}");
    }
    let mut forged = run();
    forged.near.as_mut().unwrap().bounds[0] = "0".to_owned();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("forged.json");
    std::fs::write(&path, forged.sealed().bytes()).unwrap();
    let found = program(&path);
    let text = String::from_utf8(found.stdout).unwrap();
    assert_eq!(found.status.code(), Some(1), "{text}");
    assert!(text.ends_with("\n\nThe certificate does not hold.\n"), "{text}");
    std::fs::write(&path, RUN.strip_suffix(b"}\n").unwrap()).unwrap();
    for path in [path.as_path(), &data, &data.join("none.json")] {
        let found = program(path);
        assert_eq!((found.status.code(), found.stdout.len()), (Some(2), 0));
        assert!(found.stderr.starts_with(b"exactract-check: "));
    }
}
