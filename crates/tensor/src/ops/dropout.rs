//! Inverted dropout, Srivastava et al. 2014

use ndarray::ArrayViewD;
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

use super::points::{CHUNK, add_grad, for_chunks};
use crate::{Backward, OpGrads, Real, Var};

/// Each element is 0 with probability `p`, else x / (1 − p); `x` itself unless the tape is training and p > 0.
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

/// The way back is the same linear map, so only the generator's place is saved, not the mask.
struct Dropout {
    seed: [u8; 32],
    stream: u64,
    /// An element is dropped if its sixteen bits are below this.
    dropped: u16,
}

impl Dropout {
    fn apply<T: Real>(&self, x: &[T], y: &mut [T]) {
        let scale = T::of(65536.0 / (65536.0 - f64::from(self.dropped)));
        for_chunks(CHUNK, y, |start, y| {
            let mut rng = ChaCha8Rng::from_seed(self.seed);
            rng.set_stream(self.stream);
            // Two elements a word of 32 bits; every chunk starts with a whole word.
            rng.set_word_pos(start as u128 / 2);
            let mut bits = [0u8; 512];
            let x = &x[start..start + y.len()];
            for (y, x) in y.chunks_mut(bits.len() / 2).zip(x.chunks(bits.len() / 2)) {
                rng.fill_bytes(&mut bits);
                for ((y, &x), &bits) in y.iter_mut().zip(x).zip(bits.as_chunks().0) {
                    *y = if u16::from_le_bytes(bits) < self.dropped { T::zero() } else { x * scale };
                }
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
