//! A PDF in, the same PDF encrypted out: revision 6, AES-256, every string and every stream.
//!
//! What the file keeps in clear is what a reader needs before it has the key: names of objects and of
//! dictionary entries, numbers, lengths, the encryption dictionary. The key is fresh for each file, so nobody
//! who opened one can open another by it; there is an owner's password, random and known to nobody, because
//! an empty one lets some readers open without asking.
//!
//! What this does not do: revision 6 authenticates nothing. A PDF hides, it does not seal.

use lopdf::{Dictionary, Document, LoadOptions, Object, Stream, StringFormat};
use zeroize::Zeroizing;

use crate::credential::Credential;
use crate::primitives::{BLOCK, Cbc, encrypt_block};

/// All permissions: a reader's permissions protect nothing, and screen readers need bit 10.
const PERMISSIONS: i32 = -4;
/// Bytes that one compressed list of objects may have, unpacked.
const MAX_LIST: usize = 64 << 20;

/// Why a PDF is not encrypted.
#[derive(Debug, thiserror::Error)]
pub enum EncryptError {
    /// It is damaged, or not a PDF. Nothing is repaired: what is lost so would be missed by nobody.
    #[error("this PDF cannot be read")]
    Unreadable(#[source] Box<lopdf::Error>),
    /// It has no document in it.
    #[error("this PDF has no pages")]
    NoCatalog,
    /// It is encrypted already.
    #[error("this PDF is encrypted already")]
    Encrypted,
    /// A stream says itself how it is encrypted, or that it is not.
    #[error("this PDF leaves parts of itself unencrypted, which is not possible here")]
    OwnFilter,
    /// It is too large for the format's tables.
    #[error("this PDF is too large")]
    TooLarge,
}

/// Encrypts `pdf`. `random` fills a buffer with fresh random bytes; nothing of it is used twice.
///
/// # Errors
/// Why not.
pub fn encrypt(
    pdf: &[u8],
    credential: &Credential,
    random: &mut impl FnMut(&mut [u8]),
) -> Result<Vec<u8>, EncryptError> {
    let document = load(pdf)?;
    // Of random bytes and padding each stream grows by two blocks at most.
    write(
        document,
        pdf.len() + pdf.len() / 16 + 4096,
        credential,
        random,
    )
}

pub(crate) fn load(pdf: &[u8]) -> Result<Document, EncryptError> {
    // Offsets are written in 32 bits.
    if u32::try_from(pdf.len()).is_err() {
        return Err(EncryptError::TooLarge);
    }
    let options = LoadOptions {
        strict: true,
        ..LoadOptions::with_max_decompressed_size(MAX_LIST)
    };
    let document = Document::load_mem_with_options(pdf, options)
        .map_err(|error| EncryptError::Unreadable(Box::new(error)))?;
    if document.trailer.has(b"Encrypt") || document.is_encrypted() {
        return Err(EncryptError::Encrypted);
    }
    Ok(document)
}

fn write(
    mut document: Document,
    capacity: usize,
    credential: &Credential,
    random: &mut impl FnMut(&mut [u8]),
) -> Result<Vec<u8>, EncryptError> {
    raise_version(&mut document)?;
    let mut fresh = Fresh::new(random);
    let key = Zeroizing::new(fresh.take::<32>());
    let mut cipher = Cipher {
        under: Cbc::new(&key),
        fresh: &mut fresh,
    };
    for object in document.objects.values_mut() {
        cipher.object(object)?;
    }
    let id = document
        .max_id
        .checked_add(1)
        .ok_or(EncryptError::TooLarge)?;
    document.max_id = id;
    let dictionary = dictionary(credential, &key, &mut fresh);
    document
        .objects
        .insert((id, 0), Object::Dictionary(dictionary));
    document.trailer = trailer(&document.trailer, id, &mut fresh);
    let mut out = Vec::with_capacity(capacity);
    document
        .save_to(&mut out)
        .map_err(|_| EncryptError::TooLarge)?;
    if u32::try_from(out.len()).is_err() {
        return Err(EncryptError::TooLarge);
    }
    Ok(out)
}

/// PDF 1.7 with Adobe's extension level 8 says revision 6 to older readers; PDF 2.0 says it by itself.
fn raise_version(document: &mut Document) -> Result<(), EncryptError> {
    let version = document.version.clone();
    let catalog = document
        .catalog_mut()
        .map_err(|_| EncryptError::NoCatalog)?;
    let own = catalog.get(b"Version").and_then(Object::as_name);
    let is_two = version.starts_with("2.") || own.is_ok_and(|name| name.starts_with(b"2."));
    catalog.remove(b"Version");
    if is_two {
        document.version = "2.0".to_owned();
        return Ok(());
    }
    let mut adobe = Dictionary::new();
    adobe.set("BaseVersion", Object::Name(b"1.7".to_vec()));
    adobe.set("ExtensionLevel", 8);
    let mut extensions = match catalog.get(b"Extensions") {
        Ok(Object::Dictionary(extensions)) => extensions.clone(),
        _ => Dictionary::new(),
    };
    extensions.set("ADBE", adobe);
    catalog.set("Extensions", extensions);
    document.version = "1.7".to_owned();
    Ok(())
}

/// Nothing but what a reader must find: the trailer is never encrypted.
fn trailer(
    old: &Dictionary,
    encrypt: u32,
    fresh: &mut Fresh<'_, impl FnMut(&mut [u8])>,
) -> Dictionary {
    let mut trailer = Dictionary::new();
    for name in [&b"Root"[..], b"Info"] {
        if let Ok(object @ Object::Reference(_)) = old.get(name) {
            trailer.set(name, object.clone());
        }
    }
    let id = hex(fresh.take::<16>().to_vec());
    trailer.set("ID", Object::Array(vec![id.clone(), id]));
    trailer.set("Encrypt", Object::Reference((encrypt, 0)));
    trailer
}

fn hex(bytes: Vec<u8>) -> Object {
    Object::String(bytes, StringFormat::Hexadecimal)
}

/// The encryption dictionary (ISO 32000-2 tables 20 and 21, algorithms 8 to 10).
fn dictionary(
    credential: &Credential,
    key: &[u8; 32],
    fresh: &mut Fresh<'_, impl FnMut(&mut [u8])>,
) -> Dictionary {
    let wrap = |with: &[u8; 32]| {
        let mut wrapped = *key;
        Cbc::new(with).encrypt(&[0; BLOCK], &mut wrapped);
        wrapped.to_vec()
    };
    let owner = fresh.take::<48>();
    let owner_key = Zeroizing::new(fresh.take::<32>());
    let mut perms = [0xff; BLOCK];
    perms[..4].copy_from_slice(&PERMISSIONS.to_le_bytes());
    perms[8..12].copy_from_slice(b"Tadb");
    perms[12..].copy_from_slice(&fresh.take::<4>());
    encrypt_block(key, &mut perms);

    let mut filter = Dictionary::new();
    filter.set("Type", Object::Name(b"CryptFilter".to_vec()));
    filter.set("CFM", Object::Name(b"AESV3".to_vec()));
    filter.set("AuthEvent", Object::Name(b"DocOpen".to_vec()));
    filter.set("Length", 32);
    let mut filters = Dictionary::new();
    filters.set("StdCF", filter);

    let mut dictionary = Dictionary::new();
    dictionary.set("Filter", Object::Name(b"Standard".to_vec()));
    dictionary.set("V", 5);
    dictionary.set("R", 6);
    dictionary.set("Length", 256);
    dictionary.set("P", PERMISSIONS);
    dictionary.set("EncryptMetadata", true);
    dictionary.set("CF", filters);
    dictionary.set("StmF", Object::Name(b"StdCF".to_vec()));
    dictionary.set("StrF", Object::Name(b"StdCF".to_vec()));
    dictionary.set("U", hex(credential.user().as_bytes().to_vec()));
    dictionary.set("UE", hex(wrap(credential.key().expose())));
    dictionary.set("O", hex(owner.to_vec()));
    dictionary.set("OE", hex(wrap(&owner_key)));
    dictionary.set("Perms", hex(perms.to_vec()));
    dictionary
}

/// Random bytes in large portions: asking for sixteen at a time costs more than encrypting a string.
struct Fresh<'a, R: FnMut(&mut [u8])> {
    random: &'a mut R,
    portion: Zeroizing<[u8; 4096]>,
    used: usize,
}

impl<'a, R: FnMut(&mut [u8])> Fresh<'a, R> {
    fn new(random: &'a mut R) -> Self {
        let portion = Zeroizing::new([0; 4096]);
        let used = portion.len();
        Self {
            random,
            portion,
            used,
        }
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        if self.portion.len() - self.used < N {
            (self.random)(self.portion.as_mut_slice());
            self.used = 0;
        }
        let mut out = [0; N];
        let taken = &mut self.portion[self.used..self.used + N];
        out.copy_from_slice(taken);
        taken.fill(0);
        self.used += N;
        out
    }
}

struct Cipher<'a, 'b, R: FnMut(&mut [u8])> {
    under: Cbc,
    fresh: &'a mut Fresh<'b, R>,
}

impl<R: FnMut(&mut [u8])> Cipher<'_, '_, R> {
    /// Every string and stream below. The writer makes the cross-reference stream and no object streams anew,
    /// so those that were read are not written, and what was in them is here.
    fn object(&mut self, object: &mut Object) -> Result<(), EncryptError> {
        match object {
            Object::String(bytes, format) => {
                self.bytes(bytes);
                // Random bytes would need escapes otherwise, and some readers stumble over them.
                *format = StringFormat::Hexadecimal;
            }
            Object::Array(objects) => objects
                .iter_mut()
                .try_for_each(|object| self.object(object))?,
            Object::Dictionary(dictionary) => self.dictionary(dictionary)?,
            Object::Stream(stream) => self.stream(stream)?,
            Object::Null
            | Object::Boolean(_)
            | Object::Integer(_)
            | Object::Real(_)
            | Object::Name(_)
            | Object::Reference(_) => {}
        }
        Ok(())
    }

    fn dictionary(&mut self, dictionary: &mut Dictionary) -> Result<(), EncryptError> {
        // A signature's value is made over the encrypted file and stands in it as it is (section 7.6.2).
        let is_signature = dictionary.has_type(b"Sig") && dictionary.has(b"ByteRange");
        for (name, object) in dictionary.iter_mut() {
            let is_value =
                is_signature && name == b"Contents" && matches!(object, Object::String(..));
            if !is_value {
                self.object(object)?;
            }
        }
        Ok(())
    }

    fn stream(&mut self, stream: &mut Stream) -> Result<(), EncryptError> {
        if has_own_filter(stream) {
            return Err(EncryptError::OwnFilter);
        }
        self.dictionary(&mut stream.dict)?;
        let mut content = std::mem::take(&mut stream.content);
        self.bytes(&mut content);
        stream.set_content(content);
        Ok(())
    }

    /// Sixteen random bytes, then CBC with PKCS#7 padding.
    fn bytes(&mut self, bytes: &mut Vec<u8>) {
        let iv = self.fresh.take::<BLOCK>();
        let len = bytes.len();
        let padding = BLOCK - len % BLOCK;
        bytes.reserve_exact(BLOCK + padding);
        bytes.resize(BLOCK + len, 0);
        bytes.copy_within(..len, BLOCK);
        bytes.resize(
            BLOCK + len + padding,
            u8::try_from(padding).unwrap_or_default(),
        );
        let (head, blocks) = bytes.split_at_mut(BLOCK);
        head.copy_from_slice(&iv);
        self.under.encrypt(&iv, blocks);
    }
}

/// `/Crypt` names another way of encrypting for one stream, `Identity` among them.
fn has_own_filter(stream: &Stream) -> bool {
    let is_crypt = |object: &Object| object.as_name().is_ok_and(|name| name == b"Crypt");
    match stream.dict.get(b"Filter") {
        Ok(Object::Array(filters)) => filters.iter().any(is_crypt),
        Ok(filter) => is_crypt(filter),
        Err(_) => false,
    }
}
