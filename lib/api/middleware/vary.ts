/** The answer depends on a request header: caches must know (RFC 9110, 12.5.5). */
export function addVary(headers: Record<string, string>, name: string): void {
  headers['Vary'] = headers['Vary'] === undefined ? name : `${headers['Vary']}, ${name}`;
}
