# The server and all operators' commands, built from this repository: docs/install.md has how to run it.
#
# A tag without a digest: each build gets the Debian and the Node 24 that have the latest security fixes.
# For a base that never changes: --build-arg NODE_IMAGE=node:24-slim@sha256:...
ARG NODE_IMAGE=node:24-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /repository
COPY . .
RUN npm ci --no-audit --no-fund
WORKDIR /repository/packages/adtally
RUN npm pack --silent --pack-destination /tmp
WORKDIR /opt/adtally
RUN npm install --omit=dev --no-audit --no-fund --package-lock=false /tmp/adtally-*.tgz

FROM ${NODE_IMAGE}
# A server needs no installer.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
    /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn-* \
  && mkdir /data && chown 1000:1000 /data
COPY --from=build /opt/adtally /opt/adtally
ENV NODE_ENV=production PATH=/opt/adtally/node_modules/.bin:$PATH
# Of the stages of one's own: mount /opt/adtally/adtally.config.ts. Nothing here is written to.
WORKDIR /opt/adtally
# The user `node` of the base image, by number, so that a cluster sees that it is not root.
USER 1000:1000
VOLUME /data
EXPOSE 3333
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["adtally", "health"]
ENTRYPOINT ["adtally"]
CMD ["start", "--host", "0.0.0.0", "--data", "/data"]
