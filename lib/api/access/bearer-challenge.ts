/** What an answer 401 asks for (RFC 6750, 3). */
export const bearerChallenge = 'Bearer realm="adtally"';
