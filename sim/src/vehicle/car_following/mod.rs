//! Car-following models, one per file: plain functions from what a driver sees to an acceleration.
//!
//! | model | for |
//! |---|---|
//! | [`idm`] | the default |

pub mod idm;
