/** Of the repository and of each of its packages; a test compares them. */
export const version = '0.1.0';
