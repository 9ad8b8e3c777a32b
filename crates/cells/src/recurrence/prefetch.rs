//! Fetching what the next step needs while this one computes.

use dien_kernels::simd::prefetch;

/// Bytes that are asked for at a time: about as many lines as a core has on their way at once.
const AT_A_TIME: usize = 24 * 64;

/// Memory that the next step reads or writes, asked for bit by bit between the products of this one.
///
/// A batch's states and gates are more than the caches hold, and each step's lie apart from the last one's:
/// without this every step would begin by waiting for memory, which then lies idle while the step computes.
pub(super) struct Prefetch<'a, T, const N: usize> {
    pub parts: [&'a [T]; N],
}

impl<T, const N: usize> Prefetch<'_, T, N> {
    /// Asks for a few lines more.
    #[inline(always)]
    pub fn fetch(&mut self) {
        for part in &mut self.parts {
            if !part.is_empty() {
                let (now, later) = part.split_at(part.len().min(AT_A_TIME / size_of::<T>()));
                *part = later;
                prefetch(now);
                return;
            }
        }
    }
}
