//! The flags of `assay serve` that are sections of `assay.toml`.

use std::path::PathBuf;

use clap::Args;

use crate::config::{MailSettings, PasswordSettings};

/// `[passwords]`
#[derive(Debug, Args)]
pub(in crate::cli) struct PasswordFlags {
    /// Memory of a password hash in KiB
    #[arg(long, env = "ASSAY_PASSWORDS_MEMORY_KIB", value_name = "KIB")]
    passwords_memory_kib: Option<u32>,
    /// Passes of a password hash over its memory
    #[arg(long, env = "ASSAY_PASSWORDS_PASSES", value_name = "NUMBER")]
    passwords_passes: Option<u32>,
    /// Lanes of a password hash
    #[arg(long, env = "ASSAY_PASSWORDS_LANES", value_name = "NUMBER")]
    passwords_lanes: Option<u32>,
}

/// `[mail]`
#[derive(Debug, Args)]
pub(in crate::cli) struct MailFlags {
    /// The server through which mail is sent: `smtps://HOST:465`, or `smtp://HOST:587` with STARTTLS
    #[arg(long, env = "ASSAY_MAIL_SERVER", value_name = "URL")]
    mail_server: Option<String>,
    /// Who to sign in to it as
    #[arg(long, env = "ASSAY_MAIL_USER", value_name = "NAME")]
    mail_user: Option<String>,
    /// A file with the password
    #[arg(long, env = "ASSAY_MAIL_PASSWORD_FILE", value_name = "FILE")]
    mail_password_file: Option<PathBuf>,
    /// The address that mail is from
    #[arg(long, env = "ASSAY_MAIL_FROM", value_name = "ADDRESS")]
    mail_from: Option<String>,
}

impl PasswordFlags {
    /// As settings.
    pub fn settings(&self) -> PasswordSettings {
        PasswordSettings {
            memory_kib: self.passwords_memory_kib,
            passes: self.passwords_passes,
            lanes: self.passwords_lanes,
        }
    }
}

impl MailFlags {
    /// As settings.
    pub fn settings(&self) -> MailSettings {
        MailSettings {
            server: self.mail_server.clone(),
            user: self.mail_user.clone(),
            password_file: self.mail_password_file.clone(),
            from: self.mail_from.clone(),
        }
    }
}
