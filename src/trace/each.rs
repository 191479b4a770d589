//! Numbers in lists, each taken to another kind of number.

/// `[n]`, each number mapped; errors: the first of `f`.
pub(super) fn each<T, U, E>(list: &[T], f: &mut impl FnMut(&T) -> Result<U, E>) -> Result<Vec<U>, E> {
    list.iter().map(f).collect()
}

/// `[n]` of `[m]`, each number mapped; errors: the first of `f`.
pub(super) fn lists<T, U, E>(lists: &[Vec<T>], f: &mut impl FnMut(&T) -> Result<U, E>) -> Result<Vec<Vec<U>>, E> {
    lists.iter().map(|list| each(list, f)).collect()
}

/// The other kind of number in what may not be there; errors: the first of `f`.
pub(super) fn optional<X, Y, E>(x: Option<&X>, f: impl FnOnce(&X) -> Result<Y, E>) -> Result<Option<Y>, E> {
    x.map(f).transpose()
}
