/** The version of the API; package.json has the same (a test compares them). */
export const apiVersion = '0.1.0';
