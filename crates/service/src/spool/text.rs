//! A mail's text at rest: sealed under a key of its own, which the key of the hour wraps.
//!
//! Up to [`INLINE`] bytes it is one wrap in the row; a longer one is a file, one [`Stream`] of segments, so that
//! memory does not grow with a mail.

use std::collections::HashMap;
use std::sync::Arc;

use depesche_domain::mail::{Envelope, Kind, NewRow};
use depesche_domain::{MailId, Time};
use depesche_seal::key::{ForServerItem, Key};
use depesche_seal::stream::{self, HEADER, SEGMENT, SEGMENT_TEXT, Stream, StreamHeader};
use depesche_seal::wrap;
use depesche_store::blobs::{Blobs, MailFile, Reader};
use depesche_store::sql::Tx;
use depesche_store::sql::mails::{self, Recipient, Stored};
use zeroize::Zeroizing;

use crate::context::Context;
use crate::error::Error;
use crate::secrets::{HourLease, SecretsError, item_context};

/// Bytes of a text that waits in its row.
pub const INLINE: usize = 64 * 1024;
/// Bytes of a segment that are no text.
const TAG: usize = SEGMENT - SEGMENT_TEXT;

fn failed(error: SecretsError) -> Error {
    match error {
        SecretsError::Io(error) => depesche_store::Error::from(error).into(),
        other => Error::Unavailable(Box::new(other)),
    }
}

/// Binds a file to its mail and its hour.
fn file_aad(hour: i64, id: MailId) -> Vec<u8> {
    [b"mail ".as_slice(), &item_context(hour, &id.to_string())].concat()
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, depesche_store::Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|error| Error::Unavailable(Box::new(error)))??)
}

/// Keeps the key of an hour until the mail under it is stored.
struct Hold {
    ctx: Arc<Context>,
    hour: i64,
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.ctx.secrets.release(self.hour);
    }
}

/// A text, sealed and on disk, but for its row.
pub struct SealedText {
    pub(super) id: MailId,
    pub(super) hour: i64,
    pub(super) wrapped: Vec<u8>,
    pub(super) payload: Option<Vec<u8>>,
    pub(super) size: u64,
    _hold: Hold,
}

impl SealedText {
    /// The id that the mail will have.
    pub const fn id(&self) -> MailId {
        self.id
    }

    /// Bytes of the text.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// It will not be stored: its file goes.
    pub fn discard(self, ctx: &Context) {
        if self.payload.is_none() {
            // What cannot be removed now is swept at the next start.
            let _ = ctx.store.blobs.remove_mail(self.id);
        }
    }
}

/// The file of a text that is too long for its row.
struct Segments {
    file: MailFile,
    stream: Stream,
    index: u32,
    text: Zeroizing<Vec<u8>>,
}

impl Segments {
    fn begin(blobs: &Blobs, id: MailId, stream: Stream) -> Result<Self, depesche_store::Error> {
        let mut file = blobs.put_mail(id)?;
        file.write(&stream.header().to_bytes())?;
        Ok(Self {
            file,
            stream,
            index: 0,
            text: Zeroizing::new(Vec::with_capacity(SEGMENT)),
        })
    }

    const fn room(&self) -> usize {
        if self.index == 0 {
            SEGMENT_TEXT - HEADER
        } else {
            SEGMENT_TEXT
        }
    }

    fn write(&mut self, last: bool) -> Result<(), depesche_store::Error> {
        let length = self.text.len();
        self.text.resize(length + TAG, 0);
        self.stream
            .seal_segment(self.index, last, &mut self.text)
            .map_err(|error| depesche_store::Error::Unavailable(error.to_string()))?;
        self.file.write(&self.text)?;
        self.text.clear();
        self.index += 1;
        Ok(())
    }

    /// Takes some of `rest`; writes a segment only when more follows it, so that the last is never empty.
    async fn take(mut self, rest: &mut &[u8]) -> Result<Self, Error> {
        if self.text.len() == self.room() {
            self = blocking(move || {
                self.write(false)?;
                Ok(self)
            })
            .await?;
        }
        let (now, later) = rest.split_at(rest.len().min(self.room() - self.text.len()));
        self.text.extend_from_slice(now);
        *rest = later;
        Ok(self)
    }

    async fn finish(mut self) -> Result<(), Error> {
        blocking(move || {
            self.write(true)?;
            self.file.finish()
        })
        .await
    }
}

/// Seals a text while it comes in.
pub struct TextWriter {
    id: MailId,
    key: Key<ForServerItem>,
    wrapped: Vec<u8>,
    small: Zeroizing<Vec<u8>>,
    large: Option<Segments>,
    size: u64,
    hold: Hold,
}

impl TextWriter {
    /// A new mail's.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Unavailable`].
    pub fn begin(ctx: &Arc<Context>) -> Result<Self, Error> {
        let id = MailId::from_bytes(ctx.random.bytes());
        let hour = ctx.now().hour();
        let (key, wrapped) = ctx
            .secrets
            .make_item(hour, &id.to_string(), &ctx.random)
            .map_err(failed)?;
        Ok(Self {
            id,
            key,
            wrapped,
            small: Zeroizing::default(),
            large: None,
            size: 0,
            hold: Hold {
                ctx: Arc::clone(ctx),
                hour,
            },
        })
    }

    /// The id that the mail will have.
    pub const fn id(&self) -> MailId {
        self.id
    }

    /// The next piece.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Unavailable`]; the text is of no further use.
    pub async fn push(&mut self, mut piece: &[u8]) -> Result<(), Error> {
        self.size += piece.len() as u64;
        if self.large.is_none() {
            if self.small.len() + piece.len() <= INLINE {
                self.small.extend_from_slice(piece);
                return Ok(());
            }
            let small = std::mem::take(&mut self.small);
            let segments = self.segments().await?;
            self.large = Some(segments.take(&mut small.as_slice()).await?);
        }
        while !piece.is_empty() {
            let Some(segments) = self.large.take() else {
                break;
            };
            self.large = Some(segments.take(&mut piece).await?);
        }
        Ok(())
    }

    async fn segments(&self) -> Result<Segments, Error> {
        let ctx = &self.hold.ctx;
        let header = StreamHeader::from_random(&ctx.random.bytes());
        let stream = Stream::new(&self.key, header, &file_aad(self.hold.hour, self.id));
        let (blobs, id) = (ctx.store.blobs.clone(), self.id);
        blocking(move || Segments::begin(&blobs, id, stream)).await
    }

    /// That was all. A file is on disk.
    ///
    /// # Errors
    /// As [`TextWriter::push`].
    pub async fn finish(self) -> Result<SealedText, Error> {
        let Self {
            id,
            key,
            wrapped,
            small,
            large,
            size,
            hold,
        } = self;
        let payload = match large {
            Some(segments) => {
                segments.finish().await?;
                None
            }
            // Never acknowledged in part.
            None if small.len() as u64 != size => {
                return Err(Error::Unavailable("a text was not kept whole".into()));
            }
            None => {
                let context = item_context(hold.hour, &id.to_string());
                let nonce = hold.ctx.random.bytes();
                Some(wrap::seal(&key, nonce, &context, &small))
            }
        };
        Ok(SealedText {
            id,
            hour: hold.hour,
            wrapped,
            payload,
            size,
            _hold: hold,
        })
    }
}

/// A mail of the queue, opened: its envelope, and its text to be read in pieces.
pub struct Open {
    /// Whence it comes.
    pub kind: Kind,
    /// Sender and wishes.
    pub envelope: Envelope,
    /// SHA-256 of its Message-ID.
    pub thread: Option<[u8; 32]>,
    /// When it was taken in.
    pub received: Time,
    /// Bytes of the text.
    pub size: u64,
    /// Its text; none if the key is gone (a restore) or the bytes are damaged.
    pub text: Option<TextReader>,
}

/// The pieces of a text.
pub enum TextReader {
    /// In one.
    Small(Option<Zeroizing<Vec<u8>>>),
    /// By segments.
    Large(Large),
}

/// A text in a file.
pub struct Large {
    file: Arc<Reader>,
    stream: Arc<Stream>,
    index: u32,
}

impl TextReader {
    fn new(ctx: &Context, mail: &Stored) -> Result<Self, Error> {
        let id = mail.id.to_string();
        let key = ctx.secrets.open_key(mail.hour, &id, &mail.wrapped);
        let key = key.map_err(failed)?;
        let damaged = |error| Error::Unavailable(Box::new(error));
        if let Some(payload) = &mail.payload {
            let text = wrap::open(&key, &item_context(mail.hour, &id), payload)
                .map_err(|error| Error::Unavailable(Box::new(error)))?;
            return Ok(Self::Small(Some(text)));
        }
        let file = ctx.store.blobs.mail(mail.id)?;
        if stream::plain_size(file.size()).map_err(damaged)? != mail.size {
            return Err(damaged(stream::StreamError::Size));
        }
        let mut header = [0; HEADER];
        file.read_at(0, &mut header)?;
        let header = StreamHeader::parse(&header).map_err(damaged)?;
        let stream = Stream::new(&key, header, &file_aad(mail.hour, mail.id));
        Ok(Self::Large(Large {
            file: Arc::new(file),
            stream: Arc::new(stream),
            index: 0,
        }))
    }

    /// The next piece; none at the end.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the file cannot be read or is damaged.
    pub async fn next(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        match self {
            Self::Small(text) => Ok(text.take()),
            Self::Large(large) => large.next().await,
        }
    }

    /// The whole text.
    ///
    /// # Errors
    /// As [`TextReader::next`].
    pub async fn whole(mut self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut text = Zeroizing::default();
        if let Self::Small(small) = &mut self {
            return Ok(small.take().unwrap_or(text));
        }
        while let Some(piece) = self.next().await? {
            text.extend_from_slice(&piece);
        }
        Ok(text)
    }
}

impl Large {
    async fn next(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        let start = match self.index {
            0 => HEADER as u64,
            index => u64::from(index) * SEGMENT as u64,
        };
        let end = (u64::from(self.index) + 1) * SEGMENT as u64;
        let size = self.file.size();
        if start >= size {
            return Ok(None);
        }
        let (file, stream, index) = (self.file.clone(), self.stream.clone(), self.index);
        self.index += 1;
        let piece = blocking(move || {
            let length = usize::try_from(end.min(size) - start).unwrap_or(SEGMENT);
            let mut segment = Zeroizing::new(vec![0; length]);
            if file.read_at(start, &mut segment)? != length {
                return Err(depesche_store::Error::Unavailable(
                    "a file is cut off".into(),
                ));
            }
            let text = stream
                .open_segment(index, end >= size, &mut segment)
                .map_err(|error| depesche_store::Error::Unavailable(error.to_string()))?
                .len();
            segment.truncate(text);
            Ok(segment)
        });
        piece.await.map(Some)
    }
}

/// Those of these mails of the queue that are there.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn load(ctx: &Context, ids: &[MailId]) -> Result<HashMap<MailId, Open>, Error> {
    let found = mails::load(&ctx.store.sql, ids).await?;
    Ok(found
        .into_iter()
        .map(|mail| (mail.id, open(ctx, mail)))
        .collect())
}

fn open(ctx: &Context, mail: Stored) -> Open {
    let text = match TextReader::new(ctx, &mail) {
        Ok(text) => Some(text),
        Err(error) => {
            tracing::error!(mail.id = %mail.id, %error, "a waiting mail cannot be opened");
            None
        }
    };
    let envelope = serde_json::from_str(&mail.envelope)
        .unwrap_or_else(|_| Envelope::from(mail.sender.clone()));
    Open {
        kind: mail.kind,
        envelope,
        thread: mail.thread.and_then(|hash| hash.try_into().ok()),
        received: mail.received,
        size: mail.size,
        text,
    }
}

/// Puts a mail of ours into the queue, in a transaction of yours. Keep the lease until its commit, then
/// [`Context::wake_queue`].
///
/// # Errors
/// [`Error::Full`], [`Error::Unavailable`].
pub async fn enqueue<'a>(
    ctx: &'a Context,
    tx: &mut Tx,
    kind: Kind,
    envelope: &Envelope,
    to: &[NewRow],
    text: &[u8],
) -> Result<(MailId, HourLease<'a>), Error> {
    let now = ctx.now();
    let id = MailId::from_bytes(ctx.random.bytes());
    let (waiting, lease) = ctx
        .secrets
        .seal(now.hour(), &id.to_string(), text, &ctx.random)
        .map_err(failed)?;
    let mail = Stored {
        id,
        hour: waiting.hour,
        wrapped: waiting.wrapped,
        payload: Some(waiting.payload),
        size: text.len() as u64,
        kind,
        sender: envelope.sender.clone(),
        envelope: to_json(envelope)?,
        thread: None,
        received: now,
    };
    insert(tx, &[(&mail, to)]).await?;
    Ok((id, lease))
}

pub(super) fn to_json(envelope: &Envelope) -> Result<String, Error> {
    serde_json::to_string(envelope).map_err(|error| Error::Unavailable(Box::new(error)))
}

/// Mails with their recipients.
pub(super) async fn insert(tx: &mut Tx, new: &[(&Stored, &[NewRow])]) -> Result<(), Error> {
    let stored: Vec<&Stored> = new.iter().map(|(mail, _)| *mail).collect();
    mails::insert(tx, &stored).await?;
    let mut recipients = Vec::new();
    for (mail, rows) in new {
        recipients.extend((0..).zip(*rows).map(|(position, row)| Recipient {
            mail: mail.id,
            position,
            row,
            now: mail.received,
        }));
    }
    Ok(mails::insert_rows(tx, &recipients).await?)
}
