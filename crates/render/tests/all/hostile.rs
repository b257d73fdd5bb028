//! Mails that were written to do harm.

use depesche_page::frame::Grade;

use crate::draw::{draw, inside, text};
use crate::mails::is_harmless;

fn html(body: &str) -> Vec<u8> {
    format!("From: a@x.example\nSubject: test\nContent-Type: text/html; charset=utf-8\n\n{body}")
        .into_bytes()
}

#[test]
fn markup_of_the_typesetter_is_text() {
    let evil = r#"#read("/etc/passwd") #import "@preview/x:1.0.0" $x^2$ *b* _i_ @l <l> \ // #{ panic("x") } = H - l ``` ` ```"#;
    let mail = format!(
        "Subject: {evil}\nFrom: \"{}\" <a@x.example>\n\n{evil}",
        evil.replace('"', "'")
    );
    let (grade, pdf) = draw(mail.as_bytes());
    assert_eq!(grade, Grade::Ua);
    let flat = evil.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text(&pdf).matches(&flat).count() >= 2, "{}", text(&pdf));
    let (_, pdf) = draw(&html(&format!(
        "<p>{}</p><h1>#panic()</h1><td>$x$",
        evil.replace('<', "&lt;")
    )));
    assert!(text(&pdf).contains(&flat));
}

#[test]
fn nothing_active_is_ever_inside() {
    let page = html(
        "<a href='javascript:alert(1)'>a</a><a href='file:///etc/passwd'>b</a><a href='https://ok.example/)/S/JavaScript/JS(x'>c</a>\
         <a href='https://ok.example/x\u{0}\u{202e}'>d</a><form action='https://x.example'><button>e</button></form>\
         <embed src=x.swf><object data='a.pdf'></object><img src='https://x.example/a.png' alt='f'>",
    );
    let (_, pdf) = draw(&page);
    let inside = inside(&pdf);
    is_harmless(&inside);
    assert!(
        !inside
            .uris
            .iter()
            .any(|uri| uri.contains("x.example") || uri.contains("passwd")),
        "{:?}",
        inside.uris
    );
    assert!(text(&pdf).contains("1 externes Bild nicht geladen"));
}

#[test]
fn characters_without_a_shape_cost_nothing() {
    let (grade, pdf) = draw("Subject: \u{e000}\u{13000}\n\nvor \u{e000}\u{f8ff}\u{13000}\u{10ffff} nach \u{200b}\u{ad}\u{fe0f} Ende".as_bytes());
    assert_eq!(grade, Grade::Ua);
    assert!(text(&pdf).contains("nach"));
}

#[test]
fn a_broken_picture_costs_itself_alone() {
    let mail = "From: a@x.example\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n\
        <p>vor <img src='cid:p' alt='Logo'> nach\n--b\nContent-Type: image/png\nContent-ID: <p>\n\nno picture\n--b--\n";
    let (grade, pdf) = draw(mail.as_bytes());
    assert_eq!(grade, Grade::Ua);
    let text = text(&pdf);
    assert!(
        text.contains("1 Bild ließ sich nicht zeigen")
            && text.contains("Logo")
            && text.contains("nach"),
        "{text}"
    );
}

#[test]
fn what_is_deep_or_large_is_still_a_page() {
    for (name, body) in [
        (
            "div",
            format!(
                "{}kern",
                "<div style='border:1px solid red;padding:1px'>".repeat(300)
            ),
        ),
        ("quote", format!("{}kern", "<blockquote>".repeat(300))),
        ("list", format!("{}kern", "<ul><li>".repeat(300))),
        (
            "table",
            format!("{}kern", "<table border=1><tr><td>x<td>".repeat(100)),
        ),
        (
            "heading",
            format!("{}kern", "<h6>a</h6><h1>b</h1>".repeat(50)),
        ),
        (
            "rows",
            format!(
                "<table border=1><tr><th>a<th>b</tr>{}</table>kern",
                "<tr><td>a<td>b</tr>".repeat(2_500)
            ),
        ),
        (
            "spans",
            format!("{}kern", "<b>fett</b> <i>kursiv</i> ".repeat(15_000)),
        ),
        (
            "columns",
            format!("<table border=1><tr>{}</table>kern", "<td>a".repeat(500)),
        ),
        (
            "spanned",
            "<table border=1><tr><td rowspan=99999 colspan=99999>a<tr><td>b</table>kern".to_owned(),
        ),
        ("word", format!("{} kern", "x".repeat(200_000))),
    ] {
        let (grade, pdf) = draw(&html(&body));
        assert_ne!(grade, Grade::Plain, "{name}");
        assert!(text(&pdf).contains("kern"), "{name}");
    }
}
