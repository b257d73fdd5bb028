//! The house at hand, for all that is made of one mail.

use std::sync::Arc;

use depesche_domain::Time;
use depesche_service::Context;

use crate::courier::House;

/// Store, clock, randomness; what is written into mails.
pub(super) struct Desk {
    pub(super) ctx: Arc<Context>,
    pub(super) house: House,
}

/// The day of a moment, in UTC.
pub(super) fn day(at: Time) -> depesche_page::letter::Day {
    made(at).day
}

/// A moment in UTC.
pub(super) fn made(at: Time) -> depesche_page::sheet::Made {
    let at = jiff::Timestamp::from_millisecond(at.ms()).unwrap_or(jiff::Timestamp::MAX);
    let at = at.to_zoned(jiff::tz::TimeZone::UTC);
    depesche_page::sheet::Made {
        day: depesche_page::letter::Day {
            year: at.year().unsigned_abs(),
            month: at.month().unsigned_abs(),
            day: at.day().unsigned_abs(),
        },
        hour: at.hour().unsigned_abs(),
        minute: at.minute().unsigned_abs(),
    }
}
