//! The port through which mails leave.

use depesche_domain::effect::Mail;

/// Why a mail did not leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Trying again will not help: the address does not exist, the mail is refused (SMTP 5yz).
    Permanent,
    /// Trying again later may help (SMTP 4yz, no connection).
    Transient,
}

/// Carries one mail to the next mail server.
pub trait Courier: Send + Sync + 'static {
    /// Carries `mail`. `id` is the same at every try, and becomes the Message-ID, so that a mail that
    /// left twice over a crash is shown once.
    ///
    /// # Errors
    /// [`Failure::Permanent`] = give up, [`Failure::Transient`] = try again later.
    fn carry(&self, id: &str, mail: &Mail) -> impl Future<Output = Result<(), Failure>> + Send;
}
