// The patterns of an `adapter_config.json` in the forms that PEFT puts them into (tuners_utils.py
// `check_target_module_exists`, utils/other.py `get_pattern_key`; peft 0.19). Read when the configuration is
// read, so that what is not understood is refused at once; run under one meter for the whole file.

import { CheckpointError } from '../error';
import { type Found, PatternLimit, PatternMeter, runPattern } from './pattern-machine';
import { type Program, patternProgram } from './pattern-program';
import { PatternError } from './python-pattern';

/** Most patterns of one setting, and characters of one pattern. Methods that choose ranks write one a module. */
const MOST_PATTERNS = 4096;
const MOST_CHARS = 20_000;
/** About a second's work. */
const MOST_STEPS = 20_000_000;

/** Says whether it names a module, by its path. */
export type NamesModule = (path: string) => boolean;
/** The number of a layer in a path; null: the path has none. */
export type LayerOf = (path: string) => number | null;

/** A path, or its end, in which a dot is any character, as in a pattern. */
const PLAIN = /^[\w.]+$/;

export class AdapterPatterns {
  readonly #file: string;
  readonly #meter = new PatternMeter(MOST_STEPS);

  /** @param file for messages. */
  constructor(file: string) {
    this.#file = file;
  }

  /** @throws CheckpointError 'unsupported-adapter' for more entries than any program writes. */
  bound(setting: string, entries: number): void {
    if (entries <= MOST_PATTERNS) return;
    this.#refuse(
      `"${setting}" has ${entries} entries, more than the ${MOST_PATTERNS} allowed here.`,
    );
  }

  /** `re.fullmatch(pattern, path)`: target_modules and exclude_modules as one text. */
  whole(setting: string, pattern: string): NamesModule {
    const program = this.#program(setting, pattern, pattern);
    return (path) => this.#run(setting, pattern, program, path, path.length) !== null;
  }

  /** Keys of rank_pattern and alpha_pattern: the path or its end behind a dot. */
  end(setting: string, pattern: string): NamesModule {
    if (PLAIN.test(pattern)) {
      return (path) => {
        const from = path.length - pattern.length;
        return (from === 0 || path[from - 1] === '.') && agrees(pattern, path, from);
      };
    }
    return this.#begins(setting, pattern, `(.*\\.)?(${pattern})$`);
  }

  /** Names in modules_to_save: the module, or one around it; LoRA never adapts these. */
  around(setting: string, pattern: string): NamesModule {
    if (PLAIN.test(pattern)) {
      return (path) => {
        const begins = [0, ...[...path.matchAll(/\./g)].map(({ index }) => index + 1)];
        return begins.some((from) => {
          const next = path[from + pattern.length];
          return (next === undefined || next === '.') && agrees(pattern, path, from);
        });
      };
    }
    return this.#begins(setting, pattern, `(^|.*\\.)${pattern}($|\\..*)`);
  }

  /** layers_pattern: the number behind a list of this name; null: behind any list, the first that is numbered. */
  layer(setting: string, pattern: string | null): LayerOf {
    const wrapped = `.*?\\.${pattern ?? '[^.]*'}\\.(\\d+)\\.`;
    const shown = pattern ?? wrapped;
    const program = this.#program(setting, shown, wrapped);
    return (path) => {
      const found = this.#run(setting, shown, program, path, null);
      if (!found) return null;
      if (found.group !== null && /^\d+$/.test(found.group)) return Number(found.group);
      return this.#refuse(
        `The pattern "${brief(shown)}" in "${setting}" finds no number in "${path}".`,
      );
    };
  }

  #begins(setting: string, pattern: string, wrapped: string): NamesModule {
    const program = this.#program(setting, pattern, wrapped);
    return (path) => this.#run(setting, pattern, program, path, null) !== null;
  }

  #program(setting: string, pattern: string, wrapped: string): Program {
    if (pattern.length > MOST_CHARS) {
      this.#refuse(
        `A pattern in "${setting}" has ${pattern.length} characters, more than the ${MOST_CHARS} allowed here.`,
      );
    }
    try {
      return patternProgram(wrapped);
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      return this.#refuse(
        `"${setting}" has the pattern "${brief(pattern)}", which ${error.message}. Postern can't follow that.`,
      );
    }
  }

  #run(
    setting: string,
    pattern: string,
    program: Program,
    path: string,
    end: number | null,
  ): Found | null {
    try {
      return runPattern(program, path, this.#meter, end);
    } catch (error) {
      if (!(error instanceof PatternLimit)) throw error;
      return this.#refuse(
        `Its patterns take too long to follow; Postern stopped at "${brief(pattern)}" in "${setting}".`,
      );
    }
  }

  #refuse(reason: string): never {
    throw new CheckpointError(
      'unsupported-adapter',
      this.#file,
      reason,
      'Merge the adapter with PEFT and load the merged checkpoint instead.',
    );
  }
}

const brief = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text);

function agrees(pattern: string, path: string, from: number): boolean {
  if (from < 0) return false;
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] !== '.' && pattern[i] !== path[from + i]) return false;
  }
  return true;
}
