//! Bytes as text: by the label they carry, by what browsers make of that label, and by a guess where both fail.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use mail_parser::decoders::charsets::map::charset_decoder;

/// Text, and whether its encoding had to be guessed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The text.
    pub text: String,
    /// No label fitted the bytes.
    pub guessed: bool,
}

/// Bytes under a label of MIME (`charset=`), or under none.
#[must_use]
pub fn decode(bytes: &[u8], label: Option<&str>) -> Decoded {
    let label = label.map(str::trim).filter(|label| !label.is_empty());
    if let Some(label) = label {
        // The web's names: `iso-8859-1` is windows-1252, as every mailer means it.
        if let Some(encoding) = Encoding::for_label(label.as_bytes()) {
            let (text, _, wrong) = encoding.decode(bytes);
            if !wrong {
                return sure(text.into_owned());
            }
        } else if let Some(decoder) = charset_decoder(label.as_bytes()) {
            // UTF-7 and the like, which the web does without.
            return sure(decoder(bytes));
        }
    } else if bytes.is_ascii() {
        return sure(String::from_utf8_lossy(bytes).into_owned());
    }
    let (text, guessed) = guess(bytes);
    Decoded {
        text,
        guessed: guessed || label.is_some(),
    }
}

fn sure(text: String) -> Decoded {
    Decoded {
        text,
        guessed: false,
    }
}

/// UTF-8 if it is that, else what a browser would take it for. The flag says whether it was a guess.
#[must_use]
pub fn guess(bytes: &[u8]) -> (String, bool) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (text.to_owned(), false);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let encoding = match detector.guess(None, Utf8Detection::Allow) {
        encoding if encoding == UTF_8 => WINDOWS_1252,
        encoding => encoding,
    };
    (encoding.decode(bytes).0.into_owned(), true)
}

/// The encoding that a HTML document states in its first bytes (`<meta charset=…>`).
#[must_use]
pub fn stated_in_html(html: &[u8]) -> Option<String> {
    let head = html[..html.len().min(1_024)].to_ascii_lowercase();
    let at = memchr::memmem::find(&head, b"charset=")? + b"charset=".len();
    let rest = head[at..].trim_ascii_start();
    let rest = rest.strip_prefix(b"\"").unwrap_or(rest);
    let rest = rest.strip_prefix(b"'").unwrap_or(rest);
    let end = rest
        .iter()
        .position(|b| !(b.is_ascii_alphanumeric() || b"-_:.".contains(b)))
        .unwrap_or(rest.len());
    (end > 0).then(|| String::from_utf8_lossy(&rest[..end]).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latin_1_is_what_browsers_take_it_for() {
        assert_eq!(
            decode(b"\x80 100", Some("iso-8859-1")),
            sure("€ 100".into())
        );
        assert_eq!(decode(b"\xa4", Some("ISO-8859-15")), sure("€".into()));
        assert_eq!(
            decode(b"Hi Mom -+Jjo--!", Some("utf-7")).text,
            "Hi Mom -☺-!"
        );
    }

    #[test]
    fn what_fits_no_label_is_guessed_and_says_so() {
        let russian = "Привет, как дела? Это письмо написано по-русски.";
        let (bytes, _, _) = encoding_rs::KOI8_R.encode(russian);
        for label in [None, Some("utf-8"), Some("x-unknown")] {
            let decoded = decode(&bytes, label);
            assert_eq!(decoded.text, russian);
            assert!(decoded.guessed);
        }
        assert_eq!(decode("Grüße".as_bytes(), None), sure("Grüße".into()));
    }

    #[test]
    fn html_names_its_encoding() {
        let html =
            b"<html><meta http-equiv=\"Content-Type\" content=\"text/html; charset=windows-1250\">";
        assert_eq!(stated_in_html(html).as_deref(), Some("windows-1250"));
        assert_eq!(
            stated_in_html(b"<meta charset='UTF-8'>").as_deref(),
            Some("utf-8")
        );
        assert_eq!(stated_in_html(b"<p>charset is a word"), None);
    }
}
