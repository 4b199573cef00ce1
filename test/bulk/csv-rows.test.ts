import { describe, expect, it } from '@jest/globals';
import { readCsv, type CsvOptions } from '../../lib/bulk/csv-rows.ts';

const columns = 'external_id,title,content,start_at,end_at';
const defaults: CsvOptions & { rowsMax: number } = { delimiter: undefined, raw: false, rowsMax: 10 };

/** The line and the title of each row, and what is wrong. */
function read(text: string, options = defaults) {
  const { rows, faults } = readCsv(Buffer.from(text), options);
  const titles = rows.map(({ line, cells }) => [line, cells.get('title')]);
  return { titles, faults: faults.map(({ line, message }) => `${line} ${message}`) };
}

const row = (title: string): string => `a,${title},c,d,e`;

describe('a file as people have it', () => {
  it.each([
    ['LF', `${columns}\n${row('one')}\n${row('two')}\n`],
    ['no line end at the end', `${columns}\n${row('one')}\n${row('two')}`],
    ['CRLF', `${columns}\r\n${row('one')}\r\n${row('two')}\r\n`],
    ['CR alone', `${columns}\r${row('one')}\r${row('two')}\r`],
    ['several line ends', `${columns}\r\n${row('one')}\n${row('two')}\r`],
    ['a byte order mark', `\ufeff${columns}\n${row('one')}\n${row('two')}\n`],
    [
      'a byte order mark and quotes',
      `\ufeff"external_id",title,content,start_at,end_at\n${row('one')}\n${row('two')}\n`,
    ],
    ['semicolons', `${columns}\n${row('one')}\n${row('two')}\n`.replaceAll(',', ';')],
    ['tabs', `${columns}\n${row('one')}\n${row('two')}\n`.replaceAll(',', '\t')],
    ['rows of empty cells at the end', `${columns}\n${row('one')}\n${row('two')}\n,,,,\n , ,,,\n\n\n`],
    ['more delimiters in each row', `${columns},,\n${row('one')},,\n${row('two')},,\n`],
    ['empty cells beyond the header', `${columns}\n${row('one')},,\n${row('two')}\n`],
  ])('with %s is read', (_form, text) => {
    expect(read(text)).toEqual({
      titles: [
        [2, 'one'],
        [3, 'two'],
      ],
      faults: [],
    });
  });

  it.each([
    ['External ID,TITLE,Content,Start At,end-at'],
    ['externalId,title,content,startAt,endAt'],
    [' external_id ,Title , content,START_AT,End_At'],
  ])('with the header %s is read', (header) => {
    expect(read(`${header}\n${row('one')}`).titles).toEqual([[2, 'one']]);
  });

  it('may have delimiters, quotes and line ends of each kind in quotes, and names the lines of the file', () => {
    const text = `${columns}\r\na,"x, ""y""\r\nz",c,d,e\r\n\r\na,"p\nq\rr",c,d,e\r\n${row('last')}\r\n`;
    expect(read(text)).toEqual({
      titles: [
        [2, 'x, "y"\r\nz'],
        [5, 'p\nq\rr'],
        [8, 'last'],
      ],
      faults: [],
    });
  });

  it('may have empty lines before its header', () => {
    expect(read(`\n\n${columns}\n${row('one')}`).titles).toEqual([[4, 'one']]);
  });

  it('is read with the delimiter that is given, though another would find more', () => {
    const text = 'external_id;title,title;content;start_at;end_at\na;b,c;d;e;f\n';
    expect(() => read(text)).toThrow('has a column 2 named "title,title", which is not known');
    expect(() => read(text, { ...defaults, delimiter: 'comma' })).toThrow('named "external_id;title"');
  });

  it('is read up to so many rows', () => {
    const text = `${columns}\n\n${row('one')}\na,b\n${row('three')}\n"`;
    expect(read(text, { ...defaults, rowsMax: 2 })).toEqual({
      titles: [[3, 'one']],
      faults: [expect.stringMatching(/^4 has 2 cells/)],
    });
    expect(read(text, { ...defaults, rowsMax: 3 }).titles).toEqual([
      [3, 'one'],
      [5, 'three'],
    ]);
  });

  it("loses the ' before a formula, and only that one, unless it is raw", () => {
    const titles = ["'=1+1", "''=1", "'-50 %", "'@x", "'+1", "'tis", '=2', "'"];
    const text = `${columns}\n${titles.map(row).join('\n')}`;
    const read1 = read(text).titles.map(([, title]) => title);
    expect(read1).toEqual(['=1+1', "'=1", '-50 %', '@x', '+1', "'tis", '=2', "'"]);
    expect(read(text, { ...defaults, raw: true }).titles.map(([, title]) => title)).toEqual(titles);
  });
});

describe('a header', () => {
  it.each([
    [
      'external_id,title,content,start_at,end_at,contry',
      'has a column 6 named "contry", which is not known; did you mean country?',
    ],
    [
      'external_id,title,content,start_at,end_at,Ages From',
      'which is not known; known are external_id, title',
    ],
    ['external_id,title,content,start_at', 'lacks the column end_at; add it to the first row'],
    ['title,content,start_at', 'lacks the columns external_id, end_at; add them to the first row'],
    ['external_id,title,content,start_at,end_at,Start At', 'has the column start_at twice; keep one of them'],
    ['', 'is empty; its first row must name the columns'],
    ['"external_id', 'cannot be read: line 1 cell 1 begins with a quote that is never closed'],
  ])('%j is refused with what is wrong', (header, message) => {
    expect(() => read(`${header}\n`)).toThrow(message);
  });
});

describe('a row that does not fit', () => {
  const misfit = 'put quotes around a cell that contains the delimiter, and keep empty cells';
  const unread = 'nothing after it could be read';
  it.each([
    ['a,b,c,d', `2 has 4 cells and the first row has 5; ${misfit}`, 1],
    ['a,b,c,d,e,f', `2 has 6 cells and the first row has 5; ${misfit}`, 1],
    [
      'a,"b" x,c,d,e',
      `2 cell 2 goes on after its closing quote; write a quote inside a cell twice; ${unread}`,
      0,
    ],
    [
      'a,b "x",c,d,e',
      `2 cell 2 has a quote and does not begin with one; put quotes around the cell and write this one twice; ${unread}`,
      0,
    ],
    ['a,"b,c,d,e', `2 cell 2 begins with a quote that is never closed; ${unread}`, 0],
  ])('%j is one fault, at the line where it begins', (text, fault, rows) => {
    const { titles, faults } = read(`${columns}\n${text}\n${row('next')}\n`);
    expect(faults).toEqual([fault]);
    expect(titles).toHaveLength(rows);
  });

  it('is one with a cell in a column without a name', () => {
    expect(read(`external_id,title,content,start_at,end_at,,platform\na,b,c,d,e,x,ios`).faults).toEqual([
      '2 has a cell 6, and that column has no name; name it or empty it',
    ]);
  });

  it('is one that is longer than a request may be, because a quote was not closed', () => {
    const { faults } = read(`${columns}\na,"${'x'.repeat(300_000)}`);
    expect(faults).toEqual([`2 is longer than 262144 bytes; a quote may not be closed; ${unread}`]);
  });
});
