//! Pages of lists, and what is looked for in them.

use crate::error::Error;
use depesche_service::domain::{ParcelId, Time};
use depesche_service::filter::Filter;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which page of the list, and what is looked for. A page may be short, even empty, and have a `next`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Page {
    /// How many at most, 1 to 200.
    #[serde(default = "fifty")]
    limit: u32,
    /// `next` of the page before.
    after: Option<String>,
    /// In the subject, in any case.
    #[serde(default)]
    q: String,
    /// In an address or a name: of the sender in the inbox, of a recipient in what was sent.
    #[serde(default)]
    person: String,
    /// Posted at that time or later, ms.
    since: Option<i64>,
    /// Posted before that time, ms.
    until: Option<i64>,
    /// Sealed bytes, at least.
    min_size: Option<u64>,
    /// Sealed bytes, at most.
    max_size: Option<u64>,
    /// The name of a state.
    state: Option<String>,
    /// The inbox: those alone that are not read.
    #[serde(default)]
    unread: bool,
}

const fn fifty() -> u32 {
    50
}

type Place = Option<(Time, ParcelId)>;

impl Page {
    pub(crate) fn read(self) -> Result<(Place, u32, Filter), Error> {
        let after = self.after.as_deref().map(cursor).transpose()?;
        let filter = Filter::new(
            &self.q,
            &self.person,
            (self.since.map(Time::from_ms), self.until.map(Time::from_ms)),
            (self.min_size, self.max_size),
            self.state,
            self.unread,
        );
        Ok((after, self.limit.clamp(1, 200), filter))
    }
}

/// A place in the list: when that one was posted, and its id.
fn cursor(text: &str) -> Result<(Time, ParcelId), Error> {
    let place = text.split_once('.').and_then(|(ms, id)| {
        let ms = ms.parse().ok()?;
        Some((Time::from_ms(ms), id.parse().ok()?))
    });
    place.ok_or_else(|| Error::Query("`after` is the `next` of the page before".into()))
}

/// The place, as it travels.
pub(crate) fn next(place: Place) -> Option<String> {
    place.map(|(at, id)| format!("{}.{id}", at.ms()))
}
