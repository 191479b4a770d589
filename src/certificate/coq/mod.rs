//! Certificates for Coq's kernel: `.v` files in the shape that `proofs/README.md` describes.
//!
//! `equality.v` rests on `CanonCheck.canonical_check_BQ_sound`, `box.v` on
//! `SupCheck.sup_eps_check_sound`. The files say what the certificate says; that its numbers
//! are the victim's is for [`identify`](super::identify()) to tell.

mod literal;
mod sup;

use exactract_check::{BoxShown, Certificate, Checked, EqualityShown, Layout, Network, Owner, Placed};
use literal::{float, hexadecimal, raw};
use num_rational::BigRational;
use std::fmt::Write as _;
use sup::Matched;

/// One `.v` file, or why there is none.
#[derive(Clone, Debug)]
pub struct File {
    /// Its name.
    pub name: &'static str,
    /// Its text; else the reason, in words.
    pub content: Result<String, String>,
}

/// The files of a certificate that holds: `equality.v` and `box.v`.
pub fn files(certificate: &Certificate, checked: &Checked) -> Vec<File> {
    let head = |what: &str| {
        let Checked { shape, .. } = checked;
        format!("(** {what}\n    The victim, [first], is {shape}, SHA-256\n    {}. *)\n", certificate.victim.sha256)
    };
    let unstated = || Err("not stated".to_owned());
    let equality = checked.equality.as_ref().map_or_else(unstated, |shown| {
        Ok(head("A copy equals its victim on all of R^d, by canonical forms.") + &equality(&checked.victim, shown))
    });
    let near = checked.near.as_ref().map_or_else(unstated, |shown| {
        let text = near(&checked.victim, shown)?;
        Ok(head("A rounded copy is near its victim on a box, in every output.") + &text)
    });
    vec![File { name: "equality.v", content: equality }, File { name: "box.v", content: near }]
}

/// A network as one definition a row.
struct Written {
    name: &'static str,
    /// `f64` where every weight is a float, else `raw`.
    kind: &'static str,
    text: String,
}

impl Written {
    fn new(name: &'static str, network: &Network) -> Self {
        let hidden: Vec<Vec<BigRational>> = (0..network.hidden()).map(|unit| network.row(unit)).collect();
        let output = network.output.iter().zip(&network.output_bias).map(|(row, bias)| {
            let mut row = row.clone();
            row.push(bias.clone());
            row
        });
        let layers = [hidden, output.collect()];
        let floats = layers.iter().flatten().flatten().all(|x| float(x).is_some());
        let (kind, scope, entry) =
            if floats { ("f64", "float_scope", "float") } else { ("raw", "uint63_scope", "raw") };
        let number = |x: &BigRational| float(x).filter(|_| floats).map_or_else(|| raw(x), hexadecimal);
        let mut text = format!("\nOpen Scope {scope}.\n");
        for (l, layer) in layers.iter().enumerate() {
            for (i, row) in layer.iter().enumerate() {
                let numbers: Vec<String> = row.iter().map(number).collect();
                let (bias, weights) = numbers.split_last().map_or(("", &[][..]), |(bias, rest)| (bias.as_str(), rest));
                let weights = weights.join("; ");
                // Long terms are slow to read: a definition a row.
                let _ = writeln!(text, "Definition {name}_{l}_{i} : list {entry} * {entry} := ([{weights}], {bias}).");
            }
            let rows: Vec<String> = (0..layer.len()).map(|i| format!("{name}_{l}_{i}")).collect();
            let _ = writeln!(text, "Definition {name}_{l} := [{}].", rows.join("; "));
        }
        let _ = writeln!(text, "Definition {name} := [{name}_0; {name}_1].");
        Self { name, kind, text }
    }
}

fn equality(victim: &Network, shown: &EqualityShown) -> String {
    let (first, second) = (Written::new("first", victim), Written::new("second", &shown.copy));
    let Layout { planes, victim, copy } = &shown.layout;
    // `layer_f64 [..] ++ layer_raw [..]`: neighbours of one owner share a reader.
    let runs = planes.chunk_by(|a, b| a.0 == b.0).map(|run| {
        let side = if run[0].0 == Owner::Victim { &first } else { &second };
        let rows: Vec<String> = run.iter().map(|(_, unit)| format!("{}_0_{unit}", side.name)).collect();
        format!("layer_{} [{}]", side.kind, rows.join("; "))
    });
    let runs: Vec<String> = runs.collect();
    let planes = if runs.is_empty() { "layer_f64 []".to_owned() } else { runs.join(" ++\n  ") };
    let places = |places: &[Option<Placed>]| {
        let one = |place: &Option<Placed>| match place {
            Some(place) => format!("Plane {} ({})", place.plane + 1, raw(&place.scale)),
            None => "Zero_row".to_owned(),
        };
        places.iter().map(one).collect::<Vec<_>>().join(";\n  ")
    };
    format!(
        "From Exactract Require Import EquivCheck CanonCheck Load.\nImport ListNotations.\n{}{}\n\
         Open Scope uint63_scope.\nDefinition planes := {planes}.\n\
         Definition first_places : list raw_place := [{}].\nDefinition second_places : list raw_place := [{}].\n\n\
         Theorem equal : forall x, netR _ BigQ.to_Q (net_{} first) x = netR _ BigQ.to_Q (net_{} second) x.\n\
         Proof.\n  apply canonical_check_BQ_sound with\n    \
         (planes := planes) (ps1 := places first_places) (ps2 := places second_places).\n  \
         vm_cast_no_check (eq_refl true).\nQed.\n",
        first.text,
        second.text,
        places(victim),
        places(copy),
        first.kind,
        second.kind,
    )
}

fn near(victim: &Network, shown: &BoxShown) -> Result<String, String> {
    let matched = Matched::new(victim, shown)?;
    let bounds = matched.bounds();
    let largest = bounds.iter().copied().fold(0.0, f64::max);
    if !bounds.iter().all(|bound| bound.is_finite()) {
        return Err("in floats the bound overflows".to_owned());
    }
    let (first, second) = (Written::new("first", victim), Written::new("second", &shown.copy));
    let units: Vec<String> =
        matched.units.iter().map(|(from, s)| format!("({}%positive, {})", from + 1, hexadecimal(*s))).collect();
    let half = vec![hexadecimal(matched.half); victim.inputs].join("; ");
    Ok(format!(
        "From Coq Require Import Reals Floats List PArith.\nFrom Exactract Require Import B64 Ball EquivCheck SupCheck.\n\
         Import ListNotations.\n{}{}\n\
         Definition box := [{half}].\nDefinition units := [[{}]].\nDefinition eps := {}.\n\n\
         Theorem near : forall x, Forall2 (fun B y => (Rabs y <= fR B)%R) box x ->\n  \
         forall i, (i < {})%nat -> (Rabs (nth i (Rnet second x) 0 - nth i (Rnet first x) 0) <= fR eps)%R.\n\
         Proof.\n  apply sup_eps_check_sound with (cert := units).\n  vm_cast_no_check (eq_refl true).\nQed.\n",
        first.text,
        second.text,
        units.join(";\n  "),
        hexadecimal(largest),
        bounds.len(),
    ))
}
