//! The letters. Hanken Grotesk, Noto Sans and Noto Sans Mono are compiled in, so that Latin, Greek and
//! Cyrillic always come out; for all other scripts the caller names files of its system, which are read when
//! the first mail wants them.

use std::sync::OnceLock;

use typst::foundations::Bytes;
use typst::text::{Font, FontBook, FontInfo};
use typst::utils::LazyHash;

const OWN: [&[u8]; 11] = [
    include_bytes!("../fonts/HankenGrotesk-Regular.ttf"),
    include_bytes!("../fonts/HankenGrotesk-Italic.ttf"),
    include_bytes!("../fonts/HankenGrotesk-SemiBold.ttf"),
    include_bytes!("../fonts/HankenGrotesk-Bold.ttf"),
    include_bytes!("../fonts/HankenGrotesk-BoldItalic.ttf"),
    include_bytes!("../fonts/NotoSans-Regular.ttf"),
    include_bytes!("../fonts/NotoSans-Italic.ttf"),
    include_bytes!("../fonts/NotoSans-Bold.ttf"),
    include_bytes!("../fonts/NotoSans-BoldItalic.ttf"),
    include_bytes!("../fonts/NotoSansMono-Regular.ttf"),
    include_bytes!("../fonts/NotoSansMono-Bold.ttf"),
];

/// Faces that are taken from the system.
const MOST: usize = 400;

/// Reads a font file again; `None` if it is gone.
type Load = Box<dyn Fn() -> Option<Vec<u8>> + Send + Sync>;

/// All letters that there are.
pub struct Fonts {
    book: LazyHash<FontBook>,
    faces: Vec<Face>,
    /// One bit for each character that some face can draw.
    covered: Vec<u64>,
}

struct Face {
    file: usize,
    index: u32,
    font: OnceLock<Option<Font>>,
}

/// A file of the system. Several faces may lie in it.
struct File {
    load: Load,
    bytes: OnceLock<Option<Bytes>>,
}

/// Collects [`Fonts`].
#[derive(Default)]
pub struct Collection {
    book: FontBook,
    faces: Vec<Face>,
    files: Vec<File>,
    covered: Vec<u64>,
}

/// The collection in use.
pub struct Loaded {
    fonts: Fonts,
    files: Vec<File>,
}

impl Collection {
    /// The letters that are compiled in.
    #[must_use]
    pub fn own() -> Collection {
        let mut own = Collection::default();
        for bytes in OWN {
            own.add(bytes, Box::new(|| Some(bytes.to_vec())));
        }
        own
    }

    /// Adds the faces of a font file; `load` reads the same bytes again when they are wanted. What is no font is
    /// passed over.
    pub fn add(&mut self, bytes: &[u8], load: Load) {
        let file = self.files.len();
        for (index, info) in (0_u32..).zip(FontInfo::iter(bytes)) {
            if self.faces.len() >= MOST {
                return;
            }
            for c in info.coverage.iter() {
                self.cover(c);
            }
            self.book.push(info);
            self.faces.push(Face {
                file,
                index,
                font: OnceLock::new(),
            });
        }
        self.files.push(File {
            load,
            bytes: OnceLock::new(),
        });
    }

    fn cover(&mut self, c: u32) {
        let at = c as usize / 64;
        if at >= self.covered.len() {
            self.covered.resize(at + 1, 0);
        }
        self.covered[at] |= 1 << (c % 64);
    }

    /// Ready to draw.
    #[must_use]
    pub fn load(self) -> Loaded {
        Loaded {
            fonts: Fonts {
                book: LazyHash::new(self.book),
                faces: self.faces,
                covered: self.covered,
            },
            files: self.files,
        }
    }
}

impl Loaded {
    pub(crate) fn book(&self) -> &LazyHash<FontBook> {
        &self.fonts.book
    }

    pub(crate) fn font(&self, index: usize) -> Option<Font> {
        let face = self.fonts.faces.get(index)?;
        let font = face.font.get_or_init(|| {
            let file = self.files.get(face.file)?;
            let bytes = file.bytes.get_or_init(|| (file.load)().map(Bytes::new));
            Font::new(bytes.clone()?, face.index)
        });
        font.clone()
    }

    /// Whether some face can draw a character.
    #[must_use]
    pub fn draws(&self, c: char) -> bool {
        let code = u32::from(c);
        let bits = self
            .fonts
            .covered
            .get(code as usize / 64)
            .copied()
            .unwrap_or(0);
        bits >> (code % 64) & 1 == 1
    }

    /// How many faces there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.fonts.faces.len()
    }
}
