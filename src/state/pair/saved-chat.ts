// The stored form of the chat settings, and of a question with them.

import * as v from 'valibot';
import type { ChatSettings } from '../../core/chat';
import { fields, whole } from '../saved/form';

export const DAY = /^\d{4}-\d\d-\d\d$/;

export const ChatSchema = v.object({
  system: v.nullable(v.string()),
  date: v.pipe(v.string(), v.regex(DAY)),
  thinking: v.boolean(),
  template: v.nullable(v.string()),
});

const { entries } = ChatSchema;

export const ChatForm = fields<ChatSettings>({
  system: whole(entries.system),
  date: whole(entries.date),
  thinking: whole(entries.thinking),
  template: whole(entries.template),
});
