import { FUNCTIONS } from './expectations/functions.ts';
import { GATEWAYS } from './expectations/gateways.ts';
import { PERMISSIONS } from './expectations/permissions.ts';
import { SCHEDULES } from './expectations/schedules.ts';
import { STAGES } from './expectations/stages.ts';
import { WATCHING } from './expectations/watching.ts';

/** What has to hold for every stage. */
export const EXPECTATIONS = {
  ...GATEWAYS,
  ...FUNCTIONS,
  ...PERMISSIONS,
  ...SCHEDULES,
  ...STAGES,
  ...WATCHING,
};
