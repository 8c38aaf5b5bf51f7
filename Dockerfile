# One image for all of Greffier's processes; the command says which (see deploy/README.md).
# No torch and no weights but the demo model's: real weights are mounted.
# Pin both to a digest where you build for production.
FROM python:3.12.8-slim-bookworm AS build
WORKDIR /app
RUN python -m venv /app/.venv
COPY requirements/app.txt requirements/app.txt
RUN .venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/app.txt \
    && .venv/bin/pip uninstall --yes pip \
    && echo /app > "$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/greffier.pth"
COPY . .
RUN .venv/bin/python -m compileall -q agent delivery greffier models pipelines prompts rooms storage

FROM python:3.12.8-slim-bookworm
# The only folder written to, beside /tmp; the root file system may be read-only.
RUN install -d -o 10001 -g 10001 /data
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    LIVEKIT_AGENTS_PRELOAD_LOCAL_INFERENCE=0 \
    GREFFIER_ROOMS__HOST=0.0.0.0
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s CMD ["python", "/app/deploy/health.py"]
ENTRYPOINT ["python", "-m", "greffier"]
CMD ["serve"]
