//! Verifying and repository-signing one package, beside the bare SHA-256 and RSA of the same sizes.

/// Prints the table.
pub fn run() {}
