/**
 * The API at its two doors (test/support/two-doors.ts): whole matrices written out as data, and requests that
 * differ in one thing. One suite, because loading the application takes longer than most of the questions.
 */
import './edge.ts';
import './encodings.ts';
import './headers.ts';
import './keyed.ts';
import './limits.ts';
import './methods.ts';
import './preconditions.ts';
import './spellings.ts';
import './statuses.ts';
