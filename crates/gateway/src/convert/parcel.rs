//! Attachments as a parcel of level 1. Its link is given back for the PDF, and kept nowhere.

use depesche_domain::parcel::FileObject;
use depesche_domain::protected::MailFacts;
use depesche_domain::{Address, FileId, LinkId, ParcelId};
use depesche_page::sheet::FileLink;
use depesche_seal::file::{self, Sealer};
use depesche_seal::key::{self, FileKey, Hash, ParcelKey};
use depesche_seal::link::{Head, LinkSecret, Record};
use depesche_seal::link_text::{Link, LinkPage};
use depesche_seal::manifest::{Contents, Entry, Manifest, Object, Sender};
use depesche_seal::name::Name;
use depesche_seal::parcel::{self, Flags, Header, Level};
use depesche_seal::stream::{StreamHeader, sealed_size};
use depesche_service::protected::attachments;
use depesche_service::{Error, parcels};
use zeroize::Zeroizing;

use super::source::Source;
use super::{Converter, Draw};

fn unsealable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Unavailable(Box::new(error))
}

/// Posts what is attached, for one recipient; nothing if nothing is. Names, sizes and the link of each.
pub(super) async fn post<D: Draw>(
    converter: &Converter<D>,
    source: &Source,
    to: &Address,
    mail: &str,
) -> Result<Vec<FileLink>, Error> {
    if let Some(open) = &source.came {
        if open.files.is_empty() {
            return Ok(Vec::new());
        }
        let (new, link) = made(converter, source, to, mail, (&open.key, &open.sealed))?;
        attachments::pass_on(&converter.ctx, open.came.parcel, new).await?;
        return Ok(links(open.files.iter().cloned(), &link));
    }
    if source.letter.attachments.is_empty() {
        return Ok(Vec::new());
    }
    let id = ParcelId::from_bytes(converter.ctx.random.bytes());
    let key = ParcelKey::from_bytes(&Zeroizing::new(converter.ctx.random.bytes()));
    let entries = upload(converter, source, id).await?;
    let sizes: Vec<_> = entries
        .iter()
        .map(|entry| (entry.name.as_str().to_owned(), entry.size()))
        .collect();
    let manifest = Manifest {
        created: source.at.ms(),
        sender: Sender {
            account: None,
            address: source.sender.address.to_string(),
            fingerprint: None,
        },
        in_reply_to: None,
        subject: None,
        body: None,
        files: entries,
        packs: Vec::new(),
    };
    let header = StreamHeader::from_random(&converter.ctx.random.bytes());
    let sealed = key::ParcelId::from_bytes(*id.as_bytes());
    let sealed = parcel::seal(&key, sealed, Flags::of(Level::Link), header, &manifest);
    let sealed = sealed.map_err(unsealable)?;
    let (new, link) = made(converter, source, to, mail, (&key, &sealed))?;
    attachments::manifest(&converter.ctx, id, sealed.as_bytes()).await?;
    attachments::post(&converter.ctx, id, new).await?;
    Ok(links(sizes.into_iter(), &link))
}

fn links(files: impl Iterator<Item = (String, u64)>, link: &str) -> Vec<FileLink> {
    let one = |(name, size)| FileLink {
        name,
        size,
        link: link.to_owned(),
    };
    files.map(one).collect()
}

/// A fresh link, its record, and what is to be said later.
fn made<D: Draw>(
    converter: &Converter<D>,
    source: &Source,
    to: &Address,
    mail: &str,
    (key, sealed): (&ParcelKey, &parcel::SealedManifest),
) -> Result<(attachments::New, Zeroizing<String>), Error> {
    let random = &converter.ctx.random;
    let id = LinkId::from_bytes(random.bytes());
    let secret = LinkSecret::from_bytes(&Zeroizing::new(random.bytes()));
    let of_link = key::LinkId::from_bytes(*id.as_bytes());
    let head = Head {
        id: of_link,
        mailed_code: false,
        password: None,
    };
    let header: &Header = sealed.header();
    let record = Record::seal(
        head,
        &secret,
        None,
        random.bytes(),
        header,
        sealed.hash(),
        key,
    );
    let record = record.map_err(unsealable)?.to_bytes();
    let auth = secret.auth(&of_link).hash();
    let link = parcels::link_record(id, record, auth.as_bytes(), None, None)?;
    let text = Link {
        base: converter.house.public_url.clone(),
        page: LinkPage::Attachment,
        id: of_link,
        secret: Some(secret),
    };
    let facts = MailFacts {
        sender: source.sender.clone(),
        recipient: to.clone(),
        subject: source.letter.headers.subject.clone(),
        language: converter.ctx.settings.language,
        outside: source.outside,
    };
    let mail = mail.to_owned();
    Ok((attachments::New { mail, link, facts }, text.to_text()))
}

/// Seals each file and stores it; what the list of contents says of them.
async fn upload<D: Draw>(
    converter: &Converter<D>,
    source: &Source,
    id: ParcelId,
) -> Result<Vec<Entry>, Error> {
    let random = &converter.ctx.random;
    let mut files = Vec::new();
    for attachment in &source.letter.attachments {
        let content = attachment.content.as_slice();
        let file = FileId::from_bytes(random.bytes());
        files.push((attachment, content, file));
    }
    let objects = files.iter().map(|(_, content, file)| {
        let size = sealed_size(content.len() as u64).map_err(unsealable)?;
        Ok(FileObject { id: *file, size })
    });
    let objects = objects.collect::<Result<Vec<_>, Error>>()?;
    attachments::begin(&converter.ctx, id, objects).await?;
    let mut entries = Vec::new();
    for (attachment, content, file) in files {
        let name = Name::parse(&attachment.name);
        let name = name.or_else(|_| Name::parse(&format!("file-{}", entries.len() + 1)));
        entries.push(Entry {
            name: name.map_err(unsealable)?,
            media_type: media_type(&attachment.media_type),
            mtime: None,
            contents: Contents::Own(store(converter, id, file, content).await?),
        });
    }
    Ok(entries)
}

/// Visible ASCII and not too long; else unknown.
fn media_type(stated: &str) -> String {
    let is_one = (1..=127).contains(&stated.len()) && stated.bytes().all(|b| b.is_ascii_graphic());
    if is_one {
        stated.to_owned()
    } else {
        "application/octet-stream".into()
    }
}

async fn store<D: Draw>(
    converter: &Converter<D>,
    id: ParcelId,
    file: FileId,
    content: &[u8],
) -> Result<Object, Error> {
    let random = &converter.ctx.random;
    let file_key = FileKey::from_bytes(&Zeroizing::new(random.bytes()));
    let of_file = key::FileId::from_bytes(*file.as_bytes());
    let header = StreamHeader::from_random(&random.bytes());
    let size = content.len() as u64;
    let sealer = Sealer::new(&file_key, &of_file, header, size).map_err(unsealable)?;
    let count = file::part_count(sealed_size(size).map_err(unsealable)?).map_err(unsealable)?;
    let (mut rest, mut hashes): (&[u8], Vec<Hash>) = (content, Vec::new());
    for index in 0..count {
        let length = sealer.part_len(index).map_err(unsealable)?;
        let mut buffer = vec![0; length];
        let mut part = sealer.part(index, &mut buffer).map_err(unsealable)?;
        while !part.space().is_empty() {
            let (now, later) = rest.split_at(part.space().len());
            part.space().copy_from_slice(now);
            part.advance(now.len()).map_err(unsealable)?;
            rest = later;
        }
        hashes.push(part.finish().map_err(unsealable)?);
        let place = (u64::from(index), length as u64);
        let mut writer = attachments::part(&converter.ctx, id, file, place.0, place.1).await?;
        tokio::task::block_in_place(|| {
            writer.write(&buffer)?;
            writer.finish()
        })?;
    }
    Object::new(of_file, file_key, size, hashes).map_err(unsealable)
}
