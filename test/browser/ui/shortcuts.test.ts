// Which keys the page's shortcuts leave alone.

import { expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';
import { hasModifier, isTyping, usesArrowKeys } from '../../../src/ui/shortcuts';

/** The last key pressed with an element in focus, as a listener on the window has it. */
async function pressedOn(html: string, keys: string): Promise<KeyboardEvent> {
  document.body.innerHTML = html;
  const pressed: KeyboardEvent[] = [];
  const hear = (event: KeyboardEvent) => pressed.push(event);
  addEventListener('keydown', hear);
  document.querySelector<HTMLElement>('[autofocus]')?.focus();
  await userEvent.keyboard(keys);
  removeEventListener('keydown', hear);
  return pressed.at(-1)!;
}

test.each([
  ['a line of text', '<input autofocus>', true],
  ['a text area', '<textarea autofocus></textarea>', true],
  ['a list of choices', '<select autofocus><option>a</option></select>', true],
  ['a slider', '<input type="range" autofocus>', false],
  ['a radio button', '<input type="radio" autofocus>', false],
  ['a button', '<button autofocus>Ask</button>', false],
  ['nothing', '<p>Text</p>', false],
])('a letter pressed on %s belongs to it or not', async (_, html, belongs) => {
  expect(isTyping(await pressedOn(html, 'p'))).toBe(belongs);
});

test('a key with Control belongs to the browser, one with Shift does not', async () => {
  expect(hasModifier(await pressedOn('<p>Text</p>', '{Control>}y{/Control}'))).toBe(true);
  expect(hasModifier(await pressedOn('<p>Text</p>', '{Shift>}y{/Shift}'))).toBe(false);
});

test('arrow keys belong to a slider, and to what has used them', async () => {
  expect(usesArrowKeys(await pressedOn('<input type="range" autofocus>', '{ArrowRight}'))).toBe(
    true,
  );
  expect(usesArrowKeys(await pressedOn('<button autofocus>Ask</button>', '{ArrowRight}'))).toBe(
    false,
  );
  const chart = '<div tabindex="0" autofocus onkeydown="event.preventDefault()"></div>';
  expect(usesArrowKeys(await pressedOn(chart, '{ArrowRight}'))).toBe(true);
});
