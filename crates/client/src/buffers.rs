//! A fixed number of part buffers, lent out and given back: the memory of a transfer, whatever its size.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use depesche_seal::file::PART;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Buffers for one part each. They are made when first needed and kept.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    size: usize,
    free: Arc<Mutex<Vec<Vec<u8>>>>,
    permits: Arc<Semaphore>,
}

impl Pool {
    /// As many buffers, each as large as the largest part of file objects of these sealed sizes.
    pub(crate) fn new(buffers: usize, sealed: impl Iterator<Item = u64>) -> Self {
        let most = sealed.max().unwrap_or_default().min(PART as u64);
        Self {
            size: most as usize,
            free: Arc::default(),
            permits: Arc::new(Semaphore::new(buffers)),
        }
    }

    /// Gives the memory of free buffers back.
    pub(crate) fn clear(&self) {
        self.free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Waits until a buffer is free. Its content is whatever it was last.
    pub(crate) async fn lend(&self) -> Buffer {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        Buffer {
            bytes: free.pop().unwrap_or_else(|| vec![0; self.size]),
            len: self.size,
            home: Arc::clone(&self.free),
            _permit: permit.ok(),
        }
    }
}

/// A buffer on loan; dropping it gives it back.
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    len: usize,
    home: Arc<Mutex<Vec<Vec<u8>>>>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Buffer {
    /// The first `len` bytes, which are from now on all of it.
    pub(crate) fn cut(&mut self, len: usize) -> &mut [u8] {
        self.len = len.min(self.bytes.len());
        &mut self.bytes[..self.len]
    }

    /// The cut part as shared bytes, without a copy; the buffer comes back when the last share is gone.
    pub(crate) fn into_bytes(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        let mut free = self.home.lock().unwrap_or_else(PoisonError::into_inner);
        free.push(bytes);
    }
}
