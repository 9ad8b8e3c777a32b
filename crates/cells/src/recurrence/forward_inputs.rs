//! What the events of a few steps give to the gates, which waits for no state.

use std::ops::Range;

use dien_kernels::simd::{Kernel, Simd};
use dien_tensor::Real;

use super::Recurrence;
use super::tiles::{InTiles, TileWork, add_products, biases, scaled, store};
use super::weights::Stream;
use crate::{LANES, Packed};

/// The gates' sums over the input, biases included, of a few steps.
pub(super) struct InputSums<'a, T, R> {
    pub recurrence: R,
    pub packed: &'a Packed,
    /// The steps' blocks.
    pub blocks: Range<usize>,
    pub stream: Stream,
    /// Packed by [`Stream::pack`].
    pub weights: &'a [T],
    /// The steps' events `[steps, inputs, LANES]`.
    pub events: &'a [T],
    /// Their scores `[steps, LANES]`.
    pub score: Option<&'a [T]>,
    /// Out: `[steps, tiles, gates, units, LANES]`.
    pub to: &'a mut [T],
}

impl<T: Real, R: Recurrence> Kernel<T> for InputSums<'_, T, R> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        S::unit_tiles(InTiles(self));
    }
}

impl<T: Real, R: Recurrence> TileWork for InputSums<'_, T, R> {
    type Recurrence = R;

    #[inline(always)]
    fn recurrence(&self) -> R {
        self.recurrence
    }

    #[inline(always)]
    fn run<S: Simd, const G: usize, const UNITS: usize, const V: usize, const H: usize>(self, _: [usize; G]) {
        debug_assert_eq!((self.stream.gates, self.stream.units), (G, UNITS));
        let InputSums { packed, blocks, stream, events, to, .. } = self;
        let (size, sums) = (stream.inputs * LANES, stream.sums());
        let ones = [T::one(); LANES];
        for (step, block) in blocks.enumerate() {
            let x = &events[step * size..][..size];
            let to = &mut to[step * sums..][..sums];
            let score = self.score.map_or(&ones[..], |score| &score[step * LANES..][..LANES]);
            for (weights, to) in
                self.weights.chunks_exact(stream.tile()).zip(to.chunks_exact_mut(G * UNITS * LANES))
            {
                if packed.width(block) > LANES / 2 {
                    tile::<T, R, S, G, UNITS, V, LANES>(self.recurrence, stream, weights, x, score, to);
                } else {
                    tile::<T, R, S, G, UNITS, H, { LANES / 2 }>(
                        self.recurrence,
                        stream,
                        weights,
                        x,
                        score,
                        to,
                    );
                }
            }
        }
    }
}

/// The first `W` lanes of a tile, `V` at a time.
#[inline(always)]
fn tile<
    T: Real,
    R: Recurrence,
    S: Simd,
    const G: usize,
    const UNITS: usize,
    const V: usize,
    const W: usize,
>(
    recurrence: R,
    stream: Stream,
    weights: &[T],
    x: &[T],
    score: &[T],
    to: &mut [T],
) {
    let (bias, weights) = weights.split_at(G * UNITS);
    let of_input = &weights[..G * UNITS * stream.inputs];
    for lane in (0..W).step_by(V) {
        if recurrence.scales_input() {
            let sums = [[[T::zero(); V]; UNITS]; G];
            let sums = add_products::<T, S, G, UNITS, V>(of_input, x, lane, sums);
            let a: &[T; V] = score[lane..][..V].try_into().expect("V lanes");
            store(&scaled::<T, S, G, UNITS, V>(sums, a, bias), to, lane);
        } else {
            let sums = biases::<T, S, G, UNITS, V>(bias);
            store(&add_products::<T, S, G, UNITS, V>(of_input, x, lane, sums), to, lane);
        }
    }
}
