//! Codes: in the terminal, as SVG, as PNG; always dark on light, with a light margin of four modules.

use std::path::Path;

use anyhow::Context as _;
use qrcode::render::svg;
use qrcode::types::{Color, QrError};
use qrcode::{EcLevel, QrCode};

/// Light modules around the code (ISO/IEC 18004 section 9.1).
const QUIET: usize = 4;
/// Pixels of a module in a PNG.
const PIXELS: usize = 8;
/// Black on white, whatever the colours of the terminal are.
const DARK_ON_LIGHT: &str = "\u{1b}[38;5;16;48;5;231m";
const RESET: &str = "\u{1b}[0m";

/// A code with its margin.
pub(crate) struct Code {
    code: QrCode,
}

impl Code {
    /// The text as a code; bytes, at level L: a default URL has 37 × 37 modules.
    pub(crate) fn of(text: &str) -> Result<Self, QrError> {
        let code = QrCode::with_error_correction_level(text, EcLevel::L)?;
        Ok(Self { code })
    }

    fn side(&self) -> usize {
        self.code.width() + 2 * QUIET
    }

    fn is_dark(&self, x: usize, y: usize) -> bool {
        let inside = |n: usize| n.checked_sub(QUIET).filter(|n| *n < self.code.width());
        match (inside(x), inside(y)) {
            (Some(x), Some(y)) => self.code[(x, y)] == Color::Dark,
            _ => false,
        }
    }

    /// Two rows of modules a line.
    pub(crate) fn terminal(&self) -> String {
        let mut out = String::new();
        for y in (0..self.side()).step_by(2) {
            out.push_str(DARK_ON_LIGHT);
            for x in 0..self.side() {
                out.push(match (self.is_dark(x, y), self.is_dark(x, y + 1)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            }
            out.push_str(RESET);
            out.push('\n');
        }
        out
    }

    fn svg(&self) -> String {
        let mut image = self.code.render::<svg::Color<'_>>();
        image.quiet_zone(true).min_dimensions(296, 296).build()
    }

    fn png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let side = self.side() * PIXELS;
        let mut pixels = Vec::with_capacity(side * side);
        for y in 0..side {
            let row = (0..side).map(|x| self.is_dark(x / PIXELS, y / PIXELS));
            pixels.extend(row.map(|dark| if dark { 0_u8 } else { 255 }));
        }
        let mut bytes = Vec::new();
        let length = u32::try_from(side).unwrap_or(u32::MAX);
        let mut encoder = png::Encoder::new(&mut bytes, length, length);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&pixels)?;
        writer.finish()?;
        Ok(bytes)
    }

    /// Writes it as what the file's name says. Whoever has the file has the key.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
        let bytes = match ending.to_str() {
            Some("svg") => self.svg().into_bytes(),
            Some("png") => self.png()?,
            _ => anyhow::bail!("the code is written as .svg or .png"),
        };
        super::files::write_private(path, &bytes)
            .with_context(|| format!("cannot write {}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `https://` + 27 characters of host + `/h/` + 22 + `#1.` + 43.
    fn longest() -> String {
        format!(
            "https://{}/h/{}#1.{}",
            "h".repeat(27),
            "i".repeat(22),
            "k".repeat(43)
        )
    }

    fn decoded(side: usize, dark: impl Fn(usize, usize) -> bool) -> String {
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| {
            if dark(x, y) { 0 } else { 255 }
        });
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1);
        grids[0].decode().expect("a code").1
    }

    #[test]
    fn a_default_url_is_small() {
        let code = Code::of(&longest()).expect("a code");
        assert_eq!(code.code.width(), 37);
        assert_eq!(
            Code::of(&format!("{}x", longest()))
                .expect("a code")
                .code
                .width(),
            41
        );
    }

    #[test]
    fn a_terminal_shows_what_a_camera_reads() {
        let url = longest();
        let shown = Code::of(&url).expect("a code").terminal();
        let rows: Vec<Vec<char>> = shown
            .lines()
            .map(|line| {
                let inside = line.strip_prefix(DARK_ON_LIGHT).expect("dark on light");
                inside.strip_suffix(RESET).expect("reset").chars().collect()
            })
            .collect();
        let pixels = 3;
        let dark = |x: usize, y: usize| {
            let (x, y) = (x / pixels, y / pixels);
            match rows.get(y / 2).map_or(' ', |row| row[x]) {
                '█' => true,
                '▀' => y % 2 == 0,
                '▄' => y % 2 == 1,
                _ => false,
            }
        };
        let margin = (0..45).flat_map(|n| (0..4).map(move |m| (n, m)));
        for (n, m) in margin {
            let outside = [(n, m), (m, n), (n, 44 - m), (44 - m, n)];
            assert!(
                outside.iter().all(|&(x, y)| !dark(x * pixels, y * pixels)),
                "a light margin"
            );
        }
        assert_eq!(decoded(45 * pixels, dark), url);
    }

    #[test]
    fn files_are_read_by_a_camera_too() {
        let url = longest();
        let code = Code::of(&url).expect("a code");
        let decoder = png::Decoder::new(std::io::Cursor::new(code.png().expect("a PNG")));
        let mut reader = decoder.read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        let info = reader.next_frame(&mut pixels).expect("pixels");
        let side = info.width as usize;
        assert_eq!(side, 45 * PIXELS);
        assert_eq!(decoded(side, |x, y| pixels[y * side + x] == 0), url);
        let svg = code.svg();
        assert!(
            svg.contains("<svg") && svg.contains("#fff") && svg.contains("#000"),
            "{svg}"
        );
    }
}
