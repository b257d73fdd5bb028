//! Handoffs: offer and take, both ends.

use std::io::{Read as _, Write as _};

use depesche_api::handoffs::{AUTH, FILL, FIND, SECONDS, SOURCE, WRAP};
use depesche_api::{
    AskHandoff, B64, FindHandoff, FoundHandoff, Handoff, HandoffMemory, HandoffState, TakeHandoff,
};
use depesche_seal::format::to_text;
use depesche_seal::handoff::{HandoffError as SealError, HandoffSecret, Typed};
use depesche_seal::handoff_content::{Content, ContentError, MOST};
use depesche_seal::handoff_text::{Direction, HandoffTextError, HandoffUrl};
use depesche_seal::key::{HandoffId, Hash};
use depesche_seal::stream::StreamHeader;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use reqwest::Method;
use zeroize::Zeroizing;

use crate::fault::Fault;
use crate::http::{Call, CallError, Failure, Patience, Payload, Server, next};
use crate::world::World;

/// The largest sealed bytes there are.
const SEALED_MOST: usize = 8 << 20;

/// A handoff did not come about.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandoffError {
    /// The server's answer.
    #[error(transparent)]
    Call(#[from] CallError),
    /// Sealing, opening, words.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// What is inside.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// The URL.
    #[error(transparent)]
    Url(#[from] HandoffTextError),
    /// What is inside cannot be unpacked, or is a trap.
    #[error("the handoff is damaged: it cannot be unpacked")]
    Unpack,
    /// The URL leads the other way.
    #[error("{0}")]
    Direction(&'static str),
}

impl HandoffError {
    /// A stable word for programs.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Call(error) => error.code(),
            Self::Seal(SealError::TooLarge) => "handoff_too_large",
            Self::Seal(error) => error.code(),
            Self::Content(error) => error.code(),
            Self::Url(error) => error.code(),
            Self::Unpack => "handoff_unpack",
            Self::Direction(_) => "handoff_direction",
        }
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Call(error) => error.fault(),
            Self::Seal(SealError::TooLarge) => Fault::Refused,
            Self::Url(HandoffTextError::NotAHandoff) | Self::Direction(_) => Fault::Usage,
            Self::Seal(_) | Self::Content(_) | Self::Url(_) | Self::Unpack => Fault::Unopenable,
        }
    }
}

/// gzip of what a content is.
fn pack(content: &Content) -> Result<Zeroizing<Vec<u8>>, HandoffError> {
    let bytes = content.to_bytes()?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    let packed = gzip.write_all(&bytes).and_then(|()| gzip.finish());
    Ok(Zeroizing::new(packed.map_err(|_| HandoffError::Unpack)?))
}

fn unpack(packed: &[u8]) -> Result<Content, HandoffError> {
    let mut bytes = Zeroizing::new(Vec::new());
    let mut gzip = GzDecoder::new(packed).take(MOST + 1);
    let read = gzip.read_to_end(&mut bytes);
    match read {
        Ok(read) if read as u64 <= MOST => Ok(Content::parse(&bytes)?),
        _ => Err(HandoffError::Unpack),
    }
}

fn seal(secret: &HandoffSecret, content: &Content, world: World) -> Result<Vec<u8>, HandoffError> {
    let header = StreamHeader::from_random(&world.draw());
    Ok(secret.seal(header, &pack(content)?)?)
}

fn hash_text(secret: &[u8; 32]) -> String {
    Hash::of(secret).to_string()
}

/// What the device that made or filled a slot keeps of it: enough to watch and to take it back, not to open.
#[derive(Clone)]
pub struct Kept {
    /// Which slot.
    pub id: HandoffId,
    secret: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kept({})", self.id)
    }
}

impl Kept {
    /// `id secret`, one line.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{} {}", self.id, to_text(&*self.secret)))
    }

    /// Reads [`Kept::to_text`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.trim().split_once(' ')?;
        Some(Self {
            id: HandoffId::parse(id).ok()?,
            secret: Zeroizing::new(depesche_seal::format::from_text(secret).ok()?),
        })
    }

    fn as_its_maker(&self, server: &Server) -> Server {
        server.with_handoff(&to_text(&*self.secret))
    }

    /// Where it stands; with `after`, when that is another revision, at the latest after half a minute.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn state(
        &self,
        server: &Server,
        after: Option<u32>,
    ) -> Result<HandoffState, CallError> {
        let after = after.map_or(String::new(), |after| format!("?after={after}"));
        let call = Call::get(format!("/handoffs/{}/state{after}", self.id));
        self.as_its_maker(server).ask(&call).await
    }

    /// Takes it back.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn cancel(&self, server: &Server) -> Result<(), CallError> {
        let call = Call::new(Method::DELETE, format!("/handoffs/{}", self.id));
        self.as_its_maker(server).tell(&call).await
    }
}

/// What was offered or asked for, on the side that shows the code.
#[derive(Debug)]
pub struct Shown {
    /// The code.
    pub url: HandoffUrl,
    /// Words instead of it; none for the reverse.
    pub typed: Option<Typed>,
    /// Until when, and how large.
    pub handoff: Handoff,
    /// To watch and take back.
    pub kept: Kept,
}

impl Shown {
    /// The three words that the other screen shows too.
    #[must_use]
    pub fn check_words(&self, state: &HandoffState) -> Option<String> {
        check_words(&self.url, state.device.as_ref()?)
    }
}

fn check_words(url: &HandoffUrl, device: &B64) -> Option<String> {
    let device = Hash::from_bytes(device.0.as_slice().try_into().ok()?);
    Some(url.secret.check_words(&url.id, &device).join(" "))
}

/// Seals and offers. `base` = where the code shall lead; `seconds` = how long it waits, none = as long as it may.
///
/// # Errors
/// [`HandoffError`].
pub async fn offer(
    server: &Server,
    base: &str,
    content: &Content,
    seconds: Option<u32>,
    world: World,
) -> Result<Shown, HandoffError> {
    let secret = HandoffSecret::from_bytes(&world.draw());
    let typed = Typed::from_random(&world.draw())?;
    let key = typed.stretch()?;
    let maker = Zeroizing::new(world.draw());
    let mut headers = vec![
        (AUTH, secret.auth().hash().to_string()),
        (SOURCE, hash_text(&maker)),
        (FIND, key.find().to_string()),
        (WRAP, to_text(&key.wrap(world.draw(), &secret))),
    ];
    headers.extend(seconds.map(|seconds| (SECONDS, seconds.to_string())));
    let call = Call {
        payload: Payload::Bytes(seal(&secret, content, world)?.into(), None),
        headers,
        ..Call::new(Method::POST, "/handoffs").once()
    };
    let handoff: Handoff = server.ask(&call).await?;
    shown(base, handoff, Direction::Take, secret, maker).map(|shown| Shown {
        typed: Some(typed),
        ..shown
    })
}

fn shown(
    base: &str,
    handoff: Handoff,
    direction: Direction,
    secret: HandoffSecret,
    maker: Zeroizing<[u8; 32]>,
) -> Result<Shown, HandoffError> {
    let id = HandoffId::parse(&handoff.id).map_err(|_| HandoffTextError::NotAHandoff)?;
    Ok(Shown {
        url: HandoffUrl {
            base: base.to_owned(),
            id,
            direction,
            secret,
        },
        typed: None,
        handoff,
        kept: Kept { id, secret: maker },
    })
}

/// The reverse: an empty slot that another device fills.
///
/// # Errors
/// [`HandoffError`].
pub async fn ask(
    server: &Server,
    base: &str,
    seconds: Option<u32>,
    world: World,
) -> Result<Shown, HandoffError> {
    let secret = HandoffSecret::from_bytes(&world.draw());
    let maker = Zeroizing::new(world.draw());
    let asked = AskHandoff {
        auth: B64(secret.auth().hash().as_bytes().to_vec()),
        fill: B64(secret.fill().hash().as_bytes().to_vec()),
        source: B64(Hash::of(&*maker).as_bytes().to_vec()),
        seconds,
    };
    let handoff = server
        .ask(&Call::post("/handoffs/ask", &asked).once())
        .await?;
    shown(base, handoff, Direction::Fill, secret, maker)
}

/// Puts something into the slot of a device that asked.
///
/// # Errors
/// [`HandoffError`].
pub async fn fill(
    server: &Server,
    url: HandoffUrl,
    content: &Content,
    world: World,
) -> Result<Shown, HandoffError> {
    if url.direction != Direction::Fill {
        return Err(HandoffError::Direction(
            "this code hands something over; take it with `depesche import`",
        ));
    }
    let maker: Zeroizing<[u8; 32]> = Zeroizing::new(world.draw());
    let call = Call {
        payload: Payload::Bytes(seal(&url.secret, content, world)?.into(), None),
        headers: vec![
            (FILL, to_text(url.secret.fill().expose())),
            (SOURCE, hash_text(&maker)),
        ],
        ..Call::new(Method::POST, format!("/handoffs/{}/fill", url.id)).once()
    };
    let handoff = server.ask(&call).await?;
    Ok(Shown {
        kept: Kept {
            id: url.id,
            secret: maker,
        },
        url,
        typed: None,
        handoff,
    })
}

/// The code that typed words stand for. Takes nothing.
///
/// # Errors
/// [`HandoffError`].
pub async fn find(server: &Server, words: &str) -> Result<HandoffUrl, HandoffError> {
    let key = Typed::parse(words)?.stretch()?;
    let find = FindHandoff {
        find: B64(key.find().as_bytes().to_vec()),
    };
    let found: FoundHandoff = server.ask(&Call::post("/handoffs/find", &find)).await?;
    Ok(HandoffUrl {
        base: server.base().to_owned(),
        id: HandoffId::parse(&found.handoff.id).map_err(|_| HandoffTextError::NotAHandoff)?,
        direction: Direction::Take,
        secret: key.unwrap(&found.wrap.0)?,
    })
}

/// What was taken and opened; the server keeps it until [`Taken::commit`].
#[derive(Debug)]
pub struct Taken {
    /// What was in it.
    pub content: Content,
    /// The three words that the other screen shows too.
    pub check_words: String,
    server: Server,
    id: HandoffId,
}

impl Taken {
    /// It is safe here: the server wipes it, and the source is told.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn commit(&self) -> Result<(), CallError> {
        let call = Call::new(Method::POST, format!("/handoffs/{}/commit", self.id));
        self.server.tell(&call).await
    }
}

/// Takes what waits, and opens it. A broken connection goes on where it broke.
///
/// # Errors
/// [`HandoffError`].
pub async fn take(server: &Server, url: &HandoffUrl, world: World) -> Result<Taken, HandoffError> {
    let token: Zeroizing<[u8; 32]> = Zeroizing::new(world.draw());
    let holder = server.with_handoff(&to_text(&*token));
    let sealed = download(&holder, url, &token).await?;
    let content = unpack(&url.secret.open(&sealed)?)?;
    let device = B64(Hash::of(&*token).as_bytes().to_vec());
    Ok(Taken {
        content,
        check_words: check_words(url, &device).unwrap_or_default(),
        server: holder,
        id: url.id,
    })
}

async fn download(
    holder: &Server,
    url: &HandoffUrl,
    token: &[u8; 32],
) -> Result<Vec<u8>, HandoffError> {
    let asked = TakeHandoff {
        auth: B64(url.secret.auth().expose().to_vec()),
        token: B64(token.to_vec()),
    };
    let call = Call::post(format!("/handoffs/{}/take", url.id), &asked);
    let path = format!("/handoffs/{}/sealed", url.id);
    let (mut sealed, mut size, mut patience) = (Vec::new(), 0, Patience::new());
    loop {
        let response = if sealed.is_empty() {
            holder.attempt(&call, None).await
        } else {
            holder.range(&path, sealed.len() as u64, size).await
        };
        let mut lost = match response {
            Ok(mut response) => {
                if sealed.is_empty() {
                    size = response.content_length().unwrap_or(0);
                }
                read_on(&mut response, &mut sealed).await
            }
            Err(failure) => Some(failure),
        };
        if lost.is_none() && (sealed.len() as u64) < size {
            lost = Some(Failure::cut());
        }
        match lost {
            None => return Ok(sealed),
            Some(Failure::Final(error)) => return Err(error.into()),
            Some(Failure::Lost(lost)) if !patience.wait(holder).await => {
                return Err(holder.unreachable(lost).into());
            }
            Some(Failure::Lost(_)) => {}
        }
    }
}

/// Reads what comes; gives how it broke, if it did.
async fn read_on(response: &mut reqwest::Response, sealed: &mut Vec<u8>) -> Option<Failure> {
    loop {
        match next(response).await {
            Ok(None) => return None,
            Ok(Some(piece)) if sealed.len() + piece.len() <= SEALED_MOST => {
                sealed.extend_from_slice(&piece);
            }
            Ok(Some(_)) => return Some(Failure::cut()),
            Err(lost) => return Some(Failure::Lost(lost)),
        }
    }
}

/// How the slots of this server lie in its memory. Answered to its own machine, or with the metrics' token as session.
///
/// # Errors
/// [`CallError`].
pub async fn memory(server: &Server) -> Result<HandoffMemory, CallError> {
    server.ask(&Call::get("/operator/handoffs")).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use depesche_seal::name::Name;

    #[test]
    fn what_is_packed_is_unpacked_and_a_trap_is_refused() {
        let content = |bytes: Vec<u8>| Content {
            name: Name::parse("a.bin").expect("a name"),
            media_type: "application/octet-stream".into(),
            bytes: bytes.into(),
        };
        let small = content(vec![7; 100_000]);
        let packed = pack(&small).expect("packed");
        assert!(packed.len() < 1000);
        assert!(unpack(&packed).is_ok_and(|again| again == small));
        let trap = pack(&content(vec![0; MOST as usize + 1])).expect("packed");
        assert!(trap.len() < SEALED_MOST, "it would fit");
        assert!(matches!(unpack(&trap), Err(HandoffError::Unpack)));
        assert!(matches!(unpack(&packed[..50]), Err(HandoffError::Unpack)));
        assert!(matches!(unpack(b"no gzip"), Err(HandoffError::Unpack)));
    }

    #[test]
    fn what_is_kept_is_read_again() {
        let kept = Kept {
            id: HandoffId::from_bytes([3; 16]),
            secret: Zeroizing::new([9; 32]),
        };
        let again = Kept::parse(&kept.to_text()).expect("kept");
        assert_eq!((again.id, *again.secret), (kept.id, *kept.secret));
        assert!(Kept::parse("nothing").is_none());
    }
}
