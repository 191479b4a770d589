//! Plain elimination over any scalar: the rounded path, and the oracle of the exact one.

use super::Matrix;
use crate::num::{Num, Scalar, dot};
use std::cmp::Ordering;

/// Which entry of a column to divide by: an index into it, or `None` when none will do.
pub type Pivot<'p, S> = &'p mut dyn FnMut(&[Num<S>]) -> Option<usize>;

/// `X` with `A·X = B` by Gauss–Jordan elimination, pivots chosen among the rows left.
///
/// `a`: `[n, n]`, `b`: `[n, m]`, result `[n, m]`; `None` where no pivot is left. Exact in
/// ℚ, though entries grow; backward stable in f64 with pivots of largest magnitude, up to
/// the growth factor (Higham, *Accuracy and Stability*, 2nd ed., §9.3).
pub fn solve<S: Scalar>(a: &Matrix<Num<S>>, b: &Matrix<Num<S>>, pivot: Pivot<'_, S>) -> Option<Matrix<Num<S>>> {
    let n = a.rows();
    let mut rows: Vec<Vec<Num<S>>> = (0..n).map(|i| a.row(i).iter().chain(b.row(i)).cloned().collect()).collect();
    for k in 0..n {
        let column: Vec<Num<S>> = rows[k..].iter().map(|row| row[k].clone()).collect();
        rows.swap(k, k + pivot(&column)?);
        let lead = rows[k][k].clone();
        for entry in &mut rows[k][k..] {
            *entry = entry.over(&lead)?;
        }
        let source = rows[k].clone();
        for row in rows.iter_mut().enumerate().filter(|(i, _)| *i != k).map(|(_, row)| row) {
            eliminate(row, &source, k);
        }
    }
    Matrix::from_rows(b.columns(), rows.into_iter().map(|mut row| row.split_off(n)).collect())
}

/// Whether a column is independent of those chosen before it: of its index, its largest
/// remainder, and what that is small beside.
pub type Independent<'i, S, E> = &'i mut dyn FnMut(usize, &Num<S>, &Num<S>) -> Result<bool, E>;

/// The lexicographically first independent columns, by the answers of `independent`.
///
/// `a`: `[n, d]`; `largest`: the entry of a column to divide by. Asked in the order of the
/// columns, until `n` are chosen, beside the largest entry of `a`. A column whose largest
/// remainder may be zero is never chosen. Errors: those of `independent`.
pub fn independent_columns<S: Scalar, E>(
    a: &Matrix<Num<S>>,
    largest: fn(&[Num<S>]) -> Option<usize>,
    independent: Independent<'_, S, E>,
) -> Result<Vec<usize>, E> {
    let Some(top) = largest(a.entries()) else { return Ok(Vec::new()) };
    let scale = a.entries()[top].abs();
    let mut rows: Vec<Vec<Num<S>>> = a.iter_rows().map(<[_]>::to_vec).collect();
    let mut chosen = Vec::new();
    for j in 0..a.columns() {
        let rank = chosen.len();
        if rank == rows.len() {
            break;
        }
        let column: Vec<Num<S>> = rows[rank..].iter().map(|row| row[j].clone()).collect();
        let Some(best) = largest(&column) else { continue };
        if !independent(j, &column[best].abs(), &scale)? || !is_certainly_not_zero(&column[best]) {
            continue;
        }
        rows.swap(rank, rank + best);
        let lead = rows[rank][j].clone();
        let (above, below) = rows.split_at_mut(rank + 1);
        let Some(source) = above[rank][j..].iter().map(|x| x.over(&lead)).collect::<Option<Vec<_>>>() else { continue };
        for row in below {
            eliminate(&mut row[j..], &source, 0);
        }
        chosen.push(j);
    }
    Ok(chosen)
}

/// `row −= row[k]·source`, where `source[k] = 1`, from column `k` on.
fn eliminate<S: Scalar>(row: &mut [Num<S>], source: &[Num<S>], k: usize) {
    let factor = row[k].clone();
    for (entry, s) in row[k..].iter_mut().zip(&source[k..]) {
        *entry = &*entry - &(&factor * s);
    }
}

/// `A·Bᵀ`, each sum in the order of the index.
///
/// `a`: `[n, m]`, `b`: `[k, m]`, result `[n, k]`.
pub fn products<S: Scalar>(a: &Matrix<Num<S>>, b: &Matrix<Num<S>>, context: S::Context) -> Matrix<Num<S>> {
    Matrix::from_fn(a.rows(), b.rows(), |i, j| dot(Num::lift(0.0, context), a.row(i), b.row(j)))
}

/// `AᵀA` and `AᵀB`, each sum in the order of the rows.
///
/// `a`: `[n, m]`, `b`: `[n, k]`; results `[m, m]`, `[m, k]`.
pub fn normal_equations<S: Scalar>(
    a: &Matrix<Num<S>>,
    b: &Matrix<Num<S>>,
    context: S::Context,
) -> (Matrix<Num<S>>, Matrix<Num<S>>) {
    let (a, b) = (a.transposed(), b.transposed());
    (products(&a, &a, context), products(&a, &b, context))
}

/// Whether dividing by `x` gives a number.
pub(super) fn is_certainly_not_zero<S: Scalar>(x: &Num<S>) -> bool {
    x.0.sign().is_some_and(Ordering::is_ne)
}

/// Index of the first entry of largest magnitude, or of the first that cannot be compared (a NaN).
///
/// `None` of no entries. For which row to divide by: any entry that is not zero gives equal
/// answers in ℚ. Whether the one found counts as zero is for the caller to ask a judge.
pub fn largest<S: Scalar>(column: &[Num<S>]) -> Option<usize> {
    let mut best = 0;
    for (i, x) in column.iter().enumerate() {
        match (&x.abs() - &column[best].abs()).0.sign() {
            None => return Some(i),
            Some(Ordering::Greater) => best = i,
            Some(_) => {}
        }
    }
    (!column.is_empty()).then_some(best)
}
