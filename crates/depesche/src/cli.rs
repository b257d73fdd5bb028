//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::admin::AdminArgs;
use crate::cli_handoff::{CheckArgs, HandoffArgs, ImportArgs, SettingsArgs};
use crate::serve::ServeArgs;

/// Delivers confidential files to people who have no encryption of their own.
#[derive(Debug, Parser)]
#[command(
    name = "depesche",
    version,
    propagate_version = true,
    arg_required_else_help = true
)]
#[command(
    after_help = "Example:\n  depesche send report.pdf photos/ --to you@example.org --level 1"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// One line of JSON on stdout; all talk on stderr
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The server; without it the one logged in to, else DEPESCHE_SERVER
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) server: Option<String>,
    /// Keep logins and unfinished deliveries apart under this name
    #[arg(long, global = true, value_name = "NAME", default_value = "default")]
    pub(crate) profile: String,
    /// Read the SealPass from the first line of this file; else DEPESCHE_SEALPASS or a prompt
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) sealpass_file: Option<PathBuf>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server
    Serve(ServeArgs),
    /// Run on the server's machine: people, journal
    Admin(AdminArgs),
    /// Draw pages for the gateway
    #[command(hide = true)]
    RenderWorker,
    /// Log in; the session is kept for later commands
    Login(Login),
    /// End the session
    Logout(Logout),
    /// Accept an invitation: set the login password of your account
    Register(Register),
    /// Set or change the password for protected mail
    PdfPassword(PdfPassword),
    /// Set up, change or regain the SealPass, which opens what is sealed for you
    Sealpass(SealPass),
    /// Who is logged in, and where
    #[command(after_help = "Example:\n  depesche whoami --json")]
    Whoami,
    /// Seal files and send them; the same again after a stop goes on
    Send(Box<Send>),
    /// Download, verify and open a delivery; the same again after a stop goes on
    Fetch(Fetch),
    /// Release deliveries to people whose key has become known
    Release(Release),
    /// Answer a delivery at its level
    Reply(Box<Reply>),
    /// Deliveries sent or received, newest first; who waits for your release
    List(List),
    /// A delivery sent: each recipient and what happened
    #[command(after_help = "Example:\n  depesche show 3q2-7wEBAgMEBQYHCAkKCw")]
    Show(Parcel),
    /// Take a delivery back: nobody can open it any more
    #[command(after_help = "Example:\n  depesche withdraw 3q2-7wEBAgMEBQYHCAkKCw")]
    Withdraw(Parcel),
    /// Give a delivery another deadline
    Extend(Extend),
    /// Send the notification again
    Resend(Resend),
    /// Add or drop recipients
    Recipients(Recipients),
    /// Hand a file or settings over to another device by one scan
    Handoff(Box<HandoffArgs>),
    /// Take what another device hands over
    Import(Box<ImportArgs>),
    /// Settings of mail programs
    Settings(Box<SettingsArgs>),
    /// Self-tests of a running server
    Check(CheckArgs),
}

/// `login`.
#[derive(Debug, Args)]
#[command(
    after_help = "The password comes from DEPESCHE_PASSWORD, --password-file or a prompt.\n\n\
    Example:\n  depesche login anna@example.org --server https://depesche.example.org"
)]
pub(crate) struct Login {
    /// Address of the account
    pub(crate) email: Option<String>,
    /// Read the password from the first line of this file
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
}

/// `logout`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  depesche logout --everywhere")]
pub(crate) struct Logout {
    /// End every session of the account, on every device
    #[arg(long)]
    pub(crate) everywhere: bool,
}

/// `pdf-password`.
#[derive(Debug, Args)]
#[command(
    after_help = "The password comes from DEPESCHE_PDF_PASSWORD, --password-file or a prompt. It never leaves this machine: \
    what makes PDFs is derived from it here.\n\nExample:\n  depesche pdf-password 'https://depesche.example.org/p/…'"
)]
pub(crate) struct PdfPassword {
    /// The link from the mail
    pub(crate) link: String,
    /// Read the password from the first line of this file
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
}

/// `register`.
#[derive(Debug, Args)]
#[command(
    after_help = "The password comes from DEPESCHE_PASSWORD, --password-file or a prompt. The link of a delivery makes the \
    server mail an invitation, no more.\n\nExample:\n  depesche register 'https://depesche.example.org/register/…'"
)]
pub(crate) struct Register {
    /// The link from the mail
    pub(crate) link: String,
    /// Your name, as others see it
    #[arg(long, default_value = "")]
    pub(crate) name: String,
    /// With the link of a delivery: the address it was sent to
    #[arg(long, value_name = "E-MAIL")]
    pub(crate) email: Option<String>,
    /// Read the password from the first line of this file
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Language of the mail: de, en or cs
    #[arg(long, value_name = "LANGUAGE", default_value = "en")]
    pub(crate) language: String,
}

/// `sealpass`.
#[derive(Debug, Args)]
pub(crate) struct SealPass {
    #[command(subcommand)]
    pub(crate) what: SealPassWhat,
}

/// What to do with the SealPass.
#[derive(Debug, Subcommand)]
pub(crate) enum SealPassWhat {
    /// Set it once; it opens all later deliveries
    #[command(
        after_help = "The SealPass comes from DEPESCHE_SEALPASS, --sealpass-file or a prompt.\n\n\
        Example:\n  depesche sealpass setup --kit recovery-kit.txt"
    )]
    Setup {
        /// Write a recovery kit to this file, which must not exist
        #[arg(long, value_name = "FILE")]
        kit: Option<PathBuf>,
        /// Language of the words of your key: de, en or cs
        #[arg(long, value_name = "LANGUAGE", default_value = "en")]
        language: String,
    },
    /// Take another one; nothing is lost
    #[command(
        after_help = "The old one comes from DEPESCHE_SEALPASS, --sealpass-file or a prompt; the new one from \
        DEPESCHE_NEW_SEALPASS, --new-sealpass-file or a prompt.\n\n\
        Example:\n  depesche sealpass change --known --kit recovery-kit-2.txt"
    )]
    Change {
        /// Somebody may know the old one: your keys are sealed anew, and the old SealPass and recovery kit open nothing
        /// any more, not even what somebody has copied later
        #[arg(long)]
        known: bool,
        /// With --known: write a new recovery kit to this file, which must not exist
        #[arg(long, value_name = "FILE", requires = "known")]
        kit: Option<PathBuf>,
        /// Read the new SealPass from the first line of this file
        #[arg(long, value_name = "FILE")]
        new_sealpass_file: Option<PathBuf>,
    },
    /// Forgotten: set a new one by the recovery kit; nothing is lost
    #[command(
        after_help = "The new SealPass comes from DEPESCHE_SEALPASS, --sealpass-file or a prompt.\n\n\
        Example:\n  depesche sealpass recover --kit recovery-kit.txt"
    )]
    Recover {
        /// The file with the kit; - = standard input
        #[arg(long, value_name = "FILE")]
        kit: PathBuf,
    },
    /// Make a new recovery kit; an older one ends
    #[command(after_help = "Example:\n  depesche sealpass kit recovery-kit-2.txt")]
    Kit {
        /// Where to write it; the file must not exist
        #[arg(value_name = "FILE")]
        kit: PathBuf,
    },
    /// Stop an administrator's reset of your SealPass that is under way
    #[command(after_help = "Example:\n  depesche sealpass keep")]
    Keep,
}

/// A code told by another channel.
#[derive(Debug, Args)]
pub(crate) struct CodeArgs {
    /// Levels 3 and 4: make a claim code, to be told by phone or SMS, for recipients whose key is not verified.
    /// confirm = you release after it was checked; instant = it opens at once
    #[arg(long, value_name = "MODE", num_args = 0..=1, require_equals = true, default_missing_value = "confirm",
        value_parser = ["confirm", "instant"])]
    pub(crate) claim_code: Option<String>,
}

/// `release`.
#[derive(Debug, Args)]
#[command(
    after_help = "Level 4 is released only to a verified key: by the words that the recipient reads out, or a claim code.\n\n\
    Example:\n  depesche release 3q2-7wEBAgMEBQYHCAkKCw --words 'apple river …'"
)]
pub(crate) struct Release {
    /// Id of the delivery
    #[arg(allow_hyphen_values = true, required_unless_present = "all")]
    pub(crate) id: Option<String>,
    /// Everything that waits
    #[arg(long, conflicts_with = "id")]
    pub(crate) all: bool,
    /// Only to this recipient; may be given several times
    #[arg(long, value_name = "E-MAIL")]
    pub(crate) to: Vec<String>,
    /// The six words that the recipient read out
    #[arg(long, value_name = "WORDS")]
    pub(crate) words: Option<String>,
}

/// `reply`.
#[derive(Debug, Args)]
#[command(
    after_help = "A reply goes to the sender alone, at the level it answers.\n\n\
    Example:\n  depesche reply 3q2-7wEBAgMEBQYHCAkKCw signed.pdf --message 'Here it is.'"
)]
pub(crate) struct Reply {
    /// Id of the delivery that is answered, from `list --received`
    #[arg(allow_hyphen_values = true)]
    pub(crate) id: String,
    /// Files and folders
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Subject; without it that of the delivery, with Re:
    #[arg(long)]
    pub(crate) subject: Option<String>,
    /// Message
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub(crate) message: String,
    /// Read the message from this file; - = standard input
    #[arg(long, value_name = "FILE", conflicts_with = "message")]
    pub(crate) message_file: Option<PathBuf>,
    /// Until when it can be fetched: a span such as 12h, 30d, 2w, or a date such as 2026-12-24
    #[arg(long, value_name = "WHEN")]
    pub(crate) expires: Option<String>,
    /// Mail me when it is first downloaded
    #[arg(long)]
    pub(crate) notify: bool,
    #[command(flatten)]
    pub(crate) links: LinkArgs,
}

/// How a link is guarded.
#[derive(Debug, Args)]
pub(crate) struct LinkArgs {
    /// Ask for a link password, which enters the key; from DEPESCHE_LINK_PASSWORD or a prompt
    #[arg(long)]
    pub(crate) link_password: bool,
    /// Read the link password from the first line of this file
    #[arg(long, value_name = "FILE")]
    pub(crate) link_password_file: Option<PathBuf>,
    /// Ask visitors for a one-time code that is mailed to the recipient
    #[arg(long)]
    pub(crate) mailed_code: bool,
    /// How often each link may be used to download
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_downloads: Option<u32>,
    /// Pass the links on yourself: the server mails nothing and never knows them
    #[arg(long)]
    pub(crate) no_mail: bool,
    /// Language of the mail: de, en or cs
    #[arg(long, value_name = "LANGUAGE", default_value = "en")]
    pub(crate) language: String,
}

/// `send`.
#[derive(Debug, Args)]
#[command(
    after_help = "Folders are kept with their paths. Symbolic links in them are followed to files of the same \
    folder only.\n\nExample:\n  depesche send contract.pdf photos/ --to you@example.org --subject 'As promised' --level 1"
)]
pub(crate) struct Send {
    /// Files and folders
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Address of a recipient; may be given several times
    #[arg(long, value_name = "E-MAIL", required = true)]
    pub(crate) to: Vec<String>,
    /// 1 = whoever has the link … 4; without it the server's default
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=4))]
    pub(crate) level: Option<u8>,
    /// Subject, seen by the server at levels 1 to 3
    #[arg(long, default_value = "")]
    pub(crate) subject: String,
    /// Message, seen by the server at levels 1 to 3
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub(crate) message: String,
    /// Read the message from this file; - = standard input
    #[arg(long, value_name = "FILE", conflicts_with = "message")]
    pub(crate) message_file: Option<PathBuf>,
    /// Until when it can be fetched: a span such as 12h, 30d, 2w, or a date such as 2026-12-24
    #[arg(long, value_name = "WHEN")]
    pub(crate) expires: Option<String>,
    /// Mail me when a recipient first downloads
    #[arg(long)]
    pub(crate) notify: bool,
    /// Go on with what another device of yours began and did not finish: same names, sizes and options. Needs your SealPass
    #[arg(long)]
    pub(crate) take_over: bool,
    #[command(flatten)]
    pub(crate) code: CodeArgs,
    #[command(flatten)]
    pub(crate) links: LinkArgs,
}

/// `fetch`.
#[derive(Debug, Args)]
#[command(
    after_help = "A link password comes from DEPESCHE_LINK_PASSWORD, --link-password-file or a prompt; a claim code from \
    DEPESCHE_CLAIM_CODE.\n\nExample:\n  depesche fetch 'https://depesche.example.org/d/…#1.…' --out downloads"
)]
pub(crate) struct Fetch {
    /// The link from the mail, or the id of a delivery received
    #[arg(value_name = "LINK|ID", allow_hyphen_values = true)]
    pub(crate) link: String,
    /// Folder to write to; nothing in it is replaced
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) out: PathBuf,
    /// Your address, as the sender will see it; without it the one logged in
    #[arg(long, value_name = "E-MAIL")]
    pub(crate) email: Option<String>,
    /// The one-time code that was mailed, or the long code from the mail if the link was cut
    #[arg(long)]
    pub(crate) code: Option<String>,
    /// Read the link password from the first line of this file
    #[arg(long, value_name = "FILE")]
    pub(crate) link_password_file: Option<PathBuf>,
}

/// `list`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  depesche list --limit 20")]
pub(crate) struct List {
    /// Deliveries sent (the default)
    #[arg(long, group = "which")]
    pub(crate) sent: bool,
    /// Deliveries received
    #[arg(long, group = "which")]
    pub(crate) received: bool,
    /// Who waits for your release
    #[arg(long, group = "which")]
    pub(crate) waiting: bool,
    /// Begun and not sent yet, on any of your devices
    #[arg(long, group = "which")]
    pub(crate) drafts: bool,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
    /// Go on behind this one
    #[arg(long, value_name = "NEXT")]
    pub(crate) after: Option<String>,
}

/// A delivery.
#[derive(Debug, Args)]
pub(crate) struct Parcel {
    /// Id of the delivery, from `send` or `list`
    #[arg(allow_hyphen_values = true)]
    pub(crate) id: String,
}

/// `extend`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  depesche extend 3q2-7wEBAgMEBQYHCAkKCw --expires 14d")]
pub(crate) struct Extend {
    /// Id of the delivery
    #[arg(allow_hyphen_values = true)]
    pub(crate) id: String,
    /// A span from now, such as 14d, or a date such as 2026-12-24
    #[arg(long, value_name = "WHEN")]
    pub(crate) expires: String,
}

/// `resend`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  depesche resend 3q2-7wEBAgMEBQYHCAkKCw --to you@example.org")]
pub(crate) struct Resend {
    /// Id of the delivery
    #[arg(allow_hyphen_values = true)]
    pub(crate) id: String,
    /// Only to this recipient; may be given several times
    #[arg(long, value_name = "E-MAIL")]
    pub(crate) to: Vec<String>,
    /// Language of the mail: de, en or cs
    #[arg(long, value_name = "LANGUAGE", default_value = "en")]
    pub(crate) language: String,
}

/// `recipients`.
#[derive(Debug, Args)]
pub(crate) struct Recipients {
    #[command(subcommand)]
    pub(crate) what: RecipientsWhat,
}

/// What to do with a recipient.
#[derive(Debug, Subcommand)]
pub(crate) enum RecipientsWhat {
    /// One more recipient
    #[command(
        after_help = "Example:\n  depesche recipients add 3q2-7wEBAgMEBQYHCAkKCw you@example.org"
    )]
    Add {
        /// Id of the delivery
        #[arg(allow_hyphen_values = true)]
        id: String,
        /// Address
        email: String,
        #[command(flatten)]
        code: CodeArgs,
        #[command(flatten)]
        links: LinkArgs,
    },
    /// A new claim code for somebody who waits; one from before ends
    #[command(
        after_help = "Levels 3 and 4. Tell the code by phone or SMS, not by mail.\n\n\
        Example:\n  depesche recipients code 3q2-7wEBAgMEBQYHCAkKCw you@example.org --mode instant"
    )]
    Code {
        /// Id of the delivery
        #[arg(allow_hyphen_values = true)]
        id: String,
        /// Address
        email: String,
        /// confirm = you release after it was checked; instant = it opens at once
        #[arg(long, value_name = "MODE", default_value = "confirm", value_parser = ["confirm", "instant"])]
        mode: String,
    },
    /// One recipient less: that link opens nothing any more
    #[command(
        after_help = "Example:\n  depesche recipients drop 3q2-7wEBAgMEBQYHCAkKCw you@example.org"
    )]
    Drop {
        /// Id of the delivery
        #[arg(allow_hyphen_values = true)]
        id: String,
        /// Address
        email: String,
    },
}
