import { h } from './dom.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** An instant in the browser's time zone and, if that is not UTC, also in UTC as in the API. */
interface Texts {
  readonly local: string;
  readonly utc: string | undefined;
}

interface Formats {
  readonly local: Intl.DateTimeFormat;
  readonly utc: Intl.DateTimeFormat;
}

const hourAndMinute = { hour: '2-digit', minute: '2-digit' } as const;
const yearToDay = { day: 'numeric', month: 'short', year: 'numeric' } as const;
const minute = formats(hourAndMinute);
const second = formats({ ...hourAndMinute, second: '2-digit' });
const monthDay = formats({ day: 'numeric', month: 'short' });
const day = formats(yearToDay);

function formats(options: Intl.DateTimeFormatOptions): Formats {
  return {
    local: new Intl.DateTimeFormat('en-GB', options),
    utc: new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' }),
  };
}

/** UTC · UTC+8 · UTC+5:30, at that instant, since summer time changes it. */
export function zone(instant: string | number): string {
  const minutes = -new Date(instant).getTimezoneOffset();
  if (minutes === 0) return 'UTC';
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? '−' : '+'}${hours}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`;
}

function texts(instant: string | number, withDay: boolean): Texts {
  const date = new Date(instant);
  const [here, there] = [day.local.format(date), day.utc.format(date)];
  const local = `${withDay ? `${here}, ` : ''}${second.local.format(date)} ${zone(instant)}`;
  if (zone(instant) === 'UTC') return { local, utc: undefined };
  return { local, utc: `${here === there ? '' : `${there}, `}${second.utc.format(date)} UTC` };
}

function joined({ local: here, utc: there }: Texts): string {
  return there === undefined ? here : `${here} (${there})`;
}

/** 20:58:20 UTC+8 (12:58:20 UTC) */
export function time(instant: string | number): string {
  return joined(texts(instant, false));
}

/** The time, with the day if it is not today. */
export function moment(instant: string | number): string {
  return joined(texts(instant, !isToday(instant)));
}

/** The same for a table cell, with UTC on a separate line. */
export function momentCell(instant: string | number): HTMLElement {
  return cell(instant, texts(instant, !isToday(instant)));
}

/** Day and time for a cell of a table. */
export function dayCell(instant: string | number): HTMLElement {
  return cell(instant, texts(instant, true));
}

function cell(instant: string | number, { local: here, utc: there }: Texts): HTMLElement {
  const iso = new Date(instant).toISOString();
  if (there === undefined) return h('time', { datetime: iso }, here);
  // The space is for screen readers and for copied text.
  return h('time', { datetime: iso }, here, ' ', h('small', {}, there));
}

function isToday(instant: string | number): boolean {
  return new Date(instant).toDateString() === new Date().toDateString();
}

const between = new Intl.DateTimeFormat('en-GB', { ...yearToDay, ...hourAndMinute });

/** 26 Nov 2026, 20:58 – 2 Dec 2026, 08:00 UTC+8 */
export function period(from: number, to: number): string {
  return `${between.formatRange(new Date(from), new Date(to))} ${zone(to)}`;
}

/**
 * A tick of a chart, whose steps are round in UTC: local time above UTC; a day, which is in UTC, only once.
 */
export function tick(instant: number, stepMs: number): string {
  if (stepMs >= dayMs) return `${monthDay.utc.format(instant)}\nUTC`;
  const { local, utc } = stepMs < minuteMs ? second : minute;
  const here = `${local.format(instant)} ${zone(instant)}`;
  return zone(instant) === 'UTC' ? here : `${here}\n${utc.format(instant)} UTC`;
}

/** Asia/Taipei */
export function zoneName(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}
