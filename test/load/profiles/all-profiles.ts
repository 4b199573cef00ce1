import type { ProfileName } from '../options.ts';
import { deliveryProfile } from './delivery.ts';
import { growthProfile } from './growth.ts';
import { hotProfile } from './hot.ts';
import { loadProfile } from './load.ts';
import type { Profile } from './profile.ts';
import { soakProfile } from './soak.ts';
import { stressProfile } from './stress.ts';
import { writesProfile } from './writes.ts';

export const allProfiles: Readonly<Record<ProfileName, Profile>> = {
  load: loadProfile,
  stress: stressProfile,
  soak: soakProfile,
  growth: growthProfile,
  writes: writesProfile,
  hot: hotProfile,
  delivery: deliveryProfile,
};
