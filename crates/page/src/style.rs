//! The few properties of CSS that a page follows, out of `style` attributes and old attributes of HTML.
//!
//! An allow-list: what is not named here does not exist. Nothing that loads, moves or hides comes through.

/// A colour without transparency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(pub [u8; 3]);

impl Colour {
    /// The page itself.
    pub const PAPER: Colour = Colour([255; 3]);
    /// Text of the page.
    pub const INK: Colour = Colour([0x11, 0x23, 0x2b]);

    /// Relative luminance (WCAG 2.2).
    #[must_use]
    pub fn luminance(self) -> f32 {
        let [r, g, b] = self.0.map(|channel| {
            let c = f32::from(channel) / 255.0;
            if c <= 0.040_45 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// Contrast of two colours, 1 to 21 (WCAG 2.2).
    #[must_use]
    pub fn contrast(self, other: Colour) -> f32 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// `#rrggbb`
    #[must_use]
    pub fn hex(self) -> String {
        let [r, g, b] = self.0;
        format!("#{r:02x}{g:02x}{b:02x}")
    }
}

impl serde::Serialize for Colour {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.hex())
    }
}

/// Where lines stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Align {
    /// At the beginning, as the script has it.
    Start,
    /// In the middle.
    Center,
    /// At the end.
    End,
}

/// A width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Width {
    /// Of CSS pixels.
    Px(f32),
    /// Of what is around, 0 to 100.
    Percent(f32),
}

/// What one element states. `None` is: nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Style {
    /// Not to be seen.
    pub hidden: bool,
    /// `color`
    pub colour: Option<Colour>,
    /// `background-color`
    pub background: Option<Colour>,
    /// `font-weight`
    pub bold: Option<bool>,
    /// `font-style`
    pub italic: Option<bool>,
    /// `text-decoration`
    pub underline: Option<bool>,
    /// `text-decoration`
    pub strike: Option<bool>,
    /// A monospaced `font-family`.
    pub mono: Option<bool>,
    /// `font-size`
    pub size: Option<Size>,
    /// `text-align`
    pub align: Option<Align>,
    /// `vertical-align: middle` and `bottom` of cells.
    pub vertical: Option<Vertical>,
    /// Blanks and line ends are kept.
    pub pre: Option<bool>,
    /// `display: inline…`
    pub inline: bool,
    /// `padding` in pixels: top, right, bottom, left.
    pub padding: Option<[f32; 4]>,
    /// The colour of a border that is seen.
    pub border: Option<Colour>,
    /// A line above alone.
    pub top: Option<Colour>,
    /// A bar at the left alone, as quotes have it.
    pub left: Option<Colour>,
    /// `margin` without a gap above and below.
    pub tight: Option<bool>,
    /// `width`
    pub width: Option<Width>,
    /// `height` in pixels
    pub height: Option<f32>,
    /// `direction`
    pub rtl: Option<bool>,
}

/// A size of letters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Size {
    /// In pixels.
    Px(f32),
    /// Of what is around.
    Times(f32),
}

/// Where a cell's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Vertical {
    /// At the top.
    Top,
    /// In the middle.
    Middle,
    /// At the bottom.
    Bottom,
}

/// The declarations of a `style` attribute.
#[must_use]
pub fn parse(css: &str) -> Style {
    let mut style = Style::default();
    let (mut margin, mut clipped, mut short) = ([None; 2], false, false);
    for (name, value) in declarations(css) {
        let value = value.to_ascii_lowercase();
        let value = value.trim_end_matches("!important").trim();
        match name.as_str() {
            "display" => {
                style.hidden |= value == "none";
                style.inline = value.starts_with("inline");
            }
            "visibility" => style.hidden |= value == "hidden",
            "mso-hide" => style.hidden |= value == "all",
            "opacity" => style.hidden |= value.parse().is_ok_and(|n: f32| n < 0.05),
            "overflow" | "overflow-y" => clipped = value == "hidden",
            "max-height" | "height" => {
                short |= length(value).is_some_and(|px| px < 2.0);
                if name == "height" {
                    style.height = length(value);
                }
            }
            "margin" => margin = sides(value),
            "margin-top" => margin[0] = length(value),
            "margin-bottom" => margin[1] = length(value),
            _ => simple(&mut style, &name, value),
        }
    }
    style.hidden |= clipped && short;
    if let [Some(top), Some(bottom)] = margin {
        style.tight = Some(top < 4.0 && bottom < 4.0);
    }
    style
}

fn simple(style: &mut Style, name: &str, value: &str) {
    match name {
        "color" => style.colour = colour(value),
        "background-color" | "background" => {
            let found = value
                .split_ascii_whitespace()
                .find_map(colour)
                .or_else(|| colour(value));
            style.background = found.or(style.background);
        }
        "font-weight" => {
            let heavy = value.parse().is_ok_and(|n: u16| n >= 550);
            style.bold = Some(heavy || matches!(value, "bold" | "bolder"));
        }
        "font-style" => style.italic = Some(matches!(value, "italic" | "oblique")),
        "text-decoration" | "text-decoration-line" => {
            style.underline = Some(value.contains("underline"));
            style.strike = Some(value.contains("line-through"));
        }
        "font-family" => style.mono = Some(mono(value)),
        "font-size" => {
            style.size = size(value);
            style.hidden |= matches!(style.size, Some(Size::Px(px)) if px < 2.0);
        }
        "text-align" => style.align = align(value),
        "vertical-align" => style.vertical = vertical(value),
        "white-space" => style.pre = Some(value.starts_with("pre") || value == "break-spaces"),
        "padding" => style.padding = around(value),
        "padding-top" => side(&mut style.padding, 0, value),
        "padding-right" => side(&mut style.padding, 1, value),
        "padding-bottom" => side(&mut style.padding, 2, value),
        "padding-left" => side(&mut style.padding, 3, value),
        "border" => {
            style.border = border(value);
            (style.top, style.left) = (None, None);
        }
        "border-top" => style.top = border(value),
        "border-left" => style.left = border(value),
        "border-color" => style.border = style.border.and(colour(value)).or(style.border),
        "width" => style.width = width(value),
        "direction" => style.rtl = Some(value == "rtl"),
        _ => {}
    }
}

/// `name: value` pairs; a semicolon in brackets or quotes ends nothing.
fn declarations(css: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let (mut depth, mut quote, mut from) = (0_u32, None, 0);
    for (at, c) in css.char_indices().chain([(css.len(), ';')]) {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            (';', _) if at == css.len() => {}
            (_, Some(_)) => continue,
            ('"' | '\'', None) => quote = Some(c),
            ('(', None) => depth += 1,
            (')', None) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if at == css.len() || c == ';' && depth == 0 && quote.is_none() {
            if let Some((name, value)) = css[from..at].split_once(':') {
                found.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
            }
            from = at + 1;
        }
    }
    found
}

/// A length in pixels. Of what is around nothing is known here.
#[must_use]
pub fn length(value: &str) -> Option<f32> {
    let value = value.trim();
    let end = value
        .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'))
        .unwrap_or(value.len());
    let number: f32 = value[..end].parse().ok().filter(|n: &f32| n.is_finite())?;
    let px = match value[end..].trim() {
        "" | "px" => number,
        "pt" => number * 4.0 / 3.0,
        "em" | "rem" => number * 16.0,
        "ex" => number * 8.0,
        "cm" => number * 96.0 / 2.54,
        "mm" => number * 96.0 / 25.4,
        "in" => number * 96.0,
        _ => return None,
    };
    Some(px.clamp(0.0, 5_000.0))
}

/// `width`, as CSS and as HTML's attribute have it.
#[must_use]
pub fn width(value: &str) -> Option<Width> {
    match value.trim().strip_suffix('%') {
        Some(number) => {
            let number: f32 = number.trim().parse().ok()?;
            (number > 0.0).then_some(Width::Percent(number.min(100.0)))
        }
        None => length(value).filter(|px| *px > 0.0).map(Width::Px),
    }
}

/// Top and bottom of `margin`.
fn sides(value: &str) -> [Option<f32>; 2] {
    let all: Vec<Option<f32>> = value.split_ascii_whitespace().map(length).collect();
    match all[..] {
        [] => [None; 2],
        [one] | [one, _] => [one; 2],
        [top, _, bottom, ..] => [top, bottom],
    }
}

/// The four sides of a shorthand.
fn around(value: &str) -> Option<[f32; 4]> {
    let all: Vec<f32> = value.split_ascii_whitespace().filter_map(length).collect();
    Some(match all[..] {
        [] => return None,
        [one] => [one; 4],
        [y, x] => [y, x, y, x],
        [top, x, bottom] => [top, x, bottom, x],
        [top, right, bottom, left, ..] => [top, right, bottom, left],
    })
}

fn side(padding: &mut Option<[f32; 4]>, at: usize, value: &str) {
    if let Some(px) = length(value) {
        padding.get_or_insert([0.0; 4])[at] = px;
    }
}

fn size(value: &str) -> Option<Size> {
    Some(match value {
        "xx-small" => Size::Px(9.0),
        "x-small" => Size::Px(10.0),
        "small" => Size::Px(13.0),
        "medium" => Size::Px(16.0),
        "large" => Size::Px(18.0),
        "x-large" => Size::Px(24.0),
        "xx-large" => Size::Px(32.0),
        "smaller" => Size::Times(0.83),
        "larger" => Size::Times(1.2),
        _ => {
            let times = |suffix, per: f32| {
                let number: f32 = value.strip_suffix(suffix)?.trim().parse().ok()?;
                Some(Size::Times((number * per).clamp(0.0, 4.0)))
            };
            match (times("rem", 1.0), times("em", 1.0), times("%", 0.01)) {
                (Some(Size::Times(n)), ..) => Size::Px(n * 16.0),
                (_, Some(found), _) | (.., Some(found)) => found,
                _ => Size::Px(length(value)?),
            }
        }
    })
}

/// `size` of the old `font` element.
#[must_use]
pub fn font_size(value: &str) -> Option<Size> {
    let value = value.trim();
    let number: i32 = value.parse().ok()?;
    let step = if value.starts_with(['+', '-']) {
        3 + number
    } else {
        number
    };
    Some(Size::Px(match step {
        ..=1 => 10.0,
        2 => 13.0,
        3 => 16.0,
        4 => 18.0,
        5 => 24.0,
        6 => 32.0,
        _ => 40.0,
    }))
}

/// `text-align`, `align`.
#[must_use]
pub fn align(value: &str) -> Option<Align> {
    match value.trim().to_ascii_lowercase().as_str() {
        "left" | "start" | "justify" => Some(Align::Start),
        "center" | "-webkit-center" | "middle" => Some(Align::Center),
        "right" | "end" => Some(Align::End),
        _ => None,
    }
}

/// `vertical-align`, `valign`.
#[must_use]
pub fn vertical(value: &str) -> Option<Vertical> {
    match value.trim().to_ascii_lowercase().as_str() {
        "top" => Some(Vertical::Top),
        "middle" => Some(Vertical::Middle),
        "bottom" => Some(Vertical::Bottom),
        _ => None,
    }
}

fn mono(value: &str) -> bool {
    let first = value.split(',').next().unwrap_or_default();
    ["mono", "courier", "consolas", "menlo", "lucida console"]
        .iter()
        .any(|name| first.contains(name))
}

/// The colour of a border that is seen.
fn border(value: &str) -> Option<Colour> {
    let mut found = Colour([0xc8, 0xd2, 0xd6]);
    let (mut drawn, mut wide) = (false, true);
    for word in value.split_ascii_whitespace() {
        match word {
            "none" | "hidden" => return None,
            "solid" | "dashed" | "dotted" | "double" | "inset" | "outset" | "groove" | "ridge" => {
                drawn = true;
            }
            "windowtext" => found = Colour([0x80; 3]),
            word => match (colour(word), length(word)) {
                (Some(colour), _) => found = colour,
                (None, Some(px)) => wide = px > 0.0,
                _ => {}
            },
        }
    }
    (drawn && wide).then_some(found)
}

/// `#rgb`, `#rrggbb`, `rrggbb`, `rgb(…)`, and the names that mails use. What is see-through is none.
#[must_use]
pub fn colour(value: &str) -> Option<Colour> {
    let value = value.trim().to_ascii_lowercase();
    if let Some(hex) = value.strip_prefix('#') {
        return hexadecimal(hex);
    }
    if let Some(inside) = value.strip_prefix("rgb").and_then(|v| v.split_once('(')) {
        return channels(inside.1.trim_end_matches(')'));
    }
    let named = NAMES
        .iter()
        .find(|(name, _)| *name == value)
        .map(|(_, c)| Colour(*c));
    named.or_else(|| hexadecimal(&value).filter(|_| value.len() == 6))
}

fn hexadecimal(hex: &str) -> Option<Colour> {
    let digit = |at: usize| u8::from_str_radix(hex.get(at..=at)?, 16).ok();
    match hex.len() {
        3 | 4 => Some(Colour([digit(0)? * 17, digit(1)? * 17, digit(2)? * 17])),
        6 | 8 => Some(Colour([
            digit(0)? * 16 + digit(1)?,
            digit(2)? * 16 + digit(3)?,
            digit(4)? * 16 + digit(5)?,
        ])),
        _ => None,
    }
}

fn channels(inside: &str) -> Option<Colour> {
    let mut numbers = inside
        .split([',', ' ', '/'])
        .filter(|part| !part.trim().is_empty())
        .map(|part| match part.trim().strip_suffix('%') {
            Some(n) => n.parse::<f32>().ok().map(|n| n * 2.55),
            None => part.trim().parse::<f32>().ok(),
        });
    let mut next = || numbers.next().flatten().map(|n| round(n.clamp(0.0, 255.0)));
    let found = Colour([next()?, next()?, next()?]);
    match numbers.next().flatten() {
        Some(alpha) if alpha < 0.1 => None,
        _ => Some(found),
    }
}

/// Clamped to a byte by the caller.
fn round(n: f32) -> u8 {
    n.round() as u8
}

const NAMES: &[(&str, [u8; 3])] = &[
    ("black", [0, 0, 0]),
    ("white", [255, 255, 255]),
    ("windowtext", [0, 0, 0]),
    ("red", [255, 0, 0]),
    ("green", [0, 128, 0]),
    ("lime", [0, 255, 0]),
    ("blue", [0, 0, 255]),
    ("navy", [0, 0, 128]),
    ("teal", [0, 128, 128]),
    ("aqua", [0, 255, 255]),
    ("cyan", [0, 255, 255]),
    ("fuchsia", [255, 0, 255]),
    ("magenta", [255, 0, 255]),
    ("purple", [128, 0, 128]),
    ("maroon", [128, 0, 0]),
    ("olive", [128, 128, 0]),
    ("yellow", [255, 255, 0]),
    ("orange", [255, 165, 0]),
    ("brown", [165, 42, 42]),
    ("pink", [255, 192, 203]),
    ("gray", [128, 128, 128]),
    ("grey", [128, 128, 128]),
    ("silver", [192, 192, 192]),
    ("lightgray", [211, 211, 211]),
    ("lightgrey", [211, 211, 211]),
    ("darkgray", [169, 169, 169]),
    ("dimgray", [105, 105, 105]),
    ("whitesmoke", [245, 245, 245]),
    ("gainsboro", [220, 220, 220]),
    ("darkblue", [0, 0, 139]),
    ("darkred", [139, 0, 0]),
    ("darkgreen", [0, 100, 0]),
    ("lightblue", [173, 216, 230]),
    ("lightyellow", [255, 255, 224]),
    ("gold", [255, 215, 0]),
    ("crimson", [220, 20, 60]),
    ("steelblue", [70, 130, 180]),
    ("royalblue", [65, 105, 225]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_are_read_and_the_rest_is_not_there() {
        let style = parse(
            "COLOR : #C0392B !important; font-weight:700;background:url(data:x;y) #eee; \
             font:x; position:fixed; padding:4px 24px; font-family:'Courier New', serif;;",
        );
        assert_eq!(style.colour, Some(Colour([0xc0, 0x39, 0x2b])));
        assert_eq!(style.bold, Some(true));
        assert_eq!(style.background, Some(Colour([0xee; 3])));
        assert_eq!(style.padding, Some([4.0, 24.0, 4.0, 24.0]));
        assert_eq!(style.mono, Some(true));
        assert!(!style.hidden);
    }

    #[test]
    fn what_hides_is_hidden() {
        for css in [
            "display:none",
            "DISPLAY : NONE !important",
            "max-height:0;overflow:hidden",
            "font-size:0",
            "font-size:1px;line-height:1px",
            "visibility:hidden",
            "opacity:0",
            "mso-hide:all",
        ] {
            assert!(parse(css).hidden, "{css}");
        }
        assert!(!parse("height:1px").hidden && !parse("font-size:11px").hidden);
    }

    #[test]
    fn colours_in_every_spelling() {
        for (text, colour) in [
            ("#fff", Some([255; 3])),
            ("0b6e4f", Some([0x0b, 0x6e, 0x4f])),
            ("rgb(204, 204,204)", Some([204; 3])),
            ("rgba(0,0,0,0)", None),
            ("rgb(0 0 0 / 50%)", Some([0; 3])),
            ("transparent", None),
            ("#ggg", None),
            ("#ü", None),
        ] {
            assert_eq!(super::colour(text), colour.map(Colour), "{text}");
        }
        assert!(Colour::INK.contrast(Colour::PAPER) > 15.0);
    }

    #[test]
    fn margins_and_borders() {
        assert_eq!(parse("margin:0cm;margin-bottom:.0001pt").tight, Some(true));
        assert_eq!(parse("margin:0 0 12px").tight, Some(false));
        assert_eq!(
            parse("border:solid windowtext 1.0pt").border,
            Some(Colour([0x80; 3]))
        );
        assert_eq!(parse("border:none").border, None);
        assert_eq!(parse("width:50%").width, Some(Width::Percent(50.0)));
    }

    #[test]
    fn odd_values_never_panic() {
        for css in [
            "color:",
            ":",
            ";;",
            "a:b:c",
            "padding:-5px 1e99px",
            "font-size:ümlaut",
            "width:%",
            "x:'",
        ] {
            let _ = parse(css);
        }
    }
}
