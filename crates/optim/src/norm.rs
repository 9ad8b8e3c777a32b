//! The global norm of all gradients.

use dien_kernels::inline::each;
use dien_kernels::par::{for_tasks, per_task};
use dien_kernels::simd::{Kernel, Simd, dispatch};
use dien_tensor::{Grads, ParamId, Real};

/// Elements in one partial sum. The partial sums and their order depend on the gradients' sizes alone.
const CHUNK: usize = 8192;

/// ‖g‖² of every gradient, summed in f64; `Err` names the first parameter for which it is not
/// finite.
pub(crate) fn squared_norm<T: Real>(grads: &Grads<T>, parts: &mut Vec<f64>) -> Result<f64, ParamId> {
    let mut total = 0.0;
    for (id, grad) in grads.iter() {
        let values = grad.values();
        parts.clear();
        parts.resize(values.len().div_ceil(CHUNK), 0.0);
        for_tasks(
            parts.len(),
            (per_task(values, CHUNK), per_task(&mut parts[..], 1)),
            &|_, (chunk, part)| {
                part[0] = dispatch(SumSquares(chunk));
            },
        );
        let sum: f64 = parts.iter().sum();
        if !sum.is_finite() {
            return Err(id);
        }
        total += sum;
    }
    Ok(total)
}

/// The first parameter with a number whose square, once it is scaled by `scale`, is infinite; or so near that
/// an average of such squares, rounded, may be.
pub(crate) fn infinite_square<T: Real>(grads: &Grads<T>, norm: f64, scale: f64) -> Option<ParamId> {
    let most = (T::max_value().f64() / 2.0).sqrt();
    // No number is larger than the norm.
    if norm * scale <= most {
        return None;
    }
    let too_large = |x: &T| x.f64().abs() * scale > most;
    grads.iter().find(|(_, grad)| grad.values().iter().any(too_large)).map(|(id, _)| id)
}

struct SumSquares<'a, T>(&'a [T]);

impl<T: Real> Kernel<T> for SumSquares<'_, T> {
    type Output = f64;

    #[inline(always)]
    fn run<S: Simd>(self) -> f64 {
        const LANES: usize = 16;
        let mut sums = [0.0f64; LANES];
        let (blocks, rest) = self.0.as_chunks::<LANES>();
        for block in blocks {
            each(&mut sums, [block], |sum, [x]| *sum += x.f64() * x.f64());
        }
        each(&mut sums, [rest], |sum, [x]| *sum += x.f64() * x.f64());
        sums.iter().sum()
    }
}
