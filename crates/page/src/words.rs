//! What the page itself says, in German, English and Czech.

use serde::{Deserialize, Serialize};

use crate::letter::{Day, Method, Moment, Note, When};

/// A language of the page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    /// German.
    #[default]
    De,
    /// English.
    En,
    /// Czech.
    Cs,
}

impl From<&str> for Language {
    fn from(tag: &str) -> Self {
        match tag.get(..2).map(str::to_ascii_lowercase).as_deref() {
            Some("en") => Language::En,
            Some("cs") => Language::Cs,
            _ => Language::De,
        }
    }
}

/// One of three.
type Three = [&'static str; 3];

impl Language {
    /// The tag of BCP 47.
    #[must_use]
    pub fn tag(self) -> &'static str {
        self.of(["de", "en", "cs"])
    }

    fn of(self, words: Three) -> &'static str {
        match self {
            Language::De => words[0],
            Language::En => words[1],
            Language::Cs => words[2],
        }
    }

    /// On top of the page.
    #[must_use]
    pub fn protected(self) -> &'static str {
        self.of([
            "Geschützte Nachricht",
            "Protected message",
            "Chráněná zpráva",
        ])
    }

    /// Label of the sender.
    #[must_use]
    pub fn from(self) -> &'static str {
        self.of(["Von", "From", "Od"])
    }

    /// Label of the recipients.
    #[must_use]
    pub fn to(self) -> &'static str {
        self.of(["An", "To", "Komu"])
    }

    /// Label of those who get a copy.
    #[must_use]
    pub fn cc(self) -> &'static str {
        self.of(["Kopie", "Copy", "Kopie"])
    }

    /// Label of the date.
    #[must_use]
    pub fn date(self) -> &'static str {
        self.of(["Datum", "Date", "Datum"])
    }

    /// A mail without a subject.
    #[must_use]
    pub fn no_subject(self) -> &'static str {
        self.of(["Ohne Betreff", "No subject", "Bez předmětu"])
    }

    /// A mail without a text.
    #[must_use]
    pub fn no_text(self) -> &'static str {
        self.of([
            "Diese Nachricht hat keinen Text.",
            "This message has no text.",
            "Tato zpráva nemá žádný text.",
        ])
    }

    /// How many more people there are.
    #[must_use]
    pub fn more(self, n: usize) -> String {
        match self {
            Language::De => format!("und {n} weitere"),
            Language::En => format!("and {n} more"),
            Language::Cs => format!("a další: {n}"),
        }
    }

    /// The button.
    #[must_use]
    pub fn reply(self) -> &'static str {
        self.of(["Sicher antworten", "Reply securely", "Bezpečně odpovědět"])
    }

    /// Beside the button: where it leads, so that a foreign link is seen.
    #[must_use]
    pub fn opens(self, host: &str) -> String {
        match self {
            Language::De => format!("öffnet {host} im Browser"),
            Language::En => format!("opens {host} in the browser"),
            Language::Cs => format!("otevře {host} v prohlížeči"),
        }
    }

    /// Heading of the files.
    #[must_use]
    pub fn attachments(self) -> &'static str {
        self.of(["Anhänge", "Attachments", "Přílohy"])
    }

    /// Beside it.
    #[must_use]
    pub fn until(self, until: Option<Day>) -> String {
        let click = self.of([
            "zum Laden anklicken",
            "click to download",
            "kliknutím stáhnete",
        ]);
        let Some(day) = until else {
            return click.to_owned();
        };
        let day = self.day(day);
        match self {
            Language::De => format!("{click}, bereit bis {day}"),
            Language::En => format!("{click}, ready until {day}"),
            Language::Cs => format!("{click}, k dispozici do {day}"),
        }
    }

    /// At the foot, before the link.
    #[must_use]
    pub fn locked(self) -> &'static str {
        self.of([
            "Dieses PDF ist mit Ihrem Passwort verschlossen. Passwort ändern:",
            "This PDF is locked with your password. Change the password:",
            "Toto PDF je uzamčeno vaším heslem. Změnit heslo:",
        ])
    }

    /// Heading of a forwarded mail.
    #[must_use]
    pub fn forwarded(self) -> &'static str {
        self.of([
            "Weitergeleitete Nachricht",
            "Forwarded message",
            "Přeposlaná zpráva",
        ])
    }

    /// Names of what is attached to a forwarded mail.
    #[must_use]
    pub fn with_files(self, names: &str) -> String {
        match self {
            Language::De => format!("Mit Anhängen: {names}"),
            Language::En => format!("With attachments: {names}"),
            Language::Cs => format!("S přílohami: {names}"),
        }
    }

    /// What an invitation wants.
    #[must_use]
    pub fn event(self, method: Method) -> &'static str {
        match method {
            Method::Publish => self.of(["Termin", "Appointment", "Událost"]),
            Method::Request => self.of(["Einladung", "Invitation", "Pozvánka"]),
            Method::Cancel => self.of(["Abgesagt", "Cancelled", "Zrušeno"]),
            Method::Reply => self.of([
                "Antwort auf eine Einladung",
                "Reply to an invitation",
                "Odpověď na pozvánku",
            ]),
        }
    }

    /// Labels of an appointment: when, where, who.
    #[must_use]
    pub fn event_labels(self) -> [&'static str; 3] {
        match self {
            Language::De => ["Wann", "Wo", "Von"],
            Language::En => ["When", "Where", "From"],
            Language::Cs => ["Kdy", "Kde", "Od"],
        }
    }

    /// A span of time.
    #[must_use]
    pub fn span(self, start: Option<&Moment>, end: Option<&Moment>) -> String {
        let Some(start) = start else {
            return String::new();
        };
        let day = self.weekday_and_day(start.day);
        let time = |moment: &Moment| moment.time.map(|(h, m)| format!("{h:02}:{m:02}"));
        let zone = if start.zone.is_empty() {
            String::new()
        } else {
            format!(" ({})", start.zone)
        };
        let Some(from) = time(start) else {
            return day;
        };
        let to = end
            .filter(|end| end.day == start.day && end.zone == start.zone)
            .and_then(time);
        let other = end.filter(|end| end.day != start.day || end.zone != start.zone);
        match (to, other) {
            (Some(to), _) if to != from => format!("{day}, {from}–{to}{zone}"),
            (None, Some(other)) => {
                let time = time(other).map(|t| format!(", {t}")).unwrap_or_default();
                let own = if other.zone.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", other.zone)
                };
                format!(
                    "{day}, {from}{zone} – {}{time}{own}",
                    self.weekday_and_day(other.day)
                )
            }
            _ => format!("{day}, {from}{zone}"),
        }
    }

    /// What the reader should know.
    #[must_use]
    pub fn note(self, note: Note) -> String {
        match note {
            Note::Signed => self
                .of([
                    "Das Original ist signiert. Die Signatur steht nur dort.",
                    "The original is signed. The signature is only there.",
                    "Originál je podepsán. Podpis je pouze v něm.",
                ])
                .to_owned(),
            Note::EncodingGuessed => self
                .of([
                    "Die Schrift dieser Nachricht war nicht eindeutig angegeben; einzelne Zeichen können abweichen.",
                    "The text encoding of this message was not stated clearly; single characters may differ.",
                    "Kódování této zprávy nebylo jednoznačně uvedeno; jednotlivé znaky se mohou lišit.",
                ])
                .to_owned(),
            Note::BodyCut => self
                .of([
                    "Diese Nachricht ist sehr lang. Vollständig steht sie im Original.",
                    "This message is very long. The original has all of it.",
                    "Tato zpráva je velmi dlouhá. Celá je v originálu.",
                ])
                .to_owned(),
            Note::RemotePictures(n) => match self {
                Language::De if n == 1 => "1 externes Bild nicht geladen".to_owned(),
                Language::De => format!("{n} externe Bilder nicht geladen"),
                Language::En if n == 1 => "1 remote picture not loaded".to_owned(),
                Language::En => format!("{n} remote pictures not loaded"),
                Language::Cs => format!("Nenačtené externí obrázky: {n}"),
            },
            Note::BrokenPictures(n) => match self {
                Language::De if n == 1 => "1 Bild ließ sich nicht zeigen".to_owned(),
                Language::De => format!("{n} Bilder ließen sich nicht zeigen"),
                Language::En if n == 1 => "1 picture could not be shown".to_owned(),
                Language::En => format!("{n} pictures could not be shown"),
                Language::Cs => format!("Obrázky, které nelze zobrazit: {n}"),
            },
        }
    }

    /// A mail's date, as its sender's clock showed it.
    #[must_use]
    pub fn when(self, when: When) -> String {
        let day = self.weekday_and_day(when.day);
        format!("{day}, {:02}:{:02}", when.hour, when.minute)
    }

    /// `Montag, 23. November 2026`
    #[must_use]
    pub fn weekday_and_day(self, day: Day) -> String {
        let name = self.of(WEEKDAYS[weekday(day)]);
        match self {
            Language::De | Language::En => format!("{name}, {}", self.day(day)),
            Language::Cs => format!("{name} {}", self.day(day)),
        }
    }

    /// `23. November 2026`
    #[must_use]
    pub fn day(self, day: Day) -> String {
        let month = self.of(MONTHS[usize::from(day.month.clamp(1, 12)) - 1]);
        match self {
            Language::De | Language::Cs => format!("{}. {month} {}", day.day, day.year),
            Language::En => format!("{} {month} {}", day.day, day.year),
        }
    }

    /// `2,4 MB`; 1 KB is 1,000 bytes.
    #[must_use]
    pub fn size(self, bytes: u64) -> String {
        let (unit, name) = match bytes {
            0..1_000 => return format!("{bytes} B"),
            1_000..999_500 => (1_000, "KB"),
            999_500..999_950_000 => (1_000_000, "MB"),
            _ => (1_000_000_000, "GB"),
        };
        let tenths = (bytes * 10 + unit / 2) / unit;
        if name == "KB" || tenths >= 1_000 {
            return format!("{} {name}", (bytes + unit / 2) / unit);
        }
        let point = if self == Language::En { '.' } else { ',' };
        format!("{}{point}{} {name}", tenths / 10, tenths % 10)
    }
}

/// 0 is Monday (Sakamoto's method).
fn weekday(day: Day) -> usize {
    let shift = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4][usize::from(day.month.clamp(1, 12)) - 1];
    let year = usize::from(day.year) - usize::from(day.month < 3 && day.year > 0);
    (year + year / 4 - year / 100 + year / 400 + shift + usize::from(day.day) + 6) % 7
}

const WEEKDAYS: [Three; 7] = [
    ["Montag", "Monday", "pondělí"],
    ["Dienstag", "Tuesday", "úterý"],
    ["Mittwoch", "Wednesday", "středa"],
    ["Donnerstag", "Thursday", "čtvrtek"],
    ["Freitag", "Friday", "pátek"],
    ["Samstag", "Saturday", "sobota"],
    ["Sonntag", "Sunday", "neděle"],
];

const MONTHS: [Three; 12] = [
    ["Januar", "January", "ledna"],
    ["Februar", "February", "února"],
    ["März", "March", "března"],
    ["April", "April", "dubna"],
    ["Mai", "May", "května"],
    ["Juni", "June", "června"],
    ["Juli", "July", "července"],
    ["August", "August", "srpna"],
    ["September", "September", "září"],
    ["Oktober", "October", "října"],
    ["November", "November", "listopadu"],
    ["Dezember", "December", "prosince"],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_people_write_them() {
        let when = When {
            day: Day {
                year: 2026,
                month: 11,
                day: 23,
            },
            hour: 9,
            minute: 41,
            offset_minutes: 60,
        };
        assert_eq!(Language::De.when(when), "Montag, 23. November 2026, 09:41");
        assert_eq!(Language::En.when(when), "Monday, 23 November 2026, 09:41");
        assert_eq!(Language::Cs.when(when), "pondělí 23. listopadu 2026, 09:41");
        assert_eq!(
            weekday(Day {
                year: 2024,
                month: 2,
                day: 29
            }),
            3
        );
        assert_eq!(
            weekday(Day {
                year: 2000,
                month: 1,
                day: 1
            }),
            5
        );
    }

    #[test]
    fn sizes_as_people_read_them() {
        for (bytes, said) in [
            (999, "999 B"),
            (1_000, "1 KB"),
            (999_499, "999 KB"),
            (999_500, "1,0 MB"),
            (2_400_000, "2,4 MB"),
            (11_700_000, "11,7 MB"),
            (250_000_000, "250 MB"),
            (3_000_000_000, "3,0 GB"),
        ] {
            assert_eq!(Language::De.size(bytes), said);
        }
        assert_eq!(Language::En.size(2_400_000), "2.4 MB");
    }
}
