//! What is looked for in a list. Texts are compared in lower case of any script, which the two engines do not do alike:
//! so rows are read in their order and sifted here, a bounded number for each page.

use depesche_domain::{ParcelId, Time};

/// Rows read for one page at most; then the page ends, short or empty, and says where to go on.
pub(crate) const MOST_READ: usize = 2_000;

/// What is looked for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    subject: String,
    person: String,
    since: Option<Time>,
    until: Option<Time>,
    min_size: Option<u64>,
    max_size: Option<u64>,
    state: Option<String>,
    unread: bool,
}

/// One row, as the filter sees it.
pub(crate) struct Row<'a> {
    pub(crate) subject: &'a str,
    /// Addresses and names.
    pub(crate) people: Vec<&'a str>,
    pub(crate) at: Time,
    pub(crate) size: u64,
    pub(crate) states: Vec<&'static str>,
    pub(crate) unread: bool,
}

impl Filter {
    /// Empty texts and nothing given look for nothing.
    pub fn new(
        subject: &str,
        person: &str,
        (since, until): (Option<Time>, Option<Time>),
        (min_size, max_size): (Option<u64>, Option<u64>),
        state: Option<String>,
        unread: bool,
    ) -> Self {
        Self {
            subject: subject.trim().to_lowercase(),
            person: person.trim().to_lowercase(),
            since,
            until,
            min_size,
            max_size,
            state,
            unread,
        }
    }

    pub(crate) fn takes(&self, row: &Row<'_>) -> bool {
        let has = |text: &str, part: &str| part.is_empty() || text.to_lowercase().contains(part);
        has(row.subject, &self.subject)
            && (self.person.is_empty() || row.people.iter().any(|text| has(text, &self.person)))
            && self.since.is_none_or(|since| row.at >= since)
            && self.until.is_none_or(|until| row.at < until)
            && self.min_size.is_none_or(|least| row.size >= least)
            && self.max_size.is_none_or(|most| row.size <= most)
            && (self.state.as_ref()).is_none_or(|state| row.states.iter().any(|one| one == state))
            && (!self.unread || row.unread)
    }
}

/// A page of a list.
pub struct Page<T> {
    /// They.
    pub rows: Vec<T>,
    /// Where to go on, if there may be more.
    pub next: Option<(Time, ParcelId)>,
}
