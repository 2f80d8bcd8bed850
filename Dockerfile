# balance-sync as an image that needs no network once it is built.
#
#   docker build -t calo_balance_sync .
#   docker run -v "$(pwd)/logs:/app/logs" -v "$(pwd)/reports:/app/reports" calo_balance_sync
#
# reads /app/logs and writes /app/reports; any other command of balance-sync can follow the image's name.

FROM python:3.12-slim-trixie AS build
WORKDIR /build
# For the compiled passes; neither it nor what it needs is in the image, so its version is Debian's.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
ENV BALANCE_SYNC_COMPILED=required
# The packages change seldom: a layer of their own, kept when only balance-sync has changed.
COPY install.sh requirements.lock requirements-build.lock ./
RUN sh install.sh --venv /opt/balance-sync --packages-only
COPY pyproject.toml README.md LICENSE ./
COPY engine engine
COPY sql sql
RUN sh install.sh --venv /opt/balance-sync

FROM python:3.12-slim-trixie
RUN useradd --uid 10001 --no-create-home balance-sync \
    && install --directory --owner 10001 --group 10001 /app/logs /app/reports \
    && install --directory --mode 1777 /app/spill
COPY --chmod=755 docker-entrypoint.sh /usr/local/bin/
COPY --from=build /opt/balance-sync /opt/balance-sync
# What does not fit in memory goes to a volume, not into the container's layer.
ENV PATH=/opt/balance-sync/bin:$PATH \
    HOME=/app/spill \
    BALANCE_SYNC_SPILL_DIR=/app/spill
VOLUME /app/spill
WORKDIR /app
# `docker stop` interrupts as Ctrl-C does: the state stays consistent and the next run resumes.
STOPSIGNAL SIGINT
# The entry point gives up root before any of balance-sync runs; it says as whom and why.
ENTRYPOINT ["docker-entrypoint.sh", "balance-sync"]
CMD ["run", "/app/logs", "--output", "/app/reports"]
