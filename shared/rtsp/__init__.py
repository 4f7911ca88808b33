"""RTSP 1.0 (RFC 2326), RTP and RTCP (RFC 3550), both sides, as pure cores with thin socket shells."""
