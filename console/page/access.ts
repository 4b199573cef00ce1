import { api, isCallFailure } from './api.ts';
import { byId, setText } from './dom.ts';

const command = 'npm run tokens -- create --name me --scopes admin';

export interface Access {
  /** The token, or that there is none, was refused. */
  refused(): void;
  granted(): void;
}

/** Says which command makes a token while one is needed; panels that have had no figures yet are hidden meanwhile. */
export function startAccess(): Access {
  const panels = [byId('panels'), byId('jump')];
  let granted = false;
  const show = (refused: boolean): void => {
    byId('access').hidden = !refused;
    for (const panel of panels) panel.hidden = refused && !granted;
  };
  return {
    refused() {
      show(true);
      void showCommand();
    },
    granted() {
      granted = true;
      show(false);
    },
  };
}

/** The stage names itself to everybody on `/health`. */
async function showCommand(): Promise<void> {
  try {
    const { stage } = (await api.getHealth()).body;
    const local = stage === 'local';
    setText(byId('access-command'), local ? command : `${command} --stage ${stage}`);
    byId('access-local').hidden = !local;
    byId('access-deployed').hidden = local;
  } catch (error) {
    // The command stays as index.html has it, for a local pipeline.
    if (!isCallFailure(error)) throw error;
  }
}
