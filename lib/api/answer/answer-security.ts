import type { StageName } from '../../stages.ts';

/**
 * What browsers must not do with an answer of the API or of its gateway: guess its type, run it, frame it, or
 * ask a deployed stage without TLS.
 */
export function answerSecurity(stage: StageName): Readonly<Record<string, string>> {
  return {
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    ...(stage !== 'local' && { 'Strict-Transport-Security': 'max-age=63072000' }),
  };
}
