//! The door: a sheet in, a PDF out, in the best grade that its content allows.

use depesche_page::element::Shown;
use depesche_page::frame::{self, Answer, Grade};
use depesche_page::sheet::{Layout, Made, Sheet};
use typst::foundations::{Bytes, Datetime, Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use crate::fonts::Loaded;
use crate::pictures::{self, Drawable};
use crate::world::{self, Page};

/// What stands for a character that no face can draw: PDF/UA refuses letters without a shape.
const NO_GLYPH: char = '\u{fffd}';

/// Why a page was not drawn. The text is for developers: it may quote the template, never the mail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the page could not be typeset: {0}")]
pub struct NotDrawn(pub String);

/// Draws a sheet: as PDF/UA-1, else tagged, else its text alone.
#[must_use]
pub fn render(sheet: &Sheet, fonts: &Loaded) -> Answer {
    let rich = if sheet.plain {
        Err(NotDrawn(String::new()))
    } else {
        attempt(sheet, fonts)
    };
    let drawn = rich.or_else(|_| {
        let (_, pdf) = attempt(&sheet.as_plain(), fonts)?;
        Ok::<_, NotDrawn>((Grade::Plain, pdf))
    });
    // Nothing of a mail stays in memory for the next one.
    typst::comemo::evict(0);
    match drawn {
        Ok((grade, pdf)) => Answer::Drawn(grade, pdf),
        Err(_) => Answer::Failed,
    }
}

/// Bytes of one message either way.
pub const MOST: usize = frame::MOST;

/// One message of the gateway in, the answer out: what a process that draws does all day.
#[must_use]
pub fn answer(message: &[u8], fonts: &Loaded) -> Vec<u8> {
    frame::write_answer(&match frame::read_sheet(message) {
        Ok(sheet) => render(&sheet, fonts),
        Err(_) => Answer::Failed,
    })
}

/// One sheet, as it is.
///
/// # Errors
/// [`NotDrawn`]
pub fn attempt(sheet: &Sheet, fonts: &Loaded) -> Result<(Grade, Vec<u8>), NotDrawn> {
    let (drawable, broken) = pictures::decode(&sheet.pictures);
    let page = page(sheet, drawable, broken, fonts)?;
    let document = typst::compile::<PagedDocument>(&page)
        .output
        .map_err(|errors| {
            NotDrawn(
                errors
                    .iter()
                    .map(|e| e.message.to_string())
                    .collect::<Vec<_>>()
                    .join("; "),
            )
        })?;
    let frame = &sheet.frame;
    let options = |standards: &[PdfStandard]| PdfOptions {
        ident: Smart::Custom(frame.ident.clone()),
        creator: Smart::Custom(Some("Depesche".to_owned())),
        timestamp: moment(frame.made).map(Timestamp::new_utc),
        standards: PdfStandards::new(standards).unwrap_or_default(),
        ..PdfOptions::default()
    };
    if let Ok(pdf) = typst_pdf::pdf(&document, &options(&[PdfStandard::Ua_1])) {
        return Ok((Grade::Ua, pdf));
    }
    match typst_pdf::pdf(&document, &options(&[])) {
        Ok(pdf) => Ok((Grade::Tagged, pdf)),
        Err(errors) => Err(NotDrawn(
            errors
                .iter()
                .map(|e| e.message.to_string())
                .collect::<Vec<_>>()
                .join("; "),
        )),
    }
}

fn page<'f>(
    sheet: &Sheet,
    drawable: Vec<Drawable>,
    broken: u32,
    fonts: &'f Loaded,
) -> Result<Page<'f>, NotDrawn> {
    let (shown, files): (Vec<Shown>, Vec<Bytes>) = drawable
        .into_iter()
        .map(|d| (d.shown, Bytes::new(d.bytes)))
        .unzip();
    let layout = Layout::of(sheet, &shown, broken);
    let json = serde_json::to_string(&layout).map_err(|e| NotDrawn(e.to_string()))?;
    let names: Vec<String> = (0..files.len()).map(world::picture).collect();
    let names = serde_json::to_vec(&names).map_err(|e| NotDrawn(e.to_string()))?;
    Ok(Page {
        fonts,
        page: Bytes::new(drawn_alone(json, fonts).into_bytes()),
        names: Bytes::new(names),
        pictures: files,
    })
}

/// Replaces what no face can draw.
fn drawn_alone(json: String, fonts: &Loaded) -> String {
    let fits = |c: char| c.is_ascii() || fonts.draws(c) || joins(c);
    if json.chars().all(fits) {
        return json;
    }
    json.chars()
        .map(|c| if fits(c) { c } else { NO_GLYPH })
        .collect()
}

/// Characters that have no shape and need none.
fn joins(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{2028}' | '\u{2029}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{e0020}'..='\u{e007f}' | '\u{180b}'..='\u{180e}')
}

fn moment(made: Made) -> Option<Datetime> {
    Datetime::from_ymd_hms(
        i32::from(made.day.year),
        made.day.month,
        made.day.day,
        made.hour,
        made.minute,
        0,
    )
}
