//! The pages: what people see. One file a page; [`page::Page`] is the only way to emit a document.

pub(in crate::web) mod csrf;
pub(in crate::web) mod flash;
pub(in crate::web) mod frame;
pub(in crate::web) mod qr;
