/**
 * What a request may measure before its body; the OpenAPI document (document/limits-text.ts) takes the
 * figures from here. They agree with the API: the longest call it knows, 100 counters of 256 characters each,
 * all of four bytes in UTF-8 and so of twelve characters percent-encoded, has a target of 307,718 bytes.
 */
export const targetBytesMax = 320 * 1024;

/** The header lines together, without the request line. */
export const headerSectionBytesMax = 16 * 1024;

/**
 * API Gateway's own limit for the request line and the headers together; a deployed stage has both limits.
 */
export const apiGatewayHeadBytesMax = 10_240;

/**
 * The methods of IANA's HTTP Method Registry (28 November 2026) that apply to a resource. A path that lacks
 * one of them answers 405; any other method answers 501 (RFC 9110, 9.1). CONNECT is not listed because its
 * target is not a resource of an origin server, PRI because it is not a request (RFC 9113, 3.4).
 */
export const knownMethods: ReadonlySet<string> = new Set(
  `ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT COPY DELETE GET HEAD LABEL LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL
  MKREDIRECTREF MKWORKSPACE MOVE OPTIONS ORDERPATCH PATCH POST PROPFIND PROPPATCH PUT QUERY REBIND REPORT SEARCH TRACE
  UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE UPDATEREDIRECTREF VERSION-CONTROL`.split(/\s+/),
);
