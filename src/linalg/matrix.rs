//! A dense matrix, row by row.

/// A dense matrix of any entries, stored row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix<T> {
    rows: usize,
    columns: usize,
    entries: Vec<T>,
}

impl<T> Matrix<T> {
    /// The matrix with `entry(i, j)` at row `i`, column `j`.
    pub fn from_fn(rows: usize, columns: usize, mut entry: impl FnMut(usize, usize) -> T) -> Self {
        let mut entries = Vec::with_capacity(rows * columns);
        for i in 0..rows {
            for j in 0..columns {
                entries.push(entry(i, j));
            }
        }
        Self { rows, columns, entries }
    }

    /// The matrix with these rows; `None` when they differ in length from `columns`.
    pub fn from_rows(columns: usize, rows: Vec<Vec<T>>) -> Option<Self> {
        let count = rows.len();
        rows.iter().all(|row| row.len() == columns).then(|| Self {
            rows: count,
            columns,
            entries: rows.into_iter().flatten().collect(),
        })
    }

    /// The matrix with these entries, row by row; `None` when their number is not `rows·columns`.
    pub fn from_entries(rows: usize, columns: usize, entries: Vec<T>) -> Option<Self> {
        (rows.checked_mul(columns) == Some(entries.len())).then_some(Self { rows, columns, entries })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Row `i`, `[columns]`.
    pub fn row(&self, i: usize) -> &[T] {
        &self.entries[i * self.columns..(i + 1) * self.columns]
    }

    /// Row `i`, `[columns]`.
    pub fn row_mut(&mut self, i: usize) -> &mut [T] {
        &mut self.entries[i * self.columns..(i + 1) * self.columns]
    }

    /// The rows, in order.
    pub fn iter_rows(&self) -> impl ExactSizeIterator<Item = &[T]> {
        (0..self.rows).map(|i| self.row(i))
    }

    /// Column `j`, `[rows]`.
    pub fn column(&self, j: usize) -> impl Iterator<Item = &T> {
        self.iter_rows().map(move |row| &row[j])
    }

    /// All entries, row by row.
    pub fn entries(&self) -> &[T] {
        &self.entries
    }

    /// The matrix of `f(entry)`.
    pub fn map<U>(&self, f: impl FnMut(&T) -> U) -> Matrix<U> {
        Matrix { rows: self.rows, columns: self.columns, entries: self.entries.iter().map(f).collect() }
    }

    /// The matrix of `f(entry)`; errors: the first of `f`, row by row.
    pub fn try_map<U, E>(&self, f: impl FnMut(&T) -> Result<U, E>) -> Result<Matrix<U>, E> {
        let entries = self.entries.iter().map(f).collect::<Result<_, _>>()?;
        Ok(Matrix { rows: self.rows, columns: self.columns, entries })
    }
}

impl<T: Clone> Matrix<T> {
    /// Rows and columns exchanged.
    pub fn transposed(&self) -> Self {
        Self::from_fn(self.columns, self.rows, |i, j| self[(j, i)].clone())
    }

    /// The columns named, in that order.
    pub fn select_columns(&self, columns: &[usize]) -> Self {
        Self::from_fn(self.rows, columns.len(), |i, j| self[(i, columns[j])].clone())
    }
}

impl<T> std::ops::Index<(usize, usize)> for Matrix<T> {
    type Output = T;
    fn index(&self, (i, j): (usize, usize)) -> &T {
        &self.row(i)[j]
    }
}

impl<T> std::ops::IndexMut<(usize, usize)> for Matrix<T> {
    fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut T {
        &mut self.row_mut(i)[j]
    }
}
