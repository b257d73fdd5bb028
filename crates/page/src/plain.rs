//! HTML as its plain text, in one pass and without a tree: this runs where a page could not be drawn, and where
//! no process stands between a stranger's HTML and the server.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{Rawtext, Rcdata, ScriptData};
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

use crate::element::{inline, passed_over};
use crate::style;
use crate::text;

/// The text of a document. What is hidden stays away.
#[must_use]
pub fn text(html: &str) -> String {
    let sink = Sink(RefCell::new(Reading::default()));
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(html));
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    let out = tokenizer.sink.0.into_inner().out;
    let lines: Vec<String> = out
        .lines()
        .map(|line| text::printable(line).trim().to_owned())
        .collect();
    lines.join("\n").replace("\n\n\n", "\n\n").trim().to_owned()
}

struct Sink(RefCell<Reading>);

#[derive(Default)]
struct Reading {
    out: String,
    /// An element that is passed over, and how many of its name are open inside it.
    silent: Option<(String, usize)>,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut reading = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) => return reading.tag(&tag),
            Token::CharacterTokens(text) if reading.silent.is_none() => reading.say(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Reading {
    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        let starts = tag.kind == TagKind::StartTag;
        if let Some((silent, open)) = &mut self.silent {
            if silent == name && starts && !is_void(name) {
                *open += 1;
            } else if silent == name && !starts {
                *open -= 1;
                if *open == 0 {
                    self.silent = None;
                }
            }
        } else if starts && is_silent(tag) {
            if matches!(name, "div" | "table") {
                self.line();
            }
            if !is_void(name) {
                self.silent = Some((name.to_owned(), 1));
            }
        } else if name == "br" {
            self.out.push('\n');
        } else if !inline(name) && !matches!(name, "a" | "img") {
            self.line();
            if !starts && matches!(name, "p" | "table" | "ul" | "ol") {
                self.out.push('\n');
            }
        }
        match name {
            "script" if starts => TokenSinkResult::RawData(ScriptData),
            "style" | "xmp" | "iframe" | "noembed" | "noframes" if starts => {
                TokenSinkResult::RawData(Rawtext)
            }
            "textarea" | "title" if starts => TokenSinkResult::RawData(Rcdata),
            _ => TokenSinkResult::Continue,
        }
    }

    /// Ends the line, if one has begun.
    fn line(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    /// Runs of blanks are one.
    fn say(&mut self, text: &str) {
        for c in text.chars() {
            if !c.is_ascii_whitespace() {
                self.out.push(c);
            } else if !self.out.is_empty() && !self.out.ends_with([' ', '\n']) {
                self.out.push(' ');
            }
        }
    }
}

/// Only what always has an end: of others nobody knows here where they stop.
fn is_silent(tag: &Tag) -> bool {
    let name: &str = &tag.name;
    let hidden = tag
        .attrs
        .iter()
        .any(|attribute| match &*attribute.name.local {
            "hidden" => true,
            "style" => style::parse(&attribute.value).hidden,
            _ => false,
        });
    passed_over(name) && name != "head"
        || hidden && matches!(name, "div" | "span" | "table" | "font" | "img")
}

/// Elements that have no end.
fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "frame"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_styles_scripts_and_what_is_hidden() {
        let html = "<head><style type='text/css'>p{}</style><title>t</title></head><p>Hallo <b>Welt</b>,</p>\
            <div>a</div>b<br>c<script>x<p>y</script><div style='display:none'>v<div>w</div>v</div><img hidden>d &amp; \n e";
        assert_eq!(text(html), "Hallo Welt,\n\na\nb\nc\nd & e");
    }

    #[test]
    fn depth_and_length_cost_nothing() {
        assert!(text(&"<div>".repeat(400_000)).is_empty());
        assert!(text(&"<span>x".repeat(300_000)).len() == 300_000);
        assert_eq!(text("a<style>b"), "a");
        assert_eq!(
            text("<head><title>t</title><p style='display:none'>a<p>b"),
            "a\nb"
        );
        assert_eq!(text(""), "");
    }
}
