//! What is around the socket of a connection that is not plain. Each kind does the same things in its own way; this
//! only says who does them.

use std::io::{self, IoSlice};
use std::net::TcpStream;
use std::task::{Context, Poll};

use async_io::Async;

#[cfg(feature = "tls")]
use crate::tls::Secured;
#[cfg(feature = "web")]
use crate::web::Web;

/// A connection that is not plain. Without the features for it, there is none. The kinds differ much in size.
#[derive(Debug)]
pub(super) enum Wrapped {
    #[cfg(feature = "tls")]
    Secured(Box<Secured>),
    #[cfg(feature = "web")]
    Web(Box<Web>),
}

/// Lets the kind that it is do this.
macro_rules! each {
    ($wrapped:ident, $it:ident => $does:expr) => {
        match *$wrapped {
            #[cfg(feature = "tls")]
            Self::Secured(ref $it) => $does,
            #[cfg(feature = "web")]
            Self::Web(ref $it) => $does,
        }
    };
}

#[cfg_attr(
    not(any(feature = "tls", feature = "web")),
    expect(unused_variables, reason = "there is no kind that could use them")
)]
impl Wrapped {
    pub(super) fn socket(&self) -> io::Result<&Async<TcpStream>> {
        each!(self, it => it.socket())
    }

    pub(super) fn try_read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        each!(self, it => it.try_read(bytes))
    }

    pub(super) fn try_write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        each!(self, it => it.try_write_vectored(slices))
    }

    pub(super) fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, it => it.poll_readable(cx))
    }

    #[cfg(feature = "tls")]
    pub(super) fn is_encrypted(&self) -> bool {
        match self {
            Self::Secured(_) => true,
            #[cfg(feature = "web")]
            Self::Web(web) => web.is_encrypted(),
        }
    }

    pub(super) fn unread(&self) -> usize {
        each!(self, it => it.unread())
    }

    pub(super) fn unsent(&self) -> usize {
        each!(self, it => it.unsent())
    }

    pub(super) fn is_ended(&self) -> bool {
        each!(self, it => it.is_ended())
    }

    pub(super) fn finish(&self) -> io::Result<()> {
        each!(self, it => it.finish())
    }

    pub(super) fn cut(&self) -> io::Result<()> {
        each!(self, it => it.cut())
    }
}
