# The image that the chart runs: no compiler, no shell tricks, no root.
FROM python:3.11-slim AS build
WORKDIR /src
COPY requirements.image.lock pyproject.toml README.md LICENSE ./
RUN python -m venv /opt/lastcall && /opt/lastcall/bin/pip install --no-cache-dir --require-hashes -r requirements.image.lock
COPY service service
COPY migrations migrations
RUN /opt/lastcall/bin/pip install --no-cache-dir --no-build-isolation --no-deps . \
 && /opt/lastcall/bin/lastcall resolve gpt-4o  # keeps the catalog compiled

FROM python:3.11-slim
COPY --from=build /opt/lastcall /opt/lastcall
ENV PATH=/opt/lastcall/bin:$PATH PYTHONUNBUFFERED=1 LASTCALL_LOG_FORMAT=json LASTCALL_WEB_HOST=0.0.0.0
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["lastcall"]
CMD ["web"]
