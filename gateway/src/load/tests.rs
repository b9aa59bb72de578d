//! The measurement against a gateway that only answers.
