//! Arrays, copies, fills and pairs of rows that are compiled into the function that asks for them.
//!
//! `core` has them too, in functions that are not marked `#[inline]` or that call such: with several units of
//! code generation and no link-time optimisation each is compiled once, in a unit of its own, and called from
//! there, at every element and without the level's instructions. So whatever runs at every step takes these
//! instead of `array::from_fn`, `[_; N]::map`, `copy_from_slice`, `fill` and `Iterator::zip`.
//!
//! ```
//! use dien_kernels::inline::{each, zip};
//!
//! let (a, b, mut y) = ([1.0f32, 2.0, 3.0, 4.0], [10.0, 20.0], [0.0; 4]);
//! for (y, a) in zip(y.chunks_exact_mut(2), a.chunks_exact(2)) {
//!     each(y, [a, &b], |y, [a, b]| *y = a + b);
//! }
//! assert_eq!(y, [11.0, 22.0, 13.0, 24.0]);
//! ```

/// `[f(0), f(1), …]`
#[inline(always)]
pub fn array<A: Copy + Default, const N: usize>(f: impl Fn(usize) -> A) -> [A; N] {
    let mut array = [A::default(); N];
    for k in 0..N {
        array[k] = f(k);
    }
    array
}

/// `to[i] = from[i]`
///
/// # Panics
/// If they differ in length.
#[inline(always)]
#[track_caller]
#[allow(unsafe_code)]
pub fn copy<A: Copy>(from: &[A], to: &mut [A]) {
    assert!(from.len() == to.len(), "copy: {} elements to {}", from.len(), to.len());
    // SAFETY: both have as many elements; what is borrowed to be written overlaps nothing else.
    unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), to.as_mut_ptr(), to.len()) }
}

/// `to[i] = value`
#[inline(always)]
pub fn fill<A: Copy>(to: &mut [A], value: A) {
    for to in to {
        *to = value;
    }
}

/// `f(&mut y[i], [x₀[i], x₁[i], …])` for every i that all of them have.
#[inline(always)]
pub fn each<A, B: Copy + Default, const N: usize>(
    y: &mut [A],
    x: [&[B]; N],
    mut f: impl FnMut(&mut A, [B; N]),
) {
    let mut n = y.len();
    for k in 0..N {
        n = n.min(x[k].len());
    }
    let (y, x): (_, [&[B]; N]) = (&mut y[..n], array(|k| &x[k][..n]));
    for i in 0..n {
        f(&mut y[i], array(|k| x[k][i]));
    }
}

/// Two iterators side by side, until one ends: for rows. Elements are better walked by one index, as
/// [`each`] does.
#[inline(always)]
pub fn zip<A: IntoIterator, B: IntoIterator>(a: A, b: B) -> Zip<A::IntoIter, B::IntoIter> {
    Zip(a.into_iter(), b.into_iter())
}

/// See [`zip`].
#[derive(Clone, Debug)]
pub struct Zip<A, B>(A, B);

impl<A: Iterator, B: Iterator> Iterator for Zip<A, B> {
    type Item = (A::Item, B::Item);

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        Some((self.0.next()?, self.1.next()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_and_zip_end_with_the_shortest() {
        let mut y = [0.0; 4];
        each(&mut y, [&[1.0, 2.0, 3.0], &[10.0, 20.0]], |y, [a, b]| *y = a + b);
        assert_eq!(y, [11.0, 22.0, 0.0, 0.0]);
        assert!(zip(0..3, [5, 6]).eq([(0, 5), (1, 6)]));
        assert!(zip([5, 6], 0..3).eq([(5, 0), (6, 1)]));
        each(&mut y, [], |y, []: [f64; 0]| *y += 1.0);
        assert_eq!(y, [12.0, 23.0, 1.0, 1.0]);
    }

    #[test]
    fn copies_and_fills() {
        let mut y = [0; 3];
        copy(&array::<usize, 3>(|k| k + 1), &mut y);
        assert_eq!(y, [1, 2, 3]);
        fill(&mut y[1..], 7);
        assert_eq!(y, [1, 7, 7]);
    }

    #[test]
    #[should_panic(expected = "copy: 2 elements to 3")]
    fn copies_what_fits() {
        copy(&[1, 2], &mut [0; 3]);
    }
}
