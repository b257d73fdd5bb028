//! Randomness, handed in: the operating system's, or a seed's in tests.

use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{CryptoRng, RngCore, SeedableRng};

/// Where random bytes come from.
#[derive(Clone, Debug)]
pub enum Random {
    /// `getrandom(2)`.
    System,
    /// A generator with a known seed: for tests alone.
    Seeded(Arc<Mutex<StdRng>>),
}

impl Random {
    /// Repeats itself for the same seed.
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.clone().fill_bytes(&mut bytes);
        bytes
    }

    /// 16 bytes for an id that nobody can guess and that is no secret: the system's randomness, stretched by ChaCha12
    /// (`rand`'s generator of this thread), so that not each of them is a call of the kernel.
    pub fn id(&self) -> [u8; 16] {
        match self {
            Self::System => rand::random(),
            Self::Seeded(_) => self.bytes(),
        }
    }

    /// `n` random decimal digits, without bias.
    pub fn digits(&self, n: usize) -> String {
        let mut digits = String::with_capacity(n);
        while digits.len() < n {
            let [byte] = self.bytes::<1>();
            if byte < 250 {
                digits.push(char::from(b'0' + byte % 10));
            }
        }
        digits
    }
}

impl RngCore for Random {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes(self.bytes())
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(self.bytes())
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        match self {
            Self::System => {
                getrandom::fill(bytes).expect("the operating system gives random bytes")
            }
            Self::Seeded(rng) => rng
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .fill_bytes(bytes),
        }
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Random {}
