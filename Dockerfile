# syntax=docker/dockerfile:1
FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements/run.txt requirements/run.txt
RUN python -m venv /opt/signpost && /opt/signpost/bin/pip install --no-cache-dir --require-hashes -r requirements/run.txt
# Node, for the pages' styles: it stays in this stage.
COPY requirements/node.txt requirements/node.txt
RUN python -m venv /opt/node && /opt/node/bin/pip install --no-cache-dir --require-hashes -r requirements/node.txt
COPY pyproject.toml README.md ./
COPY frontend frontend
COPY directory directory
COPY content content
RUN PATH=/opt/node/bin:$PATH /opt/signpost/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
    && /opt/signpost/bin/pip uninstall --quiet --yes pip

FROM python:3.13-slim
LABEL org.opencontainers.image.title="Signpost"
RUN useradd --system --uid 10001 --home-dir /var/lib/signpost --create-home signpost
COPY --from=build /opt/signpost /opt/signpost
ENV PATH=/opt/signpost/bin:$PATH PYTHONUNBUFFERED=1 SIGNPOST_HOME=/var/lib/signpost
USER 10001
VOLUME /var/lib/signpost
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/ready', timeout=4)"]
ENTRYPOINT ["signpost"]
CMD ["serve", "--host", "0.0.0.0"]
