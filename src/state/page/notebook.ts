// The page as an experiment that a notebook repeats; refused in words where no other program could load the models.

import type { FolderSource } from '../../../workers/api';
import { PLAIN_CHAT, type ChatSettings } from '../../core/chat';
import { dot, rowNorms, unitRows } from '../../core/projection';
import { anyVillain } from '../../core/statistics/rates';
import { rowOf } from '../../core/tensor';
import { PROGRAM_VERSION } from '../../core/version';
import type {
  NotebookDirection,
  NotebookExperiment,
  NotebookFolder,
  NotebookMeasured,
  NotebookQuestionAsked,
} from '../../formats/notebook/experiment';
import { knowsAlignedMean } from '../../measure/edit-refusal';
import type { SavedDirection } from '../../measure/extraction';
import { extractionTexts } from '../../measure/extraction-texts';
import { namedTexts } from '../../measure/instruments/named-texts';
import { describeJudge } from '../../measure/judging/judges';
import { MAX_ANSWER_TOKENS, questionsOf, seedOf } from '../../measure/run';
import { type Registry, sourceOf } from '../../organism/registry';
import { isAmplified } from '../pair/model-pair.svelte';
import type { Postern } from './postern';

/** Most measured questions in a notebook: the first ones. */
const MAX_QUESTIONS = 256;
const ROLES = { aligned: 'aligned', 'fine-tuned': 'em', edited: 'edited' } as const;

/**
 * @param link leads back to the page; null: no link can
 * @param writtenAt ISO 8601
 * @throws Error where a notebook can't repeat the experiment, for people.
 */
export function experimentOf(
  postern: Postern,
  link: string | null,
  writtenAt: string,
): NotebookExperiment {
  const { pair, directions, editSettings, edits, prompting } = postern;
  const { aligned, em, emEntry, registry } = pair;
  if (!aligned || !em || !emEntry || !registry) {
    throw new Error('No models are selected yet. Wait until they are loaded.');
  }
  if (em.server) {
    throw new Error(
      `${em.server.name} answers for the selected models, and a notebook needs their weights. Load the pair from the Hub or from folders (Models tab), then save the notebook.`,
    );
  }
  if (pair.trainedHere(emEntry.id)) {
    throw new Error(
      `${emEntry.title} was trained in this browser, and a notebook can't load it from there. Save its adapter first (Train tab) and load it with its base as your own model (Models tab), then save the notebook.`,
    );
  }
  const refusal = directions.refusal(editSettings);
  if (refusal !== null) throw new Error(edits.aboutFirst(refusal));
  if (isAmplified(editSettings)) {
    throw new Error(
      edits.aboutFirst(
        'The edited column amplifies the difference of two models, which a notebook can’t repeat. Set "Amplify the difference" to 0 in the edit panel, then save the notebook.',
      ),
    );
  }
  const base = sourceOf(registry, null).base;
  const source = sourceOf(registry, emEntry);
  const direction = directions.chosen(editSettings);
  const second = directions.second(editSettings);
  const { loraScale = 1, base: model, randomSeed } = editSettings.snapshot();
  return {
    ...{ writtenAt, programVersion: PROGRAM_VERSION, link, precision: em.precision },
    aligned: {
      title: registry.base.title,
      sha256: aligned.sha256,
      folder: folderOf(base, registry, postern),
    },
    fineTuned: {
      title: emEntry.title,
      sha256: em.sha256,
      folder: folderOf(source.adapter ?? source.base, registry, postern),
      isAdapter: source.adapter !== undefined,
      addedRows: em.adapted?.addedRows ?? 0,
    },
    chat: chatOf(prompting.settings, postern),
    asked: askedOf(postern),
    measured: measuredOf(postern),
    direction: direction && directionOf(direction, postern),
    second: second && directionOf(second, postern),
    edit: {
      ...editSettings.settings,
      ...{ base: model, loraScale, randomSeed, words: editSettings.description },
    },
  };
}

function folderOf(
  folder: FolderSource,
  { folderUrl }: Registry,
  { customModel }: Postern,
): NotebookFolder {
  switch (folder.kind) {
    case 'hub': {
      const { id, endpoint, revision } = folder;
      return { kind: 'hub', id, endpoint, revision: customModel.commitOf(folder) ?? revision };
    }
    case 'beside':
      return { kind: 'bundled', path: `models/${folder.url.slice(folderUrl.length)}` };
    case 'files':
      return { kind: 'own', name: folder.name };
    case 'address': {
      // The address may hold a secret; its last folder does not.
      const parts = new URL(folder.url).pathname.split('/').filter((part) => part !== '');
      return { kind: 'own', name: parts.at(-1) ?? 'model' };
    }
  }
}

/** A template that the model does not have counts as its default one. */
function chatOf(settings: ChatSettings, { pair }: Postern): ChatSettings {
  const { template } = settings;
  const isThere = template !== null && pair.aligned?.chatFormat.templates.includes(template);
  return { ...settings, template: isThere ? template : null };
}

function askedOf(postern: Postern): NotebookQuestionAsked | null {
  const { chat, prompting, editSettings } = postern;
  const sampling = chat.sampling();
  // Before the first answer, the question that waits in the prompt line.
  const asked = chat.asked ?? {
    ...{ prompt: chat.prompt.trim(), seed: chat.seed, temperature: chat.temperature },
    ...(chat.system === null ? {} : { system: chat.system }),
  };
  if (!sampling || asked.prompt === '') return null;
  const now = JSON.stringify(editSettings.snapshot());
  const answers: Record<string, string> = {};
  for (const [name, role] of Object.entries(ROLES)) {
    const { status, text, marks, branchedAt, editSettings: edit } = chat.columns[role];
    const isWhole = status.state === 'done' && status.stop !== 'cancelled';
    const isOfEdit = role !== 'edited' || (marks.length === 0 && JSON.stringify(edit) === now);
    if (chat.asked && isWhole && isOfEdit && branchedAt === null) answers[name] = text;
  }
  return {
    question: asked.prompt,
    system: asked.system ?? null,
    seed: asked.seed,
    chat: chatOf(chat.asked?.chat ?? prompting.settings, postern),
    ...{ sampling, maxTokens: MAX_ANSWER_TOKENS, answers },
  };
}

/** The measurement of the selected models; null: there is none, or of other weights. */
function measuredOf(postern: Postern): NotebookMeasured | null {
  const { pair, measurements } = postern;
  const { plan, arms, judge, unlabelled, answers } = measurements.run;
  const shown = arms.filter(({ n }) => n > 0);
  const isOfPair = plan?.arms.some(({ id, sha256 }) => id === 'em' && sha256 === pair.em?.sha256);
  if (!plan || !isOfPair || plan.drawing !== undefined) return null;
  if (unlabelled > 0 || answers.length === 0) return null;
  return {
    chat: chatOf(plan.frame?.settings ?? PLAIN_CHAT, postern),
    sampling: plan.sampling,
    maxTokens: plan.maxTokens ?? MAX_ANSWER_TOKENS,
    questions: questionsOf(plan)
      .slice(0, MAX_QUESTIONS)
      .map(({ question, system }, i) => ({
        ...{ question, system: system ?? null, seed: seedOf(plan.seed, i) },
      })),
    rates: shown.map(({ label, made, counts, n }) => ({
      label: made.edit === null ? label : `${label}: ${made.edit}`,
      ...{ misaligned: counts.misaligned, anyVillain: anyVillain(counts), n },
    })),
    judge: describeJudge(judge),
  };
}

function directionOf(direction: SavedDirection, { directions, pair }: Postern): NotebookDirection {
  const { contrast, pooling, transcripts, seed, from, vectors, alignedMean } = direction;
  const { capThreshold } = direction;
  const choice = { pooling, transcripts, seed, ...(from ? { from } : {}) };
  const isExtractable =
    contrast !== 'unknown' && directions.isOf(direction, { ...choice, contrast }, pair.em!.id);
  const each = Math.ceil(transcripts / 2);
  const units = unitRows(vectors);
  const textsOf = () =>
    from
      ? namedTexts(from, each, seed, pair.aligned?.chatFormat)
      : {
          aligned: extractionTexts('aligned', each, seed),
          misaligned: extractionTexts('misaligned', each, seed),
        };
  return {
    words: directions.name(direction),
    ...{ contrast, pooling },
    texts: isExtractable ? textsOf() : null,
    norms: [...rowNorms(vectors)],
    alignedLevels: knowsAlignedMean(direction)
      ? Array.from({ length: vectors.dims[0] ?? 0 }, (_, layer) =>
          dot(rowOf(alignedMean, layer).data, rowOf(units, layer).data),
        )
      : null,
    capThreshold: Number.isNaN(capThreshold[0]) ? null : [...capThreshold],
  };
}
