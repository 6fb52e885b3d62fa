/// <reference path="./.sst/platform/config.d.ts" />

export default $config({
  async app({ stage }) {
    const { appSettings } = await import('./infra/stage.ts');
    return appSettings(stage);
  },
  // In order: each uses what those before it have made.
  async run() {
    await import('./infra/secrets.ts');
    await import('./infra/data.ts');
    await import('./infra/storage.ts');
    await import('./infra/migration.ts');
    const { endpoints } = await import('./infra/api.ts');
    await import('./infra/schedules.ts');
    await import('./infra/dashboard.ts');
    await import('./infra/monitoring.ts');
    return endpoints;
  },
});
