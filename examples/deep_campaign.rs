//! Deep extractions over seeds: one line each.
use exactract::attack::{Options, peel};
use exactract::judge::Policy;
use exactract::net::{Dtype, Sameness, Sizes, random_deep, same};
use exactract::num::{Rational, Scalar};
use exactract::oracle::{Layered, Oracle};
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let sizes: Sizes = args[1].parse().expect("sizes");
    let (from, to): (u64, u64) = (args[2].parse().expect("from"), args[3].parse().expect("to"));
    let mut equal = 0;
    let mut costs = Vec::new();
    for seed in from..to {
        let victim = random_deep(&sizes, seed, Dtype::F32).expect("a victim");
        let exact = victim.map(|&w| Rational::lift(w, ()));
        let start = std::time::Instant::now();
        let mut oracle = Oracle::<Rational>::held(Layered::exact(&victim).expect("deep"));
        let outcome = peel::extract((), &mut oracle, Policy::Exact, Options { seed, ..Options::default() });
        let took = start.elapsed().as_secs_f64();
        let verdict = match (&outcome.network, &outcome.stopped) {
            (Some(network), _) => match same(&network.map(|w| w.0.clone()), &exact) {
                Sameness::Equal => {
                    equal += 1;
                    "equal".to_owned()
                }
                Sameness::Different { what, .. } => format!("different: {what}"),
                Sameness::Undecided(what) => format!("undecided: {what}"),
            },
            (None, Some((stage, error))) => format!("stopped in {stage}: {error}"),
            (None, None) => "nothing".to_owned(),
        };
        if let Some(first) = outcome.layers.first() {
            let truth = &exact.layers()[0];
            for (i, row) in first.weights().iter_rows().enumerate() {
                let row: Vec<Rational> = row.iter().map(|x| x.0.clone()).chain([first.bias()[i].0.clone()]).collect();
                let fits = |k: &usize| {
                    let other: Vec<Rational> =
                        truth.weights().row(*k).iter().cloned().chain([truth.bias()[*k].clone()]).collect();
                    let a = row[0].div(&other[0]).unwrap_or_default();
                    a > Rational::default() && row.iter().zip(&other).all(|(x, y)| *x == y.mul(&a))
                };
                if (0..truth.units()).find(fits).is_none() {
                    println!("row {i} is none of the victim's");
                }
            }
        }
        let cost = outcome.tally.total() as f64 / sizes.parameters() as f64;
        costs.push(cost);
        println!(
            "{sizes} {seed} found {:?} {cost:.2} q/p {took:.2} s spent {:?} {verdict}",
            outcome.layers.iter().map(exactract::net::Affine::units).collect::<Vec<_>>(),
            outcome.spent
        );
    }
    costs.sort_by(f64::total_cmp);
    println!(
        "{sizes}: {equal} of {} equal; queries/parameter {:.2} {:.2} {:.2}",
        to - from,
        costs[0],
        costs[costs.len() / 2],
        costs[costs.len() - 1]
    );
}
