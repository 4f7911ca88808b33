"""A time-stamping authority asked over HTTP (RFC 3161): proof by somebody else of when a statement was there."""

from __future__ import annotations

import asyncio

import urllib3
from cryptography.x509 import load_pem_x509_certificates
from rfc3161_client import (
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)
from urllib3.exceptions import HTTPError

from shared.errors import PeerError

ANSWER_LIMIT_S = 15.0
# Some kilobytes of certificates; more is no time-stamp.
ANSWER_BYTES_MAX = 256 * 1024


class AuthorityFailed(PeerError):
    """The authority is away, refuses, or its answer does not hold. Without its stamp evidence is still signed."""


class Rfc3161Authority:
    """Asks one authority, whose root certificates (PEM) the operator trusts."""

    def __init__(self, url: str, roots_pem: bytes):
        self._url = url
        self._roots = load_pem_x509_certificates(roots_pem)
        self._pool = urllib3.PoolManager(timeout=urllib3.Timeout(total=ANSWER_LIMIT_S), retries=False)

    async def stamp(self, document: bytes) -> bytes:
        """Its response as it came (TimeStampResp in DER), checked. Raises AuthorityFailed."""
        return await asyncio.to_thread(self._stamp, document)

    def close(self) -> None:
        self._pool.clear()

    def _stamp(self, document: bytes) -> bytes:
        request = TimestampRequestBuilder().data(document).build()
        # RFC 3161, 3.4: the request is posted as it is.
        answer = self._posted(request.as_bytes())
        try:
            response: TimeStampResponse = decode_timestamp_response(answer)
        except ValueError as error:
            raise AuthorityFailed(f"no time-stamp in the answer of {self._url}") from error
        builder = VerifierBuilder.from_request(request)
        for root in self._roots:
            builder = builder.add_root_certificate(root)
        try:
            builder.build().verify_message(response, document)
        except (VerificationError, ValueError) as error:
            raise AuthorityFailed(f"the time-stamp of {self._url} does not hold: {error}") from error
        return answer

    def _posted(self, request: bytes) -> bytes:
        try:
            answer = self._pool.request(
                "POST",
                self._url,
                body=request,
                headers={"Content-Type": "application/timestamp-query"},
                preload_content=False,
            )
            try:
                data = answer.read(ANSWER_BYTES_MAX)
            finally:
                answer.release_conn()
        except (HTTPError, OSError) as error:
            raise AuthorityFailed(f"no answer from {self._url}: {error}") from error
        if answer.status != 200:
            raise AuthorityFailed(f"{self._url} answered {answer.status}")
        return data
