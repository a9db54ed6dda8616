//! The result of a recipe as a stream that can be read and sought.

use std::io::{self, Read, Seek, SeekFrom};

use super::rewrite::{Rewrite, Segment};

impl Rewrite {
    /// The result as a stream over `source`, which must be the file that the recipe was made for.
    pub fn reader<R: Read + Seek>(&self, source: R) -> RewriteReader<'_, R> {
        RewriteReader { rewrite: self, starts: self.starts(), source, source_at: None, position: 0 }
    }
}

/// Streams the result of a [`Rewrite`] over its source. Reads are passed on in the caller's sizes: use buffers of 64 KiB
/// or more.
#[derive(Debug)]
pub struct RewriteReader<'a, R> {
    rewrite: &'a Rewrite,
    starts: Vec<u64>,
    source: R,
    /// Where the source stands, when known.
    source_at: Option<u64>,
    position: u64,
}

impl<R: Read + Seek> Read for RewriteReader<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let index = self.starts.partition_point(|&start| start <= self.position).saturating_sub(1);
        let (Some(segment), Some(&start)) = (self.rewrite.segments().get(index), self.starts.get(index)) else {
            return Ok(0);
        };
        let skip = self.position.saturating_sub(start);
        let left = usize::try_from(segment.len().saturating_sub(skip)).unwrap_or(usize::MAX);
        let wanted = left.min(buffer.len());
        let Some(buffer) = buffer.get_mut(..wanted) else {
            return Ok(0);
        };
        if wanted == 0 {
            return Ok(0);
        }
        let read = match segment {
            Segment::Literal(bytes) => {
                let from = usize::try_from(skip).unwrap_or(usize::MAX);
                let piece = bytes.get(from..from.saturating_add(wanted)).unwrap_or_default();
                buffer.get_mut(..piece.len()).unwrap_or_default().copy_from_slice(piece);
                piece.len()
            }
            Segment::Copy { offset, .. } => {
                let from = offset.saturating_add(skip);
                if self.source_at != Some(from) {
                    self.source_at = None;
                    self.source.seek(SeekFrom::Start(from))?;
                }
                let read = self.source.read(buffer)?;
                if read == 0 {
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the source is shorter than the recipe"));
                }
                self.source_at = Some(from.saturating_add(read.try_into().unwrap_or(u64::MAX)));
                read
            }
        };
        self.position = self.position.saturating_add(read.try_into().unwrap_or(u64::MAX));
        Ok(read)
    }
}

impl<R> Seek for RewriteReader<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(offset) => self.rewrite.len().checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = target.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "seek before the start"))?;
        Ok(self.position)
    }
}
