//! A rate that must be kept while a client is waited for.

use std::time::{Duration, Instant};

/// Within each `within` of waiting, `bytes` must come; time in which nobody waits does not count, so that
/// a slow disk on this side is not held against the client.
#[derive(Debug)]
pub(crate) struct Pace {
    bytes: u64,
    within: Duration,
    got: u64,
    waited: Duration,
    since: Option<Instant>,
}

impl Pace {
    pub(crate) const fn new(bytes: u64, within: Duration) -> Self {
        Self {
            bytes,
            within,
            got: 0,
            waited: Duration::ZERO,
            since: None,
        }
    }

    /// Waiting begins, if it has not begun yet.
    pub(crate) fn wait(&mut self, now: Instant) {
        self.since.get_or_insert(now);
    }

    /// Nobody waits any more.
    pub(crate) fn rest(&mut self, now: impl FnOnce() -> Instant) {
        if let Some(since) = self.since.take() {
            self.waited += now().saturating_duration_since(since);
        }
    }

    /// `n` bytes came, or were taken.
    pub(crate) fn gain(&mut self, n: usize, now: impl FnOnce() -> Instant) {
        self.got += n as u64;
        if self.got >= self.bytes {
            self.got = 0;
            self.waited = Duration::ZERO;
            if self.since.is_some() {
                self.since = Some(now());
            }
        }
    }

    /// When the client has been too slow, if nothing more happens.
    pub(crate) fn due(&self) -> Option<Instant> {
        let since = self.since?;
        Some(since + self.within.saturating_sub(self.waited))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn after(pace: &Pace, start: Instant) -> Option<u64> {
        pace.due().map(|due| (due - start).as_secs())
    }

    #[test]
    fn waiting_alone_counts() {
        let start = Instant::now();
        let mut pace = Pace::new(30, 30 * SECOND);
        assert_eq!(after(&pace, start), None, "nobody waits yet");
        pace.wait(start);
        pace.wait(start + SECOND);
        assert_eq!(after(&pace, start), Some(30), "a second wait is the same");
        pace.rest(|| start + 10 * SECOND);
        assert_eq!(after(&pace, start), None, "resting has no end");
        pace.wait(start + 1000 * SECOND);
        assert_eq!(after(&pace, start), Some(1020), "ten were used up before");
    }

    #[test]
    fn enough_bytes_begin_a_new_window_and_too_few_do_not() {
        let start = Instant::now();
        let mut pace = Pace::new(30, 30 * SECOND);
        pace.wait(start);
        pace.gain(29, || start + 29 * SECOND);
        assert_eq!(after(&pace, start), Some(30));
        pace.gain(1, || start + 29 * SECOND);
        assert_eq!(after(&pace, start), Some(59));
        // A hoard of bytes buys one window, not many.
        pace.gain(30_000, || start + 29 * SECOND);
        assert_eq!(after(&pace, start), Some(59));
        pace.rest(|| start + 30 * SECOND);
        pace.gain(30, || start + 30 * SECOND);
        pace.wait(start + 40 * SECOND);
        assert_eq!(after(&pace, start), Some(70));
    }
}
