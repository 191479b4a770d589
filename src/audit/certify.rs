//! What an audit leaves for others to check.
//!
//! Multipliers, weights and factors are handed over rounded: the checker derives what they prove, and
//! that is what the certificate states. It may be a little more than what the search proved, where the
//! certificate has no room for all of its cells.

use super::coupled::{self, Factored};
use super::difference::{Difference, Plane, State};
use super::domain::Domain;
use super::equality::Comparison;
use super::networks::Networks;
use super::outcome::{Audit, Witness};
use super::pairing::Pair;
use super::scale::{best_scale, shortened};
use super::tree::{Node, Tree};
use crate::certificate::{shared, weights};
use crate::net::{Canonical, Shallow};
use crate::num::{Exact, Num, Rational, Scalar};
use exactract_check::prove::{Known, Output, proved_by, shown_by};
use exactract_check::{
    AUDIT_FORMAT, AtLeast, AtMost, AuditCertificate, Cell, Ends, Leaf, Matching, Owner, Party, Place, Proof, Refusal,
    Term, Together, check_audit,
};
use num_rational::BigRational;
use std::collections::HashMap;

/// A network and where it comes from.
#[derive(Clone, Debug)]
pub struct Audited<'a> {
    /// The network; an audit of it is one of [`Shallow::relu_form`].
    pub network: &'a Shallow<Rational>,
    /// Its file, as it was named.
    pub name: String,
    /// SHA-256 of its file.
    pub sha256: String,
}

impl Audited<'_> {
    fn party(&self) -> Party {
        Party { name: self.name.clone(), sha256: self.sha256.clone(), network: weights(self.network) }
    }
}

fn texts(values: &[Rational]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

fn blank(parties: [&Audited<'_>; 2], scale: &Rational) -> AuditCertificate {
    AuditCertificate {
        format: AUDIT_FORMAT.to_owned(),
        victim: parties[0].party(),
        copy: parties[1].party(),
        scale: scale.to_string(),
        equality: None,
        domain: None,
        at_least: None,
        at_most: None,
        claim: None,
        seal: String::new(),
    }
}

/// Inputs as a bound from below, the bound itself not filled in; `None` without inputs.
fn reached(witnesses: &[Witness], turn: Option<&Rational>) -> Option<AtLeast> {
    let inputs: Vec<Vec<String>> = witnesses.iter().map(|witness| texts(&witness.input)).collect();
    let turn = turn.map(ToString::to_string);
    (!inputs.is_empty()).then(|| AtLeast { bound: String::new(), turn, inputs })
}

impl Comparison {
    /// The certificate of a comparison of these networks: equality, or an input at which they differ; `None`
    /// where there is neither.
    ///
    /// What is returned has been accepted by the checker. Errors: its [`Refusal`], which would be a defect.
    pub fn certificate(&self, victim: &Audited<'_>, copy: &Audited<'_>) -> Result<Option<AuditCertificate>, Refusal> {
        let certificate = match self {
            Self::Equal { scale } => {
                let equality = Some(shared(&victim.network.relu_form(), &copy.network.relu_form()));
                AuditCertificate { equality, ..blank([victim, copy], scale) }
            }
            Self::Different { witness: None, .. } => return Ok(None),
            Self::Different { scale, witness: Some(witness), .. } => {
                let mut certificate = blank([victim, copy], scale);
                let stated = reached(std::slice::from_ref(witness), None);
                certificate.at_least = stated.map(|stated| shown_by(&certificate, stated)).transpose()?;
                certificate
            }
        };
        let certificate = certificate.sealed();
        check_audit(&certificate)?;
        Ok(Some(certificate))
    }
}

impl Audit {
    /// The certificate of an audit of these networks on a box; `free`: with a free scale.
    ///
    /// The audit was made with [`keep`](super::Control::keep) set; without it, the bounds from above are those
    /// of the whole box. What is returned has been accepted by the checker. Errors: its [`Refusal`], which
    /// would be a defect.
    pub fn certificate(
        &self,
        victim: &Audited<'_>,
        copy: &Audited<'_>,
        domain: &Domain,
        free: bool,
    ) -> Result<AuditCertificate, Refusal> {
        let mut certificate = blank([victim, copy], &self.scale);
        let (lower, upper) = domain.ends();
        certificate.domain = Some(Ends { lower: texts(lower), upper: texts(upper) });
        let turn = free.then(|| best_scale(&self.witnesses).0);
        let stated = reached(&self.witnesses, turn.as_ref());
        certificate.at_least = stated.map(|stated| shown_by(&certificate, stated)).transpose()?;

        let forms = [victim, copy].map(|party| party.network.relu_form());
        let lifted = forms.each_ref().map(|form| form.map(|x| Num(x.clone())));
        let networks = Networks::new(&lifted[0], &lifted[1], domain);
        let matching = shared(&forms[0], &forms[1]);
        let planes = Planes::new(&matching, [&forms[0], &forms[1]], domain);
        let forms = [Canonical::of(&lifted[0]), Canonical::of(&lifted[1])];
        let terms: Vec<Term> = networks.pairs().iter().map(|pair| planes.term(pair, &forms)).collect();
        let proof = |o: usize, output: &Output<'_>| {
            let difference = networks.difference(o, &self.scale);
            let tree = &self.outputs[o].tree;
            let writer = Writer {
                ratios: planes.ratios(&difference, &terms),
                root: output.root(),
                difference: &difference,
                output,
                tree,
            };
            writer.proof()
        };
        let stated = AtMost { matching: matching.clone(), terms: terms.clone(), outputs: Vec::new() };
        certificate.at_most = Some(proved_by(&certificate, stated, proof)?);
        let certificate = certificate.sealed();
        check_audit(&certificate)?;
        Ok(certificate)
    }
}

/// The planes of a matching.
struct Planes {
    /// The plane of a canonical hyperplane.
    index: HashMap<(Vec<Rational>, Rational), usize>,
    /// Over the cube.
    over: Vec<Vec<Rational>>,
}

impl Planes {
    fn new(matching: &Matching, networks: [&Shallow<Rational>; 2], domain: &Domain) -> Self {
        let (mut index, mut over) = (HashMap::new(), Vec::new());
        for (plane, place) in matching.planes.iter().enumerate() {
            let network = networks[usize::from(place.of == Owner::Copy)];
            let (row, bias) = (network.hidden().row(place.unit), &network.hidden_bias()[place.unit]);
            over.push(domain.over_cube(row, bias));
            let lead = row.iter().find(|w| **w != Rational::default());
            let scaled = |x: &Rational| lead.and_then(|lead| x.div(lead)).unwrap_or_default();
            index.insert((row.iter().map(scaled).collect(), scaled(bias)), plane);
        }
        Self { index, over }
    }

    /// A pair of hyperplanes as a term.
    fn term(&self, pair: &Pair, forms: &[Canonical<Rational>; 2]) -> Term {
        let place = |form: &Canonical<Rational>, kink: Option<usize>, plane: &[Rational]| {
            let kink = form.kinks().get(kink?)?;
            let index = *self.index.get(&(kink.row.clone(), kink.bias.clone()))?;
            let scale = ratio(plane, &self.over[index])?;
            // A float is as good, and short; two factors of one plane stay what they are.
            let short = f64::nearest(&scale, ());
            let short = if pair.other.is_some() && short.is_normal() { Rational::lift(short, ()) } else { scale };
            Some(Place { plane: index, scale: short.to_string() })
        };
        let other = pair.other.as_ref().unwrap_or(&pair.plane);
        Term { victim: place(&forms[0], pair.kinks.0, &pair.plane), copy: place(&forms[1], pair.kinks.1, other) }
    }

    /// For each term and side, what a multiplier of a rounded row is on the plane.
    fn ratios(&self, difference: &Difference, terms: &[Term]) -> Vec<Vec<Rational>> {
        let denominator = Rational::from_parts(difference.denominator.clone(), 1i64.into());
        let one = |(plane, place): (&Plane, &Place)| {
            // λ of a rounded row is λ·2^(exponent of D − exponent of a) on the exact one, over the denominator of D.
            let exact: Vec<Rational> =
                plane.exact.iter().map(|x| Rational::from_parts(x.clone(), 1i64.into())).collect();
            let shift = (difference.exponent - plane.exponent).clamp(-(1 << 20), 1 << 20) as i32;
            let size = ratio(&exact, &self.over[place.plane])?.magnitude();
            size.mul(&Rational::power_of_two(shift)).div(&denominator)
        };
        let term = |(term, stated): (&super::difference::Term, &Term)| {
            let first = stated.victim.as_ref().or(stated.copy.as_ref());
            let sides = [Some(&term.plane).zip(first), term.other.as_ref().zip(stated.copy.as_ref())];
            sides.into_iter().flatten().map(|side| one(side).unwrap_or_default()).collect()
        };
        difference.terms.iter().zip(terms).map(term).collect()
    }
}

/// The factor between two multiples of one affine map.
fn ratio(of: &[Rational], to: &[Rational]) -> Option<Rational> {
    let zero = Rational::default();
    of.iter().zip(to).find(|(_, to)| **to != zero).and_then(|(of, to)| of.div(to)).filter(|ratio| *ratio != zero)
}

/// One output's cells.
struct Writer<'a> {
    difference: &'a Difference,
    output: &'a Output<'a>,
    tree: &'a Tree,
    root: Vec<Option<Known>>,
    ratios: Vec<Vec<Rational>>,
}

/// A cell with what it proves by itself, and the least that it proves at all.
struct Solved {
    alone: BigRational,
    best: BigRational,
    leaf: Leaf,
    split: Option<(usize, Vec<Solved>)>,
}

impl Solved {
    /// Cells that prove the bound, in preorder: no more than it takes.
    fn write(self, bound: &BigRational, cells: &mut Vec<Cell>) {
        match self.split {
            Some((term, children)) if self.alone > *bound => {
                cells.push(Cell::Split(term));
                children.into_iter().for_each(|child| child.write(bound, cells));
            }
            _ => cells.push(Cell::Leaf(self.leaf)),
        }
    }
}

impl Writer<'_> {
    fn proof(&self) -> Result<Proof, Refusal> {
        let side = |negated| self.solve(self.tree.at_root(negated), &mut self.root.clone(), negated);
        let sides = [side(false)?, side(true)?];
        let bound = sides[0].best.clone().max(sides[1].best.clone());
        let [above, below] = sides.map(|solved| {
            let mut cells = Vec::new();
            solved.write(&bound, &mut cells);
            cells
        });
        Ok(Proof { bound: String::new(), above, below })
    }

    /// A cell and those below it; one that was not kept is bounded without multipliers.
    fn solve(&self, node: Option<usize>, states: &mut Vec<Option<Known>>, negated: bool) -> Result<Solved, Refusal> {
        let none = Node::default();
        let node = node.map_or(&none, |node| self.tree.node(node));
        let leaf = self.leaf(node, states, negated)?;
        let alone = self.output.leaf(states, negated, &leaf)?;
        let mut best = alone.clone();
        let mut split = None;
        if let Some((term, nodes)) = node.split.as_ref().filter(|(term, _)| states[*term].is_none()) {
            let mut children = Vec::with_capacity(nodes.len());
            for &known in self.output.states(*term) {
                let child = nodes.iter().find(|(state, _)| self::known(*state) == Some(known));
                states[*term] = Some(known);
                children.push(self.solve(child.map(|(_, child)| *child), states, negated)?);
            }
            states[*term] = None;
            let below = children.iter().map(|child| child.best.clone()).max();
            best = below.map_or(best.clone(), |below| below.min(best));
            split = Some((*term, children));
        }
        Ok(Solved { alone, best, leaf, split })
    }

    fn leaf(&self, node: &Node, states: &[Option<Known>], negated: bool) -> Result<Leaf, Refusal> {
        let mut found = node.multipliers.iter();
        let mut multipliers = Vec::new();
        for (k, (term, ratios)) in self.difference.terms.iter().zip(&self.ratios).enumerate() {
            if states[k].is_none() || term.fixed.is_some() {
                continue;
            }
            let values: Vec<Rational> = ratios
                .iter()
                .map(|ratio| found.next().map_or_else(Rational::default, |λ| Rational::lift(*λ, ()).mul(ratio)))
                .collect();
            if self.root[k].is_none() {
                // Multipliers of cells that hold nothing are huge and cancel: a float would not do.
                let short = |value: Option<&Rational>| value.map(shortened).unwrap_or_default().to_string();
                multipliers.extend((0..self.output.sides(k)).map(|side| short(values.get(side))));
            }
        }
        if multipliers.iter().all(|λ| λ == "0") {
            multipliers.clear();
        }
        let mut leaf = Leaf { multipliers, together: None };
        if node.together {
            let (matrix, places) = self.output.form(states, negated, &leaf.multipliers)?;
            leaf.together = coupled::factored(&matrix, &|| false).and_then(|factored| together(&factored, places));
        }
        Ok(leaf)
    }
}

fn known(state: State) -> Option<Known> {
    match state {
        State::Open => None,
        State::Above => Some(Known::Above),
        State::Below => Some(Known::Below),
        State::Leaving => Some(Known::Leaving),
        State::Entering => Some(Known::Entering),
    }
}

fn together(factored: &Factored, places: i32) -> Option<Together> {
    let row = |(k, row): (usize, &Vec<i128>)| row.iter().take(k + 1).map(ToString::to_string).collect();
    Some(Together {
        places,
        weight_places: u32::try_from(factored.shift).ok()?,
        weights: factored.weights.iter().map(ToString::to_string).collect(),
        factor: factored.factor.iter().enumerate().map(row).collect(),
    })
}
