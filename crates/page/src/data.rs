//! Pictures that stand in the HTML itself (`data:` URLs, RFC 2397): they become pictures of the mail like all
//! others, and the text is as short as it reads.

use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;
use memchr::memmem;

use crate::letter::Picture;

/// Such pictures of one mail.
const MOST: usize = 100;

/// The HTML with `cid:` in their place, and the pictures; `before` have been found in other parts.
#[must_use]
pub fn lift(html: &str, before: usize) -> (Cow<'_, str>, Vec<Picture>) {
    let mut pictures = Vec::new();
    let mut out = String::new();
    let mut rest = html;
    while let Some(at) = next(rest) {
        let (head, from) = rest.split_at(at);
        let end = from.find(['"', '\'', ')', '>', ' ']).unwrap_or(from.len());
        let (url, after) = from.split_at(end);
        out.push_str(head);
        rest = after;
        let content = url.split_once(";base64,").map(|(_, content)| content);
        let bytes = content.and_then(|content| base64_decode(content.as_bytes()));
        if let Some(bytes) = bytes.filter(|_| before + pictures.len() < MOST) {
            let id = format!("{}@data.invalid", before + pictures.len());
            out.push_str("cid:");
            out.push_str(&id);
            pictures.push(Picture { id, bytes });
        }
    }
    if out.is_empty() && rest.len() == html.len() {
        return (Cow::Borrowed(html), pictures);
    }
    out.push_str(rest);
    (Cow::Owned(out), pictures)
}

/// Where the next one begins. Only pictures: no other `data:` URL leads anywhere.
fn next(html: &str) -> Option<usize> {
    memmem::find(html.as_bytes(), b"data:image/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_in_the_text_become_pictures_of_the_mail() {
        let html = "a<img src=\"data:image/png;base64,iVBORw0K\">b<img src='data:image/gif;base64,R0lG' alt=x>c";
        let (text, pictures) = lift(html, 0);
        assert_eq!(
            text,
            "a<img src=\"cid:0@data.invalid\">b<img src='cid:1@data.invalid' alt=x>c"
        );
        assert_eq!(pictures[0].bytes, b"\x89PNG\r\n");
        assert_eq!(pictures[1].bytes, b"GIF");
    }

    #[test]
    fn what_is_no_picture_goes_and_the_rest_stays() {
        assert_eq!(lift("<p>a</p>", 0).0, "<p>a</p>");
        assert_eq!(
            lift("<img src=\"data:image/svg+xml,<svg\">b", 0).0,
            "<img src=\"\">b"
        );
        assert_eq!(lift("data:image/", 0).0, "");
        let many = "<img src='data:image/png;base64,AAAA'>".repeat(300);
        assert_eq!(lift(&many, 0).1.len(), MOST);
    }
}
