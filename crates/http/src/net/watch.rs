//! What a connection is doing, seen from its bytes and requests, and when that has lasted too long.
//!
//! | doing | seen from | may last |
//! |-|-|-|
//! | new | nothing came yet | [`Limits::head`] |
//! | head | bytes came and no request is running (HTTP/1) | [`Limits::head`] |
//! | idle | no request is running | [`Limits::idle`] |
//! | serving | a request is running | as long as it takes |
//! | sending | an answer waits to be taken by the client | [`Limits::pace_bytes`] in [`Limits::pace_within`] |

use super::limits::Limits;
use super::pace::Pace;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Shared by the bytes of a connection, its requests and its supervisor.
#[derive(Debug)]
pub(crate) struct Watch {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    running: usize,
    /// Frames of answers handed over that the connection has not come back from.
    untaken: usize,
    served: bool,
    http2: bool,
    /// No request is running since, or a byte of the last answer was taken.
    quiet: Instant,
    head: Option<Instant>,
    pace: Pace,
}

impl State {
    fn frame_taken(&mut self, now: Instant) {
        self.untaken -= 1;
        if self.untaken == 0 {
            self.pace.rest(|| now);
        }
    }
}

impl Watch {
    pub(crate) fn new(limits: Limits, now: Instant) -> Self {
        let state = State {
            running: 0,
            untaken: 0,
            served: false,
            http2: false,
            quiet: now,
            head: None,
            pace: Pace::new(limits.pace_bytes, limits.pace_within),
        };
        Self {
            limits,
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code that holds the lock can panic half way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn came(&self, now: Instant) {
        let mut state = self.state();
        if state.running == 0 && !state.http2 {
            state.head.get_or_insert(now);
        }
    }

    pub(crate) fn taken(&self, bytes: usize, now: Instant) {
        let mut state = self.state();
        state.quiet = now;
        state.pace.gain(bytes, || now);
    }

    pub(crate) fn request_begins(&self, http2: bool) {
        let mut state = self.state();
        state.running += 1;
        state.served = true;
        state.http2 = http2;
        state.head = None;
    }

    /// `owed` = with a frame that was given and not taken.
    pub(crate) fn request_ends(&self, owed: bool, now: Instant) {
        let mut state = self.state();
        if owed {
            state.frame_taken(now);
        }
        state.running -= 1;
        state.quiet = now;
    }

    /// A frame of an answer was handed to the connection.
    pub(crate) fn frame_given(&self, now: Instant) {
        let mut state = self.state();
        state.untaken += 1;
        state.pace.wait(now);
    }

    /// The connection came back for more.
    pub(crate) fn frame_taken(&self, now: Instant) {
        self.state().frame_taken(now);
    }

    /// When it will have lasted too long, if nothing more happens.
    pub(crate) fn due(&self) -> Option<Instant> {
        let state = self.state();
        if state.running > 0 {
            return state.pace.due();
        }
        let quiet = if state.served {
            self.limits.idle
        } else {
            self.limits.head
        };
        let quiet = state.quiet + quiet;
        let head = state.head.map(|since| since + self.limits.head);
        Some(head.map_or(quiet, |head| head.min(quiet)))
    }

    pub(crate) fn is_over(&self, now: Instant) -> bool {
        self.due().is_some_and(|due| due <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const SECOND: Duration = Duration::from_secs(1);

    struct Case {
        start: Instant,
        watch: Watch,
    }

    impl Case {
        fn new() -> Self {
            let start = Instant::now();
            let watch = Watch::new(Limits::default(), start);
            Self { start, watch }
        }

        fn at(&self, second: u32) -> Instant {
            self.start + SECOND * second
        }

        fn due(&self) -> Option<u64> {
            self.watch.due().map(|due| (due - self.start).as_secs())
        }
    }

    #[test]
    fn a_new_connection_has_ten_seconds_and_a_used_one_sixty() {
        let case = Case::new();
        assert_eq!(case.due(), Some(10));
        case.watch.request_begins(false);
        assert_eq!(case.due(), None, "the service takes as long as it takes");
        case.watch.request_ends(false, case.at(100));
        assert_eq!(case.due(), Some(160));
    }

    #[test]
    fn dripping_a_head_buys_no_time() {
        let case = Case::new();
        case.watch.request_begins(false);
        case.watch.request_ends(false, case.at(0));
        for second in 50..59 {
            case.watch.came(case.at(second));
            assert_eq!(case.due(), Some(60));
        }
        let case = Case::new();
        case.watch.request_begins(false);
        case.watch.request_ends(false, case.at(0));
        for second in 5..14 {
            case.watch.came(case.at(second));
            assert_eq!(case.due(), Some(15));
        }
        case.watch.request_begins(false);
        case.watch.request_ends(false, case.at(15));
        assert_eq!(case.due(), Some(75), "the head was in time");
    }

    #[test]
    fn a_ping_in_http2_is_no_head() {
        let case = Case::new();
        case.watch.request_begins(true);
        case.watch.request_ends(false, case.at(1));
        case.watch.came(case.at(2));
        assert_eq!(case.due(), Some(61));
    }

    #[test]
    fn an_answer_must_be_taken() {
        let case = Case::new();
        case.watch.request_begins(true);
        case.watch.request_begins(true);
        case.watch.frame_given(case.at(0));
        case.watch.frame_given(case.at(0));
        assert_eq!(case.due(), Some(30));
        case.watch.frame_taken(case.at(10));
        assert_eq!(case.due(), Some(30), "the other one still waits");
        case.watch.taken(30 << 10, case.at(20));
        assert_eq!(case.due(), Some(50));
        case.watch.frame_taken(case.at(21));
        assert_eq!(case.due(), None, "now the server is slow, not the client");
        case.watch.request_ends(false, case.at(22));
        case.watch.request_ends(false, case.at(22));
        case.watch.taken(1, case.at(30));
        assert_eq!(
            case.due(),
            Some(90),
            "what was buffered is still being taken"
        );
    }
}
