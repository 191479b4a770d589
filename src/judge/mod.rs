//! Turns numbers into branches, and nothing else does.
//!
//! A [`Site`] is a question, a [`Decision`] its answer, a [`Script`] the answers of a
//! run by stage and item. A rounded run that replays the exact run's script walks the
//! same path, so that its numbers can be compared one by one.

mod policy;
mod script;
mod site;

pub use policy::{Error, Judge, Policy};
pub use script::{Decision, Item, Key, Script, Stage};
pub use site::{Limit, Site, SiteRow};
