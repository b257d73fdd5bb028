//! The reply link of a PDF, with what it quotes.

use depesche_domain::Address;
use depesche_domain::effect::Language;
use depesche_domain::protected::ReplyFacts;
use depesche_seal::key::ReplyToken;
use depesche_seal::reply::{MAX_QUOTE, Quote, QuoteFrom, ReplyLink, ReplySecret};
use depesche_seal::stream::StreamHeader;
use depesche_service::Error;
use depesche_service::protected::{replies, reply_keys};
use zeroize::Zeroizing;

use super::desk::Desk;
use super::source::Source;

/// Keeps a reply link for one recipient. Gives its token and the link for the PDF.
pub(super) async fn keep(
    desk: &Desk,
    source: &Source,
    (to, language): (&Address, Language),
    mail: &str,
) -> Result<(String, Zeroizing<String>), Error> {
    let ctx = &desk.ctx;
    let token = ReplyToken::from_bytes(ctx.random.bytes());
    let secret = ReplySecret::from_bytes(&Zeroizing::new(ctx.random.bytes()));
    let fingerprint = reply_keys(ctx)?.record.record().fingerprint();
    let quote = Quote {
        v: 1,
        subject: source.letter.headers.subject.clone(),
        from: QuoteFrom {
            name: source.sender.name.clone(),
            email: source.sender.address.to_string(),
        },
        date: source.at.ms(),
        text: source.letter.text(MAX_QUOTE),
        gateway: fingerprint.to_string(),
    };
    let header = StreamHeader::from_random(&ctx.random.bytes());
    let sealed = secret.seal_quote(&token, header, &quote);
    let sealed = sealed.map_err(|e| Error::Unavailable(Box::new(e)))?;
    let new = replies::New {
        token: token.to_string(),
        mail: mail.to_owned(),
        auth: *secret.reply_auth(&token).hash().as_bytes(),
        facts: ReplyFacts {
            to: source.sender.clone(),
            from: to.clone(),
            message_id: source.thread.last().cloned().unwrap_or_default(),
            references: source.thread.clone(),
            language,
        },
        quote: sealed,
    };
    replies::keep(ctx, new).await?;
    let link = ReplyLink {
        base: desk.house.public_url.clone(),
        token,
        secret,
    };
    Ok((token.to_string(), link.to_text()))
}
