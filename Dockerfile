# Mnemon on one machine, as `npm start` runs it: profile `app` of docker-compose.local.yml.
FROM node:22.22.2-bookworm-slim AS build
WORKDIR /mnemon
COPY package.json package-lock.json ./
COPY packages packages
# Without the tools of development, of which the lock file names only the builds for the machines they run on.
RUN npm pkg delete devDependencies overrides \
    && npm ci --omit=dev --ignore-scripts \
    && node packages/local/build.mjs

FROM node:22.22.2-bookworm-slim
ENV NODE_ENV=production
WORKDIR /mnemon
COPY --from=build /mnemon/node_modules node_modules
COPY --from=build /mnemon/packages packages
RUN install --directory --owner=node /data
USER node
VOLUME /data
EXPOSE 8765
HEALTHCHECK --interval=3s --timeout=3s --retries=20 CMD ["node", "packages/local/healthcheck.mjs"]
CMD ["node", "packages/local/dist/app/start.mjs", "--host", "0.0.0.0", "--data", "/data"]
