//! Randomness that can be had again: the seed is printed, and `DEPESCHE_TEST_SEED` sets it.

/// A small generator (splitmix64); for tests alone.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A new seed, or that of the environment; printed with `what` it is for.
    ///
    /// # Panics
    /// If `DEPESCHE_TEST_SEED` is no number.
    #[must_use]
    pub fn fresh(what: &str) -> Self {
        let seed = std::env::var("DEPESCHE_TEST_SEED").map_or_else(
            |_| getrandom::u64().expect("the system gives random bytes"),
            |text| text.parse().expect("DEPESCHE_TEST_SEED is a number"),
        );
        println!("{what}: DEPESCHE_TEST_SEED={seed}");
        Self(seed)
    }

    /// 64 bits.
    pub const fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to before `end`.
    pub const fn below(&mut self, end: u64) -> u64 {
        self.draw() % end
    }

    /// So many bytes.
    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        let words = std::iter::repeat_with(|| self.draw().to_le_bytes());
        words
            .take(length.div_ceil(8))
            .flatten()
            .take(length)
            .collect()
    }
}
