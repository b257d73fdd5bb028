//! The words of mails in de, en and cs; dates and sizes in the reader's form.

use depesche_domain::effect::Language;
use depesche_page::letter::Day;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Picks the reader's words.
pub(crate) const fn pick<'a>(language: Language, de: &'a str, en: &'a str, cs: &'a str) -> &'a str {
    match language {
        Language::De => de,
        Language::En => en,
        Language::Cs => cs,
    }
}

/// Behind "until": the Czech ones are genitives.
const DAYS: [[&str; 3]; 7] = [
    ["Montag", "Monday", "pondělí"],
    ["Dienstag", "Tuesday", "úterý"],
    ["Mittwoch", "Wednesday", "středy"],
    ["Donnerstag", "Thursday", "čtvrtka"],
    ["Freitag", "Friday", "pátku"],
    ["Samstag", "Saturday", "soboty"],
    ["Sonntag", "Sunday", "neděle"],
];

/// A day with its weekday, as in "until …": the Czech form is the genitive.
pub(crate) fn day(language: Language, ms: i64, zone: &TimeZone) -> String {
    let at = Timestamp::from_millisecond(ms)
        .unwrap_or(Timestamp::MAX)
        .to_zoned(zone.clone());
    let [de, en, cs] = DAYS[at.weekday().to_monday_zero_offset() as usize];
    let weekday = pick(language, de, en, cs);
    let reader: depesche_page::words::Language = language.code().into();
    let day = reader.day(Day {
        year: at.year().unsigned_abs(),
        month: at.month().unsigned_abs(),
        day: at.day().unsigned_abs(),
    });
    match language {
        Language::De | Language::En => format!("{weekday}, {day}"),
        Language::Cs => format!("{weekday} {day}"),
    }
}

/// A day with the time of day.
pub(crate) fn moment(language: Language, ms: i64, zone: &TimeZone) -> String {
    let at = Timestamp::from_millisecond(ms)
        .unwrap_or(Timestamp::MAX)
        .to_zoned(zone.clone());
    let (hour, minute) = (at.hour(), at.minute());
    let day = day(language, ms, zone);
    match language {
        Language::De => format!("{day}, {hour:02}:{minute:02} Uhr"),
        Language::En | Language::Cs => format!("{day}, {hour:02}:{minute:02}"),
    }
}

/// A size in decimal units with the reader's decimal mark: 2,4 MB.
pub(crate) fn size(language: Language, bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KB", "MB", "GB", "TB"];
    let (mut tenths, mut unit) = (u128::from(bytes) * 10, 0);
    // 999.95 of a unit would be written as 1000.0: the next unit is read more easily.
    while tenths >= 9_995 && unit + 1 < UNITS.len() {
        tenths = (tenths + 500) / 1000;
        unit += 1;
    }
    let mark = if matches!(language, Language::En) {
        '.'
    } else {
        ','
    };
    let (whole, rest) = (tenths / 10, tenths % 10);
    if unit == 0 || rest == 0 || whole >= 100 {
        format!("{} {}", (tenths + 5) / 10, UNITS[unit])
    } else {
        format!("{whole}{mark}{rest} {}", UNITS[unit])
    }
}

/// "a file" / "3 files", accusative.
pub(crate) fn files(language: Language, count: u64) -> String {
    match (language, count) {
        (Language::De, 1) => "eine Datei".into(),
        (Language::De, n) => format!("{n} Dateien"),
        (Language::En, 1) => "a file".into(),
        (Language::En, n) => format!("{n} files"),
        (Language::Cs, 1) => "soubor".into(),
        (Language::Cs, n @ 2..=4) => format!("{n} soubory"),
        (Language::Cs, n) => format!("{n} souborů"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short_and_in_the_readers_form() {
        for (bytes, de, en) in [
            (0, "0 B", "0 B"),
            (999, "999 B", "999 B"),
            (2_400_000, "2,4 MB", "2.4 MB"),
            (38_100_000, "38,1 MB", "38.1 MB"),
            (184_000, "184 KB", "184 KB"),
            (1_000_000, "1 MB", "1 MB"),
            (999_999, "1 MB", "1 MB"),
            (20_000_000_000, "20 GB", "20 GB"),
        ] {
            assert_eq!(size(Language::De, bytes), de);
            assert_eq!(size(Language::En, bytes), en);
        }
    }

    #[test]
    fn days_are_in_the_readers_language() {
        let ms = 1_798_027_200_000; // 2026-12-23 12:00 UTC
        assert_eq!(
            day(Language::De, ms, &TimeZone::UTC),
            "Mittwoch, 23. Dezember 2026"
        );
        assert_eq!(
            day(Language::En, ms, &TimeZone::UTC),
            "Wednesday, 23 December 2026"
        );
        assert_eq!(
            day(Language::Cs, ms, &TimeZone::UTC),
            "středy 23. prosince 2026"
        );
    }
}
