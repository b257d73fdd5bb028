//! The sample mails: each becomes PDF/UA-1, says what the mail says, and leads nowhere else.

use depesche_page::frame::Grade;

use crate::draw::{Inside, draw, drawn, inside, mail, sheet, text};

const PORTAL: &str = "https://zustellung.keller-novak.example/";

/// Draws a sample; checks what holds for all of them.
fn page(name: &str) -> (String, Inside) {
    let (grade, pdf) = draw(&mail(name));
    assert_eq!(grade, Grade::Ua, "{name}");
    let inside = inside(&pdf);
    is_harmless(&inside);
    assert!(inside.ua, "{name} says that it is PDF/UA");
    for tag in ["Document", "H1", "P", "Link"] {
        assert!(
            inside.tags.iter().any(|t| t == tag),
            "{name}: {tag} in {:?}",
            inside.tags
        );
    }
    assert!(
        inside
            .uris
            .iter()
            .any(|uri| uri.starts_with(&format!("{PORTAL}r/")))
    );
    let text = text(&pdf);
    for word in [
        "Kanzlei Keller & Novák",
        "Geschützte Nachricht",
        "Sicher antworten",
        "öffnet zustellung.keller-novak.example im Browser",
    ] {
        assert!(text.contains(word), "{name}: {word} in {text}");
    }
    (text, inside)
}

pub(crate) fn is_harmless(inside: &Inside) {
    for key in [
        "JavaScript",
        "JS",
        "OpenAction",
        "AA",
        "AcroForm",
        "EmbeddedFiles",
        "EmbeddedFile",
        "RichMedia",
        "XFA",
    ] {
        assert!(!inside.keys.iter().any(|k| k == key), "{key}");
    }
    for action in &inside.actions {
        assert_eq!(action, "URI");
    }
    for uri in &inside.uris {
        let allowed = ["https://", "http://", "mailto:", "tel:"]
            .iter()
            .any(|scheme| uri.starts_with(scheme));
        assert!(allowed, "{uri}");
    }
}

fn says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word:?} in {text}");
    }
}

#[test]
fn a_letter_of_text() {
    let (text, inside) = page("01-text-umlaut");
    says(
        &text,
        &[
            "Unterlagen für die Prüfung – Fristablauf 31. März (Größe: 2 Anhänge)",
            "Jörg Öztürk <oeztuerk@kanzlei.example>",
            "Mittwoch, 4. März 2026, 10:15",
            "Unterlagen zur Prüfung: die Ausgleichsübersicht für das Geschäftsjahr 2025 über 1.234,56 €",
            "könnten Sie mir die Übersicht bis Freitag schicken?",
            "Ausgleichsübersicht 2025.pdf",
            "zum Laden anklicken, bereit bis 23. Dezember 2026",
            "Dieses PDF ist mit Ihrem Passwort verschlossen.",
        ],
    );
    let links = inside
        .uris
        .iter()
        .filter(|uri| uri.starts_with(&format!("{PORTAL}a/")))
        .count();
    assert_eq!(links, 2, "one link for each attachment");
    assert!(
        inside
            .uris
            .contains(&"https://depesche.example/d/8f3c?lang=de&id=42".to_owned())
    );
    assert!(inside.tags.iter().any(|tag| tag == "BlockQuote"));
}

#[test]
fn a_newsletter() {
    let (text, inside) = page("02-newsletter");
    says(
        &text,
        &[
            "Frühling in den Bergen",
            "Jetzt sparen",
            "Höllentalhütte",
            "Modell Zugspitze",
            "externe",
            "Abmelden",
        ],
    );
    assert!(!text.contains("Vorschautext") && !text.contains("alert"));
    assert!(
        !inside
            .uris
            .iter()
            .any(|uri| uri.contains("track.nl.example") || uri.contains("cdn."))
    );
    for tag in ["Table", "TH", "TD", "Figure"] {
        assert!(
            inside.tags.iter().any(|t| t == tag),
            "{tag} in {:?}",
            inside.tags
        );
    }
    let tables = inside.tags.iter().filter(|tag| *tag == "Table").count();
    assert_eq!(
        tables, 1,
        "tables for the looks are no tables to a screen reader"
    );
}

#[test]
fn a_long_thread() {
    let (text, inside) = page("03-thread");
    says(
        &text,
        &[
            "Am 11.02.2026 um 9:05 schrieb Björn Krüger",
            "Können wir das am Montag klären?",
        ],
    );
    assert_eq!(
        inside
            .tags
            .iter()
            .filter(|tag| *tag == "BlockQuote")
            .count(),
        10
    );
}

#[test]
fn every_script() {
    let (text, inside) = page("04-intl");
    says(
        &text,
        &[
            "国際テスト",
            "請查收附件",
            "첨부 파일을",
            "Русский",
            "Ελληνικά",
            "Zażółć gęślą jaźń",
            "Xin chào",
        ],
    );
    assert!(inside.tags.iter().any(|tag| tag == "TH"));
}

#[test]
fn a_mail_of_word() {
    let (text, inside) = page("05-word");
    says(
        &text,
        &[
            "AW: Gewährleistung – Aufstellung",
            "alle Beträge in €",
            "Fenster Nord",
            "1.250,00 €",
            "Gesendet: Dienstag",
        ],
    );
    says(&text, &["www.weissbau.example [boese.example]"]);
    assert!(inside.tags.iter().any(|tag| tag == "TH") && inside.tags.iter().any(|tag| tag == "LI"));
}

#[test]
fn special_cases_of_mime() {
    let (text, _) = page("06-special");
    says(
        &text,
        &[
            "Grüße aus Köln €",
            "„Preis 100 €“ – geht trotzdem.",
            "Einladung",
            "Übergabe, Lindenhof 4",
            "Montag, 23. November 2026, 09:30–10:30 (Europe/Berlin)",
            "Weitergeleitete Nachricht",
            "Договор",
            "договор подписан.",
            "passwdfdp.exe",
        ],
    );
}

#[test]
fn a_log_of_twelve_thousand_lines() {
    let lines: String = (0..12_000).fold(String::new(), |log, n| {
        log + &format!(
            "2026-11-23T09:41:{:02} INFO request {n} took {} ms and was answered with 200\n",
            n % 60,
            n % 97
        )
    });
    let long = format!("Subject: log\n\n{lines}{}\n", "x".repeat(100_000));
    let (grade, pdf) = draw(long.as_bytes());
    assert_eq!(grade, Grade::Ua);
    let text = text(&pdf);
    says(
        &text,
        &["request 0 took", "request 6000 took", "request 11999 took"],
    );
    let letters = text.chars().filter(|c| *c == 'x').count();
    assert!(letters >= 100_000, "{letters}: nothing runs off the page");
    assert!(inside(&pdf).pages > 100);
}

#[test]
fn the_same_sheet_gives_the_same_bytes() {
    let sheet = sheet(&mail("02-newsletter"));
    assert_eq!(drawn(&sheet), drawn(&sheet));
}

#[test]
fn three_languages() {
    let mut sheet = sheet(&mail("01-text-umlaut"));
    for (language, words) in [("en", "Reply securely"), ("cs", "Bezpečně odpovědět")] {
        sheet.frame.language = language.into();
        let (grade, pdf) = drawn(&sheet);
        assert_eq!(grade, Grade::Ua);
        says(&text(&pdf), &[words]);
    }
}

#[test]
fn text_alone_is_a_page_too() {
    for name in ["02-newsletter", "03-thread", "05-word", "06-special"] {
        let (grade, pdf) = drawn(&sheet(&mail(name)).as_plain());
        assert_eq!(grade, Grade::Plain);
        is_harmless(&inside(&pdf));
        assert!(text(&pdf).contains("Sicher antworten"));
    }
}
