/**
 * What `npm run fleet:measure -- --ads 1000000` showed, for the virtual time of a load: ads with 100 bytes of content, Node
 * 24.21.0, two shared cores at 2.6 GHz with other work beside; processor time of a process that had not loaded a
 * catalog before. 100,000 ads: 26 chunks of 3.6 MB, 886 read units, 244 ms (68 ms a megabyte). 1,000,000 ads: 255
 * chunks of 35.9 MB, 8,919 read units, 2,857 ms.
 */
export const measured = {
  /** From a megabyte of chunks, as they are stored, to a catalog that answers: the slower of the two. */
  loadMsPerCompressedMb: 80,
} as const;
