//! Asking for memory before it is needed.

#![allow(unsafe_code)]

/// Asks the memory for the cache lines of `data`, to be read or written soon, and goes on at once. A hint:
/// where the machine has no such instruction nothing happens.
///
/// The lines come to the second cache, past what a kernel has in the first one.
#[inline(always)]
pub fn prefetch<T>(data: &[T]) {
    #[cfg(target_arch = "x86_64")]
    for line in data.chunks(64 / size_of::<T>().clamp(1, 64)) {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: every x86-64 has the instruction (SSE), and it reads and writes nothing the program can
        // see.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(line.as_ptr().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = data;
}
