//! Functions over a [`Number`](crate::Number) that are compiled where they are declared.

/// Items that are there with the feature `f64` alone, which is that of this crate for all that build on it.
#[cfg(feature = "f64")]
#[doc(hidden)]
#[macro_export]
macro_rules! with_f64 {
    ($($items:tt)*) => { $($items)* };
}

/// Items that are there with the feature `f64` alone: none.
#[cfg(not(feature = "f64"))]
#[doc(hidden)]
#[macro_export]
macro_rules! with_f64 {
    ($($items:tt)*) => {};
}

/// Declares functions over `T`, which are `f32` and, with the feature `f64`, `f64`, and compiles them here,
/// once for each.
///
/// A generic function is compiled again in every crate that calls it, with code that is cut apart there as it
/// comes. These are not: each stands behind a method of a trait that `f32` and `f64` implement, so that
/// whoever is generic over `T` calls what this crate has compiled. The trait is a bound of `T`; no other type
/// can have it, since none else is a [`Number`](crate::Number).
///
/// ```
/// use dien_kernels::{Number, concrete};
///
/// concrete! {
///     /// Sums over slices.
///     pub trait Sums;
///     /// Σ x
///     fn sum(x: &[T]) -> T = sum_of;
/// }
///
/// fn sum_of<T: Number>(x: &[T]) -> T {
///     x.iter().fold(T::zero(), |sum, &x| sum + x)
/// }
/// assert_eq!(sum(&[1.0f32, 2.0]), 3.0);
/// ```
#[macro_export]
macro_rules! concrete {
    (
        $(#[$about:meta])* $seen:vis trait $name:ident $(: $bound:path)?;
        $(
            $(#[$doc:meta])*
            $vis:vis fn $f:ident $(<$($lifetime:lifetime),+>)? ($($arg:ident : $type:ty),* $(,)?)
            $(-> $result:ty)? = $generic:path;
        )*
    ) => {
        $(#[$about])*
        #[doc(hidden)]
        $seen trait $name<T: $crate::Number $(+ $bound)?>: $crate::Number $(+ $bound)? {
            $(
                #[allow(missing_docs, clippy::too_many_arguments)]
                #[track_caller]
                fn $f $(<$($lifetime),+>)? ($($arg: $type),*) $(-> $result)?;
            )*
        }
        $crate::concrete!(@impl $name f32 [
            $($f $(<$($lifetime),+>)? ($($arg: $type),*) $(-> $result)? = $generic;)*
        ]);
        $crate::with_f64! {
            $crate::concrete!(@impl $name f64 [
                $($f $(<$($lifetime),+>)? ($($arg: $type),*) $(-> $result)? = $generic;)*
            ]);
        }
        $(
            $(#[$doc])*
            #[track_caller]
            #[inline]
            $vis fn $f <$($($lifetime,)+)? T: $name<T>> ($($arg: $type),*) $(-> $result)? {
                <T as $name<T>>::$f($($arg),*)
            }
        )*
    };
    (@impl $name:ident $number:ident [$(
        $f:ident $(<$($lifetime:lifetime),+>)? ($($arg:ident : $type:ty),*) $(-> $result:ty)? = $generic:path;
    )*]) => {
        const _: () = {
            type T = $number;
            impl $name<T> for T {
                $(
                    #[track_caller]
                    fn $f $(<$($lifetime),+>)? ($($arg: $type),*) $(-> $result)? {
                        $generic($($arg),*)
                    }
                )*
            }
        };
    };
}
