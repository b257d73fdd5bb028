//! Waiting for what gives no event, with a deadline. The one place where tests look again and again.

use std::time::{Duration, Instant};

/// What takes longer never comes. Long, as other work runs beside.
pub const LONGEST: Duration = Duration::from_secs(90);
const PACE: Duration = Duration::from_millis(5);

/// Asks until there is an answer.
///
/// # Panics
/// If none has come within [`LONGEST`].
#[track_caller]
pub fn until<T>(what: &str, ask: impl FnMut() -> Option<T>) -> T {
    within(LONGEST, ask).unwrap_or_else(|| panic!("waited in vain: {what}"))
}

/// Asks until there is an answer or the time is over.
pub fn within<T>(longest: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + longest;
    loop {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if Instant::now() > deadline {
            return None;
        }
        std::thread::park_timeout(PACE);
    }
}
