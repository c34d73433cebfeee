import { describe, expect, test } from 'vitest';
import { JudgeFailure } from '../../../src/engine/judge-failure';
import { MeasureFailure } from '../../../src/measure/run';
import { IDLE } from '../../../src/state/action';
import { Task, type Ticket } from '../../../src/state/task.svelte';

/** A task whose runs wait for the test, with what it told the worker to cancel. */
function made() {
  const cancelled: string[] = [];
  const task = new Task('test', (runId) => cancelled.push(runId));
  const begin = <T>(after: (ticket: Ticket, value: T) => T) => {
    let resolve!: (value: T) => void;
    let reject!: (reason: unknown) => void;
    const promise = new Promise<T>((...ends) => ([resolve, reject] = ends));
    let held!: Ticket;
    const ended = task.run('Working', async (ticket) => {
      held = ticket;
      return after(ticket, await promise);
    });
    return { ticket: held, resolve, reject, ended };
  };
  return { task, cancelled, begin };
}

describe('one run', () => {
  test('tells its label, its progress and that it is done, and gives its value', async () => {
    const { task, begin } = made();
    const { ticket, resolve, ended } = begin<number>((_, value) => value + 1);
    expect(task.action).toMatchObject({ state: 'running', label: 'Working', done: 0, total: 0 });
    expect(task.running).toBe(true);
    ticket.progress(2, 5);
    expect(task.action).toMatchObject({ state: 'running', label: 'Working', done: 2, total: 5 });
    resolve(6);
    expect(await ended).toBe(7);
    expect(task.action.state).toBe('done');
    expect(task.running).toBe(false);
  });

  test('ends with what was thrown, and throws nothing itself', async () => {
    const { task, begin } = made();
    const { reject, ended } = begin((_, value) => value);
    reject(new RangeError('There is no layer 9.'));
    expect(await ended).toBeNull();
    expect(task.action).toMatchObject({ state: 'failed', message: 'There is no layer 9.' });
  });

  test('ends with a failure that the worker gave as a value', async () => {
    const { task } = made();
    const taken = await task.run('Working', async (ticket) =>
      ticket.take(
        await Promise.resolve({ ok: false, code: 'out-of-memory', message: 'Full.' } as const),
      ),
    );
    expect(taken).toBeNull();
    expect(task.action).toEqual({ state: 'failed', message: 'Full.' });
  });

  test('is idle again where the worker says that it was cancelled, or where it ends itself so', async () => {
    const { task } = made();
    await task.run('Working', async (ticket) =>
      ticket.take(
        await Promise.resolve({ ok: false, code: 'cancelled', message: 'Stopped.' } as const),
      ),
    );
    expect(task.action).toEqual(IDLE);
    await task.run('Working', (ticket) => ticket.end(IDLE));
    expect(task.action).toEqual(IDLE);
  });
});

describe('a run that was cancelled', () => {
  test('is named to the worker once, and is idle at once', async () => {
    const { task, cancelled, begin } = made();
    const { ticket, resolve, ended } = begin<number>((_, value) => value);
    task.cancel();
    task.cancel();
    expect(cancelled).toEqual([ticket.runId]);
    expect(task.action).toEqual(IDLE);
    resolve(1);
    expect(await ended).toBeNull();
    expect(task.action).toEqual(IDLE);
  });

  test('writes nothing after its wait, tells no progress and no failure', async () => {
    const { task, begin } = made();
    const written: number[] = [];
    const late = begin<number>((ticket, value) => {
      ticket.check();
      written.push(value);
      return value;
    });
    task.cancel();
    late.ticket.progress(1, 2);
    late.resolve(1);
    expect(await late.ended).toBeNull();
    const failing = begin((_, value) => value);
    task.cancel();
    failing.reject(new Error('too late'));
    await failing.ended;
    expect(written).toEqual([]);
    expect(task.action).toEqual(IDLE);
  });
});

describe('a run that is stopped', () => {
  test('is named to the worker, and what it still brings is used', async () => {
    const { task, cancelled, begin } = made();
    const written: number[] = [];
    const { ticket, resolve, ended } = begin<number>((run, value) => {
      written.push(run.take({ ok: true, value }));
      return value;
    });
    ticket.progress(1, 4);
    task.stop('Stopping');
    expect(cancelled).toEqual([ticket.runId]);
    expect(task.action).toMatchObject({ state: 'running', label: 'Stopping', done: 1, total: 4 });
    expect(ticket.isCurrent()).toBe(true);
    resolve(7);
    expect(await ended).toBe(7);
    expect(written).toEqual([7]);
    task.stop();
    expect(cancelled).toHaveLength(1);
  });

  test('is no longer current once it was replaced or has ended', async () => {
    const { task, begin } = made();
    const first = begin<number>((_, value) => value);
    const second = begin<number>((_, value) => value);
    expect([first.ticket.isCurrent(), second.ticket.isCurrent()]).toEqual([false, true]);
    expect(task.runId).toBe(second.ticket.runId);
    second.resolve(1);
    await second.ended;
    expect([second.ticket.isCurrent(), task.runId]).toEqual([false, null]);
  });
});

test('progress may change the label and the start', () => {
  const { task, begin } = made();
  const { ticket } = begin<number>((_, value) => value);
  ticket.progress(1, 2, { label: 'Merging', startedMs: 5 });
  expect(task.action).toEqual({
    state: 'running',
    label: 'Merging',
    done: 1,
    total: 2,
    startedMs: 5,
  });
  ticket.progress(2, 2);
  expect(task.action).toMatchObject({ label: 'Merging', startedMs: 5, done: 2 });
});

test('a failure of a measurement or of a judge is shown as it is, a cancelled one as idle', async () => {
  const { task } = made();
  const failure = { ok: false, code: 'out-of-memory', message: 'Full.', detail: '8 GB' } as const;
  await task.run('Working', () => Promise.reject(new MeasureFailure(failure)));
  expect(task.action).toEqual({ state: 'failed', message: 'Full.', detail: '8 GB' });
  await task.run('Working', () => Promise.reject(new JudgeFailure('refused', 'It needs a key.')));
  expect(task.action).toEqual({ state: 'failed', message: 'It needs a key.' });
  const cancelled = { ok: false, code: 'cancelled', message: 'Stopped.' } as const;
  await task.run('Working', () => Promise.reject(new MeasureFailure(cancelled)));
  expect(task.action).toEqual(IDLE);
});

test('a later run takes the place of the one before it, whichever ends first', async () => {
  const { task, cancelled, begin } = made();
  const written: string[] = [];
  const write = (ticket: Ticket, value: string): string => {
    written.push(ticket.take({ ok: true, value }));
    return value;
  };
  const first = begin(write);
  const second = begin(write);
  expect(first.ticket.runId).not.toBe(second.ticket.runId);
  second.ticket.progress(3, 4);
  first.ticket.progress(1, 4);
  expect(task.action).toMatchObject({ done: 3 });
  first.resolve('first');
  expect(await first.ended).toBeNull();
  expect(task.running).toBe(true);
  second.resolve('second');
  expect(await second.ended).toBe('second');
  expect(written).toEqual(['second']);
  expect(task.action.state).toBe('done');
  expect(cancelled).toEqual([]);
});
