import { Generators } from './generator/generators.ts';
import type { LoadOptions, ProfileName } from './options.ts';
import { growthProfile } from './profiles/growth.ts';
import { hotProfile } from './profiles/hot.ts';
import { loadProfile } from './profiles/load.ts';
import type { ProfileContext, ProfileResult } from './profiles/profile.ts';
import { soakProfile } from './profiles/soak.ts';
import { stressProfile } from './profiles/stress.ts';
import { writesProfile } from './profiles/writes.ts';

const byName: Readonly<Record<ProfileName, (context: ProfileContext) => Promise<ProfileResult>>> = {
  load: loadProfile,
  stress: stressProfile,
  soak: soakProfile,
  growth: growthProfile,
  writes: writesProfile,
  hot: hotProfile,
};

export async function runProfile(options: LoadOptions, say: (line: string) => void): Promise<ProfileResult> {
  const generators = new Generators(options.generators);
  try {
    return await byName[options.profile]({ options, generators, say });
  } finally {
    generators.stop();
  }
}
