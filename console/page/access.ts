import { api, isCallFailure } from './api.ts';
import { byId, setText } from './dom.ts';

const command = 'npm run tokens -- create --name me --scopes admin';

export interface Access {
  /** The API refused the token, or requires one. */
  refused(): void;
  granted(): void;
}

/** Shows the command that creates a token while one is needed. Panels without data are hidden meanwhile. */
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

/** `/health` names the stage without a token. */
async function showCommand(): Promise<void> {
  try {
    const { stage } = (await api.getHealth()).body;
    const local = stage === 'local';
    setText(byId('access-command'), local ? command : `${command} --stage ${stage}`);
    byId('access-local').hidden = !local;
    byId('access-deployed').hidden = local;
  } catch (error) {
    // For a local pipeline the command of index.html is right.
    if (!isCallFailure(error)) throw error;
  }
}
