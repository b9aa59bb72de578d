//! One vehicle: how it follows, how it judges a gap, what its driver wants.

pub mod car_following;
pub mod driver;
pub mod kinematics;

pub use driver::Driver;
