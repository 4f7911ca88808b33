# Simulated cameras (`bk camera simulate`) and what registers them, as one image. From the top of the repository:
#   docker build -f k8s/compose/demo-camera.Dockerfile -t bright-kitchen/demo-camera:0.1.0 .
ARG PYTHON_VERSION=3.11.15
ARG PYTHON_DIGEST=

FROM python:${PYTHON_VERSION}-slim-bookworm${PYTHON_DIGEST} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
RUN python -m venv /venv
COPY .ci/constraints.txt k8s/compose/demo-camera.requirements.txt ./
RUN /venv/bin/pip install -c constraints.txt -r demo-camera.requirements.txt
COPY shared/ /app/shared/
COPY k8s/compose/register_demo.py /app/
# Compiled here: the container's file system is read-only.
RUN python -m compileall -q --invalidation-mode unchecked-hash /app

FROM python:${PYTHON_VERSION}-slim-bookworm${PYTHON_DIGEST}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="bright-kitchen/demo-camera" \
      org.opencontainers.image.description="Simulated RTSP cameras for Bright Kitchen" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
# The footage is composed at the first start and kept under HOME, in memory.
ENV PATH=/venv/bin:$PATH \
    HOME=/tmp \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
EXPOSE 8554
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=180s --retries=3 \
    CMD ["python", "-c", "import socket; socket.create_connection(('127.0.0.1', 8554), 2).close()"]
ENTRYPOINT ["python", "-m", "shared.cli.main"]
