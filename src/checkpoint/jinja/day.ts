// A day as Python's `strftime` writes it on Linux, with English names as in the C locale. The hour is midnight,
// since settings name a day and no hour, so that the same settings write the same prompt at any time.
// https://docs.python.org/3/library/datetime.html#format-codes

const MONTHS =
  'January February March April May June July August September October November December'.split(
    ' ',
  );
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const DAY_MS = 86_400_000;

const two = (value: number): string => String(value).padStart(2, '0');
const blank = (value: number): string => String(value).padStart(2);

/** Year and number of the ISO week of a day. */
function isoWeek(time: number): readonly [year: number, week: number] {
  const weekday = new Date(time).getUTCDay() || 7;
  const thursday = time + (4 - weekday) * DAY_MS;
  const year = new Date(thursday).getUTCFullYear();
  return [year, Math.floor((thursday - Date.UTC(year, 0, 1)) / DAY_MS / 7) + 1];
}

function lettersOf(date: string): Readonly<Record<string, string>> {
  const day = new Date(`${date}T00:00:00Z`);
  const time = day.getTime();
  const year = day.getUTCFullYear();
  const month = day.getUTCMonth() + 1;
  const ofMonth = day.getUTCDate();
  const weekday = day.getUTCDay();
  const ofYear = Math.round((time - Date.UTC(year, 0, 1)) / DAY_MS) + 1;
  const [weekYear, week] = isoWeek(time);
  const [monthName, dayName] = [MONTHS[month - 1]!, DAYS[weekday]!];
  const [shortMonth, shortDay] = [monthName.slice(0, 3), dayName.slice(0, 3)];
  const clock = '00:00:00';
  return {
    '%': '%',
    a: shortDay,
    A: dayName,
    b: shortMonth,
    B: monthName,
    c: `${shortDay} ${shortMonth} ${blank(ofMonth)} ${clock} ${year}`,
    C: two(Math.floor(year / 100)),
    d: two(ofMonth),
    D: `${two(month)}/${two(ofMonth)}/${two(year % 100)}`,
    e: blank(ofMonth),
    f: '000000',
    F: date,
    g: two(weekYear % 100),
    G: String(weekYear),
    h: shortMonth,
    H: '00',
    I: '12',
    j: String(ofYear).padStart(3, '0'),
    k: ' 0',
    l: '12',
    m: two(month),
    M: '00',
    n: '\n',
    p: 'AM',
    P: 'am',
    r: '12:00:00 AM',
    R: '00:00',
    S: '00',
    t: '\t',
    T: clock,
    u: String(weekday || 7),
    U: two(Math.floor((ofYear + 6 - weekday) / 7)),
    V: two(week),
    w: String(weekday),
    W: two(Math.floor((ofYear + 6 - ((weekday + 6) % 7)) / 7)),
    x: `${two(month)}/${two(ofMonth)}/${two(year % 100)}`,
    X: clock,
    y: two(year % 100),
    Y: String(year),
    // Python's clock without a time zone has no name and no offset.
    z: '',
    Z: '',
  };
}

/** A letter with a flag of the C library: no padding, padding with blanks or zeros, capitals. */
const LETTER = /%([-_0^]?)([^])?/gu;
const NUMBERS = 'CdegGHIjklmMSuUVwWyY';
const KNOWN = lettersOf('2024-07-26');

const isKnown = (flag: string, letter: string | undefined): letter is string =>
  letter !== undefined &&
  letter in KNOWN &&
  (flag === '' ||
    (flag === '^' ? !NUMBERS.includes(letter) && letter !== 'f' : NUMBERS.includes(letter)));

/** @throws Error that names a letter of a format that is not known here. */
export function refuseUnknownLetters(format: string): void {
  for (const [whole, flag = '', letter] of format.matchAll(LETTER)) {
    if (!isKnown(flag, letter)) throw new Error(`strftime_now("${whole}") is not supported`);
  }
}

function flagged(text: string, flag: string): string {
  if (flag === '') return text;
  if (flag === '^') return text.toUpperCase();
  const bare = text.replace(/^[ 0]+(?=.)/, '');
  return flag === '-' ? bare : bare.padStart(text.length, flag === '_' ? ' ' : '0');
}

/**
 * Python's `strftime` for midnight of a day.
 * @param date ISO `YYYY-MM-DD`
 * @throws RangeError for another form of the date.
 * @throws Error for a letter that is not known here.
 */
export function strftime(date: string, format: string): string {
  const day = new Date(`${date}T00:00:00Z`);
  if (!/^\d{4}-\d\d-\d\d$/.test(date) || Number.isNaN(day.getTime())) {
    throw new RangeError(`"${date}" is no day of the form YYYY-MM-DD.`);
  }
  refuseUnknownLetters(format);
  const letters = lettersOf(date);
  return format.replace(LETTER, (_, flag: string, letter: string) =>
    flagged(letters[letter]!, flag),
  );
}
