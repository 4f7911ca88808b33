"""Diagnosis of the picture: what a camera's picture cannot show, and why (shared/design/picture-diagnosis.md). Pure."""
