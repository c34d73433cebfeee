// Describes the chat settings, as far as the chat template uses them: then they are part of a result.

import type { ChatFormatFacts, ChatSettings } from '../core/chat';

const SHOWN = 60;

/** Distinguishes long texts that begin alike: FNV-1a, 32 bits, hex. */
function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

export function quoted(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= SHOWN ? `"${line}"` : `"${line.slice(0, SHOWN)}…" (${digest(text)})`;
}

/** Equal descriptions mean equal prompts; null: the template uses no setting. */
export function describeChat(
  { system, date, thinking, template }: ChatSettings,
  facts: ChatFormatFacts,
): string | null {
  const parts: string[] = [];
  if (system !== null) {
    parts.push(system.trim() === '' ? 'empty system prompt' : `system prompt ${quoted(system)}`);
  } else if (facts.defaultSystem !== null) parts.push("the template's own system prompt");
  if (facts.usesDate) parts.push(`dated ${date}`);
  if (facts.usesThinking) parts.push(thinking ? 'thinking' : 'no thinking');
  if (template !== null && facts.templates.includes(template)) parts.push(`template ${template}`);
  return parts.length === 0 ? null : parts.join(', ');
}

/** The chat settings of a result. */
export interface Frame {
  readonly settings: ChatSettings;
  /** Null: the template uses no setting. */
  readonly words: string | null;
}
