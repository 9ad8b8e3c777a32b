//! Where initial values come from.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

/// ChaCha8, in one stream or in one for each name.
pub(super) struct Stream {
    rng: ChaCha8Rng,
    /// The seed, if each name has a stream of its own.
    by_name: Option<u64>,
}

impl Stream {
    pub(super) fn one(seed: u64) -> Self {
        Stream { rng: ChaCha8Rng::seed_from_u64(seed), by_name: None }
    }

    pub(super) fn by_name(seed: u64) -> Self {
        Stream { by_name: Some(seed), ..Stream::one(seed) }
    }

    /// The generator for a name.
    pub(super) fn of(&mut self, name: &str) -> &mut ChaCha8Rng {
        if let Some(seed) = self.by_name {
            self.rng = ChaCha8Rng::seed_from_u64(seed);
            self.rng.set_stream(fnv1a(name));
        }
        &mut self.rng
    }
}

/// The 64-bit FNV-1a hash (Fowler, Noll and Vo), which no version of a library changes.
fn fnv1a(text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::fnv1a;

    #[test]
    fn hashes_as_published() {
        assert_eq!(fnv1a(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a("foobar"), 0x8594_4171_f739_67e8);
    }
}
