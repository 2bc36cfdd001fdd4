# One image for web, worker, beat and the preparation of the database.
FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
COPY requirements.lock .
RUN /opt/venv/bin/pip install --require-hashes --no-deps -r requirements.lock

FROM python:3.11-slim
# tini passes signals on and collects the children that worker processes leave behind.
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin atrium \
    && install -d -o atrium -g atrium -m 0700 /var/lib/atrium
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    STATE_DIR=/var/lib/atrium \
    STATIC_ROOT=/srv/static
COPY --from=build /opt/venv /opt/venv
WORKDIR /srv/atrium
COPY . .
RUN ATRIUM_ENVIRONMENT=dev python manage.py collectstatic --noinput
USER atrium
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["tini", "--"]
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
     "--blocking-threads", "8", "--respawn-failed-workers", "--log-level", "warning", \
     "config.wsgi:application"]
