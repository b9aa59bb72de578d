//! TLC-FI: the protocol between a control application and a traffic light controller (iVRI), in both roles, sans-I/O.

#![forbid(unsafe_code)]
