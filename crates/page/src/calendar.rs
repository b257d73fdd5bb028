//! Invitations (RFC 5545): what a page says of an appointment.

use calcard::common::PartialDateTime;
use calcard::icalendar::{
    ICalendarComponentType, ICalendarEntry, ICalendarMethod, ICalendarParameterName,
    ICalendarProperty, ICalendarValue, Uri,
};
use calcard::{Entry, Parser};

use crate::headers::clean;
use crate::letter::{Day, Event, Method, Moment};

/// Appointments of one mail that a page shows.
const MOST: usize = 10;
/// Bytes of an invitation that are looked at.
const LONGEST: usize = 1 << 20;

/// The appointments of a `text/calendar` part.
#[must_use]
pub fn events(text: &str) -> Vec<Event> {
    let text = crate::names::cut(text, LONGEST);
    let mut parser = Parser::new(text);
    let Entry::ICalendar(calendar) = parser.entry() else {
        return Vec::new();
    };
    let method = calendar
        .components
        .iter()
        .flat_map(|c| &c.entries)
        .find_map(|entry| match entry.values.first() {
            Some(ICalendarValue::Method(method)) => Some(method.clone()),
            _ => None,
        });
    let method = match method {
        Some(ICalendarMethod::Request | ICalendarMethod::Counter) => Method::Request,
        Some(ICalendarMethod::Cancel) => Method::Cancel,
        Some(ICalendarMethod::Reply) => Method::Reply,
        _ => Method::Publish,
    };
    let found = calendar
        .components
        .iter()
        .filter(|c| c.component_type == ICalendarComponentType::VEvent);
    found
        .take(MOST)
        .map(|c| event(&c.entries, method))
        .collect()
}

fn event(entries: &[ICalendarEntry], method: Method) -> Event {
    let mut event = Event {
        method,
        ..Event::default()
    };
    for entry in entries {
        match entry.name {
            ICalendarProperty::Summary => event.summary = text(entry),
            ICalendarProperty::Location => event.place = text(entry),
            ICalendarProperty::Organizer => event.organizer = organizer(entry),
            ICalendarProperty::Dtstart => event.start = moment(entry),
            ICalendarProperty::Dtend => event.end = moment(entry),
            _ => {}
        }
    }
    event
}

fn text(entry: &ICalendarEntry) -> String {
    match entry.values.first() {
        Some(ICalendarValue::Text(text)) => clean(text),
        Some(ICalendarValue::Uri(Uri::Location(place))) => clean(place),
        _ => String::new(),
    }
}

/// The name if there is one, else the address.
fn organizer(entry: &ICalendarEntry) -> String {
    match parameter(entry, &ICalendarParameterName::Cn) {
        Some(name) if !name.is_empty() => name,
        _ => {
            let address = text(entry);
            let bare = address
                .get(..7)
                .filter(|p| p.eq_ignore_ascii_case("mailto:"));
            bare.map_or(address.as_str(), |_| &address[7..]).to_owned()
        }
    }
}

fn parameter(entry: &ICalendarEntry, name: &ICalendarParameterName) -> Option<String> {
    let found = entry.params.iter().find(|param| param.name == *name)?;
    found.value.as_text().map(clean)
}

fn moment(entry: &ICalendarEntry) -> Option<Moment> {
    let Some(ICalendarValue::PartialDateTime(stated)) = entry.values.first() else {
        return None;
    };
    let PartialDateTime {
        year,
        month,
        day,
        hour,
        minute,
        ..
    } = **stated;
    let day = Day {
        year: year.filter(|y| (1..=9_999).contains(y))?,
        month: month.filter(|m| (1..=12).contains(m))?,
        day: day.filter(|d| (1..=31).contains(d))?,
    };
    let zone = match parameter(entry, &ICalendarParameterName::Tzid) {
        Some(zone) => zone,
        None if stated.tz_hour == Some(0) && stated.tz_minute == Some(0) => "UTC".to_owned(),
        None => String::new(),
    };
    Some(Moment {
        day,
        time: hour.zip(minute).filter(|(h, m)| *h < 24 && *m < 60),
        zone,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITATION: &str = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\n\
        SUMMARY:Besprechung\\, Übergabe\r\nLOCATION:Raum 4\r\nDTSTART;TZID=Europe/Berlin:20261130T093000\r\n\
        DTEND:20261130T093000Z\r\nORGANIZER;CN=\"Dr. Anna Keller\":mailto:a@x.example\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:2\r\nSUMMARY:Ganztags\r\nDTSTART;VALUE=DATE:20261201\r\n\
        ORGANIZER:MAILTO:b@x.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    #[test]
    fn an_invitation_says_what_when_where_who() {
        let events = events(INVITATION);
        assert_eq!(events.len(), 2);
        assert_eq!(events[0].method, Method::Request);
        assert_eq!(events[0].summary, "Besprechung, Übergabe");
        assert_eq!(events[0].place, "Raum 4");
        assert_eq!(events[0].organizer, "Dr. Anna Keller");
        let start = events[0].start.clone().expect("a start");
        assert_eq!(
            (start.time, start.zone.as_str()),
            (Some((9, 30)), "Europe/Berlin")
        );
        assert_eq!(events[0].end.as_ref().expect("an end").zone, "UTC");
        assert_eq!(events[1].start.as_ref().expect("a start").time, None);
        assert_eq!(events[1].organizer, "b@x.example");
    }

    #[test]
    fn damage_never_panics() {
        for end in 0..INVITATION.len() {
            let _ = events(crate::names::cut(INVITATION, end));
        }
        assert!(events("no calendar").is_empty());
    }
}
