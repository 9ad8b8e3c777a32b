//! Decimals as numbers.

use num_bigint::BigInt;

/// Integers up to this size are exact as `f64`, 2⁵³.
const EXACT: u128 = 1 << 53;

/// The greatest power of ten that is exact as `f64`.
const EXACT_POWER: i32 = 22;

/// The number nearest to `whole · 10^-scale`.
pub(in crate::source) fn nearest(whole: i128, scale: i32) -> f64 {
    if whole.unsigned_abs() <= EXACT && scale <= EXACT_POWER {
        // Both are exact, so that this rounds once.
        return whole as f64 / 10_f64.powi(scale);
    }
    parse(&whole, scale)
}

/// As [`nearest`], of an integer in two's complement, its first byte the greatest.
///
/// # Errors
/// There is no byte.
pub(in crate::source) fn of_bytes(bytes: &[u8], scale: i32) -> Result<f64, String> {
    if bytes.len() > size_of::<i128>() {
        return Ok(parse(&BigInt::from_signed_bytes_be(bytes), scale));
    }
    Ok(nearest(whole(bytes)?, scale))
}

/// An integer in two's complement, its first byte the greatest.
///
/// # Errors
/// There is no byte, or 128 bits are not enough.
pub(in crate::source) fn whole(bytes: &[u8]) -> Result<i128, String> {
    let fill = if bytes.first().ok_or("a decimal of no bytes")? & 0x80 != 0 { 0xff } else { 0 };
    let spare = bytes.len().saturating_sub(size_of::<i128>());
    let (spare, bytes) = bytes.split_at(spare);
    let mut whole = [fill; size_of::<i128>()];
    whole[size_of::<i128>() - bytes.len()..].copy_from_slice(bytes);
    let whole = i128::from_be_bytes(whole);
    let fit = spare.iter().all(|&b| b == fill) && (whole < 0) == (fill != 0);
    if fit { Ok(whole) } else { Err("a decimal of more than 38 digits, where its type has no more".into()) }
}

/// The digits of an integer in two's complement, its first byte the greatest.
pub(in crate::source) fn digits(bytes: &[u8]) -> Result<String, String> {
    Ok(BigInt::from_signed_bytes_be(bytes).to_string())
}

/// Rounded once, from the digits.
fn parse(whole: &impl std::fmt::Display, scale: i32) -> f64 {
    format!("{whole}e-{scale}").parse().expect("a decimal is a number")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_is_the_nearest_number() {
        for (whole, scale, expected) in [
            (0, 0, 0.0),
            (12_345, 2, 123.45),
            (-1, 2, -0.01),
            (-128, 0, -128.0),
            // Beyond 2⁵³, where dividing would round twice.
            (12_345_678_901_234_567_890, 2, 1.234_567_890_123_456_8e17),
            (9_007_199_254_740_993, 2, 90_071_992_547_409.94),
            (1, 37, 1e-37),
            (i128::MIN, 0, -(2_f64.powi(127))),
        ] {
            assert_eq!(nearest(whole, scale), expected);
            let bytes = whole.to_be_bytes();
            let mut sizes = (1..=16).filter(|&n| {
                let rest = if whole < 0 { 0xff } else { 0 };
                bytes[..16 - n].iter().all(|&b| b == rest) && (bytes[16 - n] & 0x80 != 0) == (whole < 0)
            });
            let shortest = sizes.next().expect("sixteen bytes are enough");
            for n in shortest..=16 {
                assert_eq!(of_bytes(&bytes[16 - n..], scale), Ok(expected), "{whole} in {n} bytes");
                assert_eq!(super::whole(&bytes[16 - n..]), Ok(whole));
            }
            let long = [&[bytes[0] >> 7; 8].map(|b| b * 0xff)[..], &bytes].concat();
            assert_eq!(of_bytes(&long, scale), Ok(expected), "{whole} in 24 bytes");
            assert_eq!(super::whole(&long), Ok(whole));
        }
        assert_eq!(of_bytes(&[], 0), Err("a decimal of no bytes".into()));
        for wide in [[&[0][..], &[0x80; 16]].concat(), [&[0xff][..], &[0x7f; 16]].concat(), vec![1; 17]] {
            assert!(whole(&wide).unwrap_err().contains("more than 38 digits"), "{wide:?}");
        }
        let long = [&[0x7f][..], &[0xff; 31]].concat();
        assert_eq!(of_bytes(&long, 3), Ok(5.789_604_461_865_81e73));
    }
}
