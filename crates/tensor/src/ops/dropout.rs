//! Inverted dropout, Srivastava et al. 2014

use ndarray::ArrayViewD;
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

use super::points::add_grad;
use crate::{Backward, OpGrads, Real, Var};
use dien_kernels::elementwise::drop_out;
use dien_kernels::par::{CHUNK, for_chunks};

/// Elements whose bits are drawn at once.
const BLOCK: usize = 256;

/// Each element is 0 with probability `p`, else x / (1 − p); `x` itself unless the tape is training and p >
/// 0.
///
/// Sixteen random bits decide on an element, so `p` is rounded to a multiple of 2⁻¹⁶.
///
/// # Panics
/// If `p` is not in [0, 1).
#[track_caller]
pub fn dropout<T: Real>(x: Var<'_, T>, p: f64) -> Var<'_, T> {
    assert!((0.0..1.0).contains(&p), "dropout: p = {p} is not in [0, 1)");
    let tape = x.tape();
    if !tape.is_training() || p == 0.0 {
        return x;
    }
    let rng = tape.rng();
    let dropped = (p * 65536.0).round().min(65535.0) as u16;
    let op = Dropout { seed: rng.get_seed(), stream: rng.get_stream(), dropped };
    let mut y = tape.pool().stale(x.shape());
    op.apply(x.data(), y.as_slice_mut().expect("standard layout"));
    tape.record(&[x], y, op)
}

/// The backward pass is the same linear map, so only the generator's place is saved, not the mask.
struct Dropout {
    seed: [u8; 32],
    stream: u64,
    /// An element is dropped if its sixteen bits are below this.
    dropped: u16,
}

impl Dropout {
    fn apply<T: Real>(&self, x: &[T], y: &mut [T]) {
        let scale = T::of(65536.0 / (65536.0 - f64::from(self.dropped)));
        for_chunks(CHUNK, y, &|start, y| {
            let mut rng = ChaCha8Rng::from_seed(self.seed);
            rng.set_stream(self.stream);
            // Two elements a word of 32 bits; every chunk starts with a whole word.
            rng.set_word_pos(start as u128 / 2);
            let mut bytes = [0u8; 2 * BLOCK];
            let x = &x[start..start + y.len()];
            for (y, x) in y.chunks_mut(BLOCK).zip(x.chunks(BLOCK)) {
                rng.fill_bytes(&mut bytes);
                drop_out(x, &bytes, self.dropped, scale, y);
            }
        });
    }
}

impl<T: Real> Backward<T> for Dropout {
    fn name(&self) -> &'static str {
        "dropout"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        add_grad(io, 0, |dx| self.apply(dy.to_slice().expect("standard layout"), dx));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, params};
    use super::*;
    use crate::{Mode, Pool, Tape};
    use ndarray::ArrayD;

    #[test]
    fn gradients() {
        check([&[5, 9]], |[x]| dropout(x, 0.4));
        check([&[0, 9]], |[x]| dropout(x, 0.4));
    }

    fn dropped(mode: Mode, n: usize, p: f64) -> Vec<f64> {
        let (params, pool) = (params(&[]), Pool::new());
        let tape = Tape::new(&params, &pool, mode);
        dropout(tape.constant(ArrayD::ones(vec![n])), p).data().to_vec()
    }

    #[test]
    fn keeps_the_expected_share_and_the_mean() {
        for p in [0.1, 0.5, 0.9] {
            let y = dropped(Mode::Train { seed: 5 }, 100_000, p);
            let zeros = y.iter().filter(|&&y| y == 0.0).count() as f64 / y.len() as f64;
            assert!((zeros - p).abs() < 0.005, "p = {p}: {zeros}");
            assert!(y.iter().all(|&y| y == 0.0 || (y * (1.0 - p) - 1.0).abs() < 1e-4));
        }
    }

    #[test]
    fn is_the_identity_but_in_training() {
        let train = |seed| dropped(Mode::Train { seed }, 1000, 0.5);
        assert_eq!(dropped(Mode::Eval, 1000, 0.5), [1.0; 1000]);
        assert_eq!(dropped(Mode::EvalWithGrad, 1000, 0.5), [1.0; 1000]);
        assert_eq!(dropped(Mode::Train { seed: 1 }, 1000, 0.0), [1.0; 1000]);
        assert_eq!(train(1), train(1));
        assert_ne!(train(1), train(2));
    }

    #[test]
    fn chunks_do_not_repeat_each_other() {
        let y = dropped(Mode::Train { seed: 1 }, 2 * CHUNK, 0.5);
        assert_ne!(y[..CHUNK], y[CHUNK..]);
    }
}
