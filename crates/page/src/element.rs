//! What single elements of HTML mean for a page.

use scraper::node::Element;

use crate::flow::Look;
use crate::style::{self, Colour, Size, Style};
use crate::text;

/// A picture of the mail that can be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its content id.
    pub id: String,
    /// Its own size.
    pub width: u32,
    /// Its own size.
    pub height: u32,
}

/// The size a picture is shown in, in pixels, never wider than there is room.
pub(crate) fn measure(
    natural: &Shown,
    stated: Option<style::Width>,
    height: Option<f32>,
    room: f32,
) -> (f32, Option<f32>) {
    let (own_w, own_h) = (natural.width.max(1) as f32, natural.height.max(1) as f32);
    let wanted = match (stated, height) {
        (Some(style::Width::Px(px)), _) => px,
        (Some(style::Width::Percent(part)), _) => room * part / 100.0,
        (None, Some(h)) => own_w * h / own_h,
        (None, None) => own_w,
    };
    // What nearly fills the page fills it.
    let w = if wanted > room * 0.9 {
        room
    } else {
        wanted.max(1.0)
    };
    let h = height
        .filter(|_| matches!(stated, Some(style::Width::Px(_))))
        .map(|h| h * w / wanted);
    (w, h)
}

/// Text like an address of the web whose link leads to another host: that host.
pub(crate) fn disguised(shown: &str, url: &str) -> Option<String> {
    let rest = url.split_once("://")?.1;
    let real = text::host(rest).to_ascii_lowercase();
    let shown = shown
        .trim()
        .trim_start_matches("https://")
        .trim_start_matches("http://");
    let claimed = text::host(shown).trim_end_matches('.').to_ascii_lowercase();
    let looks = claimed.contains('.')
        && !claimed.contains(' ')
        && claimed
            .rsplit('.')
            .next()
            .is_some_and(|top| top.len() >= 2 && top.chars().all(char::is_alphabetic));
    let bare = |host: &str| host.trim_start_matches("www.").to_owned();
    (looks && bare(&claimed) != bare(&real)).then_some(real)
}

/// What an element states, in its `style` and in attributes of old.
pub(crate) fn stated(element: &Element) -> Style {
    let mut style = element.attr("style").map(style::parse).unwrap_or_default();
    let attribute = |name| element.attr(name);
    style.background = style
        .background
        .or_else(|| style::colour(attribute("bgcolor")?));
    style.align = style.align.or_else(|| style::align(attribute("align")?));
    style.rtl = style
        .rtl
        .or_else(|| attribute("dir").map(|dir| dir.eq_ignore_ascii_case("rtl")));
    style
}

pub(crate) fn emphasis(name: &str, element: &Element, look: &mut Look) {
    match name {
        "b" | "strong" => look.mark.b = true,
        "i" | "em" | "cite" | "dfn" | "var" => look.mark.i = true,
        "u" | "ins" => look.mark.ul = true,
        "s" | "strike" | "del" => look.mark.st = true,
        "code" | "kbd" | "samp" | "tt" => look.mark.m = true,
        "sup" => look.mark.sup = true,
        "sub" => look.mark.sub = true,
        "big" => look.px *= 1.2,
        "small" => look.px *= 0.83,
        "mark" => look.mark.g = Some(Colour([0xff, 0xf2, 0xa8])),
        "font" => {
            look.colour = element
                .attr("color")
                .and_then(style::colour)
                .unwrap_or(look.colour);
            if let Some(Size::Px(px)) = element.attr("size").and_then(style::font_size) {
                look.px = px;
            }
        }
        _ => {}
    }
    look.px = look.px.clamp(10.0, 40.0);
}

pub(crate) fn passed_over(name: &str) -> bool {
    matches!(
        name,
        "head"
            | "script"
            | "style"
            | "title"
            | "meta"
            | "link"
            | "base"
            | "template"
            | "noscript"
            | "object"
            | "embed"
            | "applet"
            | "iframe"
            | "frame"
            | "frameset"
            | "noframes"
            | "svg"
            | "math"
            | "canvas"
            | "audio"
            | "video"
            | "source"
            | "track"
            | "map"
            | "area"
            | "input"
            | "select"
            | "textarea"
            | "datalist"
            | "progress"
            | "meter"
            | "dialog"
            | "param"
    )
}

pub(crate) fn inline(name: &str) -> bool {
    matches!(
        name,
        "span"
            | "b"
            | "strong"
            | "i"
            | "em"
            | "u"
            | "ins"
            | "s"
            | "strike"
            | "del"
            | "code"
            | "kbd"
            | "samp"
            | "tt"
            | "var"
            | "sup"
            | "sub"
            | "big"
            | "small"
            | "mark"
            | "font"
            | "abbr"
            | "acronym"
            | "cite"
            | "dfn"
            | "q"
            | "label"
            | "bdi"
            | "bdo"
            | "time"
            | "data"
            | "wbr"
            | "nobr"
            | "ruby"
            | "rb"
            | "rt"
            | "rp"
            | "button"
            | "o:p"
    )
}

/// A language tag that typst takes.
pub(crate) fn language(tag: &str) -> Option<String> {
    let tag = tag.trim();
    let fits = (2..=12).contains(&tag.len())
        && tag
            .split('-')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()))
        && tag.split('-').next().is_some_and(|p| {
            matches!(p.len(), 2 | 3) && p.bytes().all(|b| b.is_ascii_alphabetic())
        });
    fits.then(|| tag.to_owned())
}
