import { startTokenForm } from '../page/token.ts';
import { startCalls } from './calls.ts';
import { startCopyButtons } from './copy-buttons.ts';
import { startDeepLinks } from './deep-links.ts';
import { startFieldLists } from './field-lists.ts';
import { startFilter } from './filter.ts';

/** What the docs page (lib/api/document/docs) can do only with a script: filter its calls and send them. */

// Controls are shown from here on: without a script they would do nothing.
document.documentElement.classList.add('js');

/** Where the API is, as samples and calls need it; below a stage's path if the page is. */
const baseUrl = new URL('.', location.href).href.replace(/\/$/, '');
for (const place of document.querySelectorAll('.base')) place.textContent = baseUrl;

// An API that needs no token has no form for one.
const takesToken = document.getElementById('token-form') !== null;
if (takesToken) startTokenForm(() => undefined);
startCalls({ baseUrl, takesToken });
startFieldLists();
startCopyButtons();
startDeepLinks(startFilter());
