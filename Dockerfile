# One image for every service; docker-compose.yml gives each its command, its user and its walls.
ARG BASE_IMAGE=python:3.13-slim-bookworm
FROM ${BASE_IMAGE}

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PATH=/app/.venv/bin:$PATH

# bubblewrap makes the boxes; libseccomp compiles their filter.
RUN apt-get update \
 && apt-get install -y --no-install-recommends bubblewrap libseccomp2 \
 && rm -rf /var/lib/apt/lists/*

# Nobody in particular: no home, no shell, nothing of its own but the folder of the runner's socket.
RUN groupadd --gid 10001 deltamark \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin deltamark \
 && install -d -o 10001 -g 10001 -m 0700 /run/deltamark

WORKDIR /app
# The locked dependencies first: they change less often than the code.
COPY requirements.lock ./
RUN python3 -m venv .venv \
 && .venv/bin/pip install --no-cache-dir --require-hashes --requirement requirements.lock

COPY pyproject.toml README.md LICENSE ./
COPY reference reference
COPY assignments assignments
COPY grader grader
COPY worker worker
COPY migrations migrations
RUN .venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation --editable . \
 && .venv/bin/python -m compileall -q -x 'exemplars|starter' reference assignments grader worker migrations

USER 10001:10001
ENTRYPOINT ["grader"]
CMD ["--help"]
