// What the tests need of a browser, whichever it is. Firefox is driven through WebDriver BiDi and WebKit
// through WebDriver, because they speak these by themselves: nothing has to be downloaded beside the browser.

export const BROWSERS = ['chromium', 'firefox', 'webkit'] as const;
export type BrowserName = (typeof BROWSERS)[number];

export interface Driver {
  readonly name: BrowserName;
  readonly version: string;
  /** Uncaught errors and errors on the console, where the browser tells of them, in order. */
  readonly problems: readonly string[];
  /** Opens an address and waits until it is loaded. */
  open(url: string): Promise<void>;
  reload(): Promise<void>;
  /** @param expression JavaScript whose value, awaited, is JSON or undefined */
  evaluate(expression: string): Promise<unknown>;
  /** Presses at this place of the window, in CSS pixels. */
  click(x: number, y: number): Promise<void>;
  /** Presses the keys one after the other, each as a real key. */
  type(keys: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** The window of every browser, in CSS pixels. */
export const WINDOW = { width: 1280, height: 900 } as const;

/** Keys that write no character, as the W3C's WebDriver numbers them. */
const SPECIAL: Readonly<Record<string, string>> = {
  Enter: '\uE007',
  Tab: '\uE004',
  Home: '\uE011',
  End: '\uE010',
  Backspace: '\uE003',
};

/** Input of WebDriver and of WebDriver BiDi, which describe it alike. */
export interface InputSource {
  readonly type: 'key' | 'pointer';
  readonly id: string;
  readonly actions: readonly Readonly<Record<string, string | number>>[];
}

export function keyActions(keys: readonly string[]): InputSource {
  const actions = keys.flatMap((key) => {
    const value = SPECIAL[key] ?? key;
    return [
      { type: 'keyDown', value },
      { type: 'keyUp', value },
    ];
  });
  return { type: 'key', id: 'keyboard', actions };
}

export function clickActions(x: number, y: number): InputSource {
  const actions = [
    { type: 'pointerMove', x: Math.round(x), y: Math.round(y), duration: 0 },
    { type: 'pointerDown', button: 0 },
    { type: 'pointerUp', button: 0 },
  ];
  return { type: 'pointer', id: 'mouse', actions };
}
