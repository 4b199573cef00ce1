/** The icon of the pages: a tally of five. */
export const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="6" fill="#0b5c86"/><path d="M8 7v18M13 7v18M18 7v18M23 7v18M4 22L28 10" stroke="#fff" stroke-width="2.5" stroke-linecap="round" fill="none"/></svg>';
