//! Streams to controllers. A link carries octets and knows nothing of them: the session lives in `area`.
