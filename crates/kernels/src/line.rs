//! Lines of the cache: a vector that lies across two takes two loads.

/// Numbers of `f32` in a line.
pub const LINE: usize = 16;

/// How many elements of `data` come before the first that begins a line of the cache: at most [`LINE`], by
/// which a buffer has to be longer than what is put there.
///
/// ```
/// use dien_kernels::line::{LINE, before_line};
///
/// let buffer = vec![0.0_f32; 100 + LINE];
/// let part = &buffer[before_line(&buffer)..][..100];
/// assert_eq!(part.as_ptr().addr() % 64, 0);
/// ```
#[inline]
pub fn before_line<T>(data: &[T]) -> usize {
    before_line_of(data.as_ptr())
}

/// [`before_line`] of memory that nothing has been put into yet.
#[inline]
pub fn before_line_of<T>(data: *const T) -> usize {
    data.align_offset(LINE * size_of::<f32>()).min(LINE)
}
