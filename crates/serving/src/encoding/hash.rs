//! A hash that is the same on every machine and in every version.

/// FNV-1a over the bytes, started by a seed, and [mixed](scramble) so that all bits depend on all of them.
///
/// The ids of a hashing vocabulary are made of it, and stay in trained tables.
pub fn hash(seed: u64, bytes: &[u8]) -> u64 {
    let mut h = 0xcbf2_9ce4_8422_2325 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for &byte in bytes {
        h = (h ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    scramble(h)
}

/// A hash of an integer: its upper and lower 64 bits, one [mixed](scramble) after the other.
///
/// The ids of a hashing vocabulary of integers are made of it, and stay in trained tables.
pub fn hash_integer(x: i128) -> u64 {
    let (high, low) = ((x >> 64) as u64, x as u64);
    scramble(low.wrapping_add(scramble(high ^ 0x9e37_79b9_7f4a_7c15)))
}

/// The output function of SplitMix64 (Steele, Lea and Flood, 2014): every bit depends on every bit.
pub fn scramble(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_what_it_was() {
        // What is hashed stays in trained tables: these must never change.
        assert_eq!(hash(0, b""), 17_665_956_581_633_026_203);
        assert_ne!(hash(0, b"a"), hash(1, b"a"));
        assert_ne!(hash(0, b"ab"), hash(0, b"ba"));
    }

    #[test]
    fn integers_are_told_apart_by_every_bit() {
        // By a few lines of Python, with integers reduced modulo 2^64.
        for (x, expected) in [
            (0, 5_197_578_548_964_807_871),
            (1, 16_899_028_431_761_561_291),
            (-1, 15_391_185_480_519_535_317),
            (103, 16_744_300_373_389_133_186),
            (9_223_372_036_854_775_813, 3_132_162_352_332_602_982),
            (99_999_999_999_999_999_999_999_999_999_999_999_999, 18_406_735_456_253_930_786),
        ] {
            assert_eq!(hash_integer(x), expected, "{x}");
        }
    }
}
