"""Recorder: will keep fragments as segments in S3; today it starts and says that it cannot yet."""
