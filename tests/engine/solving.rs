//! Exact solving against plain elimination over ℚ, and against the equations themselves.

use exactract::linalg::elimination::{self, largest};
use exactract::linalg::{Matrix, Solve};
use exactract::net::Draw;
use exactract::num::{BigRational, Exact, Num, Rational};
use proptest::prelude::*;

/// A fraction of small parts, for most entries an integer; shared by both backends.
type Fraction = (i64, i64);

fn fraction() -> impl Strategy<Value = Fraction> {
    prop_oneof![
        3 => (-9i64..=9).prop_map(|n| (n, 1)),
        1 => Just((0, 1)),
        1 => (any::<i32>(), 1i64..1000).prop_map(|(n, d)| (i64::from(n), d)),
        1 => (any::<i64>(), 1i64..=1 << 40).prop_map(|(n, d)| (n, d)),
    ]
}

fn entries(rows: usize, columns: usize) -> impl Strategy<Value = Vec<Fraction>> {
    prop::collection::vec(fraction(), rows * columns)
}

fn matrix<Q: Exact>(rows: usize, columns: usize, entries: &[Fraction]) -> Matrix<Num<Q>> {
    let value = |&(n, d): &Fraction| Num(Q::integer(n).div(&Q::integer(d)).unwrap());
    Matrix::from_entries(rows, columns, entries.iter().map(value).collect()).unwrap()
}

fn values<Q: Exact>(matrix: &Matrix<Num<Q>>) -> Vec<Q> {
    matrix.entries().iter().map(|x| x.0.clone()).collect()
}

/// `A·B`, as the formula reads.
fn product<Q: Exact>(a: &Matrix<Num<Q>>, b: &Matrix<Num<Q>>) -> Matrix<Num<Q>> {
    let term =
        |i: usize, j: usize| (0..a.columns()).fold(Num(Q::default()), |sum, k| &sum + &(&a[(i, k)] * &b[(k, j)]));
    Matrix::from_fn(a.rows(), b.columns(), term)
}

/// Plain elimination: the first entry that is not zero is the pivot.
fn eliminated<Q: Exact>(a: &Matrix<Num<Q>>, b: &Matrix<Num<Q>>) -> Option<Matrix<Num<Q>>> {
    elimination::solve(a, b, &mut |column| column.iter().position(|x| x.0 != Q::default()))
}

fn solve<Q: Exact + Solve>(a: &Matrix<Num<Q>>, b: &Matrix<Num<Q>>) -> Option<Vec<Q>> {
    Q::solve(a, b, ()).map(|x| values(&x))
}

/// Small integers, rows `from` and on sums of those before: the rank is at most `from`.
fn of_rank(rows: usize, columns: usize, from: usize, entries: &[Fraction]) -> Vec<Fraction> {
    let mut out: Vec<Fraction> = entries.iter().map(|&(n, _)| (n % 1000, 1)).collect();
    for (i, j) in (from..rows).flat_map(|i| (0..columns).map(move |j| (i, j))) {
        out[i * columns + j].0 = (0..from).map(|k| out[k * columns + j].0 * ((i + k) as i64 % 3 - 1)).sum();
    }
    out
}

/// A system of `n` unknowns and `m` right-hand sides.
fn system() -> impl Strategy<Value = (usize, usize, Vec<Fraction>, Vec<Fraction>)> {
    (1usize..=12, 1usize..=3).prop_flat_map(|(n, m)| (Just(n), Just(m), entries(n, n), entries(n, m)))
}

/// A tall system: rows, columns, right-hand sides.
fn tall() -> impl Strategy<Value = (usize, usize, usize, Vec<Fraction>, Vec<Fraction>)> {
    (1usize..=6, 0usize..=6, 1usize..=2).prop_flat_map(|(columns, more, m)| {
        let rows = columns + more;
        (Just(rows), Just(columns), Just(m), entries(rows, columns), entries(rows, m))
    })
}

/// Least squares against the normal equations, which its answer must satisfy exactly.
fn check_least_squares<Q: Exact + Solve>(
    a: &Matrix<Num<Q>>,
    b: &Matrix<Num<Q>>,
) -> Result<Option<Vec<Q>>, TestCaseError> {
    let transposed = a.transposed();
    let (square, right) = (product(&transposed, a), product(&transposed, b));
    let Some(found) = Q::least_squares(a, b, ()) else {
        prop_assert!(eliminated(&square, &right).is_none(), "the columns are independent");
        return Ok(None);
    };
    prop_assert_eq!(values(&product(&square, &found)), values(&right));
    Ok(Some(values(&found)))
}

fn check_columns<Q: Exact + Solve>(a: &Matrix<Num<Q>>) -> Result<Vec<usize>, TestCaseError> {
    let nonzero = |_: usize, remainder: &Num<Q>, _: &Num<Q>| Ok::<_, TestCaseError>(remainder.0 != Q::default());
    let found = Q::independent_columns(a, &mut { nonzero })?;
    // Whatever the pivots.
    let first = |column: &[Num<Q>]| column.iter().position(|x| x.0 != Q::default()).or(Some(0));
    for pivot in [first, largest] {
        prop_assert_eq!(&found, &elimination::independent_columns(a, pivot, &mut { nonzero })?);
    }
    Ok(found)
}

/// The same numbers in the other backend.
fn converted(values: &[Rational]) -> Vec<BigRational> {
    values.iter().map(Exact::convert).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn solving_is_elimination((n, m, a, b) in system()) {
        let (left, right) = (matrix::<Rational>(n, n, &a), matrix::<Rational>(n, m, &b));
        let found = solve(&left, &right);
        prop_assert_eq!(&found, &eliminated(&left, &right).map(|x| values(&x)));
        let pure = solve(&matrix::<BigRational>(n, n, &a), &matrix::<BigRational>(n, m, &b));
        prop_assert_eq!(found.map(|x| converted(&x)), pure);
    }

    #[test]
    fn a_singular_matrix_has_no_solution((n, m, a, b) in system(), rank in 0usize..12) {
        let a = of_rank(n, n, rank % n, &a);
        prop_assert_eq!(solve(&matrix::<Rational>(n, n, &a), &matrix(n, m, &b)), None);
        prop_assert_eq!(solve(&matrix::<BigRational>(n, n, &a), &matrix(n, m, &b)), None);
    }

    #[test]
    fn least_squares_satisfies_the_normal_equations((rows, columns, m, a, b) in tall()) {
        let found = check_least_squares(&matrix::<Rational>(rows, columns, &a), &matrix(rows, m, &b))?;
        let pure = check_least_squares(&matrix::<BigRational>(rows, columns, &a), &matrix(rows, m, &b))?;
        prop_assert_eq!(found.map(|x| converted(&x)), pure);
    }

    #[test]
    fn a_consistent_system_is_solved((rows, columns, m, a, x) in tall()) {
        let (left, x) = (matrix::<Rational>(rows, columns, &a), matrix(columns, m, &x[..columns * m]));
        let found = check_least_squares(&left, &product(&left, &x))?;
        if let Some(found) = found {
            prop_assert_eq!(found, values(&x));
        }
    }

    #[test]
    fn dependent_columns_have_no_least_squares((rows, columns, m, a, b) in tall(), rank in 0usize..6) {
        // Rows of the transpose are columns here.
        let left = matrix::<Rational>(columns, rows, &of_rank(columns, rows, rank % columns, &a)).transposed();
        prop_assert_eq!(check_least_squares(&left, &matrix(rows, m, &b))?, None);
    }

    #[test]
    fn independent_columns_are_those_of_elimination(
        (rows, columns, a) in (1usize..=9, 1usize..=9).prop_flat_map(|(r, c)| (Just(r), Just(c), entries(r, c))),
        rank in 0usize..9,
    ) {
        for a in [a.clone(), of_rank(rows, columns, rank % rows, &a)] {
            let found = check_columns(&matrix::<Rational>(rows, columns, &a))?;
            prop_assert_eq!(found, check_columns(&matrix::<BigRational>(rows, columns, &a))?);
        }
    }

    #[test]
    fn products_are_the_formula(a in entries(3, 5), b in entries(2, 5)) {
        let (left, right) = (matrix::<Rational>(3, 5, &a), matrix(2, 5, &b));
        prop_assert_eq!(values(&Rational::products(&left, &right, ())), values(&product(&left, &right.transposed())));
    }
}

/// A dense system whose solution has hundreds of digits, checked by multiplying back.
#[test]
fn a_large_system_multiplies_back() {
    let mut draw = Draw::new(1, "system");
    let mut entry = |_: usize, _: usize| Num::<Rational>::lift(draw.dyadic(30), ());
    let (a, b) = (Matrix::from_fn(64, 64, &mut entry), Matrix::from_fn(64, 2, &mut entry));
    let x = Rational::solve(&a, &b, ()).unwrap();
    assert_eq!(values(&product(&a, &x)), values(&b));
    assert!(x.entries().iter().all(|x| x.0.denominator().to_string().len() > 300), "the system is too easy");
}

#[test]
fn a_hilbert_matrix_has_its_known_inverse() {
    // The entry (i, j) of the inverse, 1-based: Choi, American Mathematical Monthly 90 (1983).
    let n = 12i64;
    let binomial = |n: i64, k: i64| (1..=k).fold(1i128, |c, i| c * i128::from(n - k + i) / i128::from(i));
    let hilbert = Matrix::from_fn(12, 12, |i, j| Num::lift(1.0, ()).over(&Num::lift((i + j + 1) as f64, ())).unwrap());
    let identity = Matrix::from_fn(12, 12, |i, j| Num(Rational::integer(i64::from(i == j))));
    let inverse = Rational::solve(&hilbert, &identity, ()).unwrap();
    for i in 1..=n {
        for j in 1..=n {
            let size = i128::from(i + j - 1)
                * binomial(n + i - 1, n - j)
                * binomial(n + j - 1, n - i)
                * binomial(i + j - 2, i - 1)
                * binomial(i + j - 2, i - 1);
            let expected = if (i + j) % 2 == 0 { size } else { -size };
            let found = &inverse[((i - 1) as usize, (j - 1) as usize)].0;
            assert_eq!(found.to_string(), expected.to_string(), "{i}, {j}");
        }
    }
}
