//! A mail's pictures: each is decoded here, within limits, and written anew. What the typesetter gets is never
//! a stranger's file, and one broken picture does not cost the page.

use std::io::Cursor;

use depesche_page::element::Shown;
use depesche_page::letter::Picture;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, ImageFormat, ImageReader, Limits};

/// Pixels of one picture.
const PIXELS: u64 = 40_000_000;
/// Pixels of all pictures of one mail.
const ALL: u64 = 120_000_000;
/// Pictures of one mail.
const MOST: usize = 300;
/// Pixels across that a page can show: 300 dpi on its width.
const WIDEST: u32 = 2_000;

/// A picture that can be drawn.
pub(crate) struct Drawable {
    pub(crate) shown: Shown,
    pub(crate) bytes: Vec<u8>,
}

/// Those that can be read, and how many cannot.
pub(crate) fn decode(pictures: &[Picture]) -> (Vec<Drawable>, u32) {
    let mut broken = u32::try_from(pictures.len().saturating_sub(MOST)).unwrap_or(0);
    let mut left = ALL;
    let mut drawable = Vec::new();
    for picture in pictures.iter().take(MOST) {
        match one(picture, &mut left) {
            Some(found) => drawable.push(found),
            None => broken += 1,
        }
    }
    (drawable, broken)
}

fn one(picture: &Picture, left: &mut u64) -> Option<Drawable> {
    let reader = ImageReader::new(Cursor::new(&picture.bytes))
        .with_guessed_format()
        .ok()?;
    let format = reader.format()?;
    let (width, height) = reader.into_dimensions().ok()?;
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 || pixels > PIXELS || pixels > *left {
        return None;
    }
    *left -= pixels;
    let mut reader = ImageReader::with_format(Cursor::new(&picture.bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(512 << 20);
    reader.limits(limits);
    let decoded = reader.decode().ok()?;
    let bytes = write(decoded, format, &picture.bytes)?;
    Some(Drawable {
        shown: Shown {
            id: picture.id.clone(),
            width,
            height,
        },
        bytes,
    })
}

/// A JPEG of fitting size has been decoded once, so it goes as it is; all others are written anew.
fn write(decoded: DynamicImage, format: ImageFormat, original: &[u8]) -> Option<Vec<u8>> {
    let wide = decoded.width() > WIDEST;
    let decoded = if wide {
        decoded.thumbnail(WIDEST, u32::MAX)
    } else {
        decoded
    };
    let mut out = Vec::new();
    if format == ImageFormat::Jpeg {
        if !wide && plain_jpeg(original) {
            return Some(original.to_vec());
        }
        let opaque = DynamicImage::ImageRgb8(decoded.into_rgb8());
        opaque
            .write_with_encoder(JpegEncoder::new_with_quality(&mut out, 88))
            .ok()?;
    } else {
        let eight = match decoded {
            DynamicImage::ImageLuma8(_)
            | DynamicImage::ImageRgb8(_)
            | DynamicImage::ImageRgba8(_) => decoded,
            other if other.color().has_alpha() => DynamicImage::ImageRgba8(other.into_rgba8()),
            other => DynamicImage::ImageRgb8(other.into_rgb8()),
        };
        let encoder =
            PngEncoder::new_with_quality(&mut out, CompressionType::Fast, FilterType::Sub);
        eight.write_with_encoder(encoder).ok()?;
    }
    Some(out)
}

/// One or three channels, no profile of colours, nothing after the end that hides another file.
fn plain_jpeg(bytes: &[u8]) -> bool {
    let mut rest = bytes.strip_prefix(&[0xff, 0xd8]).unwrap_or_default();
    while let [0xff, marker, high, low, ..] = *rest {
        let length = usize::from(u16::from_be_bytes([high, low]));
        match marker {
            0xc0..=0xc2 => {
                return matches!(rest.get(9), Some(1 | 3)) && bytes.ends_with(&[0xff, 0xd9]);
            }
            // APP2 is a profile, APP14 says that colours are stored otherwise, APP1 may turn the picture.
            0xe1 | 0xe2 | 0xee => return false,
            _ => {}
        }
        rest = rest.get(2 + length..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(bytes: Vec<u8>) -> Picture {
        Picture {
            id: "a".into(),
            bytes,
        }
    }

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut out = Vec::new();
        let image = DynamicImage::new_luma8(width, height);
        image
            .write_to(&mut Cursor::new(&mut out), ImageFormat::Png)
            .expect("a picture");
        out
    }

    #[test]
    fn a_broken_picture_costs_itself_alone() {
        let good = png(10, 20);
        let cut = good[..good.len() / 2].to_vec();
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><image href='https://x.example/a.png'/></svg>";
        let all = [
            picture(cut),
            picture(good),
            picture(svg.to_vec()),
            picture(Vec::new()),
        ];
        let (drawable, broken) = decode(&all);
        assert_eq!((drawable.len(), broken), (1, 3));
        assert_eq!(
            (drawable[0].shown.width, drawable[0].shown.height),
            (10, 20)
        );
    }

    #[test]
    fn a_picture_bomb_is_not_unpacked() {
        let bomb = png(20_000, 20_000);
        assert!(bomb.len() < 4 << 20);
        let (drawable, broken) = decode(&[picture(bomb)]);
        assert_eq!((drawable.len(), broken), (0, 1));
    }

    #[test]
    fn what_is_wider_than_paper_is_made_smaller() {
        let (drawable, _) = decode(&[picture(png(6_000, 3_000))]);
        let again = image::load_from_memory(&drawable[0].bytes).expect("a picture");
        assert_eq!((again.width(), again.height()), (2_000, 1_000));
        assert_eq!(drawable[0].shown.width, 6_000);
    }
}
