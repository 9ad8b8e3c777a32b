//! The safe door to `matrixmultiply`.

#![allow(unsafe_code)]

use crate::Number;
use ndarray::{ArrayView2, ArrayViewMut2};

/// C ← α A B + β C for `a` `[m, k]`, `b` `[k, n]`, `c` `[m, n]`, any strides. β = 0 overwrites, NaN included.
///
/// # Panics
/// If the shapes do not agree.
#[track_caller]
pub fn gemm<T: Number>(alpha: T, a: ArrayView2<T>, b: ArrayView2<T>, beta: T, mut c: ArrayViewMut2<T>) {
    let ((m, k), (k2, n)) = (a.dim(), b.dim());
    assert!(k == k2 && c.dim() == (m, n), "gemm: [{m}, {k}] · [{k2}, {n}] into {:?} does not fit", c.shape());
    let (sa, sb) = ((a.strides()[0], a.strides()[1]), (b.strides()[0], b.strides()[1]));
    let sc = (c.strides()[0], c.strides()[1]);
    // SAFETY: views guarantee that every index within their shape is in bounds; `c` is borrowed mutably, so
    // it overlaps neither `a` nor `b`; the shapes were checked above.
    unsafe {
        T::gemm_raw(
            m,
            k,
            n,
            alpha,
            (a.as_ptr(), sa.0, sa.1),
            (b.as_ptr(), sb.0, sb.1),
            beta,
            (c.as_mut_ptr(), sc.0, sc.1),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn transposes_and_scales() {
        let a = array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
        let mut c = Array2::from_elem((2, 2), f64::NAN);
        gemm(2.0, a.t(), a.view(), 0.0, c.view_mut());
        assert_eq!(c, array![[70.0, 88.0], [88.0, 112.0]]);
    }

    #[test]
    #[should_panic(expected = "gemm: [1, 2] · [3, 1]")]
    fn shapes_must_agree() {
        gemm(
            1.0,
            Array2::<f32>::zeros((1, 2)).view(),
            Array2::zeros((3, 1)).view(),
            0.0,
            Array2::zeros((1, 1)).view_mut(),
        );
    }
}
