/**
 * What a request may measure before its body; the OpenAPI document (document/limits-text.ts) takes the figures from here. They
 * agree with the API: the longest call it knows, 100 counters of 256 characters each, all of four bytes in UTF-8 and so
 * of twelve characters percent-encoded, has a target of 307,718 bytes.
 */
export const targetBytesMax = 320 * 1024;

/** The header lines together, without the request line. */
export const headerSectionBytesMax = 16 * 1024;

/** API Gateway's own limit for the request line and the headers together; a deployed stage has it on top of ours. */
export const apiGatewayHeadBytesMax = 10_240;

/**
 * The methods of IANA's HTTP Method Registry (of 28 November 2026) that may be asked of a resource: known, so that a
 * path without them answers 405. Any other is 501 (RFC 9110, 9.1). CONNECT is one of those: its target is no resource
 * of an origin server. PRI is not a request at all (RFC 9113, 3.4).
 */
export const knownMethods: ReadonlySet<string> = new Set(
  `ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT COPY DELETE GET HEAD LABEL LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL
  MKREDIRECTREF MKWORKSPACE MOVE OPTIONS ORDERPATCH PATCH POST PROPFIND PROPPATCH PUT QUERY REBIND REPORT SEARCH TRACE
  UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE UPDATEREDIRECTREF VERSION-CONTROL`.split(/\s+/),
);
