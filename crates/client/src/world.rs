//! Clock and randomness, handed in by the program.

use rand::{CryptoRng, RngCore};

/// Where time and random bytes come from.
#[derive(Clone, Copy)]
pub struct World {
    /// Milliseconds since 1970-01-01 UTC.
    pub clock: fn() -> i64,
    /// Fills a slice with random bytes fit for keys.
    pub random: fn(&mut [u8]),
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("World")
    }
}

impl World {
    /// Now, in milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub fn now(&self) -> i64 {
        (self.clock)()
    }

    /// `N` random bytes.
    #[must_use]
    pub fn draw<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.random)(&mut bytes);
        bytes
    }
}

impl RngCore for World {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes(self.draw())
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(self.draw())
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        (self.random)(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand::Error> {
        (self.random)(bytes);
        Ok(())
    }
}

impl CryptoRng for World {}
