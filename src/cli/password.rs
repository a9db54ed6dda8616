//! Passwords on the command line: typed twice without echo, or one line of standard input.

use std::io;

use zeroize::Zeroizing;

use super::Failure;

/// Asks for a new password.
pub(super) fn new_password(from_stdin: bool) -> Result<Zeroizing<String>, Failure> {
    if from_stdin {
        let mut line = Zeroizing::new(String::new());
        io::stdin().read_line(&mut line)?;
        let length = line.trim_end_matches(['\r', '\n']).len();
        line.truncate(length);
        return Ok(line);
    }
    let password = Zeroizing::new(rpassword::prompt_password("Password: ").map_err(no_terminal)?);
    let again = Zeroizing::new(rpassword::prompt_password("Once more: ").map_err(no_terminal)?);
    if *password == *again { Ok(password) } else { Err("the two passwords differ".into()) }
}

fn no_terminal(error: io::Error) -> Failure {
    format!("there is no terminal to ask for a password ({error}); use --password-stdin").into()
}
