import { startTokenForm } from '../page/token.ts';
import { startCalls } from './calls.ts';
import { startCopyButtons } from './copy-buttons.ts';
import { startDeepLinks } from './deep-links.ts';
import { startFieldLists } from './field-lists.ts';
import { startFilter } from './filter.ts';

/** The script of the docs page (lib/api/document/docs): it filters calls and sends them. */

// Shows the controls, which need the script.
document.documentElement.classList.add('js');

/** The address of the API for samples and calls, with the path of the stage if the page has one. */
const baseUrl = new URL('.', location.href).href.replace(/\/$/, '');
for (const place of document.querySelectorAll('.base')) place.textContent = baseUrl;

// If the API needs no token, the page has no form for one.
const takesToken = document.getElementById('token-form') !== null;
if (takesToken) startTokenForm(() => undefined);
startCalls({ baseUrl, takesToken });
startFieldLists();
startCopyButtons();
startDeepLinks(startFilter());
