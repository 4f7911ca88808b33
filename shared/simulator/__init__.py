"""Cameras that are not there: real RTSP, composed footage, no encoding while they run."""
